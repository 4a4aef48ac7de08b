//! How the profile spectra of a dataset are sampled, and how wide their peaks are.

use super::law::{PowerLaw, median};
use super::noise::level;
use super::points::Points;

/// Strong peaks that are looked at in each spectrum.
const N_STRONGEST: usize = 60;

/// Height of a strong peak, at the least, over the highest of the spectrum, and over most of what is
/// not 0, unless it has the larger share of the highest.
const LEAST_SHARE: f64 = 0.01;
const LEAST_OVER_USUAL: f64 = 10.0;
const SURE_SHARE: f64 = 0.3;

/// Peaks whose widths show how it grows, at the least; of fewer it is a multiple of the step.
const MIN_PEAKS: usize = 5;

/// Width of a peak in steps where too few peaks show it.
const DEFAULT_STEPS: f64 = 4.0;

/// Looks at the widths, the first of them without smoothing.
const N_ROUNDS: usize = 4;

/// Width of the smoothing over that of a peak.
const SMOOTHING: f64 = 0.6;

/// Standard deviation of a Gaussian over its full width at half maximum.
const SIGMA_OF_FWHM: f64 = 0.424_660_900_144_009_5;

/// Points that have one level of signal between the peaks.
const STRETCH: usize = 2_048;

/// Widest peak in steps that is looked at.
const MAX_STEPS: usize = 400;

/// The share of steps that are shorter than the usual one: where zeros were left out, most steps are
/// multiples of it.
const SHORT_STEPS: f64 = 0.05;

/// Ranges of m/z, equal in their logarithm for each doubling, in which steps are looked at.
const RANGES_A_DOUBLING: f64 = 4.0;

/// A spectrum as it was sampled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProfileSpectrum {
    /// m/z in Th, ascending.
    pub mzs: Vec<f64>,
    /// Intensity of each.
    pub intensities: Vec<f32>,
}

/// How a profile spectrum is sampled, and how wide its peaks are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProfileShape {
    /// Distance in Th between neighbouring points.
    pub step: PowerLaw,
    /// Full width at half maximum of a peak in Th.
    pub fwhm: PowerLaw,
    /// Lowest and highest m/z of the peaks whose width was seen; nothing where too few were.
    pub seen: Option<(f64, f64)>,
}

impl ProfileShape {
    /// From groups of spectra of neighbouring pixels; nothing if none has two points.
    ///
    /// A peak of few ions is ragged, and in a single spectrum narrower than ions of one m/z spread. So
    /// its width is that of the sum of a group.
    pub fn observe(groups: &[Vec<ProfileSpectrum>]) -> Option<Self> {
        let mut steps = Vec::new();
        for spectrum in groups.iter().flatten() {
            add_steps(&spectrum.mzs, &mut steps);
        }
        let step = PowerLaw::fit(&steps)?;
        let sums: Vec<Points> = groups.iter().map(|group| sum(group, &step)).collect();
        let mut shape = Self {
            step,
            fwhm: PowerLaw {
                at_200: DEFAULT_STEPS * step.at_200,
                ..step
            },
            seen: None,
        };
        // First of the signal as it is, so as not to miss narrow peaks; then smoothed for peaks of the
        // width that was seen before, which is taken away again.
        for round in 0..N_ROUNDS {
            let smoothing = (round > 0).then_some(shape.fwhm);
            let mut widths: Vec<(f64, f64)> = Vec::new();
            for Points { mzs, intensities } in &sums {
                add_widths(mzs, intensities, smoothing, &mut widths);
            }
            if widths.len() < MIN_PEAKS {
                break;
            }
            widths.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            shape.fwhm = PowerLaw::fit(&widths)?;
            shape.seen = widths
                .first()
                .zip(widths.last())
                .map(|(low, high)| (low.0, high.0));
        }
        Some(shape)
    }

    /// Peaks that so many points can hold at most: two maxima are at least four fifths of a width apart.
    pub fn max_peaks(&self, n_points: u64) -> u64 {
        let (low, high) = self.seen.unwrap_or((200.0, 200.0));
        let points = |mz: f64| super::pick::MIN_DISTANCE * self.fwhm.at(mz) / self.step.at(mz);
        let least = points(low).min(points(high)).clamp(2.0, MAX_STEPS as f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "fewer than the points"
        )]
        let at_most = (n_points as f64 / least).ceil() as u64;
        at_most
    }

    /// Resolving power, m/z over the width of a peak, at an m/z.
    pub fn resolving_power(&self, mz: f64) -> f64 {
        mz / self.fwhm.at(mz)
    }
}

