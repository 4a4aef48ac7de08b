//! `run.json`: what was run, on what, with what settings, and what came of it.

use std::path::Path;

use annotator::moldb::MoleculeTable;
use metaspace_machine::error::FileError;
use metaspace_machine::usage::StageTime;
use ms_core::spectra::Census;
use serde::{Deserialize, Serialize};

use crate::RUN_JSON;
use crate::error::ResultsError;
use crate::options::AnnotateOptions;
use crate::schema::{SCHEMA_VERSION, check_version};

mod decoys;
mod picking;
mod settings;
mod survey;
mod warnings;

pub use decoys::{DecoyRecord, SpreadRecord};
pub use picking::PickingRecord;
pub use settings::{DecoysRecord, PeakWidthRecord, RulesRecord, SettingsRecord};
pub use survey::{AccuracyRecord, RecalibrationRecord, ResolutionRecord, SurveyRecord};
pub use warnings::{oddity_text, oddity_texts, pattern_warning, peak_warnings, warnings};

/// The whole record. With the same program and inputs, `options` is enough to run the job again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Program and version.
    pub program: String,
    /// Version of the tables' schemas.
    pub schema_version: u32,
    /// The options as given.
    pub options: AnnotateOptions,
    /// Settings that were not given, and from where they were taken.
    pub taken: Vec<Origin>,
    /// Every setting that the numbers depend on.
    pub settings: SettingsRecord,
    /// The dataset.
    pub dataset: DatasetRecord,
    /// The molecule tables.
    pub databases: Vec<DatabaseRecord>,
    /// The formulas that cannot be there; nothing if none were added.
    pub entrapment: Option<EntrapmentRecord>,
    /// The model that ions were ranked by; nothing if it was MSM.
    pub scoring_model: Option<ScoringModelRecord>,
    /// What the adaptive score learned; nothing of other scores.
    pub adaptive_score: Option<AdaptiveRecord>,
    /// Decoys, and what depends on their draw.
    pub decoys: DecoyRecord,
    /// How many of what.
    pub counts: Counts,
    /// What was tolerated.
    pub warnings: Vec<String>,
    /// Time of each stage.
    pub stages: Vec<StageTime>,
    /// Threads used.
    pub threads: usize,
    /// Most bytes of memory at once.
    pub peak_memory_bytes: Option<u64>,
    /// The other files of the results folder as they were written.
    #[serde(default)]
    pub files: Vec<FileRecord>,
    /// What it took as tasks; nothing of a run in one piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<TasksRecord>,
}

/// What a record says before anything else of it is believed.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    schema_version: serde_json::Value,
}

/// A file of the results folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its bytes.
    pub blake3: String,
}

/// From where a setting was taken, for the user to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The setting.
    pub setting: String,
    /// Its value.
    pub value: String,
    /// From where.
    pub from: String,
}

impl Origin {
    /// Setting, value and from where, for the user to see.
    pub fn line(&self) -> String {
        format!("{}: {} ({})", self.setting, self.value, self.from)
    }
}

/// What a run as tasks took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TasksRecord {
    /// The run's id.
    pub run: String,
    /// Tasks of each stage.
    pub n_tasks: Vec<(String, u64)>,
    /// Seconds of all tasks.
    pub task_seconds: f64,
    /// Gigabytes of memory times seconds, as Lambda bills them.
    pub gb_seconds: f64,
    /// Requests to the store that read.
    pub reads: u64,
    /// Requests to the store that write.
    pub writes: u64,
    /// Bytes read from the store.
    pub bytes_read: u64,
    /// Bytes written to it.
    pub bytes_written: u64,
    /// Dollars that Lambda and S3 would ask for it.
    pub dollars: f64,
    /// Date of the prices.
    pub prices: String,
}

