//! The plan of a run as tasks: plain data that says what is to be done, and never by how many.
//!
//! ```text
//! spectra ─▶ ions ─▶ fdr ─▶ rank ─▶ images ─▶ colocalize ─▶ merge
//! ```
//!
//! The first is left out where data are small, the FDR where one task does all of it, co-localization
//! where it is not wanted.
//!
//! A stage is a list of cuts: task `i` has what lies from cut `i` to cut `i + 1`. A run is named by
//! the hash of its plan, so that the same input and settings are the same run.

use metaspace_results::ImzmlOrigin;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{DatasetRecord, Origin};
use metaspace_storage::Location;
use serde::{Deserialize, Serialize};

mod check;
pub mod estimate;
pub mod held;
mod make;
pub mod prices;
mod tables;
pub mod usage;

pub use check::{
    PlanError, PlanKind, check_stage, check_task, is_hash, read_document, read_plan, read_task,
    read_tasks,
};
pub use make::{Request, make};
pub use tables::{
    TaskSpectra, decode_raster, decode_spectra, encode_raster, encode_spectra, row_bytes,
};
pub(crate) use tables::{decode_mask, decode_mobilities, mobility_row_bytes};

/// Version of the format of plans and tasks.
pub const FORMAT: u32 = 5;

/// Folder beside the results in which runs keep what they share and what they pass on.
pub const WORK_FOLDER: &str = ".metaspace";

/// What a run is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// Program and version: another might give other bytes.
    pub program: String,
    /// The dataset.
    pub dataset: DatasetPlan,
    /// Where the results go: a place beside the folder that the plan lies in.
    pub results: String,
    /// Settings, with what the dataset's header decided filled in.
    pub options: AnnotateOptions,
    /// Settings that were not given, and from where they were taken.
    pub taken: Vec<Origin>,
    /// What the user should know of the settings.
    pub warnings: Vec<String>,
    /// The molecule tables.
    pub tables: Vec<TablePlan>,
    /// BLAKE3 of the scoring model's file, if there is one.
    pub model: Option<String>,
    /// BLAKE3 of which pixels are tissue, a byte a pixel, where the user says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<String>,
    /// Ions of the search space.
    pub n_ions: u64,
    /// Rankings: molecule tables times target modifiers.
    pub n_rankings: u64,
    /// What is done, one after another.
    pub stages: Vec<StagePlan>,
}

/// What the tasks need to know of the dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DatasetPlan {
    /// As `run.json` has it, without what its peaks tell.
    pub record: DatasetRecord,
    /// What is tolerated, in words.
    pub oddities: Vec<String>,
    /// Where its pixels lie in the imzML.
    pub origin: ImzmlOrigin,
    /// Values of all spectra.
    pub n_points: u64,
    /// BLAKE3 of the table of spectra.
    pub spectra: String,
    /// BLAKE3 of the table of ion mobilities, where only points of some are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobilities: Option<String>,
    /// BLAKE3 of the raster.
    pub raster: String,
}

/// A molecule table, kept under its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TablePlan {
    /// Its name in results.
    pub name: String,
    /// BLAKE3 of its bytes; nothing of the one that ships with the program.
    pub blake3: Option<String>,
    /// Whether each of its ions has a row in the annotations.
    pub is_targeted: bool,
}

/// A stage, and how it is cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StagePlan {
    /// Which.
    pub stage: Stage,
    /// Bounds of its tasks, one more than there are.
    pub cuts: Vec<u64>,
    /// Memory that a task may use, in MB (2^20 bytes).
    pub memory_mb: u32,
    /// Seconds that a task is thought to take on one processor.
    pub seconds: f64,
}

/// What is done by the tasks of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Spectra (cuts) to runs of peaks by m/z.
    Spectra,
    /// Ions of the search space (cuts) to metrics.
    Ions,
    /// Rankings (cuts), each of a molecule table and a target modifier, to scores and FDR.
    Fdr,
    /// All of them, which it makes itself where they are not cut, to annotations and the list of
    /// imaged ions.
    Rank,
    /// Shares of that list (cuts) to images.
    Images,
    /// Shares of the images (cuts), compared with all, to partners.
    Colocalize,
    /// Everything to a results folder.
    Merge,
    /// Results (cuts) to amounts or images of the ions of an experiment; of no annotation.
    Measure,
}

