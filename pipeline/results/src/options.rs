//! The options of an annotation as they are given: on the command line, or in a settings file under
//! the same names.

use std::path::PathBuf;
use std::str::FromStr;

use metaspace_machine::error::OptionError;
use ms_core::imzml::{Choice, Duplicates, MobilityRange, Polarity};
use serde::{Deserialize, Serialize};

/// Options of an annotation, each as it is given on the command line or in a settings file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct AnnotateOptions {
    /// Molecule table, TSV or CSV with id, name, formula; repeatable [default: the one that ships with the program]
    pub database: Vec<PathBuf>,
    /// Molecule table as --database, of whose ions each gets a row in the annotations, also without any score; repeatable
    pub targeted: Vec<PathBuf>,
    /// Adduct such as +H, -H or +NH4; repeatable [default: +H +Na +K, or -H +Cl in negative mode]
    pub adduct: Vec<String>,
    /// Chemical modification such as +O, tried besides none; repeatable
    pub chem_mod: Vec<String>,
    /// Neutral loss such as -H2O, tried besides none; repeatable
    pub neutral_loss: Vec<String>,
    /// Rules: default, metaspace-v1 ("Original MSM") or metaspace-v3 ("METASPACE-ML", with a scoring model or MSM)
    pub preset: Option<String>,
    /// CatBoost model (CBM) whose value replaces MSM in the ranking; not under metaspace-v1 [default: none]
    pub scoring_model: Option<PathBuf>,
    /// What ions are ranked by: msm, or adaptive, which learns from the dataset's own targets and decoys; not under metaspace-v1 [default: msm]
    pub score: Option<String>,
    /// Mass analyzer: tof, orbitrap or fticr [default: what the file says, or orbitrap]
    pub instrument: Option<String>,
    /// Resolving power (m/z over FWHM) at m/z 200, or auto
    pub resolving_power: Option<Auto>,
    /// Standard deviation of a peak in Th at m/z 200, METASPACE's `isocalc_sigma`, instead of a resolving power
    pub isocalc_sigma: Option<f64>,
    /// Mass tolerance in ppm, to each side, or auto
    pub ppm: Option<Auto>,
    /// What is taken from m/z that are off: auto, off, or as in the `run.json` of another run
    pub recalibrate: Option<String>,
    /// Sign of the ions: positive or negative [default: what the file says]
    pub polarity: Option<String>,
    /// Charge number of the ions [default: 1 with the sign of the polarity]
    pub charge: Option<i64>,
    /// Peaks of an isotopic pattern [default: 4]
    pub n_peaks: Option<usize>,
    /// Lowest m/z in Th of the ions that are searched, decoys included [default: 0]
    pub mz_min: Option<f64>,
    /// Highest m/z in Th of the ions that are searched, decoys included [default: none]
    pub mz_max: Option<f64>,
    /// Peaks that an isotopic image needs so as not to count as absent [default: 1]
    pub min_px: Option<u32>,
    /// Decoys of each target: a number, or all [default: 20]
    #[serde(deserialize_with = "text_or_number")]
    pub decoys: Option<String>,
    /// Seed of the draw of decoys [default: 42]
    pub seed: Option<u32>,
    /// Adds to each molecule table R formulas per formula that cannot be there, to measure false discoveries [default: none; R is 1 if not given]
    pub entrapment: Option<u32>,
    /// FDR up to which the table at the end shows annotations, between 0 and 1 [default: 0.1]
    pub fdr: Option<f64>,
    /// Plane to annotate of a dataset that has several [default: the first]
    pub z: Option<u32>,
    /// Takes the spectra for centroids whatever they look like
    pub assume_centroid: bool,
    /// Least height of a peak over the noise, where peaks are picked from profile spectra [default: 3]
    pub snr: Option<f64>,
    /// Intensity of a peak that is picked: height or area [default: height]
    pub peak_by: Option<String>,
    /// Regions of a file (PNG, GeoJSON or CSV) that are the tissue [default: where most ions are]
    pub mask: Option<PathBuf>,
    /// Results folder, or `s3://BUCKET/KEY` [default: NAME-results in the current folder]
    pub out: Option<PathBuf>,
    /// The ibd, where it is not beside the imzML
    pub ibd: Option<PathBuf>,
    /// Several spectra at one pixel: sum adds their intensities, mean averages them, first takes the first [default: sum]
    pub duplicates: Option<String>,
    /// Lowest ion mobility of the points that are looked at, in the unit of the file [default: all]
    pub mobility_min: Option<f64>,
    /// Highest ion mobility of the points that are looked at, in the unit of the file [default: all]
    pub mobility_max: Option<f64>,
    /// Reads the ibd although its UUID is not that of the imzML
    pub ignore_uuid: bool,
    /// Compares the ibd with the checksum that the imzML states
    pub verify: bool,
    /// Leaves out which ions lie together: tables of co-localization and sample ions
    pub no_coloc: bool,
    /// Writes an existing results folder anew
    pub force: bool,
    /// Threads [default: one a processor]
    pub threads: Option<usize>,
    /// Memory to use, such as 256MiB or 8GB; the index goes to a temporary file beyond half of it, and co-localization takes at most half of it [default: half of the machine's]
    pub memory: Option<String>,
    /// Writes all peaks, ordered by m/z, to `peaks.parquet`, for further annotations and images
    pub keep_peaks: bool,
    /// Folder of temporary files; nothing for that of the results.
    pub scratch: Option<PathBuf>,
}

