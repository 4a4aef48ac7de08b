//! `metaspace compare`.

use std::path::{Path, PathBuf};

use clap::Args;
use metaspace_explore::shared::{MAX_COMPARED, shared_ions};
use metaspace_machine::error::OptionError;
use metaspace_results::text::{counted, percent};
use metaspace_results::{check_results, read_annotations};

use crate::cli::error::CliError;
use crate::cli::output::Output;

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Results folders: of several datasets, or of one with other tables, scores or windows
    #[arg(value_name = "RESULTS", num_args = 2.., required = true)]
    folders: Vec<PathBuf>,
    /// FDR up to which an ion counts as annotated, 0 to 1
    #[arg(long, value_name = "FDR", default_value_t = 0.1)]
    fdr: f64,
    /// Write a CSV: each ion with its FDR and score in each of the results
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &CompareArgs) -> Result<Output, CliError> {
    if !(0.0..=1.0).contains(&args.fdr) {
        let reason = format!("must lie between 0 and 1, not {}", args.fdr);
        return Err(OptionError::new("--fdr", reason).into());
    }
    if args.folders.len() > MAX_COMPARED {
        let reason = format!(
            "are {}, and {MAX_COMPARED} can be compared",
            args.folders.len()
        );
        return Err(OptionError::new("RESULTS", reason).into());
    }
    let mut all = Vec::new();
    for (name, folder) in named(&args.folders) {
        check_results(&folder)?;
        all.push((name, read_annotations(&folder)?));
    }
    let results: Vec<_> = all
        .iter()
        .map(|(name, rows)| (name.clone(), rows.as_slice()))
        .collect();
    let found = shared_ions(&results, args.fdr);
    let mut text = format!(
        "{} at FDR {} in any of the results\n\n",
        counted(found.ions.len() as u64, "ion"),
        percent(found.fdr)
    );
    for combination in &found.combinations {
        let names = combination.results.join(", ");
        let which = if combination.results.len() == found.results.len() {
            "in all of"
        } else {
            "only in"
        };
        text.push_str(&format!("{:>8}  {which} {names}\n", combination.n_ions));
    }
    if let Some(out) = &args.out {
        found.write_csv(out)?;
        text.push_str(&format!("\nwritten: {}\n", out.display()));
    }
    let json = serde_json::to_value(&found).map_err(|source| CliError::Json {
        path: "the comparison".into(),
        source,
    })?;
    Ok(Output { text, json })
}

/// Each folder with the last part of its path, or all of it where that is no name of its own.
fn named(folders: &[PathBuf]) -> Vec<(String, PathBuf)> {
    let last = |folder: &Path| {
        folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let name = |folder: &PathBuf| {
        let own = last(folder);
        let is_alone = folders.iter().filter(|other| last(other) == own).count() == 1;
        let name = own.filter(|_| is_alone);
        name.unwrap_or_else(|| folder.display().to_string())
    };
    let with_name = |folder: &PathBuf| (name(folder), folder.clone());
    folders.iter().map(with_name).collect()
}
