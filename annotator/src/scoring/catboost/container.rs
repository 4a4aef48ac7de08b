//! The `.cbm` file: a header, and the model as a FlatBuffer.
//!
//! # Source
//! CatBoost 1.0, `catboost/libs/model/flatbuffers`: the tables `TModelCore`, `TModelTrees` and
//! `TFloatFeature`, whose slots are the numbers below.

use super::flatbuffer::{Buffer, Field, Table};
use super::trees::{Borders, Forest, MAX_DEPTH, Split};
use super::{MAX_BORDERS, ModelError};
use crate::scoring::features::Feature;

/// First bytes of a file.
const MAGIC: &[u8] = b"CBM1";

/// Bytes before the FlatBuffer: [`MAGIC`] and its length.
const HEADER_BYTES: usize = 8;

/// What a model says its format is, as CatBoost spells it.
const FORMAT: &str = "FlabuffersModel_v1";

// Slots of the model.
const FORMAT_VERSION: Field = (0, "format of the model");
const TREES: Field = (1, "trees of the model");
const PARTS: Field = (3, "list of parts");

// Slots of the trees.
const DIMENSION: Field = (0, "number of values");
const SPLITS: Field = (1, "list of splits");
const DEPTHS: Field = (2, "list of depths");
const STARTS: Field = (3, "list of first splits");
const FLOAT_FEATURES: Field = (5, "list of features");
const LEAVES: Field = (8, "list of leaves");
const SCALE: Field = (14, "scale");
const BIAS: Field = (15, "bias");
const BIASES: Field = (16, "list of biases");

/// Lists that a model must not have, by their slots in the file, and what it is then.
pub const UNSUPPORTED: [(usize, &str); 8] = [
    (4, "categorical features"),
    (6, "one-hot features"),
    (7, "statistics of categories (CTR)"),
    (10, "trees that are not symmetric"),
    (11, "trees that are not symmetric"),
    (12, "text features"),
    (13, "estimated features"),
    (18, "embedding features"),
];

// Slots of a feature.
const HAS_NANS: Field = (0, "flag of a feature");
const BORDERS: Field = (3, "borders of a feature");
const NAME: Field = (4, "name of a feature");
const NAN_TREATMENT: Field = (5, "treatment of NaN of a feature");

/// Value of [`NAN_TREATMENT`] by which NaN is above every border.
const NAN_AS_TRUE: u8 = 2;

/// Features that a model uses, and its trees.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Feature>, Forest), ModelError> {
    let model = open(bytes)?.root("root of the model")?;
    let version = model.text(FORMAT_VERSION)?.unwrap_or_default();
    if version != FORMAT {
        return Err(ModelError::Version {
            found: version,
            expected: FORMAT,
        });
    }
    if !model.vector(PARTS, 4)?.is_empty() {
        return Err(ModelError::Unsupported {
            what: "parts besides its trees (CTR tables)",
        });
    }
    let trees = model
        .table(TREES)?
        .ok_or(ModelError::Missing { what: TREES.1 })?;
    refuse_unsupported(&trees)?;
    let (features, borders) = read_features(&trees, bytes.len())?;
    let depths = read_depths(&trees)?;
    let forest = Forest {
        splits: read_splits(&trees, &borders)?,
        leaves: trees
            .vector(LEAVES, 8)?
            .elements()
            .map(f64::from_le_bytes)
            .collect(),
        scale: trees.number(SCALE)?.map_or(1.0, f64::from_le_bytes),
        bias: read_bias(&trees)?,
        features: borders,
        depths,
    };
    Ok((features, forest))
}

/// The FlatBuffer behind the header.
fn open(bytes: &[u8]) -> Result<Buffer<'_>, ModelError> {
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if magic != MAGIC {
        return Err(ModelError::Header {
            found: magic.escape_ascii().to_string(),
        });
    }
    let start = Buffer { bytes, start: 0 };
    let length = start.number(MAGIC.len(), "length of the model")?;
    let stated = (length as usize).saturating_add(HEADER_BYTES);
    if stated != bytes.len() {
        return Err(ModelError::Length {
            stated,
            found: bytes.len(),
        });
    }
    Ok(Buffer {
        bytes: &bytes[HEADER_BYTES..],
        start: HEADER_BYTES,
    })
}

fn refuse_unsupported(trees: &Table<'_>) -> Result<(), ModelError> {
    let dimension = trees.number(DIMENSION)?.map_or(0, i32::from_le_bytes);
    if dimension != 1 {
        return Err(ModelError::Unsupported {
            what: "several values, or none",
        });
    }
    for (slot, what) in UNSUPPORTED {
        if !trees.vector((slot, what), 4)?.is_empty() {
            return Err(ModelError::Unsupported { what });
        }
    }
    Ok(())
}

