//! Adaptive score: what tells the targets of one dataset from its own decoys.
//!
//! ```text
//! targets and decoys ─▶ features ─▶ three folds: learn from two, score the third ─▶ one peak, one ion
//! ```
//!
//! Learning is semi-supervised. The targets that lead the ranking (FDR ≤ 10 %, at first by weights
//! that were learned on other datasets) are taken for true and all decoys for false, a logistic
//! regression is fitted to them, the ions are ranked by it, and the leading targets are taken anew.
//! The weights are pulled to those of the other datasets, so that few leading targets change little
//! and none nothing. No ion is scored by a model that has seen it. Last, what is an isotopic image of
//! a stronger one is no candidate, and of all ions whose first peak a better molecule's ion explains
//! too, only the better one is kept: the images of a true ion fit its isobars too, and no decoy tells
//! that. How likely it is that the wrong one was kept is added to the FDR. And what is a fragment of
//! another ion, by its m/z and its image, is no ion of a molecule.
//!
//! # Source
//! Käll et al. 2007, doi:10.1038/nmeth1113 (Percolator); Fondrie & Noble 2021,
//! doi:10.1021/acs.jproteome.0c01010 (mokapot), whose way to put folds on one scale is used.

mod competition;
mod entry;
mod features;
mod fragments;
mod logistic;

use ms_core::bytes::index;
use ms_core::formula::Formula;
use ms_core::tolerance::Ppm;

use crate::indices::IonIdx;
use crate::matrix::MatrixIon;
use crate::metrics::groups::GroupSizes;

use competition::{Contest, Others, Peaks};
use features::{Matrix, N_FEATURES, common_error};
use fragments::Fragments;
use logistic::{Logistic, fit};

pub use entry::{DecoysPerTarget, Entry, EntryKind};
pub use features::FEATURE_NAMES;

/// Folds of the cross-validation.
const N_FOLDS: u64 = 3;

/// Rounds of learning.
const N_ROUNDS: usize = 6;

/// FDR up to which leading targets are taken for true.
const LEADING_FDR: f64 = 0.1;

/// A first image is an isotopic image of one below it that is so many times as intense and that
/// correlates with it so well.
const PARENT_RATIO: f64 = 1.5;
const PARENT_CORRELATION: f64 = 0.3;

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// Score of each entry in [0, 1], in their order; 0 where a stronger ion explains its first peak.
    pub scores: Vec<f64>,
    /// Probability that of each entry an isobar is what is there; 0 of decoys.
    pub doubts: Vec<f64>,
    /// Log-odds between two ions of one peak for each unit of value between them; a unit is the
    /// distance from the median decoy to that which 95 % of the decoys fall short of.
    pub rivalry_factor: f64,
    /// Weight of each of [`FEATURE_NAMES`] in units of its standard deviation, mean over the folds.
    pub weights: Vec<f64>,
    /// Leading targets of the last round, mean over the folds; 0 where nothing could be learned here.
    pub n_leading: usize,
    /// Decoys.
    pub n_decoys: usize,
    /// Targets and decoys that gave way to a stronger ion, or are fragments of one.
    pub n_outdone: usize,
    /// Those of them that are isotopic images of a stronger one.
    pub n_isotopic: usize,
    /// Ion whose fragment each entry is taken for, which has no score then; nothing of decoys.
    pub fragments_of: Vec<Option<IonIdx>>,
}

/// What is known of the dataset and the search beside the entries.
#[derive(Debug, Clone, Copy)]
pub struct DatasetFacts<'a> {
    /// Decoys of each molecule table.
    pub per_target: &'a [DecoysPerTarget],
    /// Ions of the matrices that are there.
    pub matrix_ions: &'a [MatrixIon],
    /// Half-width of the windows.
    pub ppm: Ppm,
    /// Pixels of the groups of images.
    pub sizes: &'a GroupSizes,
}

