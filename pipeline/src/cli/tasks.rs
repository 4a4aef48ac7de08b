//! What the commands of runs as tasks have in common: arguments, engines, and what they show.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use clap::Args;
use metaspace_engines::drive::Observer;
use metaspace_engines::engine::Engine;
use metaspace_engines::lambda::engine::{CONCURRENCY, FUNCTION, Lambda};
use metaspace_engines::slurm::{Slurm, SlurmOptions};
use metaspace_engines::threads::Threads;
use metaspace_engines::together::Together;
use metaspace_machine::error::OptionError;
use metaspace_run::plan::estimate::Cutting;
use metaspace_run::plan::prices::{Prices, Usage};
use metaspace_run::plan::{Stage, Task};
use metaspace_run::worker::{Failure, Report};
use metaspace_storage::Location;
use ms_core::progress::Progress;

use crate::cli::error::CliError;
use crate::cli::terminal::Terminal;
use crate::worker::do_task;

/// Makes sure that no two datasets have their results in one place, before hours are spent: datasets
/// with the places of their results, and what is done with them.
pub(super) fn check_apart(places: Vec<(String, String)>, verb: &str) -> Result<(), OptionError> {
    let mut taken = BTreeMap::new();
    for (dataset, results) in places {
        if let Some(other) = taken.insert(results.clone(), dataset.clone()) {
            let reason = format!(
                "`{other}` and `{dataset}` would both have their results in `{results}`: {verb} them apart"
            );
            return Err(OptionError::new("DATASET", reason));
        }
    }
    Ok(())
}

/// How runs are cut and what is charged for them.
#[derive(Debug, Args)]
pub(super) struct CuttingArgs {
    /// Task size: N times 256 spectra, 2,048 ions, one ranking (of a molecule table and adduct), or the images of 32 ions [default: what takes about 30 s]
    #[arg(long, value_name = "N")]
    task_size: Option<u64>,
    /// ordered: sort all peaks by m/z first; direct: each task reads the spectra [default: what costs less]
    #[arg(long, value_name = "HOW")]
    spectra: Option<String>,
    /// Price table (TOML) [default: the one that ships with the program]
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

impl CuttingArgs {
    pub(super) fn cutting(&self) -> Result<Cutting, CliError> {
        let ordered = match self.spectra.as_deref() {
            None => None,
            Some("ordered") => Some(true),
            Some("direct") => Some(false),
            Some(other) => {
                let reason = format!("must be ordered or direct, not `{other}`");
                return Err(OptionError::new("--spectra", reason).into());
            }
        };
        if self.task_size == Some(0) {
            let reason = "must be at least 1";
            return Err(OptionError::new("--task-size", reason).into());
        }
        Ok(Cutting {
            task_size: self.task_size,
            ordered,
        })
    }

    pub(super) fn prices(&self) -> Result<Prices, CliError> {
        Ok(Prices::read(self.prices.as_deref())?)
    }
}

/// How an engine is reached.
#[derive(Debug, Args)]
pub(super) struct EngineArgs {
    /// Name of the Lambda function [default: metaspace-worker]
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// Region of Lambda [default: `AWS_REGION`, or the profile's]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Maximum number of concurrent tasks, on Lambda and on Slurm [default: 100]
    #[arg(long, value_name = "N")]
    concurrency: Option<usize>,
    /// Slurm partition [default: that of the cluster]
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Tasks per element of a Slurm job array, one after another [default: 2]
    #[arg(long, value_name = "N")]
    tasks_per_element: Option<usize>,
    /// Time limit of an array element in minutes [default: 10 for each of its tasks]
    #[arg(long, value_name = "N")]
    minutes: Option<u32>,
    /// Further option of sbatch, such as --sbatch=--account=lab; repeatable
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch: Vec<String>,
}

/// Tasks of an element of a Slurm array where nothing is said.
const TASKS_PER_ELEMENT: usize = 2;

/// Minutes that a task may take at most.
const MINUTES: u32 = 10;

impl EngineArgs {
    pub(super) fn lambda(&self) -> Result<Lambda, CliError> {
        let function = self.function.as_deref().unwrap_or(FUNCTION);
        Ok(Lambda::new(
            function,
            self.region.as_deref(),
            self.concurrency()?,
        )?)
    }

    pub(super) fn slurm(&self) -> Result<Slurm, CliError> {
        let tasks_per_element = self.tasks_per_element.unwrap_or(TASKS_PER_ELEMENT).max(1);
        let n_tasks = u32::try_from(tasks_per_element).unwrap_or(u32::MAX);
        Ok(Slurm::new(SlurmOptions {
            partition: self.partition.clone(),
            throttle: self.concurrency()?,
            tasks_per_element,
            minutes: self.minutes.unwrap_or(MINUTES.saturating_mul(n_tasks)),
            extra: self.sbatch.clone(),
        })?)
    }

