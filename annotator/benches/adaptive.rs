//! The adaptive score of 20,000 ions: features, learning in three folds, competition.

#![expect(clippy::unwrap_used, reason = "benches")]

use annotator::indices::{FormulaIdx, IonIdx, TableIdx};
use annotator::metrics::groups::GroupSizes;
use annotator::metrics::{Details, Parent, Scores};
use annotator::scoring::adaptive::{DatasetFacts, DecoysPerTarget, Entry, EntryKind, learn};
use divan::Bencher;
use divan::counter::ItemsCount;
use ms_core::formula::{Formula, Repeats};
use ms_core::ion::Charge;
use ms_core::tolerance::Ppm;

const N_TARGETS: usize = 2_000;
const N_DECOYS: usize = 18_000;
const PER_TARGET: DecoysPerTarget = DecoysPerTarget {
    decoys: 20.0,
    recombined: f64::INFINITY,
};

/// One target in so many is true.
const PRESENT: usize = 2;

fn main() {
    divan::main();
}

/// An ion's formula and what was measured of it.
struct Measured {
    formula: Formula,
    scores: Scores,
    details: Details,
}

/// Numbers of a fixed sequence, evenly between 0 and 1.
fn random(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 40) as f64 / f64::from(1 << 24)
}

fn is_true(i: usize) -> bool {
    i < N_TARGETS && i.is_multiple_of(PRESENT)
}

fn measured() -> Vec<Measured> {
    let mut state = 7;
    let mut ion = |i: usize| {
        let msm = if is_true(i) {
            0.4 + 0.5 * random(&mut state)
        } else {
            0.7 * random(&mut state)
        };
        let ppm = if is_true(i) { 1.0 } else { 6.0 } * (random(&mut state) - 0.5);
        // m/z tells nothing of what an ion is, and one in ten has a neighbour in its window.
        let mz = 200.0 + 800.0 * random(&mut state);
        let mzs = vec![mz, mz + 1.003, mz + 2.007, mz + 3.010];
        let text = format!("C{}H{}O", i % 5_000 + 1, i / 5_000 + 1);
        Measured {
            formula: Formula::parse(&text, Repeats::Add).unwrap(),
            scores: Scores {
                ion: IonIdx::at(i),
                n_pixels: 1_000,
                chaos: Some(0.99),
                spatial: msm / 0.99 / 0.95,
                spectral: 0.95,
                msm,
            },
            details: Details {
                mz_err_abs: ppm * mz * 1e-6,
                mz_err_rel: 0.0,
                parent: Parent::default(),
                groups: Vec::new(),
                theoretical_mz: mzs.clone(),
                theoretical_intensity: vec![100.0, 30.0, 6.0, 1.0],
                total_intensity: vec![1e6, 3e5, 6e4, 1e4],
                min_intensity: vec![1.0; 4],
                max_intensity: vec![1e3; 4],
                mz_mean: mzs,
                mz_stddev: vec![1e-4; 4],
            },
        }
    };
    (0..N_TARGETS + N_DECOYS).map(&mut ion).collect()
}

/// 2,000 targets, half of them true, and 18,000 decoys; one thread.
#[divan::bench(sample_count = 10)]
fn adaptive_score_of_20k_ions(bencher: Bencher) {
    let ions = measured();
    let entries: Vec<Entry<'_>> = ions
        .iter()
        .enumerate()
        .map(|(i, ion)| Entry {
            ion: ion.scores.ion,
            ion_formula: &ion.formula,
            charge: Charge::new(1).unwrap(),
            has_loss: false,
            ranking: 0,
            formula: (TableIdx(0), FormulaIdx(ion.scores.ion.0)),
            kind: if i < N_TARGETS {
                EntryKind::Target
            } else {
                EntryKind::Decoy
            },
            scores: &ion.scores,
            details: &ion.details,
        })
        .collect();
    let facts = DatasetFacts {
        per_target: &[PER_TARGET],
        matrix_ions: &[],
        ppm: Ppm(3.0),
        sizes: &GroupSizes::new(1_000),
    };
    bencher
        .counter(ItemsCount::new(entries.len()))
        .bench_local(|| {
            let learned = learn(&entries, facts);
            let mut order: Vec<usize> = (0..N_TARGETS).collect();
            order.sort_by(|&a, &b| learned.scores[b].total_cmp(&learned.scores[a]));
            let n_found = order[..N_TARGETS / PRESENT]
                .iter()
                .filter(|&&i| is_true(i))
                .count();
            assert!(
                n_found * 100 > N_TARGETS / PRESENT * 85,
                "{n_found} true ions among the best"
            );
            assert!(
                learned.weights[4] < -0.1,
                "a large m/z error speaks against: {:?}",
                learned.weights
            );
        });
}