/// Learns from targets and decoys how to score them.
///
/// Cost: some 10 µs an entry; one thread.
pub fn learn(entries: &[Entry<'_>], facts: DatasetFacts<'_>) -> Learned {
    let DatasetFacts {
        per_target,
        matrix_ions,
        ppm,
        sizes,
    } = facts;
    let n_decoys = entries.iter().filter(|entry| !entry.is_target()).count();
    let common_ppm = common_error(entries);
    let peaks = Peaks::of_targets(entries, ppm, common_ppm);
    let matrix = Matrix::new(entries, &peaks, common_ppm, ppm);
    let others = Others::new(matrix_ions, ppm, common_ppm);
    let is_isotopic: Vec<bool> = entries.iter().map(is_isotopic).collect();
    let is_other: Vec<bool> = entries
        .iter()
        .zip(&is_isotopic)
        .map(|(entry, &is_isotopic)| is_isotopic || others.explain(entry))
        .collect();
    let task = Task {
        entries,
        per_target,
        matrix: &matrix,
    };
    let folds: Vec<u64> = entries
        .iter()
        .map(|entry| fold(entry.ion_formula))
        .collect();
    let (mut values, mut leads) = (vec![0.0; entries.len()], vec![false; entries.len()]);
    let (mut weights, mut n_leading) = (vec![0.0; N_FEATURES], 0);
    for fold in 0..N_FOLDS {
        let is_seen = |&i: &usize| folds[i] != fold && !is_other[i];
        let seen: Vec<usize> = (0..entries.len()).filter(is_seen).collect();
        let (model, leading) = task.train(&seen);
        let scale = task.scale(&model, &seen);
        for i in (0..entries.len()).filter(|&i| folds[i] == fold) {
            values[i] = scale.of(model.value(matrix.row(i)));
            leads[i] = values[i] >= scale.last_leading;
        }
        weights
            .iter_mut()
            .zip(model.weights())
            .for_each(|(sum, w)| *sum += w / N_FOLDS as f64);
        n_leading += leading;
    }
    let Contest {
        mut is_outdone,
        mut doubts,
        factor: rivalry_factor,
    } = Contest::new(entries, &values, &leads, &is_other, &peaks);
    let of_fragments = Fragments {
        entries,
        leads: &leads,
        is_outdone: &is_outdone,
        ppm,
        common_ppm,
        sizes,
    };
    let precursors = of_fragments.precursors();
    for i in (0..entries.len()).filter(|&i| precursors[i].is_some()) {
        (is_outdone[i], doubts[i]) = (true, 0.0);
    }
    let score = |(&value, &is_outdone): (&f64, &bool)| {
        if is_outdone { 0.0 } else { score_of(value) }
    };
    let count = |flags: &[bool]| flags.iter().filter(|&&is_set| is_set).count();
    Learned {
        scores: values.iter().zip(&is_outdone).map(score).collect(),
        doubts,
        rivalry_factor,
        weights,
        n_leading: n_leading / index(N_FOLDS),
        n_decoys,
        n_outdone: count(&is_outdone),
        n_isotopic: count(&is_isotopic),
        fragments_of: precursors
            .iter()
            .map(|precursor| precursor.map(|precursor| entries[precursor].ion))
            .collect(),
    }
}

/// Whether the first image of an entry is an isotopic image of a stronger one.
fn is_isotopic(entry: &Entry<'_>) -> bool {
    let parent = entry.details.parent;
    parent.ratio > PARENT_RATIO && parent.correlation > PARENT_CORRELATION
}

/// The fold of an ion, from its formula: FNV-1a of its text.
fn fold(formula: &Formula) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    // The last bits of the hash alone follow the last letter.
    (formula.to_string().bytes().fold(OFFSET, hash) >> 32) % N_FOLDS
}

struct Task<'a> {
    entries: &'a [Entry<'a>],
    per_target: &'a [DecoysPerTarget],
    matrix: &'a Matrix,
}

/// Puts values of one fold's model on a scale: 0 for the median decoy, 1 for that which 95 % of the
/// decoys fall short of.
struct Scale {
    zero: f64,
    unit: f64,
    /// Value on it of the last leading target; infinite if none leads.
    last_leading: f64,
}

impl Scale {
    fn of(&self, value: f64) -> f64 {
        (value - self.zero) / self.unit
    }
}

