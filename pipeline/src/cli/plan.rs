//! `metaspace plan`.

use std::path::PathBuf;

use clap::Args;
use metaspace_machine::error::OptionError;
use metaspace_results::text::thousands;
use metaspace_run::config::read_settings;
use metaspace_run::destination::results_path;
use metaspace_run::plan::estimate::{DISK_BYTES_PER_SECOND, S3_BYTES_PER_SECOND};
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
    /// Megabytes a second that a task moves from or to the store [default: 75 in S3, as Lambda has it; 2000 on a disk]
    #[arg(long, value_name = "MB")]
    rate: Option<f64>,
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
    let rate = rate(args.rate, &imzml)?;
    let prepared = make(&request, terminal)?;
    let expected = prepared.expected(rate);
    let json = serde_json::json!({
        "run": prepared.run,
        "plan": prepared.plan,
        "usage": expected.usage(),
        "dollars": prices.dollars(&expected.usage()),
        "bytesPerSecond": rate,
        "prices": prices,
    });
    Ok(Output {
        text: text(&expected, &prepared.run, &prices, rate),
        json,
    })
}

/// Bytes a second that a task moves: as given in megabytes, or as where the dataset lies.
fn rate(megabytes: Option<f64>, imzml: &Location) -> Result<f64, OptionError> {
    match megabytes {
        Some(rate) if rate > 0.0 && rate.is_finite() => Ok(rate * 1e6),
        Some(rate) => Err(OptionError::new(
            "--rate",
            format!("must be above 0, not {rate}"),
        )),
        None if imzml.is_object() => Ok(S3_BYTES_PER_SECOND),
        None => Ok(DISK_BYTES_PER_SECOND),
    }
}

fn text(plan: &Plan, run: &str, prices: &Prices, rate: f64) -> String {
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
        "\n{} requests, {:.1} GB read, {:.1} GB written\nprices of {} in {}; estimates count {:.0} MB a second to and from the store (--rate)\n",
        thousands(all.traffic.reads + all.traffic.writes),
        all.traffic.bytes_read as f64 / 1e9,
        all.traffic.bytes_written as f64 / 1e9,
        prices.date,
        prices.region,
        rate / 1e6
    )
}
