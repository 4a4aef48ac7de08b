//! Every way in which a command can fail, and its exit code.

use std::path::PathBuf;

use metaspace_engines::error::EngineError;
use metaspace_experiments::error::ExperimentError;
use metaspace_explore::error::ExploreError;
use metaspace_export::ExportError;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_report::error::ReportError;
use metaspace_results::ResultsError;
use metaspace_run::error::RunError;
use metaspace_run::plan::PlanError;
use metaspace_run::worker::TaskError;
use metaspace_server::error::ServeError;
use metaspace_storage::StoreError;
use ms_core::imzml::ImzmlError;
use ms_core::progress::Cancelled;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An option whose value makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Results could not be written or read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// A question to the results has no answer.
    #[error(transparent)]
    Explore(#[from] ExploreError),
    /// An experiment was not evaluated.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// An experiment cannot be simulated.
    #[error(transparent)]
    SimulateExperiment(#[from] datasets::experiment::ExperimentConfigError),
    /// Results were not exported.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A dataset was not annotated.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A task was not done.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A run could not be driven.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A report or picture could not be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The server could not be started or go on.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The work was stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A plan or task is not followed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The dataset is wrong.
    #[error(transparent)]
    Imzml(#[from] ImzmlError),
    /// Images cannot be compared.
    #[error(transparent)]
    Coloc(#[from] coloc::error::ColocError),
    /// A record could not be written as JSON.
    #[error("cannot write `{}`", path.display())]
    Json {
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
}

impl CliError {
    /// Whether it is a stop from outside and no failure.
    pub(crate) fn is_cancelled(&self) -> bool {
        match self {
            Self::Run(error) => error.is_cancelled(),
            Self::Results(error) => error.is_cancelled(),
            Self::Explore(error) => error.is_cancelled(),
            Self::Experiment(error) => error.is_cancelled(),
            Self::Export(error) => error.is_cancelled(),
            Self::Report(error) => error.is_cancelled(),
            Self::Cancelled(_) => true,
            _ => false,
        }
    }
}
