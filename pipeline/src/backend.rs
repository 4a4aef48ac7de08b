//! Where tasks are done: one interface, one file an engine.

use std::sync::Arc;

use crate::error::RunError;
use crate::plan::Task;
use crate::worker::{Failure, Report};

pub mod lambda;
pub mod slurm;
pub mod threads;
pub mod together;

/// A task to be done once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What.
    pub task: Task,
    /// Memory of its worker in MB, at least.
    pub memory_mb: u32,
}

/// How an attempt ended.
#[derive(Debug)]
pub struct Ended {
    /// Of what.
    pub attempt: Attempt,
    /// The report of what was done, or why it was not.
    pub outcome: Result<Report, Failure>,
}

/// Is told how attempts ended.
#[derive(Clone)]
pub struct Teller(Arc<dyn Fn(Ended) + Send + Sync>);

impl Teller {
    /// One that does so with it.
    pub fn new(tell: impl Fn(Ended) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells how an attempt ended.
    pub fn tell(&self, ended: Ended) {
        (self.0)(ended);
    }
}

impl std::fmt::Debug for Teller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Teller").finish_non_exhaustive()
    }
}

/// Something that does tasks.
///
/// A task may be done twice, and at once: its results are the same. What must hold is that each
/// attempt ends, and is told once.
pub trait Backend: Send + Sync {
    /// What it is called on the command line.
    fn name(&self) -> &'static str;

    /// Attempts that may be under way at once.
    fn capacity(&self) -> usize;

    /// Memory in MB that it can give a task that needs so much; nothing if it cannot.
    fn memory_mb(&self, needed_mb: u32) -> Option<u32>;

    /// Begins attempts, and tells how each ended when it has.
    ///
    /// # Errors
    /// None can be begun now or later.
    fn start(&self, attempts: Vec<Attempt>, ended: &Teller) -> Result<(), RunError>;

    /// Stops what is under way, where that can be done: nobody waits for it any more.
    fn stop(&self) {}
}
