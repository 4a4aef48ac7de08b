//! Threads that a command works on.

use metaspace_machine::error::OptionError;

use crate::cli::error::CliError;

/// Does work on so many threads, or one a processor.
///
/// # Errors
/// The threads cannot be started, or the work fails.
pub(crate) fn in_threads<T: Send, E: Into<CliError> + Send>(
    n_threads: Option<usize>,
    work: impl FnOnce() -> Result<T, E> + Send,
) -> Result<T, CliError> {
    if n_threads == Some(0) {
        let reason = "must be at least 1";
        return Err(OptionError::new("--threads", reason).into());
    }
    let n_threads = n_threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .build()
        .map_err(|source| CliError::Threads { n_threads, source })?;
    pool.install(work).map_err(Into::into)
}