impl Stage {
    /// Those of an annotation, in order.
    pub const ALL: [Self; 7] = [
        Self::Spectra,
        Self::Ions,
        Self::Fdr,
        Self::Rank,
        Self::Images,
        Self::Colocalize,
        Self::Merge,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spectra => "spectra",
            Self::Ions => "ions",
            Self::Fdr => "fdr",
            Self::Rank => "rank",
            Self::Images => "images",
            Self::Colocalize => "colocalize",
            Self::Merge => "merge",
            Self::Measure => "measure",
        }
    }
}

/// A piece of a run: what is handed to a worker, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Task {
    /// [`FORMAT`].
    pub format: u32,
    /// Place of the working folder.
    pub store: String,
    /// Id of the run.
    pub run: String,
    /// The stage.
    pub stage: Stage,
    /// Number of the task in its stage.
    pub task: u32,
    /// First of its spectra, ions, rankings or shares.
    pub from: u64,
    /// The one after its last.
    pub to: u64,
}

impl Plan {
    /// The plan as it is stored.
    ///
    /// # Errors
    /// A number in it is no number.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// A stage, if the plan has it.
    pub fn stage(&self, stage: Stage) -> Option<&StagePlan> {
        self.stages.iter().find(|found| found.stage == stage)
    }

    /// Number of tasks.
    pub fn n_tasks(&self) -> usize {
        self.stages.iter().map(StagePlan::n_tasks).sum()
    }
}

impl StagePlan {
    /// Number of tasks.
    pub fn n_tasks(&self) -> usize {
        self.cuts.len().saturating_sub(1)
    }

    /// Its tasks, in a working folder, for a run.
    pub fn tasks<'a>(
        &'a self,
        store: &'a Location,
        run: &'a str,
    ) -> impl Iterator<Item = Task> + 'a {
        (0..)
            .zip(self.cuts.windows(2))
            .map(move |(task, cut)| Task {
                format: FORMAT,
                store: store.to_string(),
                run: run.into(),
                stage: self.stage,
                task,
                from: cut[0],
                to: cut[1],
            })
    }
}

impl Task {
    /// Key of what is told of a stage's task, by what it is called.
    pub fn key(run: &str, stage: Stage, task: u32, extension: &str) -> String {
        format!("runs/{run}/{}/{task:05}.{extension}", stage.name())
    }

    /// Key of its report, which is there when it is done.
    pub fn report_key(&self) -> String {
        Self::key(&self.run, self.stage, self.task, "json")
    }

    /// Key of a part that it writes, of a kind and of a content of this hash.
    pub fn part_key(&self, kind: &str, hash: &str) -> String {
        let (stage, content) = (self.stage.name(), hash.get(..PART_DIGITS).unwrap_or(hash));
        format!(
            "runs/{}/{stage}/{:05}{PART_MARK}{content}.{kind}",
            self.run, self.task
        )
    }

    /// Stage and number, for people.
    pub fn name(&self) -> String {
        format!("{} {}", self.stage.name(), self.task)
    }
}

/// Stands between the number of a task and the hash in the keys of parts, and in no others of a
/// stage.
const PART_MARK: char = '-';

/// Digits of the hash that the key of a part has.
const PART_DIGITS: usize = 16;

/// Whether a key of a stage is that of a part.
pub fn is_part_key(key: &str) -> bool {
    key.rsplit('/')
        .next()
        .is_some_and(|name| name.contains(PART_MARK))
}

/// Keys of a run that are not those of a task.
#[derive(Debug, Clone, Copy)]
pub enum RunKey {
    /// The plan.
    Plan,
    /// The table of spectra.
    Spectra,
    /// The table of ion mobilities.
    Mobilities,
    /// The raster.
    Raster,
    /// There when the run is to stop.
    Cancelled,
    /// What failed at last.
    Failed,
    /// Written to find out whether the store heeds conditions.
    Probe,
}

impl RunKey {
    /// The key for a run.
    pub fn of(self, run: &str) -> String {
        let name = match self {
            Self::Plan => "plan.json",
            Self::Spectra => "spectra.rows",
            Self::Mobilities => "mobilities.rows",
            Self::Raster => "raster.bin",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed.json",
            Self::Probe => "probe",
        };
        format!("runs/{run}/{name}")
    }
}

/// Id of the run of a plan: the first 16 hexadecimal digits of its hash.
pub fn run_id(plan: &[u8]) -> String {
    blake3::hash(plan).to_hex()[..16].to_owned()
}
