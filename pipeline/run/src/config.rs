//! Options to one complete config, with what the dataset's header says. Defaults stand nowhere else.

use std::path::Path;

use annotator::config::{
    AnnotateConfig, DecoyCount, Power, Preset, default_adducts, metaspace_sigma, peak_width,
    polarity_of, unit_charge,
};
use annotator::entrapment::MAX_RATIO;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::options::{AnnotateOptions, Auto};
use metaspace_results::record::{
    AccuracyRecord, Origin, RecalibrationRecord, ResolutionRecord, SurveyRecord,
};
use ms_core::imzml::{Header, Polarity};
use ms_core::ion::{Charge, Modifier};
use ms_core::isotopes::{Instrument, PatternConfig};
use ms_core::tolerance::Ppm;

use crate::error::RunError;

/// Narrowest window in ppm that is taken from the data: few ions show their spread.
const MIN_PPM: f64 = 1.0;
/// A given window of less than this share of the one that the data show cuts peaks off…
const NARROW: f64 = 0.6;
/// … and one of more than this times as much is far too wide.
const WIDE: f64 = 3.0;
/// Centroids of a pattern.
const DEFAULT_N_PEAKS: usize = 4;
/// Intensity levels of spatial chaos.
const N_LEVELS: u16 = 30;
/// Decoys of a target.
const DEFAULT_DECOYS: u32 = 20;
/// Seed of the draw of decoys: the METASPACE engine's.
const DEFAULT_SEED: u32 = 42;
/// FDR up to which the table at the end shows annotations.
const DEFAULT_FDR: f64 = 0.1;

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

/// What a run needs to know besides the dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct RunConfig {
    /// What the numbers depend on.
    pub annotate: AnnotateConfig,
    /// The preset's name.
    pub preset: Preset,
    /// Entrapment formulas for each formula of a table, if any.
    pub entrapment: Option<u32>,
    /// FDR up to which the table at the end shows annotations.
    pub fdr: f64,
    /// Settings that were not given, and from where they were taken.
    pub origins: Vec<Origin>,
    /// What the user should know of the settings.
    pub warnings: Vec<String>,
}

impl RunConfig {
    /// Completes options with what a dataset's header says and with defaults; what is to be taken
    /// from the data is a default before [`Self::with_survey`].
    ///
    /// # Errors
    /// A value makes no sense, or the polarity is nowhere.
    pub fn new(options: &AnnotateOptions, header: &Header, file: &str) -> Result<Self, RunError> {
        let survey = SurveyRecord::default();
        Self::of(options, header, file, &survey)
    }

