//! Peaks that are picked from profile spectra, against the instrument's own peaks of the same pixels.

use ms_core::imzml::{Dataset, SpectrumIdx};
use ms_core::profile::{DEFAULT_MIN_SNR, PeakIntensity, PeakPicking};

use super::shared::dataset;

/// Column and row of the profiles' first pixel in the dataset of peaks: where the intensities of
/// PI 38:4 correlate best.
const OFFSET: (u32, u32) = (7, 7);

/// A peak of the instrument is the same as one of ours within so many ppm: half of its width.
const SAME_PPM: f64 = 10.0;

/// Peaks so many times above the noise tell what a height is of a sum.
const STRONG: f64 = 10.0;

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
    let mut found: Vec<Matched> = Vec::new();
    for (place, entry) in profiles.spectra.iter().enumerate() {
        let at = (entry.x + OFFSET.0, entry.y + OFFSET.1);
        let other = peaks.spectra.iter().position(|of| (of.x, of.y) == at);
        let (mzs_there, intensities_there) = &of_instrument[other.unwrap()];
        let (points, intensities_of_points) = &raw[place];
        let inside = points[0] + 0.05..points[points.len() - 1] - 0.05;
        let least = above_noise(intensities_of_points);
        let (mzs, intensities) = &picked[place];
        for (&mz, &intensity) in mzs_there.iter().zip(intensities_there) {
            if !inside.contains(&mz) {
                continue;
            }
            let nearest = (0..mzs.len())
                .min_by(|&a, &b| (mzs[a] - mz).abs().total_cmp(&(mzs[b] - mz).abs()))
                .unwrap();
            found.push(Matched {
                intensity: f64::from(intensity),
                height: f64::from(intensities[nearest]),
                ppm: ((mzs[nearest] / mz - 1.0) * 1e6).abs(),
                least,
            });
        }
    }
    // The instrument's intensity of a peak is the sum of its points, and the noise is that of a point:
    // strong peaks tell what a height is of a sum.
    let mut ratios: Vec<f64> = found
        .iter()
        .filter(|peak| peak.ppm <= SAME_PPM && peak.intensity > STRONG * peak.least)
        .map(|peak| peak.height / peak.intensity)
        .collect();
    ratios.sort_by(f64::total_cmp);
    let height_of_sum = ratios[ratios.len() / 2];
    assert!((0.3..0.4).contains(&height_of_sum), "{height_of_sum}");
    let above = |height_of_sum: f64| {
        let is_above = move |peak: &&Matched| peak.intensity * height_of_sum >= peak.least;
        let all: Vec<&Matched> = found.iter().filter(is_above).collect();
        let same: Vec<&Matched> = all.iter().copied().filter(|p| p.ppm <= SAME_PPM).collect();
        let mut errors: Vec<f64> = same.iter().map(|peak| peak.ppm).collect();
        errors.sort_by(f64::total_cmp);
        let last = errors.len() - 1;
        let pairs: Vec<(f64, f64)> = same.iter().map(|p| (p.intensity, p.height)).collect();
        Agreement {
            n: all.len(),
            n_missed: all.len() - same.len(),
            median: errors[last / 2],
            most: errors[last * 95 / 100],
            r: correlation(&pairs),
        }
    };
    let of_heights = above(height_of_sum);
    assert!(
        of_heights.n > 150
            && of_heights.n_missed == 0
            && of_heights.median <= 1.0
            && of_heights.most <= 3.0
            && of_heights.r >= 0.995,
        "{of_heights:?}"
    );
    // Sums held against the noise of a point: most are a third of it high, and no noise.
    let of_sums = above(1.0);
    assert!(
        of_sums.n > 500
            && of_sums.n_missed * 25 <= of_sums.n
            && of_sums.median <= 1.0
            && of_sums.most <= 3.5
            && of_sums.r >= 0.995,
        "{of_sums:?}"
    );
}

/// A peak of the instrument, and the nearest of ours.
struct Matched {
    /// Of the instrument.
    intensity: f64,
    /// Ours.
    height: f64,
    /// Their distance.
    ppm: f64,
    /// What stands out of the noise of the spectrum's points.
    least: f64,
}

/// How picked peaks agree with those of the instrument.
#[derive(Debug)]
struct Agreement {
    n: usize,
    n_missed: usize,
    /// Distances in ppm, at the median and at 95 %.
    median: f64,
    most: f64,
    /// Correlation of intensities.
    r: f64,
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
