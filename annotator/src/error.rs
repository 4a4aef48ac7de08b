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
    /// More modifiers than can be numbered.
    #[error(
        "too many {kind} modifiers: (1 + {n_chem_mods} chemical modifications) × (1 + {n_neutral_losses} neutral losses) × {n_adducts} {kind} adducts are {found}, and at most {limit} can be numbered\nhint: give fewer --chem-mod or --neutral-loss"
    )]
    TooManyModifiers {
        /// "target" or "decoy".
        kind: &'static str,
        /// Chemical modifications that were given.
        n_chem_mods: usize,
        /// Neutral losses that were given.
        n_neutral_losses: usize,
        /// Adducts of this kind.
        n_adducts: usize,
        /// How many modifiers they make.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// More molecule tables than can be numbered.
    #[error("{found} molecule tables are given, and at most {limit} can be numbered")]
    TooManyTables {
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
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
