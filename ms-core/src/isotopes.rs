//! Theoretical isotopic pattern of an ion as an instrument of a given resolving power shows it.
//!
//! ```text
//! ion formula ─▶ fine structure (fine.rs) ─▶ envelope of Gaussian peaks ─▶ centroids (centroid.rs)
//! ```

use crate::formula::Formula;
use crate::ion::Charge;

mod centroid;
mod cluster;
mod fine;
mod gauss;
mod grid;
mod modes;
mod pattern;
mod width;

use width::SigmaAt;

pub use pattern::{
    CentroidRule, MAX_FINE_PEAKS, MIN_RELATIVE_INTENSITY, PatternError, PatternPeak,
};
pub use width::{FWHM_PER_SIGMA, Instrument, InstrumentError, PeakWidth, REFERENCE_MZ};

/// What a pattern depends on besides the ion's formula.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatternConfig {
    /// Width of a peak.
    pub width: PeakWidth,
    /// Charge of the ion.
    pub charge: Charge,
    /// Largest number of centroids kept, the most intense ones.
    pub n_peaks: usize,
    /// How centroids are made.
    pub rule: CentroidRule,
}

/// Computes isotopic patterns one after another, reusing its buffers and the configurations of
/// elements it has seen.
///
/// # Source
/// Fine structure as in Łącki et al. 2017, doi:10.1021/acs.analchem.6b01459 (threshold form);
/// envelope and centroids as the METASPACE engine makes them (Palmer et al. 2017,
/// doi:10.1038/nmeth.4072), or exactly, by [`CentroidRule`].
///
/// # Examples
/// ```
/// use ms_core::formula::{Formula, Repeats};
/// use ms_core::ion::Charge;
/// use ms_core::isotopes::*;
/// let mut generator = PatternGenerator::new(PatternConfig {
///     width: PeakWidth::Analyzer { instrument: Instrument::Orbitrap, resolving_power: 140_000.0 },
///     charge: Charge::new(1)?,
///     n_peaks: 4,
///     rule: CentroidRule::Exact,
/// });
/// let glucose_na = Formula::parse("C6H12O6Na", Repeats::Add)?;
/// let pattern = generator.pattern(&glucose_na)?;
/// assert!((pattern[0].mz - 203.052_609).abs() < 1e-6);
/// assert_eq!(pattern[0].intensity, 100.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PatternGenerator {
    config: PatternConfig,
    fine: fine::FineStructure,
    /// m/z and relative intensity of the current ion's fine structure, by m/z.
    peaks: Vec<(f64, f64)>,
    centroids: centroid::Centroider,
    found: Vec<PatternPeak>,
}

impl PatternGenerator {
    /// A generator for these settings.
    pub fn new(config: PatternConfig) -> Self {
        Self {
            config,
            fine: fine::FineStructure::default(),
            peaks: Vec::new(),
            centroids: centroid::Centroider::default(),
            found: Vec::new(),
        }
    }

    /// The pattern of an ion: at most `n_peaks` centroids in order of m/z, the most intense at 100.
    ///
    /// # Errors
    /// [`PatternError`]: the ion cannot exist, is nothing but labels, or is absurdly complex.
    pub fn pattern(&mut self, ion: &Formula) -> Result<&[PatternPeak], PatternError> {
        self.pattern_of(ion, self.config.charge)
    }

