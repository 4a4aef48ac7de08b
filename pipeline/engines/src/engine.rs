//! Where tasks are done: one interface, one file an engine.

use std::path::PathBuf;
use std::sync::Arc;

use metaspace_machine::error::FileError;
use metaspace_run::plan::Task;
use metaspace_run::worker::{Failure, Jobs, Report, TaskError, TaskLimits};

use crate::error::EngineError;

/// Does a task, whatever kind of plan it is of.
pub type DoTask = fn(&Jobs, &Task, TaskLimits) -> Result<Report, TaskError>;

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
pub struct OutcomeSender(Arc<dyn Fn(Ended) + Send + Sync>);

impl OutcomeSender {
    /// One that does so with it.
    pub fn new(tell: impl Fn(Ended) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells how an attempt ended.
    pub fn tell(&self, ended: Ended) {
        (self.0)(ended);
    }
}

impl std::fmt::Debug for OutcomeSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutcomeSender").finish_non_exhaustive()
    }
}

/// Something that does tasks.
///
/// A task may be done twice, and at once: its results are the same. What must hold is that each
/// attempt ends, and is told once.
pub trait Engine: Send + Sync {
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
    fn start(&self, attempts: Vec<Attempt>, ended: &OutcomeSender) -> Result<(), EngineError>;

    /// Stops what is under way, where that can be done: nobody waits for it any more.
    fn stop(&self) {}
}

/// Name of the program that does tasks; it lies beside this one.
const WORKER: &str = "metaspace-worker";

/// The program that does tasks elsewhere.
///
/// # Errors
/// It does not lie beside this one.
pub fn worker_program() -> Result<PathBuf, EngineError> {
    let this = std::env::current_exe().map_err(FileError::at("find", "this program"))?;
    let worker = this.with_file_name(WORKER);
    if worker.is_file() {
        Ok(worker)
    } else {
        Err(EngineError::NoWorker { path: worker })
    }
}
