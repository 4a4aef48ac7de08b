//! What can go wrong with an index.

use std::io;

use crate::imzml::ImzmlError;
use crate::progress::Cancelled;

/// Why an index could not be built or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// A spectrum is wrong.
    #[error(transparent)]
    Imzml(#[from] ImzmlError),
    /// Temporary room could not be written or read.
    #[error("cannot {action} {length} bytes of the temporary index at byte {offset}")]
    Scratch {
        /// "write" or "read".
        action: &'static str,
        /// Where.
        offset: u64,
        /// How many.
        length: u64,
        /// Why.
        source: io::Error,
    },
    /// Temporary room could not be made.
    #[error(
        "the peaks take {} MB, of memory {} MB are left for them, and they cannot go to a temporary file",
        needed.div_ceil(1_000_000),
        allowed / 1_000_000
    )]
    NoScratch {
        /// Bytes of the index.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
        /// Why.
        source: io::Error,
    },
    /// A run of peaks that was stored could not be read back.
    #[error("cannot read peaks of m/z {low} to {high}")]
    Runs {
        /// The interval.
        low: f64,
        /// The interval.
        high: f64,
        /// Why.
        source: io::Error,
    },
    /// A run of peaks that is not as it was stored.
    #[error("peaks that were stored are damaged: {reason}")]
    Damaged {
        /// What is wrong.
        reason: &'static str,
    },
    /// Whoever looked at the peaks while they were held failed.
    #[error(transparent)]
    Looking(Box<dyn std::error::Error + Send + Sync>),
    /// Stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