/// The sum of some spectra with the zeros that were left out, less the signal between peaks, at points
/// that are a step apart.
fn sum(group: &[ProfileSpectrum], step: &PowerLaw) -> Points {
    let mut room = Vec::new();
    let mut of_spectra: Vec<Points> = Vec::new();
    for ProfileSpectrum { mzs, intensities } in group {
        let mut points = Points::default();
        points.fill(mzs, intensities, step);
        for stretch in points.intensities.chunks_mut(STRETCH) {
            let level = level(stretch, &mut room);
            for value in stretch {
                *value -= level;
            }
        }
        of_spectra.push(points);
    }
    if of_spectra.windows(2).all(|pair| pair[0].mzs == pair[1].mzs) {
        return sum_of_same_points(of_spectra);
    }
    let mut all: Vec<(f64, f32)> = Vec::new();
    for points in of_spectra {
        all.extend(points.mzs.into_iter().zip(points.intensities));
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Points of different spectra that are nearer than half a step are one.
    let mut sum = Points::default();
    let mut first = f64::NEG_INFINITY;
    for stretch in all.chunks(STRETCH) {
        let half = 0.5 * step.at(stretch[stretch.len() / 2].0);
        for &(mz, intensity) in stretch {
            match sum.intensities.last_mut() {
                Some(last) if mz - first < half => *last += intensity,
                _ => {
                    first = mz;
                    sum.mzs.push(mz);
                    sum.intensities.push(intensity);
                }
            }
        }
    }
    sum
}

/// The sum of spectra that have points at the same m/z.
fn sum_of_same_points(of_spectra: Vec<Points>) -> Points {
    let mut of_spectra = of_spectra.into_iter();
    let mut sum = of_spectra.next().unwrap_or_default();
    for points in of_spectra {
        for (sum, value) in sum.intensities.iter_mut().zip(points.intensities) {
            *sum += value;
        }
    }
    sum
}

/// The usual step in each range of m/z of a spectrum.
fn add_steps(mzs: &[f64], steps: &mut Vec<(f64, f64)>) {
    let range_of = |mz: f64| (libm::log2(mz) * RANGES_A_DOUBLING).floor();
    let mut rest = mzs;
    while let [first, ..] = rest {
        let range = range_of(*first);
        let end = rest.partition_point(|mz| range_of(*mz) <= range);
        let here = &rest[..end];
        let mut found: Vec<(f64, f64)> = here
            .windows(2)
            .map(|pair| (pair[0], pair[1] - pair[0]))
            .filter(|(_, step)| *step > 0.0)
            .collect();
        if !found.is_empty() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a place within"
            )]
            let place = (found.len() as f64 * SHORT_STEPS) as usize;
            let by_step = |a: &(f64, f64), b: &(f64, f64)| a.1.total_cmp(&b.1);
            let (_, usual, _) = found.select_nth_unstable_by(place, by_step);
            steps.push(*usual);
        }
        rest = &rest[end..];
    }
}

/// Widths at half maximum of the strongest peaks of a spectrum, looked at through a smoothing for peaks
/// of known width, if any.
fn add_widths(
    mzs: &[f64],
    intensities: &[f32],
    smoothing: Option<PowerLaw>,
    widths: &mut Vec<(f64, f64)>,
) {
    let is_top = |place: &usize| {
        let [before, here, after] = [
            intensities[place - 1],
            intensities[*place],
            intensities[place + 1],
        ];
        here > 0.0 && here >= before && here > after
    };
    let last = mzs.len().saturating_sub(1);
    let mut tops: Vec<usize> = (1..last.max(1)).filter(is_top).collect();
    let Some(tallest) = tops
        .iter()
        .map(|&top| intensities[top])
        .max_by(f32::total_cmp)
    else {
        return;
    };
    let tallest = f64::from(tallest);
    let mut rest: Vec<f64> = intensities
        .iter()
        .filter(|v| v.abs() > 0.0)
        .map(|v| f64::from(v.abs()))
        .collect();
    let usual = median(&mut rest).unwrap_or_default();
    let threshold =
        (LEAST_SHARE * tallest).max((LEAST_OVER_USUAL * usual).min(SURE_SHARE * tallest));
    tops.retain(|&top| f64::from(intensities[top]) >= threshold);
    tops.sort_by(|&a, &b| intensities[b].total_cmp(&intensities[a]).then(a.cmp(&b)));
    // Maxima next to a higher one are of the same ragged peak.
    let mut kept: Vec<usize> = Vec::new();
    for top in tops {
        let reach = smoothing.map_or(0.0, |fwhm| fwhm.at(mzs[top]));
        if kept
            .iter()
            .all(|&other| (mzs[other] - mzs[top]).abs() > reach)
        {
            kept.push(top);
        }
        if kept.len() == N_STRONGEST {
            break;
        }
    }
    widths.extend(kept.into_iter().filter_map(|top| {
        let width = match smoothing {
            Some(fwhm) => smoothed_width(mzs, intensities, top, fwhm.at(mzs[top])),
            None => width(mzs, intensities, top),
        };
        Some((mzs[top], width?))
    }));
}

