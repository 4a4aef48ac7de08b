//! Tasks on a Slurm cluster: array jobs of `metaspace worker`, several tasks an element.
//!
//! Nodes reach the working folder as this machine does: a shared file system, or S3. What became of
//! a task is told by its report on the store; Slurm tells when there is none to wait for.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metaspace_run::plan::Task;
use metaspace_run::worker::failed::{FailedTask, failed_key};
use metaspace_run::worker::{Failure, FailureKind, Report};
use metaspace_storage::{Location, Store};

use crate::engine::{Attempt, Ended, Engine, OutcomeSender, worker_program};
use crate::error::EngineError;
use crate::policy::UNATTENDED_ATTEMPTS;
use crate::run::Run;

/// Elements of one array: Slurm's default limit is 1,001.
const MAX_ELEMENTS: usize = 1_000;

/// How often to look at a job.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks in a row that may fail before a job is taken for gone.
const LOOKS: u32 = 30;

/// How jobs are submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurmOptions {
    /// Partition; nothing for the default one.
    pub partition: Option<String>,
    /// Elements of an array that may run at once.
    pub throttle: usize,
    /// Tasks of an element, one after another.
    pub tasks_per_element: usize,
    /// Minutes that an element may take.
    pub minutes: u32,
    /// Further options of sbatch.
    pub extra: Vec<String>,
}

/// A cluster, and the jobs on it.
#[derive(Debug)]
pub struct Slurm {
    options: SlurmOptions,
    /// The program as nodes call it.
    program: PathBuf,
    n_batches: AtomicU64,
    jobs: Arc<Mutex<Vec<String>>>,
}

/// A batch of attempts that become one array.
struct Batch {
    store: Store,
    /// Attempts of each element.
    elements: Vec<Vec<Attempt>>,
}

impl Slurm {
    /// Makes sure that there is a cluster.
    ///
    /// # Errors
    /// Slurm's commands are not there.
    pub fn new(options: SlurmOptions) -> Result<Self, EngineError> {
        slurm("sinfo", &["--version".into()], None)?;
        let program = worker_program()?;
        let (n_batches, jobs) = (AtomicU64::new(0), Arc::default());
        Ok(Self {
            options,
            program,
            n_batches,
            jobs,
        })
    }

    /// Submits all that is missing of a run, each stage after the one before, and returns.
    ///
    /// # Errors
    /// The store is out of reach, or Slurm refuses.
    pub fn submit_chain(&self, run: &Run) -> Result<Vec<String>, EngineError> {
        crate::run::make_ready(run)?;
        let (mut jobs, mut before): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for stage in &run.stages {
            let missing = crate::run::missing(run, stage)?;
            let attempts: Vec<Attempt> = missing
                .into_iter()
                .map(|task| Attempt {
                    task,
                    memory_mb: stage.memory_mb,
                })
                .collect();
            let mut of_stage = Vec::new();
            for batch in self.batches(&run.store, &attempts) {
                of_stage.push(self.submit(&batch, &before, UNATTENDED_ATTEMPTS)?);
            }
            if !of_stage.is_empty() {
                jobs.extend(of_stage.iter().cloned());
                before = of_stage;
            }
        }
        Ok(jobs)
    }

    fn batches(&self, store: &Store, attempts: &[Attempt]) -> Vec<Batch> {
        let elements: Vec<Vec<Attempt>> = attempts
            .chunks(self.options.tasks_per_element.max(1))
            .map(<[Attempt]>::to_vec)
            .collect();
        let batch = |elements: &[Vec<Attempt>]| Batch {
            store: store.clone(),
            elements: elements.to_vec(),
        };
        elements.chunks(MAX_ELEMENTS).map(batch).collect()
    }

    /// Stores the tasks of a batch and submits it; returns the job's id.
    fn submit(
        &self,
        batch: &Batch,
        after: &[String],
        attempts: u32,
    ) -> Result<String, EngineError> {
        let first = batch.elements.first().and_then(|element| element.first());
        let Some(Attempt { task: first, .. }) = first else {
            return Ok(String::new());
        };
        let folder = format!("runs/{}/slurm/{}", first.run, self.unique());
        for (i, element) in batch.elements.iter().enumerate() {
            let tasks: Vec<&Task> = element.iter().map(|attempt| &attempt.task).collect();
            let json = serde_json::to_vec(&tasks).map_err(|source| EngineError::Json {
                path: "tasks".into(),
                source,
            })?;
            batch.store.put(&format!("{folder}/{i}.json"), json)?;
        }
        let attempts_of = |element: &Vec<Attempt>| element.iter().map(|a| a.memory_mb).max();
        let memory_mb = batch
            .elements
            .iter()
            .filter_map(attempts_of)
            .max()
            .unwrap_or_default();
        let place = batch.store.location().join(&folder);
        let script = format!(
            "#!/bin/sh\nexec {} --attempts {attempts} --memory-mb {memory_mb} {}/$SLURM_ARRAY_TASK_ID.json\n",
            quoted(&self.program.to_string_lossy()),
            quoted(&place.to_string())
        );
        let job = slurm(
            "sbatch",
            &self.arguments(first, batch, memory_mb, after),
            Some(&script),
        )?;
        // With several clusters: ID;CLUSTER.
        let job = job.trim().split(';').next().unwrap_or_default().to_owned();
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(job.clone());
        Ok(job)
    }

