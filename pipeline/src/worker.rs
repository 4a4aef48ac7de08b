//! One task of a run, wherever it is done: [`run_task`] is called by threads, by `metaspace worker`
//! and by the Lambda function.
//!
//! What a task writes is a function of the plan alone, and is written whole or not at all, so that
//! doing a task twice, or twice at once, changes nothing.

use std::time::{Duration, Instant};

use ms_core::progress::Progress;
use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::machine::{memory_now_bytes, peak_memory_bytes};
use crate::orchestrate::FailedTask;
use crate::plan::{PlanError, RunKey, Stage, Task};
use crate::storage::{Location, Store, StoreError, Traffic};

mod cache;
mod colocalize;
mod fdr;
mod images;
mod ions;
mod job;
mod merge;
mod parts;
mod rank;
mod spectra;

pub use job::{Job, Jobs};
pub use parts::Part;

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
struct Written {
    /// Rows, images or peaks.
    rows: u64,
    /// See [`Report::parts`].
    parts: Vec<Part>,
    /// See [`Report::warnings`].
    warnings: Vec<String>,
}

impl Written {
    fn new(rows: u64, parts: Vec<Part>) -> Self {
        Self {
            rows,
            parts,
            warnings: Vec::new(),
        }
    }

    fn with(self, warnings: impl IntoIterator<Item = String>) -> Self {
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
}

impl From<StoreError> for TaskError {
    fn from(error: StoreError) -> Self {
        Self::Run(error.into())
    }
}

impl TaskError {
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

    /// Its name where it is passed on as text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Refused => "Refused",
            Self::Memory => "Memory",
            Self::Time => "Time",
            Self::Crash => "Crash",
            Self::Killed => "Killed",
            Self::Throttled => "Throttled",
            Self::Engine => "Engine",
            Self::Cancelled => "Cancelled",
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
        let mut reason = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(source) = cause {
            reason.push_str(&format!(": {source}"));
            cause = source.source();
        }
        Self {
            kind: error.kind(),
            reason,
        }
    }
}

/// What a worker gives a task.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Memory in MB by which the worker is billed.
    pub memory_mb: u32,
    /// Whether the whole process may not take more than that.
    pub is_bound: bool,
    /// Time until which the task must be done, if any.
    pub time: Option<Duration>,
}

/// Does a task, unless its report is there already; returns the report.
///
/// # Errors
/// The task is refused, was cancelled, does not fit, or fails.
pub fn run_task(jobs: &Jobs, task: &Task, limits: Limits) -> Result<Report, TaskError> {
    let started = Instant::now();
    let job = jobs.open(task)?;
    if let Some(report) = job.report(task)? {
        return Ok(report);
    }
    if job.store.has(&RunKey::Cancelled.of(&task.run))? {
        return Err(TaskError::Cancelled);
    }
    let watch = Watch { started, limits };
    let done = match task.stage {
        Stage::Spectra => spectra::order(&job, task, &watch),
        Stage::Ions => ions::search(&job, task, &watch),
        Stage::Fdr => fdr::estimate(&job, task, &watch),
        Stage::Rank => rank::rank(&job, task, &watch),
        Stage::Images => images::draw(&job, task, &watch),
        Stage::Colocalize => colocalize::compare(&job, task, &watch),
        Stage::Merge => merge::merge(&job, &watch),
    };
    let Written {
        rows,
        parts,
        warnings,
    } = done.map_err(|error| watch.explain(error, task))?;
    let report = Report {
        stage: task.stage,
        task: task.task,
        rows,
        seconds: started.elapsed().as_secs_f64(),
        memory_mb: limits.memory_mb,
        peak_memory_bytes: peak_memory_bytes(),
        traffic: job.store.traffic(),
        parts,
        warnings,
    };
    let bytes = serde_json::to_vec(&report).map_err(|source| RunError::Json {
        path: task.report_key().into(),
        source,
    })?;
    job.store.put(&task.report_key(), bytes)?;
    Ok(report)
}

/// Key of what is told of a task that failed where nobody waits for it.
pub fn failed_key(task: &Task) -> String {
    Task::key(&task.run, task.stage, task.task, "failed")
}

/// Tells on the store that a task failed, once more if it was told before.
///
/// # Errors
/// The store is out of reach.
pub fn tell_failed(task: &Task, failure: &Failure) -> Result<(), RunError> {
    let store = Store::open(&Location::parse(&task.store)?)?;
    let key = failed_key(task);
    let before = store.find(&key)?;
    let before = before.and_then(|bytes| serde_json::from_slice::<FailedTask>(&bytes).ok());
    let failed = FailedTask {
        stage: task.stage,
        task: task.task,
        attempts: before.map_or(0, |failed| failed.attempts) + 1,
        failure: failure.clone(),
    };
    let json = serde_json::to_vec(&failed);
    Ok(store.put(
        &key,
        json.map_err(|source| RunError::Json {
            path: key.clone().into(),
            source,
        })?,
    )?)
}

/// Stops a task that would outgrow its worker, so that it can say so.
struct Watch {
    started: Instant,
    limits: Limits,
}

impl Watch {
    /// Of 1,024 parts of its memory, those a process may fill before it stops.
    const FULL: u64 = 960;

    fn is_late(&self) -> bool {
        self.limits
            .time
            .is_some_and(|time| self.started.elapsed() >= time)
    }

    fn is_full(&self) -> bool {
        let allowed = u64::from(self.limits.memory_mb) * Self::FULL * 1_024;
        self.limits.is_bound && memory_now_bytes().is_some_and(|bytes| bytes > allowed)
    }

    /// A stop is told as what it was for.
    fn explain(&self, error: TaskError, task: &Task) -> TaskError {
        let is_stop = matches!(&error, TaskError::Run(error) if error.is_cancelled());
        if is_stop && self.is_late() {
            let seconds = self.limits.time.map_or(0, |time| time.as_secs());
            return TaskError::Time {
                task: task.name(),
                seconds,
            };
        }
        if is_stop && self.limits.is_bound {
            return TaskError::Memory {
                task: task.name(),
                memory_mb: self.limits.memory_mb,
            };
        }
        if is_stop { TaskError::Cancelled } else { error }
    }
}

impl Progress for Watch {
    fn begin(&self, _stage: &'static str, _total: u64) {}

    fn advance(&self, _steps: u64) {}

    fn is_cancelled(&self) -> bool {
        self.is_late() || self.is_full() || crate::terminal::is_interrupted()
    }
}
