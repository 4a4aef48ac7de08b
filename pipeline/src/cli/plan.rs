//! `metaspace plan`.

use std::path::PathBuf;

use clap::Args;

use super::Output;
use super::tasks::{CuttingArgs, results_of};
use crate::config::AnnotateOptions;
use crate::error::RunError;
use crate::plan::prices::{Prices, Usage};
use crate::plan::{Plan, Request, Stage, StagePlan, make};
use crate::storage::{Location, Traffic};
use crate::summary::thousands;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// The imzML file, or `s3://BUCKET/KEY`
    imzml: PathBuf,
    #[command(flatten)]
    cutting: CuttingArgs,
    /// Settings file (TOML) with the same names as the options; the command line wins
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: AnnotateOptions,
}

pub(super) fn run(args: &PlanArgs, terminal: &Terminal) -> Result<Output, RunError> {
    let file = args.config.as_deref().map(AnnotateOptions::read).transpose()?.unwrap_or_default();
    let options = args.options.clone().over(file);
    let imzml = Location::of(&args.imzml)?;
    let results = results_of(&imzml, 1, &options)?;
    let cutting = args.cutting.cutting()?;
    let prices = args.cutting.prices()?;
    let request = Request { imzml: &imzml, results: &results, options: &options, cutting };
    let prepared = make(&request, terminal)?;
    let json = serde_json::json!({
        "run": prepared.run,
        "plan": prepared.plan,
        "usage": usage(&prepared.plan),
        "dollars": prices.dollars(&usage(&prepared.plan)),
        "prices": prices,
    });
    Ok(Output { text: text(&prepared.plan, &prepared.run, &prices), json })
}

fn text(plan: &Plan, run: &str, prices: &Prices) -> String {
    let record = &plan.dataset.record;
    let mut out = format!(
        "run {run}: {} spectra of {} values, {} ions\n\n",
        thousands(record.n_spectra as u64),
        thousands(plan.dataset.n_points),
        thousands(plan.n_ions)
    );
    out.push_str(&format!(
        "{:<10} {:>8} {:>10} {:>12} {:>12} {:>10}\n",
        "stage", "tasks", "memory", "s a task", "GB-seconds", "$"
    ));
    for stage in &plan.stages {
        let usage = usage_of(stage, plan);
        out.push_str(&format!(
            "{:<10} {:>8} {:>7} MB {:>12.1} {:>12.1} {:>10.5}\n",
            stage.stage.name(),
            thousands(stage.n_tasks() as u64),
            stage.memory_mb,
            stage.seconds,
            usage.gb_seconds,
            prices.dollars(&usage)
        ));
    }
    let all = usage(plan);
    out.push_str(&format!(
        "{:<10} {:>8} {:>10} {:>12} {:>12.1} {:>10.5}\n",
        "together",
        thousands(plan.n_tasks() as u64),
        "",
        "",
        all.gb_seconds,
        prices.dollars(&all)
    ));
    out + &format!(
        "\nprices of {} in {}; estimates may be wrong by a factor of two\n",
        prices.date, prices.region
    )
}

fn usage(plan: &Plan) -> Usage {
    let mut all = Usage::default();
    for stage in &plan.stages {
        let usage = usage_of(stage, plan);
        all.seconds += usage.seconds;
        all.gb_seconds += usage.gb_seconds;
        all.invocations += usage.invocations;
        all.traffic.add(usage.traffic);
    }
    all
}

/// What a stage will use: requests follow from the cuts.
fn usage_of(stage: &StagePlan, plan: &Plan) -> Usage {
    /// Plan, report, cancellation, raster, tables.
    const COMMON: u64 = 5;
    let n_runs = plan.stage(Stage::Spectra).map_or(0, |stage| stage.n_tasks() as u64);
    let n_ions_tasks = plan.stage(Stage::Ions).map_or(0, |stage| stage.n_tasks() as u64);
    let blocks = |bytes: u64| bytes.div_ceil(4 << 20) + 1;
    let ibd = blocks(plan.dataset.record.ibd_bytes);
    let units = plan.n_ions.div_ceil(annotator::plan::UNIT_IONS as u64);
    let n_tasks = (stage.n_tasks() as u64).max(1);
    let direct = if n_runs == 0 { ibd } else { 0 };
    let (reads, writes) = match stage.stage {
        Stage::Spectra => (1 + ibd / n_tasks, 2),
        Stage::Ions => (direct + n_runs + (1 + n_runs) * units / n_tasks, 1 + units / n_tasks),
        Stage::Rank => (n_ions_tasks, 6),
        Stage::Images => (direct + n_runs * 8, 1),
        Stage::Merge => (direct + n_runs + plan.n_tasks() as u64 + 8, 12),
    };
    let traffic = Traffic { reads: reads + COMMON, writes: writes + 1, ..Traffic::default() };
    let mut usage = Usage::default();
    for _ in 0..n_tasks {
        usage.add(stage.seconds, stage.memory_mb, traffic);
    }
    usage
}
