//! Claimed FDR against the truth, on a fixed list of simulated tissues.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use rayon::prelude::*;
use serde_json::Value;

use crate::program::WorkingFolder;

/// The tissues: a preset of `metaspace simulate`, its seed and size, and the mass tolerance to
/// search with. `bench/calibration.sh` prints the figures of the same list.
const TISSUES: &str = include_str!("../data/calibration.tsv");

/// Claimed FDR, as `metaspace evaluate` counts them.
pub const LEVELS: [f64; 4] = [0.05, 0.1, 0.2, 0.5];

/// What a score claims of a tissue, and what is true.
#[derive(Debug, Clone)]
pub struct Calibration {
    /// Preset and seed.
    pub tissue: String,
    /// By claimed FDR.
    pub levels: Vec<Level>,
    /// Target ions with a score, and those of them that are there.
    pub n_scored: usize,
    /// Of them, those that are there.
    pub n_scored_true: usize,
    /// The best ions by score of which at most a tenth is false.
    pub n_longest_list: usize,
}

/// Ions annotated up to one claimed FDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Level {
    /// All of them.
    pub n_ions: usize,
    /// Those that are there and can be detected.
    pub n_true: usize,
    /// Those that are not in the tissue.
    pub n_strictly_false: usize,
    /// Of these, those whose m/z no ion of the tissue has.
    pub n_wrong: usize,
}

impl Level {
    /// Counts of both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            n_ions: self.n_ions + other.n_ions,
            n_true: self.n_true + other.n_true,
            n_strictly_false: self.n_strictly_false + other.n_strictly_false,
            n_wrong: self.n_wrong + other.n_wrong,
        }
    }
}

/// Simulates every tissue of the list, annotates it with the options, and holds it against the truth.
///
/// # Panics
/// The program fails.
pub fn calibrate(options: &str) -> Vec<Calibration> {
    let tissues: Vec<Vec<&str>> = TISSUES
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(tissues.len() >= 10, "a list of tissues: {TISSUES}");
    tissues
        .par_iter()
        .map(|tissue| calibrate_tissue(tissue, options))
        .collect()
}

fn calibrate_tissue(tissue: &[&str], options: &str) -> Calibration {
    let [preset, seed, width, height, ppm] = tissue.try_into().expect("five columns");
    let work = WorkingFolder::default();
    work.simulate(
        "tissue",
        &format!("--preset {preset} --seed {seed} --width {width} --height {height}"),
    );
    let line =
        format!("annotate tissue/{preset}.imzML --ppm {ppm} --quiet --no-coloc --out results");
    work.run(&format!("{line} {options}")).succeeded();
    let report = work
        .run("evaluate results --truth tissue/truth.parquet --json")
        .json();
    let report = &report["truth"];
    let levels = report["levels"].as_array().expect("a list of levels");
    let claimed: Vec<f64> = levels
        .iter()
        .filter_map(|level| level["claimedFdr"].as_f64())
        .collect();
    assert_eq!(claimed, LEVELS);
    Calibration {
        tissue: format!("{preset}, seed {seed}"),
        levels: levels.iter().map(level).collect(),
        n_scored: count(report, "nScored"),
        n_scored_true: count(report, "nScoredTrue"),
        n_longest_list: count(&report["longestList"], "nIons"),
    }
}

fn level(level: &Value) -> Level {
    let n_wrong = count(level, "nWrong");
    Level {
        n_ions: count(level, "nIons"),
        n_true: count(level, "nTrue"),
        n_strictly_false: count(level, "nIsobars") + n_wrong,
        n_wrong,
    }
}

fn count(value: &Value, name: &str) -> usize {
    let count = value[name]
        .as_u64()
        .and_then(|count| usize::try_from(count).ok());
    count.expect("a count")
}

/// Counts at each claimed FDR, all tissues together.
pub fn pooled(calibrations: &[Calibration]) -> [Level; 4] {
    let mut sums = [Level::default(); 4];
    for calibration in calibrations {
        for (sum, level) in sums.iter_mut().zip(&calibration.levels) {
            *sum = sum.with(*level);
        }
    }
    sums
}
