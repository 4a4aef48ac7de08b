//! A run from its plan to its end: stage by stage, each task until it is done or has failed for good.
//!
//! What is done is told by the reports on the store, so that a run can be left and taken up again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use metaspace_machine::interrupt::is_interrupted;
use metaspace_run::plan::held::MEMORY_CLASSES;
use metaspace_run::plan::prices::Usage;
use metaspace_run::plan::{RunKey, Stage, StagePlan, Task};
use metaspace_run::worker::failed::FailedTask;
use metaspace_run::worker::{Failure, FailureKind, Report};

use crate::engine::{Attempt, Ended, Engine, OutcomeSender};
use crate::error::EngineError;
use crate::policy::Policy;
use crate::run::{Run, clean_up, make_ready, missing};

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
    engine: &dyn Engine,
    policy: &Policy,
    observer: &dyn Observer,
) -> Result<(End, Usage), EngineError> {
    make_ready(run)?;
    let mut usage = Usage::default();
    for stage in &run.stages {
        let tasks = missing(run, stage)?;
        if tasks.is_empty() {
            continue;
        }
        observer.begin(stage.stage, tasks.len());
        let driven = Driven::new(run, stage, (engine, policy, observer));
        match driven.drive(tasks, &mut usage)? {
            End::Complete => {}
            End::Failed(failed) => {
                let json = serde_json::to_vec(&failed);
                let json = json.map_err(|source| EngineError::Json {
                    path: "failed.json".into(),
                    source,
                })?;
                run.store.put(&RunKey::Failed.of(&run.id), json)?;
                return Ok((End::Failed(failed), usage));
            }
            End::Cancelled => {
                engine.stop();
                return Ok((End::Cancelled, usage));
            }
        }
    }
    if run.results.is_some() {
        clean_up(&run.stages, &run.store, &run.id)?;
    }
    Ok((End::Complete, usage))
}

/// A stage being driven.
struct Driven<'a> {
    run: &'a Run,
    engine: &'a dyn Engine,
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
        (engine, policy, observer): (&'a dyn Engine, &'a Policy, &'a dyn Observer),
    ) -> Self {
        Self {
            run,
            engine,
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

    fn drive(mut self, tasks: VecDeque<Task>, usage: &mut Usage) -> Result<End, EngineError> {
        let now = Instant::now();
        let memory_mb = self.memory_mb;
        self.waiting.extend(
            tasks
                .into_iter()
                .map(|task| (now, Attempt { task, memory_mb })),
        );
        let (sender, receiver) = channel();
        // Nobody waits any more where the run has ended.
        let outcomes = OutcomeSender::new(move |ended| drop(sender.send(ended)));
        let mut looked = Instant::now();
        while !(self.waiting.is_empty() && self.under_way.is_empty()) {
            self.start_waiting(&outcomes)?;
            match receiver.recv_timeout(Policy::patience(self.next_start())) {
                Ok(ended) => self.end(ended, usage),
                Err(RecvTimeoutError::Timeout) => self.start_again(&outcomes)?,
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
        let has_room = self.n_attempts < self.engine.capacity();
        self.waiting
            .iter()
            .map(|(when, _)| *when)
            .min()
            .filter(|_| has_room)
    }

    fn start_waiting(&mut self, ended: &OutcomeSender) -> Result<(), EngineError> {
        let now = Instant::now();
        let mut starting = Vec::new();
        for _ in 0..self.waiting.len() {
            if self.n_attempts + starting.len() >= self.engine.capacity() {
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
        self.engine.start(starting, ended)
    }

    /// Starts those that take far longer than the others a second time.
    fn start_again(&mut self, ended: &OutcomeSender) -> Result<(), EngineError> {
        if !self.waiting.is_empty() || self.n_attempts >= self.engine.capacity() {
            return Ok(());
        }
        let Some(limit) = self.policy.straggling(&mut self.seconds) else {
            return Ok(());
        };
        let mut copies = Vec::new();
        for under_way in self.under_way.values_mut() {
            let has_room = self.n_attempts + copies.len() < self.engine.capacity();
            if has_room && under_way.n_copies == 1 && under_way.since.elapsed() > limit {
                under_way.n_copies = 2;
                copies.push(under_way.attempt.clone());
            }
        }
        self.n_attempts += copies.len();
        if copies.is_empty() {
            Ok(())
        } else {
            self.engine.start(copies, ended)
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
        self.engine
            .memory_mb(larger)
            .filter(|&given| given > memory_mb)
    }
}

#[cfg(test)]
mod tests;
