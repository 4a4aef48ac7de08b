//! What can go wrong with a simulation.

use std::io;

use ms_core::isotopes::PatternError;
use ms_core::progress::Cancelled;

/// Why a tissue could not be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A setting that makes no sense.
    #[error("{field} must be {expected}, not {found}")]
    Config {
        /// Name of the setting.
        field: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The table is too small.
    #[error("{wanted} molecules are wanted, formulas with an ion in the m/z range are {found}")]
    TooFewMolecules {
        /// `n_molecules` of the configuration.
        wanted: usize,
        /// Distinct formulas with an ion in the m/z range.
        found: usize,
    },
    /// An ion without isotopic pattern.
    #[error("no isotopic pattern of ion `{ion}`")]
    Pattern {
        /// Formula of the ion.
        ion: String,
        /// Why.
        source: PatternError,
    },
    /// The receiver of spectra failed.
    #[error("spectrum at column {x}, row {y} was not taken")]
    Sink {
        /// Column, from 1.
        x: u32,
        /// Row, from 1.
        y: u32,
        /// Why.
        source: io::Error,
    },
    /// Stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
