//! Claimed FDR holds on simulated tissues, as far as the documents say: `docs/algorithm/fdr.md`.
//!
//! What is false, strictly, is an ion that is not in the tissue; an isobar of one that is there
//! explains the same peak, and no decoy tells that. An ion whose mass nothing in the tissue has is
//! wrong whatever one thinks of isobars.

use std::sync::OnceLock;

use annotator::evaluation::Proportion;
use tests::calibration::{Calibration, LEVELS, Level, calibrate, pooled};

/// Strict false discovery proportion that MSM is documented to have, all tissues together.
const STRICT_OF_MSM: [f64; 4] = [0.05, 0.1, 0.28, 0.41];

/// The same of the adaptive score.
const STRICT_OF_ADAPTIVE: [f64; 4] = [0.04, 0.055, 0.065, 0.065];

fn msm() -> &'static [Calibration] {
    static FOUND: OnceLock<Vec<Calibration>> = OnceLock::new();
    FOUND.get_or_init(|| calibrate("--score msm"))
}

fn adaptive() -> &'static [Calibration] {
    static FOUND: OnceLock<Vec<Calibration>> = OnceLock::new();
    FOUND.get_or_init(|| calibrate(""))
}

/// Makes sure that no tissue's share of false ions lies beyond a claim with confidence.
fn assert_not_exceeded(found: &[Calibration], n_false: fn(&Level) -> usize) {
    for calibration in found {
        for (level, claimed) in calibration.levels.iter().zip(LEVELS) {
            let share = Proportion::new(n_false(level), level.n_ions);
            let tissue = &calibration.tissue;
            assert!(
                share.lower <= claimed,
                "{tissue} claims {claimed}: {share:?}"
            );
        }
    }
}

fn assert_documented(found: &[Calibration], documented: [f64; 4]) {
    for ((level, claimed), bound) in pooled(found).iter().zip(LEVELS).zip(documented) {
        let share = Proportion::new(level.n_strictly_false, level.n_ions);
        assert!(
            share.value <= bound,
            "{claimed} is documented as {bound} and is {share:?}"
        );
    }
}

#[test]
fn the_adaptive_score_keeps_its_claim_strictly() {
    assert_not_exceeded(adaptive(), |level| level.n_strictly_false);
    assert_documented(adaptive(), STRICT_OF_ADAPTIVE);
}

#[test]
fn msm_keeps_its_claim_but_for_isobars() {
    assert_not_exceeded(msm(), |level| level.n_wrong);
    assert_documented(msm(), STRICT_OF_MSM);
}

#[test]
fn claims_would_break_if_decoys_did_not_speak() {
    // Without decoys everything with a score would be claimed at every level.
    for calibration in [msm(), adaptive()].concat() {
        let n_false = calibration.n_scored - calibration.n_scored_true;
        let share = Proportion::new(n_false, calibration.n_scored);
        assert!(share.lower > LEVELS[1], "{}: {share:?}", calibration.tissue);
    }
}

#[test]
fn the_adaptive_score_finds_more_of_what_is_there() {
    let (msm, adaptive) = (msm(), adaptive());
    let at_ten = |found: &[Calibration]| pooled(found)[1];
    let (theirs, ours) = (at_ten(msm), at_ten(adaptive));
    assert!(
        ours.n_true * 100 > theirs.n_true * 120,
        "{} and {}",
        ours.n_true,
        theirs.n_true
    );
    let share = |level: Level| Proportion::new(level.n_strictly_false, level.n_ions).value;
    assert!(share(ours) < share(theirs), "{ours:?} {theirs:?}");
    let longest = |found: &[Calibration]| found.iter().map(|c| c.n_longest_list).sum::<usize>();
    let (theirs, ours) = (longest(msm), longest(adaptive));
    assert!(
        2 * ours > 3 * theirs,
        "lists of the same truth: {ours} and {theirs}"
    );
}
