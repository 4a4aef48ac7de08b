//! A run from its plan to its end: stage by stage, each task until it is done or has failed for good.
//!
//! What is done is told by the reports on the store, so that a run can be left and taken up again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::backend::{Attempt, Backend, Ended, Teller};
use crate::error::RunError;
use crate::plan::estimate::MEMORY_CLASSES;
use crate::plan::prices::Usage;
use crate::plan::{Plan, RunKey, Stage, StagePlan, Task, is_part_key};
use crate::results::RUN_JSON;
use crate::storage::{Location, Store};
use crate::terminal::is_interrupted;
use crate::worker::{Failure, FailureKind, Report};
use detached::is_knot_key;
use state::is_failure_key;

pub mod detached;
mod policy;
mod state;

pub use policy::Policy;
pub use state::{RunState, StageState, state};

/// A run, and where it lies.
#[derive(Debug)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Its plan.
    pub plan: Plan,
    /// Its working folder.
    pub store: Store,
}

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

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The results are there.
    Complete,
    /// These tasks failed for good; what can be done without them is done.
    Failed(Vec<FailedTask>),
    /// It was cancelled.
    Cancelled,
}

/// Is told how a run goes.
pub trait Observer: Sync {
    /// A stage begins, of so many tasks that are not done.
    fn begin(&self, stage: Stage, n_tasks: usize);

    /// A task is done; what all of them used so far.
    fn done(&self, report: &Report, usage: &Usage);

    /// A task failed and is tried again, or not.
    fn failed(&self, task: &Task, failure: &Failure, is_last: bool);
}

/// Drives a run to its end.
///
/// # Errors
/// The store or the engine is out of reach; the run can be resumed then.
pub fn drive(
    run: &Run,
    backend: &dyn Backend,
    policy: &Policy,
    observer: &dyn Observer,
) -> Result<(End, Usage), RunError> {
    make_ready(run)?;
    let mut usage = Usage::default();
    for stage in &run.plan.stages {
        let tasks = missing(run, stage)?;
        if tasks.is_empty() {
            continue;
        }
        observer.begin(stage.stage, tasks.len());
        let driven = Driven::new(run, stage, (backend, policy, observer));
        match driven.drive(tasks, &mut usage)? {
            End::Complete => {}
            End::Failed(failed) => {
                let json = serde_json::to_vec(&failed);
                let json = json.map_err(|source| RunError::Json {
                    path: "failed.json".into(),
                    source,
                })?;
                run.store.put(&RunKey::Failed.of(&run.id), json)?;
                return Ok((End::Failed(failed), usage));
            }
            End::Cancelled => {
                backend.stop();
                return Ok((End::Cancelled, usage));
            }
        }
    }
    clean_up(&run.plan, &run.store, &run.id)?;
    Ok((End::Complete, usage))
}

