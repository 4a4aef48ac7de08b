//! `metaspace coloc`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use coloc::cluster::{Cluster, Hierarchy, hierarchy, spectral};
use coloc::features::Features;
use coloc::markers::markers;
use coloc::pairs::{Selection, best, scores_of};
use coloc::rank::{PartnerLimits, id_order};
use coloc::segment::segment;
use metaspace_explore::coloc::{Colocated, find_ion, partner_list, region_markers};
use metaspace_explore::normalize::Normalization;
use metaspace_machine::error::OptionError;
use metaspace_results::regions::read_regions;
use metaspace_results::{
    check_results, read_ions, write_clusters, write_markers, write_matrix, write_segments,
};

use crate::cli::coloc::options::{CompareOptions, GroupOptions, Grouping, ListOptions, Question};
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

mod evaluate;
mod lists;
mod options;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct ColocArgs {
    /// Results folder of an annotation
    #[arg(value_name = "RESULTS", required = true)]
    folder: Option<PathBuf>,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    compare: CompareOptions,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    group: GroupOptions,
    #[command(subcommand)]
    other: Option<Other>,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// Compare a measure, or predictions, with expert rankings
    Evaluate(evaluate::EvaluateArgs),
}

pub(super) fn run(args: &ColocArgs, terminal: &Terminal) -> Result<Output, CliError> {
    if let Some(Other::Evaluate(evaluate)) = &args.other {
        return evaluate::run(evaluate, terminal);
    }
    let folder = args.folder.as_deref().unwrap_or(Path::new("."));
    check_results(folder)?;
    if !(0.0..=1.0).contains(&args.list.fdr) {
        let reason = format!("must lie between 0 and 1, not {}", args.list.fdr);
        return Err(OptionError::new("--fdr", reason).into());
    }
    in_threads(args.list.threads, || answer(args, folder, terminal))
}

fn answer(args: &ColocArgs, folder: &Path, terminal: &Terminal) -> Result<Output, CliError> {
    let question = &args.question;
    let wanted = match &question.ion {
        Some(text) => Some(
            find_ion(&read_ions(folder, f64::INFINITY)?, text)?
                .ion
                .clone(),
        ),
        None => None,
    };
    let by = &args.compare.normalize;
    let found = Colocated::read(folder, args.list.fdr, wanted.as_deref(), by)?;
    if let Some(note) = found.shrinkage_note() {
        terminal.say(&note);
    }
    if found.ions.is_empty() {
        return Ok(lists::nothing(folder, args.list.fdr));
    }
    let mut output = answer_of(args, &found, wanted.as_deref())?;
    if *by != Normalization::None {
        output
            .text
            .insert_str(0, &format!("intensities divided by: {by}\n"));
    }
    Ok(output)
}

/// What was asked of images that are read.
fn answer_of(
    args: &ColocArgs,
    found: &Colocated,
    wanted: Option<&str>,
) -> Result<Output, CliError> {
    let question = &args.question;
    if let Some(ion) = wanted {
        Ok(one_ion(args, found, ion))
    } else if let Some(path) = &question.matrix {
        all_pairs(args, found, path)
    } else if question.clusters {
        clusters(args, found)
    } else if let Some(path) = &question.markers {
        markers_of(args, found, path)
    } else if question.segment {
        segments(args, found)
    } else {
        best_pairs(args, found)
    }
}

fn features(args: &ColocArgs, found: &Colocated) -> Features {
    Features::new(
        &found.images,
        args.compare.measure,
        args.compare.preset.preset(),
    )
}

fn limits(args: &ColocArgs) -> PartnerLimits {
    PartnerLimits {
        n_best: args.list.n_best,
        min_score: args.list.min_score,
    }
}

fn one_ion(args: &ColocArgs, found: &Colocated, name: &str) -> Output {
    let ion = found
        .ions
        .iter()
        .position(|ion| ion.ion == name)
        .unwrap_or_default();
    let features = features(args, found);
    let scores = scores_of(&features, ion);
    let list = partner_list(
        found,
        &features,
        (ion, &scores),
        args.list.fdr,
        limits(args),
    );
    lists::partners(args, found, ion, &list)
}

/// The pairs that are most alike, each once.
fn best_pairs(args: &ColocArgs, found: &Colocated) -> Result<Output, CliError> {
    let order = id_order(&found.images);
    let tiers = vec![0; found.ions.len()];
    let selection = Selection {
        tiers: &tiers,
        n_groups: 1,
        order: &order,
        limits: limits(args),
    };
    let lists = best(&features(args, found), selection)?;
    let is_symmetric = args.compare.measure.is_symmetric();
    let mut pairs: Vec<(f32, usize, usize)> = lists
        .iter()
        .flatten()
        .enumerate()
        .flat_map(|(ion, list)| list.iter().map(move |p| (p.score, ion, p.ion)))
        .filter(|(_, a, b)| !is_symmetric || order[*a] < order[*b])
        .collect();
    pairs.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then((order[a.1], order[a.2]).cmp(&(order[b.1], order[b.2])))
    });
    pairs.truncate(args.list.n_best);
    Ok(lists::pairs(args, found, &pairs))
}

fn all_pairs(args: &ColocArgs, found: &Colocated, path: &Path) -> Result<Output, CliError> {
    let scores = found.scores(args.compare.measure, args.compare.preset.preset());
    let tree = hierarchy(&scores, &id_order(&found.images))?;
    write_matrix(found.images.ids(), &tree.leaves, &scores, path)?;
    Ok(lists::written(found, args.compare.measure, path))
}

fn clusters(args: &ColocArgs, found: &Colocated) -> Result<Output, CliError> {
    let mut scores = found.scores(args.compare.measure, args.compare.preset.preset());
    if !args.compare.measure.is_symmetric() {
        // A group has no direction.
        scores = (&scores + &scores.t()) / 2.0;
    }
    let order = id_order(&found.images);
    let groups: Vec<Cluster> = match args.group.grouping {
        Grouping::Spectral => spectral(&scores.view(), &order, args.group.n_clusters)?.clusters,
        Grouping::Hierarchical => {
            let tree: Hierarchy = hierarchy(&scores, &order)?;
            match args.group.n_clusters {
                Some(n) => tree.cut_to(n, &scores, &order),
                None => tree.cut(args.group.min_link, &scores, &order),
            }
        }
    };
    if let Some(path) = &args.group.out {
        write_clusters(&groups, &found.images, path)?;
    }
    Ok(lists::clusters(args, found, &groups))
}

fn markers_of(args: &ColocArgs, found: &Colocated, path: &Path) -> Result<Output, CliError> {
    let regions = region_markers(found, &read_regions(path, found.images.raster())?)?;
    if let Some(out) = &args.group.out {
        write_markers(&regions, found.images.ids(), out)?;
    }
    Ok(lists::markers(args, found, &regions))
}

fn segments(args: &ColocArgs, found: &Colocated) -> Result<Output, CliError> {
    let segmentation = segment(&found.images, &args.group.segments())?;
    if let Some(out) = &args.group.out {
        write_segments(&segmentation, &found.images, out)?;
    }
    let mut regions = Vec::new();
    // A segment of all pixels has no outside, and so no markers.
    if segmentation.sizes.len() > 1 {
        for segment in 0..segmentation.sizes.len() {
            let mask: Vec<bool> = segmentation.labels.iter().map(|l| *l == segment).collect();
            regions.push((format!("{}", segment + 1), markers(&found.images, &mask)?));
        }
    }
    Ok(lists::segments(args, found, &segmentation, &regions))
}
