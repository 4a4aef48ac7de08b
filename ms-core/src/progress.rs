//! How a computation tells how far it is, and learns that it should stop.

/// Receives progress; asked now and then whether to stop. Called from many threads.
pub trait Progress: Sync {
    /// A stage begins, of `total` steps.
    fn begin(&self, stage: &'static str, total: u64);

    /// `steps` more steps of the current stage are done.
    fn advance(&self, steps: u64);

    /// A line that the user should see, such as where a setting was taken from. Does nothing unless
    /// it is implemented.
    fn note(&self, _text: &str) {}

    /// Whether the work should stop as soon as it can.
    fn is_cancelled(&self) -> bool;
}

/// Nobody watches and nobody cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: &'static str, _total: u64) {}

    fn advance(&self, _steps: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// The work was stopped from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Ends a computation that should stop.
///
/// # Errors
/// [`Cancelled`] if so.
pub fn check(progress: &dyn Progress) -> Result<(), Cancelled> {
    if progress.is_cancelled() {
        Err(Cancelled)
    } else {
        Ok(())
    }
}