/// Tasks of a stage without a report.
pub(crate) fn missing(run: &Run, stage: &StagePlan) -> Result<VecDeque<Task>, RunError> {
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
pub fn make_ready(run: &Run) -> Result<(), RunError> {
    start_over_without_results(run)?;
    let mut keys = run.store.list(&format!("runs/{}/", run.id))?;
    keys.retain(|key| is_failure_key(key) || is_knot_key(key));
    keys.push(RunKey::Failed.of(&run.id));
    Ok(run.store.delete_all(&keys)?)
}

/// A run that was done, and whose results were taken away since, is done anew.
fn start_over_without_results(run: &Run) -> Result<(), RunError> {
    let merged = Task::key(&run.id, Stage::Merge, 0, "json");
    if !run.store.has(&merged)? || has_results(run)? {
        return Ok(());
    }
    let store = run.store.location();
    let tasks = run
        .plan
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
pub fn has_results(run: &Run) -> Result<bool, RunError> {
    let results = Location::parse(&run.plan.results)?;
    match &results {
        Location::Path(path) => Ok(path.join(RUN_JSON).is_file()),
        Location::Object { .. } => Ok(Store::open(&results)?.has(RUN_JSON)?),
    }
}

/// Removes the parts of a run that is complete, which nobody needs any more; reports and plan stay.
///
/// # Errors
/// The store is out of reach.
pub fn clean_up(plan: &Plan, store: &Store, run: &str) -> Result<(), RunError> {
    let mut keys = Vec::new();
    for stage in &plan.stages {
        keys.extend(store.list(&format!("runs/{run}/{}/", stage.stage.name()))?);
    }
    keys.retain(|key| is_part_key(key));
    Ok(store.delete_all(&keys)?)
}

/// A stage being driven.
struct Driven<'a> {
    run: &'a Run,
    backend: &'a dyn Backend,
    policy: &'a Policy,
    observer: &'a dyn Observer,
    memory_mb: u32,
    /// Tasks to be started, and when at the earliest.
    waiting: VecDeque<(Instant, Attempt)>,
    /// Tasks under way.
    under_way: BTreeMap<u32, UnderWay>,
    /// Failed attempts of each task.
    n_failed: BTreeMap<u32, u32>,
    failed: Vec<FailedTask>,
    /// Seconds of those done.
    seconds: Vec<f64>,
    n_attempts: usize,
}

#[derive(Debug)]
struct UnderWay {
    since: Instant,
    n_copies: u32,
    attempt: Attempt,
}

impl<'a> Driven<'a> {
    fn new(
        run: &'a Run,
        stage: &StagePlan,
        (backend, policy, observer): (&'a dyn Backend, &'a Policy, &'a dyn Observer),
    ) -> Self {
        Self {
            run,
            backend,
            policy,
            observer,
            memory_mb: stage.memory_mb,
            waiting: VecDeque::new(),
            under_way: BTreeMap::new(),
            n_failed: BTreeMap::new(),
            failed: Vec::new(),
            seconds: Vec::new(),
            n_attempts: 0,
        }
    }

    fn drive(mut self, tasks: VecDeque<Task>, usage: &mut Usage) -> Result<End, RunError> {
        let now = Instant::now();
        let memory_mb = self.memory_mb;
        self.waiting.extend(
            tasks
                .into_iter()
                .map(|task| (now, Attempt { task, memory_mb })),
        );
        let (sender, receiver) = channel();
        // Nobody waits any more where the run has ended.
        let teller = Teller::new(move |ended| drop(sender.send(ended)));
        let mut looked = Instant::now();
        while !(self.waiting.is_empty() && self.under_way.is_empty()) {
            self.start_waiting(&teller)?;
            match receiver.recv_timeout(Policy::patience(self.next_start())) {
                Ok(ended) => self.end(ended, usage),
                Err(RecvTimeoutError::Timeout) => self.start_again(&teller)?,
                Err(RecvTimeoutError::Disconnected) => {}
            }
            if is_interrupted() {
                return Ok(End::Cancelled);
            }
            if looked.elapsed() > self.policy.look_every {
                looked = Instant::now();
                if self.run.store.has(&RunKey::Cancelled.of(&self.run.id))? {
                    return Ok(End::Cancelled);
                }
            }
        }
        self.failed.sort_by_key(|failed| failed.task);
        Ok(if self.failed.is_empty() {
            End::Complete
        } else {
            End::Failed(self.failed)
        })
    }

    /// When the next waiting task may start.
    fn next_start(&self) -> Option<Instant> {
        let has_room = self.n_attempts < self.backend.capacity();
        self.waiting
            .iter()
            .map(|(when, _)| *when)
            .min()
            .filter(|_| has_room)
    }

    fn start_waiting(&mut self, ended: &Teller) -> Result<(), RunError> {
        let now = Instant::now();
        let mut starting = Vec::new();
        for _ in 0..self.waiting.len() {
            if self.n_attempts + starting.len() >= self.backend.capacity() {
                break;
            }
            let Some((when, attempt)) = self.waiting.pop_front() else {
                break;
            };
            if when <= now {
                starting.push(attempt);
            } else {
                self.waiting.push_back((when, attempt));
            }
        }
        if starting.is_empty() {
            return Ok(());
        }
        self.n_attempts += starting.len();
        for attempt in &starting {
            let under_way = UnderWay {
                since: now,
                n_copies: 1,
                attempt: attempt.clone(),
            };
            self.under_way.insert(attempt.task.task, under_way);
        }
        self.backend.start(starting, ended)
    }

    /// Starts those that take far longer than the others a second time.
    fn start_again(&mut self, ended: &Teller) -> Result<(), RunError> {
        if !self.waiting.is_empty() || self.n_attempts >= self.backend.capacity() {
            return Ok(());
        }
        let Some(limit) = self.policy.straggling(&mut self.seconds) else {
            return Ok(());
        };
        let mut copies = Vec::new();
        for under_way in self.under_way.values_mut() {
            let has_room = self.n_attempts + copies.len() < self.backend.capacity();
            if has_room && under_way.n_copies == 1 && under_way.since.elapsed() > limit {
                under_way.n_copies = 2;
                copies.push(under_way.attempt.clone());
            }
        }
        self.n_attempts += copies.len();
        if copies.is_empty() {
            Ok(())
        } else {
            self.backend.start(copies, ended)
        }
    }

    fn end(&mut self, ended: Ended, usage: &mut Usage) {
        self.n_attempts = self.n_attempts.saturating_sub(1);
        let Ended { attempt, outcome } = ended;
        let number = attempt.task.task;
        // The other copy of one that is done already, or of another stage.
        let Some(under_way) = self.under_way.get_mut(&number) else {
            return;
        };
        if under_way.attempt.task != attempt.task {
            return;
        }
        match outcome {
            Ok(report) => {
                self.under_way.remove(&number);
                self.seconds.push(report.seconds);
                usage.add(report.seconds, report.memory_mb, report.traffic);
                self.observer.done(&report, usage);
            }
            Err(_) if under_way.n_copies > 1 => under_way.n_copies -= 1,
            Err(failure) => {
                self.under_way.remove(&number);
                self.fail(attempt, failure);
            }
        }
    }

    /// Tries again, with more memory where that is what it lacked, or gives up.
    fn fail(&mut self, attempt: Attempt, failure: Failure) {
        let n_failed = self.n_failed.entry(attempt.task.task).or_default();
        *n_failed += 1;
        let attempts = *n_failed;
        let memory_mb = match failure.kind {
            FailureKind::Memory | FailureKind::Time => self.larger(attempt.memory_mb),
            FailureKind::Killed => self.larger(attempt.memory_mb).or(Some(attempt.memory_mb)),
            FailureKind::Cancelled => None,
            _ => Some(attempt.memory_mb),
        };
        let allowed = self.policy.attempts(failure.kind);
        let again = memory_mb.filter(|_| attempts < allowed);
        self.observer
            .failed(&attempt.task, &failure, again.is_none());
        if let Some(memory_mb) = again {
            let when = Instant::now() + self.policy.pause(attempts);
            self.waiting.push_back((
                when,
                Attempt {
                    memory_mb,
                    ..attempt
                },
            ));
        } else {
            let Task { stage, task, .. } = attempt.task;
            self.failed.push(FailedTask {
                stage,
                task,
                attempts,
                failure,
            });
        }
    }

    /// The next class of memory that the engine has.
    fn larger(&self, memory_mb: u32) -> Option<u32> {
        let larger = MEMORY_CLASSES
            .into_iter()
            .find(|&class| class > memory_mb)?;
        self.backend
            .memory_mb(larger)
            .filter(|&given| given > memory_mb)
    }
}

#[cfg(test)]
mod tests;