/// A number, or that it is taken from the data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "AutoText", into = "AutoText")]
pub enum Auto {
    /// From the data.
    FromData,
    /// This number.
    Given(f64),
}

/// An [`Auto`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum AutoText {
    Number(f64),
    Text(String),
}

/// A text that is neither a number nor `auto`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a number nor auto")]
pub struct AutoError(String);

impl FromStr for Auto {
    type Err = AutoError;

    fn from_str(text: &str) -> Result<Self, AutoError> {
        if text == "auto" {
            return Ok(Self::FromData);
        }
        let number = text.parse().map_err(|_| AutoError(text.into()))?;
        Ok(Self::Given(number))
    }
}

impl TryFrom<AutoText> for Auto {
    type Error = AutoError;

    fn try_from(text: AutoText) -> Result<Self, AutoError> {
        match text {
            AutoText::Number(number) => Ok(Self::Given(number)),
            AutoText::Text(text) => text.parse(),
        }
    }
}

impl From<Auto> for AutoText {
    fn from(auto: Auto) -> Self {
        match auto {
            Auto::FromData => Self::Text("auto".into()),
            Auto::Given(number) => Self::Number(number),
        }
    }
}

impl Auto {
    /// The number that is given, if one is.
    pub fn given(this: Option<Self>) -> Option<f64> {
        match this {
            Some(Self::Given(number)) => Some(number),
            Some(Self::FromData) | None => None,
        }
    }
}

/// A number or text, as text.
fn text_or_number<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u32),
        Text(String),
    }
    let text = |either| match either {
        Either::Number(number) => number.to_string(),
        Either::Text(text) => text,
    };
    Ok(Option::deserialize(d)?.map(text))
}

/// The polarity of a name.
///
/// # Errors
/// It is neither positive nor negative.
pub fn parse_polarity(name: &str) -> Result<Polarity, OptionError> {
    match name.to_ascii_lowercase().as_str() {
        "positive" | "pos" | "+" => Ok(Polarity::Positive),
        "negative" | "neg" | "-" => Ok(Polarity::Negative),
        "both" => Err(OptionError::new(
            "--polarity",
            "both are annotated by `metaspace annotate` of imzML files, and only there; give one",
        )),
        _ => Err(OptionError::new(
            "--polarity",
            format!("must be positive or negative, not `{name}`"),
        )),
    }
}

impl AnnotateOptions {
    /// Which spectra of the dataset are looked at.
    ///
    /// # Errors
    /// An option has a value that it cannot have.
    pub fn choice(&self) -> Result<Choice, OptionError> {
        let duplicates = match self.duplicates.as_deref() {
            None | Some("sum") => Duplicates::Sum,
            Some("mean") => Duplicates::Mean,
            Some("first") => Duplicates::First,
            Some(other) => {
                let reason = format!("must be sum, mean or first, not `{other}`");
                return Err(OptionError::new("--duplicates", reason));
            }
        };
        Ok(Choice {
            z: self.z,
            polarity: self.polarity.as_deref().map(parse_polarity).transpose()?,
            duplicates,
            mobility: self.mobility()?,
            ignores_uuid: self.ignore_uuid,
        })
    }

