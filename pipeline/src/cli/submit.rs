//! `metaspace submit`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Args;
use metaspace_engines::drive::{End, drive};
use metaspace_engines::engine::Engine;
use metaspace_engines::known::KnownRun;
use metaspace_engines::lambda::chain::begin;
use metaspace_engines::lambda::event::Chain;
use metaspace_engines::policy::Policy;
use metaspace_engines::run::{Run, has_results};
use metaspace_engines::slurm::Slurm;
use metaspace_engines::state::RunStatus;
use metaspace_machine::error::{Explanation, OptionError};
use metaspace_results::ResultsError;
use metaspace_results::options::AnnotateOptions;
use metaspace_run::config::read_settings;
use metaspace_run::destination::results_path;
use metaspace_run::plan::prices::{Prices, Usage};
use metaspace_run::plan::{Request, RunKey, Stage, Task, make};
use metaspace_storage::{Location, Store};

use crate::cli::annotate_options::AnnotateArguments;
use crate::cli::error::CliError;
use crate::cli::output::{Finished, INCOMPLETE, Output};
use crate::cli::tasks::{
    CuttingArgs, EngineArgs, RunProgress, check_apart, datasets, engine, has_star,
};
use crate::cli::terminal::Terminal;

/// Failed tasks that are told.
const MAX_SHOWN: usize = 10;

/// Datasets that are driven at once.
const AT_ONCE: usize = 4;

/// What is said of a store on which two tasks may both believe to be the last.
const NO_CONDITIONS: &str = "the store ignores conditional writes: a stage may be started twice, \
    which changes nothing but the bill";

#[derive(Debug, Args)]
pub(super) struct SubmitArgs {
    /// imzML files, or `s3://BUCKET/KEY`, where * matches anything
    #[arg(required = true, value_name = "DATASET")]
    imzml: Vec<PathBuf>,
    /// Engine for the tasks: threads (of this machine), lambda or slurm; or several, such as
    /// lambda+threads: a task goes to the first engine with a free slot
    #[arg(long, value_name = "ENGINE", default_value = "threads")]
    on: String,
    /// Return as soon as the run has started; it continues without this process (lambda or slurm)
    #[arg(long)]
    detach: bool,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    cutting: CuttingArgs,
    /// Settings file (TOML) with the names of the options; the command line takes precedence
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: AnnotateArguments,
}

/// How one of the datasets went.
struct State {
    dataset: Location,
    run: Option<String>,
    /// How, in one word.
    status: RunStatus,
    /// Where the results are, or why there are none.
    detail: String,
    usage: Usage,
}

pub(super) fn run(args: &SubmitArgs, terminal: &Terminal) -> Result<Finished, CliError> {
    let file = args
        .config
        .as_deref()
        .map(read_settings)
        .transpose()?
        .unwrap_or_default();
    let options = args.options.options().over(file);
    args.cutting.cutting()?;
    let prices = args.cutting.prices()?;
    let datasets = datasets(&args.imzml)?;
    // What a star stands for are several, even if there is one of them today.
    let are_several = datasets.len() > 1 || args.imzml.iter().any(|path| has_star(path));
    let places = datasets.iter().map(|dataset| {
        let results = results_path(dataset, are_several, &options)?;
        Ok((dataset.to_string(), results.to_string()))
    });
    check_apart(places.collect::<Result<_, CliError>>()?, "submit")?;
    let how = match (args.on.as_str(), args.detach) {
        ("lambda", true) => How::Chained(args.engine.lambda()?.chain()),
        ("slurm", true) => How::Queued(args.engine.slurm()?),
        (other, true) => {
            let reason =
                format!("needs an engine that goes on by itself: lambda or slurm, not {other}");
            return Err(OptionError::new("--detach", reason).into());
        }
        (name, false) => How::Driven(engine(name, options.threads, &args.engine)?),
    };
    let submission = Submission {
        args,
        options,
        prices,
        how,
        terminal,
        are_several,
    };
    let states = submission.all(&datasets);
    Ok(finished(&states, &submission.prices))
}

/// Who sees to it that a run goes on.
enum How {
    /// This process.
    Driven(Box<dyn Engine>),
    /// Its tasks.
    Chained(Chain),
    /// The queue of a cluster.
    Queued(Slurm),
}

struct Submission<'a> {
    args: &'a SubmitArgs,
    options: AnnotateOptions,
    prices: Prices,
    how: How,
    terminal: &'a Terminal,
    /// Whether each has a folder of its own in that of the results.
    are_several: bool,
}

