//! `metaspace evaluate`.

use std::path::PathBuf;

use clap::Args;
use metaspace_explore::truth::{entrapment_text, evaluate, truth_text};

use crate::cli::error::CliError;
use crate::cli::output::Output;

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Results folder of `metaspace annotate`
    results: PathBuf,
    /// Truth that `metaspace simulate` wrote beside the dataset; results with entrapment do not need it
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
}

pub(super) fn run(args: &EvaluateArgs) -> Result<Output, CliError> {
    let found = evaluate(&args.results, args.truth.as_deref())?;
    let mut texts = Vec::new();
    let mut json = serde_json::json!({ "folder": args.results });
    if let Some(report) = &found.truth {
        texts.push(truth_text(report));
        json["truth"] = serde_json::json!(report);
    }
    if let Some((ratio, levels)) = &found.entrapment {
        texts.push(entrapment_text(levels, *ratio));
        json["entrapment"] = serde_json::json!({ "ratio": ratio, "levels": levels });
    }
    Ok(Output {
        text: texts.join("\n"),
        json,
    })
}
