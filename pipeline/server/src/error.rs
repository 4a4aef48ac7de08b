//! What can go wrong with the server as a whole.

use std::io;

use metaspace_explore::error::ExploreError;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::ResultsError;

/// Why a server could not be started or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
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
    /// A server that cannot be started or go on.
    #[error("cannot {action}")]
    Serve {
        /// What.
        action: String,
        /// Why.
        source: io::Error,
    },
}
