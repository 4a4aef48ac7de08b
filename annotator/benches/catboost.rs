//! A model of the size of those that METASPACE publishes: 1,000 trees of depth 6 on five features.

#![expect(clippy::unwrap_used, reason = "benches")]

use annotator::config::MzErrorFeature;
use annotator::scoring::catboost::{Borders, CatBoost, Forest, Split};
use annotator::scoring::features::Feature;
use annotator::scoring::{IonMetrics, Ranking};
use divan::Bencher;
use divan::counter::ItemsCount;

const FEATURES: [&str; 5] = [
    "chaos",
    "spatial",
    "spectral",
    "mz_err_abs_abserr",
    "mz_err_rel_abserr",
];
const N_BORDERS: u16 = 512;
const N_TREES: u16 = 1_000;
const DEPTH: u8 = 6;
const N_ROWS: u16 = 16_384;

fn main() {
    divan::main();
}

/// Each level asks for another border; the leaf is the number of levels that say yes, by 8,192.
fn model() -> CatBoost {
    let step = 1.0 / f32::from(N_BORDERS);
    let ascending = |low: f32| (0..N_BORDERS).map(|i| low + step * f32::from(i)).collect();
    let borders = [0.0, 0.0, 0.0, -1.0, -1.0].map(|low| Borders {
        values: ascending(low),
        nan_is_above: false,
    });
    let n_splits = N_TREES * u16::from(DEPTH);
    let split = |i: u16| Split {
        feature: i % 5,
        border: i * 37 % N_BORDERS,
    };
    let leaf = |number: u32| f64::from(number.count_ones()) / 8_192.0;
    let leaves: Vec<f64> = (0..1 << DEPTH).map(leaf).collect();
    let forest = Forest {
        features: borders.into(),
        depths: vec![DEPTH; N_TREES.into()],
        splits: (0..n_splits).map(split).collect(),
        leaves: leaves.repeat(N_TREES.into()),
        scale: 1.0,
        bias: 0.0,
    };
    CatBoost::new(
        FEATURES.map(|name| Feature::named(name).unwrap()).into(),
        forest,
    )
    .unwrap()
}

/// Ions whose metrics have nothing to do with one another.
fn ions() -> Vec<IonMetrics> {
    let metric = |i: u16, factor: u16| f64::from(i.wrapping_mul(factor)) / 65_536.0;
    let ion = |i| IonMetrics {
        chaos: metric(i, 40_503),
        spatial: metric(i, 30_011),
        spectral: metric(i, 52_021),
        msm: 0.5,
        mz_err_abs: metric(i, 11_003),
        mz_err_rel: -metric(i, 60_013),
    };
    (0..N_ROWS).map(ion).collect()
}

/// The share of splits that an ion is above.
fn expected(ion: &IonMetrics) -> f64 {
    let values = [
        ion.chaos,
        ion.spatial,
        ion.spectral,
        1.0 - ion.mz_err_abs,
        1.0 + ion.mz_err_rel,
    ];
    let is_above = |i: &u16| {
        let border = f64::from(i * 37 % N_BORDERS) / f64::from(N_BORDERS);
        values[usize::from(i % 5)] > border
    };
    let n_above = (0..N_TREES * u16::from(DEPTH)).filter(is_above).count();
    n_above as f64 / 8_192.0
}

#[divan::bench]
fn a_published_model_on_16k_ions(bencher: Bencher) {
    let (model, ions) = (model(), ions());
    let expected: Vec<f64> = ions.iter().map(expected).collect();
    let ranking = Ranking {
        targets: &ions,
        decoys: &[],
        decoys_per_target: 20.0,
        mz_error: MzErrorFeature::Served,
    };
    // One thread, so that the figure is that of a core.
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    bencher
        .counter(ItemsCount::new(ions.len()))
        .bench_local(|| {
            let found = threads.install(|| model.scores(&ranking));
            assert_eq!(found, expected);
        });
}
