//! The points of a profile spectrum with the zeros that its exporter left out.

use super::law::PowerLaw;

/// A step so many times the usual one is a gap: zeros were left out there.
const GAP: f64 = 1.6;

/// Zeros that are put back on each side of a gap; more than the smoothing of a peak reaches.
const MARGIN: usize = 6;

/// Points of a spectrum, whose steps are regular but for gaps between zeros.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) mzs: Vec<f64>,
    pub(super) intensities: Vec<f32>,
}

/// Whether the steps of ascending m/z have a gap.
pub(super) fn has_gap(mzs: &[f64], step: &PowerLaw) -> bool {
    (1..mzs.len()).any(|next| gap(mzs, next, step).is_some())
}

/// The usual step where there is a gap before the point `next`.
fn gap(mzs: &[f64], next: usize, step: &PowerLaw) -> Option<f64> {
    let distance = |right: usize| Some(mzs.get(right)? - mzs.get(right.checked_sub(1)?)?);
    let here = mzs[next] - mzs[next - 1];
    // The quick answer for nearly all points: as far as the point before.
    let before = next.checked_sub(1).and_then(distance);
    if before.is_some_and(|before| here <= GAP * before) {
        return None;
    }
    let usual = step.at(mzs[next]);
    let around = [before, distance(next + 1)];
    let nearest = around.into_iter().flatten().fold(here, f64::min);
    (here > GAP * usual && here > GAP * nearest).then_some(usual)
}

impl Points {
    /// Takes the points of a spectrum, with zeros where some were left out, and on both ends.
    /// Intensities that are no number are 0.
    pub(super) fn fill(&mut self, mzs: &[f64], intensities: &[f32], step: &PowerLaw) {
        self.mzs.clear();
        self.intensities.clear();
        let (Some(&first), Some(&last)) = (mzs.first(), mzs.last()) else {
            return;
        };
        let usual = step.at(first);
        self.zeros((1..=MARGIN).rev().map(|i| first - i as f64 * usual));
        for (place, (&mz, &intensity)) in mzs.iter().zip(intensities).enumerate() {
            if place > 0
                && let Some(usual) = gap(mzs, place, step)
            {
                self.fill_gap(mzs[place - 1], mz, usual);
            }
            self.mzs.push(mz);
            self.intensities
                .push(if intensity.is_nan() { 0.0 } else { intensity });
        }
        let usual = step.at(last);
        self.zeros((1..=MARGIN).map(|i| last + i as f64 * usual));
    }

    /// Zeros at the usual step, all of a short gap, and of a long one those near its ends.
    fn fill_gap(&mut self, from: f64, to: f64, step: f64) {
        let n_steps = ((to - from) / step).round();
        // At most so many are written, whatever the gap.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small number"
        )]
        if n_steps <= (2 * MARGIN + 1) as f64 {
            let n_left_out = (n_steps as usize).saturating_sub(1);
            let even = (to - from) / n_steps;
            self.zeros((1..=n_left_out).map(|i| from + i as f64 * even));
        } else {
            self.zeros((1..=MARGIN).map(|i| from + i as f64 * step));
            self.zeros((1..=MARGIN).rev().map(|i| to - i as f64 * step));
        }
    }

    fn zeros(&mut self, mzs: impl Iterator<Item = f64>) {
        self.mzs.extend(mzs);
        self.intensities.resize(self.mzs.len(), 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: PowerLaw = PowerLaw {
        at_200: 0.01,
        exponent: 0.0,
    };

    #[test]
    fn zeros_left_out_come_back() {
        let mut points = Points::default();
        let mzs = [500.0, 500.01, 500.02, 500.05, 500.06, 501.0, 501.01];
        points.fill(&mzs, &[1.0, 2.0, 3.0, 4.0, f32::NAN, 6.0, 7.0], &STEP);
        let inner = &points.mzs[MARGIN..points.mzs.len() - MARGIN];
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(inner[3], 500.03) && near(inner[4], 500.04));
        assert!(near(points.mzs[0], 499.94) && near(*points.mzs.last().unwrap(), 501.07));
        assert!(points.mzs.is_sorted());
        assert_eq!(points.mzs.len(), mzs.len() + 2 + 4 * MARGIN);
        let sum: f32 = points.intensities.iter().sum();
        assert!((sum - 23.0).abs() < 1e-6);
        assert!(has_gap(&mzs, &STEP));
        assert!(!has_gap(&mzs[..3], &STEP));
    }

    #[test]
    fn an_empty_spectrum_has_no_points() {
        let mut points = Points::default();
        points.fill(&[], &[], &STEP);
        assert!(points.mzs.is_empty());
    }
}
