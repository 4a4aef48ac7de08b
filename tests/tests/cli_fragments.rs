//! Fragments of ions: they are annotated as no molecules, and it is said whose they are, in one piece
//! and as tasks.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use metaspace_results::{CandidateIon, RankedTarget, read_candidate_ions};
use ms_core::tolerance::Window;
use tests::program::WorkingFolder;

/// m/z of what ions lose, in Th: water, ammonia, carbon dioxide.
const LOSSES: [f64; 3] = [18.010_565, 17.026_549, 43.989_829];

/// Molecules, compounds of no table, and fragments and dimers of both.
fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    let size = "--width 30 --height 24 --molecules 150 --unknown 30 --seed 2101";
    work.simulate("tissue", &format!("--preset orbitrap-brain {size}"));
    work
}

fn candidates(work: &WorkingFolder, folder: &str) -> BTreeMap<String, CandidateIon> {
    let everything = Window {
        low: 0.0,
        high: f64::INFINITY,
    };
    let ions = read_candidate_ions(&work.path(folder), everything).unwrap();
    ions.into_iter()
        .map(|ion| (ion.ion_formula.clone(), ion))
        .collect()
}

#[test]
fn fragments_are_told_and_are_no_molecules() {
    let work = work();
    work.run("annotate tissue/orbitrap-brain.imzML --quiet --out whole")
        .succeeded();
    let candidates = candidates(&work, "whole");
    let annotated = work.ions("whole");
    let mut n_fragments = 0;
    for ion in candidates.values() {
        for target in &ion.targets {
            let Some(precursor) = &target.fragment_of else {
                continue;
            };
            n_fragments += 1;
            assert!(target.score <= 0.0, "{target:?}");
            let named = format!("{}{}", target.formula, target.adduct);
            assert!(
                !annotated.iter().any(|ion| ion.starts_with(&named)),
                "{named}"
            );
            let below = candidates[precursor].mz - ion.mz;
            let is_loss = |loss: &f64| (below - loss).abs() < 1e-5 * ion.mz;
            assert!(LOSSES.iter().any(is_loss), "{precursor} less {below}");
        }
    }
    assert!(n_fragments > 5, "{n_fragments}");
    let recorded = &work.json("whole/run.json")["adaptive_score"]["n_fragments"];
    assert_eq!(recorded.as_u64(), Some(n_fragments));

    // Half of what would be false at a claimed 10 % are fragments.
    let evaluated = work.run("evaluate whole --json --truth tissue/truth.parquet");
    let level = &evaluated.json()["truth"]["levels"][1];
    assert!(
        level["fdpStrict"]["value"].as_f64().unwrap() < 0.1,
        "{level}"
    );

    work.run("submit tissue/orbitrap-brain.imzML --quiet --out tasks --threads 2 --task-size 1")
        .succeeded();
    work.assert_same("whole", "tasks");
}

#[test]
fn a_fragment_that_was_asked_for_is_annotated() {
    let work = work();
    let line = "annotate tissue/orbitrap-brain.imzML --quiet --neutral-loss -H2O --out losses";
    work.run(line).succeeded();
    let annotated = work.ions("losses");
    let with_loss = annotated.iter().filter(|ion| ion.contains("-H2O"));
    assert!(with_loss.count() > 5, "{annotated:?}");
    for ion in candidates(&work, "losses").values() {
        let is_asked_for =
            |target: &RankedTarget| target.adduct.contains("-H2O") && target.fragment_of.is_some();
        assert!(!ion.targets.iter().any(is_asked_for), "{ion:?}");
    }
}

#[test]
fn the_presets_of_metaspace_look_for_none() {
    let work = work();
    let line = "annotate tissue/orbitrap-brain.imzML --quiet --preset metaspace-v3 --out v3";
    work.run(line).succeeded();
    let has_fragment = |ion: &CandidateIon| {
        ion.targets
            .iter()
            .any(|target| target.fragment_of.is_some())
    };
    assert!(!candidates(&work, "v3").values().any(has_fragment));
}
