//! Tasks on AWS Lambda, or on what speaks its language.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Deserialize;

use super::{Attempt, Backend, Ended, Teller};
use crate::aws::{Answer, AwsError, LambdaApi};
use crate::error::RunError;
use crate::lambda::Event;
use crate::orchestrate::detached::{Chain, ChainFunction};
use crate::plan::estimate::MEMORY_CLASSES;
use crate::storage::runtime;
use crate::worker::{Failure, FailureKind, Report};

/// Name of the function where none is given.
pub const FUNCTION: &str = "metaspace-worker";

/// Name of the version that is called.
pub const ALIAS: &str = "live";

/// Tasks under way at once where nothing is said.
pub const CONCURRENCY: usize = 100;

/// Largest event that may be sent, in bytes: Lambda's limit for events that nobody waits for, which
/// emulators do not know.
const MAX_EVENT: usize = 1_000_000;

/// The functions of a name, one for each class of memory.
#[derive(Debug)]
pub struct Lambda {
    api: LambdaApi,
    functions: Vec<ChainFunction>,
    concurrency: usize,
}

/// A function's error as Lambda passes it on; of time-outs it has no type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionError {
    #[serde(default)]
    error_type: String,
    error_message: String,
}

/// What Lambda says of a function.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    memory_size: u32,
}

/// Name of the function of a class of memory.
pub fn function_name(base: &str, memory_mb: u32) -> String {
    if memory_mb == MEMORY_CLASSES[0] { base.into() } else { format!("{base}-{memory_mb}") }
}

impl Lambda {
    /// Looks which functions there are.
    ///
    /// # Errors
    /// Lambda is out of reach, or has none.
    pub fn new(base: &str, region: Option<&str>, concurrency: usize) -> Result<Self, RunError> {
        let api = LambdaApi::new(region).map_err(|error| out_of_reach(&error))?;
        let mut functions = Vec::new();
        for class in MEMORY_CLASSES {
            let name = function_name(base, class);
            let path = format!("/2015-03-31/functions/{name}/configuration?Qualifier={ALIAS}");
            let asked = runtime()?.block_on(api.send(Method::GET, &path, &[], Bytes::new()));
            let answer = asked.map_err(|error| out_of_reach(&error))?;
            match answer.status {
                StatusCode::OK => {
                    let found: Configuration = serde_json::from_slice(&answer.body)
                        .map_err(|source| RunError::Record { path: name.clone().into(), source })?;
                    functions.push(ChainFunction { name, memory_mb: found.memory_size });
                }
                StatusCode::NOT_FOUND => {}
                _ => return Err(refused(&answer)),
            }
        }
        if functions.is_empty() {
            let reason = format!(
                "there is no function `{base}` in {}\nhint: metaspace deploy lambda makes it",
                api.region()
            );
            return Err(RunError::Engine { engine: "lambda", reason });
        }
        Ok(Self { api, functions, concurrency })
    }

    /// How a run goes on by itself.
    pub fn chain(&self) -> Chain {
        Chain { region: self.api.region().into(), functions: self.functions.clone() }
    }

    /// The function with so much memory; the largest where none has.
    fn function(&self, memory_mb: u32) -> Option<&ChainFunction> {
        pick(&self.functions, memory_mb)
    }
}

/// The smallest function with so much memory; the largest where none has.
pub fn pick(functions: &[ChainFunction], memory_mb: u32) -> Option<&ChainFunction> {
    let found = functions.iter().find(|function| function.memory_mb >= memory_mb);
    found.or(functions.last())
}

/// Calls a function with a task. With a chain nobody waits, and there is no report.
///
/// # Errors
/// Why the task is not done, as far as can be told.
pub async fn invoke(
    api: &LambdaApi,
    function: &str,
    event: &Event,
) -> Result<Option<Report>, Failure> {
    let engine = |reason: String| Failure::new(FailureKind::Engine, reason);
    let body = serde_json::to_vec(event).map_err(|error| engine(error.to_string()))?;
    if body.len() > MAX_EVENT {
        let reason = format!("the event has {} bytes, and Lambda allows {MAX_EVENT}", body.len());
        return Err(Failure::new(FailureKind::Refused, reason));
    }
    let kind = if event.chain.is_some() { "Event" } else { "RequestResponse" };
    let headers = [("content-type", "application/json"), ("x-amz-invocation-type", kind)];
    let path = format!("/2015-03-31/functions/{function}/invocations?Qualifier={ALIAS}");
    let answer = api.send(Method::POST, &path, &headers, body.into()).await;
    let answer = answer.map_err(|error| engine(in_full(&error)))?;
    outcome(&answer, event)
}

/// What an answer means.
fn outcome(answer: &Answer, event: &Event) -> Result<Option<Report>, Failure> {
    let text = || format!("{}: {}", answer.status, answer.text());
    match answer.status {
        StatusCode::ACCEPTED if event.chain.is_some() => Ok(None),
        StatusCode::OK => report(answer, event).map(Some),
        StatusCode::TOO_MANY_REQUESTS => Err(Failure::new(FailureKind::Throttled, text())),
        status if status.is_server_error() => Err(Failure::new(FailureKind::Engine, text())),
        _ => Err(Failure::new(FailureKind::Refused, text())),
    }
}

