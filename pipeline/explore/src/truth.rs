//! How far the claimed FDR of a results folder holds, by the truth of a simulated tissue or by
//! entrapment.
//!
//! Ions are counted, not rows: an ion formula once, at the lowest FDR of its rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use annotator::evaluation::{EntrapmentBounds, Proportion, roc_auc};
use annotator::fdr::FDR_LEVELS;
use metaspace_results::AnnotationRow;
use serde::Serialize;

mod evaluation;
mod read;
mod text;

pub use evaluation::{ResultsEvaluation, evaluate};
pub use read::{ResultsTables, TruthTable, read_results, read_truth};
pub use text::{entrapment_text, truth_text};

/// An annotated ion.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluatedIon {
    /// Its formula.
    pub ion_formula: String,
    /// m/z in Th of its first isotope.
    pub mz: f64,
    /// Lowest FDR of its annotations.
    pub fdr: f64,
    /// Whether it is the ion of entrapment formulas only.
    pub is_entrapment: bool,
}

impl From<&AnnotationRow> for EvaluatedIon {
    fn from(row: &AnnotationRow) -> Self {
        Self {
            ion_formula: row.ion_formula.clone(),
            mz: row.mz(),
            fdr: row.annotation.fdr,
            is_entrapment: row.is_entrapment,
        }
    }
}

/// Annotations to ions, each once, by formula.
pub fn distinct(annotations: impl IntoIterator<Item = EvaluatedIon>) -> Vec<EvaluatedIon> {
    let mut ions: BTreeMap<String, EvaluatedIon> = BTreeMap::new();
    for found in annotations {
        let ion = ions
            .entry(found.ion_formula.clone())
            .or_insert_with(|| found.clone());
        ion.fdr = ion.fdr.min(found.fdr);
        ion.is_entrapment &= found.is_entrapment;
    }
    ions.into_values().collect()
}

/// An ion that is really there.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownIon {
    /// Its formula.
    pub ion_formula: String,
    /// m/z in Th of its strongest isotopic peak.
    pub mz: f64,
    /// Whether it is one of the matrix or of a compound of no table, and of no molecule of the tissue.
    pub is_matrix: bool,
    /// Whether its strongest peak reaches the detection limit in a pixel, noise left out.
    pub is_detectable: bool,
}

/// What an annotated ion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is there and can be detected.
    True,
    /// It is there, but only noise lifts it above the detection limit.
    Weak,
    /// It is not there, but its m/z window overlaps with that of an ion that is.
    Isobar,
    /// Neither.
    Wrong,
}

/// The ions that are there.
#[derive(Debug)]
pub struct Known {
    /// Whether each that can be detected is of the matrix only, by formula.
    is_matrix: HashMap<String, bool>,
    /// m/z of these, ascending.
    mzs: Vec<f64>,
    /// Formulas of the others.
    weak: HashSet<String>,
    ppm: f64,
}

impl Known {
    /// Ions that are there, and the mass tolerance in ppm of the search.
    pub fn new(ions: &[KnownIon], ppm: f64) -> Self {
        let mut is_matrix = HashMap::new();
        let (detectable, weak): (Vec<&KnownIon>, Vec<&KnownIon>) =
            ions.iter().partition(|ion| ion.is_detectable);
        for ion in &detectable {
            *is_matrix.entry(ion.ion_formula.clone()).or_insert(true) &= ion.is_matrix;
        }
        let mut mzs: Vec<f64> = detectable.iter().map(|ion| ion.mz).collect();
        mzs.sort_by(f64::total_cmp);
        let weak = weak.iter().map(|ion| ion.ion_formula.clone()).collect();
        Self {
            is_matrix,
            mzs,
            weak,
            ppm,
        }
    }

