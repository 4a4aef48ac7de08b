//! `metaspace demo`.

use std::collections::HashSet;
use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use datasets::simulate::{SimulationConfig, Truth};

use super::Output;
use super::annotate::{in_threads, output};
use super::simulate::{molecules, write_tissue};
use crate::config::AnnotateOptions;
use crate::error::RunError;
use crate::run::{Outcome, run as run_job};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Folder for the simulated tissue and its results
    #[arg(long, value_name = "DIR", default_value = "metaspace-demo")]
    out: PathBuf,
}

/// FDR at which what was found is compared with the truth.
const FDR: f64 = 0.1;

pub(super) fn run(args: &DemoArgs, terminal: &Terminal) -> Result<Output, RunError> {
    let config = SimulationConfig::demo();
    let molecules = molecules(None)?;
    let options = AnnotateOptions {
        out: Some(args.out.join("results")),
        force: true,
        ..AnnotateOptions::default()
    };
    let (truth, outcome) = in_threads(None, || {
        let tissue = write_tissue(&config, &molecules, &args.out, true, terminal)?;
        let outcome = run_job(&tissue.imzml, &options, terminal)?;
        Ok((tissue.truth, outcome))
    })?;
    let mut shown = output(&outcome, outcome.fdr);
    shown.text.push_str(&compare(&truth, &outcome));
    Ok(shown)
}

/// What was found beside what there is.
fn compare(truth: &Truth, outcome: &Outcome) -> String {
    let there: HashSet<&str> = truth
        .ions
        .iter()
        .filter(|ion| ion.n_pixels_detected > 0)
        .map(|ion| ion.ion_formula.as_str())
        .chain(truth.matrix_ions.iter().map(String::as_str))
        .collect();
    let found: Vec<&str> = outcome
        .rows
        .iter()
        .filter(|row| row.annotation.fdr <= FDR)
        .map(|row| row.ion_formula.as_str())
        .collect();
    let n_true = found.iter().filter(|ion| there.contains(*ion)).count();
    let mut text = String::new();
    // Writing to a String cannot fail.
    drop(writeln!(
        text,
        "the tissue is simulated: of {} annotations at FDR {} %, {} are ions that it does contain",
        found.len(),
        FDR * 100.0,
        n_true,
    ));
    drop(writeln!(text, "next: metaspace annotate YOUR_DATASET.imzML"));
    text
}