    fn arguments(
        &self,
        first: &Task,
        batch: &Batch,
        memory_mb: u32,
        after: &[String],
    ) -> Vec<String> {
        let last = batch.elements.len().saturating_sub(1);
        let log = match batch.store.location() {
            Location::Path(path) => {
                let folder = path.join("runs").join(&first.run).join("slurm");
                folder.join("%A_%a.log").display().to_string()
            }
            Location::Object { .. } => "/dev/null".into(),
        };
        let mut arguments = vec![
            "--parsable".into(),
            format!("--job-name=metaspace-{}-{}", first.run, first.stage.name()),
            format!("--array=0-{last}%{}", self.options.throttle),
            "--ntasks=1".into(),
            "--cpus-per-task=1".into(),
            format!("--mem={memory_mb}M"),
            format!("--time={}", self.options.minutes),
            format!("--output={log}"),
            "--no-requeue".into(),
        ];
        arguments.extend(
            self.options
                .partition
                .iter()
                .map(|name| format!("--partition={name}")),
        );
        if !after.is_empty() {
            arguments.push(format!("--dependency=afterok:{}", after.join(":")));
            arguments.push("--kill-on-invalid-dep=yes".into());
        }
        arguments.extend(self.options.extra.iter().cloned());
        arguments
    }

    /// A name that no other batch has, of this or another process.
    fn unique(&self) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let number = self.n_batches.fetch_add(1, Ordering::Relaxed);
        format!("{}-{}-{number}", now.as_micros(), std::process::id())
    }
}

impl Engine for Slurm {
    fn name(&self) -> &'static str {
        "slurm"
    }

    fn capacity(&self) -> usize {
        // Slurm queues what does not run yet.
        usize::MAX / 2
    }

    fn memory_mb(&self, needed_mb: u32) -> Option<u32> {
        Some(needed_mb)
    }

    fn start(&self, attempts: Vec<Attempt>, ended: &OutcomeSender) -> Result<(), EngineError> {
        let Some(first) = attempts.first() else {
            return Ok(());
        };
        let store = Store::open(&Location::parse(&first.task.store)?)?;
        for batch in self.batches(&store, &attempts) {
            let job = self.submit(&batch, &[], 1)?;
            let ended = ended.clone();
            std::thread::spawn(move || watch(&job, batch, &ended));
        }
        Ok(())
    }

    fn stop(&self) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        cancel(&jobs);
    }
}

/// Cancels jobs; those that have ended are none.
pub fn cancel(jobs: &[String]) {
    if !jobs.is_empty() {
        // Where Slurm is gone, so are the jobs.
        drop(slurm("scancel", jobs, None));
    }
}

/// Waits until every element of a job has ended, and tells of its tasks.
fn watch(job: &str, batch: Batch, ended: &OutcomeSender) {
    let mut open: BTreeMap<usize, Vec<Attempt>> = batch.elements.into_iter().enumerate().collect();
    let mut n_failed_looks = 0;
    while !open.is_empty() {
        std::thread::sleep(LOOK_EVERY);
        let states = match states(job) {
            Ok(states) => {
                n_failed_looks = 0;
                states
            }
            Err(_) if n_failed_looks < LOOKS => {
                n_failed_looks += 1;
                continue;
            }
            Err(_) => BTreeMap::new(),
        };
        let is_over = |element: &usize| states.get(element).is_none_or(|state| is_final(state));
        let over: Vec<usize> = open
            .keys()
            .copied()
            .filter(|element| is_over(element))
            .collect();
        let is_forgotten = over.iter().any(|element| !states.contains_key(element));
        let accounted = if is_forgotten {
            accounted(job)
        } else {
            BTreeMap::new()
        };
        for element in over {
            let state = states.get(&element).or_else(|| accounted.get(&element));
            let state = state.map_or("gone", String::as_str);
            for attempt in open.remove(&element).unwrap_or_default() {
                let outcome = outcome(&batch.store, &attempt.task, state);
                ended.tell(Ended { attempt, outcome });
            }
        }
    }
}

