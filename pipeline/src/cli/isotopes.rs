//! `metaspace isotopes`.

use annotator::config::{Power, default_adducts, metaspace_sigma, peak_width};
use clap::Args;
use metaspace_machine::error::OptionError;
use metaspace_results::options::parse_polarity;
use metaspace_run::config::{charge, parse_preset};
use ms_core::formula::Formula;
use ms_core::imzml::Polarity;
use ms_core::ion::{Modifier, ion_formula};
use ms_core::isotopes::{PatternConfig, PatternGenerator};

use crate::cli::error::CliError;
use crate::cli::output::Output;

#[derive(Debug, Args)]
pub(super) struct IsotopesArgs {
    /// The molecule's formula, such as C42H82NO8P
    formula: String,
    /// Adduct such as +H, -H or [M]+ [default: +H, or -H in negative mode]
    #[arg(long, value_name = "ADDUCT", allow_hyphen_values = true)]
    adduct: Option<String>,
    /// Mass analyzer: tof, orbitrap or fticr
    #[arg(long, value_name = "NAME", default_value = "orbitrap")]
    instrument: String,
    /// Resolving power (m/z over FWHM) at m/z 200
    #[arg(long, value_name = "R", default_value_t = 140_000.0)]
    resolving_power: f64,
    /// Standard deviation of a peak in Th at m/z 200, instead of a resolving power
    #[arg(long, value_name = "S", conflicts_with = "resolving_power")]
    isocalc_sigma: Option<f64>,
    /// Sign of the ion: positive or negative [default: that of the adduct]
    #[arg(long, value_name = "SIGN")]
    polarity: Option<String>,
    /// Charge number [default: 1 with the sign of the polarity]
    #[arg(long, value_name = "Z", allow_hyphen_values = true)]
    charge: Option<i64>,
    /// Peaks of the pattern
    #[arg(long, value_name = "N", default_value_t = 4)]
    n_peaks: usize,
    /// Preset of rules: default, metaspace-v1 or metaspace-v3
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
}

/// Why a formula has no pattern, as a wrong option.
fn wrong(option: &'static str, error: &dyn std::fmt::Display) -> CliError {
    OptionError::new(option, error.to_string()).into()
}

pub(super) fn run(args: &IsotopesArgs) -> Result<Output, CliError> {
    let preset = parse_preset(args.preset.as_deref())?;
    let rules = preset.rules();
    let polarity = match (&args.polarity, args.adduct.as_deref()) {
        (Some(name), _) => parse_polarity(name)?,
        (None, Some("-H" | "+Cl" | "+Br" | "[M]-")) => Polarity::Negative,
        (None, _) if args.charge.is_some_and(|charge| charge < 0) => Polarity::Negative,
        (None, _) => Polarity::Positive,
    };
    let adduct = args
        .adduct
        .as_deref()
        .unwrap_or(default_adducts(polarity)[0]);
    let modifier: Modifier = adduct.parse().map_err(|source| CliError::Modifier {
        option: "--adduct",
        source,
    })?;
    let charge = charge(args.charge, polarity)?;
    let power = match args.isocalc_sigma {
        Some(sigma) => Power::Sigma(sigma),
        None if preset == annotator::config::Preset::Default => {
            Power::Resolving(args.resolving_power)
        }
        None => Power::Sigma(metaspace_sigma(args.resolving_power)),
    };
    if !(1..=16).contains(&args.n_peaks) {
        return Err(wrong(
            "--n-peaks",
            &format!("must lie between 1 and 16, not {}", args.n_peaks),
        ));
    }
    let molecule =
        Formula::parse(&args.formula, rules.repeats).map_err(|error| wrong("FORMULA", &error))?;
    let ion = ion_formula(&molecule, &modifier).ok_or_else(|| {
        wrong(
            "--adduct",
            &format!("{molecule} has not what {modifier} takes away"),
        )
    })?;
    let mut generator = PatternGenerator::new(PatternConfig {
        width: peak_width(args.instrument.parse()?, power, preset),
        charge,
        n_peaks: args.n_peaks,
        rule: preset.centroids(),
    });
    let peaks = generator
        .pattern(&ion)
        .map_err(|error| wrong("FORMULA", &error))?;
    let mut text = format!(
        "ion {ion}, charge {:+}\n{:>14} {:>12}\n",
        charge.number(),
        "m/z",
        "intensity %"
    );
    for peak in peaks {
        text.push_str(&format!("{:>14.6} {:>12.4}\n", peak.mz, peak.intensity));
    }
    let list: Vec<_> = peaks
        .iter()
        .map(|peak| serde_json::json!({ "mz": peak.mz, "intensity": peak.intensity }))
        .collect();
    let json = serde_json::json!({ "ionFormula": ion.to_string(), "charge": charge.number(), "peaks": list });
    Ok(Output { text, json })
}
