//! `metaspace isotopes`.

use annotator::config::{Power, default_adducts, metaspace_sigma, peak_width, polarity_of};
use clap::Args;
use metaspace_machine::error::OptionError;
use metaspace_results::options::parse_polarity;
use metaspace_run::config::{charge, charge_of_adduct, parse_preset};
use ms_core::imzml::Polarity;
use ms_core::ion::{Charge, Modifier, ion_formula};
use ms_core::isotopes::{PatternConfig, PatternGenerator};
use ms_core::species::Species;

use crate::cli::error::CliError;
use crate::cli::output::Output;

#[derive(Debug, Args)]
pub(super) struct IsotopesArgs {
    /// The molecule's formula, such as C42H82NO8P, or that of an ion, such as C5H14NO+
    formula: String,
    /// Adduct such as +H, -H, [M+2H]2+ or [M]+ [default: +H, or -H in negative mode]
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
    /// Charge number [default: that of the adduct, else 1 with the sign of the polarity]
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

/// What makes the ion that is asked for, and its charge.
fn ion_of(args: &IsotopesArgs, molecule: &Species) -> Result<(Modifier, Charge), CliError> {
    let stated = args.polarity.as_deref().map(parse_polarity).transpose()?;
    if let Some(own) = molecule.charge {
        let spelling = &molecule.spelling;
        if args.adduct.is_some() || args.charge.is_some() {
            let reason = format!("`{spelling}` is an ion already; leave --adduct and --charge out");
            return Err(OptionError::new("FORMULA", reason).into());
        }
        if let Some(polarity) = stated.filter(|&stated| stated != polarity_of(own)) {
            let reason = format!("{polarity} does not fit the charge of `{spelling}`");
            return Err(OptionError::new("--polarity", reason).into());
        }
        return Ok((Modifier::charged(own), own));
    }
    let parse = |text: &str| -> Result<Modifier, CliError> {
        text.parse().map_err(|source| CliError::Modifier {
            option: "--adduct",
            value: text.into(),
            source: Box::new(source),
        })
    };
    let given = args.adduct.as_deref().map(parse).transpose()?;
    let of_adduct = given.as_ref().and_then(|adduct| {
        let own = adduct.charge().map(Charge::number);
        own.or(adduct.usual_charge()).filter(|&number| number != 0)
    });
    let number = args.charge.or(of_adduct.map(i64::from));
    let polarity = stated.unwrap_or(match number {
        Some(number) if number < 0 => Polarity::Negative,
        _ => Polarity::Positive,
    });
    let charge = charge(args.charge, polarity)?;
    match (given, &args.adduct) {
        (Some(adduct), Some(text)) => {
            let charge = charge_of_adduct(&adduct, text, args.charge, charge)?;
            Ok((adduct, charge))
        }
        _ => Ok((parse(default_adducts(polarity)[0])?, charge)),
    }
}

pub(super) fn run(args: &IsotopesArgs) -> Result<Output, CliError> {
    let preset = parse_preset(args.preset.as_deref())?;
    let rules = preset.rules();
    let molecule =
        Species::parse(&args.formula, rules.repeats).map_err(|error| wrong("FORMULA", &error))?;
    let (modifier, charge) = ion_of(args, &molecule)?;
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
    let ion = ion_formula(&molecule.formula, &modifier).ok_or_else(|| {
        wrong(
            "--adduct",
            &format!("{} has not what {modifier} takes away", molecule.spelling),
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
