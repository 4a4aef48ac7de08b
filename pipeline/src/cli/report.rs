//! `metaspace report`.

use std::path::PathBuf;

use clap::Args;

use super::Output;
use super::annotate::in_threads;
use crate::config::report::ReportOptions;
use crate::error::RunError;
use crate::report::write_report;
use crate::results::check_results;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Results folder of an annotation
    #[arg(value_name = "RESULTS")]
    folder: PathBuf,
    #[command(flatten)]
    options: ReportOptions,
}

pub(super) fn run(args: &ReportArgs, terminal: &Terminal) -> Result<Output, RunError> {
    check_results(&args.folder)?;
    args.options.check()?;
    let written = in_threads(args.options.threads, || {
        write_report(&args.folder, &args.options, terminal)
    })?;
    let megabytes = written.n_bytes as f64 / 1e6;
    let text = format!(
        "{}: {} annotations, {} ions in detail, {megabytes:.1} MB\n",
        written.path.display(),
        written.n_rows,
        written.n_best,
    );
    let json = serde_json::json!({
        "file": written.path,
        "annotations": written.n_rows,
        "detailed": written.n_best,
        "bytes": written.n_bytes,
    });
    Ok(Output { text, json })
}
