//! Settings of an annotation, and the published presets.

use ms_core::formula::Repeats;
use ms_core::imzml::Polarity;
use ms_core::ion::{Charge, Modifier};
use ms_core::isotopes::{CentroidRule, Instrument, PatternConfig, PeakWidth};
use ms_core::tolerance::Ppm;

pub use crate::decoys::DecoyAdducts;
use crate::decoys::decoy_adducts;
use crate::error::AnnotateError;
use crate::indices::ModifierIdx;
use crate::matrix::{MatrixIon, ions};

/// Everything that the numbers depend on, besides the data and the molecules.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotateConfig {
    /// Adducts of targets.
    pub adducts: Vec<Modifier>,
    /// Chemical modifications, each tried besides none.
    pub chem_mods: Vec<Modifier>,
    /// Neutral losses, each tried besides none.
    pub neutral_losses: Vec<Modifier>,
    /// Theoretical patterns.
    pub pattern: PatternConfig,
    /// Half-width of the m/z window of a peak.
    pub ppm: Ppm,
    /// Only ions whose most abundant isotopes lie between these m/z in Th are searched, targets and
    /// decoys alike.
    pub mz_limits: (f64, f64),
    /// An isotopic image of fewer peaks counts as absent.
    pub min_px: u32,
    /// Intensity levels of the measure of spatial chaos.
    pub n_levels: u16,
    /// How many decoys a target has.
    pub decoys: DecoyCount,
    /// Seed of the draw of decoys.
    pub seed: u32,
    /// MALDI matrices that are there: what one of their ions explains better is not annotated by the
    /// adaptive score.
    pub matrices: Vec<String>,
    /// Where this differs from the METASPACE engine.
    pub rules: Rules,
}

/// How many decoys a target has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecoyCount {
    /// So many, drawn at random.
    Sample(u32),
    /// All that there are.
    All,
}

/// The choices in which the presets differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What a repeated element in a molecule's formula means.
    pub repeats: Repeats,
    /// How spatial chaos treats its extremes and edges.
    pub chaos: ChaosRule,
    /// Whether m/z are rounded to `f32` before they are averaged, as the engine does.
    pub rounds_mz: bool,
    /// Whether the minimum intensity of an image is that of its pixels, or always 0 as the engine's.
    pub minimum_of_image: bool,
    /// Which implausible adducts decoys are drawn from.
    pub decoy_adducts: DecoyAdducts,
    /// For what decoys are drawn.
    pub draw: DecoyDraw,
    /// Recombined formulas of each formula, by which adaptive scores count what is found of compounds
    /// that no table has.
    pub n_recombined: u32,
    /// Whether ions are told from isotopic peaks of others: by images one isotope below.
    pub looks_for_parents: bool,
    /// How models see m/z errors.
    pub mz_error_feature: MzErrorFeature,
    /// How scores become FDR.
    pub fdr: FdrRule,
}

/// How spatial chaos treats its extremes and edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChaosRule {
    /// 0 only where no component is left; the image as it is.
    Exact,
    /// 0 wherever it comes within 1.001e-5 of 1, and empty rows and columns are cropped as the
    /// METASPACE engine does, which forgets one at the far edges.
    Reference,
}

/// For what decoys are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecoyDraw {
    /// Once for each formula.
    PerFormula,
    /// Anew for each formula and target modifier.
    PerModifier,
}

/// How models see m/z errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MzErrorFeature {
    /// −|error|, as the METASPACE engine gives it to its models.
    Served,
    /// 1 − |error|, as the models that it publishes were trained.
    Trained,
}

/// How scores become FDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FdrRule {
    /// One ranking, rule of succession, made monotone; divided by the decoys that exist for each
    /// target that exists.
    Existing,
    /// The same, divided by the number of decoys drawn whether they exist or not.
    Drawn,
    /// Median over rankings of equal size, binned to 0.05, 0.1, 0.2, 0.5 and 1.
    MedianBinned,
}

/// A named set of rules and defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// METASPACE's current method with its known faults put right.
    #[default]
    Default,
    /// "Original MSM" of METASPACE.
    MetaspaceV1,
    /// "METASPACE-ML", ranked by MSM or by a model.
    MetaspaceV3,
}

/// Recombined formulas of each formula.
const N_RECOMBINED: u32 = 4;

