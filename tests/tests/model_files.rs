//! CatBoost model files: what is read, what is refused and how, and that no file makes the reader
//! panic or use more memory than it justifies.

#![expect(clippy::unwrap_used, reason = "tests")]

use annotator::config::MzErrorFeature;
use annotator::scoring::catboost::{CatBoost, ModelError, UNSUPPORTED};
use annotator::scoring::{IonMetrics, Ranking};
use proptest::prelude::*;
use proptest::sample::Index;
use tests::allocation::{Counting, peak_of};
use tests::model::Model;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that the reader may use whatever the file: messages.
const FIXED_BYTES: usize = 4096;

/// Bytes that it may use for each byte of the file.
const BYTES_PER_BYTE: usize = 4;

fn scores(model: &Model) -> Vec<f64> {
    let ion = |chaos, spectral, mz_err_abs| IonMetrics {
        chaos,
        spectral,
        mz_err_abs,
        msm: 0.5,
        ..IonMetrics::default()
    };
    let ranking = Ranking {
        targets: &[
            ion(0.5, 0.25, 0.002),
            ion(0.875, 0.25, -0.002),
            ion(0.875, 0.75, 0.0005),
        ],
        decoys: &[ion(0.75, 0.75, 0.001)],
        decoys_per_target: 20.0,
        mz_error: MzErrorFeature::Served,
    };
    CatBoost::read(&model.bytes()).unwrap().scores(&ranking)
}

#[test]
fn a_model_is_evaluated_as_it_is_written() {
    assert_eq!(scores(&Model::default()), [0.25, 0.5, 0.8125, 0.5]);
    let shifted = Model {
        scale: 0.125,
        biases: vec![0.5],
        ..Model::default()
    };
    assert_eq!(scores(&shifted), [0.625, 0.75, 0.90625, 0.75]);
    let without_bias = Model {
        biases: Vec::new(),
        ..Model::default()
    };
    assert_eq!(scores(&without_bias), scores(&Model::default()));
}