/// What the dataset is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetRecord {
    /// File names.
    pub imzml: String,
    /// File names.
    pub ibd: String,
    /// Lengths in bytes.
    pub imzml_bytes: u64,
    /// Lengths in bytes.
    pub ibd_bytes: u64,
    /// UUID of both files, 32 hexadecimal digits.
    pub uuid: Option<String>,
    /// BLAKE3 of the imzML file, which holds the UUID and checksum of the ibd.
    pub imzml_blake3: String,
    /// As stated in the imzML.
    pub ibd_checksum: Option<String>,
    /// Whether the ibd was compared with it.
    pub is_checksum_verified: bool,
    /// Columns of the bounding box.
    pub width: u32,
    /// Rows of the bounding box.
    pub height: u32,
    /// Width and height of a pixel in µm, as stated in the imzML.
    pub pixel_size_um: Option<(f64, f64)>,
    /// Pixels that have a spectrum.
    pub n_pixels: usize,
    /// Spectra of the file.
    pub n_spectra: usize,
    /// Peaks of intensity above 0.
    pub n_peaks: u64,
    /// Lowest and highest m/z of them.
    pub mz_range: Option<(f64, f64)>,
    /// How peaks were picked where the spectra are profiles; nothing where they are peaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picking: Option<PickingRecord>,
    /// What some of its spectra showed before ions were searched; nothing where they were not looked
    /// at.
    pub survey: Option<SurveyRecord>,
    /// The kept peaks that were read in place of the two files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peaks: Option<String>,
}

impl DatasetRecord {
    /// With what was learned from its peaks.
    #[must_use]
    pub fn with(self, census: &Census) -> Self {
        let mz_range = (census.n_peaks > 0).then_some(census.mz_range);
        Self {
            n_peaks: census.n_peaks,
            mz_range,
            ..self
        }
    }
}

/// What a molecule table is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatabaseRecord {
    /// Its name.
    pub name: String,
    /// BLAKE3 of its bytes.
    pub blake3: String,
    /// Usable rows.
    pub n_molecules: usize,
    /// Different formulas.
    pub n_formulas: usize,
    /// Whether each of its ions has a row in the annotations.
    pub is_targeted: bool,
    /// How many rows were refused.
    #[serde(default)]
    pub n_bad_rows: usize,
    /// The first of them; `bad_rows.tsv` has all.
    pub bad_rows: Vec<BadRowRecord>,
    /// What was taken as it was not meant in so many words.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A refused row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BadRowRecord {
    /// Its line.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// Share of the entrapment formulas wanted below which the user is told.
const FEW_ENTRAPMENT: f64 = 0.5;

/// What entrapment was added to the molecule tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntrapmentRecord {
    /// Formulas wanted for each formula of a table.
    pub ratio: u32,
    /// Seed of their draw.
    pub seed: u32,
    /// Formulas added, by table.
    pub n_formulas: Vec<u32>,
    /// Formulas added for each one of the tables.
    pub formulas_for_each: f64,
}

impl EntrapmentRecord {
    /// What tables hold that were added to.
    pub fn new(tables: &[MoleculeTable], ratio: u32, seed: u32) -> Self {
        let n_formulas: Vec<u32> = tables.iter().map(MoleculeTable::n_entrapment).collect();
        let n_added: u32 = n_formulas.iter().sum();
        let n_all: usize = tables.iter().map(|table| table.formulas.len()).sum();
        let n_own = n_all as f64 - f64::from(n_added);
        Self {
            ratio,
            seed,
            n_formulas,
            formulas_for_each: f64::from(n_added) / n_own,
        }
    }

    /// What to tell where fewer than half of the formulas wanted were found.
    pub fn warning(&self) -> Option<String> {
        let share = self.formulas_for_each / f64::from(self.ratio);
        (share < FEW_ENTRAPMENT).then(|| {
            format!(
                "entrapment: {:.2} formulas that cannot be there were found for each of the tables, \
                 and {} were wanted; the molecules are too light or their masses too dense, and the \
                 bounds of the false discoveries are wide",
                self.formulas_for_each, self.ratio
            )
        })
    }
}

/// What a scoring model is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoringModelRecord {
    /// Its file as given.
    pub file: String,
    /// BLAKE3 of its bytes.
    pub blake3: String,
    /// Its trees.
    pub n_trees: usize,
    /// Names of its features, in its order.
    pub features: Vec<String>,
}

