//! The derived table of `docs/guide/cost.md` is what `metaspace plan` reckons with.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use metaspace_run::plan::StagePlan;
use metaspace_run::plan::estimate::{Cutting, S3_BYTES_PER_SECOND, Sizes, stages};
use metaspace_run::plan::prices::Prices;
use metaspace_run::plan::usage::{Amounts, usage};

/// Ions of HMDB v4 with four adducts and their decoys.
const N_IONS: u64 = 275_213;

/// Peaks of a spectrum, and bytes of a peak in the ibd: m/z of 8 and intensity of 4.
const PEAKS: u64 = 700;
const PEAK_BYTES: u64 = 12;

/// Sizes of the ibd in MB.
const SIZES_MB: [u64; 7] = [50, 100, 500, 2_000, 10_000, 50_000, 100_000];

fn row(ibd_mb: u64) -> String {
    let n_points = ibd_mb * 1_000_000 / PEAK_BYTES;
    let n_spectra = n_points / PEAKS;
    let sizes = Sizes {
        n_spectra,
        n_points,
        n_pixels: n_spectra,
        area: n_spectra,
        n_ions: N_IONS,
        n_rankings: 4,
        is_learned: false,
        bytes_per_second: S3_BYTES_PER_SECOND,
    };
    let stages = stages(&sizes, Cutting::default(), true);
    let n_tasks = stages.iter().map(|stage| stage.n_tasks().to_string());
    let memory_mb = stages.iter().map(|stage| stage.memory_mb).max().unwrap();
    let seconds = stages.iter().map(|stage| stage.seconds).fold(0.0, f64::max);
    let ibd_bytes = ibd_mb * 1_000_000;
    let amounts = Amounts {
        ibd_bytes,
        n_points,
        n_ions: N_IONS,
        n_pixels: n_spectra,
    };
    let usage = usage(&stages, amounts);
    // The stages follow each other; the tasks of one run side by side.
    let path: f64 = stages.iter().map(|stage: &StagePlan| stage.seconds).sum();
    format!(
        "| {ibd_mb} | {n_spectra} | {} | {memory_mb} | {seconds:.0} | {path:.0} | {:.0} | {} | {:.4} |",
        n_tasks.collect::<Vec<_>>().join(" + "),
        usage.gb_seconds,
        usage.traffic.reads + usage.traffic.writes,
        Prices::read(None).unwrap().dollars(&usage)
    )
}

#[test]
fn the_table_of_costs_is_derived_anew() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/cost.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows: Vec<String> = SIZES_MB.into_iter().map(row).collect();
    let missing = rows.iter().any(|row| !page.lines().any(|line| line == row));
    assert!(
        !missing,
        "docs/guide/cost.md has not the rows\n{}",
        rows.join("\n")
    );
}
