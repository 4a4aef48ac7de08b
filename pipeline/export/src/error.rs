//! What can go wrong with an export.

use std::path::{Path, PathBuf};

use metaspace_explore::error::ExploreError;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::ResultsError;
use ms_core::progress::Cancelled;

/// Why results were not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An option whose value makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Results could not be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// Regions could not be read.
    #[error(transparent)]
    Explore(#[from] ExploreError),
    /// Nothing to export.
    #[error("`{}` has no ion with FDR up to {fdr}\nhint: a larger --fdr takes more", results.display())]
    NoIons {
        /// The results folder.
        results: PathBuf,
        /// The FDR.
        fdr: f64,
    },
    /// What is to be written is there already.
    #[error("`{}` exists already\nhint: --force writes it anew", path.display())]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
    /// What is there is no export.
    #[error("`{}` is no {what}; --force does not overwrite it", path.display())]
    NotOurs {
        /// The file or folder.
        path: PathBuf,
        /// What is overwritten.
        what: &'static str,
    },
    /// An image that names a pixel that is not there.
    #[error("`{}` has an image of {ion} with pixel {pixel}, and there are {n_pixels}\nhint: `metaspace info RESULTS --verify` finds a file that changed", path.display())]
    Pixel {
        /// The table of images.
        path: PathBuf,
        /// The ion.
        ion: String,
        /// The pixel.
        pixel: u32,
        /// Pixels of the results.
        n_pixels: usize,
    },
    /// A results folder whose pixels have no size.
    #[error("`{}` does not say how large a pixel is\nhint: --pixel-size UM says it", results.display())]
    NoPixelSize {
        /// The results folder.
        results: PathBuf,
    },
    /// A CSV could not be written.
    #[error("cannot write `{}`", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A Parquet table could not be written.
    #[error("cannot write `{}`", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// Rows of a table do not fit together.
    #[error("cannot build the rows of `{}`", path.display())]
    Arrow {
        /// The file.
        path: PathBuf,
        /// Why.
        source: arrow_schema::ArrowError,
    },
}

impl ExportError {
    /// Whether it is a stop from outside and no failure.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Results(error) => error.is_cancelled(),
            Self::Explore(error) => error.is_cancelled(),
            _ => false,
        }
    }

    /// Makes an error of the Parquet writer one of a file.
    pub(crate) fn parquet(
        path: &Path,
    ) -> impl Fn(parquet::errors::ParquetError) -> Self + Copy + '_ {
        move |source| Self::Parquet {
            path: path.into(),
            source,
        }
    }

    /// Makes an error of Arrow one of a file.
    pub(crate) fn arrow(path: &Path) -> impl Fn(arrow_schema::ArrowError) -> Self + Copy + '_ {
        move |source| Self::Arrow {
            path: path.into(),
            source,
        }
    }
}

impl From<Cancelled> for ExportError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Results(cancelled.into())
    }
}