    /// The pattern of an ion of another charge than that of the settings.
    ///
    /// # Errors
    /// As [`Self::pattern`].
    pub fn pattern_of(
        &mut self,
        ion: &Formula,
        charge: Charge,
    ) -> Result<&[PatternPeak], PatternError> {
        if !ion.is_possible() {
            return Err(PatternError::Impossible(ion.to_string()));
        }
        self.fine.compute(ion, &mut self.peaks)?;
        for (mass, _) in &mut self.peaks {
            *mass = charge.mz(*mass);
        }
        self.found.clear();
        if let [(mz, _)] = self.peaks[..] {
            self.found.push(PatternPeak {
                mz,
                intensity: 100.0,
            });
        } else {
            let sigma = SigmaAt::new(self.config.width, &self.peaks);
            let (rule, n_peaks) = (self.config.rule, self.config.n_peaks);
            self.centroids
                .run(&self.peaks, sigma, rule, n_peaks, &mut self.found);
        }
        Ok(&self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::Repeats;
    use proptest::prelude::*;
    use std::iter;

    fn config(instrument: Instrument, rule: CentroidRule, charge: i64) -> PatternConfig {
        PatternConfig {
            width: PeakWidth::Analyzer {
                instrument,
                resolving_power: 140_000.0,
            },
            charge: Charge::new(charge).unwrap(),
            n_peaks: 4,
            rule,
        }
    }

    fn pattern(ion: &str, config: PatternConfig) -> Result<Vec<PatternPeak>, PatternError> {
        let ion = Formula::parse(ion, Repeats::Add).unwrap();
        PatternGenerator::new(config)
            .pattern(&ion)
            .map(<[PatternPeak]>::to_vec)
    }

    #[test]
    fn a_single_isotope_is_returned_as_it_is() {
        let peaks = pattern("Na", config(Instrument::Tof, CentroidRule::Exact, 1)).unwrap();
        assert_eq!(peaks.len(), 1);
        assert!((peaks[0].mz - 22.989_220_7).abs() < 1e-6);
    }

    #[test]
    fn charge_two_halves_the_spacing() {
        let rule = CentroidRule::Exact;
        let one = pattern("C20H40O4", config(Instrument::Orbitrap, rule, 1)).unwrap();
        let two = pattern("C20H40O4", config(Instrument::Orbitrap, rule, 2)).unwrap();
        let spacing = |peaks: &[PatternPeak]| peaks[1].mz - peaks[0].mz;
        assert!((spacing(&one) / spacing(&two) - 2.0).abs() < 1e-4);
    }

    #[test]
    fn labels_shift_and_do_not_widen() {
        let settings = config(Instrument::Fticr, CentroidRule::Exact, 1);
        let plain = pattern("C5H12O6Na", settings).unwrap();
        let labelled = pattern("C5H12O6NaCx", settings).unwrap();
        assert_eq!(plain.len(), labelled.len());
        assert!((labelled[0].mz - plain[0].mz - 13.003_354_84).abs() < 1e-7);
        assert!(matches!(
            pattern("Cx2", settings),
            Err(PatternError::LabelsOnly(_))
        ));
    }

    #[test]
    fn absurd_formulas_are_refused_in_time() {
        let settings = config(Instrument::Tof, CentroidRule::Exact, 1);
        let found = pattern("Sn400Xe400Te400Cd300", settings);
        assert!(
            matches!(found, Err(PatternError::TooComplex { .. })),
            "{found:?}"
        );
    }

    /// Peaks within sixteen standard deviations of one another, and the width of their strongest.
    struct Cluster {
        peaks: Vec<(f64, f64)>,
        sigma: f64,
    }

    impl Cluster {
        fn of_ion(ion: &Formula, sigma: SigmaAt) -> Vec<Self> {
            let mut peaks = Vec::new();
            fine::FineStructure::default()
                .compute(ion, &mut peaks)
                .unwrap();
            for (mass, _) in &mut peaks {
                *mass = Charge::new(1).unwrap().mz(*mass);
            }
            let gap = 16.0 * sigma.at(peaks.last().unwrap().0);
            let cluster = |peaks: &[(f64, f64)]| {
                let strongest = peaks.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
                Self {
                    peaks: peaks.to_vec(),
                    sigma: sigma.at(strongest),
                }
            };
            peaks
                .chunk_by(|a, b| b.0 - a.0 <= gap)
                .map(cluster)
                .collect()
        }

        fn is_near(&self, mz: f64) -> bool {
            self.peaks
                .iter()
                .any(|&(m, _)| (m - mz).abs() < 1.1 * self.sigma)
        }

        /// The envelope and its slope a standard deviation.
        fn at(&self, mz: f64) -> (f64, f64) {
            self.peaks
                .iter()
                .fold((0.0, 0.0), |(height, slope), &(m, p)| {
                    let t = (m - mz) / self.sigma;
                    let value = p * (-0.5 * t * t).exp();
                    (height + value, slope + value * t)
                })
        }

        /// The maxima, sampled at every hundredth of a standard deviation. The second derivative
        /// is not negative where no peak is within one standard deviation.
        fn dense_maxima(&self) -> Vec<(f64, f64)> {
            let (first, last) = (self.peaks[0].0, self.peaks[self.peaks.len() - 1].0);
            let step = 0.01 * self.sigma;
            let samples: Vec<(f64, f64)> =
                iter::successors(Some(first - 1.5 * step), |mz| Some(mz + step))
                    .take_while(|&mz| mz < last + 2.0 * step)
                    .map(|mz| (mz, if self.is_near(mz) { self.at(mz).0 } else { 0.0 }))
                    .collect();
            let is_maximum = |w: &&[(f64, f64)]| {
                w[0].1 > 0.0 && w[2].1 > 0.0 && w[1].1 > w[0].1 && w[1].1 >= w[2].1
            };
            samples
                .windows(3)
                .filter(is_maximum)
                .map(|w| w[1])
                .collect()
        }
    }

    #[test]
    fn a_maximum_with_a_valley_of_a_five_hundredth_is_kept() {
        // Its valley is 0.26 standard deviations to the left and lies between two samples.
        let settings = config(Instrument::Orbitrap, CentroidRule::Exact, 1);
        let found = pattern("C24H14N2O10SK", settings).unwrap();
        let peak = found
            .iter()
            .find(|peak| (peak.mz - 563.004_851).abs() < 2e-5);
        assert!(
            peak.is_some_and(|peak| (peak.intensity - 5.399).abs() < 1e-3),
            "{found:?}"
        );
    }

    fn any_ion() -> impl Strategy<Value = String> {
        let adduct = prop::sample::select(vec!["", "Na", "K", "Cl", "Sn", "Gd", "Br"]);
        (5..60, 5..120, 1..6, 1..14, 1..3, adduct)
            .prop_map(|(c, h, n, o, s, adduct)| format!("C{c}H{h}N{n}O{o}S{s}{adduct}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn exact_centroids_are_the_maxima_of_the_envelope(ion in any_ion()) {
            let settings = config(Instrument::Orbitrap, CentroidRule::Exact, 1);
            let found = pattern(&ion, settings).unwrap();
            let sigma = SigmaAt::new(settings.width, &[]);
            let ion = Formula::parse(&ion, Repeats::Add).unwrap();
            let clusters = Cluster::of_ion(&ion, sigma);
            let dense: Vec<_> = clusters.iter().flat_map(Cluster::dense_maxima).collect();
            let top = dense.iter().map(|&(_, height)| height).fold(0.0, f64::max);
            for peak in &found {
                let cluster = clusters.iter().find(|cluster| cluster.is_near(peak.mz)).unwrap();
                // Half a step from the maximum a sample is e^(-0.005²/2) as high.
                let intensity = cluster.at(peak.mz).0 / top * 100.0;
                prop_assert!((intensity - f64::from(peak.intensity)).abs() < 0.002);
                let around = [-1e-6, 1e-6].map(|t| cluster.at(peak.mz + t * cluster.sigma).1);
                prop_assert!(around[0] > 0.0 && around[1] < 0.0, "{peak:?} {around:?}");
            }
            let weakest = found.iter().map(|peak| f64::from(peak.intensity)).fold(100.0, f64::min);
            let kept = 0.002 + if found.len() < settings.n_peaks { 0.01 } else { weakest };
            for (mz, height) in dense {
                let is_found = found.iter().any(|peak| (peak.mz - mz).abs() < 0.02 * sigma.at(mz));
                prop_assert!(is_found || height / top * 100.0 <= kept, "{mz} {found:?}");
            }
        }

        #[test]
        fn the_grid_moves_the_strongest_centroid_by_less_than_half_a_ppm(ion in any_ion()) {
            let strongest = |rule| {
                let peaks = pattern(&ion, config(Instrument::Tof, rule, -1)).unwrap();
                peaks.into_iter().find(|peak| peak.intensity > 99.9).unwrap().mz
            };
            let (exact, grid) = (
                strongest(CentroidRule::Exact),
                strongest(CentroidRule::Grid { reach: 6 }),
            );
            prop_assert!((exact - grid).abs() < 0.5e-6 * exact, "{exact} {grid}");
        }
    }
}
