//! Whole runs: search space, decoys, metrics, FDR.

use std::collections::{BTreeSet, HashMap};

use annotator::fdr::{DecoyScores, fdr};
use annotator::indices::{FormulaIdx, IonIdx, ModifierIdx};
use annotator::metrics::{Details, Scores};
use annotator::scoring::{IonMetrics, Ranking, Scoring};
use ms_core::formula::{Formula, Repeats};

use crate::shared::{Run, Table};

every_run!(check);

/// How far a score may be off, given the reference's metrics.
const SCORE_OF_GOLDEN_METRICS: f64 = 1e-6;

fn check(name: &str) {
    let run = Run::of(name);
    check_dataset(&run);
    check_search_space(&run);
    check_decoys(&run);
    check_metrics(&run);
    check_scores_and_fdr_of_golden_metrics(&run);
    check_scores_and_fdr_of_own_metrics(&run);
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
    let expected: Vec<String> = formulas
        .rows
        .iter()
        .map(|row| normalized(formulas.text(row, "formula")))
        .collect();
    let found: Vec<String> = run
        .molecules
        .formulas
        .iter()
        .map(ToString::to_string)
        .collect();
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "formula {i}");
    }
    assert_eq!(found.len(), expected.len());

    let map = run.table("formula_map.csv.gz");
    let expected: BTreeSet<(String, String)> = map
        .rows
        .iter()
        .map(|row| {
            (
                normalized(map.text(row, "formula")),
                map.text(row, "modifier").into(),
            )
        })
        .collect();
    let found: BTreeSet<(String, String)> = ions_by_name(run).into_keys().collect();
    let differences: Vec<_> = found.symmetric_difference(&expected).take(5).collect();
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(run.counts["ion_formulas"], run.space.ions.len());
    // Formula–modifier pairs share an ion where the reference's do.
    let ions = ions_by_name(run);
    let mut of_rank: HashMap<&str, IonIdx> = HashMap::new();
    for row in &map.rows {
        let ion = ions[&(
            normalized(map.text(row, "formula")),
            map.text(row, "modifier").into(),
        )];
        assert_eq!(
            *of_rank.entry(map.text(row, "formula_i")).or_insert(ion),
            ion
        );
    }
}

/// A formula of the reference, which keeps the order of the molecule table, in ours.
pub(crate) fn normalized(formula: &str) -> String {
    Formula::parse(formula, Repeats::Overwrite)
        .unwrap()
        .to_string()
}

/// Ion of each molecule formula and modifier, targets and decoys.
fn ions_by_name(run: &Run) -> HashMap<(String, String), IonIdx> {
    let (space, table) = (&run.space, &run.space.tables[0]);
    let formula = |i: FormulaIdx| run.molecules.formulas[i.usize()].to_string();
    let mut ions = HashMap::new();
    for target in &table.targets {
        let modifier = space.modifiers[target.modifier.usize()].text();
        ions.insert((formula(target.formula), modifier.to_owned()), target.ion);
    }
    for decoy in &table.decoys {
        let modifier = space.decoy_modifiers[decoy.modifier.usize()].text();
        ions.extend(
            decoy
                .ion
                .map(|ion| ((formula(decoy.formula), modifier.to_owned()), ion)),
        );
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
            run.molecules.formulas[decoy.formula.usize()].to_string(),
            space.modifiers[decoy.target_modifier.usize()].text(),
            space.decoy_modifiers[decoy.modifier.usize()].text(),
        );
        let expected = (
            normalized(map.text(row, "formula")),
            map.text(row, "tm"),
            map.text(row, "dm"),
        );
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
            let details = if scores.msm > 0.0 {
                details.next()
            } else {
                None
            };
            let ion = run.space.ions[scores.ion.usize()].formula.to_string();
            ours.insert(ion, (*scores, details));
        }
        assert!(details.next().is_none());
    }
    let n_positive = ours.values().filter(|(scores, _)| scores.msm > 0.0).count();
    let mut n_found = 0;
    for row in &table.rows {
        let ion = table.text(row, "ion_formula");
        let (scores, details) = ours
            .get(ion)
            .unwrap_or_else(|| panic!("{ion} is not evaluated"));
        let expected_msm = table.number(row, "msm");
        let Some(details) = details else {
            // Positive only by the reference's rounding to f32.
            assert!(
                !run.is_v1 && expected_msm < tolerance("msm", false),
                "{ion}: {expected_msm}"
            );
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
            assert!(
                (value - expected).abs() <= allowed,
                "{ion} {metric}: {value} for {expected}"
            );
        }
        check_isotopes(&table, row, details);
    }
    // The same set of ions, but for those that rounding makes positive on one side only.
    let rounding = ours
        .values()
        .filter(|(s, _)| s.msm > 0.0 && s.msm < 2e-4)
        .count();
    assert!(
        n_positive - n_found <= if run.is_v1 { 0 } else { rounding },
        "{n_positive} {n_found}"
    );
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
            (
                "theo_ints",
                f64::from(details.theoretical_intensity[k]),
                1e-4,
            ),
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
        assert!(
            (details.mz_mean[k] - mean).abs() <= 1e-6,
            "{ion} mz_mean {k}: {mean}"
        );
        let stddev = number("mz_stddev");
        assert!(
            (details.mz_stddev[k] - stddev).abs() <= 1e-6,
            "{ion} mz_stddev {k}: {stddev}"
        );
    }
}

