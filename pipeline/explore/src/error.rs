//! What can go wrong with a question to results.

use std::path::PathBuf;

use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::ResultsError;
use ms_core::imzml::ImzmlError;
use ms_core::profile::PeakIntensityError;
use ms_core::progress::Cancelled;
use ms_core::recalibration::CurveError;
use ms_core::spectra::IndexError;

/// Why a question to results has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExploreError {
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An option whose value makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Results could not be written or read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The dataset is wrong.
    #[error(transparent)]
    Imzml(#[from] ImzmlError),
    /// A record with a correction of m/z that is none.
    #[error(transparent)]
    Recalibration(#[from] CurveError),
    /// A record of picked peaks whose intensity is none that is known.
    #[error(transparent)]
    PeakIntensity(#[from] PeakIntensityError),
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
    /// Images cannot be compared.
    #[error(transparent)]
    Coloc(#[from] coloc::error::ColocError),
    /// A file that is no table of text.
    #[error("`{}` is {kind}\nhint: {}", path.display(), kind.hint())]
    NoTable {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: annotator::moldb::OtherKind,
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
    /// An optical image that cannot be read.
    #[error("cannot read the picture `{}`", path.display())]
    Picture {
        /// The file, or what it is called.
        path: PathBuf,
        /// Why.
        source: image::ImageError,
    },
    /// An optical image of a kind that is not read.
    #[error("`{}` is no picture that is read\nhint: PNG, JPEG, TIFF, BMP and WebP are; export a whole slide as TIFF", path.display())]
    NoPicture {
        /// The file, or what it is called.
        path: PathBuf,
    },
    /// An optical image that does not fit into the memory.
    #[error("the picture `{}` of {width} × {height} pixels takes {n_bytes} bytes of memory, and {allowed} are allowed\nhint: allow more with --memory, or save it with fewer pixels", path.display())]
    LargePicture {
        /// The file, or what it is called.
        path: PathBuf,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// What it takes.
        n_bytes: u64,
        /// What there is.
        allowed: u64,
    },
    /// Results without an optical image.
    #[error("`{}` has no optical image\nhint: `metaspace optical {} FILE` puts one beside the results", results.display(), results.display())]
    NoOptical {
        /// The results folder.
        results: PathBuf,
    },
    /// A region that is not there.
    #[error("`{}` has no region `{region}`\nhint: {known}", results.display())]
    NoRegion {
        /// The results folder.
        results: PathBuf,
        /// The region.
        region: String,
        /// The regions that there are, in words.
        known: String,
    },
    /// A region without pixels.
    #[error("region `{region}` of `{}` has none of its {n_pixels} pixels", results.display())]
    EmptyRegion {
        /// The results folder.
        results: PathBuf,
        /// The region.
        region: String,
        /// Pixels that have a spectrum.
        n_pixels: usize,
    },
    /// A file of regions that cannot be understood.
    #[error("regions of `{}`: {reason}", path.display())]
    RegionFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file of regions that is no JSON.
    #[error("cannot understand `{}`", path.display())]
    RegionJson {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Regions of images that were scaled down.
    #[error("markers need images at their own size, but those of so many ions were scaled down from {} × {} to {} × {} pixels\nhint: compare fewer ions with a lower FDR", from.0, from.1, to.0, to.1)]
    Shrunk {
        /// Width and height before.
        from: (u32, u32),
        /// Width and height after.
        to: (u32, u32),
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
}

fn suggestion(near: &str) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!("\nhint: did you mean one of {near}?")
    }
}

impl ExploreError {
    /// Whether it is a stop from outside and no failure.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Results(error) => error.is_cancelled(),
            Self::Index(error) => matches!(error, IndexError::Cancelled(_)),
            _ => false,
        }
    }
}

impl From<Cancelled> for ExploreError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Results(cancelled.into())
    }
}
