//! From the sample to a spectrum: what merges, what is counted, and where its m/z is put.

use ms_core::isotopes::{Instrument, REFERENCE_MZ};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::acquisition::{Acquisition, Scan};
use super::config::SimulationConfig;
use super::noise::RandomPeaks;
use super::random::{Purpose, factor, generator, normal};
use super::sample::Sample;

/// Intensity, in detection limits, below which a peak is never detected and not looked at.
const NEGLIGIBLE: f32 = 0.1;

/// Relative standard deviation of intensities beyond counting.
const FLICKER: f64 = 0.05;

/// Spread of the yield of ions from pixel to pixel, natural logarithm.
const YIELD_SIGMA: f64 = 0.15;

/// Share of the sources that are too intense in a hot pixel, and by which factor.
const HOT: (f64, std::ops::Range<f32>) = (0.3, 3.0..30.0);

/// Spectra that are measured in order to find the number of random peaks.
const N_CALIBRATION_SCANS: u32 = 256;

/// A measured spectrum.
#[derive(Debug, Clone, Default)]
pub(super) struct Centroids {
    /// m/z in Th, ascending.
    pub(super) mzs: Vec<f64>,
    /// Their intensities.
    pub(super) intensities: Vec<f32>,
}

/// Buffers that are used again for the next spectrum.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Intensity of each source.
    intensities: Vec<f32>,
    /// m/z and noiseless intensity of what reaches the detector.
    arriving: Vec<(f64, f64)>,
    /// m/z and intensity of what is detected.
    detected: Vec<(f64, f32)>,
}

/// A peak of a source among the peaks of all sources.
#[derive(Debug, Clone, Copy)]
struct TemplatePeak {
    mz: f64,
    relative: f32,
    source: u32,
}

/// The instrument looking at a sample.
#[derive(Debug)]
pub(super) struct Detector<'a> {
    config: &'a SimulationConfig,
    sample: &'a Sample,
    /// Peaks of all sources by m/z.
    template: Vec<TemplatePeak>,
    random: RandomPeaks,
}

impl<'a> Detector<'a> {
    /// A detector whose random peaks fill the spectra up to `peaks_per_pixel` on average.
    pub(super) fn calibrated(
        config: &'a SimulationConfig,
        sample: &'a Sample,
        acquisition: &Acquisition,
    ) -> Self {
        let template = merge_sources(config, sample);
        let mut detector = Self {
            config,
            sample,
            template,
            random: RandomPeaks::new(config),
        };
        let without = detector.mean_count(acquisition);
        let wanted = (config.peaks_per_pixel as f64 - without).max(0.0);
        detector.random.mean_count = wanted;
        let gained = detector.mean_count(acquisition) - without;
        if gained > 0.0 {
            detector.random.mean_count = wanted * (wanted / gained).min(10.0);
        }
        detector
    }

