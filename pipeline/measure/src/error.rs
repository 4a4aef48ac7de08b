//! What can go wrong while ions are measured.

use metaspace_explore::error::ExploreError;
use metaspace_machine::error::FileError;
use metaspace_results::ResultsError;
use metaspace_run::error::RunError;
use metaspace_run::plan::PlanError;
use metaspace_run::worker::TaskError;
use metaspace_storage::StoreError;
use ms_core::progress::Cancelled;

/// Why ions were not measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Results could not be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// An image could not be made.
    #[error(transparent)]
    Explore(#[from] ExploreError),
    /// Results could not be brought to this machine.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A plan that is not followed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What a task has left cannot be read.
    #[error(transparent)]
    Task(#[from] Box<TaskError>),
    /// Something that cannot be written or understood as JSON.
    #[error("cannot write or understand `{what}`")]
    Json {
        /// What.
        what: String,
        /// Why.
        source: serde_json::Error,
    },
    /// Tasks that failed for good.
    #[error(
        "{n_failed} of {n_tasks} results could not be measured: {reason}\nhint: the same command again measures only those that are missing"
    )]
    Failed {
        /// How many.
        n_failed: usize,
        /// Of how many.
        n_tasks: usize,
        /// Why, of the first.
        reason: String,
    },
    /// An engine that does tasks is out of reach, or refuses.
    #[error(transparent)]
    Engine(Box<dyn std::error::Error + Send + Sync>),
}

impl MeasureError {
    /// Whether it is a stop from outside and no failure.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Results(error) => error.is_cancelled(),
            Self::Explore(error) => error.is_cancelled(),
            Self::Run(error) => error.is_cancelled(),
            _ => false,
        }
    }
}

impl From<Cancelled> for MeasureError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Results(cancelled.into())
    }
}

impl From<MeasureError> for TaskError {
    /// What a task says of it. A stop is one of an annotation, so that its reason is found out.
    fn from(error: MeasureError) -> Self {
        match error {
            MeasureError::File(error) => error.into(),
            MeasureError::Results(error) => error.into(),
            MeasureError::Run(error) => error.into(),
            MeasureError::Store(error) => error.into(),
            MeasureError::Plan(error) => error.into(),
            MeasureError::Task(error) => *error,
            error if error.is_cancelled() => Self::Run(ResultsError::from(Cancelled).into()),
            error => Self::Work(Box::new(error)),
        }
    }
}