/// What the adaptive score learned.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveRecord {
    /// Targets that were taken for true in the end, mean over the folds; with 0 the weights are those of
    /// other datasets.
    pub n_leading_targets: usize,
    /// Decoys learned from.
    pub n_decoys: usize,
    /// Log-odds between two ions of one peak for each unit of value between them.
    pub rivalry_factor: f64,
    /// Targets and decoys that gave way to a stronger ion of the same peak.
    pub n_outdone: usize,
    /// Those of them that are isotopic images of a stronger one.
    pub n_isotopic: usize,
    /// Those of them that are fragments of a stronger one.
    #[serde(default)]
    pub n_fragments: usize,
    /// Weight of each feature in units of its standard deviation: above 0 it speaks for an ion.
    pub weights: Vec<(String, f64)>,
}

/// How many of what.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Ions of the search space.
    pub n_ions: usize,
    /// Of them, ions of molecules.
    pub n_target_ions: usize,
    /// Ions with a theoretical peak in the dataset's m/z range.
    pub n_searched: u64,
    /// Of them, ions of molecules.
    pub n_targets_searched: u64,
    /// Ions too complex to have an isotopic pattern; they are not searched.
    pub n_without_pattern: u64,
    /// Ions with a first isotopic image.
    pub n_evaluated: u64,
    /// Targets of score > 0 and FDR < 1.
    pub n_annotations: usize,
    /// Annotations at FDR ≤ 5, 10, 20 and 50 %.
    pub annotations_at_fdr: Vec<(f64, usize)>,
    /// Of them, those of entrapment formulas.
    pub entrapment_at_fdr: Vec<(f64, usize)>,
    /// Of them, those that lie off the tissue rather than on it; nothing where no slide is seen around
    /// it.
    pub off_sample_at_fdr: Option<Vec<(f64, usize)>>,
    /// Of them, those that may be ions of the MALDI matrix.
    pub matrix_at_fdr: Vec<(f64, usize)>,
    /// Ions whose images were written.
    pub n_imaged_ions: usize,
    /// Pixels of images written.
    pub n_image_pixels: u64,
    /// Units whose patterns came from the cache.
    pub pattern_cache_hits: u64,
    /// Units whose patterns were computed.
    pub pattern_cache_misses: u64,
}

impl RunRecord {
    /// Name and version of this program.
    pub fn program() -> String {
        format!("metaspace {}", env!("CARGO_PKG_VERSION"))
    }

    /// The schema version.
    pub fn schema_version() -> u32 {
        SCHEMA_VERSION
    }

    /// Writes the record.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ResultsError> {
        let error = |source| ResultsError::Json {
            path: path.into(),
            source,
        };
        let mut text = serde_json::to_string_pretty(self).map_err(error)?;
        text.push('\n');
        Ok(std::fs::write(path, text).map_err(FileError::at("write", path))?)
    }

    /// Reads the record of a results folder.
    ///
    /// # Errors
    /// It cannot be read, is no JSON, has schemas that this program does not read, or lacks something
    /// that every record has.
    pub fn read(folder: &Path) -> Result<Self, ResultsError> {
        let path = folder.join(RUN_JSON);
        let text = std::fs::read_to_string(&path).map_err(FileError::at("read", &path))?;
        let unreadable = |source| ResultsError::Record {
            path: path.clone(),
            source,
        };
        let head: Head = serde_json::from_str(&text).map_err(unreadable)?;
        check_version(&path, &head.schema_version.to_string())?;
        serde_json::from_str(&text).map_err(unreadable)
    }

    /// Width and height of a pixel in µm; nothing where the imzML did not say.
    pub fn pixel_size_um(&self) -> Option<(f64, f64)> {
        let known = |(width, height): &(f64, f64)| *width > 0.0 && *height > 0.0;
        self.dataset.pixel_size_um.filter(known)
    }

    /// What the dataset is called: the imzML file without its extension.
    pub fn dataset_name(&self) -> Option<String> {
        let stem = Path::new(&self.dataset.imzml).file_stem()?;
        Some(stem.to_string_lossy().into_owned())
    }
}
