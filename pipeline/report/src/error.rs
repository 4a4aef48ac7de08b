//! What can go wrong with a report or a picture.

use std::path::PathBuf;

use metaspace_explore::error::ExploreError;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::ResultsError;
use ms_core::progress::Cancelled;

/// Why a report or picture could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A record that cannot be shown as text.
    #[error("cannot write the record as JSON")]
    Record {
        /// Why.
        source: serde_json::Error,
    },
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An option whose value makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Results could not be written or read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// A question to the results has no answer.
    #[error(transparent)]
    Explore(#[from] ExploreError),
    /// A folder for pictures with something else in it.
    #[error("`{}` holds `{file}`, which is no picture of an earlier drawing\nhint: --force draws there all the same, --out DIR draws elsewhere", path.display())]
    OtherFile {
        /// The folder.
        path: PathBuf,
        /// What is in it.
        file: String,
    },
    /// A CSV could not be read.
    #[error("cannot read `{}`", path.display())]
    ReadCsv {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A CSV could not be written.
    #[error("cannot write `{}`", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A figure could not be converted.
    #[error("cannot draw `{}`", path.display())]
    Figure {
        /// The file.
        path: PathBuf,
        /// Why.
        source: metaspace_render::vector::VectorError,
    },
    /// Nothing to draw.
    #[error("no ion of `{}` has an FDR up to {} %\nhint: a larger --fdr, or --ion, draws more", path.display(), fdr * 100.0)]
    NoIon {
        /// The results folder.
        path: PathBuf,
        /// The FDR.
        fdr: f64,
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
}

impl ReportError {
    /// Whether it is a stop from outside and no failure.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Results(error) => error.is_cancelled(),
            Self::Explore(error) => error.is_cancelled(),
            _ => false,
        }
    }
}

impl From<Cancelled> for ReportError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Results(cancelled.into())
    }
}
