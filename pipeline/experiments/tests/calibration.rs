//! What is claimed of simulated experiments holds: of ions claimed at q 10 % no more than that are
//! false, also where batches differ, if they are blocks; and where they are no blocks it is not so.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use datasets::experiment::ExperimentConfig;
use metaspace_experiments::contrasts::{Contrast, Units};
use metaspace_experiments::ions::MeasuredIon;
use metaspace_experiments::matrix::{Amount, MeasuredFrom, SampleFacts, SampleMatrix};
use metaspace_experiments::options::{ExperimentOptions, TestKind};
use metaspace_experiments::table::{Sample, SampleTable};
use ndarray::Array2;

const N_IONS: usize = 300;
const SEEDS: u64 = 20;
const Q: f64 = 0.1;

/// What became of all seeds together.
#[derive(Debug, Default)]
struct Outcome {
    claimed: usize,
    falsely: usize,
    changed: usize,
}

impl Outcome {
    fn share_false(&self) -> f64 {
        self.falsely as f64 / self.claimed.max(1) as f64
    }

    fn power(&self) -> f64 {
        (self.claimed - self.falsely) as f64 / self.changed as f64
    }
}

/// One ion in ten is twice as much, one in ten half as much.
fn class(ion: usize) -> &'static str {
    ["up", "down", "", "", "", "", "", "", "", ""][ion % 10]
}

fn table(config: &ExperimentConfig) -> SampleTable {
    let planned = config.plan().unwrap();
    let sample = |planned: &datasets::experiment::PlannedSample| Sample {
        name: planned.name.clone(),
        line: 0,
        results: PathBuf::from(&planned.name),
        local: PathBuf::from(&planned.name),
        region: "whole".into(),
        condition: config.conditions[planned.condition].clone(),
        replicate: planned.name.clone(),
        columns: BTreeMap::from([
            ("batch".into(), planned.batch.to_string()),
            ("donor".into(), planned.donor.to_string()),
        ]),
    };
    SampleTable {
        path: PathBuf::new(),
        columns: vec!["batch".into(), "donor".into()],
        samples: planned.iter().map(sample).collect(),
    }
}

fn matrix(config: &ExperimentConfig) -> SampleMatrix {
    let planned = config.plan().unwrap();
    let amount = |(sample, ion): (usize, usize)| {
        let effect = config.effect("", class(ion), planned[sample].condition);
        let log2 = 12.0 + effect + config.scatter(&planned[sample], sample, ion);
        Amount {
            mean: log2.exp2(),
            median: 0.0,
            share: 1.0,
            origin: MeasuredFrom::Images,
        }
    };
    let ion = |number: usize| MeasuredIon {
        ion: format!("X{number}+"),
        ion_formula: String::new(),
        formula: String::new(),
        adduct: String::new(),
        mz: number as f64,
        n_annotated: 1,
        fdr: 0.0,
        molecules: Vec::new(),
    };
    let facts = SampleFacts {
        dataset: String::new(),
        n_pixels: 1,
        mean_tic: 1.0,
        mean_rms: 1.0,
        n_annotated: 1,
    };
    SampleMatrix {
        ions: (0..N_IONS).map(ion).collect(),
        samples: vec![facts; planned.len()],
        amounts: Array2::from_shape_fn((planned.len(), N_IONS), amount),
        is_annotated: Array2::from_elem((planned.len(), N_IONS), true),
        factors: vec![1.0; planned.len()],
    }
}

fn outcome(config: &ExperimentConfig, test: TestKind, block: Option<&str>) -> Outcome {
    let mut all = Outcome::default();
    for seed in 0..SEEDS {
        let config = ExperimentConfig {
            effects: vec![("up".into(), 1.0), ("down".into(), -1.0)],
            seed,
            ..config.clone()
        };
        let table = table(&config);
        let units = Units::new(&table, &matrix(&config), block).unwrap();
        let options = ExperimentOptions {
            test,
            block: block.map(str::to_owned),
            ..ExperimentOptions::default()
        };
        let contrast = &Contrast::all(&[], &table).unwrap()[0];
        let claimed = units.compare(contrast, &options).unwrap().claimed(Q);
        for (ions, expected) in claimed.iter().zip(["up", "down"]) {
            all.claimed += ions.len();
            all.falsely += ions.iter().filter(|&&ion| class(ion) != expected).count();
        }
        all.changed += (0..N_IONS).filter(|&ion| !class(ion).is_empty()).count();
    }
    all
}

