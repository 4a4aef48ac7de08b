//! Options to one complete config, with what the dataset's header says. Defaults stand nowhere else.

mod from_data;

pub(crate) use from_data::note_accuracy;

use std::path::Path;

use annotator::config::{
    AnnotateConfig, DecoyCount, Preset, default_adducts, peak_width, polarity_of, unit_charge,
};
use annotator::entrapment::MAX_RATIO;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::options::{AnnotateOptions, parse_polarity};
use metaspace_results::record::{Origin, SurveyRecord};
use ms_core::imzml::{Header, Polarity};
use ms_core::ion::{Charge, Modifier};
use ms_core::isotopes::PatternConfig;
use ms_core::tolerance::Ppm;

use crate::error::RunError;

/// Centroids of a pattern.
const DEFAULT_N_PEAKS: usize = 4;
/// Intensity levels of spatial chaos.
const N_LEVELS: u16 = 30;
/// Decoys of a target.
const DEFAULT_DECOYS: u32 = 20;
/// Seed of the draw of decoys: the METASPACE engine's.
const DEFAULT_SEED: u32 = 42;
/// FDR up to which the table at the end shows annotations.
pub const DEFAULT_FDR: f64 = 0.1;

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
            .extend(from_data::ppm_warning(&config, options, survey));
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
        let polarity = polarity(options, header, file, &mut origins, &mut warnings)?;
        let charge = charge(options.charge, polarity)?;
        let nothing = SurveyRecord::default();
        // METASPACE takes what its users enter.
        let shown = if preset == Preset::Default {
            survey
        } else {
            &nothing
        };
        let instrument =
            from_data::instrument(options, header, shown, &mut origins, &mut warnings)?;
        let power = from_data::power(options, instrument, preset, shown, &mut origins)?;
        if !shown.matrices.is_empty() {
            let names = shown.matrices.join(", ");
            origins.push(origin("matrix", &names, "the data: its ions are there"));
        }
        let ppm = from_data::ppm(
            options,
            instrument,
            preset,
            shown,
            &mut origins,
            &mut warnings,
        );
        let mut adducts = modifiers("--adduct", &options.adduct, charge)?;
        for (adduct, text) in adducts.iter().zip(&options.adduct) {
            charge_of_adduct(adduct, text, options.charge, charge)?;
        }
        if adducts.is_empty() {
            origins.push(origin(
                "adducts",
                &default_adducts(polarity).join(" "),
                "the default of the polarity",
            ));
            adducts = usual_adducts(polarity)?;
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
            chem_mods: changes("--chem-mod", &options.chem_mod, charge)?,
            neutral_losses: changes("--neutral-loss", &options.neutral_loss, charge)?,
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

fn polarity(
    options: &AnnotateOptions,
    header: &Header,
    file: &str,
    origins: &mut Vec<Origin>,
    warnings: &mut Vec<String>,
) -> Result<Polarity, RunError> {
    if let Some(name) = &options.polarity {
        let polarity = parse_polarity(name)?;
        if let Some(stated) = header.polarity.filter(|&stated| stated != polarity) {
            let from = format!("--polarity, although the file says {stated}");
            origins.push(origin("polarity", &polarity.to_string(), &from));
            warnings.push(format!(
                "--polarity says {polarity}, and the file says {stated}: better is --polarity {stated}, \
                 unless the file is wrong"
            ));
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
    let from = if header.is_polarity_from_data {
        "the data: of which ions stand out; the file does not say"
    } else {
        "the file"
    };
    origins.push(origin("polarity", &polarity.to_string(), from));
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

/// The adducts of a polarity that are searched where none is given.
///
/// # Errors
/// One cannot be parsed.
pub(crate) fn usual_adducts(polarity: Polarity) -> Result<Vec<Modifier>, RunError> {
    let texts: Vec<String> = default_adducts(polarity)
        .iter()
        .map(|&adduct| adduct.into())
        .collect();
    modifiers("--adduct", &texts, unit_charge(polarity)?)
}

/// The charge of the ions that an adduct makes: its own, or `charge`, of which `given` is what the user
/// gave.
///
/// # Errors
/// It makes ions of the other polarity, or its charge is another than the one given.
pub fn charge_of_adduct(
    adduct: &Modifier,
    text: &str,
    given: Option<i64>,
    charge: Charge,
) -> Result<Charge, OptionError> {
    let polarity = polarity_of(charge);
    let other = |own: Polarity, hint: String| {
        let reason = format!("`{text}` makes {own} ions, and the polarity is {polarity}{hint}");
        OptionError::new("--adduct", reason)
    };
    let Some(own) = adduct.charge() else {
        let usual = adduct.usual_charge().unwrap_or_default().signum();
        let sign = charge.number().signum();
        if usual != -sign {
            return Ok(charge);
        }
        let of_usual = match polarity {
            Polarity::Positive => Polarity::Negative,
            Polarity::Negative => Polarity::Positive,
        };
        let sign = if sign > 0 { '+' } else { '-' };
        let hint = format!("\nhint: if such {polarity} ions are meant, write [M{adduct}]{sign}");
        return Err(other(of_usual, hint));
    };
    if polarity_of(own) != polarity {
        let hint = "\nhint: --polarity says which ions the spectra are of";
        return Err(other(polarity_of(own), hint.into()));
    }
    if given.is_some() && own != charge {
        let reason = format!(
            "`{text}` makes ions of charge {:+}, and --charge says {:+}\nhint: leave --charge out; adducts such as [M+2H]2+ have their own",
            own.number(),
            charge.number()
        );
        return Err(OptionError::new("--adduct", reason));
    }
    Ok(own)
}

/// Modifications and losses: modifiers that have no charge of their own.
fn changes(
    option: &'static str,
    texts: &[String],
    charge: Charge,
) -> Result<Vec<Modifier>, RunError> {
    let found = modifiers(option, texts, charge)?;
    let mut pairs = found.iter().zip(texts);
    let is_adduct = |(modifier, _): &(&Modifier, &String)| {
        modifier.n_molecules() != 1 || modifier.charge().is_some()
    };
    match pairs.find(is_adduct) {
        Some((_, text)) => {
            let reason =
                format!("`{text}` makes ions\nhint: write what changes alone, as in +O or -H2O");
            Err(OptionError::new(option, reason).into())
        }
        None => Ok(found),
    }
}

fn modifiers(
    option: &'static str,
    texts: &[String],
    charge: Charge,
) -> Result<Vec<Modifier>, RunError> {
    let mut modifiers: Vec<Modifier> = Vec::new();
    for text in texts {
        let modifier: Modifier = text.parse().map_err(|source| RunError::Modifier {
            option,
            value: text.clone(),
            source: Box::new(source),
        })?;
        if modifiers
            .iter()
            .any(|known| known.is_same(&modifier, charge))
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
    use metaspace_results::options::Auto;

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
