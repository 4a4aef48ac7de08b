//! How a task ended: its report, or why it was not done.

use metaspace_machine::error::{Explanation, FileError};
use metaspace_results::ResultsError;
use metaspace_storage::{StoreError, Traffic};
use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::plan::{PlanError, Stage, Task};

/// A part that a task has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What it is, with which its key ends.
    pub kind: String,
    /// BLAKE3 hash of its bytes; of images, of what is in their columns.
    pub content: String,
}

/// What a task did; it is stored when all that the task writes is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Report {
    /// The stage.
    pub stage: Stage,
    /// Number of the task in its stage.
    pub task: u32,
    /// Rows, images or peaks written.
    pub rows: u64,
    /// Seconds on the clock.
    pub seconds: f64,
    /// Memory of the worker in MB, by which it is billed.
    pub memory_mb: u32,
    /// Most bytes of memory that the process had at once.
    pub peak_memory_bytes: Option<u64>,
    /// What was asked of the store.
    pub traffic: Traffic,
    /// What it passes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// What was tolerated, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What a task has written.
#[derive(Debug)]
pub struct TaskOutput {
    /// Rows, images or peaks.
    pub rows: u64,
    /// See [`Report::parts`].
    pub parts: Vec<Part>,
    /// See [`Report::warnings`].
    pub warnings: Vec<String>,
}

impl TaskOutput {
    pub(crate) fn new(rows: u64, parts: Vec<Part>) -> Self {
        Self {
            rows,
            parts,
            warnings: Vec::new(),
        }
    }

    pub(crate) fn with(self, warnings: impl IntoIterator<Item = String>) -> Self {
        Self {
            warnings: warnings.into_iter().collect(),
            ..self
        }
    }
}

/// Why a task was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// The plan, or the task of it, is refused.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The run was cancelled.
    #[error("the run was cancelled")]
    Cancelled,
    /// It would take more memory than it may.
    #[error("{task} needs more than the {memory_mb} MB of its worker")]
    Memory {
        /// The task.
        task: String,
        /// What it may take.
        memory_mb: u32,
    },
    /// It would take more time than it may.
    #[error("{task} is not done within {seconds} s")]
    Time {
        /// The task.
        task: String,
        /// What it may take.
        seconds: u64,
    },
    /// A part that another task wrote is not as it was written.
    #[error("`{part}` is damaged: {reason}")]
    Part {
        /// The part.
        part: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Something failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The work of a task that is of no annotation failed.
    #[error(transparent)]
    Work(Box<dyn std::error::Error + Send + Sync>),
}

impl From<FileError> for TaskError {
    fn from(error: FileError) -> Self {
        Self::Run(error.into())
    }
}

impl From<ResultsError> for TaskError {
    fn from(error: ResultsError) -> Self {
        Self::Run(error.into())
    }
}

impl From<StoreError> for TaskError {
    fn from(error: StoreError) -> Self {
        Self::Run(error.into())
    }
}

impl TaskError {
    /// What is said of a task that its plan does not have.
    pub fn no_such_task(task: &Task) -> Self {
        Self::Plan(PlanError::Refused {
            what: task.name(),
            reason: format!("run {} has no such task", task.run),
        })
    }

    /// What kind it is, for the one who decides what to do about it.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Cancelled => FailureKind::Cancelled,
            Self::Plan(error) if !error.is_out_of_reach() => FailureKind::Refused,
            Self::Memory { .. } => FailureKind::Memory,
            Self::Time { .. } => FailureKind::Time,
            _ => FailureKind::Task,
        }
    }
}

/// How a task ended that was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureKind {
    /// It says why itself.
    Task,
    /// The plan is none that can be followed; trying again is of no use.
    Refused,
    /// It would need more memory than its worker has.
    Memory,
    /// It took too long.
    Time,
    /// Its worker died.
    Crash,
    /// Its worker was killed, as happens where memory ends.
    Killed,
    /// The engine had no room for it.
    Throttled,
    /// The engine was out of reach, or failed.
    Engine,
    /// The run was cancelled.
    Cancelled,
}

impl FailureKind {
    /// All of them.
    const ALL: [Self; 9] = [
        Self::Task,
        Self::Refused,
        Self::Memory,
        Self::Time,
        Self::Crash,
        Self::Killed,
        Self::Throttled,
        Self::Engine,
        Self::Cancelled,
    ];

    /// Its name, in JSON and as the type of an error of Lambda.
    pub fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Refused => "refused",
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Crash => "crash",
            Self::Killed => "killed",
            Self::Throttled => "throttled",
            Self::Engine => "engine",
            Self::Cancelled => "cancelled",
        }
    }

    /// The kind of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How a task ended that was not done, as it is passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// Why, in words.
    pub reason: String,
}

impl Failure {
    /// Of a kind.
    pub fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
        }
    }
}

impl From<&TaskError> for Failure {
    fn from(error: &TaskError) -> Self {
        Self {
            kind: error.kind(),
            reason: Explanation::of(error).line(),
        }
    }
}
