//! What `run.json` says of the settings that the numbers depend on.

use annotator::config::{
    AnnotateConfig, ChaosRule, DecoyAdducts, DecoyCount, DecoyDraw, FdrRule, MzErrorFeature, Rules,
};
use ms_core::formula::Repeats;
use ms_core::ion::Modifier;
use ms_core::isotopes::PeakWidth;
use serde::{Deserialize, Serialize};

/// Every setting that the numbers depend on, after defaults, in the order of their names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SettingsRecord {
    /// Adducts, such as `+H`.
    pub adducts: Vec<String>,
    /// Charge number of the ions, with its sign.
    pub charge: i32,
    /// Chemical modifications that are tried besides none.
    pub chem_mods: Vec<String>,
    /// Decoys of each target.
    pub decoys: DecoysRecord,
    /// Peaks that an isotopic image needs so as not to count as absent.
    pub min_px: u32,
    /// MALDI matrices whose ions are no candidates of the adaptive score.
    pub matrices: Vec<String>,
    /// Lowest and highest m/z in Th of ions that are searched; no highest where there is no limit.
    pub mz_limits: (f64, Option<f64>),
    /// Intensity levels of spatial chaos.
    pub n_levels: u16,
    /// Peaks of an isotopic pattern.
    pub n_peaks: usize,
    /// Neutral losses that are tried besides none.
    pub neutral_losses: Vec<String>,
    /// Width of a peak.
    pub peak_width: PeakWidthRecord,
    /// Mass tolerance in ppm, to each side.
    pub ppm: f64,
    /// The choices in which presets differ.
    pub rules: RulesRecord,
    /// Seed of the draw of decoys.
    pub seed: u32,
}

/// Decoys of each target: a number, or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DecoysRecord {
    /// So many are drawn.
    Sample(u32),
    /// Every implausible adduct is taken.
    All(AllDecoys),
}

/// The word `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AllDecoys {
    /// Every implausible adduct is taken.
    #[serde(rename = "all")]
    All,
}

impl std::fmt::Display for DecoysRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sample(n) => n.fmt(f),
            Self::All(_) => f.write_str("all"),
        }
    }
}

/// How wide a peak is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields, rename_all_fields = "camelCase")]
pub enum PeakWidthRecord {
    /// By the law of an analyzer.
    Analyzer {
        /// Its name.
        instrument: String,
        /// m/z over FWHM at m/z 200.
        resolving_power_at_mz200: f64,
    },
    /// One standard deviation at the ion, in Th, as the METASPACE engine has it.
    AtIon {
        /// It.
        sigma_at_ion: f64,
    },
}

/// The choices in which presets differ, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RulesRecord {
    /// `exact` or `reference`.
    pub chaos: String,
    /// `all` or `one-isotope`.
    pub decoy_adducts: String,
    /// `per-formula` or `per-modifier`.
    pub decoy_draw: String,
    /// `existing`, `drawn` or `median-binned`.
    pub fdr: String,
    /// Whether the least intensity of an image is subtracted.
    pub minimum_of_image: bool,
    /// Whether images one isotope below are looked at.
    pub looks_for_parents: bool,
    /// Recombined formulas for each formula.
    pub n_recombined: u32,
    /// `served` or `trained`.
    pub mz_error_feature: String,
    /// `add` or `overwrite`.
    pub repeated_elements: String,
    /// Whether m/z of patterns are rounded.
    pub rounds_mz: bool,
}

impl SettingsRecord {
    /// Of a complete config.
    pub fn new(config: &AnnotateConfig) -> Self {
        let texts = |list: &[Modifier]| list.iter().map(ToString::to_string).collect();
        Self {
            adducts: texts(&config.adducts),
            charge: config.pattern.charge.number(),
            chem_mods: texts(&config.chem_mods),
            decoys: match config.decoys {
                DecoyCount::Sample(n) => DecoysRecord::Sample(n),
                DecoyCount::All => DecoysRecord::All(AllDecoys::All),
            },
            min_px: config.min_px,
            matrices: config.matrices.clone(),
            mz_limits: (
                config.mz_limits.0,
                Some(config.mz_limits.1).filter(|mz| mz.is_finite()),
            ),
            n_levels: config.n_levels,
            n_peaks: config.pattern.n_peaks,
            neutral_losses: texts(&config.neutral_losses),
            peak_width: match config.pattern.width {
                PeakWidth::Analyzer {
                    instrument,
                    resolving_power,
                } => PeakWidthRecord::Analyzer {
                    instrument: instrument.to_string(),
                    resolving_power_at_mz200: resolving_power,
                },
                PeakWidth::AtIon { sigma } => PeakWidthRecord::AtIon {
                    sigma_at_ion: sigma,
                },
            },
            ppm: config.ppm.0,
            rules: RulesRecord::new(config.rules),
            seed: config.seed,
        }
    }
}

impl RulesRecord {
    fn new(rules: Rules) -> Self {
        let chaos = match rules.chaos {
            ChaosRule::Exact => "exact",
            ChaosRule::Reference => "reference",
        };
        let decoy_draw = match rules.draw {
            DecoyDraw::PerFormula => "per-formula",
            DecoyDraw::PerModifier => "per-modifier",
        };
        let fdr = match rules.fdr {
            FdrRule::Existing => "existing",
            FdrRule::Drawn => "drawn",
            FdrRule::MedianBinned => "median-binned",
        };
        let decoy_adducts = match rules.decoy_adducts {
            DecoyAdducts::All => "all",
            DecoyAdducts::OneIsotope => "one-isotope",
        };
        let mz_error_feature = match rules.mz_error_feature {
            MzErrorFeature::Served => "served",
            MzErrorFeature::Trained => "trained",
        };
        let repeated_elements = match rules.repeats {
            Repeats::Add => "add",
            Repeats::Overwrite => "overwrite",
        };
        Self {
            chaos: chaos.into(),
            decoy_adducts: decoy_adducts.into(),
            decoy_draw: decoy_draw.into(),
            fdr: fdr.into(),
            looks_for_parents: rules.looks_for_parents,
            minimum_of_image: rules.minimum_of_image,
            n_recombined: rules.n_recombined,
            mz_error_feature: mz_error_feature.into(),
            repeated_elements: repeated_elements.into(),
            rounds_mz: rules.rounds_mz,
        }
    }
}