impl Preset {
    /// Its rules.
    pub fn rules(self) -> Rules {
        let v3 = Rules {
            repeats: Repeats::Overwrite,
            chaos: ChaosRule::Reference,
            rounds_mz: true,
            minimum_of_image: false,
            decoy_adducts: DecoyAdducts::All,
            draw: DecoyDraw::PerFormula,
            n_recombined: 0,
            looks_for_parents: false,
            // Until data of known truth show that `Trained` is better.
            mz_error_feature: MzErrorFeature::Served,
            fdr: FdrRule::Drawn,
        };
        match self {
            Self::MetaspaceV3 => v3,
            Self::MetaspaceV1 => Rules {
                draw: DecoyDraw::PerModifier,
                fdr: FdrRule::MedianBinned,
                ..v3
            },
            Self::Default => Rules {
                repeats: Repeats::Add,
                chaos: ChaosRule::Exact,
                rounds_mz: false,
                minimum_of_image: true,
                decoy_adducts: DecoyAdducts::OneIsotope,
                looks_for_parents: true,
                n_recombined: N_RECOMBINED,
                fdr: FdrRule::Existing,
                ..v3
            },
        }
    }

    /// How its centroids are made.
    pub fn centroids(self) -> CentroidRule {
        match self {
            Self::Default => CentroidRule::Exact,
            Self::MetaspaceV1 => CentroidRule::Grid { reach: 12 },
            Self::MetaspaceV3 => CentroidRule::Grid { reach: 6 },
        }
    }

    /// Its name as an option.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::MetaspaceV1 => "metaspace-v1",
            Self::MetaspaceV3 => "metaspace-v3",
        }
    }
}

/// Adducts that are searched where none is given.
pub fn default_adducts(polarity: Polarity) -> &'static [&'static str] {
    match polarity {
        Polarity::Positive => &["+H", "+Na", "+K"],
        Polarity::Negative => &["-H", "+Cl"],
    }
}

/// Width of peaks from an instrument and either its resolving power at m/z 200 or METASPACE's
/// `isocalc_sigma` (Th at m/z 200; under [`Preset::MetaspaceV1`], at the ion).
pub fn peak_width(instrument: Instrument, power: Power, preset: Preset) -> PeakWidth {
    // σ of a resolving power and the resolving power of a σ are the same expression.
    match (power, preset) {
        (Power::Sigma(sigma), Preset::MetaspaceV1) => PeakWidth::AtIon { sigma },
        (Power::Resolving(power), Preset::MetaspaceV1) => PeakWidth::AtIon {
            sigma: PeakWidth::resolving_power_of_sigma(power),
        },
        (Power::Sigma(sigma), _) => PeakWidth::Analyzer {
            instrument,
            resolving_power: PeakWidth::resolving_power_of_sigma(sigma),
        },
        (Power::Resolving(resolving_power), _) => PeakWidth::Analyzer {
            instrument,
            resolving_power,
        },
    }
}

/// How well an instrument resolves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Power {
    /// m/z over FWHM at m/z 200.
    Resolving(f64),
    /// Standard deviation of a peak in Th at m/z 200: METASPACE's `isocalc_sigma`.
    Sigma(f64),
}

/// METASPACE's table from the resolving power that its users enter to the peak width that it
/// computes with: below this power, this σ in Th. Such a σ stands for about half the power entered:
/// for 140,000 it is 0.001238, which is a resolving power of 68,604.
const METASPACE_SIGMAS: [(f64, f64); 8] = [
    (85_000.0, 0.002_476),
    (120_000.0, 0.001_733),
    (195_000.0, 0.001_238),
    (265_000.0, 0.000_693),
    (390_000.0, 0.000_619),
    (625_000.0, 0.000_347),
    (875_000.0, 0.000_231),
    (f64::INFINITY, 0.000_173),
];

/// The σ in Th that METASPACE uses for a resolving power at m/z 200.
pub fn metaspace_sigma(resolving_power: f64) -> f64 {
    METASPACE_SIGMAS
        .iter()
        .find(|&&(below, _)| resolving_power < below)
        .map_or(
            METASPACE_SIGMAS[METASPACE_SIGMAS.len() - 1].1,
            |&(_, sigma)| sigma,
        )
}

/// How many modifiers a config has of each kind: few enough to be numbered by 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModifierCounts {
    /// Adducts of targets.
    pub n_adducts: u16,
    /// Target modifiers: (none or a modification) × (none or a loss) × adduct.
    pub n_targets: u16,
    /// Decoy adducts: those of the table that are none of the targets' modifiers.
    pub n_decoy_adducts: u16,
    /// Decoy modifiers: molecules and charges of the ions × (none or a modification) × (none or a
    /// loss) × decoy adduct.
    pub n_decoys: u16,
}

