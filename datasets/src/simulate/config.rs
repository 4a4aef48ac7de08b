//! What is simulated: settings, their checks, and named presets.

use ms_core::imzml::Polarity;
use ms_core::ion::Modifier;
use ms_core::isotopes::Instrument;

use super::error::SimulateError;

/// Names of the presets.
pub const PRESETS: [&str; 5] = [
    "demo",
    "orbitrap-brain",
    "fticr-spheroid",
    "tof-kidney",
    "bench",
];

/// Arrangement of the anatomical regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anatomy {
    /// Meninges, cortex, white matter, striatum, hippocampus, ventricle.
    Brain,
    /// Rim, quiescent layer, necrotic core.
    Spheroid,
    /// Capsule, cortex, outer and inner medulla, glomeruli, vessels.
    Kidney,
}

/// MALDI matrix; its clusters are seen on and off the tissue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// 2,5-dihydroxybenzoic acid, C7H6O4.
    Dhb,
    /// α-cyano-4-hydroxycinnamic acid, C10H7NO3.
    Chca,
    /// 1,5-diaminonaphthalene, C10H10N2.
    Dan,
}

/// Settings of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulationConfig {
    /// Name of the dataset.
    pub name: String,
    /// Columns, ≥ 1.
    pub width: u32,
    /// Rows, ≥ 1.
    pub height: u32,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Sign of the ions; all have charge ±1.
    pub polarity: Polarity,
    /// How the resolving power falls with m/z.
    pub instrument: Instrument,
    /// Resolving power (m/z over FWHM) at m/z 200.
    pub resolving_power: f64,
    /// Regions of the tissue.
    pub anatomy: Anatomy,
    /// Matrix on the slide.
    pub matrix: Matrix,
    /// Edge of a pixel in µm; a label, on which nothing depends.
    pub pixel_size_um: f64,
    /// Molecules in the tissue.
    pub n_molecules: usize,
    /// Compounds in the tissue that no table has; with any, molecules have in-source fragments and
    /// dimers too.
    pub n_unknown: usize,
    /// Co-localization groups that share the molecules.
    pub n_groups: usize,
    /// Adducts with their mean shares of a molecule's intensity, relative to each other, > 0.
    pub adducts: Vec<(Modifier, f64)>,
    /// Measured m/z in Th, from and to.
    pub mz_range: (f64, f64),
    /// Median over molecules of the intensity, all adducts together, in the region where the
    /// molecule is strongest.
    pub median_level: f64,
    /// Standard deviation over molecules of the decimal logarithm of that intensity.
    pub level_decades: f64,
    /// Intensity below which there is no peak.
    pub detection_limit: f64,
    /// Ions that make a peak at the detection limit; the variance of an intensity I is
    /// I · `detection_limit` / `ions_at_limit`, as in counting.
    pub ions_at_limit: f64,
    /// Mean number of peaks of a spectrum: of molecules, matrix and noise together. Noise fills up
    /// what the others leave; 0 is without noise.
    pub peaks_per_pixel: usize,
    /// Standard deviation in ppm of the random m/z error of a strong peak; that of a peak of
    /// intensity I is larger by √(1 + `detection_limit` / I).
    pub ppm_sigma: f64,
    /// Largest m/z error in ppm of the slow drift that all peaks of a spectrum share.
    pub ppm_drift: f64,
    /// m/z error in ppm that all peaks share.
    pub ppm_shift: f64,
    /// m/z error in ppm for each 1,000 Th above m/z 200.
    pub ppm_slope: f64,
    /// Share of pixels in which some ions are several times too intense.
    pub share_hot_pixels: f64,
    /// Share of pixels without spectrum.
    pub share_missing: f64,
    /// Share of pixels with two spectra.
    pub share_duplicate: f64,
}

/// The preset of this name, one of [`PRESETS`].
pub fn preset(name: &str) -> Option<SimulationConfig> {
    match name {
        "demo" => Some(SimulationConfig::demo()),
        "orbitrap-brain" => Some(SimulationConfig::orbitrap_brain()),
        "fticr-spheroid" => Some(SimulationConfig::fticr_spheroid()),
        "tof-kidney" => Some(SimulationConfig::tof_kidney()),
        "bench" => Some(SimulationConfig::bench()),
        _ => None,
    }
}

