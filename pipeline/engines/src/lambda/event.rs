//! What the function is called with.

use metaspace_run::plan::Task;
use serde::{Deserialize, Serialize};

/// What the function is called with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The task.
    pub task: Task,
    /// How the run goes on when the task is done; nothing if someone else sees to it.
    pub chain: Option<Chain>,
}

/// How a run goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Chain {
    /// Region of the functions.
    pub region: String,
    /// The functions, by memory.
    pub functions: Vec<ChainFunction>,
}

/// A function that does tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChainFunction {
    /// Its name.
    pub name: String,
    /// Its memory in MB.
    pub memory_mb: u32,
}