impl Task<'_> {
    /// Learns from some entries; the model and the number of its last leading targets.
    fn train(&self, seen: &[usize]) -> (Logistic, usize) {
        let mut model = Logistic::learned_elsewhere();
        let mut n_leading = 0;
        for _ in 0..N_ROUNDS {
            let values: Vec<f64> = seen
                .iter()
                .map(|&i| model.value(self.matrix.row(i)))
                .collect();
            let leading = self.leading(seen, &values, LEADING_FDR);
            n_leading = leading.iter().filter(|&&leads| leads).count();
            if n_leading == 0 {
                return (Logistic::learned_elsewhere(), 0);
            }
            let n_decoys = seen
                .iter()
                .filter(|&&i| !self.entries[i].is_target())
                .count();
            // Both sides weigh the same.
            let weight = (n_leading as f64 / n_decoys.max(1) as f64).min(1.0);
            let examples: Vec<(&[f64], f64, f64)> = seen
                .iter()
                .zip(&leading)
                .filter(|&(&i, &leads)| leads || !self.entries[i].is_target())
                .map(|(&i, &leads)| {
                    let (label, weight) = if leads { (1.0, 1.0) } else { (0.0, weight) };
                    (self.matrix.row(i), label, weight)
                })
                .collect();
            model = fit(model, &examples);
        }
        (model, n_leading)
    }

    /// Which of some entries are targets up to an FDR, by their values, of each table.
    fn leading(&self, seen: &[usize], values: &[f64], fdr: f64) -> Vec<bool> {
        let mut order: Vec<usize> = (0..seen.len()).collect();
        let entry = |place: usize| &self.entries[seen[place]];
        let table = |place: usize| entry(place).formula.0;
        order.sort_by(|&a, &b| {
            let by_value = || values[b].total_cmp(&values[a]);
            table(a).cmp(&table(b)).then_with(by_value).then(a.cmp(&b))
        });
        let mut leading = vec![false; seen.len()];
        for ranking in order.chunk_by(|&a, &b| table(a) == table(b)) {
            let per_target = self.per_target[table(ranking[0]).usize()];
            let (mut n_targets, mut n_decoys, mut n_recombined, mut end) = (0.0, 0.0, 0.0, 0);
            for (place, &i) in (1..).zip(ranking) {
                match entry(i).kind {
                    EntryKind::Target => n_targets += 1.0,
                    EntryKind::Decoy => n_decoys += 1.0,
                    EntryKind::Recombined => n_recombined += 1.0,
                }
                let by_chance: f64 = (n_decoys + 1.0) / per_target.decoys;
                let of_recombined = (n_recombined + 1.0) / per_target.recombined;
                if by_chance.max(of_recombined) <= fdr * n_targets {
                    end = place;
                }
            }
            ranking[..end]
                .iter()
                .for_each(|&i| leading[i] = entry(i).is_target());
        }
        leading
    }

    fn scale(&self, model: &Logistic, seen: &[usize]) -> Scale {
        let values: Vec<f64> = seen
            .iter()
            .map(|&i| model.value(self.matrix.row(i)))
            .collect();
        let is_decoy = |place: &usize| !self.entries[seen[*place]].is_target();
        let places = (0..seen.len()).filter(is_decoy);
        let mut decoys: Vec<f64> = places.map(|place| values[place]).collect();
        decoys.sort_by(f64::total_cmp);
        let quantile = |twentieths: usize| decoys.get(decoys.len() * twentieths / 20).copied();
        let zero = quantile(10).unwrap_or(0.0);
        let unit = quantile(19).map(|high| high - zero);
        let mut scale = Scale {
            zero,
            unit: unit.filter(|unit| *unit > 1e-6).unwrap_or(1.0),
            last_leading: f64::INFINITY,
        };
        let leading = self.leading(seen, &values, LEADING_FDR);
        let leading = values.iter().zip(leading).filter(|(_, leads)| *leads);
        let last = leading
            .map(|(&value, _)| value)
            .fold(f64::INFINITY, f64::min);
        scale.last_leading = scale.of(last);
        scale
    }
}

/// A value as a score: 1/2 for 0, growing to 1 and falling to 0, and different for different values.
fn score_of(value: f64) -> f64 {
    0.5 + 0.5 * value / (1.0 + value.abs())
}

#[cfg(test)]
mod tests;