/// Distances in Th of isotopic peaks from those of one heavy isotope less: ¹³C, and ³⁷Cl or ³⁴S.
const ISOTOPE_DISTANCES: [f64; 2] = [1.003_355, 1.997];

impl AnnotateConfig {
    /// How far in Th below an ion's first peak that of another of the same charge lies of which it may
    /// be an isotope's.
    pub fn parent_distances(&self, charge: Charge) -> Vec<f64> {
        let charge = f64::from(charge.number().abs());
        let distances = ISOTOPE_DISTANCES.iter().map(|distance| distance / charge);
        distances.filter(|_| self.rules.looks_for_parents).collect()
    }

    /// Whether one of so many target modifiers has a neutral loss. They are (none or a modification) ×
    /// (none or a loss) × adduct.
    pub fn has_loss(&self, modifier: ModifierIdx, n_modifiers: usize) -> bool {
        let n_losses = 1 + self.neutral_losses.len();
        let n_adducts = n_modifiers / ((1 + self.chem_mods.len()) * n_losses);
        !(modifier.usize() / n_adducts.max(1)).is_multiple_of(n_losses)
    }

    /// The charge of the ions that a modifier makes: its own, or that of the settings.
    pub fn charge_of(&self, modifier: &Modifier) -> Charge {
        modifier.charge().unwrap_or(self.pattern.charge)
    }

    /// The ions of its matrices.
    pub fn matrix_ions(&self) -> Vec<MatrixIon> {
        let polarity = polarity_of(self.pattern.charge);
        let of_matrix = |matrix: &String| ions(matrix, polarity);
        self.matrices.iter().flat_map(of_matrix).collect()
    }

    /// The farthest of these, those of single charges; 0 if none is looked at.
    pub fn reach_below(&self) -> f64 {
        let looked_at = ISOTOPE_DISTANCES.iter().copied();
        looked_at
            .filter(|_| self.rules.looks_for_parents)
            .fold(0.0, f64::max)
    }

    /// The decoy adducts that are none of its adducts, modifications or losses.
    pub fn decoy_adducts(&self) -> Vec<Modifier> {
        let used: Vec<&Modifier> = self
            .adducts
            .iter()
            .chain(&self.chem_mods)
            .chain(&self.neutral_losses)
            .collect();
        decoy_adducts(&used, self.rules.decoy_adducts)
    }

    /// Counts the target and decoy modifiers without making them.
    ///
    /// # Errors
    /// [`AnnotateError::TooManyModifiers`] if there are more than 65,535 of either kind.
    pub fn count_modifiers(&self) -> Result<ModifierCounts, AnnotateError> {
        self.count_modifiers_of(&self.adducts)
    }

