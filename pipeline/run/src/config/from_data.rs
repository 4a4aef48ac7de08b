//! What is taken from the data where no option says it: analyzer, resolving power and window; with
//! from where, and what the user should know of it.

use annotator::config::{Power, Preset, metaspace_sigma};
use annotator::survey::{UNKNOWN_ANALYZER, WINDOW_SIGMAS};
use metaspace_machine::error::OptionError;
use metaspace_results::options::{AnnotateOptions, Auto};
use metaspace_results::record::{
    AccuracyRecord, Origin, RecalibrationRecord, ResolutionRecord, SurveyRecord,
};
use ms_core::imzml::Header;
use ms_core::isotopes::Instrument;

use super::{RunConfig, origin};
use crate::error::RunError;

/// Mass tolerance in ppm of METASPACE's users who enter none.
const METASPACE_PPM: f64 = 3.0;
/// Narrowest window in ppm that is taken from the data: few ions show their spread.
const MIN_PPM: f64 = 1.0;
/// A given window of less than this share of the one that the data show cuts peaks off…
const NARROW: f64 = 0.6;
/// … and one of more than this times as much is far too wide.
const WIDE: f64 = 3.0;

/// Resolving power at m/z 200 where none is given.
fn default_resolving_power(instrument: Instrument) -> f64 {
    match instrument {
        Instrument::Tof => 50_000.0,
        Instrument::Orbitrap => 140_000.0,
        Instrument::Fticr => 280_000.0,
    }
}

/// Mass tolerance in ppm where neither an option nor the data say it.
fn default_ppm(instrument: Instrument) -> f64 {
    match instrument {
        Instrument::Tof => 10.0,
        Instrument::Orbitrap | Instrument::Fticr => 3.0,
    }
}

/// The analyzer: what an option says, else the file, else the data.
pub(super) fn instrument(
    options: &AnnotateOptions,
    header: &Header,
    survey: &SurveyRecord,
    origins: &mut Vec<Origin>,
    warnings: &mut Vec<String>,
) -> Result<Instrument, RunError> {
    if let Some(name) = options.instrument.as_deref().filter(|name| *name != "auto") {
        return Ok(name.parse()?);
    }
    let known = survey.resolution.as_ref();
    let known = known.filter(|resolution| resolution.is_analyzer_known);
    let (instrument, from) = match (&header.analyzer, known) {
        (Some(analyzer), _) => (
            analyzer.instrument,
            format!("the file: \"{}\"", analyzer.term),
        ),
        (None, Some(resolution)) => (
            resolution.instrument()?,
            format!("the data: {}; the file does not say", resolution.seen_in),
        ),
        (None, None) => {
            // Without a survey nothing was looked for.
            if survey.n_spectra > 0 {
                warnings.push(
                    "neither the file nor the data show the instrument: taken for an orbitrap; \
                     --instrument and --resolving-power say otherwise"
                        .into(),
                );
            }
            (
                UNKNOWN_ANALYZER,
                "the default, as the file does not say".into(),
            )
        }
    };
    origins.push(origin("instrument", &instrument.to_string(), &from));
    Ok(instrument)
}

/// How well peaks are resolved: what an option says, else the data, else the analyzer's default.
pub(super) fn power(
    options: &AnnotateOptions,
    instrument: Instrument,
    preset: Preset,
    survey: &SurveyRecord,
    origins: &mut Vec<Origin>,
) -> Result<Power, RunError> {
    if let Some(sigma) = options.isocalc_sigma {
        if sigma > 0.0 {
            return Ok(Power::Sigma(sigma));
        }
        return Err(
            OptionError::new("--isocalc-sigma", format!("must be above 0, not {sigma}")).into(),
        );
    }
    // Another analyzer has another law, and another resolving power at m/z 200.
    let is_law = |resolution: &&ResolutionRecord| {
        resolution
            .instrument()
            .is_ok_and(|shown| shown == instrument)
    };
    let shown = survey.resolution.as_ref().filter(is_law);
    let (power, from) = match (Auto::given(options.resolving_power), shown) {
        (Some(power), _) => (power, None),
        (None, Some(resolution)) => (
            resolution.resolving_power,
            Some(format!("the data: {}", resolution.seen_in)),
        ),
        (None, None) => (
            default_resolving_power(instrument),
            Some(format!("the default of {instrument}")),
        ),
    };
    if let Some(from) = from {
        origins.push(origin(
            "resolving power",
            &format!("{power} at m/z 200"),
            &from,
        ));
    }
    if preset == Preset::Default {
        return Ok(Power::Resolving(power));
    }
    let sigma = metaspace_sigma(power);
    let from = format!("METASPACE's table for a resolving power of {power}");
    origins.push(origin("isocalc sigma", &sigma.to_string(), &from));
    Ok(Power::Sigma(sigma))
}