#[test]
fn claims_hold_and_four_against_four_find_a_factor_of_two() {
    let config = ExperimentConfig {
        batch_sigma: 0.0,
        ..ExperimentConfig::default()
    };
    let moderated = outcome(&config, TestKind::Moderated, None);
    let welch = outcome(&config, TestKind::Welch, None);
    assert!(moderated.share_false() <= Q, "{moderated:?}");
    assert!(welch.share_false() <= Q, "{welch:?}");
    assert!(moderated.power() > 0.7, "{moderated:?}");
    assert!(
        moderated.power() > welch.power() + 0.2,
        "{moderated:?} {welch:?}"
    );
    // The smallest p of four against four is 2/70: no q of it comes below 10 % with these many ions.
    assert_eq!(outcome(&config, TestKind::Wilcoxon, None).claimed, 0);
}

#[test]
fn blocks_keep_the_claim_where_batches_differ_by_condition() {
    let config = ExperimentConfig {
        n_replicates: 8,
        is_skewed: true,
        // As large as the effect.
        batch_sigma: 1.0,
        ..ExperimentConfig::default()
    };
    let blocked = outcome(&config, TestKind::Moderated, Some("batch"));
    let not_blocked = outcome(&config, TestKind::Moderated, None);
    assert!(blocked.share_false() <= Q, "{blocked:?}");
    assert!(blocked.claimed > 0, "{blocked:?}");
    assert!(not_blocked.share_false() > 2.0 * Q, "{not_blocked:?}");
}

#[test]
fn donors_that_give_both_samples_are_blocks() {
    let config = ExperimentConfig {
        is_paired: true,
        donor_sigma: 1.0,
        batch_sigma: 0.0,
        ..ExperimentConfig::default()
    };
    let paired = outcome(&config, TestKind::Moderated, Some("donor"));
    let unpaired = outcome(&config, TestKind::Moderated, None);
    assert!(paired.share_false() <= Q, "{paired:?}");
    assert!(
        paired.power() > unpaired.power() + 0.3,
        "{paired:?} {unpaired:?}"
    );
}

#[test]
fn a_batch_that_is_the_condition_is_refused_and_so_is_none() {
    let config = ExperimentConfig::default();
    let mut table = table(&config);
    for sample in &mut table.samples {
        let condition = sample.condition.clone();
        sample.columns.insert("batch".into(), condition);
    }
    let matrix = matrix(&config);
    let options = ExperimentOptions {
        block: Some("batch".into()),
        ..ExperimentOptions::default()
    };
    let contrast = Contrast::all(&[], &table).unwrap().remove(0);
    let units = Units::new(&table, &matrix, Some("batch")).unwrap();
    let said = units.compare(&contrast, &options).unwrap_err().to_string();
    assert!(said.contains("samples of one condition"), "{said}");
    let said = Units::new(&table, &matrix, Some("cage"))
        .unwrap_err()
        .to_string();
    assert!(said.contains("no column `cage`"), "{said}");
}

#[test]
fn sections_of_one_animal_are_one_replicate() {
    let config = ExperimentConfig::default();
    let mut table = table(&config);
    // Two sections each of two animals a condition.
    for (number, sample) in table.samples.iter_mut().enumerate() {
        sample.replicate = format!("animal {}", number / 2);
    }
    let options = ExperimentOptions::default();
    let units = Units::new(&table, &matrix(&config), None).unwrap();
    let contrast = Contrast::all(&[], &table).unwrap().remove(0);
    let found = units.compare(&contrast, &options).unwrap();
    assert_eq!(found.n_units, [2, 2]);
    assert!(
        found.notes[0].contains("8 samples are of 4 replicates"),
        "{:?}",
        found.notes
    );
    for sample in &mut table.samples {
        sample.replicate = sample.condition.clone();
    }
    let units = Units::new(&table, &matrix(&config), None).unwrap();
    let found = units.compare(&contrast, &options).unwrap();
    assert!(
        found
            .ions
            .iter()
            .all(|ion| ion.test.p.is_none() && ion.test.difference.is_finite())
    );
    assert!(
        found
            .notes
            .iter()
            .any(|note| note.contains("one replicate")),
        "{:?}",
        found.notes
    );
}
