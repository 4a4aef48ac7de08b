//! The program as a Lambda function: it asks for events, each of which is a task, and does them.
//!
//! Lambda's interface for runtimes: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, Method};
use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpRequest};
use serde::{Deserialize, Serialize};

use crate::aws::{Answer, connect, execute};
use crate::config::aws::LambdaEnvironment;
use crate::error::RunError;
use crate::orchestrate::detached::{Chain, go_on};
use crate::plan::{Task, read_task};
use crate::storage::{runtime, use_ring};
use crate::worker::{Failure, FailureKind, Jobs, Limits, Report, TaskError, run_task, tell_failed};

/// Time before its end at which a task stops, to be able to say so.
const MARGIN: Duration = Duration::from_secs(3);

/// What the function is called with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The task.
    pub task: Task,
    /// How the run goes on when the task is done; nothing if someone else sees to it.
    pub chain: Option<Chain>,
}

/// An error as Lambda passes it on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionError {
    #[serde(default)]
    pub(crate) error_type: String,
    pub(crate) error_message: String,
}

/// Does tasks until Lambda ends the process.
///
/// # Errors
/// Lambda's interface is out of reach.
pub fn serve(environment: &LambdaEnvironment) -> Result<(), RunError> {
    use_ring();
    let base = format!("http://{}/2018-06-01/runtime/invocation", environment.runtime_api);
    let client = connect(ClientOptions::new(), None, true);
    let client = client.map_err(|error| out_of_reach(&error.to_string()))?;
    let jobs = Jobs::default();
    loop {
        let event = send(&client, Method::GET, &format!("{base}/next"), Vec::new())?;
        let id = header(&event.headers, "lambda-runtime-aws-request-id").unwrap_or_default();
        let limits = Limits {
            memory_mb: environment.memory_mb,
            is_bound: true,
            time: time_left(&event.headers),
        };
        let (path, body) = match handle(&event.body, &jobs, limits) {
            Ok(report) => ("response", json(&report)?),
            Err(failure) => ("error", json(&function_error(failure))?),
        };
        send(&client, Method::POST, &format!("{base}/{id}/{path}"), body)?;
    }
}

/// Does the task of an event, and sees to it that the run goes on.
fn handle(body: &[u8], jobs: &Jobs, limits: Limits) -> Result<Option<Report>, Failure> {
    let refused = |reason: String| Failure::new(FailureKind::Refused, reason);
    let event: Event = serde_json::from_slice(body)
        .map_err(|error| refused(format!("cannot understand the event: {error}")))?;
    let bytes = serde_json::to_vec(&event.task).map_err(|error| refused(error.to_string()))?;
    let task = read_task(&bytes).map_err(|error| refused(error.to_string()))?;
    let report = match (run_task(jobs, &task, limits), &event.chain) {
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

fn function_error(failure: Failure) -> FunctionError {
    FunctionError { error_type: failure.kind.name().into(), error_message: failure.reason }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, RunError> {
    serde_json::to_vec(value).map_err(|source| RunError::Json { path: "the answer".into(), source })
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Time until Lambda ends the process, less some to say so.
fn time_left(headers: &HeaderMap) -> Option<Duration> {
    let deadline: u64 = header(headers, "lambda-runtime-deadline-ms")?.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(Duration::from_millis(deadline).saturating_sub(now).saturating_sub(MARGIN))
}

fn send(client: &HttpClient, method: Method, uri: &str, body: Vec<u8>) -> Result<Answer, RunError> {
    let request: HttpRequest = http::Request::builder()
        .method(method)
        .uri(uri)
        .body(body.into())
        .map_err(|error| out_of_reach(&error.to_string()))?;
    let answer = runtime()?.block_on(execute(client, request));
    let answer = answer.map_err(|error| out_of_reach(&error.to_string()))?;
    if answer.status.is_success() {
        return Ok(answer);
    }
    Err(out_of_reach(&format!("{}: {}", answer.status, answer.text())))
}

fn out_of_reach(reason: &str) -> RunError {
    RunError::Engine { engine: "lambda", reason: reason.into() }
}