/// The features that have borders, and these. Others are without effect.
fn read_features(
    trees: &Table<'_>,
    n_bytes: usize,
) -> Result<(Vec<Feature>, Vec<Borders>), ModelError> {
    let (mut features, mut all_borders) = (Vec::new(), Vec::new());
    let mut n_borders = 0;
    for feature in trees.vector(FLOAT_FEATURES, 4)?.tables(FLOAT_FEATURES.1) {
        let feature = feature?;
        let borders = feature.vector(BORDERS, 4)?;
        if borders.is_empty() {
            continue;
        }
        // Features may point at the same borders; what they take in all must not grow by it.
        n_borders += borders.n_bytes() / 4;
        if n_borders > n_bytes / 4 {
            return Err(ModelError::Value {
                what: "number of borders",
                expected: format!("at most {}, a quarter of the file", n_bytes / 4),
                found: n_borders.to_string(),
                at: Some(borders.place()),
            });
        }
        let name = feature.text(NAME)?.unwrap_or_default();
        let Some(known) = Feature::named(&name) else {
            return Err(ModelError::UnknownFeature {
                name,
                known: Feature::all_names(),
            });
        };
        features.push(known);
        let [has_nans] = feature.number(HAS_NANS)?.unwrap_or_default();
        let [treatment] = feature.number(NAN_TREATMENT)?.unwrap_or_default();
        all_borders.push(Borders {
            values: borders.elements().map(f32::from_le_bytes).collect(),
            nan_is_above: has_nans != 0 && treatment == NAN_AS_TRUE,
        });
    }
    Ok((features, all_borders))
}

fn read_depths(trees: &Table<'_>) -> Result<Vec<u8>, ModelError> {
    let list = trees.vector(DEPTHS, 4)?;
    let wrong = |expected: String, found: i32, at| ModelError::Value {
        what: "depth of a tree",
        expected,
        found: found.to_string(),
        at: Some(at),
    };
    let depths = list.elements().map(i32::from_le_bytes).map(|depth| {
        let known = u8::try_from(depth).ok().filter(|&depth| depth <= MAX_DEPTH);
        known.ok_or_else(|| wrong(format!("between 0 and {MAX_DEPTH}"), depth, list.place()))
    });
    let depths: Vec<u8> = depths.collect::<Result<_, _>>()?;
    // Where each tree's splits begin follows from the depths; a model that says otherwise is none.
    let starts = trees.vector(STARTS, 4)?;
    let mut expected = 0;
    for (start, &depth) in starts.elements().map(i32::from_le_bytes).zip(&depths) {
        if i64::from(start) != expected {
            let what = "first split of a tree";
            let (expected, found) = (expected.to_string(), start.to_string());
            return Err(ModelError::Value {
                what,
                expected,
                found,
                at: Some(starts.place()),
            });
        }
        expected += i64::from(depth);
    }
    Ok(depths)
}

/// Splits, which the file numbers over the borders of all features.
fn read_splits(trees: &Table<'_>, features: &[Borders]) -> Result<Vec<Split>, ModelError> {
    if let Some(borders) = features
        .iter()
        .find(|borders| borders.values.len() > MAX_BORDERS)
    {
        return Err(ModelError::Value {
            what: "number of borders of a feature",
            expected: format!("at most {MAX_BORDERS}"),
            found: borders.values.len().to_string(),
            at: None,
        });
    }
    let all: Vec<Split> = (0..)
        .zip(features)
        .flat_map(|(feature, borders)| {
            (0..)
                .take(borders.values.len())
                .map(move |border| Split { feature, border })
        })
        .collect();
    let list = trees.vector(SPLITS, 4)?;
    let split = |number: i32| {
        let known = usize::try_from(number)
            .ok()
            .and_then(|number| all.get(number));
        known.copied().ok_or_else(|| ModelError::Value {
            what: "split",
            expected: format!("between 0 and {}", all.len().saturating_sub(1)),
            found: number.to_string(),
            at: Some(list.place()),
        })
    };
    list.elements().map(i32::from_le_bytes).map(split).collect()
}

/// The bias, which stands in a list since CatBoost 1.0 and alone before.
fn read_bias(trees: &Table<'_>) -> Result<f64, ModelError> {
    let mut list = trees.vector(BIASES, 8)?.elements().map(f64::from_le_bytes);
    match (list.len(), list.next()) {
        (1, Some(bias)) => Ok(bias),
        (0, _) => Ok(trees.number(BIAS)?.map_or(0.0, f64::from_le_bytes)),
        _ => Err(ModelError::Unsupported {
            what: "several biases",
        }),
    }
}
