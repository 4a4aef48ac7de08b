//! Whole runs: search space, decoys, metrics, FDR.

use std::collections::{BTreeSet, HashMap};

use annotator::fdr::{DecoyScores, fdr};
use annotator::metrics::{Details, Scores};

use ms_core::formula::{Formula, Repeats};

use crate::shared::{Run, Table};

#[test]
fn spheroid_v3() {
    check("spheroid_cm3_v3");
}

#[test]
fn spheroid_v1() {
    check("spheroid_cm3_v1");
}

#[test]
fn kidney_v3() {
    check("kidney_cm3_v3");
}

#[test]
fn kidney_v1() {
    check("kidney_cm3_v1");
}

#[test]
fn simulated_v3() {
    check("sim_db800_v3");
}

#[test]
fn simulated_with_modifications_v3() {
    check("sim_db800_mods_v3");
}

fn check(name: &str) {
    let run = Run::of(name);
    check_dataset(&run);
    check_search_space(&run);
    check_decoys(&run);
    check_metrics(&run);
    check_fdr_of_golden_scores(&run);
    if !run.has_model {
        check_fdr_of_own_scores(&run);
    }
}

fn check_dataset(run: &Run) {
    assert_eq!(run.facts["w"], run.size.0);
    assert_eq!(run.facts["h"], run.size.1);
    assert_eq!(run.facts["n_peaks_in_file"], run.n_peaks_in_file);
    assert_eq!(run.facts["n_peaks_nonzero"], run.n_peaks);
    assert_eq!(run.facts["min_mz"].as_f64(), Some(run.mz_range.0));
    assert_eq!(run.facts["max_mz"].as_f64(), Some(run.mz_range.1));
}

fn check_search_space(run: &Run) {
    let formulas = run.table("formulas.csv");
    let expected: Vec<String> =
        formulas.rows.iter().map(|row| normalized(formulas.text(row, "formula"))).collect();
    let found: Vec<String> = run.molecules.formulas.iter().map(ToString::to_string).collect();
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "formula {i}");
    }
    assert_eq!(found.len(), expected.len());

    let map = run.table("formula_map.csv.gz");
    let expected: BTreeSet<(String, String)> = map
        .rows
        .iter()
        .map(|row| (normalized(map.text(row, "formula")), map.text(row, "modifier").into()))
        .collect();
    let found: BTreeSet<(String, String)> = ions_by_name(run).into_keys().collect();
    let differences: Vec<_> = found.symmetric_difference(&expected).take(5).collect();
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(run.counts["ion_formulas"], run.space.ions.len());
    // Formula–modifier pairs share an ion where the reference's do.
    let ions = ions_by_name(run);
    let mut of_rank: HashMap<&str, u32> = HashMap::new();
    for row in &map.rows {
        let ion = ions[&(normalized(map.text(row, "formula")), map.text(row, "modifier").into())];
        assert_eq!(*of_rank.entry(map.text(row, "formula_i")).or_insert(ion), ion);
    }
}

/// A formula of the reference, which keeps the order of the molecule table, in ours.
fn normalized(formula: &str) -> String {
    Formula::parse(formula, Repeats::Overwrite).unwrap().to_string()
}

/// Ion of each molecule formula and modifier, targets and decoys.
fn ions_by_name(run: &Run) -> HashMap<(String, String), u32> {
    let (space, table) = (&run.space, &run.space.tables[0]);
    let formula = |i: u32| run.molecules.formulas[i as usize].to_string();
    let mut ions = HashMap::new();
    for target in &table.targets {
        let modifier = space.modifiers[usize::from(target.modifier)].text();
        ions.insert((formula(target.formula), modifier.to_owned()), target.ion);
    }
    for decoy in &table.decoys {
        let modifier = space.decoy_modifiers[usize::from(decoy.modifier)].text();
        ions.extend(decoy.ion.map(|ion| ((formula(decoy.formula), modifier.to_owned()), ion)));
    }
    ions
}

