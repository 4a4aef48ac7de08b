//! `metaspace isotopes`.

use clap::Args;
use metaspace_run::isotopes::{
    INSTRUMENT, IonPattern, IsotopeOptions, N_PEAKS, RESOLVING_POWER, ion_pattern,
};

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
    #[arg(long, value_name = "NAME", default_value = INSTRUMENT)]
    instrument: String,
    /// Resolving power (m/z over FWHM) at m/z 200
    #[arg(long, value_name = "R", default_value_t = RESOLVING_POWER)]
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
    #[arg(long, value_name = "N", default_value_t = N_PEAKS)]
    n_peaks: usize,
    /// Preset of rules: default, metaspace-v1 or metaspace-v3
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
}

pub(super) fn run(args: &IsotopesArgs) -> Result<Output, CliError> {
    let IonPattern { ion, charge, peaks } = ion_pattern(&IsotopeOptions {
        formula: args.formula.clone(),
        adduct: args.adduct.clone(),
        instrument: args.instrument.clone(),
        resolving_power: args.resolving_power,
        isocalc_sigma: args.isocalc_sigma,
        polarity: args.polarity.clone(),
        charge: args.charge,
        n_peaks: args.n_peaks,
        preset: args.preset.clone(),
    })?;
    let mut text = format!(
        "ion {ion}, charge {:+}\n{:>14} {:>12}\n",
        charge.number(),
        "m/z",
        "intensity %"
    );
    for peak in &peaks {
        text.push_str(&format!("{:>14.6} {:>12.4}\n", peak.mz, peak.intensity));
    }
    let list: Vec<_> = peaks
        .iter()
        .map(|peak| serde_json::json!({ "mz": peak.mz, "intensity": peak.intensity }))
        .collect();
    let json = serde_json::json!({ "ionFormula": ion.to_string(), "charge": charge.number(), "peaks": list });
    Ok(Output { text, json })
}
