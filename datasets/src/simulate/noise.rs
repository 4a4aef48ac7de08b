//! Chemical noise: ions that are in no table, and peaks of single spectra.

use ms_core::isotopes::Instrument;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Exp1;

use super::config::SimulationConfig;
use super::profile::{Profiles, vary};
use super::random::{Purpose, factor, generator, intensity, normal};
use super::source::{Source, SourcePeak};
use super::tissue::ByRegion;

/// Noise ions for each peak that a spectrum is meant to have.
const IONS_PER_PEAK: f64 = 0.35;

/// Median level of a noise ion, in detection limits, and its spread, decimal logarithm.
const LEVEL: (f64, f64) = (2.0, 0.5);

/// Spread between regions, natural logarithm.
const REGION_SIGMA: f64 = 0.3;

/// Mass defect of biological ions for each Th of nominal mass: mean and standard deviation.
const MASS_DEFECT: (f64, f64) = (0.000_55, 0.000_2);

/// Largest mass defect for each Th of nominal mass: that of hydrocarbons.
const MAX_MASS_DEFECT: f64 = 0.001_15;

/// Share of noise ions with isotopic companions.
const ISOTOPIC_SHARE: f64 = 0.6;

/// Distance in Th of isotopic companions: that of ¹³C from ¹²C, to 0.05 mTh.
const ISOTOPE_STEP: f64 = 1.003_4;

/// Carbon atoms per Da of the average peptide (Senko et al. 1995,
/// doi:10.1016/1044-0305(95)00017-8).
const CARBONS_PER_DA: f64 = 0.044_4;

/// Ratio of ¹³C to ¹²C.
const CARBON_RATIO: f64 = 0.010_8;

/// Spread of companions around the ratio of the average peptide, natural logarithm.
const COMPANION_SIGMA: f64 = 0.35;

/// Mean excess over the detection limit of a peak of a single spectrum, in detection limits.
const RANDOM_EXCESS: f64 = 0.4;

/// Noise ions: four in ten have the anatomy of a co-localization group, four are of the matrix
/// layer, two are the same everywhere.
pub(super) fn draw_ions(config: &SimulationConfig, profiles: &Profiles) -> Vec<Source> {
    let n_ions = count(IONS_PER_PEAK * config.peaks_per_pixel as f64);
    (0..n_ions as u64)
        .map(|id| {
            let mut rng = generator(config.seed, Purpose::NoiseIon, id);
            let peaks = draw_peaks(&mut rng, config.mz_range);
            let (profile_idx, base) = draw_profile(&mut rng, profiles);
            let level = intensity(&mut rng, LEVEL.0 * config.detection_limit, LEVEL.1);
            let levels = vary(&mut rng, &base, level, REGION_SIGMA);
            Source {
                profile_idx,
                levels,
                peaks,
            }
        })
        .collect()
}

fn draw_profile(rng: &mut ChaCha8Rng, profiles: &Profiles) -> (usize, ByRegion) {
    let of_profile = |profile_idx| (profile_idx, profiles.get(profile_idx).levels);
    match rng.random_range(0..10) {
        0..4 => of_profile(rng.random_range(0..profiles.n_groups())),
        4..8 => of_profile(profiles.matrix_idx()),
        _ => (profiles.matrix_idx(), [1.0; _]),
    }
}

/// A peak at a plausible mass defect, more often at small m/z, and often its ¹³C companions.
#[expect(clippy::cast_possible_truncation, reason = "ratios near 1")]
fn draw_peaks(rng: &mut ChaCha8Rng, (from, to): (f64, f64)) -> Vec<SourcePeak> {
    let nominal = (from + (to - from) * rng.random::<f64>().powf(1.5)).round();
    let defect = (MASS_DEFECT.0 + MASS_DEFECT.1 * normal(rng)).clamp(0.0, MAX_MASS_DEFECT);
    let mz = nominal * (1.0 + defect) + 0.002 * normal(rng);
    let mut peaks = vec![SourcePeak { mz, relative: 1.0 }];
    if rng.random_bool(ISOTOPIC_SHARE) {
        let ratio = (mz * CARBONS_PER_DA * CARBON_RATIO) as f32 * factor(rng, COMPANION_SIGMA);
        peaks.push(SourcePeak {
            mz: mz + ISOTOPE_STEP,
            relative: ratio,
        });
        peaks.push(SourcePeak {
            mz: mz + 2.0 * ISOTOPE_STEP,
            relative: ratio * ratio / 2.0,
        });
    }
    peaks
}

