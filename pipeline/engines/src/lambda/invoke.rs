//! A call of the function: an event out, a report or a failure back.

use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use metaspace_run::worker::{Failure, FailureKind, Report};
use serde::Deserialize;

use crate::lambda::api::{AwsError, LambdaApi, beginning};
use crate::lambda::event::{ChainFunction, Event};

/// Name of the version that is called.
pub const ALIAS: &str = "live";

/// Largest event that may be sent, in bytes: Lambda's limit for events that nobody waits for, which
/// emulators do not know.
const MAX_EVENT: usize = 1_000_000;

/// A function's error as Lambda passes it on; of time-outs it has no type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionError {
    #[serde(default)]
    error_type: String,
    error_message: String,
}

/// The smallest function with so much memory; the largest where none has.
pub fn pick(functions: &[ChainFunction], memory_mb: u32) -> Option<&ChainFunction> {
    let found = functions
        .iter()
        .find(|function| function.memory_mb >= memory_mb);
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
        let reason = format!(
            "the event has {} bytes, and Lambda allows {MAX_EVENT}",
            body.len()
        );
        return Err(Failure::new(FailureKind::Refused, reason));
    }
    let kind = match event.chain {
        Some(_) => InvocationType::Event,
        None => InvocationType::RequestResponse,
    };
    let call = api
        .client()
        .invoke()
        .function_name(function)
        .qualifier(ALIAS);
    let call = call.invocation_type(kind).payload(Blob::new(body)).send();
    match api.ask(call).await {
        Ok(answer) => outcome(&answer, event),
        Err(error) => Err(Failure::new(kind_of(&error), error.in_full())),
    }
}

/// What it means that a call came to nothing.
fn kind_of(error: &AwsError) -> FailureKind {
    match error {
        AwsError::Refused { status: 429, .. } => FailureKind::Throttled,
        // Has the status of a failure of the server.
        AwsError::Refused {
            code: Some(code), ..
        } if code == "EC2ThrottledException" => FailureKind::Throttled,
        AwsError::Refused { status: 0..500, .. } => FailureKind::Refused,
        _ => FailureKind::Engine,
    }
}

/// What an answer means.
fn outcome(answer: &InvokeOutput, event: &Event) -> Result<Option<Report>, Failure> {
    match answer.status_code {
        202 if event.chain.is_some() => Ok(None),
        200 => report(answer, event).map(Some),
        status => {
            let text = beginning(body(answer));
            Err(Failure::new(
                FailureKind::Refused,
                format!("{status}: {text}"),
            ))
        }
    }
}

/// The report in an answer, or why there is none.
fn report(answer: &InvokeOutput, event: &Event) -> Result<Report, Failure> {
    let body = body(answer);
    if answer.function_error.is_some() {
        return Err(function_failure(body));
    }
    let wrong = |reason: String| Failure::new(FailureKind::Engine, reason);
    let report: Report = serde_json::from_slice(body).map_err(|error| {
        wrong(format!(
            "the answer is no report: {error}: {}",
            beginning(body)
        ))
    })?;
    if (report.stage, report.task) != (event.task.stage, event.task.task) {
        return Err(wrong("the answer is the report of another task".into()));
    }
    Ok(report)
}

fn body(answer: &InvokeOutput) -> &[u8] {
    answer
        .payload
        .as_ref()
        .map(Blob::as_ref)
        .unwrap_or_default()
}