    /// What an ion of this formula and m/z is.
    pub fn verdict(&self, ion_formula: &str, mz: f64) -> Verdict {
        if self.is_matrix.contains_key(ion_formula) {
            return Verdict::True;
        }
        if self.weak.contains(ion_formula) {
            return Verdict::Weak;
        }
        // Two windows of this half-width overlap.
        let reach = 2.0 * self.ppm * 1e-6 * mz;
        let first = self.mzs.partition_point(|&known| known < mz - reach);
        let is_near = self
            .mzs
            .get(first)
            .is_some_and(|&known| known <= mz + reach);
        if is_near {
            Verdict::Isobar
        } else {
            Verdict::Wrong
        }
    }

    fn is_of_molecule(&self, ion_formula: &str) -> bool {
        self.is_matrix.get(ion_formula) == Some(&false)
    }
}

/// Ions annotated up to one claimed FDR, held against the truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TruthLevel {
    /// The claimed FDR.
    pub claimed_fdr: f64,
    /// Ions annotated, those of entrapment formulas left out.
    pub n_ions: usize,
    /// Of them, those that are there and can be detected.
    pub n_true: usize,
    /// Those that are there, but too weak to be detected without noise.
    pub n_weak: usize,
    /// Isobars of one that is there.
    pub n_isobars: usize,
    /// The others.
    pub n_wrong: usize,
    /// False discovery proportion with isobars false.
    pub fdp_strict: Share,
    /// False discovery proportion with isobars not false.
    pub fdp_lenient: Share,
    /// Of the detectable target ions of molecules, those annotated.
    pub sensitivity: Share,
}

/// A share with its 95 % bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// The share, between 0 and 1.
    pub value: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

impl From<Proportion> for Share {
    fn from(found: Proportion) -> Self {
        Self {
            value: found.value,
            lower: found.lower,
            upper: found.upper,
        }
    }
}

/// Results held against the truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TruthReport {
    /// By claimed FDR.
    pub levels: Vec<TruthLevel>,
    /// Detectable ions of molecules.
    pub n_detectable: usize,
    /// Of them, targets of the search with a first isotopic image: what can be found.
    pub n_detectable_targets: usize,
    /// Targets with a score, those too weak to be detected left out.
    pub n_scored: usize,
    /// Of them, those that are there.
    pub n_scored_true: usize,
    /// Area under the ROC curve of the score of these, isobars false; nothing without both kinds.
    pub roc_auc: Option<f64>,
    /// The longest list of the best of these of which at most [`TRUE_FDP`] are false.
    pub longest_list: LongestList,
}

/// False discovery proportion of the longest list.
pub const TRUE_FDP: f64 = 0.1;

/// Target ions by their scores, from the best, as far as the truth allows: it compares scores
/// whatever FDR they claim.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LongestList {
    /// Largest false discovery proportion, isobars false.
    pub fdp: f64,
    /// Ions.
    pub n_ions: usize,
    /// Of them, those that are there.
    pub n_true: usize,
}

/// The longest list of the best ions that is at most [`TRUE_FDP`] false; ions of equal score stand
/// in it together or not at all, and those of score 0 never.
pub fn longest_list(there: &[f64], not_there: &[f64]) -> LongestList {
    let labeled = |is_true| move |&score: &f64| (score, is_true);
    let mut ions: Vec<(f64, bool)> = there.iter().map(labeled(true)).collect();
    ions.extend(not_there.iter().map(labeled(false)));
    ions.retain(|ion| ion.0 > 0.0);
    ions.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut longest = LongestList {
        fdp: TRUE_FDP,
        n_ions: 0,
        n_true: 0,
    };
    let (mut n_ions, mut n_true) = (0, 0);
    for equals in ions.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        n_ions += equals.len();
        n_true += equals.iter().filter(|ion| ion.1).count();
        if (n_ions - n_true) as f64 <= TRUE_FDP * n_ions as f64 {
            (longest.n_ions, longest.n_true) = (n_ions, n_true);
        }
    }
    longest
}