    /// The same with what some of the dataset's spectra showed, under the default preset.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_survey(
        options: &AnnotateOptions,
        header: &Header,
        file: &str,
        survey: &SurveyRecord,
    ) -> Result<Self, RunError> {
        let mut config = Self::of(options, header, file, survey)?;
        config
            .warnings
            .extend(ppm_warning(&config, options, survey));
        if survey.is_other_polarity_likelier {
            config.warnings.push(format!(
                "more ions stand out as those of the other polarity than as {} ones; \
                 is --polarity right?",
                polarity_of(config.annotate.pattern.charge)
            ));
        }
        Ok(config)
    }

    fn of(
        options: &AnnotateOptions,
        header: &Header,
        file: &str,
        survey: &SurveyRecord,
    ) -> Result<Self, RunError> {
        let mut warnings = Vec::new();
        let mut origins = Vec::new();
        let preset = parse_preset(options.preset.as_deref())?;
        let rules = preset.rules();
        let polarity = polarity(options, header, file, &mut origins)?;
        let charge = charge(options.charge, polarity)?;
        let nothing = SurveyRecord::default();
        // METASPACE takes what its users enter.
        let shown = if preset == Preset::Default {
            survey
        } else {
            &nothing
        };
        let instrument = instrument(options, header, shown, &mut origins, &mut warnings)?;
        let power = power(options, instrument, preset, shown, &mut origins)?;
        if !shown.matrices.is_empty() {
            let names = shown.matrices.join(", ");
            origins.push(origin("matrix", &names, "the data: its ions are there"));
        }
        let ppm = ppm(
            options,
            instrument,
            preset,
            shown,
            &mut origins,
            &mut warnings,
        );
        let mut adducts = modifiers("--adduct", &options.adduct)?;
        if adducts.is_empty() {
            let defaults: Vec<String> = default_adducts(polarity)
                .iter()
                .map(|&adduct| adduct.into())
                .collect();
            origins.push(origin(
                "adducts",
                &defaults.join(" "),
                "the default of the polarity",
            ));
            adducts = modifiers("--adduct", &defaults)?;
        }
        let fdr = options.fdr.unwrap_or(DEFAULT_FDR);
        if !(0.0..=1.0).contains(&fdr) {
            return Err(
                OptionError::new("--fdr", format!("must lie between 0 and 1, not {fdr}")).into(),
            );
        }
        if let Some(ratio) = options
            .entrapment
            .filter(|ratio| !(1..=MAX_RATIO).contains(ratio))
        {
            let reason = format!("must lie between 1 and {MAX_RATIO}, not {ratio}");
            return Err(OptionError::new("--entrapment", reason).into());
        }
        let annotate = AnnotateConfig {
            adducts,
            chem_mods: modifiers("--chem-mod", &options.chem_mod)?,
            neutral_losses: modifiers("--neutral-loss", &options.neutral_loss)?,
            pattern: PatternConfig {
                width: peak_width(instrument, power, preset),
                charge,
                n_peaks: options.n_peaks.unwrap_or(DEFAULT_N_PEAKS),
                rule: preset.centroids(),
            },
            ppm: Ppm(ppm),
            mz_limits: (
                options.mz_min.unwrap_or(0.0),
                options.mz_max.unwrap_or(f64::INFINITY),
            ),
            min_px: options.min_px.unwrap_or(1),
            n_levels: N_LEVELS,
            decoys: decoys(options.decoys.as_deref())?,
            seed: options.seed.unwrap_or(DEFAULT_SEED),
            matrices: shown.matrices.clone(),
            rules,
        };
        annotate.validate()?;
        Ok(Self {
            annotate,
            preset,
            entrapment: options.entrapment,
            fdr,
            origins,
            warnings,
        })
    }
}

fn origin(setting: &str, value: &str, from: &str) -> Origin {
    Origin {
        setting: setting.into(),
        value: value.into(),
        from: from.into(),
    }
}

/// The preset of a name, the default where there is none.
///
/// # Errors
/// The name is not known.
pub fn parse_preset(name: Option<&str>) -> Result<Preset, OptionError> {
    let presets = [Preset::Default, Preset::MetaspaceV1, Preset::MetaspaceV3];
    let Some(name) = name else {
        return Ok(Preset::default());
    };
    presets
        .into_iter()
        .find(|preset| preset.name() == name)
        .ok_or_else(|| {
            let names = presets.map(Preset::name).join(", ");
            OptionError::new("--preset", format!("must be one of {names}, not `{name}`"))
        })
}

/// The images that an annotation of a preset compares.
pub fn coloc_preset(preset: Preset) -> coloc::prepare::PreparationPreset {
    match preset {
        Preset::Default => coloc::prepare::PreparationPreset::Default,
        Preset::MetaspaceV1 | Preset::MetaspaceV3 => coloc::prepare::PreparationPreset::Metaspace,
    }
}

/// Options of a settings file (TOML), under the names of the command line without the dashes before.
///
/// # Errors
/// It cannot be read, or has a name or value that is not known.
pub fn read_settings(path: &Path) -> Result<AnnotateOptions, RunError> {
    let text = std::fs::read_to_string(path).map_err(FileError::at("read", path))?;
    toml::from_str(&text).map_err(|source| RunError::Settings {
        path: path.into(),
        source: Box::new(source),
    })
}

