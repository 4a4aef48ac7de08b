//! How far a run is, as its store tells.

use metaspace_run::plan::{RunKey, Stage};
use metaspace_run::worker::failed::FailedTask;
use serde::Serialize;

use crate::error::EngineError;
use crate::policy::UNATTENDED_ATTEMPTS;
use crate::run::{FAILED, Run, has_results, is_failure_key};

/// Failed tasks that are read to be told.
const MAX_SHOWN: usize = 20;

/// How far a run is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RunStatus {
    /// All results are written.
    Complete,
    /// Somebody works on it, or is going to.
    Running,
    /// Tasks failed for good, and the others are done.
    Failed,
    /// It was told to stop.
    Cancelled,
}

impl RunStatus {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunState {
    /// The run's id.
    pub run: String,
    /// Where its results go.
    pub results: String,
    /// In one word.
    pub state: RunStatus,
    /// Its stages.
    pub stages: Vec<StageState>,
    /// Tasks that failed for good.
    pub failed: Vec<FailedTask>,
}

/// How far a stage is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StageState {
    /// Which.
    pub stage: Stage,
    /// Tasks done.
    pub n_done: usize,
    /// All of its tasks.
    pub n_tasks: usize,
}

impl RunState {
    /// Whether nothing happens any more unless somebody resumes it.
    pub fn is_over(&self) -> bool {
        self.state != RunStatus::Running
    }

    /// A line for people.
    pub fn line(&self) -> String {
        let of_stage = |stage: &StageState| {
            format!("{} {}/{}", stage.stage.name(), stage.n_done, stage.n_tasks)
        };
        let stages: Vec<String> = self.stages.iter().map(of_stage).collect();
        format!(
            "{}  {:<9}  {}  {}",
            self.run,
            self.state.name(),
            stages.join(", "),
            self.results
        )
    }
}

/// Looks how far a run is: one listing for all of its tasks.
///
/// # Errors
/// The store is out of reach.
pub fn state(run: &Run) -> Result<RunState, EngineError> {
    let keys = run.store.list(&format!("runs/{}/", run.id))?;
    let has = |key: &String| keys.binary_search(key).is_ok();
    let mut stages = Vec::new();
    for stage in &run.stages {
        let tasks = stage.tasks(run.store.location(), &run.id);
        let n_done = tasks.filter(|task| has(&task.report_key())).count();
        stages.push(StageState {
            stage: stage.stage,
            n_done,
            n_tasks: stage.n_tasks(),
        });
    }
    let given_up = given_up(run, &keys)?;
    let mut failed: Vec<FailedTask> = match run.store.find(&RunKey::Failed.of(&run.id))? {
        None => Vec::new(),
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|source| EngineError::Record {
            path: "failed.json".into(),
            source,
        })?,
    };
    failed.extend(given_up);
    let is_done = stages.iter().all(|stage| stage.n_done == stage.n_tasks);
    let state = if is_done && has_results(run)? {
        RunStatus::Complete
    } else if has(&RunKey::Cancelled.of(&run.id)) {
        RunStatus::Cancelled
    } else if failed.is_empty() {
        RunStatus::Running
    } else {
        RunStatus::Failed
    };
    if state == RunStatus::Complete {
        failed.clear();
    }
    let results = run.results.clone().unwrap_or_default();
    Ok(RunState {
        run: run.id.clone(),
        results,
        state,
        stages,
        failed,
    })
}

/// Tasks of a run that nobody drives, which were tried as often as its engine does and are not done.
fn given_up(run: &Run, keys: &[String]) -> Result<Vec<FailedTask>, EngineError> {
    let mut failed = Vec::new();
    for key in keys.iter().filter(|key| is_failure_key(key)) {
        let report = key.trim_end_matches(FAILED).to_owned() + ".json";
        if keys.binary_search(&report).is_ok() || failed.len() == MAX_SHOWN {
            continue;
        }
        let task: FailedTask =
            serde_json::from_slice(&run.store.get(key)?).map_err(|source| EngineError::Record {
                path: key.clone().into(),
                source,
            })?;
        if task.attempts >= UNATTENDED_ATTEMPTS {
            failed.push(task);
        }
    }
    Ok(failed)
}
