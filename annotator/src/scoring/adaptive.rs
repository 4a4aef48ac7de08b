//! Adaptive score: what tells the targets of one dataset from its own decoys.
//!
//! ```text
//! targets and decoys ─▶ features ─▶ three folds: learn from two, score the third ─▶ one peak, one ion
//! ```
//!
//! Learning is semi-supervised. The targets that lead the ranking (FDR ≤ 10 %, at first by MSM) are
//! taken for true and all decoys for false, a logistic regression is fitted to them, the ions are
//! ranked by it, and the leading targets are taken anew. No ion is scored by a model that has seen
//! it. Last, of all ions whose first peak a better molecule's ion explains too, only the better one
//! is kept: the images of a true ion fit its isobars too, and no decoy tells that. How likely it is
//! that the wrong one was kept is added to the FDR.
//!
//! # Source
//! Käll et al. 2007, doi:10.1038/nmeth1113 (Percolator); Fondrie & Noble 2021,
//! doi:10.1021/acs.jproteome.0c01010 (mokapot), whose way to put folds on one scale is used.

mod competition;
mod entry;
mod features;
mod logistic;

use ms_core::bytes::index;
use ms_core::formula::Formula;
use ms_core::tolerance::Ppm;

use competition::{Contest, Peaks};
use features::{Matrix, N_FEATURES, common_error};
use logistic::{Logistic, fit};

pub use entry::Entry;
pub use features::FEATURE_NAMES;

/// Folds of the cross-validation.
const N_FOLDS: u64 = 3;

/// Rounds of learning.
const N_ROUNDS: usize = 6;

/// FDR up to which leading targets are taken for true.
const LEADING_FDR: f64 = 0.1;

/// FDR by MSM up to which they are taken for true in the first round: the second where learning from
/// the first ends with too few.
const FIRST_FDRS: [f64; 2] = [LEADING_FDR, 0.2];

/// With fewer leading targets than this nothing is learned.
pub const MIN_LEADING: usize = 20;

/// With fewer decoys than this nothing is learned.
pub const MIN_DECOYS: usize = 100;

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// Score of each entry in [0, 1], in their order; 0 where a stronger ion explains its first peak.
    pub scores: Vec<f64>,
    /// Probability that of each entry an isobar is what is there; 0 of decoys.
    pub doubts: Vec<f64>,
    /// Log-odds between two ions of one peak for each unit of value between them; a unit is the
    /// distance from the median decoy to the last leading target.
    pub rivalry_factor: f64,
    /// Weight of each of [`FEATURE_NAMES`] in units of its standard deviation, mean over the folds.
    pub weights: Vec<f64>,
    /// Leading targets of the last round, mean over the folds.
    pub n_leading: usize,
    /// Decoys.
    pub n_decoys: usize,
    /// Targets and decoys that gave way to a stronger ion.
    pub n_outdone: usize,
}

/// Why nothing was learned; the ranking is by MSM then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotLearned {
    /// Too few decoys have an MSM above 0.
    #[error("only {found} decoys have a score, and {MIN_DECOYS} are needed to learn from")]
    Decoys {
        /// How many have.
        found: usize,
    },
    /// Too few targets lead.
    #[error("only {found} targets lead the ranking, and {MIN_LEADING} are needed to learn from")]
    Targets {
        /// How many do.
        found: usize,
    },
}