#[test]
fn features_without_borders_are_passed_over() {
    let mut model = Model::default();
    model.features.insert(1, ("unheard_of", Vec::new(), 0));
    assert_eq!(scores(&model), scores(&Model::default()));
    let read = CatBoost::read(&model.bytes()).unwrap();
    let names: Vec<String> = read
        .features()
        .iter()
        .map(|feature| feature.name())
        .collect();
    assert_eq!(names, ["chaos", "spectral", "mz_err_abs_abserr"]);
    assert_eq!(read.n_trees(), 2);
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Model), parts: &[&str]) {
    let mut model = Model::default();
    change(&mut model);
    let error = CatBoost::read(&model.bytes()).unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

#[test]
fn features_that_are_not_computed_are_named() {
    refused(
        |model| model.features[1].0 = "intensity",
        &[
            "needs the feature `intensity`, which is not computed",
            "known are chaos, spatial, ",
        ],
    );
    refused(|model| model.features[1].0 = "", &["needs the feature ``"]);
    refused(
        |model| model.features[1].0 = "chaos",
        &["has the feature `chaos` twice"],
    );
    refused(
        |model| model.features.clear(),
        &["split must be between 0 and 0, not 2 (byte "],
    );
}

#[test]
fn other_kinds_of_models_are_refused() {
    assert_eq!(
        UNSUPPORTED.map(|(slot, _)| slot),
        [4, 6, 7, 10, 11, 12, 13, 18]
    );
    for (slot, what) in UNSUPPORTED {
        let parts = [&format!("the model has {what}; only one value from symmetric trees")[..]];
        refused(|model| model.others.push(slot), &parts);
    }
    refused(
        |model| model.parts.push(0),
        &["parts besides its trees (CTR tables)"],
    );
    refused(
        |model| model.dimension = 3,
        &["the model has several values"],
    );
    refused(
        |model| model.biases.push(1.0),
        &["the model has several biases"],
    );
    refused(
        |model| model.version = "FlabuffersModel_v2",
        &["is `FlabuffersModel_v2`, not `FlabuffersModel_v1`"],
    );
}

#[test]
fn values_that_make_no_sense_are_told_with_their_place() {
    refused(
        |model| model.trees[0][1] = 4,
        &["split must be between 0 and 3, not 4 (byte "],
    );
    refused(|model| model.trees[0][1] = -1, &["not -1 (byte "]);
    refused(
        |model| model.trees.push(vec![0; 17]),
        &["depth of a tree must be between 0 and 16"],
    );
    refused(
        |model| model.leaves.truncate(5),
        &["number of leaves must be 6, not 5"],
    );
    refused(
        |model| model.leaves[0] = f64::NAN,
        &["sum of the leaves must be a finite number"],
    );
    refused(
        |model| model.features[0].1[1] = 0.25,
        &["must be above 0.25, not 0.25"],
    );
}

#[test]
fn a_file_that_is_no_whole_model_is_refused() {
    let bytes = Model::default().bytes();
    let error = |bytes: &[u8]| CatBoost::read(bytes).unwrap_err().to_string();
    assert_eq!(
        error(b"PK\x03\x04"),
        r"not a CatBoost model: it begins with `PK\x03\x04` instead of `CBM1`"
    );
    assert!(error(b"").contains("it begins with ``"));
    assert!(error(b"CBM1\x01").contains("length of the model lies at bytes 4 to 8"));
    let n_bytes = bytes.len();
    for length in 8..n_bytes {
        let expected =
            format!("the file is {length} bytes but its header says {n_bytes}: it is cut off");
        assert_eq!(error(&bytes[..length]), expected);
    }
    let longer = [&bytes[..], b"CTR data"].concat();
    assert!(error(&longer).ends_with("something follows the model"));
}

#[test]
fn features_that_share_their_borders_take_no_more_than_the_file() {
    // All features lead to the longest borders; every one is known and the borders ascend.
    let names = [
        "chaos",
        "spatial",
        "spectral",
        "msm",
        "mz_err_abs",
        "mz_err_rel",
    ];
    let mut model = Model {
        trees: Vec::new(),
        leaves: Vec::new(),
        ..Model::default()
    };
    let borders = (0..1000_u16).map(f32::from).collect();
    model.features = names.map(|name| (name, vec![1.0], 0)).to_vec();
    model.features[5].1 = borders;
    let mut bytes = model.bytes();
    let longest = bytes
        .windows(4)
        .rposition(|w| w == 1000_u32.to_le_bytes())
        .unwrap();
    let n_borders: Vec<usize> = (8..longest)
        .filter(|&at| bytes[at..at + 8] == [1_u32.to_le_bytes(), 1_f32.to_le_bytes()].concat())
        .collect();
    assert_eq!(n_borders.len(), 5);
    for list in n_borders {
        let leads_here = |at: &usize| {
            let distance = u32::from_le_bytes(bytes[*at..*at + 4].try_into().unwrap());
            at + distance as usize == list
        };
        let pointer = (8..list).rev().find(leads_here).unwrap();
        let distance = u32::try_from(longest - pointer).unwrap();
        bytes[pointer..pointer + 4].copy_from_slice(&distance.to_le_bytes());
    }
    let error = CatBoost::read(&bytes).unwrap_err().to_string();
    assert!(
        error.starts_with("number of borders must be at most "),
        "{error}"
    );
}

/// Numbers at which sizes and places overflow.
const EXTREMES: [u32; 8] = [
    0,
    1,
    4,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]
    #[test]
    fn no_file_makes_the_reader_panic_or_take_more_memory(
        flips in prop::collection::vec((any::<Index>(), any::<u8>()), 0..4),
        extremes in prop::collection::vec((any::<Index>(), 0..EXTREMES.len()), 0..3),
        end in prop::option::weighted(0.3, any::<Index>()),
        states_its_length in prop::bool::weighted(0.9),
    ) {
        let mut bytes = Model::default().bytes();
        for (place, value) in flips {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        for (place, value) in extremes {
            let place = place.index(bytes.len() - 3);
            bytes[place..place + 4].copy_from_slice(&EXTREMES[value].to_le_bytes());
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        if states_its_length && bytes.len() >= 8 {
            let length = u32::try_from(bytes.len() - 8).unwrap();
            bytes[..4].copy_from_slice(b"CBM1");
            bytes[4..8].copy_from_slice(&length.to_le_bytes());
        }
        let (read, n_bytes) = peak_of(|| CatBoost::read(&bytes));
        let allowed = FIXED_BYTES + BYTES_PER_BYTE * bytes.len();
        prop_assert!(n_bytes <= allowed, "{n_bytes} bytes for {}: {read:?}", bytes.len());
        if let Ok(model) = read {
            let ion = IonMetrics { chaos: 0.5, msm: 0.5, ..IonMetrics::default() };
            let ranking = Ranking {
                targets: &[ion],
                decoys: &[],
                decoys_per_target: 20.0,
                mz_error: MzErrorFeature::Trained,
            };
            let scores = model.scores(&ranking);
            prop_assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)), "{scores:?}");
        } else if let Err(ModelError::Outside { at, length, end, .. }) = read {
            prop_assert!(at.saturating_add(length) > end, "{at} + {length} is within {end}");
        }
    }
}
