use std::sync::LazyLock;

use ms_core::formula::Repeats;
use ms_core::ion::Charge;

use super::*;
use crate::indices::{FormulaIdx, IonIdx, TableIdx};
use crate::metrics::groups::N_GROUPS;
use crate::metrics::{Details, Parent, Scores};

const N_DECOYS: usize = 4_000;
const N_TARGETS: usize = 400;

/// Decoys of the only table.
const PER_TARGET: [DecoysPerTarget; 1] = [DecoysPerTarget {
    decoys: 20.0,
    recombined: f64::INFINITY,
}];

/// Of a dataset of 1,000 pixels.
fn facts<'a>(per_target: &'a [DecoysPerTarget], matrix_ions: &'a [MatrixIon]) -> DatasetFacts<'a> {
    DatasetFacts {
        per_target,
        matrix_ions,
        ppm: Ppm(3.0),
        sizes: &SIZES,
    }
}

static SIZES: LazyLock<GroupSizes> = LazyLock::new(|| GroupSizes::new(1_000));

/// Targets of which every second is true, and twenty decoys for each false one.
struct Field {
    formulas: Vec<Formula>,
    scores: Vec<Scores>,
    details: Vec<Details>,
}

fn field(n_targets: usize, n_decoys: usize) -> Field {
    let mut field = Field {
        formulas: Vec::new(),
        scores: Vec::new(),
        details: Vec::new(),
    };
    let mut state = 7_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    for i in 0..n_targets + n_decoys {
        let is_true = i < n_targets && i % 2 == 0;
        let ion = IonIdx::at(i);
        // m/z tells nothing of what an ion is.
        let place = (i * 1_009) % (n_targets + n_decoys);
        let mz = 200.0 + 0.37 * f64::from(u32::try_from(place).unwrap());
        let msm = if is_true {
            0.4 + 0.5 * random()
        } else {
            0.7 * random()
        };
        let error = if is_true { 1.0 } else { 6.0 } * (random() - 0.5);
        let text = format!("C{}H{}O", i + 1, i + 2);
        field
            .formulas
            .push(Formula::parse(&text, Repeats::Add).unwrap());
        field.scores.push(Scores {
            ion,
            n_pixels: 100,
            chaos: Some(0.99),
            spatial: msm / 0.99 / 0.95,
            spectral: 0.95,
            msm,
        });
        field.details.push(Details {
            mz_err_abs: error * mz * 1e-6,
            mz_err_rel: 0.0,
            parent: Parent::default(),
            groups: Vec::new(),
            theoretical_mz: vec![mz, mz + 1.003],
            theoretical_intensity: vec![100.0, 20.0],
            total_intensity: vec![1e4, 2e3],
            min_intensity: vec![1.0; 2],
            max_intensity: vec![1e3; 2],
            mz_mean: vec![mz, mz + 1.003],
            mz_stddev: vec![1e-4; 2],
        });
    }
    field
}

/// The contest where who has a value of 0 or more leads.
fn contest(entries: &[Entry<'_>], values: &[f64], peaks: &Peaks) -> Contest {
    let leads: Vec<bool> = values.iter().map(|&value| value >= 0.0).collect();
    Contest::new(entries, values, &leads, &vec![false; values.len()], peaks)
}

fn entries(field: &Field, n_targets: usize) -> Vec<Entry<'_>> {
    let entry = |i: usize| Entry {
        ion: IonIdx::at(i),
        ion_formula: &field.formulas[i],
        charge: Charge::new(1).unwrap(),
        has_loss: false,
        ranking: 0,
        formula: (TableIdx(0), FormulaIdx(u32::try_from(i).unwrap())),
        kind: if i < n_targets {
            EntryKind::Target
        } else {
            EntryKind::Decoy
        },
        scores: &field.scores[i],
        details: &field.details[i],
    };
    (0..field.scores.len()).map(entry).collect()
}

#[test]
fn what_tells_targets_from_decoys_is_learned() {
    let field = field(N_TARGETS, N_DECOYS);
    let learned = learn(&entries(&field, N_TARGETS), facts(&PER_TARGET, &[]));
    let n_misplaced = |score: &dyn Fn(usize) -> f64| {
        let mut order: Vec<usize> = (0..N_TARGETS).collect();
        order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
        order[N_TARGETS / 2..]
            .iter()
            .filter(|&&i| i % 2 == 0)
            .count()
    };
    let by_msm = n_misplaced(&|i| field.scores[i].msm);
    let by_learned = n_misplaced(&|i| learned.scores[i]);
    assert!(
        2 * by_learned < by_msm,
        "true ions among false ones: {by_learned}, by MSM {by_msm}"
    );
    assert!(
        learned
            .scores
            .iter()
            .all(|score| (0.0..=1.0).contains(score))
    );
    assert!(
        learned.weights[4] < -0.1,
        "a large m/z error speaks against: {:?}",
        learned.weights
    );
}

