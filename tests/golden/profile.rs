//! Peaks that are picked from profile spectra, against the instrument's own peaks of the same pixels.

use ms_core::imzml::{Dataset, SpectrumIdx};
use ms_core::profile::{DEFAULT_MIN_SNR, PeakIntensity, PeakPicking};

use super::shared::dataset;

/// Column and row of the profiles' first pixel in the dataset of peaks: where the intensities of
/// PI 38:4 correlate best.
const OFFSET: (u32, u32) = (7, 7);

/// A peak of the instrument is the same as one of ours within so many ppm: half of its width.
const SAME_PPM: f64 = 10.0;

/// Standard deviation over the median absolute deviation.
const SIGMA_OF_MAD: f64 = 1.482_6;

#[test]
fn picked_peaks_are_those_of_the_instrument() {
    let peaks = dataset("data/kidney_342px/kidney_full_top1500_450-1000.imzML");
    let mut profiles = dataset("data/kidney_profile_16px/kidney_4x4_profile_880-892.imzML");
    let raw: Vec<(Vec<f64>, Vec<f32>)> = read_all(&profiles);
    profiles.picking = Some(PeakPicking {
        min_snr: DEFAULT_MIN_SNR,
        intensity: PeakIntensity::Height,
        shape: profiles.observed_shape().unwrap().unwrap(),
    });
    let picked = read_all(&profiles);
    let of_instrument = read_all(&peaks);
    let (mut errors, mut pairs, mut n_missed, mut n) = (Vec::new(), Vec::new(), 0, 0);
    for (place, entry) in profiles.spectra.iter().enumerate() {
        let same =
            |other: &&(usize, (u32, u32))| other.1 == (entry.x + OFFSET.0, entry.y + OFFSET.1);
        let positions: Vec<(usize, (u32, u32))> = peaks
            .spectra
            .iter()
            .map(|entry| (entry.x, entry.y))
            .enumerate()
            .collect();
        let (other, _) = positions.iter().find(same).unwrap();
        let (low, high) = (
            raw[place].0[0] + 0.05,
            raw[place].0[raw[place].0.len() - 1] - 0.05,
        );
        let least = above_noise(&raw[place].1);
        let (mzs, intensities) = &picked[place];
        for (&mz, &intensity) in of_instrument[*other].0.iter().zip(&of_instrument[*other].1) {
            if mz < low || mz > high || f64::from(intensity) < least {
                continue;
            }
            n += 1;
            let nearest = (0..mzs.len())
                .min_by(|&a, &b| (mzs[a] - mz).abs().total_cmp(&(mzs[b] - mz).abs()))
                .unwrap();
            let error = (mzs[nearest] / mz - 1.0) * 1e6;
            if error.abs() <= SAME_PPM {
                errors.push(error.abs());
                pairs.push((f64::from(intensity), f64::from(intensities[nearest])));
            } else {
                n_missed += 1;
            }
        }
    }
    errors.sort_by(f64::total_cmp);
    let last = errors.len() - 1;
    let (median, most, r) = (
        errors[last / 2],
        errors[last * 95 / 100],
        correlation(&pairs),
    );
    let told = format!("{n} peaks, {n_missed} missed, {median:.2} and {most:.2} ppm, r {r:.4}");
    assert!(n > 300 && n_missed * 25 <= n, "{told}");
    assert!(median <= 1.0 && most <= 3.5 && r >= 0.995, "{told}");
}

fn read_all(dataset: &Dataset) -> Vec<(Vec<f64>, Vec<f32>)> {
    let mut reader = dataset.reader();
    (0..dataset.spectra.len())
        .map(|place| {
            let spectrum = reader.read(SpectrumIdx(place)).unwrap();
            (spectrum.mzs.to_vec(), spectrum.intensities.to_vec())
        })
        .collect()
}

/// Three standard deviations of the noise above its level: most points that are not 0 are noise.
fn above_noise(intensities: &[f32]) -> f64 {
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let mut values: Vec<f64> = intensities
        .iter()
        .filter(|v| **v > 0.0)
        .map(|v| f64::from(*v))
        .collect();
    let level = median(&mut values);
    let mut deviations: Vec<f64> = values.iter().map(|v| (v - level).abs()).collect();
    level + 3.0 * SIGMA_OF_MAD * median(&mut deviations)
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let mean = pairs
        .iter()
        .fold((0.0, 0.0), |m, p| (m.0 + p.0 / n, m.1 + p.1 / n));
    let products = pairs.iter().fold((0.0, 0.0, 0.0), |s, p| {
        let (a, b) = (p.0 - mean.0, p.1 - mean.1);
        (s.0 + a * b, s.1 + a * a, s.2 + b * b)
    });
    products.0 / (products.1 * products.2).sqrt()
}