/// State of each element of a job that Slurm still knows.
fn states(job: &str) -> Result<BTreeMap<usize, String>, EngineError> {
    let arguments = [
        "--noheader",
        "--array",
        "--states=all",
        "--format=%K %T",
        "--jobs",
        job,
    ];
    let text = slurm("squeue", &arguments.map(String::from), None)?;
    let state = |line: &str| {
        let (element, state) = line.trim().split_once(' ')?;
        Some((element.parse().ok()?, state.trim().to_owned()))
    };
    Ok(text.lines().filter_map(state).collect())
}

/// State of each element of a job that has left the queue, where the cluster keeps accounts; nothing
/// where it keeps none.
fn accounted(job: &str) -> BTreeMap<usize, String> {
    let arguments = [
        "--noheader",
        "--parsable2",
        "--allocations",
        "--format=JobID,State",
        "--jobs",
        job,
    ];
    let text = slurm("sacct", &arguments.map(String::from), None).unwrap_or_default();
    accounts(&text)
}

/// Elements and states in lines such as `12_3|CANCELLED by 0`.
fn accounts(text: &str) -> BTreeMap<usize, String> {
    let state = |line: &str| {
        let (id, state) = line.trim().split_once('|')?;
        let (_, element) = id.split_once('_')?;
        Some((element.parse().ok()?, state.split(' ').next()?.to_owned()))
    };
    text.lines().filter_map(state).collect()
}

fn is_final(state: &str) -> bool {
    !matches!(
        state,
        "PENDING"
            | "RUNNING"
            | "COMPLETING"
            | "CONFIGURING"
            | "SUSPENDED"
            | "STAGE_OUT"
            | "REQUEUED"
            | "RESIZING"
            | "SIGNALING"
            | "STOPPED"
    )
}

/// What became of a task whose element ended in a state.
fn outcome(store: &Store, task: &Task, state: &str) -> Result<Report, Failure> {
    let engine = |reason: String| Failure::new(FailureKind::Engine, reason);
    if let Some(bytes) = store
        .find(&task.report_key())
        .map_err(|e| engine(e.to_string()))?
    {
        return serde_json::from_slice(&bytes).map_err(|e| engine(e.to_string()));
    }
    let told = store
        .find(&failed_key(task))
        .map_err(|e| engine(e.to_string()))?;
    if let Some(failed) = told.and_then(|bytes| serde_json::from_slice::<FailedTask>(&bytes).ok()) {
        return Err(failed.failure);
    }
    let kind = match state {
        "OUT_OF_MEMORY" => FailureKind::Memory,
        "TIMEOUT" | "DEADLINE" => FailureKind::Time,
        "CANCELLED" => FailureKind::Cancelled,
        _ => FailureKind::Crash,
    };
    Err(Failure::new(
        kind,
        format!("its job ended as {state} without a report"),
    ))
}

/// Runs one of Slurm's commands; returns what it printed.
fn slurm(name: &str, arguments: &[String], input: Option<&str>) -> Result<String, EngineError> {
    let failed = |reason: String| EngineError::Engine {
        engine: "slurm",
        reason,
    };
    let child = Command::new(name)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| failed(format!("{name}: {error}")))?;
    if let (Some(input), Some(stdin)) = (input, child.stdin.as_mut()) {
        stdin
            .write_all(input.as_bytes())
            .map_err(|error| failed(format!("{name}: {error}")))?;
    }
    let output = child
        .wait_with_output()
        .map_err(|error| failed(format!("{name}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(failed(format!("{name}: {text}")))
}

/// A word of a shell script.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_word() {
        assert_eq!(quoted("/data/my lab's/x"), "'/data/my lab'\\''s/x'");
    }

    #[test]
    fn what_goes_on_is_not_over() {
        assert!(!is_final("RUNNING") && !is_final("PENDING"));
        assert!(is_final("COMPLETED") && is_final("FAILED") && is_final("NODE_FAIL"));
    }

    #[test]
    fn accounts_are_read() {
        let text = "12_0|COMPLETED\n12_1|CANCELLED by 1000\n12_2|OUT_OF_MEMORY\n12_[3-9]|PENDING\n";
        let found: Vec<(usize, String)> = accounts(text).into_iter().collect();
        let states = ["COMPLETED", "CANCELLED", "OUT_OF_MEMORY"];
        assert_eq!(
            found,
            (0..).zip(states.map(String::from)).collect::<Vec<_>>()
        );
    }
}