impl Submission<'_> {
    /// Runs every dataset; one that fails stops no other.
    fn all(&self, datasets: &[Location]) -> Vec<State> {
        let (next, states) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || {
            while let Some((i, dataset)) = {
                let i = next.fetch_add(1, Ordering::Relaxed);
                datasets.get(i).map(|dataset| (i, dataset))
            } {
                let state = self.one(dataset);
                states
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push((i, state));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..AT_ONCE.min(datasets.len()) {
                scope.spawn(work);
            }
            work();
        });
        let mut states = states.into_inner().unwrap_or_else(PoisonError::into_inner);
        states.sort_by_key(|(i, _)| *i);
        states.into_iter().map(|(_, state)| state).collect()
    }

    fn one(&self, dataset: &Location) -> State {
        let mut state = State {
            dataset: dataset.clone(),
            run: None,
            status: RunStatus::Failed,
            detail: String::new(),
            usage: Usage::default(),
        };
        if let Err(error) = self.try_one(&mut state) {
            state.status = if error.is_cancelled() {
                RunStatus::Cancelled
            } else {
                RunStatus::Failed
            };
            state.detail = Explanation::of(&error).lines();
        }
        state
    }

    fn try_one(&self, state: &mut State) -> Result<(), CliError> {
        let results = results_path(&state.dataset, self.are_several, &self.options)?;
        let cutting = self.args.cutting.cutting()?;
        let options = &self.options;
        let request = Request {
            imzml: &state.dataset,
            results: &results,
            options,
            cutting,
        };
        let prepared = make(&request, self.terminal)?;
        let store = Store::open(&prepared.store)?;
        let run = Run {
            id: prepared.run.clone(),
            stages: prepared.plan.stages.clone(),
            results: Some(prepared.plan.results.clone()),
            store,
        };
        state.run = Some(run.id.clone());
        let mut known = KnownRun {
            run: run.id.clone(),
            store: prepared.store.to_string(),
            on: self.args.on.clone(),
            jobs: Vec::new(),
        };
        known.remember()?;
        let is_merged = run
            .store
            .has(&Task::key(&run.id, Stage::Merge, 0, "json"))?;
        if has_results(&run)? && !is_merged && !options.force {
            let path = results.to_path();
            return Err(ResultsError::Exists { path }.into());
        }
        let is_on_lambda = self.args.on.split('+').any(|name| name == "lambda");
        if is_on_lambda && !run.store.location().is_object() {
            let reason = format!("must be in S3 for Lambda to reach it, not `{results}`");
            return Err(OptionError::new("--out", reason).into());
        }
        prepared.publish(&run.store)?;
        run.store.delete(&RunKey::Cancelled.of(&run.id))?;
        let name = self
            .are_several
            .then(|| state.dataset.name().unwrap_or_default().to_owned());
        let shown = RunProgress {
            terminal: self.terminal,
            name,
            prices: &self.prices,
            stage: Mutex::new(None),
        };
        match &self.how {
            How::Driven(engine) => {
                let (end, usage) = drive(&run, &**engine, &Policy::default(), &shown)?;
                state.usage = usage;
                (state.status, state.detail) = ended(&end, &run);
            }
            How::Chained(chain) => {
                if !run.store.heeds_conditions(&RunKey::Probe.of(&run.id))? {
                    self.terminal.say(NO_CONDITIONS);
                }
                begin(&run, chain)?;
                (state.status, state.detail) = running(&run);
            }
            How::Queued(slurm) => {
                known.jobs = slurm.submit_chain(&run)?;
                known.remember()?;
                (state.status, state.detail) = running(&run);
            }
        }
        Ok(())
    }
}

fn running(run: &Run) -> (RunStatus, String) {
    (
        RunStatus::Running,
        format!("metaspace wait {} waits for it", run.id),
    )
}

/// State and detail of a run that has ended.
pub(super) fn ended(end: &End, run: &Run) -> (RunStatus, String) {
    match end {
        End::Complete => (RunStatus::Complete, run.results.clone().unwrap_or_default()),
        End::Cancelled => (
            RunStatus::Cancelled,
            format!("metaspace resume {} takes it up again", run.id),
        ),
        End::Failed(failed) => {
            let mut text = format!(
                "complete with failed units; metaspace resume {} tries them again",
                run.id
            );
            for task in failed.iter().take(MAX_SHOWN) {
                text.push_str(&format!(
                    "\n    {} {}, {} times: {}",
                    task.stage.name(),
                    task.task,
                    task.attempts,
                    task.failure.reason
                ));
            }
            if failed.len() > MAX_SHOWN {
                text.push_str(&format!("\n    and {} more", failed.len() - MAX_SHOWN));
            }
            (RunStatus::Failed, text)
        }
    }
}

fn finished(states: &[State], prices: &Prices) -> Finished {
    let mut text = String::new();
    for state in states {
        let run = state.run.as_deref().unwrap_or("-");
        text.push_str(&format!(
            "{run:<16}  {:<9}  {:.5} $  {}  {}\n",
            state.status.name(),
            prices.dollars(&state.usage),
            state.dataset,
            state.detail
        ));
    }
    let json = states.iter().map(|state| {
        serde_json::json!({
            "dataset": state.dataset.to_string(),
            "run": state.run,
            "state": state.status,
            "detail": state.detail,
            "usage": state.usage,
            "dollars": prices.dollars(&state.usage),
        })
    });
    let json = json.collect::<Vec<_>>().into();
    let is_complete = states
        .iter()
        .all(|state| matches!(state.status, RunStatus::Complete | RunStatus::Running));
    let code = if is_complete { 0 } else { INCOMPLETE };
    Finished {
        output: Output { text, json },
        code,
    }
}