    fn concurrency(&self) -> Result<usize, CliError> {
        let concurrency = self.concurrency.unwrap_or(CONCURRENCY);
        if concurrency == 0 {
            let reason = "must be at least 1";
            return Err(OptionError::new("--concurrency", reason).into());
        }
        Ok(concurrency)
    }
}

/// The engine of a name, or several whose names a plus joins.
///
/// # Errors
/// There is none, or it cannot be used.
pub(super) fn engine(
    names: &str,
    n_threads: Option<usize>,
    args: &EngineArgs,
) -> Result<Box<dyn Engine>, CliError> {
    let one = |name: &str| single_engine(name, n_threads, args);
    match names.split_once('+') {
        None => one(names),
        Some(_) => Ok(Box::new(Together::new(
            names.split('+').map(one).collect::<Result<_, _>>()?,
        ))),
    }
}

fn single_engine(
    name: &str,
    n_threads: Option<usize>,
    args: &EngineArgs,
) -> Result<Box<dyn Engine>, CliError> {
    match name {
        "lambda" => Ok(Box::new(args.lambda()?)),
        "slurm" => Ok(Box::new(args.slurm()?)),
        "threads" => {
            let all = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            let n_threads = n_threads.unwrap_or_else(all);
            if n_threads == 0 {
                let reason = "must be at least 1";
                return Err(OptionError::new("--threads", reason).into());
            }
            Ok(Box::new(Threads::new(n_threads, do_task)?))
        }
        other => {
            let reason = format!(
                "must be threads, lambda or slurm, or some of them joined by a plus, not `{other}`"
            );
            Err(OptionError::new("--on", reason).into())
        }
    }
}

/// Datasets of a command line, those that a star stands for among them.
///
/// # Errors
/// A star stands for nothing.
pub(super) fn datasets(paths: &[PathBuf]) -> Result<Vec<Location>, CliError> {
    let mut found = Vec::new();
    for path in paths {
        let location = Location::of(path)?;
        match location.name().and_then(|name| name.split_once('*')) {
            Some(star) if location.is_object() => found.extend(starred(&location, star)?),
            _ => found.push(location),
        }
    }
    Ok(found)
}

/// Whether a path stands for whatever its star does.
pub(super) fn has_star(path: &Path) -> bool {
    path.to_string_lossy().contains('*')
}

/// Objects beside a place whose names begin and end as the star's surroundings. Of paths, the shell
/// has done this.
fn starred(location: &Location, (start, end): (&str, &str)) -> Result<Vec<Location>, CliError> {
    let nothing = || OptionError::new("DATASET", format!("there is nothing like `{location}`"));
    let parent = location.parent().ok_or_else(nothing)?;
    let keys = metaspace_storage::Store::open(&parent)?.list(start)?;
    let is_like = |key: &&String| {
        !key.contains('/') && key.ends_with(end) && key.len() >= start.len() + end.len()
    };
    let found: Vec<Location> = keys
        .iter()
        .filter(is_like)
        .map(|key| parent.join(key))
        .collect();
    if found.is_empty() {
        Err(nothing().into())
    } else {
        Ok(found)
    }
}

/// Shows how a run goes: as stages of the terminal, or as lines where several go at once.
pub(super) struct RunProgress<'a> {
    pub(super) terminal: &'a Terminal,
    /// Name of the dataset, where there are several.
    pub(super) name: Option<String>,
    pub(super) prices: &'a Prices,
    pub(super) stage: Mutex<Option<Ongoing>>,
}

/// A stage that is shown.
pub(super) struct Ongoing {
    stage: Stage,
    since: Instant,
    n_tasks: usize,
    n_done: usize,
    n_failed: usize,
}

/// Failures that are told of a stage; the rest are in the end.
const MAX_SHOWN: usize = 5;

impl RunProgress<'_> {
    fn say(&self, text: &str) {
        match &self.name {
            Some(name) => self.terminal.say(&format!("{name}: {text}")),
            None => self.terminal.say(text),
        }
    }
}

impl Observer for RunProgress<'_> {
    fn begin(&self, stage: Stage, n_tasks: usize) {
        if self.name.is_none() {
            self.terminal.begin(stage.name(), n_tasks as u64);
        }
        let ongoing = Ongoing {
            stage,
            since: Instant::now(),
            n_tasks,
            n_done: 0,
            n_failed: 0,
        };
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = Some(ongoing);
    }

    fn done(&self, _report: &Report, usage: &Usage) {
        if self.name.is_none() {
            self.terminal.advance(1);
        }
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ongoing) = stage.as_mut() else {
            return;
        };
        ongoing.n_done += 1;
        if ongoing.n_done == ongoing.n_tasks {
            let seconds = ongoing.since.elapsed().as_secs_f64();
            let (name, n) = (ongoing.stage.name(), ongoing.n_tasks);
            let rate = n as f64 / seconds.max(1e-3);
            let dollars = self.prices.dollars(usage);
            let tasks = if n == 1 { "task" } else { "tasks" };
            self.say(&format!(
                "{name}: {n} {tasks}, {rate:.1} a second, {dollars:.5} $ so far"
            ));
        }
    }

    fn failed(&self, task: &Task, failure: &Failure, is_last: bool) {
        let then = if is_last { "given up" } else { "tried again" };
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ongoing) = stage.as_mut() {
            ongoing.n_failed += 1;
            if ongoing.n_failed > MAX_SHOWN {
                return;
            }
        }
        self.say(&format!(
            "{} failed and is {then}: {}",
            task.name(),
            failure.reason
        ));
    }
}