impl SimulationConfig {
    /// Brain section in positive mode on an Orbitrap of resolving power 140,000, DHB, 50 µm.
    pub fn orbitrap_brain() -> Self {
        Self {
            name: "orbitrap-brain".into(),
            width: 120,
            height: 90,
            seed: 20,
            polarity: Polarity::Positive,
            instrument: Instrument::Orbitrap,
            resolving_power: 140_000.0,
            anatomy: Anatomy::Brain,
            matrix: Matrix::Dhb,
            pixel_size_um: 50.0,
            n_molecules: 200,
            n_unknown: 0,
            n_groups: 9,
            adducts: adducts(&[("+H", 0.45), ("+Na", 0.3), ("+K", 0.25)]),
            mz_range: (80.0, 1_000.0),
            median_level: 20_000.0,
            level_decades: 0.8,
            detection_limit: 1_000.0,
            ions_at_limit: 6.0,
            peaks_per_pixel: 700,
            ppm_sigma: 0.6,
            ppm_drift: 1.2,
            ppm_shift: 0.0,
            ppm_slope: 0.8,
            share_hot_pixels: 0.002,
            share_missing: 0.002,
            share_duplicate: 0.002,
        }
    }

    /// Tumour spheroid in positive mode on an FT-ICR of resolving power 280,000, CHCA, 10 µm.
    pub fn fticr_spheroid() -> Self {
        Self {
            name: "fticr-spheroid".into(),
            width: 80,
            height: 80,
            seed: 30,
            instrument: Instrument::Fticr,
            resolving_power: 280_000.0,
            anatomy: Anatomy::Spheroid,
            matrix: Matrix::Chca,
            pixel_size_um: 10.0,
            n_molecules: 180,
            n_groups: 6,
            mz_range: (150.0, 1_000.0),
            peaks_per_pixel: 900,
            ppm_sigma: 0.4,
            ppm_drift: 0.8,
            ppm_slope: -0.5,
            ..Self::orbitrap_brain()
        }
    }

    /// Kidney section in negative mode on a TOF of resolving power 40,000, DAN, 20 µm.
    pub fn tof_kidney() -> Self {
        Self {
            name: "tof-kidney".into(),
            width: 140,
            height: 100,
            seed: 40,
            polarity: Polarity::Negative,
            instrument: Instrument::Tof,
            resolving_power: 40_000.0,
            anatomy: Anatomy::Kidney,
            matrix: Matrix::Dan,
            pixel_size_um: 20.0,
            n_molecules: 160,
            n_groups: 8,
            adducts: adducts(&[("-H", 0.75), ("+Cl", 0.25)]),
            median_level: 4_000.0,
            detection_limit: 200.0,
            peaks_per_pixel: 500,
            ppm_sigma: 3.0,
            ppm_drift: 5.0,
            ppm_slope: 3.0,
            ..Self::orbitrap_brain()
        }
    }

    /// A small brain section that takes less than half a second.
    pub fn demo() -> Self {
        Self {
            name: "demo".into(),
            width: 48,
            height: 36,
            seed: 10,
            n_molecules: 60,
            n_groups: 6,
            peaks_per_pixel: 400,
            median_level: 50_000.0,
            ..Self::orbitrap_brain()
        }
    }

    /// 30,000 pixels of 700 peaks, for measuring speed.
    pub fn bench() -> Self {
        Self {
            name: "bench".into(),
            width: 200,
            height: 150,
            seed: 50,
            ..Self::orbitrap_brain()
        }
    }

