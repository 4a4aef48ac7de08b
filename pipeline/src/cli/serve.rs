//! `metaspace serve`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Output;
use crate::config::serve::{ServeConfig, ServeOptions};
use crate::error::RunError;
use crate::server::serve;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Results folders of annotations
    #[arg(value_name = "RESULTS", required = true)]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    options: ServeOptions,
}

pub(super) fn run(args: &ServeArgs, terminal: &Terminal) -> Result<Output, RunError> {
    let config = ServeConfig::new(&args.options)?;
    serve(&args.folders, &config, terminal, |address| {
        // On stdout for scripts; one that has closed it does not want to know.
        drop(writeln!(std::io::stdout().lock(), "http://{address}"));
        let n = args.folders.len();
        let folders = if n == 1 {
            "1 results folder"
        } else {
            &format!("{n} results folders")
        };
        terminal.say(&format!(
            "serving {folders}; /api describes the API; Ctrl-C stops"
        ));
    })?;
    Ok(Output {
        text: String::new(),
        json: serde_json::json!({ "nResults": args.folders.len() }),
    })
}