    /// The same with other adducts of targets.
    pub(crate) fn count_modifiers_of(
        &self,
        adducts: &[Modifier],
    ) -> Result<ModifierCounts, AnnotateError> {
        let count = |kind, n_adducts: usize| {
            let (n_chem_mods, n_neutral_losses) = (self.chem_mods.len(), self.neutral_losses.len());
            let n_prefixes = (1 + n_chem_mods).saturating_mul(1 + n_neutral_losses);
            let found = n_prefixes.saturating_mul(n_adducts);
            let narrow = |n: usize| {
                u16::try_from(n).map_err(|_| AnnotateError::TooManyModifiers {
                    kind,
                    n_chem_mods,
                    n_neutral_losses,
                    n_adducts,
                    found,
                    limit: usize::from(u16::MAX),
                })
            };
            Ok::<_, AnnotateError>((narrow(n_adducts)?, narrow(found)?))
        };
        let (n_adducts, n_targets) = count("target", adducts.len())?;
        let n_decoy_adducts = self.decoy_adducts().len();
        let n_forms = ion_forms(adducts, self.pattern.charge).len();
        let (_, n_decoys) = count("decoy", n_decoy_adducts.saturating_mul(n_forms))?;
        let (n_decoy_adducts, _) = count("decoy", n_decoy_adducts)?;
        Ok(ModifierCounts {
            n_adducts,
            n_targets,
            n_decoy_adducts,
            n_decoys,
        })
    }

    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// [`AnnotateError::Setting`] names the setting and what it must be;
    /// [`AnnotateError::TooManyModifiers`] as of [`Self::count_modifiers`].
    pub fn validate(&self) -> Result<(), AnnotateError> {
        let check = |holds: bool, setting, expected, found: String| {
            if holds {
                Ok(())
            } else {
                Err(AnnotateError::Setting {
                    setting,
                    expected,
                    found,
                })
            }
        };
        let width = match self.pattern.width {
            PeakWidth::Analyzer {
                resolving_power, ..
            } => resolving_power,
            PeakWidth::AtIon { sigma } => PeakWidth::resolving_power_of_sigma(sigma),
        };
        check(
            !self.adducts.is_empty(),
            "adduct",
            "given at least once",
            "none".into(),
        )?;
        check(
            self.ppm.0 > 0.0 && self.ppm.0 <= 1_000.0,
            "ppm",
            "above 0 and at most 1000",
            self.ppm.0.to_string(),
        )?;
        check(
            (100.0..=1e8).contains(&width),
            "resolving-power",
            "between 100 and 100,000,000 at m/z 200",
            width.to_string(),
        )?;
        check(
            (2..=16).contains(&self.pattern.n_peaks),
            "n-peaks",
            "between 2 and 16, as one peak has no pattern",
            self.pattern.n_peaks.to_string(),
        )?;
        let (from, to) = self.mz_limits;
        check(
            from >= 0.0 && from < to,
            "mz-min, mz-max",
            "at least 0 and ascending",
            format!("{from} and {to}"),
        )?;
        let n_decoys = if let DecoyCount::Sample(n) = self.decoys {
            n
        } else {
            1
        };
        check(
            n_decoys > 0,
            "decoys",
            "at least 1, or all",
            n_decoys.to_string(),
        )?;
        check(
            (1..=u16::from(u8::MAX)).contains(&self.n_levels),
            "n-levels",
            "between 1 and 255",
            self.n_levels.to_string(),
        )?;
        check(
            self.min_px > 0,
            "min-px",
            "at least 1",
            self.min_px.to_string(),
        )?;
        self.count_modifiers().map(drop)
    }
}

/// Numbers of molecules and charges of the ions that adducts make, in order of first appearance:
/// decoys have those of the targets that they stand against.
pub(crate) fn ion_forms(adducts: &[Modifier], charge: Charge) -> Vec<(u8, Charge)> {
    let mut forms = Vec::new();
    for adduct in adducts {
        let form = (adduct.n_molecules(), adduct.charge().unwrap_or(charge));
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// The charge of an ion where only its sign is given.
///
/// # Errors
/// None in practice: ±1 is a charge.
pub fn unit_charge(polarity: Polarity) -> Result<Charge, AnnotateError> {
    let number = if polarity == Polarity::Positive {
        1
    } else {
        -1
    };
    Charge::new(number).map_err(|_| AnnotateError::Setting {
        setting: "charge",
        expected: "between -9 and 9 and not 0",
        found: number.to_string(),
    })
}

/// The polarity of a charge.
pub fn polarity_of(charge: Charge) -> Polarity {
    if charge.number() > 0 {
        Polarity::Positive
    } else {
        Polarity::Negative
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A config of a preset that is complete but for its adducts.
    pub(crate) fn config(preset: Preset) -> AnnotateConfig {
        AnnotateConfig {
            adducts: Vec::new(),
            chem_mods: Vec::new(),
            neutral_losses: Vec::new(),
            pattern: PatternConfig {
                width: PeakWidth::AtIon { sigma: 0.001 },
                charge: unit_charge(Polarity::Positive).unwrap(),
                n_peaks: 4,
                rule: CentroidRule::Exact,
            },
            ppm: Ppm(3.0),
            mz_limits: (0.0, f64::INFINITY),
            min_px: 1,
            n_levels: 30,
            decoys: DecoyCount::Sample(20),
            seed: 42,
            matrices: Vec::new(),
            rules: preset.rules(),
        }
    }

    #[test]
    fn metaspace_quantizes_resolving_power() {
        for (power, sigma) in [
            (70e3, 0.002_476),
            (140e3, 0.001_238),
            (280e3, 0.000_619),
            (2e6, 0.000_173),
        ] {
            assert!((metaspace_sigma(power) - sigma).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn absurd_settings_are_named() {
        let mut config = config(Preset::Default);
        assert!(
            config
                .validate()
                .unwrap_err()
                .to_string()
                .contains("adduct")
        );
        config.adducts.push("+H".parse().unwrap());
        config.ppm = Ppm(f64::NAN);
        assert!(config.validate().unwrap_err().to_string().contains("ppm"));
        config.ppm = Ppm(3.0);
        assert!(config.validate().is_ok());
    }
}
