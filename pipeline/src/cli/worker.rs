//! `metaspace worker`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Output;
use crate::error::RunError;
use crate::plan::estimate::MEMORY_CLASSES;
use crate::plan::{Task, read_tasks};
use crate::storage::{Location, read_whole};
use crate::terminal::is_interrupted;
use crate::worker::{Failure, FailureKind, Jobs, Limits, Report, TaskError, run_task, tell_failed};

#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// A task or a list of tasks (JSON): a file, or `s3://BUCKET/KEY`
    #[arg(value_name = "TASK")]
    tasks: PathBuf,
    /// Attempts of each task; one that fails is told on the store and stops no other
    #[arg(long, value_name = "N", default_value_t = 1)]
    attempts: u32,
    /// Memory in MB that the process may take; a task that would take more says so and stops [default: 1769, and no stop]
    #[arg(long, value_name = "MB")]
    memory_mb: Option<u32>,
    /// Seconds after which a task stops [default: none]
    #[arg(long, value_name = "S")]
    time: Option<u64>,
}

pub(super) fn run(args: &WorkerArgs) -> Result<Output, RunError> {
    let limits = Limits {
        memory_mb: args.memory_mb.unwrap_or(MEMORY_CLASSES[0]),
        is_bound: args.memory_mb.is_some(),
        time: args.time.map(Duration::from_secs),
    };
    let (jobs, mut reports) = (Jobs::default(), Vec::new());
    let mut last_failure = None;
    for task in read_tasks(&read_whole(&Location::of(&args.tasks)?)?)? {
        match try_task(&jobs, &task, limits, args.attempts) {
            Ok(report) => {
                let json = serde_json::to_value(&report);
                let path = args.tasks.clone();
                reports.push(json.map_err(|source| RunError::Json { path, source })?);
            }
            Err(error) => last_failure = Some(error),
        }
    }
    if let Some(error) = last_failure {
        return Err(Box::new(error).into());
    }
    let mut text = String::new();
    for report in &reports {
        text.push_str(&format!("{report}\n"));
    }
    Ok(Output {
        text,
        json: reports.into(),
    })
}

/// Does a task, again where that may help; tells each failure on the store.
fn try_task(jobs: &Jobs, task: &Task, limits: Limits, attempts: u32) -> Result<Report, TaskError> {
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        let error = match run_task(jobs, task, limits) {
            Ok(report) => return Ok(report),
            Err(error) => error,
        };
        let failure = Failure::from(&error);
        let is_hopeless = matches!(
            failure.kind,
            FailureKind::Refused | FailureKind::Cancelled | FailureKind::Memory | FailureKind::Time
        );
        if failure.kind != FailureKind::Refused {
            tell_failed(task, &failure)?;
        }
        if is_hopeless || n_tries >= attempts || is_interrupted() {
            return Err(error);
        }
    }
}
