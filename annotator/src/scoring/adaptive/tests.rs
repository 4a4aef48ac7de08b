use ms_core::formula::Repeats;

use super::*;

const N_DECOYS: usize = 4_000;
const N_TARGETS: usize = 400;

/// Targets of which every second is true, and twenty decoys for each false one.
struct Field {
    formulas: Vec<Formula>,
    scores: Vec<Scores>,
    details: Vec<Details>,
}

fn field(n_targets: usize, n_decoys: usize) -> Field {
    let mut field = Field { formulas: Vec::new(), scores: Vec::new(), details: Vec::new() };
    let mut state = 7_u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    for i in 0..n_targets + n_decoys {
        let is_true = i < n_targets && i % 2 == 0;
        let ion = u32::try_from(i).unwrap();
        // m/z tells nothing of what an ion is.
        let place = (i * 1_009) % (n_targets + n_decoys);
        let mz = 200.0 + 0.37 * f64::from(u32::try_from(place).unwrap());
        let msm = if is_true { 0.4 + 0.5 * random() } else { 0.7 * random() };
        let error = if is_true { 1.0 } else { 6.0 } * (random() - 0.5);
        let text = format!("C{}H{}O", i + 1, i + 2);
        field.formulas.push(Formula::parse(&text, Repeats::Add).unwrap());
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

fn entries(field: &Field, n_targets: usize) -> Vec<Entry<'_>> {
    let entry = |i: usize| Entry {
        ion: u32::try_from(i).unwrap(),
        ion_formula: &field.formulas[i],
        ranking: 0,
        formula: (0, u32::try_from(i).unwrap()),
        is_target: i < n_targets,
        scores: &field.scores[i],
        details: &field.details[i],
    };
    (0..field.scores.len()).map(entry).collect()
}

#[test]
fn what_tells_targets_from_decoys_is_learned() {
    let field = field(N_TARGETS, N_DECOYS);
    let learned = learn(&entries(&field, N_TARGETS), &[20.0], Ppm(3.0)).unwrap();
    let n_misplaced = |score: &dyn Fn(usize) -> f64| {
        let mut order: Vec<usize> = (0..N_TARGETS).collect();
        order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
        order[N_TARGETS / 2..].iter().filter(|&&i| i % 2 == 0).count()
    };
    let by_msm = n_misplaced(&|i| field.scores[i].msm);
    let by_learned = n_misplaced(&|i| learned.scores[i]);
    assert!(2 * by_learned < by_msm, "true ions among false ones: {by_learned}, by MSM {by_msm}");
    assert!(learned.scores.iter().all(|score| (0.0..=1.0).contains(score)));
    assert!(learned.weights[4] < -0.1, "a large m/z error speaks against: {:?}", learned.weights);
}

#[test]
fn too_little_to_learn_from_is_refused() {
    let few = field(N_TARGETS, MIN_DECOYS - 1);
    let refused = learn(&entries(&few, N_TARGETS), &[20.0], Ppm(3.0));
    assert_eq!(refused, Err(NotLearned::Decoys { found: MIN_DECOYS - 1 }));
    let few = field(10, N_DECOYS);
    let refused = learn(&entries(&few, 10), &[20.0], Ppm(3.0)).unwrap_err();
    assert!(matches!(refused, NotLearned::Targets { found } if found < MIN_LEADING), "{refused}");
}

#[test]
fn of_ions_that_share_a_peak_the_stronger_is_kept() {
    let mut field = field(N_TARGETS, N_DECOYS);
    // Target 1 and the last decoy lie within the window of target 0's second peak.
    let shared = field.details[0].theoretical_mz[1];
    for i in [1, N_TARGETS + N_DECOYS - 1] {
        field.details[i].theoretical_mz[0] = shared * (1.0 + 1e-6);
    }
    let entries = entries(&field, N_TARGETS);
    let mut scores: Vec<f64> = entries.iter().map(|entry| entry.scores.msm).collect();
    scores[0] = 0.9;
    scores[1] = 0.8;
    let last = scores.len() - 1;
    scores[last] = 0.95;
    assert_eq!(keep_strongest(&entries, &mut scores, Ppm(3.0)), 1);
    assert!(scores[0] > 0.0 && scores[1] == 0.0 && scores[last] > 0.0);
}
