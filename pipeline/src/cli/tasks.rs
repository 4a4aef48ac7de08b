//! What the commands of runs as tasks have in common: arguments, engines, and what they show.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

use clap::Args;
use ms_core::progress::Progress;

use crate::backend::Backend;
use crate::backend::lambda::{CONCURRENCY, FUNCTION, Lambda};
use crate::backend::slurm::{Slurm, SlurmOptions};
use crate::backend::threads::Threads;
use crate::backend::together::Together;
use crate::config::AnnotateOptions;
use crate::error::RunError;
use crate::orchestrate::Observer;
use crate::plan::estimate::Cutting;
use crate::plan::prices::{Prices, Usage};
use crate::plan::{Stage, Task};
use crate::storage::Location;
use crate::terminal::Terminal;
use crate::worker::{Failure, Report};

/// How runs are cut and what is charged for them.
#[derive(Debug, Args)]
pub(super) struct CuttingArgs {
    /// Size of tasks: N times 256 spectra, 2,048 ions, a molecule table and adduct to rank, or the images of 32 ions [default: what takes about 30 s]
    #[arg(long, value_name = "N")]
    task_size: Option<u64>,
    /// Whether spectra are ordered by m/z first, or read by each task: ordered or direct [default: what costs less]
    #[arg(long, value_name = "HOW")]
    spectra: Option<String>,
    /// Prices to reckon with (TOML) [default: those that ship with the program]
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

impl CuttingArgs {
    pub(super) fn cutting(&self) -> Result<Cutting, RunError> {
        let ordered = match self.spectra.as_deref() {
            None => None,
            Some("ordered") => Some(true),
            Some("direct") => Some(false),
            Some(other) => {
                let reason = format!("must be ordered or direct, not `{other}`");
                return Err(RunError::Option {
                    option: "--spectra",
                    reason,
                });
            }
        };
        if self.task_size == Some(0) {
            let reason = "must be at least 1".into();
            return Err(RunError::Option {
                option: "--task-size",
                reason,
            });
        }
        Ok(Cutting {
            task_size: self.task_size,
            ordered,
        })
    }

    pub(super) fn prices(&self) -> Result<Prices, RunError> {
        Prices::read(self.prices.as_deref())
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
    /// Tasks under way at once, on Lambda and on Slurm [default: 100]
    #[arg(long, value_name = "N")]
    concurrency: Option<usize>,
    /// Partition of Slurm [default: that of the cluster]
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Tasks that an element of a Slurm array does one after another [default: 2]
    #[arg(long, value_name = "N")]
    tasks_per_element: Option<usize>,
    /// Minutes that an element may take [default: 10 for each of its tasks]
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
    pub(super) fn lambda(&self) -> Result<Lambda, RunError> {
        let function = self.function.as_deref().unwrap_or(FUNCTION);
        Lambda::new(function, self.region.as_deref(), self.concurrency()?)
    }

    pub(super) fn slurm(&self) -> Result<Slurm, RunError> {
        let tasks_per_element = self.tasks_per_element.unwrap_or(TASKS_PER_ELEMENT).max(1);
        let n_tasks = u32::try_from(tasks_per_element).unwrap_or(u32::MAX);
        Slurm::new(SlurmOptions {
            partition: self.partition.clone(),
            throttle: self.concurrency()?,
            tasks_per_element,
            minutes: self.minutes.unwrap_or(MINUTES.saturating_mul(n_tasks)),
            extra: self.sbatch.clone(),
        })
    }

    fn concurrency(&self) -> Result<usize, RunError> {
        let concurrency = self.concurrency.unwrap_or(CONCURRENCY);
        if concurrency == 0 {
            let reason = "must be at least 1".into();
            return Err(RunError::Option {
                option: "--concurrency",
                reason,
            });
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
) -> Result<Box<dyn Backend>, RunError> {
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
) -> Result<Box<dyn Backend>, RunError> {
    match name {
        "lambda" => Ok(Box::new(args.lambda()?)),
        "slurm" => Ok(Box::new(args.slurm()?)),
        "threads" => {
            let all = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            let n_threads = n_threads.unwrap_or_else(all);
            if n_threads == 0 {
                let reason = "must be at least 1".into();
                return Err(RunError::Option {
                    option: "--threads",
                    reason,
                });
            }
            Ok(Box::new(Threads::new(n_threads)?))
        }
        other => {
            let reason = format!(
                "must be threads, lambda or slurm, or some of them joined by a plus, not `{other}`"
            );
            Err(RunError::Option {
                option: "--on",
                reason,
            })
        }
    }
}

/// Datasets of a command line, those that a star stands for among them.
///
/// # Errors
/// A star stands for nothing.
pub(super) fn datasets(paths: &[PathBuf]) -> Result<Vec<Location>, RunError> {
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

/// Objects beside a place whose names begin and end as the star's surroundings. Of paths, the shell
/// has done this.
fn starred(location: &Location, (start, end): (&str, &str)) -> Result<Vec<Location>, RunError> {
    let nothing = || RunError::Option {
        option: "DATASET",
        reason: format!("there is nothing like `{location}`"),
    };
    let parent = location.parent().ok_or_else(nothing)?;
    let keys = crate::storage::Store::open(&parent)?.list(start)?;
    let is_like = |key: &&String| {
        !key.contains('/') && key.ends_with(end) && key.len() >= start.len() + end.len()
    };
    let found: Vec<Location> = keys
        .iter()
        .filter(is_like)
        .map(|key| parent.join(key))
        .collect();
    if found.is_empty() {
        Err(nothing())
    } else {
        Ok(found)
    }
}

/// Where the results of one of so many datasets go.
///
/// # Errors
/// The place is none, or the dataset has no name.
pub(super) fn results_of(
    imzml: &Location,
    n_datasets: usize,
    options: &AnnotateOptions,
) -> Result<Location, RunError> {
    let unnamed = || RunError::Option {
        option: "DATASET",
        reason: format!("`{imzml}` has no name"),
    };
    let name = imzml.stem().ok_or_else(unnamed)?;
    let Some(out) = &options.out else {
        return Ok(Location::Path(format!("{name}-results").into()));
    };
    let folder = Location::of(out)?;
    let holds_many = n_datasets > 1 || out.to_string_lossy().ends_with('/');
    Ok(if holds_many {
        folder.join(name)
    } else {
        folder
    })
}

/// Shows how a run goes: as stages of the terminal, or as lines where several go at once.
pub(super) struct Shown<'a> {
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
const TOLD: usize = 5;

impl Shown<'_> {
    fn say(&self, text: &str) {
        match &self.name {
            Some(name) => self.terminal.say(&format!("{name}: {text}")),
            None => self.terminal.say(text),
        }
    }
}

impl Observer for Shown<'_> {
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
            if ongoing.n_failed > TOLD {
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