/// Full width at half maximum of the peak at a top, from the signal smoothed for peaks of a width.
fn smoothed_width(mzs: &[f64], intensities: &[f32], top: usize, fwhm: f64) -> Option<f64> {
    let sigma = SMOOTHING * SIGMA_OF_FWHM * fwhm;
    let around = |reach: f64| {
        let start = mzs.partition_point(|mz| *mz < mzs[top] - reach);
        start..mzs.partition_point(|mz| *mz <= mzs[top] + reach)
    };
    let (shown, added) = (around(2.0 * fwhm), around(2.0 * fwhm + 3.0 * sigma));
    #[expect(clippy::cast_possible_truncation, reason = "as the signal is")]
    let smoothed: Vec<f32> = shown
        .clone()
        .map(|place| {
            let weighted = added.clone().map(|other| {
                let distance = (mzs[other] - mzs[place]) / sigma;
                libm::exp(-0.5 * distance * distance) * f64::from(intensities[other])
            });
            weighted.sum::<f64>() as f32
        })
        .collect();
    let mut highest = None;
    for place in 1..smoothed.len().saturating_sub(1) {
        let is_near = (mzs[shown.start + place] - mzs[top]).abs() <= fwhm;
        if is_near && highest.is_none_or(|highest: usize| smoothed[place] > smoothed[highest]) {
            highest = Some(place);
        }
    }
    let seen = width(&mzs[shown], &smoothed, highest?)?;
    let smoothing = sigma / SIGMA_OF_FWHM;
    let width = (seen * seen - smoothing * smoothing).max(0.0).sqrt();
    (width > 0.0).then_some(width)
}

/// Full width at half maximum of the peak at a top; nothing where the signal does not fall to half on
/// both sides.
fn width(mzs: &[f64], intensities: &[f32], top: usize) -> Option<f64> {
    let half = f64::from(intensities[top]) / 2.0;
    // Where the signal crosses half the height, between two points.
    let crossing = |places: &mut dyn Iterator<Item = usize>| {
        let mut inner = top;
        for place in places.take(MAX_STEPS) {
            let (near, far) = (f64::from(intensities[inner]), f64::from(intensities[place]));
            if far <= half {
                let share = between(near, far, half);
                return Some(mzs[inner] + (mzs[place] - mzs[inner]) * share);
            }
            if far > 2.0 * half {
                return None;
            }
            inner = place;
        }
        None
    };
    let right = crossing(&mut (top + 1..mzs.len()))?;
    let left = crossing(&mut (0..top).rev())?;
    Some(right - left).filter(|width| *width > 0.0)
}

/// Where between two points, from 0 to 1, a signal falls to a value, if its logarithm falls as that
/// of a Gaussian does near there; in a straight line to 0.
fn between(near: f64, far: f64, value: f64) -> f64 {
    if far > 0.0 {
        libm::log(near / value) / libm::log(near / far)
    } else {
        (near - value) / near
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_truncation, reason = "small numbers")]

    use super::*;

    #[test]
    fn widths_and_steps_of_a_rendered_spectrum_are_found() {
        let fwhm = |mz: f64| mz / 30_000.0;
        let tops = [220.1, 310.4, 405.2, 500.3, 611.7, 702.2, 803.9];
        let (mut mzs, mut intensities) = (Vec::new(), Vec::new());
        let mut mz = 200.0;
        while mz < 900.0 {
            let signal: f64 = tops
                .iter()
                .map(|top| {
                    let sigma = fwhm(*top) / 2.354_82;
                    1e4 * libm::exp(-0.5 * ((mz - top) / sigma).powi(2))
                })
                .sum();
            mzs.push(mz);
            intensities.push(signal as f32);
            mz += fwhm(mz) / 6.0;
        }
        let spectrum = ProfileSpectrum { mzs, intensities };
        let shape = ProfileShape::observe(&[vec![spectrum]]).unwrap();
        for mz in [200.0, 500.0, 900.0] {
            let (step, width) = (shape.step.at(mz), shape.fwhm.at(mz));
            assert!((step / (fwhm(mz) / 6.0) - 1.0).abs() < 0.03, "{step}");
            assert!((width / fwhm(mz) - 1.0).abs() < 0.03, "{width}");
        }
        assert!((shape.resolving_power(400.0) / 30_000.0 - 1.0).abs() < 0.03);
    }

    #[test]
    fn without_peaks_a_width_is_some_steps() {
        let mzs: Vec<f64> = (0..100).map(|i| 300.0 + 0.01 * f64::from(i)).collect();
        let intensities = vec![0.0; mzs.len()];
        let shape = ProfileShape::observe(&[vec![ProfileSpectrum { mzs, intensities }]]).unwrap();
        assert!((shape.fwhm.at(300.0) / shape.step.at(300.0) - DEFAULT_STEPS).abs() < 1e-9);
        assert_eq!(ProfileShape::observe(&[]), None);
    }
}
