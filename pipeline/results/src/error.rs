//! What can go wrong with a results folder.

use std::path::PathBuf;

use annotator::error::AnnotateError;
use metaspace_machine::error::{FileError, OptionError};
use ms_core::progress::Cancelled;
use ms_core::spectra::IndexError;

use crate::schema::SCHEMA_VERSION;

/// Why a results folder could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An option whose value makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The results folder is there already.
    #[error("`{}` exists already\nhint: --force writes it anew; or give another name", path.display())]
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
    /// A record could not be written as JSON.
    #[error("cannot write `{}`", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A folder that holds no results.
    #[error("`{}` is not a results folder: it has no run.json", path.display())]
    NotResults {
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
    /// A file of another version of the schemas.
    #[error("`{}` has {found}, and this program reads {SCHEMA_VERSION}\nhint: {advice}; docs/guide/upgrades.md says more", path.display())]
    SchemaVersion {
        /// The file.
        path: PathBuf,
        /// Its version, in words.
        found: String,
        /// What its user can do.
        advice: &'static str,
    },
    /// A table could not be read.
    #[error("cannot read `{}`", path.display())]
    ReadTable {
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
    /// A file is not as it was written.
    #[error("`{}` is not as it was written: {why}\nhint: copy it anew from where it came, or annotate again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// In what.
        why: String,
    },
    /// Nothing to compare the files with.
    #[error("`{}` cannot be verified: its run.json has no hashes of the files, as an earlier version wrote it", path.display())]
    NotHashed {
        /// The folder.
        path: PathBuf,
    },
    /// No peaks were kept.
    #[error("there is no `{}`\nhint: `metaspace annotate --keep-peaks` writes it beside the other results", path.display())]
    NoPeaks {
        /// The file.
        path: PathBuf,
    },
    /// The annotation failed.
    #[error(transparent)]
    Annotate(#[from] AnnotateError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The record of an optical image says something that none can be.
    #[error("optical image `{}` {reason}", path.display())]
    Optical {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file of regions says something that no region can be.
    #[error("region `{}` {reason}", path.display())]
    Region {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A CSV could not be read.
    #[error("cannot read `{}`", path.display())]
    ReadCsv {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// Images cannot be compared.
    #[error(transparent)]
    Coloc(#[from] coloc::error::ColocError),
}

impl ResultsError {
    /// Whether it is a stop from outside and no failure.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self,
            Self::Annotate(
                AnnotateError::Cancelled(_) | AnnotateError::Index(IndexError::Cancelled(_))
            ) | Self::Index(IndexError::Cancelled(_))
        )
    }
}

impl From<Cancelled> for ResultsError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Annotate(AnnotateError::Cancelled(cancelled))
    }
}
