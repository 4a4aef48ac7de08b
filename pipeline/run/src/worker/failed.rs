//! What is stored of tasks that failed, so that whoever sees to the run learns of it.

use metaspace_storage::{Location, Store};
use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::plan::{Stage, Task};
use crate::worker::report::Failure;

/// A task that was not done in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FailedTask {
    /// The stage.
    pub stage: Stage,
    /// Its number.
    pub task: u32,
    /// How often it was tried.
    pub attempts: u32,
    /// How it ended the last time.
    pub failure: Failure,
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