    /// Refuses settings that make no sense.
    pub(super) fn validate(&self) -> Result<(), SimulateError> {
        let (from, to) = self.mz_range;
        let n_places = u64::from(self.width) * u64::from(self.height);
        let least_weight = self
            .adducts
            .iter()
            .map(|&(_, share)| share)
            .fold(f64::INFINITY, f64::min);
        let defects = [
            self.share_hot_pixels,
            self.share_missing,
            self.share_duplicate,
        ];
        let n_defective: f64 = defects.iter().sum();
        let is_range = is_size(from) && is_size(to) && from < to;
        let is_share = defects.into_iter().all(is_at_least_0) && n_defective <= 0.5;
        require(
            (1..=1 << 30).contains(&n_places),
            "width · height",
            "1 to 2^30",
            &n_places,
        )?;
        require(
            is_size(self.resolving_power),
            "resolving_power",
            "> 0",
            &self.resolving_power,
        )?;
        require(
            self.n_molecules > 0,
            "n_molecules",
            "> 0",
            &self.n_molecules,
        )?;
        require(
            (1..=1_000).contains(&self.n_groups),
            "n_groups",
            "1 to 1000",
            &self.n_groups,
        )?;
        require(
            is_size(least_weight),
            "least share of adducts",
            "> 0 and finite",
            &least_weight,
        )?;
        require(
            is_range,
            "mz_range",
            "ascending and > 0",
            &format!("{from} to {to}"),
        )?;
        require(
            is_size(self.median_level),
            "median_level",
            "> 0",
            &self.median_level,
        )?;
        require(
            is_at_least_0(self.level_decades),
            "level_decades",
            ">= 0",
            &self.level_decades,
        )?;
        require(
            is_size(self.detection_limit),
            "detection_limit",
            "> 0",
            &self.detection_limit,
        )?;
        require(
            is_size(self.ions_at_limit),
            "ions_at_limit",
            "> 0",
            &self.ions_at_limit,
        )?;
        require(
            is_at_least_0(self.ppm_sigma),
            "ppm_sigma",
            ">= 0",
            &self.ppm_sigma,
        )?;
        require(
            is_at_least_0(self.ppm_drift),
            "ppm_drift",
            ">= 0",
            &self.ppm_drift,
        )?;
        require(
            self.ppm_shift.is_finite(),
            "ppm_shift",
            "finite",
            &self.ppm_shift,
        )?;
        require(
            self.ppm_slope.is_finite(),
            "ppm_slope",
            "finite",
            &self.ppm_slope,
        )?;
        require(
            is_share,
            "sum of shares of pixels",
            "of shares >= 0 and <= 0.5",
            &n_defective,
        )
    }
}

fn is_size(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

fn is_at_least_0(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

fn require(
    is_valid: bool,
    field: &'static str,
    expected: &'static str,
    found: &impl ToString,
) -> Result<(), SimulateError> {
    if is_valid {
        Ok(())
    } else {
        Err(SimulateError::Config {
            field,
            expected,
            found: found.to_string(),
        })
    }
}

fn adducts(texts: &[(&'static str, f64)]) -> Vec<(Modifier, f64)> {
    texts
        .iter()
        .map(|&(text, share)| (known_modifier(text), share))
        .collect()
}

/// A modifier that this crate writes itself.
#[expect(clippy::expect_used, reason = "constants, each parsed by a test")]
pub(super) fn known_modifier(text: &'static str) -> Modifier {
    text.parse().expect("a constant modifier")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_valid_and_found_by_its_name() {
        for name in PRESETS {
            let config = preset(name).unwrap();
            assert_eq!(config.name, name);
            config.validate().unwrap();
        }
        assert!(preset("liver").is_none());
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        let demo = SimulationConfig::demo;
        for (config, field) in [
            (SimulationConfig { width: 0, ..demo() }, "width"),
            (
                SimulationConfig {
                    resolving_power: f64::NAN,
                    ..demo()
                },
                "resolving_power",
            ),
            (
                SimulationConfig {
                    adducts: Vec::new(),
                    ..demo()
                },
                "adducts",
            ),
            (
                SimulationConfig {
                    mz_range: (500.0, 100.0),
                    ..demo()
                },
                "mz_range",
            ),
            (
                SimulationConfig {
                    detection_limit: 0.0,
                    ..demo()
                },
                "detection_limit",
            ),
            (
                SimulationConfig {
                    share_missing: 0.7,
                    ..demo()
                },
                "shares of pixels",
            ),
        ] {
            let error = config.validate().unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
    }
}
