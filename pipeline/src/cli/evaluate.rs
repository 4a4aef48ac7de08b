//! `metaspace evaluate`.

use std::path::PathBuf;

use clap::Args;
use metaspace_explore::error::ExploreError;
use metaspace_explore::truth::{
    ResultsTables, against_truth, by_entrapment, entrapment_text, read_results, read_truth,
    truth_text,
};

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
    let results = read_results(&args.results)?;
    if args.truth.is_none() && results.entrapment_ratio.is_none() {
        return Err(ExploreError::NothingToEvaluate {
            path: args.results.clone(),
        }
        .into());
    }
    let mut texts = Vec::new();
    let mut json = serde_json::json!({ "folder": args.results });
    if let Some(path) = &args.truth {
        let truth = read_truth(path)?;
        check_dataset(&results, truth.uuid.as_deref(), args)?;
        let report = against_truth(&results, &truth.ions);
        texts.push(truth_text(&report));
        json["truth"] = serde_json::json!(report);
    }
    if let Some(ratio) = results.entrapment_ratio {
        let levels = by_entrapment(&results, ratio);
        texts.push(entrapment_text(&levels, ratio));
        json["entrapment"] = serde_json::json!({ "ratio": ratio, "levels": levels });
    }
    Ok(Output {
        text: texts.join("\n"),
        json,
    })
}

/// Makes sure that truth and results are of one dataset, where both say of which they are.
fn check_dataset(
    results: &ResultsTables,
    of_truth: Option<&str>,
    args: &EvaluateArgs,
) -> Result<(), CliError> {
    match (results.uuid.as_deref(), of_truth) {
        (Some(found), Some(expected)) if !found.eq_ignore_ascii_case(expected) => {
            Err(ExploreError::OtherDataset {
                results: args.results.clone(),
                found: found.into(),
                expected: expected.into(),
            }
            .into())
        }
        _ => Ok(()),
    }
}
