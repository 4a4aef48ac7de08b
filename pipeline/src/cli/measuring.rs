//! Who measures the ions of an experiment: the threads of this process, or an engine by tasks.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::Args;
use metaspace_engines::drive::{End, drive};
use metaspace_engines::engine::Engine;
use metaspace_engines::error::EngineError;
use metaspace_engines::policy::Policy;
use metaspace_engines::run::{Run, remove};
use metaspace_experiments::table::SampleTable;
use metaspace_machine::error::OptionError;
use metaspace_measure::amounts::DatasetAmounts;
use metaspace_measure::error::MeasureError;
use metaspace_measure::images::DatasetImages;
use metaspace_measure::request::MeasureRequest;
use metaspace_measure::tasks::{Gives, PlannedRun};
use metaspace_measure::{Here, Measurer};
use metaspace_run::plan::WORK_FOLDER;
use metaspace_run::plan::prices::Prices;
use metaspace_storage::{Location, Store};
use ms_core::progress::{Cancelled, Progress};

use crate::cli::error::CliError;
use crate::cli::tasks::{EngineArgs, RunProgress, engine};
use crate::cli::terminal::Terminal;

/// Where ions are measured.
#[derive(Debug, Args)]
pub(super) struct MeasuringArgs {
    /// Measure as tasks on an engine, a task for each results folder: threads (of this machine), lambda or slurm, or several, such as lambda+threads [default: in this process]
    #[arg(long, value_name = "ENGINE")]
    on: Option<String>,
    /// Working folder of the tasks, which the engine must reach: a folder, or `s3://BUCKET/KEY` [default: .metaspace beside the results if all are in S3, else beside the output folder]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
}

/// Who measures, for as long as an experiment is evaluated.
pub(super) enum Measuring<'a> {
    Here(Here),
    Tasks(Box<MeasuringTasks<'a>>),
}

/// What tasks measure on an engine.
pub(super) struct MeasuringTasks<'a> {
    engine: Box<dyn Engine>,
    store: Store,
    /// Folder of the experiment.
    out: PathBuf,
    spectra: Vec<PathBuf>,
    prices: Prices,
    terminal: &'a Terminal,
    /// Runs that are complete.
    complete: Mutex<Vec<String>>,
}

impl MeasuringArgs {
    /// Whether an engine measures, so that only the tables of results are wanted here.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.on.is_some()
    }

    pub(super) fn measuring<'a>(
        &self,
        table: &SampleTable,
        out: &Path,
        here: Here,
        n_threads: Option<usize>,
        terminal: &'a Terminal,
    ) -> Result<Measuring<'a>, CliError> {
        let Some(on) = &self.on else {
            return Ok(Measuring::Here(here));
        };
        let results: Vec<Location> = table
            .samples
            .iter()
            .map(|sample| Location::of(&sample.results))
            .collect::<Result<_, _>>()?;
        let work = match &self.work {
            Some(work) => Location::of(work)?,
            None if results.iter().all(Location::is_object) => results[0]
                .parent()
                .unwrap_or_else(|| results[0].clone())
                .join(WORK_FOLDER),
            None => Location::of(out.parent().unwrap_or(out))?.join(WORK_FOLDER),
        };
        let work = work.absolute()?;
        let is_on_lambda = on.split('+').any(|name| name == "lambda");
        // What lies in S3 is for workers that may not see this machine.
        if let Some(result) = results.iter().find(|result| !result.is_object())
            && (work.is_object() || is_on_lambda)
        {
            let option = if is_on_lambda { "--on" } else { "--work" };
            let reason = format!("`{result}` must be in S3 too for its task to reach it");
            return Err(OptionError::new(option, reason).into());
        }
        if !work.is_object() && is_on_lambda {
            let reason = format!("must be in S3 for Lambda to reach it, not `{work}`");
            return Err(OptionError::new("--work", reason).into());
        }
        Ok(Measuring::Tasks(Box::new(MeasuringTasks {
            engine: engine(on, n_threads, &self.engine)?,
            store: Store::open(&work)?,
            out: out.into(),
            spectra: here.spectra,
            prices: Prices::read(None)?,
            terminal,
            complete: Mutex::default(),
        })))
    }
}

impl Measuring<'_> {
    pub(super) fn measurer(&self) -> &dyn Measurer {
        match self {
            Self::Here(here) => here,
            Self::Tasks(tasks) => &**tasks,
        }
    }

    /// Removes what tasks have left, once all of it is used.
    pub(super) fn finish(self) -> Result<(), CliError> {
        if let Self::Tasks(tasks) = self {
            let complete = tasks.complete.into_inner();
            for run in complete.unwrap_or_else(PoisonError::into_inner) {
                remove(&tasks.store, &run)?;
            }
        }
        Ok(())
    }
}

impl MeasuringTasks<'_> {
    /// Drives the tasks of a request to their end.
    fn drive(&self, request: &MeasureRequest, gives: Gives) -> Result<PlannedRun, MeasureError> {
        let planned = PlannedRun::publish(request, gives, &self.out, &self.spectra, &self.store)?;
        let run = Run {
            id: planned.id.clone(),
            stages: planned.stages().to_vec(),
            results: None,
            store: self.store.clone(),
        };
        let shown = RunProgress {
            terminal: self.terminal,
            name: None,
            prices: &self.prices,
            stage: Mutex::new(None),
        };
        let of_engine = |error: EngineError| MeasureError::Engine(Box::new(error));
        let driven = drive(&run, &*self.engine, &Policy::default(), &shown);
        match driven.map_err(of_engine)?.0 {
            End::Complete => {
                let mut complete = self.complete.lock().unwrap_or_else(PoisonError::into_inner);
                complete.push(planned.id.clone());
                Ok(planned)
            }
            End::Cancelled => Err(Cancelled.into()),
            End::Failed(failed) => {
                let n_failed = failed.len();
                let first = failed.into_iter().next().map(|failed| failed.failure);
                Err(MeasureError::Failed {
                    n_failed,
                    n_tasks: request.results.len(),
                    reason: first.map_or_else(String::new, |failure| failure.reason),
                })
            }
        }
    }
}

impl Measurer for MeasuringTasks<'_> {
    fn amounts(
        &self,
        request: &MeasureRequest,
        _progress: &dyn Progress,
    ) -> Result<Vec<DatasetAmounts>, MeasureError> {
        self.drive(request, Gives::Amounts)?.amounts(&self.store)
    }

    fn images(
        &self,
        request: &MeasureRequest,
        _progress: &dyn Progress,
    ) -> Result<Vec<DatasetImages>, MeasureError> {
        self.drive(request, Gives::Images)?.images(&self.store)
    }
}