/// Counts one claimed FDR; `n_targets` are the detectable target ions of molecules.
pub fn truth_level(
    found: &[EvaluatedIon],
    known: &Known,
    fdr: f64,
    n_targets: usize,
) -> TruthLevel {
    let chosen: Vec<&EvaluatedIon> = found
        .iter()
        .filter(|ion| ion.fdr <= fdr && !ion.is_entrapment)
        .collect();
    let verdicts: Vec<Verdict> = chosen
        .iter()
        .map(|ion| known.verdict(&ion.ion_formula, ion.mz))
        .collect();
    let count = |wanted| {
        verdicts
            .iter()
            .filter(|&&verdict| verdict == wanted)
            .count()
    };
    let [n_true, n_weak] = [Verdict::True, Verdict::Weak].map(count);
    let [n_isobars, n_wrong] = [Verdict::Isobar, Verdict::Wrong].map(count);
    let n_ions = chosen.len();
    let n_molecules = chosen
        .iter()
        .filter(|ion| known.is_of_molecule(&ion.ion_formula))
        .count();
    let share = |n: usize, of: usize| Share::from(Proportion::new(n.min(of), of));
    TruthLevel {
        claimed_fdr: fdr,
        n_ions,
        n_true,
        n_weak,
        n_isobars,
        n_wrong,
        fdp_strict: share(n_isobars + n_wrong, n_ions),
        fdp_lenient: share(n_wrong, n_ions),
        sensitivity: share(n_molecules, n_targets),
    }
}

/// Holds results against the truth.
pub fn against_truth(results: &ResultsTables, known: &[KnownIon]) -> TruthReport {
    let known = Known::new(known, results.ppm);
    let of_molecules = known.is_matrix.iter().filter(|&(_, &is_matrix)| !is_matrix);
    let n_detectable = of_molecules.count();
    let targets = results
        .target_ions
        .iter()
        .filter(|ion| known.is_of_molecule(ion));
    let n_detectable_targets = targets.count();
    let found = distinct(results.annotations.iter().cloned());
    let level = |&fdr: &f64| truth_level(&found, &known, fdr, n_detectable_targets);
    let is_true = |ion: &String| known.is_matrix.contains_key(ion);
    let judged = results
        .scores
        .iter()
        .filter(|(ion, _)| is_true(ion) || !known.weak.contains(*ion));
    let (there, not_there): (Vec<_>, Vec<_>) = judged.partition(|&(ion, _)| is_true(ion));
    let scores = |ions: Vec<(&String, &f64)>| ions.into_iter().map(|(_, &s)| s).collect::<Vec<_>>();
    let (positives, negatives) = (scores(there), scores(not_there));
    TruthReport {
        levels: FDR_LEVELS.iter().map(level).collect(),
        n_detectable,
        n_detectable_targets,
        n_scored: positives.len() + negatives.len(),
        n_scored_true: positives.len(),
        roc_auc: roc_auc(&positives, &negatives),
        longest_list: longest_list(&positives, &negatives),
    }
}

/// Ions annotated up to one claimed FDR, and what those of entrapment formulas say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntrapmentLevel {
    /// The claimed FDR.
    pub claimed_fdr: f64,
    /// Ions annotated of the tables' own formulas.
    pub n_ions: usize,
    /// Ions annotated of entrapment formulas only.
    pub n_entrapment: usize,
    /// Share of these among all: a lower bound of the false discovery proportion.
    pub lower_bound: Share,
    /// The combined upper bound.
    pub combined: f64,
    /// The combined upper bound of the upper end of the share's 95 % interval.
    pub combined_upper: f64,
}

