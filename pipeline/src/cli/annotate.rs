//! `metaspace annotate`.

use std::path::PathBuf;

use clap::Args;
use metaspace_results::options::AnnotateOptions;
use metaspace_run::config::read_settings;
use metaspace_run::whole::{Outcome, run as run_job};

use crate::cli::annotate_options::AnnotateArguments;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::summary;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

#[derive(Debug, Args)]
pub(super) struct AnnotateArgs {
    /// The imzML file, or `s3://BUCKET/KEY`; the ibd must be beside it, or see --ibd
    imzml: PathBuf,
    /// Settings file (TOML) with the names of the options; the command line takes precedence
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: AnnotateArguments,
    /// Folder for temporary files, on a disk with room for 16 bytes a peak [default: that of the results]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

pub(super) fn run(args: &AnnotateArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let file = args
        .config
        .as_deref()
        .map(read_settings)
        .transpose()?
        .unwrap_or_default();
    let given = AnnotateOptions {
        scratch: args.scratch.clone(),
        ..args.options.options()
    };
    let options = given.over(file);
    let outcome = in_threads(options.threads, || run_job(&args.imzml, &options, terminal))?;
    Ok(output(&outcome, outcome.fdr))
}

/// The outcome for people and for scripts.
pub(super) fn output(outcome: &Outcome, fdr: f64) -> Output {
    let json = serde_json::json!({
        "folder": outcome.folder,
        "counts": outcome.record.counts,
        "warnings": outcome.record.warnings,
        "stages": outcome.record.stages,
        "peakMemoryBytes": outcome.record.peak_memory_bytes,
    });
    Output {
        text: summary::text(outcome, fdr),
        json,
    }
}
