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
    let mut gaps = Gaps::new(step);
    (1..mzs.len()).any(|next| gaps.before(mzs, next).is_some())
}

/// Points around a gap that show whether the usual step holds there.
const NEIGHBOURHOOD: usize = 8;

/// The usual step changes little over so small a share of m/z.
const NEAR: f64 = 1e-3;

/// Looks for gaps from low to high m/z.
struct Gaps<'a> {
    step: &'a PowerLaw,
    /// m/z up to which the usual step below is taken.
    until: f64,
    usual: f64,
}

impl<'a> Gaps<'a> {
    fn new(step: &'a PowerLaw) -> Self {
        Self {
            step,
            until: f64::NEG_INFINITY,
            usual: 0.0,
        }
    }

    /// The usual step where there is a gap before the point `next`.
    fn before(&mut self, mzs: &[f64], next: usize) -> Option<f64> {
        if mzs[next] > self.until {
            self.usual = self.step.at(mzs[next]);
            self.until = mzs[next] * (1.0 + NEAR);
        }
        let here = mzs[next] - mzs[next - 1];
        if here <= GAP * self.usual {
            return None;
        }
        // Where no step around is the usual one, the spectrum is sampled in another way here.
        let start = next.saturating_sub(NEIGHBOURHOOD);
        let end = mzs.len().min(next + NEIGHBOURHOOD);
        let around = mzs[start..end].windows(2).map(|pair| pair[1] - pair[0]);
        let least = around.fold(here, f64::min);
        (least <= GAP * self.usual || here > GAP * least).then_some(self.usual)
    }
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
        let mut gaps = Gaps::new(step);
        for (place, (&mz, &intensity)) in mzs.iter().zip(intensities).enumerate() {
            if place > 0
                && let Some(usual) = gaps.before(mzs, place)
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
