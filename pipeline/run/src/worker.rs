//! One task of a run, wherever it is done: [`run_task`] is called by threads, by `metaspace worker`
//! and by the Lambda function.
//!
//! What a task writes is a function of the plan alone, and is written whole or not at all, so that
//! a task is idempotent: done twice, or twice at once, it changes nothing.

use metaspace_machine::usage::peak_memory_bytes;
use metaspace_storage::Store;

use crate::error::RunError;
use crate::plan::{RunKey, Stage, Task};

mod cache;
mod colocalize;
pub mod failed;
mod fdr;
mod images;
mod ions;
mod job;
mod kinds;
mod limits;
mod merge;
mod parts;
mod rank;
mod report;
mod spectra;

pub use job::{Job, Jobs};
pub use limits::{TaskLimits, Watchdog};
pub use parts::{put_json_part, put_part, read_json_part, read_part};
pub use report::{Failure, FailureKind, Part, Report, TaskError, TaskOutput};

/// Does a task of an annotation, unless its report is there already; returns the report.
///
/// # Errors
/// The task is refused, was cancelled, does not fit, or fails.
pub fn run_task(jobs: &Jobs, task: &Task, limits: TaskLimits) -> Result<Report, TaskError> {
    let watch = Watchdog::new(limits);
    let job = jobs.open(task)?;
    do_once(&job.store, task, &watch, |watch| match task.stage {
        Stage::Spectra => spectra::order(&job, task, watch),
        Stage::Ions => ions::search(&job, task, watch),
        Stage::Fdr => fdr::estimate(&job, task, watch),
        Stage::Rank => rank::rank(&job, task, watch),
        Stage::Images => images::draw(&job, task, watch),
        Stage::Colocalize => colocalize::compare(&job, task, watch),
        Stage::Merge => merge::merge(&job, watch),
        Stage::Measure => Err(TaskError::no_such_task(task)),
    })
}

/// Does a task of any kind by `work`, unless its report is there already, and stores its report.
///
/// # Errors
/// The run was cancelled, the task does not fit or fails, or the store is out of reach.
pub fn do_once(
    store: &Store,
    task: &Task,
    watch: &Watchdog,
    work: impl FnOnce(&Watchdog) -> Result<TaskOutput, TaskError>,
) -> Result<Report, TaskError> {
    if let Some(report) = parts::stored_report(store, task)? {
        return Ok(report);
    }
    if store.has(&RunKey::Cancelled.of(&task.run))? {
        return Err(TaskError::Cancelled);
    }
    let TaskOutput {
        rows,
        parts,
        warnings,
    } = work(watch).map_err(|error| watch.explain(error, task))?;
    let report = Report {
        stage: task.stage,
        task: task.task,
        rows,
        seconds: watch.started.elapsed().as_secs_f64(),
        memory_mb: watch.limits.memory_mb,
        peak_memory_bytes: peak_memory_bytes(),
        traffic: store.traffic(),
        parts,
        warnings,
    };
    let bytes = serde_json::to_vec(&report).map_err(|source| RunError::Json {
        path: task.report_key().into(),
        source,
    })?;
    store.put(&task.report_key(), bytes)?;
    Ok(report)
}
