//! `metaspace plan`.

use std::path::PathBuf;

use clap::Args;

use super::Output;
use super::tasks::{CuttingArgs, results_of};
use crate::config::AnnotateOptions;
use crate::error::RunError;
use crate::plan::prices::Prices;
use crate::plan::{Plan, Request, make};
use crate::storage::Location;
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
    let file = args
        .config
        .as_deref()
        .map(AnnotateOptions::read)
        .transpose()?
        .unwrap_or_default();
    let options = args.options.clone().over(file);
    let imzml = Location::of(&args.imzml)?;
    let results = results_of(&imzml, 1, &options)?;
    let cutting = args.cutting.cutting()?;
    let prices = args.cutting.prices()?;
    let request = Request {
        imzml: &imzml,
        results: &results,
        options: &options,
        cutting,
    };
    let prepared = make(&request, terminal)?;
    let json = serde_json::json!({
        "run": prepared.run,
        "plan": prepared.plan,
        "usage": prepared.plan.usage(),
        "dollars": prices.dollars(&prepared.plan.usage()),
        "prices": prices,
    });
    Ok(Output {
        text: text(&prepared.plan, &prepared.run, &prices),
        json,
    })
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
        let usage = plan.usage_of(stage);
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
    let all = plan.usage();
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
        "\n{} requests, {:.1} GB read, {:.1} GB written\nprices of {} in {}; estimates count 75 MB a second to and from the store; with data on a disk, tasks take about a fifth\n",
        thousands(all.traffic.reads + all.traffic.writes),
        all.traffic.bytes_read as f64 / 1e9,
        all.traffic.bytes_written as f64 / 1e9,
        prices.date,
        prices.region
    )
}
