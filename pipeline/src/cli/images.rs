//! `metaspace images`.

use std::path::PathBuf;

use clap::Args;

use super::Output;
use super::annotate::in_threads;
use crate::config::images::ImageOptions;
use crate::error::RunError;
use crate::pictures::{Drawn, draw};
use crate::results::check_results;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct ImagesArgs {
    /// Results folder of an annotation
    #[arg(value_name = "RESULTS")]
    folder: PathBuf,
    #[command(flatten)]
    options: ImageOptions,
}

pub(super) fn run(args: &ImagesArgs, terminal: &Terminal) -> Result<Output, RunError> {
    check_results(&args.folder)?;
    args.options.check()?;
    let drawn = in_threads(args.options.threads, || {
        draw(&args.folder, &args.options, terminal)
    })?;
    Ok(say(&drawn, args.options.fdr))
}

fn say(drawn: &Drawn, fdr: f64) -> Output {
    let files = drawn.folder.display();
    let text = match (drawn.n_ions, drawn.n_files) {
        (0, _) => format!("no ion has an FDR up to {fdr}; nothing was written\n"),
        (n_ions, 1) => format!("{n_ions} ions in 1 file in {files}\n"),
        (n_ions, n_files) => format!("{n_ions} ions in {n_files} files in {files}\n"),
    };
    let json = serde_json::json!({
        "folder": drawn.folder, "ions": drawn.n_ions, "files": drawn.n_files,
    });
    Output { text, json }
}