    /// Mean number of peaks of some spectra. They are chosen by the golden ratio, which spreads
    /// them over columns and rows alike.
    fn mean_count(&self, acquisition: &Acquisition) -> f64 {
        let scans = &acquisition.scans;
        let golden = (5_f64.sqrt() - 1.0) / 2.0;
        let count = |scratch: &mut Scratch, k: u32| {
            let place = (f64::from(k) * golden).fract() * scans.len() as f64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an index"
            )]
            let scan = scans.get(place as usize);
            scan.map_or(0, |scan| self.measure(scan, scratch).mzs.len())
        };
        let counts = (0..N_CALIBRATION_SCANS)
            .into_par_iter()
            .map_init(Scratch::default, count);
        counts.sum::<usize>() as f64 / f64::from(N_CALIBRATION_SCANS)
    }

    /// The spectrum of a scan; depends on the seed and the scan alone.
    pub(super) fn measure(&self, scan: &Scan, scratch: &mut Scratch) -> Centroids {
        let id = u64::from(scan.place) * 2 + u64::from(scan.copy);
        let mut rng = generator(self.config.seed, Purpose::Scan, id);
        self.evaporate(scan, &mut rng, &mut scratch.intensities);
        self.gather(&mut rng, &scratch.intensities, &mut scratch.arriving);
        self.merge_unresolved(&mut scratch.arriving);
        self.detect(scan, &mut rng, scratch);
        Centroids {
            mzs: scratch.detected.iter().map(|peak| peak.0).collect(),
            intensities: scratch.detected.iter().map(|peak| peak.1).collect(),
        }
    }

    /// Intensity of each source's strongest peak in this scan.
    fn evaporate(&self, scan: &Scan, rng: &mut ChaCha8Rng, intensities: &mut Vec<f32>) {
        let ion_yield = factor(rng, YIELD_SIGMA);
        let sample = self.sample;
        let of_source = |source| ion_yield * sample.intensity(source, scan.place as usize);
        intensities.clear();
        intensities.extend(sample.sources.iter().map(of_source));
        if scan.is_hot {
            for intensity in intensities {
                if rng.random_bool(HOT.0) {
                    *intensity *= rng.random_range(HOT.1);
                }
            }
        }
    }

    /// Peaks that are not negligible, by m/z.
    fn gather(&self, rng: &mut ChaCha8Rng, intensities: &[f32], arriving: &mut Vec<(f64, f64)>) {
        let threshold = self.config.detection_limit * f64::from(NEGLIGIBLE);
        arriving.clear();
        for peak in &self.template {
            let intensity = f64::from(intensities[peak.source as usize] * peak.relative);
            if intensity >= threshold {
                arriving.push((peak.mz, intensity));
            }
        }
        self.random.draw(rng, arriving);
        arriving.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    }

    /// Joins neighbours less than one FWHM apart into one centroid: intensities add up, m/z is
    /// their weighted mean.
    fn merge_unresolved(&self, arriving: &mut Vec<(f64, f64)>) {
        arriving.dedup_by(|next, last| {
            let is_unresolved = next.0 - last.0 < self.fwhm(last.0);
            if is_unresolved {
                let sum = last.1 + next.1;
                last.0 += (next.0 - last.0) * next.1 / sum;
                last.1 = sum;
            }
            is_unresolved
        });
    }

    /// Full width at half maximum in Th.
    fn fwhm(&self, mz: f64) -> f64 {
        let growth = match self.config.instrument {
            Instrument::Tof => 1.0,
            Instrument::Orbitrap => (mz / REFERENCE_MZ).sqrt(),
            Instrument::Fticr => mz / REFERENCE_MZ,
        };
        mz * growth / self.config.resolving_power
    }

    /// Counts ions, drops what is below the limit, and puts the m/z of the rest where the
    /// calibration of the instrument puts them.
    fn detect(&self, scan: &Scan, rng: &mut ChaCha8Rng, scratch: &mut Scratch) {
        let config = self.config;
        let limit = config.detection_limit;
        let per_ion = limit / config.ions_at_limit;
        scratch.detected.clear();
        for &(mz, arriving) in &scratch.arriving {
            let sigma = (arriving * per_ion + (FLICKER * arriving).powi(2)).sqrt();
            let intensity = arriving + sigma * normal(rng);
            if intensity < limit {
                continue;
            }
            let random = config.ppm_sigma * (1.0 + limit / intensity).sqrt() * normal(rng);
            let slope = config.ppm_shift + config.ppm_slope * (mz - REFERENCE_MZ) * 1e-3;
            let error_ppm = scan.drift_ppm + slope + random;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "intensities are stored as f32"
            )]
            scratch
                .detected
                .push((mz * (1.0 + 1e-6 * error_ppm), intensity as f32));
        }
        scratch.detected.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
}

/// Peaks of all sources within the m/z range, by m/z.
fn merge_sources(config: &SimulationConfig, sample: &Sample) -> Vec<TemplatePeak> {
    let (from, to) = config.mz_range;
    let mut template = Vec::new();
    for (source, of_source) in (0..).zip(&sample.sources) {
        let peaks = of_source
            .peaks
            .iter()
            .filter(|peak| (from..=to).contains(&peak.mz));
        template.extend(peaks.map(|peak| TemplatePeak {
            mz: peak.mz,
            relative: peak.relative,
            source,
        }));
    }
    template.sort_by(|a, b| a.mz.total_cmp(&b.mz).then(a.source.cmp(&b.source)));
    template
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::profile::Profiles;
    use crate::simulate::tissue::Tissue;

    #[test]
    fn unresolved_neighbours_become_one_centroid() {
        let config = SimulationConfig {
            peaks_per_pixel: 0,
            ..SimulationConfig::demo()
        };
        let tissue = Tissue::grow(&config);
        let profiles = Profiles::draw(&config, &tissue);
        let sample = Sample::new(tissue, profiles, &[], &[], Vec::new());
        let detector = Detector::calibrated(&config, &sample, &Acquisition::plan(&config));
        let fwhm = detector.fwhm(200.0);
        assert!((fwhm - 200.0 / 140_000.0).abs() < 1e-12);
        let mut arriving = vec![
            (200.0, 30.0),
            (200.0 + 0.8 * fwhm, 10.0),
            (200.0 + 1.5 * fwhm, 10.0),
        ];
        detector.merge_unresolved(&mut arriving);
        assert_eq!(arriving.len(), 2);
        assert!((arriving[0].0 - (200.0 + 0.2 * fwhm)).abs() < 1e-9);
        assert!((arriving[0].1 - 40.0).abs() < 1e-9);
    }
}
