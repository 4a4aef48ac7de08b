//! What can go wrong while tasks are given to an engine.

use std::path::PathBuf;

use metaspace_machine::error::{FileError, OptionError};
use metaspace_run::error::RunError;
use metaspace_run::plan::PlanError;
use metaspace_run::worker::TaskError;
use metaspace_storage::StoreError;

/// Why a run could not be driven.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An option whose value makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The program that does tasks is not installed beside this one.
    #[error(
        "there is no `{}`, which does the tasks\nhint: it is built and installed with metaspace: cargo install --path pipeline", path.display()
    )]
    NoWorker {
        /// Where it should be.
        path: PathBuf,
    },
    /// A record that cannot be understood.
    #[error("cannot understand `{}`", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Threads could not be started.
    #[error("cannot start {n_threads} threads")]
    Threads {
        /// How many.
        n_threads: usize,
        /// Why.
        source: rayon::ThreadPoolBuildError,
    },
    /// A step of the annotation failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A plan or task is not followed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A task was not done.
    #[error(transparent)]
    Task(#[from] Box<TaskError>),
    /// An engine that does tasks is out of reach, or refuses.
    #[error("{engine} cannot be used: {reason}")]
    Engine {
        /// Which.
        engine: &'static str,
        /// Why.
        reason: String,
    },
    /// A run that is not known.
    #[error(
        "no run `{run}` is known on this machine\nhint: give its place, such as s3://BUCKET/FOLDER/.metaspace/runs/{run}"
    )]
    UnknownRun {
        /// As it was given.
        run: String,
    },
    /// A record could not be written as JSON.
    #[error("cannot write `{}`", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}