/// Every decoy, in the reference's order.
fn check_decoys(run: &Run) {
    let map = run.table("target_decoy_map.csv.gz");
    let space = &run.space;
    let decoys = &space.tables[0].decoys;
    assert_eq!(decoys.len(), map.rows.len());
    for (decoy, row) in decoys.iter().zip(&map.rows) {
        let found = (
            run.molecules.formulas[decoy.formula as usize].to_string(),
            space.modifiers[usize::from(decoy.target_modifier)].text(),
            space.decoy_modifiers[usize::from(decoy.modifier)].text(),
        );
        let expected =
            (normalized(map.text(row, "formula")), map.text(row, "tm"), map.text(row, "dm"));
        assert_eq!(found, expected);
    }
}

/// Tolerance of a metric, absolute.
fn tolerance(metric: &str, is_v1: bool) -> f64 {
    match (metric, is_v1) {
        ("chaos", _) => 1e-12,
        ("spatial", true) => 1e-9,
        ("spatial" | "msm", false) => 2e-4,
        ("spectral" | "msm" | "mz_err_abs" | "mz_err_rel", _) => 1e-6,
        _ => panic!("no tolerance for {metric}"),
    }
}

fn check_metrics(run: &Run) {
    let table = run.table("metrics.csv.gz");
    let mut ours: HashMap<String, (Scores, Option<&Details>)> = HashMap::new();
    for unit in &run.scores {
        let mut details = unit.details.iter();
        for scores in &unit.scores {
            let details = if scores.msm > 0.0 { details.next() } else { None };
            let ion = run.space.ions[scores.ion as usize].formula.to_string();
            ours.insert(ion, (*scores, details));
        }
        assert!(details.next().is_none());
    }
    let n_positive = ours.values().filter(|(scores, _)| scores.msm > 0.0).count();
    let mut n_found = 0;
    for row in &table.rows {
        let ion = table.text(row, "ion_formula");
        let (scores, details) = ours.get(ion).unwrap_or_else(|| panic!("{ion} is not evaluated"));
        let expected_msm = table.number(row, "msm");
        let Some(details) = details else {
            // Positive only by the reference's rounding to f32.
            assert!(!run.is_v1 && expected_msm < tolerance("msm", false), "{ion}: {expected_msm}");
            continue;
        };
        n_found += 1;
        for (metric, value) in [
            ("chaos", scores.chaos.unwrap()),
            ("spatial", scores.spatial),
            ("spectral", scores.spectral),
            ("msm", scores.msm),
            ("mz_err_abs", details.mz_err_abs),
            ("mz_err_rel", details.mz_err_rel),
        ] {
            let expected = table.number(row, metric);
            let allowed = tolerance(metric, run.is_v1);
            assert!((value - expected).abs() <= allowed, "{ion} {metric}: {value} for {expected}");
        }
        check_isotopes(&table, row, details);
    }
    // The same set of ions, but for those that rounding makes positive on one side only.
    let rounding = ours.values().filter(|(s, _)| s.msm > 0.0 && s.msm < 2e-4).count();
    assert!(n_positive - n_found <= if run.is_v1 { 0 } else { rounding }, "{n_positive} {n_found}");
    assert_eq!(run.counts["metrics_rows"], table.rows.len());
}

fn check_isotopes(table: &Table, row: &csv::StringRecord, details: &Details) {
    let ion = table.text(row, "ion_formula");
    for k in 0..4 {
        let number = |column: &str| table.number(row, &format!("{column}_{k}"));
        for (name, value, relative) in [
            ("total_iso_ints", details.total_intensity[k], 1e-5),
            ("max_iso_ints", f64::from(details.max_intensity[k]), 1e-5),
            ("min_iso_ints", f64::from(details.min_intensity[k]), 1e-5),
            ("theo_ints", f64::from(details.theoretical_intensity[k]), 1e-4),
            // The reference keeps theoretical m/z of its metrics as f32.
            ("theo_mz", details.theoretical_mz[k], 6e-8),
        ] {
            let expected = number(name);
            let difference = (value - expected).abs();
            assert!(
                difference <= relative * expected.abs(),
                "{ion} {name} {k}: {value} for {expected}"
            );
        }
        let mean = number("mz_mean");
        assert!((details.mz_mean[k] - mean).abs() <= 1e-6, "{ion} mz_mean {k}: {mean}");
        let stddev = number("mz_stddev");
        assert!((details.mz_stddev[k] - stddev).abs() <= 1e-6, "{ion} mz_stddev {k}: {stddev}");
    }
}