/// The polarity of a name.
///
/// # Errors
/// It is neither positive nor negative.
pub fn parse_polarity(name: &str) -> Result<Polarity, OptionError> {
    match name.to_ascii_lowercase().as_str() {
        "positive" | "pos" | "+" => Ok(Polarity::Positive),
        "negative" | "neg" | "-" => Ok(Polarity::Negative),
        _ => Err(OptionError::new(
            "--polarity",
            format!("must be positive or negative, not `{name}`"),
        )),
    }
}

fn polarity(
    options: &AnnotateOptions,
    header: &Header,
    file: &str,
    origins: &mut Vec<Origin>,
) -> Result<Polarity, RunError> {
    if let Some(name) = &options.polarity {
        let polarity = parse_polarity(name)?;
        if let Some(stated) = header.polarity.filter(|&stated| stated != polarity) {
            let from = format!("--polarity, although the file says {stated}");
            origins.push(origin("polarity", &polarity.to_string(), &from));
        }
        return Ok(polarity);
    }
    if let Some(charge) = options.charge.filter(|charge| *charge < 0) {
        return Ok(polarity_of(Charge::new(charge)?));
    }
    let Some(polarity) = header.polarity else {
        let detail = if header.is_polarity_mixed {
            ": it has spectra of both"
        } else {
            ""
        };
        return Err(RunError::NoPolarity {
            file: file.into(),
            detail,
        });
    };
    origins.push(origin("polarity", &polarity.to_string(), "the file"));
    Ok(polarity)
}

/// The charge of a number and a polarity: ±1 where there is no number, and the sign of the polarity
/// where it is negative.
///
/// # Errors
/// The number is 0, too large, or of the other sign.
pub fn charge(number: Option<i64>, polarity: Polarity) -> Result<Charge, RunError> {
    let Some(number) = number else {
        return Ok(unit_charge(polarity)?);
    };
    let signed = if polarity == Polarity::Negative {
        -number.abs()
    } else {
        number
    };
    if signed < 0 && polarity == Polarity::Positive {
        return Err(OptionError::new(
            "--charge",
            format!("{number} does not fit positive polarity"),
        )
        .into());
    }
    Ok(Charge::new(signed)?)
}

fn instrument(
    options: &AnnotateOptions,
    header: &Header,
    survey: &SurveyRecord,
    origins: &mut Vec<Origin>,
    warnings: &mut Vec<String>,
) -> Result<Instrument, RunError> {
    if let Some(name) = options.instrument.as_deref().filter(|name| *name != "auto") {
        return Ok(name.parse()?);
    }
    let (instrument, from) = match (&header.analyzer, &survey.resolution) {
        (Some(analyzer), _) => (
            analyzer.instrument,
            format!("the file: \"{}\"", analyzer.term),
        ),
        (None, Some(resolution)) => (
            resolution.instrument()?,
            format!("the data: {FROM_DISTANCES}; the file does not say"),
        ),
        (None, None) => {
            // Without a survey nothing was looked for.
            if survey.n_spectra > 0 {
                warnings.push(
                    "neither the file nor the distances between neighbouring peaks show the \
                     instrument: taken for an orbitrap; --instrument and --resolving-power say \
                     otherwise"
                        .into(),
                );
            }
            (
                Instrument::Orbitrap,
                "the default, as the file does not say".into(),
            )
        }
    };
    origins.push(origin("instrument", &instrument.to_string(), &from));
    Ok(instrument)
}

