//! What can go wrong around an annotation.

use std::io;
use std::path::PathBuf;

use annotator::error::AnnotateError;
use annotator::moldb::MoldbError;
use annotator::scoring::catboost::ModelError;
use ms_core::imzml::ImzmlError;
use ms_core::ion::{ChargeError, ModifierError};
use ms_core::isotopes::InstrumentError;
use ms_core::progress::Cancelled;
use ms_core::spectra::IndexError;

use crate::plan::PlanError;
use crate::storage::StoreError;
use crate::worker::TaskError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A file or folder could not be opened, read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// "open", "read", "write" …
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something that is no file where a file is needed.
    #[error("`{}` is a directory, not an imzML file", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
    },
    /// No ibd beside the imzML.
    #[error("no ibd beside `{}`: looked for {looked_for}\nhint: say where it is with --ibd FILE", imzml.display())]
    NoIbd {
        /// The imzML file.
        imzml: PathBuf,
        /// Names tried.
        looked_for: String,
    },
    /// The dataset is wrong.
    #[error(transparent)]
    Imzml(#[from] ImzmlError),
    /// A molecule table is wrong.
    #[error(transparent)]
    Moldb(#[from] MoldbError),
    /// A scoring model that cannot be used.
    #[error("cannot use scoring model `{}`", path.display())]
    ScoringModel {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ModelError,
    },
    /// The annotation failed.
    #[error(transparent)]
    Annotate(#[from] AnnotateError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The sampled signal where peaks are needed.
    #[error(
        "`{file}` has profile spectra ({why}); annotation needs centroids\nhint: export it centroided, or say --assume-centroid if the spectra do consist of peaks"
    )]
    Profile {
        /// The dataset.
        file: String,
        /// From what it was told.
        why: &'static str,
    },
    /// The polarity is nowhere.
    #[error(
        "`{file}` does not say its polarity{detail}\nhint: add --polarity positive or --polarity negative"
    )]
    NoPolarity {
        /// The dataset.
        file: String,
        /// More of it.
        detail: &'static str,
    },
    /// An option whose value makes no sense.
    #[error("{option}: {reason}")]
    Option {
        /// The option.
        option: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A modifier that is none.
    #[error("{option}")]
    Modifier {
        /// The option.
        option: &'static str,
        /// Why.
        source: ModifierError,
    },
    /// A charge that is none.
    #[error(transparent)]
    Charge(#[from] ChargeError),
    /// An instrument that is none.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// A settings file that cannot be understood.
    #[error("cannot understand settings file `{}`", path.display())]
    Settings {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// The results folder is there already.
    #[error("`{}` exists already\nhint: --force writes it anew, --out DIR writes elsewhere", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// What is to be written anew is not ours.
    #[error("`{}` is not a results folder of this program; --force does not overwrite it", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// Another run writes to the same place.
    #[error("another run is writing to `{}`", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// A table could not be written.
    #[error("cannot write `{}`", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// A table's columns do not fit together.
    #[error("cannot build the rows of `{}`", path.display())]
    Arrow {
        /// The file.
        path: PathBuf,
        /// Why.
        source: arrow_schema::ArrowError,
    },
    /// A CSV could not be written.
    #[error("cannot write `{}`", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A picture could not be written.
    #[error("cannot write `{}`", path.display())]
    Png {
        /// The file.
        path: PathBuf,
        /// Why.
        source: png::EncodingError,
    },
    /// A picture could not be written.
    #[error("cannot write `{}`", path.display())]
    Tiff {
        /// The file.
        path: PathBuf,
        /// Why.
        source: tiff::TiffError,
    },
    /// A record could not be written as JSON.
    #[error("cannot write `{}`", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A folder that holds no results.
    #[error("`{}` is no results folder: it has no run.json", path.display())]
    NoResults {
        /// The folder.
        path: PathBuf,
    },
    /// A record that cannot be understood.
    #[error("cannot understand `{}`", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A table could not be read.
    #[error("cannot read `{}`", path.display())]
    ParquetRead {
        /// The file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// Rows of a table could not be read.
    #[error("cannot read the rows of `{}`", path.display())]
    ArrowRead {
        /// The file.
        path: PathBuf,
        /// Why.
        source: arrow_schema::ArrowError,
    },
    /// A table without a column, or with one of another type or with nulls.
    #[error("`{}` has no usable `{column}`\nhint: it may be another table, or of another version; write it anew", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// A CSV file without a column.
    #[error("`{}` has no column `{column}`\nhint: its columns are {}", path.display(), found.join(", "))]
    CsvColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The columns that there are.
        found: Vec<String>,
    },
    /// A table of other pixels than those of its results.
    #[error("`{}` is of other pixels than the results: {n_found} of them where there are {n_pixels}\nhint: remove it, or write it anew with `metaspace coloc --segment`; images that had to be scaled down cannot be shown", path.display())]
    OtherPixels {
        /// The file.
        path: PathBuf,
        /// Pixels of the file.
        n_found: usize,
        /// Pixels of the results.
        n_pixels: usize,
    },
    /// Results without annotations.
    #[error("`{}` has no annotations that could be evaluated", path.display())]
    NoAnnotations {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing to hold results against.
    #[error("nothing to hold `{}` against\nhint: say --truth FILE if the dataset is simulated, or annotate with --entrapment", path.display())]
    NothingToEvaluate {
        /// The folder.
        path: PathBuf,
    },
    /// A truth of another dataset.
    #[error("the truth is of dataset {expected}, not of that of the results, {found}: `{}`", results.display())]
    OtherDataset {
        /// The results folder.
        results: PathBuf,
        /// UUID of its dataset.
        found: String,
        /// UUID of the truth's.
        expected: String,
    },
    /// A tissue could not be simulated.
    #[error(transparent)]
    Simulate(#[from] datasets::simulate::SimulateError),
    /// Images cannot be compared.
    #[error(transparent)]
    Coloc(#[from] coloc::error::ColocError),
    /// A folder that holds no results.
    #[error("`{}` is not a results folder: it has no run.json", path.display())]
    NotResults {
        /// The folder.
        path: PathBuf,
    },
    /// A table could not be read.
    #[error("cannot read `{}`", path.display())]
    ReadTable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// A CSV could not be read.
    #[error("cannot read `{}`", path.display())]
    ReadCsv {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A cell that is no number.
    #[error("line {line} of `{}`: {column} must be a number, not `{text}`", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A region that cannot be read.
    #[error("region `{}` {reason}", path.display())]
    Region {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Regions of images that were scaled down.
    #[error("markers need images at their own size, but those of so many ions were scaled down from {} × {} to {} × {} pixels\nhint: compare fewer ions with a lower FDR", from.0, from.1, to.0, to.1)]
    Shrunk {
        /// Width and height before.
        from: (u32, u32),
        /// Width and height after.
        to: (u32, u32),
    },
    /// A server that cannot be started or go on.
    #[error("cannot {action}")]
    Serve {
        /// What.
        action: String,
        /// Why.
        source: io::Error,
    },
    /// An ion that is not among the annotations.
    #[error(
        "none of the {n_ions} annotated ions is called `{ion}`{}",
        suggestion(near)
    )]
    UnknownIon {
        /// What was asked for.
        ion: String,
        /// How many there are.
        n_ions: usize,
        /// Those that are near, or nothing.
        near: String,
    },
    /// A store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A plan or task is not followed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A task was not done.
    #[error(transparent)]
    Task(#[from] Box<TaskError>),
    /// An engine that does tasks is out of reach, or refuses.
    #[error("{engine} cannot be used: {reason}")]
    Engine {
        /// Which.
        engine: &'static str,
        /// Why.
        reason: String,
    },
    /// A run that is not known.
    #[error(
        "no run `{run}` is known on this machine\nhint: give its place, such as s3://BUCKET/FOLDER/.metaspace/runs/{run}"
    )]
    UnknownRun {
        /// As it was given.
        run: String,
    },
    /// Threads could not be started.
    #[error("cannot start {n_threads} threads")]
    Threads {
        /// How many.
        n_threads: usize,
        /// Why.
        source: rayon::ThreadPoolBuildError,
    },
}

fn suggestion(near: &str) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!("\nhint: did you mean one of {near}?")
    }
}

impl RunError {
    /// Wraps an error of a file.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// Whether it is a stop from outside and no failure.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self,
            Self::Annotate(
                AnnotateError::Cancelled(_) | AnnotateError::Index(IndexError::Cancelled(_))
            ) | Self::Index(IndexError::Cancelled(_))
                | Self::Simulate(datasets::simulate::SimulateError::Cancelled(_))
        )
    }
}

impl From<Cancelled> for RunError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Annotate(AnnotateError::Cancelled(cancelled))
    }
}