/// FDR from the reference's own scores must be the reference's.
fn check_fdr_of_golden_scores(run: &Run) {
    if run.has_model {
        // Its decoys' model scores are not among the reference's files.
        return;
    }
    let metrics = run.table("metrics.csv.gz");
    let msm_of: HashMap<&str, f64> = metrics
        .rows
        .iter()
        .map(|row| (metrics.text(row, "formula_i"), metrics.number(row, "msm")))
        .collect();
    let map = run.table("formula_map.csv.gz");
    let rank_of: HashMap<(String, &str), &str> = map
        .rows
        .iter()
        .map(|row| {
            (
                (normalized(map.text(row, "formula")), map.text(row, "modifier")),
                map.text(row, "formula_i"),
            )
        })
        .collect();
    let msm = |formula: &str, modifier: &str| {
        rank_of
            .get(&(formula.to_owned(), modifier))
            .and_then(|rank| msm_of.get(rank))
            .copied()
            .unwrap_or(0.0)
    };
    let expected = fdr_of_reference(run);
    for modifier in &run.space.modifiers {
        let targets: Vec<&(String, String)> =
            expected.keys().filter(|(_, m)| m == modifier.text()).collect();
        let scores: Vec<f64> = targets.iter().map(|(f, m)| msm(f, m)).collect();
        let decoys = run.space.tables[0]
            .decoys
            .iter()
            .filter(|decoy| run.space.modifiers[usize::from(decoy.target_modifier)] == *modifier);
        let decoys: Vec<(f64, u16)> = decoys
            .map(|decoy| {
                let formula = run.molecules.formulas[decoy.formula as usize].to_string();
                let modifier = run.space.decoy_modifiers[usize::from(decoy.modifier)].text();
                (msm(&formula, modifier), decoy.draw)
            })
            .filter(|&(msm, _)| msm > 0.0)
            .collect();
        let decoys = DecoyScores { scores: &decoys, n_drawn: 20, n_existing: 20.0 };
        for (target, fdr) in targets.iter().zip(fdr(&scores, decoys, run.config.rules.fdr)) {
            let expected = expected[*target];
            assert!((fdr - expected).abs() < 1e-12, "{target:?}: {fdr} for {expected}");
        }
    }
}

fn fdr_of_reference(run: &Run) -> HashMap<(String, String), f64> {
    let table = run.table("fdr_targets_all.csv.gz");
    let row = |row: &csv::StringRecord| {
        let name = (normalized(table.text(row, "formula")), table.text(row, "modifier").into());
        (name, table.number(row, "fdr"))
    };
    table.rows.iter().map(row).collect()
}

/// FDR from our own scores: no annotation moves by more than one place in the ranking.
fn check_fdr_of_own_scores(run: &Run) {
    let expected = run.table("annotations.csv.gz");
    let ranked: HashMap<(String, String), (f64, f64)> = expected
        .rows
        .iter()
        .map(|row| {
            let name =
                (normalized(expected.text(row, "formula")), expected.text(row, "modifier").into());
            (name, (expected.number(row, "msm"), expected.number(row, "fdr")))
        })
        .collect();
    let mut n_equal = 0;
    for annotation in &run.annotations {
        let name = (
            run.molecules.formulas[annotation.formula as usize].to_string(),
            run.space.modifiers[usize::from(annotation.modifier)].text().to_owned(),
        );
        let Some(&(msm, fdr)) = ranked.get(&name) else {
            assert!(annotation.msm < 2e-4, "{name:?} is not in the reference: {annotation:?}");
            continue;
        };
        assert!((annotation.msm - msm).abs() <= tolerance("msm", run.is_v1));
        if (annotation.fdr - fdr).abs() < 1e-12 {
            n_equal += 1;
        } else {
            let near = ranked.values().filter(|(m, _)| (m - msm).abs() <= 2e-4);
            assert!(near.into_iter().any(|(_, f)| (f - annotation.fdr).abs() < 1e-12), "{name:?}");
        }
    }
    let n_expected = expected.rows.len();
    assert!(n_equal * 100 >= n_expected * 99, "{n_equal} of {n_expected} are equal");
    assert!(expected.has("chaos"));
}
