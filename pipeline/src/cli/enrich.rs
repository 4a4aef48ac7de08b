//! `metaspace enrich`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use metaspace_experiments::enrich::{
    Enrichment, ResultsBackground, enrich_experiment, enrich_results,
};
use metaspace_experiments::options::Q;
use metaspace_experiments::record::EXPERIMENT_JSON;
use metaspace_experiments::tables::{Enriched, enrichment_rows, write_csv};
use metaspace_machine::error::OptionError;
use metaspace_results::text::probability;

use crate::cli::error::CliError;
use crate::cli::experiment::EnrichmentArguments;
use crate::cli::output::Output;

/// What annotations of results are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BackgroundName {
    /// All molecules of the tables that were searched: what could have been found.
    Table,
    /// The molecules of all annotations, whatever their FDR.
    Found,
}

#[derive(Debug, Args)]
pub(super) struct EnrichArgs {
    /// Results folder of an annotation, or the folder of an experiment
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    enrichment: EnrichmentArguments,
    /// FDR of the annotations, or q of the contrast's ions, up to which ions are claimed, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = Q)]
    fdr: f64,
    /// Background of results: table or found [default: table]
    #[arg(long, value_name = "NAME")]
    background: Option<BackgroundName>,
    /// Molecule table that was searched, where it is not the one that ships with the program; repeatable
    #[arg(long, value_name = "FILE")]
    database: Vec<PathBuf>,
    /// Contrast of an experiment [default: its first]
    #[arg(long, value_name = "A-B")]
    contrast: Option<String>,
    /// Compare the statistics of all ions of an experiment, not only which are claimed
    #[arg(long)]
    ranked: bool,
    /// Write the terms as CSV to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &EnrichArgs) -> Result<Output, CliError> {
    if !(args.fdr > 0.0 && args.fdr <= 1.0) {
        let reason = format!("must be above 0 and at most 1, not {}", args.fdr);
        return Err(OptionError::new("--fdr", reason).into());
    }
    let is_experiment = args.folder.join(EXPERIMENT_JSON).is_file();
    let given = if is_experiment {
        [
            ("--background", args.background.is_some()),
            ("--database", !args.database.is_empty()),
        ]
    } else {
        [
            ("--contrast", args.contrast.is_some()),
            ("--ranked", args.ranked),
        ]
    };
    if let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
        let other = if is_experiment {
            "a results folder"
        } else {
            "an experiment"
        };
        return Err(OptionError::new(option, format!("is about {other}")).into());
    }
    let options = args.enrichment.options();
    let found = if is_experiment {
        let contrast = args.contrast.as_deref();
        enrich_experiment(&args.folder, contrast, args.ranked, args.fdr, &options)?
    } else {
        let background = match args.background {
            Some(BackgroundName::Found) => ResultsBackground::Found,
            _ => ResultsBackground::Tables(args.database.clone()),
        };
        enrich_results(&args.folder, args.fdr, &background, &options)?
    };
    if let Some(out) = &args.out {
        write_csv(out, &enrichment_rows(&found.enriched))?;
    }
    Ok(Output {
        text: text(&found),
        json: json(&found),
    })
}

fn text(found: &Enrichment) -> String {
    let (n_molecules, n_without) = found.n_molecules;
    let mut text = format!(
        "{} ions; background: {}, {n_molecules} molecules, {n_without} of them without a term\n",
        found.n_ions, found.background
    );
    if found.n_unmatched > 0 {
        text.push_str(&format!(
            "{} of {} members of the terms are no molecule of the background\n",
            found.n_unmatched, found.n_members
        ));
    }
    for of in &found.enriched {
        text.push('\n');
        text.push_str(&table(of));
    }
    text
}

/// The terms of one kind, a line each.
fn table(of: &Enriched) -> String {
    let is_ranked = of.kind == "ranked";
    let mut text = format!("{}, {}: {} terms\n", of.of, of.kind, of.terms.len());
    if of.terms.is_empty() {
        return text;
    }
    let head = if is_ranked {
        format!("{:>9} {:>9}", "molecules", "distance")
    } else {
        format!("{:>9} {:>9} {:>6}", "observed", "expected", "fold")
    };
    text.push_str(&format!("{:<40} {head} {:>9} {:>9}\n", "term", "p", "q"));
    for term in &of.terms {
        let numbers = if is_ranked {
            format!("{:>9} {:>+9.2}", term.observed, term.effect)
        } else {
            format!(
                "{:>9} {:>9.1} {:>6.1}",
                term.observed, term.expected, term.effect
            )
        };
        text.push_str(&format!(
            "{:<40} {numbers} {:>9} {:>9}\n",
            term.term,
            probability(term.p),
            probability(term.q)
        ));
    }
    text
}

fn json(found: &Enrichment) -> serde_json::Value {
    let terms = |of: &Enriched| -> Vec<serde_json::Value> {
        let term = |term: &metaspace_experiments::enrichment::EnrichedTerm| {
            serde_json::json!({
                "term": term.term, "observed": term.observed, "expected": term.expected,
                "effect": term.effect, "p": term.p, "q": term.q,
            })
        };
        of.terms.iter().map(term).collect()
    };
    let enriched = found
        .enriched
        .iter()
        .map(|of| serde_json::json!({ "of": of.of, "kind": of.kind, "terms": terms(of) }));
    serde_json::json!({
        "ions": found.n_ions,
        "background": found.background,
        "molecules": found.n_molecules.0,
        "moleculesWithoutTerm": found.n_molecules.1,
        "members": found.n_members,
        "unmatchedMembers": found.n_unmatched,
        "enriched": enriched.collect::<Vec<_>>(),
    })
}