/// Scores and FDR from the reference's own metrics must be the reference's.
fn check_scores_and_fdr_of_golden_metrics(run: &Run) {
    let expected = ranked_by_reference(run);
    let metrics = golden_metrics(run);
    let table = &run.space.tables[0];
    let mut n_targets = 0;
    for (modifier_idx, modifier) in (0..).map(ModifierIdx).zip(&run.space.modifiers) {
        let targets = table
            .targets
            .iter()
            .filter(|target| target.modifier == modifier_idx);
        let targets: Vec<(FormulaIdx, IonMetrics)> = targets
            .filter_map(|target| Some((target.formula, *metrics.get(&target.ion)?)))
            .collect();
        let decoys = table
            .decoys
            .iter()
            .filter(|decoy| decoy.target_modifier == modifier_idx);
        let decoys: Vec<(u16, IonMetrics)> = decoys
            .filter_map(|decoy| Some((decoy.draw, *metrics.get(&decoy.ion?)?)))
            .collect();
        let scores = run.scoring.scores(&Ranking {
            targets: &targets.iter().map(|target| target.1).collect::<Vec<_>>(),
            decoys: &decoys.iter().map(|decoy| decoy.1).collect::<Vec<_>>(),
            decoys_per_target: 20.0,
            mz_error: run.config.rules.mz_error_feature,
        });
        let draws = decoys.iter().map(|decoy| decoy.0);
        let decoys: Vec<(f64, u16)> = scores
            .decoys
            .iter()
            .copied()
            .zip(draws)
            .filter(|decoy| decoy.0 > 0.0)
            .collect();
        let decoys = DecoyScores {
            scores: &decoys,
            n_drawn: 20,
            n_existing: 20.0,
        };
        let fdrs = fdr(&scores.targets, decoys, run.config.rules.fdr);
        for ((target, score), fdr) in targets.iter().zip(scores.targets).zip(fdrs) {
            let formula = run.molecules.formulas[target.0.usize()].to_string();
            let name = (formula, modifier.text().to_owned());
            let (expected_score, expected_fdr) = expected[&name];
            let allowed = SCORE_OF_GOLDEN_METRICS;
            assert!(
                (score - expected_score).abs() <= allowed,
                "{name:?}: {score}"
            );
            assert!(
                (fdr - expected_fdr).abs() < 1e-12,
                "{name:?}: {fdr} for {expected_fdr}"
            );
            n_targets += 1;
        }
    }
    assert_eq!(n_targets, expected.len());
}