/// The report in an answer, or why there is none.
fn report(answer: &Answer, event: &Event) -> Result<Report, Failure> {
    if answer.headers.contains_key("x-amz-function-error") {
        return Err(function_failure(&answer.body));
    }
    let wrong = |reason: String| Failure::new(FailureKind::Engine, reason);
    let report: Report = serde_json::from_slice(&answer.body)
        .map_err(|error| wrong(format!("the answer is no report: {error}: {}", answer.text())))?;
    if (report.stage, report.task) != (event.task.stage, event.task.task) {
        return Err(wrong("the answer is the report of another task".into()));
    }
    Ok(report)
}

/// What a function's error is: its own words, a time-out, or a process that died.
fn function_failure(body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
    let Ok(error) = serde_json::from_slice::<FunctionError>(body) else {
        let is_late = text.contains("timed out");
        return Failure::new(if is_late { FailureKind::Time } else { FailureKind::Crash }, text);
    };
    let FunctionError { error_type, error_message } = error;
    let kind = FailureKind::of_name(&error_type).unwrap_or_else(|| {
        if error_type.contains("Timedout") || error_message.contains("timed out") {
            FailureKind::Time
        } else if error_type.contains("OutOfMemory") {
            FailureKind::Memory
        } else {
            FailureKind::Crash
        }
    });
    Failure::new(kind, error_message)
}

/// An error with its causes, on one line.
fn in_full(error: &AwsError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text.push_str(&format!(": {source}"));
        cause = source.source();
    }
    text
}

fn out_of_reach(error: &AwsError) -> RunError {
    RunError::Engine { engine: "lambda", reason: in_full(error) }
}

fn refused(answer: &Answer) -> RunError {
    RunError::Engine { engine: "lambda", reason: format!("{}: {}", answer.status, answer.text()) }
}

impl Backend for Lambda {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn capacity(&self) -> usize {
        self.concurrency
    }

    fn memory_mb(&self, needed_mb: u32) -> Option<u32> {
        let given = self.function(needed_mb)?.memory_mb;
        (given >= needed_mb).then_some(given)
    }

    fn start(&self, attempts: Vec<Attempt>, ended: &Teller) -> Result<(), RunError> {
        for attempt in attempts {
            let Some(function) = self.function(attempt.memory_mb).cloned() else { continue };
            let (api, ended) = (self.api.clone(), ended.clone());
            runtime()?.spawn(async move {
                let event = Event { task: attempt.task.clone(), chain: None };
                let report = invoke(&api, &function.name, &event).await;
                let none = || Failure::new(FailureKind::Engine, "there is no report");
                let outcome = report.and_then(|report| report.ok_or_else(none));
                let memory_mb = attempt.memory_mb.max(function.memory_mb);
                ended.tell(Ended { attempt: Attempt { memory_mb, ..attempt }, outcome });
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{FORMAT, Stage, Task};
    use http::HeaderMap;

    fn event() -> Event {
        let task = Task {
            format: FORMAT,
            store: "s3://lab/.metaspace".into(),
            run: "0123456789abcdef".into(),
            stage: Stage::Ions,
            task: 3,
            from: 0,
            to: 1,
        };
        Event { task, chain: None }
    }

    fn failure(status: u16, body: &str, is_function_error: bool) -> Failure {
        let mut headers = HeaderMap::new();
        if is_function_error {
            headers.insert("x-amz-function-error", http::HeaderValue::from_static("Unhandled"));
        }
        let status = StatusCode::from_u16(status).unwrap();
        let body = Bytes::copy_from_slice(body.as_bytes());
        outcome(&Answer { status, headers, body }, &event()).unwrap_err()
    }

    #[test]
    fn failures_are_told_apart() {
        use FailureKind::{Crash, Engine, Memory, Refused, Task, Throttled, Time};
        let of_function = [
            (r#"{"errorType":"Task","errorMessage":"the ibd is gone"}"#, Task),
            (r#"{"errorType":"Memory","errorMessage":"too much"}"#, Memory),
            (
                r#"{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 3.00 seconds"}"#,
                Time,
            ),
            (
                r#"{"errorMessage":"2026-11-24T00:00:00Z 1 Task timed out after 3.00 seconds"}"#,
                Time,
            ),
            (r#"{"errorType":"Runtime.ExitError","errorMessage":"exit status 137"}"#, Crash),
            (r#"{"errorType":"Runtime.OutOfMemory","errorMessage":"signal: killed"}"#, Memory),
        ];
        for (body, kind) in of_function {
            assert_eq!(failure(200, body, true).kind, kind, "{body}");
        }
        for (status, kind) in
            [(429, Throttled), (500, Engine), (503, Engine), (403, Refused), (413, Refused)]
        {
            assert_eq!(failure(status, "{}", false).kind, kind, "{status}");
        }
        assert_eq!(failure(200, "hello", false).kind, Engine);
    }

    #[test]
    fn the_smallest_function_that_is_large_enough_is_called() {
        let functions = [1_769, 3_538]
            .map(|memory_mb| ChainFunction { name: function_name("worker", memory_mb), memory_mb });
        let name = |needed| pick(&functions, needed).unwrap().name.clone();
        assert_eq!(
            [name(1), name(1_769), name(1_770), name(9_999)],
            ["worker", "worker", "worker-3538", "worker-3538"]
        );
    }
}
