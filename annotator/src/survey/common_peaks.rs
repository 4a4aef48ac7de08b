//! Peaks that many spectra have.

use std::collections::BTreeSet;

use super::median::center_and_sigma;
use super::spectrum::SampledSpectrum;

/// The most intense peaks of a spectrum among which common ones are looked for.
const LEADING_PEAKS: usize = 300;

/// Common peaks at most.
const MAX_PEAKS: usize = 400;

/// Width in ppm of the bins in which they are looked for.
const BIN_PPM: f64 = 5.0;

/// Bins between two of them at the least.
const EXCLUDED: i64 = 5;

/// How far in ppm from its bin the peak of a spectrum is looked for, at first.
const REACH_PPM: f64 = 20.0;

/// Later, in standard deviations, and in ppm at the least.
const REACH_SIGMAS: f64 = 5.0;
const MIN_REACH_PPM: f64 = 3.0;

/// Beyond this standard deviation in ppm it is no peak: equally spread ones within the reach have
/// three times as much.
const MAX_SIGMA_PPM: f64 = REACH_PPM / 4.0;

/// A peak is in so many spectra, and in such a share of them, at the least.
const MIN_SPECTRA: usize = 5;
const MIN_SHARE: f64 = 0.02;

/// Mass in Da that a ¹³C has more than a ¹²C (AME2020: 13.003354835 and 12).
const CARBON_STEP_DA: f64 = 1.003_355;

/// How far in ppm from there an isotopic peak may lie, and the intensity of the peak below over its
/// own at the least: below 90 carbon atoms the peak without ¹³C is the larger one.
const ISOTOPE_REACH_PPM: f64 = 5.0;
const MIN_PARENT: f64 = 0.5;

/// How often center and spread are determined anew.
const N_ROUNDS: usize = 3;

/// A peak that many spectra have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CommonPeak {
    /// Median m/z in Th.
    pub(super) mz: f64,
    /// Standard deviation over the spectra in ppm.
    pub(super) sigma_ppm: f64,
    /// Sum of the intensities.
    pub(super) intensity: f64,
    /// Place of each spectrum that has it, and the distance from the median in ppm.
    pub(super) deviations: Vec<(u32, f64)>,
    /// Whether it lies above a peak of some intensity by what a ¹³C adds.
    pub(super) is_isotopic: bool,
}

impl CommonPeak {
    /// Takes from each spectrum's m/z what all of its peaks have in common, in ppm.
    pub(super) fn subtract(&mut self, common: impl Fn(u32) -> f64) {
        for (place, deviation) in &mut self.deviations {
            *deviation -= common(*place);
        }
        self.settle();
    }

    /// Determines center and spread from the deviations.
    fn settle(&mut self) {
        let values: Vec<f64> = self.deviations.iter().map(|(_, ppm)| *ppm).collect();
        let (center, sigma) = center_and_sigma(&values);
        self.mz *= 1.0 + center * 1e-6;
        self.sigma_ppm = sigma;
        self.deviations
            .iter_mut()
            .for_each(|(_, ppm)| *ppm -= center);
    }
}

/// The peaks that many spectra have, those of most intensity and spectra first.
pub(super) fn common_peaks(spectra: &[&SampledSpectrum]) -> Vec<CommonPeak> {
    let candidates = candidates(spectra);
    let found = candidates.into_iter().filter_map(|mz| gather(spectra, mz));
    let mut peaks: Vec<CommonPeak> = found.collect();
    mark_isotopic(&mut peaks);
    peaks
}

/// Marks the peaks one ¹³C above another that is not much smaller.
fn mark_isotopic(peaks: &mut [CommonPeak]) {
    let mut by_mz: Vec<(f64, f64)> = peaks.iter().map(|p| (p.mz, p.intensity)).collect();
    by_mz.sort_by(|a, b| a.0.total_cmp(&b.0));
    for peak in peaks {
        let below = peak.mz - CARBON_STEP_DA;
        let reach = peak.mz * ISOTOPE_REACH_PPM * 1e-6;
        let start = by_mz.partition_point(|(mz, _)| *mz < below - reach);
        let mut near = by_mz[start..]
            .iter()
            .take_while(|(mz, _)| *mz <= below + reach);
        peak.is_isotopic = near.any(|(_, intensity)| *intensity > MIN_PARENT * peak.intensity);
    }
}

