//! `metaspace coloc evaluate`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use coloc::evaluate::{Estimate, Evaluation, Judged, each_against_the_others, evaluate};
use coloc::features::Features;
use coloc::pairs::scores_of;
use metaspace_explore::coloc::{Colocated, Gold, GoldPair, Predictions, find_ion, read_experts};
use metaspace_results::check_results;
use serde_json::json;

use crate::cli::coloc::options::{BootstrapOptions, CompareOptions};
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Gold standard (CSV): datasetId, baseSf, baseAdduct, otherSf, otherAdduct, rank (0 is most co-localized)
    #[arg(long, value_name = "FILE")]
    gold: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Round predictions to whole ranks
    #[arg(long, requires = "predictions")]
    round: bool,
    #[command(flatten)]
    compare: CompareOptions,
    #[command(flatten)]
    bootstrap: BootstrapOptions,
}

/// What is compared with the experts; one of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// Folder with a results folder for each dataset, named by its datasetId; evaluates --measure
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Predicted ranks (CSV): the columns of a pair and pred; a column rank overrides the gold standard
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
    /// Expert ranks (CSV): the columns of a pair, user and rank; evaluates each expert against the mean of the others
    #[arg(long, value_name = "FILE")]
    experts: Option<PathBuf>,
}

pub(super) fn run(args: &EvaluateArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let gold = Gold::read(&args.gold)?;
    let (what, pairs, n_left_out) = if let Some(path) = &args.source.predictions {
        let found = Predictions::read(path, Some(&gold), args.round)?;
        let rounded = if args.round { ", rounded" } else { "" };
        (
            format!("{}{rounded}", path.display()),
            found.pairs,
            found.n_unknown,
        )
    } else if let Some(path) = &args.source.experts {
        let ranks = read_experts(path, Some(&gold))?;
        let what = "each expert against the mean of the others, unranked as 10".to_owned();
        (what, each_against_the_others(&ranks), 0)
    } else {
        let folder = args.source.images.as_deref().unwrap_or(Path::new("."));
        let (pairs, n_missing) = measured(args, &gold, folder, terminal)?;
        (args.compare.measure.to_string(), pairs, n_missing)
    };
    if n_left_out > 0 {
        terminal.say(&format!(
            "{n_left_out} pairs are left out: no image, or no rank of experts"
        ));
    }
    let found = evaluate(&pairs, args.bootstrap.into())?;
    Ok(output(&what, &found, n_left_out))
}

/// Scores of the gold standard's pairs, and how many have no image.
fn measured(
    args: &EvaluateArgs,
    gold: &Gold,
    folder: &Path,
    terminal: &Terminal,
) -> Result<(Vec<Judged>, usize), CliError> {
    let mut datasets: BTreeMap<&str, Vec<&GoldPair>> = BTreeMap::new();
    for pair in &gold.pairs {
        datasets.entry(&pair.dataset).or_default().push(pair);
    }
    let (mut judged, mut n_missing) = (Vec::new(), 0);
    for (dataset, pairs) in datasets {
        let results = folder.join(dataset);
        if !results.is_dir() {
            terminal.say(&format!("no results of {dataset} in {}", folder.display()));
            n_missing += pairs.len();
            continue;
        }
        check_results(&results)?;
        let found = Colocated::read(&results, f64::INFINITY, None, &args.compare.normalize)?;
        let features = Features::new(
            &found.images,
            args.compare.measure,
            args.compare.preset.preset(),
        );
        let mut rows: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
        let place = |name: &str| {
            let ion = find_ion(&found.ions, name).ok()?;
            found.ions.iter().position(|other| other.ion == ion.ion)
        };
        for pair in pairs {
            let Some((base, other)) = place(&pair.base).zip(place(&pair.other)) else {
                n_missing += 1;
                continue;
            };
            let row = rows
                .entry(base)
                .or_insert_with(|| scores_of(&features, base));
            let score = f64::from(row[other]);
            judged.push(Judged {
                set: pair.set(),
                rank: pair.rank,
                score,
            });
        }
    }
    Ok((judged, n_missing))
}

fn output(what: &str, found: &Evaluation, n_left_out: usize) -> Output {
    let line = |name: &str, e: Estimate| {
        format!(
            "{name:<10} {:.3}  ({:.3} to {:.3})\n",
            e.mean, e.low, e.high
        )
    };
    let text = format!(
        "{what}\n{} pairs in {} sets, {} of them without a correlation\n\n\
         mean over sets, and its interval of 95 % by bootstrap over sets\n{}{}",
        found.n_pairs,
        found.n_sets,
        found.n_undefined,
        line("Spearman", found.spearman),
        line("Kendall", found.kendall)
    );
    let estimate = |e: Estimate| json!({ "mean": e.mean, "low": e.low, "high": e.high });
    let json = json!({
        "what": what,
        "nPairs": found.n_pairs,
        "nSets": found.n_sets,
        "nUndefined": found.n_undefined,
        "nLeftOut": n_left_out,
        "spearman": estimate(found.spearman),
        "kendall": estimate(found.kendall),
    });
    Output { text, json }
}