#[test]
fn with_little_to_learn_from_the_weights_are_those_of_other_datasets() {
    let elsewhere = Logistic::learned_elsewhere();
    let without_true = field(1, N_DECOYS);
    let learned = learn(&entries(&without_true, 0), facts(&PER_TARGET, &[]));
    assert_eq!(learned.n_leading, 0);
    for (found, expected) in learned.weights.iter().zip(elsewhere.weights()) {
        assert!((found - expected).abs() < 1e-12, "{:?}", learned.weights);
    }
    let none = learn(&[], facts(&PER_TARGET, &[]));
    assert_eq!(
        (none.n_leading, none.n_decoys, none.scores.len()),
        (0, 0, 0)
    );
    // A few leading targets move them, but not far.
    let few = field(20, N_DECOYS);
    let learned = learn(&entries(&few, 20), facts(&PER_TARGET, &[]));
    assert!(
        (1..=12).contains(&learned.n_leading),
        "{}",
        learned.n_leading
    );
    for (found, expected) in learned.weights.iter().zip(elsewhere.weights()) {
        assert!((found - expected).abs() < 1.5, "{:?}", learned.weights);
    }
}

#[test]
fn isotopic_images_and_ions_of_the_matrix_are_no_candidates() {
    let mut field = field(N_TARGETS, N_DECOYS);
    // Targets 0, 2 and 4 are true; the last decoy is treated alike.
    let last = N_TARGETS + N_DECOYS - 1;
    for (i, ratio, correlation) in [
        (0, 3.0, 0.9),
        (last, 3.0, 0.9),
        (2, 1.2, 0.9),
        (4, 3.0, 0.1),
    ] {
        field.details[i].parent = Parent { ratio, correlation };
    }
    let near = |i: usize, ppm: f64, formula: &str| MatrixIon {
        name: "a cluster".into(),
        formula: Formula::parse(formula, Repeats::Add).unwrap(),
        mz: (field.details[i].theoretical_mz[0] + field.details[i].mz_err_abs) * (1.0 + ppm * 1e-6),
    };
    // Nearer to the measured m/z of 6 than its own; that of 8, but its own formula; far from 10.
    let matrix = [
        near(6, 0.0, "C7H6O4K"),
        near(8, 0.0, &field.formulas[8].to_string()),
        near(10, 50.0, "C7H6O4Na"),
    ];
    let learned = learn(&entries(&field, N_TARGETS), facts(&PER_TARGET, &matrix));
    for (i, is_candidate) in [
        (0, false),
        (last, false),
        (2, true),
        (4, true),
        (6, false),
        (8, true),
        (10, true),
    ] {
        assert_eq!(learned.scores[i] > 0.0, is_candidate, "{i}");
    }
    assert_eq!(learned.n_isotopic, 2);
}

#[test]
fn recombined_decoys_limit_who_leads() {
    let field = field(N_TARGETS, N_DECOYS);
    let mut entries = entries(&field, N_TARGETS);
    let by_decoys = learn(&entries, facts(&PER_TARGET, &[])).n_leading;
    // Half of the true ions as recombined decoys: then half of what leads is false.
    for entry in entries.iter_mut().take(N_TARGETS).step_by(4) {
        entry.kind = EntryKind::Recombined;
    }
    let per_target = [DecoysPerTarget {
        decoys: 20.0,
        recombined: 1.0,
    }];
    let by_both = learn(&entries, facts(&per_target, &[])).n_leading;
    assert!(by_decoys > 100 && by_both < 10, "{by_decoys} {by_both}");
}

#[test]
fn scores_keep_the_order_of_values() {
    let values = [-1e6, -3.0, 0.0, 1e-6, 2.0, 1e6];
    let scores = values.map(score_of);
    assert!(scores.is_sorted_by(|a, b| a < b), "{scores:?}");
    assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)));
}

#[test]
fn of_ions_that_share_a_peak_the_stronger_is_kept() {
    let mut field = field(N_TARGETS, N_DECOYS);
    // Target 1 and the last decoy lie within the window of target 0's second peak; of targets 2 and
    // 3 the windows overlap, and the peak is that of 2; of 4 and 5 each has a peak of its own.
    let shared = field.details[0].theoretical_mz[1];
    let last = N_TARGETS + N_DECOYS - 1;
    let mut place = |i: usize, mz: f64, error_ppm: f64| {
        field.details[i].theoretical_mz[0] = mz;
        field.details[i].mz_err_abs = mz * error_ppm * 1e-6;
    };
    place(1, shared * (1.0 + 1e-6), 0.0);
    place(last, shared * (1.0 + 1e-6), 0.0);
    for (i, mz, error) in [(2, 5_000.0, 0.0), (3, 5_000.02, -3.0), (4, 6_000.0, 0.5)] {
        place(i, mz, error);
    }
    place(5, 6_000.024, -0.5);
    let entries = entries(&field, N_TARGETS);
    let peaks = Peaks::of_targets(&entries, Ppm(3.0), 0.0);
    let mut values = vec![-1.0; entries.len()];
    for (i, value) in [
        (0, 2.0),
        (1, 1.5),
        (last, 3.0),
        (2, 1.0),
        (3, 0.5),
        (4, 1.0),
        (5, 0.5),
    ] {
        values[i] = value;
    }
    let contest = contest(&entries, &values, &peaks);
    let outdone: Vec<usize> = (0..entries.len())
        .filter(|&i| contest.is_outdone[i])
        .collect();
    assert_eq!(outdone, [1, 3]);
    // Target 0's first peak is its own; nothing but its second is shared.
    assert!(contest.doubts[0].abs() < 1e-12 && contest.doubts[last].abs() < 1e-12);
    assert!(
        contest.doubts[2].abs() < 1e-12,
        "3 explains the peak of 2 less well"
    );
}

