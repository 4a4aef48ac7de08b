//! Doing tasks, as an engine calls for them: the whole of the program `metaspace-worker`, and the
//! command `metaspace worker`.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser};
use metaspace_engines::error::EngineError;
use metaspace_engines::lambda::function::serve;
use metaspace_machine::error::Explanation;
use metaspace_machine::interrupt::{is_interrupted, stop_on_interrupt};
use metaspace_measure::tasks::measure_task;
use metaspace_run::plan::held::MEMORY_CLASSES;
use metaspace_run::plan::{Stage, Task, read_tasks};
use metaspace_run::worker::failed::tell_failed;
use metaspace_run::worker::{Failure, FailureKind, Jobs, Report, TaskError, TaskLimits, run_task};
use metaspace_storage::aws::is_lambda_function;
use metaspace_storage::{Location, read_whole, resolve_names_without_c_library};

/// Which tasks, and what they may take.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// A task or a list of tasks (JSON): a file, or `s3://BUCKET/KEY`
    #[arg(value_name = "TASK")]
    pub(crate) tasks: PathBuf,
    /// Attempts of each task; a failure is recorded in the store and stops no other task
    #[arg(long, value_name = "N", default_value_t = 1)]
    attempts: u32,
    /// Memory limit in MB; a task that would exceed it fails with an error [default: 1769, not enforced]
    #[arg(long, value_name = "MB")]
    memory_mb: Option<u32>,
    /// Time limit of a task in seconds [default: none]
    #[arg(long, value_name = "S")]
    time: Option<u64>,
}

/// Does tasks of a run, as an engine calls for them.
#[derive(Debug, Parser)]
#[command(name = "metaspace-worker", version)]
struct Worker {
    #[command(flatten)]
    args: WorkerArgs,
}

/// The program: the function of Lambda, where Lambda has started it, and else the tasks of its
/// arguments. A static program may not ask the C library for the addresses of hosts.
pub fn main(args: impl IntoIterator<Item = OsString>, is_static: bool) -> ExitCode {
    if is_static {
        resolve_names_without_c_library();
    }
    let done = if is_lambda_function() {
        serve(do_task)
    } else {
        stop_on_interrupt();
        work(&Worker::parse_from(args).args)
    };
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    let text = format!("error: {}\n", Explanation::of(&error).lines());
    // There is nobody to tell that stderr is closed.
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
    ExitCode::FAILURE
}

/// Does a task, whatever kind of plan it is of.
///
/// # Errors
/// The task is refused, was cancelled, does not fit, or fails.
pub fn do_task(jobs: &Jobs, task: &Task, limits: TaskLimits) -> Result<Report, TaskError> {
    match task.stage {
        Stage::Measure => measure_task(task, limits),
        _ => run_task(jobs, task, limits),
    }
}

fn work(args: &WorkerArgs) -> Result<(), EngineError> {
    for report in reports_as_json(&do_tasks(args)?)? {
        // Whoever has closed stdout does not want to know.
        drop(writeln!(std::io::stdout().lock(), "{report}"));
    }
    Ok(())
}

/// Does the tasks; returns their reports.
///
/// # Errors
/// They cannot be read, or one was not done: the last of those, after the others are done.
pub fn do_tasks(args: &WorkerArgs) -> Result<Vec<Report>, EngineError> {
    let limits = TaskLimits {
        memory_mb: args.memory_mb.unwrap_or(MEMORY_CLASSES[0]),
        is_bound: args.memory_mb.is_some(),
        time: args.time.map(Duration::from_secs),
    };
    let (jobs, mut reports) = (Jobs::default(), Vec::new());
    let mut last_failure = None;
    for task in read_tasks(&read_whole(&Location::of(&args.tasks)?)?)? {
        match try_task(&jobs, &task, limits, args.attempts) {
            Ok(report) => reports.push(report),
            Err(error) => last_failure = Some(error),
        }
    }
    match last_failure {
        Some(error) => Err(Box::new(error).into()),
        None => Ok(reports),
    }
}

/// Reports as JSON, which is how they are printed.
///
/// # Errors
/// One cannot be written as JSON.
pub fn reports_as_json(reports: &[Report]) -> Result<Vec<serde_json::Value>, EngineError> {
    let values = reports.iter().map(serde_json::to_value);
    let values: Result<_, _> = values.collect();
    values.map_err(|source| EngineError::Json {
        path: "report".into(),
        source,
    })
}

/// Does a task, again where that may help; tells each failure on the store.
fn try_task(
    jobs: &Jobs,
    task: &Task,
    limits: TaskLimits,
    attempts: u32,
) -> Result<Report, TaskError> {
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        let error = match do_task(jobs, task, limits) {
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
