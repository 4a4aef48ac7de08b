//! A run: its plan in its working folder, and what is done of it.

use std::collections::VecDeque;
use std::io::ErrorKind;

use metaspace_machine::error::FileError;
use metaspace_results::RUN_JSON;
use metaspace_run::plan::{RunKey, Stage, StagePlan, Task, is_part_key};
use metaspace_storage::{Location, Store};

use crate::error::EngineError;

/// What the keys of failures end with.
pub(crate) const FAILED: &str = ".failed";

/// Folder of a run in which is told which nodes are done.
pub(crate) const TREE: &str = "nodes";

/// A run, and where it lies.
#[derive(Debug)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// What is done, one after another.
    pub stages: Vec<StagePlan>,
    /// Where the results of an annotation go. Of a run without, the parts of its tasks are what is
    /// wanted, and stay.
    pub results: Option<String>,
    /// Its working folder.
    pub store: Store,
}

/// Tasks of a stage without a report.
pub(crate) fn missing(run: &Run, stage: &StagePlan) -> Result<VecDeque<Task>, EngineError> {
    let prefix = format!("runs/{}/{}/", run.id, stage.stage.name());
    let done = run.store.list(&prefix)?;
    let tasks = stage.tasks(run.store.location(), &run.id);
    Ok(tasks
        .filter(|task| done.binary_search(&task.report_key()).is_err())
        .collect())
}

/// Makes a run ready to be gone on with, by whatever sees to it: what failed before, and who started
/// which stage, is forgotten.
///
/// # Errors
/// The store is out of reach.
pub fn make_ready(run: &Run) -> Result<(), EngineError> {
    start_over_without_results(run)?;
    let mut keys = run.store.list(&format!("runs/{}/", run.id))?;
    keys.retain(|key| is_failure_key(key) || is_tree_key(key));
    keys.push(RunKey::Failed.of(&run.id));
    Ok(run.store.delete_all(&keys)?)
}

/// A run that was done, and whose results were taken away since, is done anew.
fn start_over_without_results(run: &Run) -> Result<(), EngineError> {
    let merged = Task::key(&run.id, Stage::Merge, 0, "json");
    if run.results.is_none() || !run.store.has(&merged)? || has_results(run)? {
        return Ok(());
    }
    let store = run.store.location();
    let tasks = run
        .stages
        .iter()
        .flat_map(|stage| stage.tasks(store, &run.id));
    let reports: Vec<String> = tasks.map(|task| task.report_key()).collect();
    Ok(run.store.delete_all(&reports)?)
}

/// Whether the results are there.
///
/// # Errors
/// The store is out of reach.
pub fn has_results(run: &Run) -> Result<bool, EngineError> {
    let Some(results) = &run.results else {
        return Ok(false);
    };
    let results = Location::parse(results)?;
    match &results {
        Location::Path(path) => Ok(path.join(RUN_JSON).is_file()),
        Location::Object { .. } => Ok(Store::open(&results)?.has(RUN_JSON)?),
    }
}

/// Removes all that is stored of a run.
///
/// # Errors
/// The store is out of reach.
pub fn remove(store: &Store, run: &str) -> Result<(), EngineError> {
    store.delete_all(&store.list(&format!("runs/{run}/"))?)?;
    if let Location::Path(path) = store.location() {
        let folder = path.join("runs").join(run);
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(FileError::at("remove", folder)(error).into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes the parts of a run that is complete, which nobody needs any more; reports and plan stay.
///
/// # Errors
/// The store is out of reach.
pub fn clean_up(stages: &[StagePlan], store: &Store, run: &str) -> Result<(), EngineError> {
    let mut keys = Vec::new();
    for stage in stages {
        keys.extend(store.list(&format!("runs/{run}/{}/", stage.stage.name()))?);
    }
    keys.retain(|key| is_part_key(key));
    Ok(store.delete_all(&keys)?)
}

/// Whether a key tells of nodes, or of who starts a stage.
pub(crate) fn is_tree_key(key: &str) -> bool {
    key.split('/').nth(2) == Some(TREE)
}

/// Whether a key is that of a failure that was told.
pub(crate) fn is_failure_key(key: &str) -> bool {
    key.ends_with(FAILED)
}