    /// Points of which ion mobilities are looked at.
    fn mobility(&self) -> Result<Option<MobilityRange>, OptionError> {
        let bounds = [
            ("--mobility-min", self.mobility_min),
            ("--mobility-max", self.mobility_max),
        ];
        for (option, bound) in bounds {
            if let Some(bound) = bound.filter(|bound| !bound.is_finite()) {
                let reason = format!("must be a number in the unit of the file, not {bound}");
                return Err(OptionError::new(option, reason));
            }
        }
        let range = match (self.mobility_min, self.mobility_max) {
            (None, None) => return Ok(None),
            (low, high) => MobilityRange {
                low: low.unwrap_or(f64::NEG_INFINITY),
                high: high.unwrap_or(f64::INFINITY),
            },
        };
        if range.low > range.high {
            let reason = format!("{} is above --mobility-max {}", range.low, range.high);
            return Err(OptionError::new("--mobility-min", reason));
        }
        Ok(Some(range))
    }

    /// These options, and those of `file` where these are silent.
    #[must_use]
    pub fn over(self, file: Self) -> Self {
        fn list<T>(mine: Vec<T>, theirs: Vec<T>) -> Vec<T> {
            if mine.is_empty() { theirs } else { mine }
        }
        // One of the two says how well the instrument resolves; the command line's wins.
        let says_width = self.resolving_power.is_some() || self.isocalc_sigma.is_some();
        // So do the model and the score of the command line, of which one can be given.
        let says_score = self.scoring_model.is_some() || self.score.is_some();
        Self {
            database: list(self.database, file.database),
            targeted: list(self.targeted, file.targeted),
            adduct: list(self.adduct, file.adduct),
            chem_mod: list(self.chem_mod, file.chem_mod),
            neutral_loss: list(self.neutral_loss, file.neutral_loss),
            preset: self.preset.or(file.preset),
            scoring_model: if says_score {
                self.scoring_model
            } else {
                file.scoring_model
            },
            score: if says_score { self.score } else { file.score },
            instrument: self.instrument.or(file.instrument),
            resolving_power: if says_width {
                self.resolving_power
            } else {
                file.resolving_power
            },
            isocalc_sigma: if says_width {
                self.isocalc_sigma
            } else {
                file.isocalc_sigma
            },
            ppm: self.ppm.or(file.ppm),
            recalibrate: self.recalibrate.or(file.recalibrate),
            polarity: self.polarity.or(file.polarity),
            charge: self.charge.or(file.charge),
            n_peaks: self.n_peaks.or(file.n_peaks),
            mz_min: self.mz_min.or(file.mz_min),
            mz_max: self.mz_max.or(file.mz_max),
            min_px: self.min_px.or(file.min_px),
            decoys: self.decoys.or(file.decoys),
            seed: self.seed.or(file.seed),
            entrapment: self.entrapment.or(file.entrapment),
            fdr: self.fdr.or(file.fdr),
            z: self.z.or(file.z),
            assume_centroid: self.assume_centroid || file.assume_centroid,
            snr: self.snr.or(file.snr),
            peak_by: self.peak_by.or(file.peak_by),
            mask: self.mask.or(file.mask),
            out: self.out.or(file.out),
            ibd: self.ibd.or(file.ibd),
            duplicates: self.duplicates.or(file.duplicates),
            mobility_min: self.mobility_min.or(file.mobility_min),
            mobility_max: self.mobility_max.or(file.mobility_max),
            ignore_uuid: self.ignore_uuid || file.ignore_uuid,
            verify: self.verify || file.verify,
            no_coloc: self.no_coloc || file.no_coloc,
            force: self.force || file.force,
            threads: self.threads.or(file.threads),
            memory: self.memory.or(file.memory),
            keep_peaks: self.keep_peaks || file.keep_peaks,
            scratch: self.scratch.or(file.scratch),
        }
    }
}
