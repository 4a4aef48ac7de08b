//! Runs that nobody drives: the task that completes a stage starts the next one.
//!
//! Tasks of a stage are the leaves of a tree in which each node has a fixed number of children. A task that is
//! done looks at the other children of its node; if all are done it marks the node and goes up to
//! look there. Whoever comes to the top starts the next stage. Two that finish at once may both
//! come there: a claim on the store lets one of them go on where the server honours conditions, and
//! where not, the stage is started twice, which changes nothing but the bill. Where a store is late
//! in showing what was written, which S3 is not, neither may come there: the run stands still then
//! until it is resumed.

use bytes::Bytes;
use metaspace_run::plan::{Stage, StagePlan, Task};
use metaspace_run::worker::{Failure, FailureKind, Jobs};
use metaspace_storage::{Store, runtime};

use crate::error::EngineError;
use crate::lambda::api::LambdaApi;
use crate::lambda::event::{Chain, Event};
use crate::lambda::invoke::{invoke, pick};
use crate::run::{Run, TREE, clean_up, make_ready};
use crate::state::{StageState, state};

/// Children of a node: what a task has to look at is this many times the height of the tree.
const FAN: u32 = 8;

/// Times that a function is called where there is no room for it.
const TRIES: u32 = 8;

/// Begins a run, or goes on with one that was left: starts the first stage that is not complete.
///
/// # Errors
/// The store or Lambda is out of reach.
pub fn begin(run: &Run, chain: &Chain) -> Result<(), EngineError> {
    make_ready(run)?;
    let state = state(run)?;
    let is_open = |stage: &&StageState| stage.n_done < stage.n_tasks;
    let Some(first) = state.stages.iter().find(is_open) else {
        return Ok(());
    };
    start(&run.stages, first.stage, &run.store, (&run.id, chain))
}

/// After a task is done: starts the next stage if this one is complete, or cleans up after the last.
///
/// # Errors
/// The store or Lambda is out of reach; the task is to be called again then.
pub fn go_on(jobs: &Jobs, task: &Task, chain: &Chain) -> Result<(), EngineError> {
    let job = jobs.open(task).map_err(Box::new)?;
    let (plan, store) = (job.plan(), &job.store);
    let next = plan.stages.iter().find(|next| next.stage > task.stage);
    let Some(next) = next else {
        return clean_up(&plan.stages, store, &task.run);
    };
    let Some(stage) = plan.stage(task.stage) else {
        return Ok(());
    };
    if is_last(store, stage, task)? && claim(store, task, next.stage)? {
        start(&plan.stages, next.stage, store, (&task.run, chain))?;
    }
    Ok(())
}

/// Whether all tasks of a stage are done, as seen by one that is.
fn is_last(store: &Store, stage: &StagePlan, task: &Task) -> Result<bool, EngineError> {
    let (mut level, mut place) = (0, task.task);
    let mut n = u32::try_from(stage.n_tasks()).unwrap_or(u32::MAX);
    while n > 1 {
        let node = place / FAN;
        for sibling in (node * FAN)..((node + 1) * FAN).min(n) {
            if sibling != place && !store.has(&node_key(&task.run, stage.stage, level, sibling))? {
                return Ok(false);
            }
        }
        (level, place, n) = (level + 1, node, n.div_ceil(FAN));
        store.put(
            &node_key(&task.run, stage.stage, level, place),
            Bytes::new(),
        )?;
    }
    Ok(true)
}

/// Key that tells that a node is done; of the leaves, the reports do.
fn node_key(run: &str, stage: Stage, level: u32, place: u32) -> String {
    if level == 0 {
        return Task::key(run, stage, place, "json");
    }
    format!("runs/{run}/{TREE}/{}/{level}-{place:05}", stage.name())
}

/// Whether a task is to start a stage: nobody else claimed it, and nobody has started it. Who died
/// after claiming is called again by Lambda, and finds its own claim.
fn claim(store: &Store, task: &Task, stage: Stage) -> Result<bool, EngineError> {
    let owner = task.task.to_string();
    let key = format!("runs/{}/{TREE}/{}/claim", task.run, stage.name());
    if store.has(&started_key(&task.run, stage))? {
        return Ok(false);
    }
    if store.put_if_absent(&key, owner.clone())? {
        return Ok(true);
    }
    Ok(store.get(&key)? == owner.as_bytes())
}

fn started_key(run: &str, stage: Stage) -> String {
    format!("runs/{run}/{TREE}/{}/started", stage.name())
}

/// Starts all tasks of a stage, and marks that they are started.
///
/// # Errors
/// The store or Lambda is out of reach.
pub fn start(
    stages: &[StagePlan],
    stage: Stage,
    store: &Store,
    (run, chain): (&str, &Chain),
) -> Result<(), EngineError> {
    let Some(stage) = stages.iter().find(|found| found.stage == stage) else {
        return Ok(());
    };
    let engine = |reason: String| EngineError::Engine {
        engine: "lambda",
        reason,
    };
    let api = LambdaApi::new(Some(&chain.region)).map_err(|error| engine(error.in_full()))?;
    let function = pick(&chain.functions, stage.memory_mb);
    let function = function.ok_or_else(|| engine("the event names no function".into()))?;
    for task in stage.tasks(store.location(), run) {
        let event = Event {
            task,
            chain: Some(chain.clone()),
        };
        call(&api, &function.name, &event).map_err(|failure| engine(failure.reason))?;
    }
    Ok(store.put(&started_key(run, stage.stage), Bytes::new())?)
}

/// Calls a function, again where there is no room for it now.
fn call(api: &LambdaApi, function: &str, event: &Event) -> Result<(), Failure> {
    let network = runtime();
    let network = network.map_err(|error| Failure::new(FailureKind::Engine, error.to_string()))?;
    let mut n_tries = 0;
    loop {
        match network.block_on(invoke(api, function, event)) {
            Ok(_) => return Ok(()),
            Err(failure) if failure.kind == FailureKind::Refused => return Err(failure),
            Err(failure) if n_tries == TRIES => return Err(failure),
            Err(_) => {}
        }
        std::thread::sleep(std::time::Duration::from_millis(100 << n_tries));
        n_tries += 1;
    }
}
