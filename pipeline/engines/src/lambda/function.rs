//! The program as a Lambda function: each event is a task.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use metaspace_run::plan::check_task;
use metaspace_run::worker::failed::tell_failed;
use metaspace_run::worker::{Failure, FailureKind, Jobs, Report, TaskError, TaskLimits};
use metaspace_storage::{runtime, use_ring};
use serde_json::Value;

use crate::engine::DoTask;
use crate::error::EngineError;
use crate::lambda::chain::go_on;
use crate::lambda::event::Event;

/// Time before its end at which a task stops, to be able to say so.
const MARGIN: Duration = Duration::from_secs(3);

/// Does tasks until Lambda ends the process.
///
/// # Errors
/// Lambda's interface is out of reach.
pub fn serve(do_task: DoTask) -> Result<(), EngineError> {
    use_ring();
    let jobs = Arc::new(Jobs::default());
    let handler = |event: LambdaEvent<Value>| {
        let jobs = Arc::clone(&jobs);
        let work = move || handle(event.payload, &jobs, limits(&event.context), do_task);
        async move {
            let done = tokio::task::spawn_blocking(work).await;
            done.unwrap_or_else(|error| Err(Failure::new(FailureKind::Crash, error.to_string())))
                .map_err(diagnostic)
        }
    };
    let served = runtime()?.block_on(lambda_runtime::run(service_fn(handler)));
    served.map_err(|error| EngineError::Engine {
        engine: "lambda",
        reason: error.to_string(),
    })
}

/// What the function gives a task: its memory, and the time until Lambda ends it, less some to say so.
fn limits(context: &Context) -> TaskLimits {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let left = Duration::from_millis(context.deadline).saturating_sub(now);
    TaskLimits {
        memory_mb: u32::try_from(context.env_config.memory).unwrap_or_default(),
        is_bound: true,
        time: Some(left.saturating_sub(MARGIN)),
    }
}

/// Does the task of an event, and sees to it that the run goes on.
fn handle(
    event: Value,
    jobs: &Jobs,
    limits: TaskLimits,
    do_task: DoTask,
) -> Result<Option<Report>, Failure> {
    let refused = |reason: String| Failure::new(FailureKind::Refused, reason);
    let event: Event = serde_json::from_value(event)
        .map_err(|error| refused(format!("cannot understand the event: {error}")))?;
    let task = check_task(event.task).map_err(|error| refused(error.to_string()))?;
    let report = match (do_task(jobs, &task, limits), &event.chain) {
        (Ok(report), _) => report,
        // Nobody waits for it, and it is not to be tried again.
        (Err(TaskError::Cancelled), Some(_)) => return Ok(None),
        (Err(error), chain) => {
            let failure = Failure::from(&error);
            if chain.is_some() {
                let told = tell_failed(&task, &failure);
                told.map_err(|error| Failure::new(FailureKind::Engine, error.to_string()))?;
            }
            return Err(failure);
        }
    };
    if let Some(chain) = &event.chain {
        let next = go_on(jobs, &task, chain);
        next.map_err(|error| Failure::new(FailureKind::Engine, error.to_string()))?;
    }
    Ok(Some(report))
}

/// A failure as Lambda passes it on.
fn diagnostic(failure: Failure) -> Diagnostic {
    Diagnostic {
        error_type: failure.kind.name().into(),
        error_message: failure.reason,
    }
}
