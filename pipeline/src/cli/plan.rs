//! `metaspace plan`.

use std::path::PathBuf;

use clap::Args;
use metaspace_results::text::thousands;
use metaspace_run::config::read_settings;
use metaspace_run::destination::results_path;
use metaspace_run::plan::prices::Prices;
use metaspace_run::plan::{Plan, Request, make};
use metaspace_storage::Location;

use crate::cli::annotate_options::AnnotateArguments;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::tasks::CuttingArgs;
use crate::cli::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// The imzML file, or `s3://BUCKET/KEY`
    imzml: PathBuf,
    #[command(flatten)]
    cutting: CuttingArgs,
    /// Settings file (TOML) with the names of the options; the command line takes precedence
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: AnnotateArguments,
}

pub(super) fn run(args: &PlanArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let file = args
        .config
        .as_deref()
        .map(read_settings)
        .transpose()?
        .unwrap_or_default();
    let options = args.options.options().over(file);
    let imzml = Location::of(&args.imzml)?;
    let results = results_path(&imzml, false, &options)?;
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