/// m/z where many spectra have intense peaks, the most prominent first.
fn candidates(spectra: &[&SampledSpectrum]) -> Vec<f64> {
    let mut weights: Vec<(i64, f64)> = Vec::new();
    for spectrum in spectra {
        let mut order: Vec<usize> = (0..spectrum.mzs.len())
            .filter(|&i| spectrum.intensities[i] > 0.0)
            .collect();
        let by_intensity =
            |&a: &usize, &b: &usize| spectrum.intensities[b].total_cmp(&spectrum.intensities[a]);
        if order.len() > LEADING_PEAKS {
            order.sort_by(by_intensity);
            order.truncate(LEADING_PEAKS);
        }
        // The root, so that a peak of many spectra outweighs a large one of few.
        let weight = |i: usize| {
            (
                bin(spectrum.mzs[i]),
                f64::from(spectrum.intensities[i]).sqrt(),
            )
        };
        weights.extend(order.into_iter().map(weight));
    }
    weights.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let bins: Vec<(i64, f64)> = weights
        .chunk_by(|a, b| a.0 == b.0)
        .map(|chunk| (chunk[0].0, chunk.iter().map(|(_, weight)| weight).sum()))
        .collect();
    let weight_at = |bin: i64| {
        let found = bins.binary_search_by_key(&bin, |(bin, _)| *bin);
        found.map_or(0.0, |place| bins[place].1)
    };
    let mut order: Vec<(f64, i64)> = bins
        .iter()
        .map(|&(bin, weight)| (weight_at(bin - 1) + weight + weight_at(bin + 1), bin))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut taken: BTreeSet<i64> = BTreeSet::new();
    for (_, bin) in order {
        if taken
            .range(bin - EXCLUDED..=bin + EXCLUDED)
            .next()
            .is_none()
        {
            taken.insert(bin);
        }
        if taken.len() == MAX_PEAKS {
            break;
        }
    }
    taken.into_iter().map(middle).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the logarithm of a number is below a thousand"
)]
fn bin(mz: f64) -> i64 {
    (libm::log(mz) * (1e6 / BIN_PPM)).round() as i64
}

fn middle(bin: i64) -> f64 {
    libm::exp(bin as f64 * (BIN_PPM * 1e-6))
}

/// The most intense peak of each spectrum about an m/z, if that is one and the same.
fn gather(spectra: &[&SampledSpectrum], mz: f64) -> Option<CommonPeak> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of them"
    )]
    let share = (spectra.len() as f64 * MIN_SHARE) as usize;
    let mut peak = CommonPeak {
        mz,
        sigma_ppm: 0.0,
        intensity: 0.0,
        deviations: Vec::new(),
        is_isotopic: false,
    };
    let mut reach = REACH_PPM;
    for _ in 0..N_ROUNDS {
        peak.deviations.clear();
        peak.intensity = 0.0;
        for (place, spectrum) in (0..).zip(spectra) {
            let half_width = peak.mz * reach * 1e-6;
            let (low, high) = (peak.mz - half_width, peak.mz + half_width);
            if let Some((mz, intensity)) = most_intense(spectrum, low, high) {
                peak.intensity += f64::from(intensity);
                peak.deviations.push((place, (mz / peak.mz - 1.0) * 1e6));
            }
        }
        if peak.deviations.len() < MIN_SPECTRA.max(share) {
            return None;
        }
        peak.settle();
        reach = (REACH_SIGMAS * peak.sigma_ppm).max(MIN_REACH_PPM);
    }
    (peak.sigma_ppm < MAX_SIGMA_PPM).then_some(peak)
}

/// m/z and intensity of the most intense peak of an interval.
fn most_intense(spectrum: &SampledSpectrum, low: f64, high: f64) -> Option<(f64, f32)> {
    let start = spectrum.mzs.partition_point(|&mz| mz < low);
    let within = spectrum.mzs[start..].iter().take_while(|&&mz| mz <= high);
    let found = within
        .zip(&spectrum.intensities[start..])
        .filter(|(_, intensity)| **intensity > 0.0)
        .max_by(|a, b| a.1.total_cmp(b.1));
    found.map(|(&mz, &intensity)| (mz, intensity))
}