/// Learns from targets and decoys how to score them.
///
/// `decoys_per_target` is that of each ranking. Cost: some 30 µs an entry; one thread.
///
/// # Errors
/// There is too little to learn from.
pub fn learn(
    entries: &[Entry<'_>],
    decoys_per_target: &[f64],
    ppm: Ppm,
) -> Result<Learned, NotLearned> {
    let n_decoys = entries.iter().filter(|entry| !entry.is_target).count();
    if n_decoys < MIN_DECOYS {
        return Err(NotLearned::Decoys { found: n_decoys });
    }
    let common_ppm = common_error(entries);
    let peaks = Peaks::of_targets(entries, ppm, common_ppm);
    let matrix = Matrix::new(entries, &peaks, common_ppm, ppm);
    let task = Task {
        entries,
        decoys_per_target,
        matrix: &matrix,
    };
    let folds: Vec<u64> = entries
        .iter()
        .map(|entry| fold(entry.ion_formula))
        .collect();
    let (mut values, mut weights, mut n_leading) =
        (vec![0.0; entries.len()], vec![0.0; N_FEATURES], 0);
    for fold in 0..N_FOLDS {
        let seen: Vec<usize> = (0..entries.len()).filter(|&i| folds[i] != fold).collect();
        let (model, leading) = task.train(&seen)?;
        let scale = task.scale(&model, &seen);
        for i in (0..entries.len()).filter(|&i| folds[i] == fold) {
            values[i] = scale.of(model.value(matrix.row(i)));
        }
        weights
            .iter_mut()
            .zip(model.weights())
            .for_each(|(sum, w)| *sum += w / N_FOLDS as f64);
        n_leading += leading;
    }
    let Contest {
        is_outdone,
        doubts,
        factor: rivalry_factor,
    } = Contest::new(entries, &values, &peaks);
    let score = |(&value, &is_outdone): (&f64, &bool)| {
        if is_outdone {
            0.0
        } else {
            logistic::sigmoid(value)
        }
    };
    let scores = values.iter().zip(&is_outdone).map(score).collect();
    let n_outdone = is_outdone.iter().filter(|&&is_outdone| is_outdone).count();
    let n_leading = n_leading / index(N_FOLDS);
    Ok(Learned {
        scores,
        doubts,
        rivalry_factor,
        weights,
        n_leading,
        n_decoys,
        n_outdone,
    })
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
    decoys_per_target: &'a [f64],
    matrix: &'a Matrix,
}

/// Puts values of one fold's model on a scale: 0 for the last leading target, −1 for the median
/// decoy.
struct Scale {
    zero: f64,
    unit: f64,
}

impl Scale {
    fn of(&self, value: f64) -> f64 {
        (value - self.zero) / self.unit
    }
}

impl Task<'_> {
    /// Learns from some entries; the model and the number of its last leading targets.
    fn train(&self, seen: &[usize]) -> Result<(Logistic, usize), NotLearned> {
        let [first, second] = FIRST_FDRS;
        self.train_from(seen, first)
            .or_else(|_| self.train_from(seen, second))
    }

    /// The same, from the targets that lead up to an FDR by MSM.
    fn train_from(&self, seen: &[usize], first_fdr: f64) -> Result<(Logistic, usize), NotLearned> {
        let mut values: Vec<f64> = seen.iter().map(|&i| self.entries[i].scores.msm).collect();
        let mut model = Logistic::default();
        let mut n_leading = 0;
        for round in 0..N_ROUNDS {
            let fdr = if round == 0 { first_fdr } else { LEADING_FDR };
            let leading = self.leading(seen, &values, fdr);
            n_leading = leading.iter().filter(|&&leads| leads).count();
            if n_leading < MIN_LEADING {
                return Err(NotLearned::Targets { found: n_leading });
            }
            let n_decoys = seen.iter().filter(|&&i| !self.entries[i].is_target).count();
            // Both sides weigh the same, but no decoy less than its share of a target.
            let weight = (n_leading as f64 / n_decoys.max(1) as f64).clamp(1.0 / 20.0, 1.0);
            let examples: Vec<(&[f64], f64, f64)> = seen
                .iter()
                .zip(&leading)
                .filter(|&(&i, &leads)| leads || !self.entries[i].is_target)
                .map(|(&i, &leads)| {
                    let (label, weight) = if leads { (1.0, 1.0) } else { (0.0, weight) };
                    (self.matrix.row(i), label, weight)
                })
                .collect();
            model = fit(model, &examples);
            values.clear();
            values.extend(seen.iter().map(|&i| model.value(self.matrix.row(i))));
        }
        Ok((model, n_leading))
    }

    /// Which of some entries are targets up to an FDR, by their values.
    fn leading(&self, seen: &[usize], values: &[f64], fdr: f64) -> Vec<bool> {
        let mut order: Vec<usize> = (0..seen.len()).collect();
        let entry = |place: usize| &self.entries[seen[place]];
        order.sort_by(|&a, &b| {
            let by_value = || values[b].total_cmp(&values[a]);
            entry(a)
                .ranking
                .cmp(&entry(b).ranking)
                .then_with(by_value)
                .then(a.cmp(&b))
        });
        let mut leading = vec![false; seen.len()];
        for ranking in order.chunk_by(|&a, &b| entry(a).ranking == entry(b).ranking) {
            let per_target = self.decoys_per_target[entry(ranking[0]).ranking as usize];
            let (mut n_targets, mut n_decoys, mut end) = (0.0, 0.0, 0);
            for (place, &i) in (1..).zip(ranking) {
                let is_target = entry(i).is_target;
                n_targets += f64::from(u8::from(is_target));
                n_decoys += f64::from(u8::from(!is_target));
                if (n_decoys + 1.0) / per_target / (n_targets + 1.0) <= fdr {
                    end = place;
                }
            }
            ranking[..end]
                .iter()
                .for_each(|&i| leading[i] = entry(i).is_target);
        }
        leading
    }

    fn scale(&self, model: &Logistic, seen: &[usize]) -> Scale {
        let values: Vec<f64> = seen
            .iter()
            .map(|&i| model.value(self.matrix.row(i)))
            .collect();
        let leading = self.leading(seen, &values, LEADING_FDR);
        let zero = values.iter().zip(leading).filter(|(_, leads)| *leads);
        let zero = zero.map(|(&value, _)| value).fold(f64::INFINITY, f64::min);
        let decoys = seen
            .iter()
            .zip(&values)
            .filter(|&(&i, _)| !self.entries[i].is_target);
        let mut decoys: Vec<f64> = decoys.map(|(_, &value)| value).collect();
        decoys.sort_by(f64::total_cmp);
        let median = decoys.get(decoys.len() / 2).copied().unwrap_or(0.0);
        let zero = if zero.is_finite() { zero } else { median };
        // Values of a fold in which nothing leads, or leaders are no better than decoys.
        let unit = if zero - median > 1e-6 {
            zero - median
        } else {
            1.0
        };
        Scale { zero, unit }
    }
}

#[cfg(test)]
mod tests;