/// Counts entrapment ions by claimed FDR, with `ratio` entrapment formulas for each own one.
pub fn by_entrapment(results: &ResultsTables, ratio: f64) -> Vec<EntrapmentLevel> {
    let found = distinct(results.annotations.iter().cloned());
    let level = |&fdr: &f64| {
        let chosen = found.iter().filter(|ion| ion.fdr <= fdr);
        let (entrapment, own): (Vec<_>, Vec<_>) = chosen.partition(|ion| ion.is_entrapment);
        let bounds = EntrapmentBounds::new(entrapment.len(), entrapment.len() + own.len(), ratio);
        EntrapmentLevel {
            claimed_fdr: fdr,
            n_ions: own.len(),
            n_entrapment: entrapment.len(),
            lower_bound: bounds.hits.into(),
            combined: bounds.combined,
            combined_upper: bounds.combined_upper,
        }
    };
    FDR_LEVELS.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ion: &str, mz: f64, fdr: f64, is_entrapment: bool) -> EvaluatedIon {
        EvaluatedIon {
            ion_formula: ion.into(),
            mz,
            fdr,
            is_entrapment,
        }
    }

    #[test]
    fn an_ion_is_counted_once_and_judged_by_formula_then_mass() {
        let ions = distinct([
            found("C6H13O6", 181.07, 0.2, false),
            found("C6H13O6", 181.07, 0.05, true),
            found("C5H9N4O3", 181.0705, 0.1, false),
            found("C9H9O4", 181.0495, 0.1, false),
            found("CH9S9", 181.2, 0.1, true),
        ]);
        assert_eq!(ions.len(), 4);
        let glucose = KnownIon {
            ion_formula: "C6H13O6".into(),
            mz: 181.07,
            is_matrix: false,
            is_detectable: true,
        };
        let weak = KnownIon {
            ion_formula: "C9H9O4".into(),
            is_detectable: false,
            ..glucose.clone()
        };
        let level = truth_level(
            &ions,
            &Known::new(std::slice::from_ref(&glucose), 3.0),
            0.1,
            2,
        );
        assert_eq!(
            (level.n_ions, level.n_true, level.n_isobars, level.n_wrong),
            (3, 1, 1, 1)
        );
        assert!((level.fdp_strict.value - 2.0 / 3.0).abs() < 1e-12);
        assert!((level.fdp_lenient.value - 1.0 / 3.0).abs() < 1e-12);
        assert!((level.sensitivity.value - 0.5).abs() < 1e-12);
        let level = truth_level(&ions, &Known::new(&[glucose, weak], 3.0), 0.1, 2);
        assert_eq!(
            (level.n_true, level.n_weak, level.n_isobars, level.n_wrong),
            (1, 1, 1, 0)
        );
        assert!(
            (level.fdp_strict.value - 1.0 / 3.0).abs() < 1e-12,
            "a weak ion is not false"
        );
    }

    #[test]
    fn the_longest_list_may_pass_a_worse_stretch() {
        let list = longest_list(&[0.9, 0.8, 0.6, 0.55, 0.5, 0.4], &[0.7, 0.4, 0.0]);
        assert_eq!((list.n_ions, list.n_true), (2, 2));
        let many: Vec<f64> = (0..18).map(|i| 0.9 - 0.01 * f64::from(i)).collect();
        let list = longest_list(&many, &[0.895, 0.725, 0.1]);
        assert_eq!((list.n_ions, list.n_true), (20, 18));
        assert_eq!(
            longest_list(&[0.5], &[0.5]).n_ions,
            0,
            "equals stand together"
        );
    }

    #[test]
    fn a_matrix_ion_is_true_but_not_what_was_to_be_found() {
        let matrix = KnownIon {
            ion_formula: "C7H7O4".into(),
            mz: 155.03,
            is_matrix: true,
            is_detectable: true,
        };
        let ions = distinct([found("C7H7O4", 155.03, 0.01, false)]);
        let level = truth_level(&ions, &Known::new(&[matrix], 3.0), 0.1, 4);
        assert_eq!(level.n_true, 1);
        assert!(level.sensitivity.value.abs() < 1e-12);
    }
}