#[test]
fn doubt_is_even_between_equals_and_fades_with_the_distance() {
    let mut field = field(N_TARGETS, N_DECOYS);
    for (i, mz) in [(0, 5_000.0), (1, 5_000.001), (2, 6_000.0), (3, 6_000.001)] {
        field.details[i].theoretical_mz[0] = mz;
    }
    let entries = entries(&field, N_TARGETS);
    let peaks = Peaks::of_targets(&entries, Ppm(3.0), 0.0);
    let mut values = vec![0.0; entries.len()];
    values[2] = 3.0;
    let contest = contest(&entries, &values, &peaks);
    assert!((contest.doubts[0] - 0.5).abs() < 1e-12 && (contest.doubts[1] - 0.5).abs() < 1e-12);
    // Without a decoy beside a leading target the factor is the expected one, 2.
    let expected = (-6.0_f64).exp() / (1.0 + (-6.0_f64).exp());
    assert!(
        (contest.doubts[2] - expected).abs() < 1e-9,
        "{}",
        contest.doubts[2]
    );
    assert!(contest.is_outdone[3] && contest.doubts[3].abs() < 1e-12);
}

#[test]
fn what_a_distance_means_is_learned_from_decoys_beside_leading_targets() {
    // Pairs of which a share of 1 / (1 + e^−1.5) has the true ion one better, the others one worse.
    let pairs = |n_better: usize, n_worse: usize| {
        let mut field = field(N_TARGETS, N_DECOYS);
        for i in 0..n_better + n_worse {
            let mz = field.details[i].theoretical_mz[0] + 100_000.0;
            field.details[i].theoretical_mz[0] = mz;
            field.details[N_TARGETS + i].theoretical_mz[0] = mz;
        }
        let entries = entries(&field, N_TARGETS);
        let peaks = Peaks::of_targets(&entries, Ppm(0.01), 0.0);
        let mut values = vec![0.5; entries.len()];
        for i in 0..n_better + n_worse {
            values[N_TARGETS + i] = if i < n_better { -0.5 } else { 1.5 };
        }
        contest(&entries, &values, &peaks).factor
    };
    let factor = pairs(164, 36);
    assert!((factor - 1.5).abs() < 0.1, "{factor}");
    assert!(pairs(100, 100) < 0.1, "a distance that tells nothing");
}

#[test]
fn a_fragment_has_the_mz_and_the_image_of_its_precursor() {
    const WATER: f64 = 18.010_565;
    let n_pixels = 2_000;
    let sizes = GroupSizes::new(n_pixels);
    let image = |seed: usize| -> Vec<f32> {
        let of_group = |group: usize| (group * 7_919 + seed * 104_729) % 1_013;
        (0..N_GROUPS).map(|group| of_group(group) as f32).collect()
    };
    // Fragments of 0 by m/z; what each is, and whether it counts as one.
    let cases = [
        (2, "has the image", true),
        (4, "has another image", false),
        (6, "is more intense", false),
        (8, "lies nearer to its own m/z", false),
        (10, "is of a molecule that another ion shows", false),
        (12, "is said to be a fragment", false),
    ];
    for (i, what, is_fragment) in cases {
        let mut field = field(N_TARGETS, N_DECOYS);
        let mz = 700.0;
        let mut place = |i: usize, mz: f64, total: f64, image: Vec<f32>| {
            let details = &mut field.details[i];
            details.theoretical_mz[0] = mz;
            (details.mz_err_abs, details.total_intensity[0]) = (0.0, total);
            details.groups = image;
        };
        place(0, mz, 1e5, image(1));
        let seed = if i == 4 { 2 } else { 1 };
        let total = if i == 6 { 2e5 } else { 1e4 };
        let error = if i == 8 { 1e-6 * mz } else { 0.0 };
        place(i, mz - WATER + error, total, image(seed));
        let mut entries = entries(&field, N_TARGETS);
        entries[i].has_loss = i == 12;
        if i == 10 {
            entries[14].formula = entries[10].formula;
        }
        let values = vec![1.0; entries.len()];
        let fragments = Fragments {
            entries: &entries,
            leads: &vec![true; values.len()],
            is_outdone: &vec![false; values.len()],
            ppm: Ppm(3.0),
            common_ppm: 0.0,
            sizes: &sizes,
        };
        let expected = is_fragment.then_some(0);
        let found = fragments.precursors();
        assert_eq!(found[i], expected, "one that {what}");
        assert_eq!(found.iter().flatten().count(), usize::from(is_fragment));
    }
}
