//! `metaspace status`, `wait`, `cancel` and `resume`.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use metaspace_engines::drive::{End, drive};
use metaspace_engines::known::KnownRun;
use metaspace_engines::policy::Policy;
use metaspace_engines::run::clean_up;
use metaspace_engines::state::{RunState, RunStatus, state};
use metaspace_machine::interrupt::is_interrupted;
use metaspace_run::plan::RunKey;
use metaspace_run::plan::prices::Prices;

use crate::cli::error::CliError;
use crate::cli::output::{Finished, INCOMPLETE, Output};
use crate::cli::submit::ended;
use crate::cli::tasks::{EngineArgs, RunProgress, engine};
use crate::cli::terminal::Terminal;

/// How often `wait` looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Id of a run submitted on this machine, or its location: …/.metaspace/runs/ID
    run: String,
}

#[derive(Debug, Args)]
pub(super) struct WaitArgs {
    /// Id of a run submitted on this machine, or its location: …/.metaspace/runs/ID
    run: String,
    /// Timeout in seconds; exit code 3 if the run is not complete by then [default: none]
    #[arg(long, value_name = "S")]
    timeout: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// Id of a run submitted on this machine, or its location: …/.metaspace/runs/ID
    run: String,
    /// Engine for the tasks [default: the one it was submitted to]
    #[arg(long, value_name = "ENGINE")]
    on: Option<String>,
    /// Number of threads of the engine `threads` [default: one a processor]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    #[command(flatten)]
    engine: EngineArgs,
    /// Price table (TOML) [default: the one that ships with the program]
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

pub(super) fn status(args: &RunArgs) -> Result<Finished, CliError> {
    let run = KnownRun::find(&args.run)?.open()?;
    finished(&state(&run)?)
}

pub(super) fn wait(args: &WaitArgs, terminal: &Terminal) -> Result<Finished, CliError> {
    let run = KnownRun::find(&args.run)?.open()?;
    let started = Instant::now();
    let mut last = String::new();
    loop {
        let state = state(&run)?;
        let is_late = args
            .timeout
            .is_some_and(|seconds| started.elapsed() >= Duration::from_secs(seconds));
        if state.is_over() || is_late || is_interrupted() {
            if state.state == RunStatus::Complete {
                clean_up(&run.stages, &run.store, &run.id)?;
            }
            return finished(&state);
        }
        let line = state.line();
        if line != last {
            terminal.say(&line);
            last = line;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

pub(super) fn cancel(args: &RunArgs) -> Result<Finished, CliError> {
    let known = KnownRun::find(&args.run)?;
    let run = known.open()?;
    let before = state(&run)?;
    if before.state != RunStatus::Complete {
        run.store.put(&RunKey::Cancelled.of(&run.id), "{}")?;
        metaspace_engines::slurm::cancel(&known.jobs);
    }
    let after = state(&run)?;
    Ok(Output {
        text: format!("{}\n", after.line()),
        json: json(&after)?,
    }
    .into())
}

pub(super) fn resume(args: &ResumeArgs, terminal: &Terminal) -> Result<Finished, CliError> {
    let known = KnownRun::find(&args.run)?;
    let run = known.open()?;
    let engine = engine(
        args.on.as_deref().unwrap_or(&known.on),
        args.threads,
        &args.engine,
    )?;
    run.store.delete(&RunKey::Cancelled.of(&run.id))?;
    let prices = Prices::read(args.prices.as_deref())?;
    let shown = RunProgress {
        terminal,
        name: None,
        prices: &prices,
        stage: Mutex::new(None),
    };
    let (end, usage) = drive(&run, &*engine, &Policy::default(), &shown)?;
    let (status, detail) = ended(&end, &run);
    let json = serde_json::json!({
        "run": run.id,
        "state": status,
        "detail": detail,
        "usage": usage,
        "dollars": prices.dollars(&usage),
    });
    let code = if end == End::Complete { 0 } else { INCOMPLETE };
    let text = format!(
        "{}  {}  {:.5} $  {detail}\n",
        run.id,
        status.name(),
        prices.dollars(&usage)
    );
    Ok(Finished {
        output: Output { text, json },
        code,
    })
}

fn json(state: &RunState) -> Result<serde_json::Value, CliError> {
    serde_json::to_value(state).map_err(|source| CliError::Json {
        path: state.run.clone().into(),
        source,
    })
}

fn finished(state: &RunState) -> Result<Finished, CliError> {
    let mut text = format!("{}\n", state.line());
    for failed in &state.failed {
        text.push_str(&format!(
            "    {} {}: {}\n",
            failed.stage.name(),
            failed.task,
            failed.failure.reason
        ));
    }
    let code = if state.state == RunStatus::Complete {
        0
    } else {
        INCOMPLETE
    };
    Ok(Finished {
        output: Output {
            text,
            json: json(state)?,
        },
        code,
    })
}
