//! `metaspace demo`.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use datasets::simulate::{OtherIon, SimulationConfig, TrueIon, Truth, Variation};
use metaspace_explore::truth::{EvaluatedIon, Known, KnownIon, distinct, truth_level};
use metaspace_results::options::AnnotateOptions;
use metaspace_results::text::percent;
use metaspace_run::simulated::{molecules, write_tissue};
use metaspace_run::source::Input;
use metaspace_run::whole::{Outcome, run as run_job};

use crate::cli::annotate::output;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Folder for the simulated tissue and its results
    #[arg(long, value_name = "DIR", default_value = "metaspace-demo")]
    out: PathBuf,
}

/// Annotations whose region is told.
const N_SHOWN: usize = 5;

/// FDR at which what was found is compared with the truth.
const FDR: f64 = 0.1;

pub(super) fn run(args: &DemoArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let config = SimulationConfig::demo();
    let molecules = molecules(None)?;
    let options = AnnotateOptions {
        out: Some(args.out.join("results")),
        force: true,
        ..AnnotateOptions::default()
    };
    let (truth, outcome) = in_threads(None, || {
        let tissue = write_tissue(
            &config,
            &molecules,
            &Variation::default(),
            &args.out,
            true,
            terminal,
        )?;
        let outcome = run_job(&Input::Imzml(tissue.imzml.clone()), &options, terminal)?;
        Ok::<_, CliError>((tissue.truth, outcome))
    })?;
    let mut shown = output(&outcome, outcome.fdr);
    shown.text.push_str(&compare(&truth, &outcome));
    Ok(shown)
}

/// What was found beside what there is.
fn compare(truth: &Truth, outcome: &Outcome) -> String {
    let known = known(truth);
    let found = outcome.rows.iter().map(EvaluatedIon::from);
    let ppm = outcome.record.settings.ppm;
    let level = truth_level(&distinct(found), &Known::new(&known, ppm), FDR, known.len());
    let mut text = format!(
        "\nThe tissue is simulated. Ions annotated at FDR {}: {}, of them in the tissue: {}, with the\n\
         mass of one that is: {}, wrong: {}.\n\nwhere they lie:\n",
        percent(FDR),
        level.n_ions,
        level.n_true + level.n_weak,
        level.n_isobars,
        level.n_wrong,
    );
    let there: HashMap<&str, &TrueIon> = detectable(truth)
        .map(|ion| (ion.ion_formula.as_str(), ion))
        .collect();
    let rows = outcome.rows.iter().filter(|row| row.annotation.fdr <= FDR);
    let located = rows.filter_map(|row| Some((row, there.get(row.ion_formula.as_str())?)));
    for (row, ion) in located.take(N_SHOWN) {
        let region = strongest_region(truth, ion);
        let name = row.molecule_names.first().map_or("", String::as_str);
        text.push_str(&format!(
            "  {:<24} {name:<24} most in the {region}\n",
            row.ion
        ));
    }
    text.push_str("\nnext: metaspace annotate YOUR_DATASET.imzML\n");
    text
}

fn detectable(truth: &Truth) -> impl Iterator<Item = &TrueIon> {
    truth.ions.iter().filter(|ion| ion.n_pixels_detected > 0)
}

/// The ions that are there.
fn known(truth: &Truth) -> Vec<KnownIon> {
    let of_molecule = |ion: &TrueIon| KnownIon {
        ion_formula: ion.ion_formula.clone(),
        mz: ion.mz,
        is_matrix: false,
        is_detectable: ion.n_pixels_detected > 0,
    };
    let of_others = |ion: &OtherIon| KnownIon {
        ion_formula: ion.ion_formula.clone(),
        mz: ion.mz,
        is_matrix: true,
        is_detectable: !ion.image.pixels.is_empty(),
    };
    let others = truth.matrix_ions.iter().chain(&truth.unknown_ions);
    let others = others.map(of_others);
    truth.ions.iter().map(of_molecule).chain(others).collect()
}

/// The region in which the mean intensity of an ion is largest.
fn strongest_region(truth: &Truth, ion: &TrueIon) -> &'static str {
    let mut sums = vec![(0.0, 0_u32); truth.region_names.len()];
    for &place in &truth.raster.places {
        sums[usize::from(truth.regions[place as usize])].1 += 1;
    }
    for (&pixel, &intensity) in ion.image.pixels.iter().zip(&ion.image.intensities) {
        let place = truth.raster.places[pixel as usize];
        sums[usize::from(truth.regions[place as usize])].0 += f64::from(intensity);
    }
    let mean = |(sum, n): &(f64, u32)| sum / f64::from((*n).max(1));
    let best = (0..sums.len()).max_by(|&a, &b| mean(&sums[a]).total_cmp(&mean(&sums[b])));
    best.map_or("", |region| truth.region_names[region])
}