/// Half-width of the window in ppm.
pub(super) fn ppm(
    options: &AnnotateOptions,
    instrument: Instrument,
    preset: Preset,
    survey: &SurveyRecord,
    origins: &mut Vec<Origin>,
    warnings: &mut Vec<String>,
) -> f64 {
    if survey.n_spectra > 0 {
        note_accuracy(survey, origins);
    }
    if let Some(given) = Auto::given(options.ppm) {
        return given;
    }
    if preset != Preset::Default {
        return METASPACE_PPM;
    }
    let Some(accuracy) = survey.accuracy() else {
        let usual = default_ppm(instrument);
        // What one ion's peaks differ by is known without a molecule that they are.
        let spread = survey.peak_sigma_ppm.unwrap_or_default() * WINDOW_SIGMAS;
        let spread = (10.0 * spread).round() / 10.0;
        let (ppm, from) = if spread > usual {
            let from = "three standard deviations of a common peak over the spectra";
            (spread, from.to_owned())
        } else {
            (usual, format!("the default of {instrument}"))
        };
        origins.push(origin("window", &format!("±{ppm} ppm"), &from));
        if survey.n_spectra > 0 {
            warnings.push(format!(
                "too few ions of the molecule tables stand out to show the mass accuracy: the window \
                 is ±{ppm} ppm, {from}; --ppm says otherwise"
            ));
        }
        return ppm;
    };
    let ppm = accuracy.window_ppm.max(MIN_PPM);
    origins.push(origin(
        "window",
        &format!("±{ppm} ppm"),
        "the data: three standard deviations",
    ));
    ppm
}

/// What the survey showed of m/z, and what was taken from them.
pub(crate) fn note_accuracy(survey: &SurveyRecord, origins: &mut Vec<Origin>) {
    let text = |accuracy: &AccuracyRecord| {
        format!("{:+.1} ± {:.1} ppm", accuracy.shift_ppm, accuracy.sigma_ppm)
    };
    if let Some(accuracy) = &survey.measured {
        let from = format!("the data: {} ions stand out", accuracy.n_ions);
        origins.push(origin("mass accuracy", &text(accuracy), &from));
    }
    let Some(taken) = &survey.recalibration else {
        return;
    };
    let after = survey.recalibrated.as_ref().map(text);
    let from = match after {
        Some(after) => format!("mass accuracy afterwards: {after}"),
        None => "too few ions stand out to show what it does".into(),
    };
    origins.push(origin("recalibration", &by_what(taken), &from));
}

/// What a correction follows.
fn by_what(taken: &RecalibrationRecord) -> String {
    let by_mz = match taken.by_mz[..] {
        [] => None,
        [(_, ppm)] => Some(format!("by {:+.1} ppm", -ppm)),
        _ => Some("by m/z".into()),
    };
    let by_spectrum = (!taken.by_spectrum.is_empty()).then(|| "by order of acquisition".into());
    let all: Vec<String> = by_mz.into_iter().chain(by_spectrum).collect();
    all.join(" and ")
}

/// That a given window does not fit the data.
pub(super) fn ppm_warning(
    config: &RunConfig,
    options: &AnnotateOptions,
    survey: &SurveyRecord,
) -> Option<String> {
    if config.preset == Preset::Default && Auto::given(options.ppm).is_none() {
        return None;
    }
    let (ppm, accuracy) = (config.annotate.ppm.0, survey.accuracy()?);
    let better = accuracy.window_ppm.max(MIN_PPM);
    let fault = if ppm < NARROW * better {
        "cuts peaks off"
    } else if ppm > WIDE * better {
        "is far wider than the peaks of an ion spread"
    } else {
        return None;
    };
    Some(format!(
        "a window of ±{ppm} ppm {fault}: m/z are off by {:+.1} ± {:.1} ppm ({} ions stand out); \
         better is --ppm {better}",
        accuracy.shift_ppm, accuracy.sigma_ppm, accuracy.n_ions
    ))
}
