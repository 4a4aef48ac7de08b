//! The isotopic pattern of a formula that a user names, with the rules of an annotation.

use annotator::config::{Power, Preset, default_adducts, metaspace_sigma, peak_width, polarity_of};
use metaspace_machine::error::OptionError;
use metaspace_results::options::parse_polarity;
use ms_core::formula::Formula;
use ms_core::imzml::Polarity;
use ms_core::ion::{Charge, Modifier, ion_formula};
use ms_core::isotopes::{PatternConfig, PatternGenerator, PatternPeak};
use ms_core::species::Species;

use crate::config::{charge, charge_of_adduct, parse_preset};
use crate::error::RunError;

/// Mass analyzer that is assumed.
pub const INSTRUMENT: &str = "orbitrap";
/// Resolving power (m/z over FWHM) at m/z 200 that is assumed.
pub const RESOLVING_POWER: f64 = 140_000.0;
/// Peaks of a pattern.
pub const N_PEAKS: usize = 4;
/// Most peaks of a pattern.
const MAX_PEAKS: usize = 16;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct IsotopeOptions {
    /// The molecule's formula, or that of an ion with its charge, such as `C5H14NO+`.
    pub formula: String,
    /// Adduct; +H, or -H in negative mode, where there is none.
    pub adduct: Option<String>,
    /// Mass analyzer.
    pub instrument: String,
    /// Resolving power at m/z 200.
    pub resolving_power: f64,
    /// Standard deviation of a peak in Th at m/z 200, in place of the resolving power.
    pub isocalc_sigma: Option<f64>,
    /// Sign of the ion; that of the adduct where there is none.
    pub polarity: Option<String>,
    /// Charge number; that of the adduct, else 1 with the sign of the polarity, where there is none.
    pub charge: Option<i64>,
    /// Peaks of the pattern, 1 to 16.
    pub n_peaks: usize,
    /// Name of the preset of rules.
    pub preset: Option<String>,
}

impl IsotopeOptions {
    /// A formula with everything else by default.
    pub fn new(formula: &str) -> Self {
        Self {
            formula: formula.into(),
            adduct: None,
            instrument: INSTRUMENT.into(),
            resolving_power: RESOLVING_POWER,
            isocalc_sigma: None,
            polarity: None,
            charge: None,
            n_peaks: N_PEAKS,
            preset: None,
        }
    }
}

/// An ion and its isotopic pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct IonPattern {
    /// Formula of the ion.
    pub ion: Formula,
    /// Its charge.
    pub charge: Charge,
    /// Its peaks by m/z in Th; the most intense has 100.
    pub peaks: Vec<PatternPeak>,
}

/// Why a formula has no pattern, as a wrong option.
fn wrong(option: &'static str, error: &dyn std::fmt::Display) -> RunError {
    OptionError::new(option, error.to_string()).into()
}

/// What makes the ion that is asked for, and its charge.
fn ion_of(options: &IsotopeOptions, molecule: &Species) -> Result<(Modifier, Charge), RunError> {
    let stated = options
        .polarity
        .as_deref()
        .map(parse_polarity)
        .transpose()?;
    if let Some(own) = molecule.charge {
        let spelling = &molecule.spelling;
        if options.adduct.is_some() || options.charge.is_some() {
            let reason = format!("`{spelling}` is an ion already; leave --adduct and --charge out");
            return Err(OptionError::new("FORMULA", reason).into());
        }
        if let Some(polarity) = stated.filter(|&stated| stated != polarity_of(own)) {
            let reason = format!("{polarity} does not fit the charge of `{spelling}`");
            return Err(OptionError::new("--polarity", reason).into());
        }
        return Ok((Modifier::charged(own), own));
    }
    let parse = |text: &str| -> Result<Modifier, RunError> {
        text.parse().map_err(|source| RunError::Modifier {
            option: "--adduct",
            value: text.into(),
            source: Box::new(source),
        })
    };
    let given = options.adduct.as_deref().map(parse).transpose()?;
    let of_adduct = given.as_ref().and_then(|adduct| {
        let own = adduct.charge().map(Charge::number);
        own.or(adduct.usual_charge()).filter(|&number| number != 0)
    });
    let number = options.charge.or(of_adduct.map(i64::from));
    let polarity = stated.unwrap_or(match number {
        Some(number) if number < 0 => Polarity::Negative,
        _ => Polarity::Positive,
    });
    let charge = charge(options.charge, polarity)?;
    match (given, &options.adduct) {
        (Some(adduct), Some(text)) => {
            let charge = charge_of_adduct(&adduct, text, options.charge, charge)?;
            Ok((adduct, charge))
        }
        _ => Ok((parse(default_adducts(polarity)[0])?, charge)),
    }
}

/// The isotopic pattern of an ion.
///
/// # Errors
/// The formula, the adduct or another option makes no sense, or they do not fit together.
pub fn ion_pattern(options: &IsotopeOptions) -> Result<IonPattern, RunError> {
    let preset = parse_preset(options.preset.as_deref())?;
    let rules = preset.rules();
    let molecule = Species::parse(&options.formula, rules.repeats)
        .map_err(|error| wrong("FORMULA", &error))?;
    let (modifier, charge) = ion_of(options, &molecule)?;
    let power = match options.isocalc_sigma {
        Some(sigma) => Power::Sigma(sigma),
        None if preset == Preset::Default => Power::Resolving(options.resolving_power),
        None => Power::Sigma(metaspace_sigma(options.resolving_power)),
    };
    if !(1..=MAX_PEAKS).contains(&options.n_peaks) {
        let reason = format!(
            "must lie between 1 and {MAX_PEAKS}, not {}",
            options.n_peaks
        );
        return Err(wrong("--n-peaks", &reason));
    }
    let ion = ion_formula(&molecule.formula, &modifier).ok_or_else(|| {
        let reason = format!("{} has not what {modifier} takes away", molecule.spelling);
        wrong("--adduct", &reason)
    })?;
    let mut generator = PatternGenerator::new(PatternConfig {
        width: peak_width(options.instrument.parse()?, power, preset),
        charge,
        n_peaks: options.n_peaks,
        rule: preset.centroids(),
    });
    let peaks = generator
        .pattern(&ion)
        .map_err(|error| wrong("FORMULA", &error))?
        .to_vec();
    Ok(IonPattern { ion, charge, peaks })
}
