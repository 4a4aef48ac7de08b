//! What the adaptive score sees of an ion.

use std::collections::HashMap;

use ms_core::tolerance::Ppm;

use super::competition::Peaks;
use super::entry::Entry;
use crate::indices::{FormulaIdx, TableIdx};

/// Number of features.
pub(super) const N_FEATURES: usize = 14;

/// Names of the features; of those named `logit` it is ln(x / (1 − x)).
pub const FEATURE_NAMES: [&str; N_FEATURES] = [
    "logit chaos",
    "logit spatial",
    "logit spectral",
    "ln MSM",
    "m/z error beyond the dataset's, ppm",
    "its square",
    "relative m/z error, ppm",
    "spread of m/z, ppm",
    "ln pixels",
    "ln mean intensity",
    "share of the isotopic pattern with an image",
    "logit of the best MSM of the formula's other modifiers",
    "ln MSM of the best isobar over its own",
    "ln MSM of the best ion with an isotopic peak here over its own",
];

/// Scores are kept so far from 0 and 1.
const MARGIN: f64 = 1e-4;

/// A ratio of MSM counts up to this many e-folds.
const MAX_RATIO: f64 = 6.0;

/// Share of the targets, the best ones, whose m/z error is the dataset's, and how many at least.
const CALIBRANTS: f64 = 0.05;
const MIN_CALIBRANTS: usize = 20;

/// Features of all entries, one row each, as deviations from the mean in standard deviations.
pub(super) struct Matrix {
    values: Vec<f64>,
}

impl Matrix {
    /// `common_ppm` is the [`common_error`]; `ppm` the half-width of the windows.
    pub(super) fn new(entries: &[Entry<'_>], peaks: &Peaks, common_ppm: f64, ppm: Ppm) -> Self {
        let best = best_of_formulas(entries);
        let mut values = Vec::with_capacity(entries.len() * N_FEATURES);
        for (i, entry) in entries.iter().enumerate() {
            values.extend(features(entries, i, common_ppm, peaks, ppm));
            values[i * N_FEATURES + 11] = logit(others_best(&best, entry));
        }
        standardize(&mut values);
        Self { values }
    }

    pub(super) fn row(&self, entry: usize) -> &[f64] {
        &self.values[entry * N_FEATURES..(entry + 1) * N_FEATURES]
    }
}

fn features(
    entries: &[Entry<'_>],
    i: usize,
    common_ppm: f64,
    peaks: &Peaks,
    ppm: Ppm,
) -> [f64; N_FEATURES] {
    let (scores, details) = (entries[i].scores, entries[i].details);
    let mz = details.theoretical_mz[0];
    let to_ppm = |error: f64| error / mz * 1e6;
    let error = (to_ppm(details.mz_err_abs) - common_ppm).abs();
    let n_pixels = f64::from(scores.n_pixels.max(1));
    let patterns = || {
        details
            .theoretical_intensity
            .iter()
            .zip(&details.total_intensity)
            .skip(1)
    };
    let expected: f64 = patterns().map(|(&t, _)| f64::from(t)).sum();
    let present: f64 = patterns()
        .filter(|(_, total)| **total > 0.0)
        .map(|(&t, _)| f64::from(t))
        .sum();
    let ratio = |is_first: bool| {
        let rivals = peaks.rivals(entries, i).filter(|rival| rival.1 == is_first);
        let msm = rivals
            .map(|(j, _)| entries[j].scores.msm)
            .fold(0.0, f64::max);
        libm::log(msm.max(f64::MIN_POSITIVE) / scores.msm).clamp(-MAX_RATIO, MAX_RATIO)
    };
    [
        logit(scores.chaos.unwrap_or(0.0)),
        logit(scores.spatial),
        logit(scores.spectral),
        libm::log(scores.msm.max(MARGIN * MARGIN)),
        error,
        error * error,
        to_ppm(details.mz_err_rel).abs().min(2.0 * ppm.0),
        to_ppm(details.mz_stddev[0]),
        libm::log(n_pixels),
        libm::log(details.total_intensity[0].max(f64::MIN_POSITIVE) / n_pixels),
        if expected > 0.0 {
            present / expected
        } else {
            0.0
        },
        0.0,
        ratio(true),
        ratio(false),
    ]
}

fn logit(x: f64) -> f64 {
    let x = x.clamp(MARGIN, 1.0 - MARGIN);
    libm::log(x / (1.0 - x))
}

/// The dataset's own m/z error in ppm: the median of the best targets.
pub(super) fn common_error(entries: &[Entry<'_>]) -> f64 {
    let mut targets: Vec<(usize, &Entry<'_>)> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.is_target())
        .collect();
    targets.sort_by(|(i, a), (j, b)| b.scores.msm.total_cmp(&a.scores.msm).then(i.cmp(j)));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of them"
    )]
    let share = (targets.len() as f64 * CALIBRANTS) as usize;
    let error = |(_, entry): &(usize, &Entry<'_>)| {
        entry.details.mz_err_abs / entry.details.theoretical_mz[0] * 1e6
    };
    let mut errors: Vec<f64> = targets
        .iter()
        .take(share.max(MIN_CALIBRANTS))
        .map(error)
        .collect();
    errors.sort_by(f64::total_cmp);
    errors.get(errors.len() / 2).copied().unwrap_or(0.0)
}

/// MSM of the targets of each formula, by ranking.
type OfFormulas = HashMap<(TableIdx, FormulaIdx), Vec<(u32, f64)>>;

fn best_of_formulas(entries: &[Entry<'_>]) -> OfFormulas {
    let mut best = OfFormulas::new();
    for entry in entries.iter().filter(|entry| entry.is_target()) {
        best.entry(entry.formula)
            .or_default()
            .push((entry.ranking, entry.scores.msm));
    }
    best
}

/// The best MSM that the formula's targets have in the other rankings; of a decoy its formula's too.
fn others_best(best: &OfFormulas, entry: &Entry<'_>) -> f64 {
    let others = best.get(&entry.formula).into_iter().flatten();
    let others = others.filter(|(ranking, _)| *ranking != entry.ranking);
    others.map(|&(_, msm)| msm).fold(0.0, f64::max)
}

/// Subtracts the mean of each feature and divides by its standard deviation, if it has one.
fn standardize(values: &mut [f64]) {
    let n = (values.len() / N_FEATURES).max(1) as f64;
    for feature in 0..N_FEATURES {
        let column = |values: &[f64]| -> Vec<f64> {
            values
                .iter()
                .skip(feature)
                .step_by(N_FEATURES)
                .copied()
                .collect()
        };
        let found = column(values);
        let mean = found.iter().sum::<f64>() / n;
        let variance = found.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        let scale = if variance > 1e-18 {
            variance.sqrt()
        } else {
            1.0
        };
        for value in values.iter_mut().skip(feature).step_by(N_FEATURES) {
            *value = (*value - mean) / scale;
        }
    }
}