fn power(
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
            Some(format!("the data: {FROM_DISTANCES}")),
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

/// From what an instrument is known that the file does not name.
const FROM_DISTANCES: &str = "distances between neighbouring peaks";

/// Half-width of the window in ppm.
fn ppm(
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
        let ppm = default_ppm(instrument);
        origins.push(origin(
            "window",
            &format!("±{ppm} ppm"),
            &format!("the default of {instrument}"),
        ));
        if survey.n_spectra > 0 {
            warnings.push(format!(
                "too few ions of the molecule tables stand out to show the mass accuracy: the window \
                 is ±{ppm} ppm, the default of {instrument}; --ppm says otherwise"
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

/// Mass tolerance in ppm of METASPACE's users who enter none.
const METASPACE_PPM: f64 = 3.0;

/// What the survey showed of m/z, and what was taken from them.
fn note_accuracy(survey: &SurveyRecord, origins: &mut Vec<Origin>) {
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
fn ppm_warning(
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

fn modifiers(option: &'static str, texts: &[String]) -> Result<Vec<Modifier>, RunError> {
    let mut modifiers: Vec<Modifier> = Vec::new();
    for text in texts {
        let modifier: Modifier = text
            .parse()
            .map_err(|source| RunError::Modifier { option, source })?;
        if modifiers
            .iter()
            .any(|known| known.delta() == modifier.delta())
        {
            return Err(OptionError::new(option, format!("`{text}` is given twice")).into());
        }
        modifiers.push(modifier);
    }
    Ok(modifiers)
}

fn decoys(text: Option<&str>) -> Result<DecoyCount, OptionError> {
    match text {
        None => Ok(DecoyCount::Sample(DEFAULT_DECOYS)),
        Some("all") => Ok(DecoyCount::All),
        Some(text) => text.parse().map(DecoyCount::Sample).map_err(|_| {
            OptionError::new("--decoys", format!("must be a number or all, not `{text}`"))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(options: &AnnotateOptions, header: &Header) -> Result<RunConfig, String> {
        RunConfig::new(options, header, "x.imzML").map_err(|error| error.to_string())
    }

    fn positive() -> Header {
        Header {
            polarity: Some(Polarity::Positive),
            ..Header::default()
        }
    }

    #[test]
    fn defaults_come_from_the_file_and_are_told() {
        let config = resolve(&AnnotateOptions::default(), &positive()).unwrap();
        let adducts: Vec<&str> = config.annotate.adducts.iter().map(Modifier::text).collect();
        assert_eq!(adducts, ["+H", "+Na", "+K"]);
        let told: Vec<&str> = config
            .origins
            .iter()
            .map(|origin| &*origin.setting)
            .collect();
        assert_eq!(
            told,
            [
                "polarity",
                "instrument",
                "resolving power",
                "window",
                "adducts"
            ]
        );
    }

    #[test]
    fn without_polarity_it_asks() {
        let error = resolve(&AnnotateOptions::default(), &Header::default()).unwrap_err();
        assert!(error.contains("--polarity positive"), "{error}");
    }

    #[test]
    fn the_command_line_is_over_the_file() {
        let file: AnnotateOptions =
            toml::from_str("ppm = 5\nadduct = ['+NH4']\ndecoys = 10\nresolving-power = 70000")
                .unwrap();
        let line = AnnotateOptions {
            ppm: Some(Auto::Given(2.0)),
            isocalc_sigma: Some(0.001),
            ..AnnotateOptions::default()
        };
        let both = line.over(file);
        assert_eq!(both.ppm, Some(Auto::Given(2.0)));
        assert_eq!(both.adduct, ["+NH4"]);
        assert_eq!(both.decoys.as_deref(), Some("10"));
        assert_eq!(
            (both.isocalc_sigma, both.resolving_power),
            (Some(0.001), None)
        );
        assert!(toml::from_str::<AnnotateOptions>("pmp = 5").is_err());
    }

    #[test]
    fn charge_takes_the_sign_of_the_polarity() {
        assert_eq!(charge(Some(2), Polarity::Negative).unwrap().number(), -2);
        assert!(charge(Some(-2), Polarity::Positive).is_err());
        assert!(charge(Some(0), Polarity::Positive).is_err());
    }
}