/// The reference's metrics by our ions.
fn golden_metrics(run: &Run) -> HashMap<IonIdx, IonMetrics> {
    let ions: HashMap<String, IonIdx> = (0..)
        .map(IonIdx)
        .zip(&run.space.ions)
        .map(|(i, ion)| (ion.formula.to_string(), i))
        .collect();
    let table = run.table("metrics.csv.gz");
    let metrics = |row: &csv::StringRecord| {
        let number = |column| table.number(row, column);
        let metrics = IonMetrics {
            chaos: number("chaos"),
            spatial: number("spatial"),
            spectral: number("spectral"),
            msm: number("msm"),
            mz_err_abs: number("mz_err_abs"),
            mz_err_rel: number("mz_err_rel"),
        };
        (ions[table.text(row, "ion_formula")], metrics)
    };
    table.rows.iter().map(metrics).collect()
}

/// Score and FDR of the reference's targets, by formula and modifier.
fn ranked_by_reference(run: &Run) -> HashMap<(String, String), (f64, f64)> {
    let table = run.table("fdr_targets_all.csv.gz");
    let row = |row: &csv::StringRecord| {
        let name = (
            normalized(table.text(row, "formula")),
            table.text(row, "modifier").into(),
        );
        (name, (table.number(row, "msm"), table.number(row, "fdr")))
    };
    table.rows.iter().map(row).collect()
}

/// Scores and FDR from our own metrics: close, and no FDR but that of a neighbour in the ranking.
fn check_scores_and_fdr_of_own_metrics(run: &Run) {
    let expected = ranked_by_reference(run);
    let allowed = match run.scoring {
        Scoring::Msm | Scoring::Adaptive => tolerance("msm", run.is_v1),
        // Trees have steps.
        Scoring::CatBoost(_) => 5e-3,
    };
    let (mut n_close, mut n_equal) = (0, 0);
    for annotation in &run.ranked.annotations {
        let name = (
            run.molecules.formulas[annotation.formula.usize()].to_string(),
            run.space.modifiers[annotation.modifier.usize()]
                .text()
                .to_owned(),
        );
        let Some(&(score, fdr)) = expected.get(&name) else {
            assert!(
                annotation.msm < 2e-4,
                "{name:?} is not in the reference: {annotation:?}"
            );
            continue;
        };
        let difference = (annotation.score - score).abs();
        assert!(
            difference <= allowed,
            "{name:?}: {} for {score}",
            annotation.score
        );
        n_close += usize::from(difference <= 1e-4);
        let is_same = |expected: f64| (annotation.fdr - expected).abs() < 1e-12;
        n_equal += usize::from(is_same(fdr));
        let neighbours = || fdrs_nearby(&expected, &name.1, score).into_iter();
        assert!(
            is_same(fdr) || neighbours().any(is_same),
            "{name:?}: {annotation:?} for {fdr}"
        );
    }
    let n_expected = expected.values().filter(|(_, fdr)| *fdr < 1.0).count();
    assert_eq!(run.table("annotations.csv.gz").rows.len(), n_expected);
    assert!(
        n_equal * 100 >= n_expected * 99,
        "{n_equal} of {n_expected} are equal"
    );
    assert!(
        n_close * 100 >= n_expected * 99,
        "{n_close} of {n_expected} are close"
    );
}

/// FDR of the places before and behind a score in the reference's ranking of a modifier.
fn fdrs_nearby(
    expected: &HashMap<(String, String), (f64, f64)>,
    modifier: &str,
    score: f64,
) -> Vec<f64> {
    let of_modifier = expected.iter().filter(|((_, m), _)| m == modifier);
    let mut ranking: Vec<(f64, f64)> = of_modifier.map(|(_, found)| *found).collect();
    ranking.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
    let place = ranking.partition_point(|(other, _)| *other > score);
    let nearby = place.saturating_sub(1)..ranking.len().min(place + 2);
    ranking[nearby].iter().map(|(_, fdr)| *fdr).collect()
}
