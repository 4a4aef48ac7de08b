//! What can go wrong between a molecule table and its annotations.

use ms_core::isotopes::PatternError;
use ms_core::progress::Cancelled;
use ms_core::spectra::IndexError;

/// Why an annotation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnnotateError {
    /// A setting that makes no sense.
    #[error("{setting} must be {expected}, not {found}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// No molecule could be used.
    #[error("molecule table `{table}` has no usable formula: {n_rows} rows, {n_bad} of them wrong")]
    NoFormulas {
        /// Name of the table.
        table: String,
        /// Its rows.
        n_rows: usize,
        /// Rows that were refused.
        n_bad: usize,
    },
    /// An ion whose pattern cannot be computed.
    #[error("no isotopic pattern for `{ion}`")]
    Pattern {
        /// The ion's formula.
        ion: String,
        /// Why.
        source: PatternError,
    },
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// More ions than can be numbered.
    #[error("the search space has more than {limit} ions")]
    TooManyIons {
        /// How many there may be.
        limit: u64,
    },
    /// Stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
