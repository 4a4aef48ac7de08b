//! `metaspace annotate`.

use std::path::PathBuf;

use clap::Args;

use super::Output;
use crate::config::AnnotateOptions;
use crate::error::RunError;
use crate::run::{Outcome, run as run_job};
use crate::summary;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct AnnotateArgs {
    /// The imzML file, or `s3://BUCKET/KEY`; its ibd is looked for beside it
    imzml: PathBuf,
    /// Settings file (TOML) with the same names as the options; the command line wins
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: AnnotateOptions,
}

pub(super) fn run(args: &AnnotateArgs, terminal: &Terminal) -> Result<Output, RunError> {
    let file = args
        .config
        .as_deref()
        .map(AnnotateOptions::read)
        .transpose()?
        .unwrap_or_default();
    let options = args.options.clone().over(file);
    let outcome = in_threads(options.threads, || run_job(&args.imzml, &options, terminal))?;
    Ok(output(&outcome, outcome.fdr))
}

/// Does work on so many threads, or one a processor.
///
/// # Errors
/// The threads cannot be started, or the work fails.
pub(super) fn in_threads<T: Send>(
    n_threads: Option<usize>,
    work: impl FnOnce() -> Result<T, RunError> + Send,
) -> Result<T, RunError> {
    if n_threads == Some(0) {
        let reason = "must be at least 1".into();
        return Err(RunError::Option {
            option: "--threads",
            reason,
        });
    }
    let n_threads = n_threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .build()
        .map_err(|source| RunError::Threads { n_threads, source })?;
    pool.install(work)
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