/// What a function's error is: its own words, a time-out, or a process that died.
fn function_failure(body: &[u8]) -> Failure {
    let text = beginning(body);
    let Ok(error) = serde_json::from_slice::<FunctionError>(body) else {
        let is_late = text.contains("timed out");
        return Failure::new(
            if is_late {
                FailureKind::Time
            } else {
                FailureKind::Crash
            },
            text,
        );
    };
    let FunctionError {
        error_type,
        error_message,
    } = error;
    let kind = FailureKind::of_name(&error_type).unwrap_or_else(|| {
        if error_type.contains("Timedout") || error_message.contains("timed out") {
            FailureKind::Time
        } else if error_type.contains("OutOfMemory") {
            FailureKind::Memory
        } else if error_message.contains("signal: killed") {
            FailureKind::Killed
        } else {
            FailureKind::Crash
        }
    });
    Failure::new(kind, error_message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::api::stand_in::{answering, lambda_at};
    use crate::lambda::engine::function_name;
    use crate::lambda::event::Chain;
    use metaspace_run::plan::{FORMAT, Stage, Task};
    use metaspace_storage::runtime;

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

    /// What comes of a task to which Lambda gives an answer.
    fn called(head: &str, body: &str, event: &Event) -> Result<Option<Report>, Failure> {
        let (api, served) = answering(head, body);
        let outcome = runtime().unwrap().block_on(invoke(&api, "worker", event));
        let (request, sent) = served.join().unwrap();
        let path = "post /2015-03-31/functions/worker/invocations?qualifier=live ";
        assert!(request.starts_with(path), "{request}");
        let kind = if event.chain.is_some() {
            "event"
        } else {
            "requestresponse"
        };
        assert!(
            request.contains(&format!("x-amz-invocation-type: {kind}\r\n")),
            "{request}"
        );
        assert_eq!(serde_json::from_slice::<Event>(&sent).unwrap(), *event);
        outcome
    }

    fn failure(head: &str, body: &str) -> Failure {
        called(head, body, &event()).unwrap_err()
    }

    #[test]
    fn failures_are_told_apart() {
        use FailureKind::{Crash, Engine, Killed, Memory, Refused, Task, Throttled, Time};
        let of_function = [
            (
                r#"{"errorType":"task","errorMessage":"the ibd is gone"}"#,
                Task,
            ),
            (
                r#"{"errorType":"memory","errorMessage":"too much"}"#,
                Memory,
            ),
            (
                r#"{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 3.00 seconds"}"#,
                Time,
            ),
            (
                r#"{"errorMessage":"2026-11-24T00:00:00Z 1 Task timed out after 3.00 seconds"}"#,
                Time,
            ),
            (
                r#"{"errorType":"Runtime.ExitError","errorMessage":"exit status 137"}"#,
                Crash,
            ),
            (
                r#"{"errorType":"Runtime.ExitError","errorMessage":"Error: Runtime exited with error: signal: killed"}"#,
                Killed,
            ),
            (
                r#"{"errorType":"Runtime.OutOfMemory","errorMessage":"signal: killed"}"#,
                Memory,
            ),
        ];
        for (body, kind) in of_function {
            let head = "200 OK\r\nx-amz-function-error: Unhandled";
            assert_eq!(failure(head, body).kind, kind, "{body}");
        }
        for (head, kind) in [
            ("429 Too Many Requests", Throttled),
            (
                "429 Slow Down\r\nx-amzn-errortype: TooManyRequestsException",
                Throttled,
            ),
            (
                "502 Bad Gateway\r\nx-amzn-errortype: EC2ThrottledException",
                Throttled,
            ),
            (
                "502 Bad Gateway\r\nx-amzn-errortype: ENILimitReachedException",
                Engine,
            ),
            (
                "502 Bad Gateway\r\nx-amzn-errortype: ResourceNotReadyException",
                Engine,
            ),
            ("500 Internal Server Error", Engine),
            ("503 Service Unavailable", Engine),
            (
                "400 Bad Request\r\nx-amzn-errortype: CodeStorageExceededException",
                Refused,
            ),
            ("403 Forbidden", Refused),
            (
                "404 Not Found\r\nx-amzn-errortype: ResourceNotFoundException",
                Refused,
            ),
            ("413 Content Too Large", Refused),
        ] {
            assert_eq!(failure(head, "{}").kind, kind, "{head}");
        }
        assert_eq!(failure("200 OK", "hello").kind, Engine);
        assert_eq!(failure("202 Accepted", "").kind, Refused);
        let head = "403 Forbidden\r\nx-amzn-errortype: AccessDeniedException";
        let refused = failure(head, r#"{"Message":"you may not"}"#);
        assert_eq!(refused.reason, "403: AccessDeniedException: you may not");
    }

    #[test]
    fn nobody_waits_for_a_task_of_a_chain() {
        let chain = Chain {
            region: "eu-west-1".into(),
            functions: Vec::new(),
        };
        let event = Event {
            chain: Some(chain),
            ..event()
        };
        assert!(called("202 Accepted", "", &event).unwrap().is_none());
    }

    #[test]
    fn what_is_out_of_reach_is_told_with_its_cause() {
        let api = lambda_at("http://127.0.0.1:1");
        let failure = runtime()
            .unwrap()
            .block_on(invoke(&api, "worker", &event()))
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Engine);
        assert!(
            failure.reason.contains("onnection refused"),
            "{}",
            failure.reason
        );
    }

    #[test]
    fn an_event_that_is_too_large_is_not_sent() {
        let mut event = event();
        event.task.store = "s".repeat(MAX_EVENT);
        let api = lambda_at("http://127.0.0.1:1");
        let failure = runtime()
            .unwrap()
            .block_on(invoke(&api, "worker", &event))
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(
            failure.reason.contains("Lambda allows 1000000"),
            "{}",
            failure.reason
        );
    }

    #[test]
    fn the_smallest_function_that_is_large_enough_is_called() {
        let functions = [1_769, 3_538].map(|memory_mb| ChainFunction {
            name: function_name("worker", memory_mb),
            memory_mb,
        });
        let name = |needed| pick(&functions, needed).unwrap().name.clone();
        assert_eq!(
            [name(1), name(1_769), name(1_770), name(9_999)],
            ["worker", "worker", "worker-3538", "worker-3538"]
        );
    }
}