/// Peaks that single spectra have: electronic noise, alike at every frequency or flight time.
#[derive(Debug, Clone, Copy)]
pub(super) struct RandomPeaks {
    instrument: Instrument,
    /// Measured quantity (∝ frequency, or flight time) at the ends of the m/z range.
    range: (f64, f64),
    detection_limit: f64,
    /// Mean number in a spectrum.
    pub(super) mean_count: f64,
}

impl RandomPeaks {
    /// Random peaks of an instrument, so far none.
    pub(super) fn new(config: &SimulationConfig) -> Self {
        let (from, to) = config.mz_range;
        let instrument = config.instrument;
        let range = (measured(instrument, from), measured(instrument, to));
        Self {
            instrument,
            range,
            detection_limit: config.detection_limit,
            mean_count: 0.0,
        }
    }

    /// Appends the m/z and intensities of one spectrum's random peaks, in no order.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng, peaks: &mut Vec<(f64, f64)>) {
        for _ in 0..count(self.mean_count + self.mean_count.sqrt() * normal(rng)) {
            let share: f64 = rng.random();
            let value = self.range.0 + (self.range.1 - self.range.0) * share;
            let excess: f64 = rng.sample(Exp1);
            let intensity = self.detection_limit * (1.0 + RANDOM_EXCESS * excess);
            peaks.push((mz_of(self.instrument, value), intensity));
        }
    }
}

/// Flight time ∝ √m, Orbitrap frequency ∝ 1/√m, cyclotron frequency ∝ 1/m.
fn measured(instrument: Instrument, mz: f64) -> f64 {
    match instrument {
        Instrument::Tof => mz.sqrt(),
        Instrument::Orbitrap => mz.sqrt().recip(),
        Instrument::Fticr => mz.recip(),
    }
}

fn mz_of(instrument: Instrument, value: f64) -> f64 {
    match instrument {
        Instrument::Tof => value * value,
        Instrument::Orbitrap => (value * value).recip(),
        Instrument::Fticr => value.recip(),
    }
}

/// The nearest count.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
fn count(value: f64) -> usize {
    value.round().clamp(0.0, 1e9) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_ions_lie_where_biological_ions_lie() {
        let mut rng = generator(1, Purpose::NoiseIon, 0);
        let mut n_isotopic = 0;
        for _ in 0..1_000 {
            let peaks = draw_peaks(&mut rng, (100.0, 900.0));
            let mz = peaks[0].mz;
            assert!(mz > 99.9 && mz < 902.0);
            let defect = mz - mz.round();
            assert!(mz > 400.0 || (-0.01..0.47).contains(&defect), "{mz}");
            n_isotopic += usize::from(peaks.len() > 1);
            assert!(peaks.iter().all(|peak| peak.relative > 0.0));
        }
        assert!((550..650).contains(&n_isotopic));
    }

    #[test]
    fn random_peaks_keep_to_the_range_and_the_mean() {
        for instrument in [Instrument::Tof, Instrument::Orbitrap, Instrument::Fticr] {
            let config = SimulationConfig {
                instrument,
                ..SimulationConfig::demo()
            };
            let random = RandomPeaks {
                mean_count: 200.0,
                ..RandomPeaks::new(&config)
            };
            let mut peaks = Vec::new();
            for id in 0..50 {
                random.draw(&mut generator(2, Purpose::Scan, id), &mut peaks);
            }
            assert!((9_500..10_500).contains(&peaks.len()));
            assert!(
                peaks
                    .iter()
                    .all(|&(mz, _)| (79.999..1_000.001).contains(&mz))
            );
        }
    }
}
