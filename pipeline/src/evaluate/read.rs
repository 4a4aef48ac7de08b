//! The tables of a results folder and of the truth, as far as an evaluation needs them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::{FoundIon, KnownIon};
use crate::error::RunError;
use crate::results::{DATASET_UUID, RUN_JSON};

/// What an evaluation takes from a results folder.
#[derive(Debug)]
pub struct ResultsTables {
    /// One for each annotation.
    pub annotations: Vec<FoundIon>,
    /// Best score of each target ion of the tables' own formulas that has one.
    pub scores: BTreeMap<String, f64>,
    /// Target ions that were evaluated.
    pub target_ions: BTreeSet<String>,
    /// Mass tolerance in ppm.
    pub ppm: f64,
    /// UUID of the dataset, if its file has one.
    pub uuid: Option<String>,
    /// Entrapment formulas for each own one; nothing without entrapment.
    pub entrapment_ratio: Option<f64>,
}

/// What an evaluation takes from `truth.parquet`.
#[derive(Debug)]
pub struct TruthTable {
    /// Its ions.
    pub ions: Vec<KnownIon>,
    /// UUID of the dataset that it belongs to.
    pub uuid: Option<String>,
}

/// Reads a results folder.
///
/// # Errors
/// It is none, lacks a table or column, or has no annotation.
pub fn read_results(folder: &Path) -> Result<ResultsTables, RunError> {
    let path = folder.join(RUN_JSON);
    if !path.exists() {
        return Err(RunError::NoResults {
            path: folder.into(),
        });
    }
    let text = std::fs::read_to_string(&path).map_err(RunError::file("read", &path))?;
    let record: Value = serde_json::from_str(&text).map_err(|source| RunError::Record {
        path: path.clone(),
        source,
    })?;
    let number = |pointer: &str| record.pointer(pointer).and_then(Value::as_f64);
    let missing = |name: &str| RunError::Column {
        path: path.clone(),
        column: name.into(),
    };
    let path_of = |name: &str| folder.join(name);
    let annotations = read_annotations(&path_of("annotations.parquet"))?;
    if annotations.is_empty() {
        return Err(RunError::NoAnnotations {
            path: folder.into(),
        });
    }
    Ok(ResultsTables {
        annotations,
        scores: read_scores(&path_of("candidates.parquet"))?,
        target_ions: read_targets(&path_of("ion_metrics.parquet"))?,
        ppm: number("/settings/ppm").ok_or_else(|| missing("settings.ppm"))?,
        uuid: record
            .pointer("/dataset/uuid")
            .and_then(Value::as_str)
            .map(str::to_owned),
        entrapment_ratio: number("/entrapment/formulas_for_each"),
    })
}

fn read_annotations(path: &Path) -> Result<Vec<FoundIon>, RunError> {
    let mut found = Vec::new();
    let table = Table::open(path)?;
    table.read(&["ionFormula", "mz", "fdr", "isEntrapment"], |batch| {
        let (ions, mzs) = (texts(batch, "ionFormula")?, floats(batch, "mz")?);
        let (fdrs, is_entrapment) = (floats(batch, "fdr")?, flags(batch, "isEntrapment")?);
        let row = |i| FoundIon {
            ion_formula: ions.value(i).to_owned(),
            mz: mzs.value(i),
            fdr: fdrs.value(i),
            is_entrapment: is_entrapment.value(i),
        };
        found.extend((0..batch.num_rows()).map(row));
        Ok(())
    })?;
    Ok(found)
}

fn read_scores(path: &Path) -> Result<BTreeMap<String, f64>, RunError> {
    let mut best: BTreeMap<String, f64> = BTreeMap::new();
    let table = Table::open(path)?;
    table.read(
        &["ionFormula", "isTarget", "score", "isEntrapment"],
        |batch| {
            let (ions, scores) = (texts(batch, "ionFormula")?, floats(batch, "score")?);
            let is_target = flags(batch, "isTarget")?;
            let is_entrapment = flags(batch, "isEntrapment")?;
            for i in
                (0..batch.num_rows()).filter(|&i| is_target.value(i) && !is_entrapment.value(i))
            {
                let score = best
                    .entry(ions.value(i).to_owned())
                    .or_insert(f64::NEG_INFINITY);
                *score = score.max(scores.value(i));
            }
            Ok(())
        },
    )?;
    Ok(best)
}

fn read_targets(path: &Path) -> Result<BTreeSet<String>, RunError> {
    let mut targets = BTreeSet::new();
    Table::open(path)?.read(&["ionFormula", "isTarget"], |batch| {
        let (ions, is_target) = (texts(batch, "ionFormula")?, flags(batch, "isTarget")?);
        let chosen = (0..batch.num_rows()).filter(|&i| is_target.value(i));
        targets.extend(chosen.map(|i| ions.value(i).to_owned()));
        Ok(())
    })?;
    Ok(targets)
}

/// Reads the ions of a truth.
///
/// # Errors
/// It cannot be read or lacks a column.
pub fn read_truth(path: &Path) -> Result<TruthTable, RunError> {
    let mut ions = Vec::new();
    let table = Table::open(path)?;
    let uuid = table.metadata(DATASET_UUID);
    table.read(
        &["origin", "ionFormula", "mz", "nPixelsDetected"],
        |batch| {
            let (origins, formulas) = (texts(batch, "origin")?, texts(batch, "ionFormula")?);
            let mzs = floats(batch, "mz")?;
            let column = batch.column_by_name("nPixelsDetected");
            let n_pixels = column.and_then(|column| column.as_primitive_opt::<UInt32Type>());
            let n_pixels = n_pixels.ok_or("nPixelsDetected")?;
            for i in 0..batch.num_rows() {
                let is_matrix = origins.value(i) == "matrix";
                let ion_formula = formulas.value(i).to_owned();
                let is_detectable = n_pixels.value(i) > 0;
                ions.push(KnownIon {
                    ion_formula,
                    mz: mzs.value(i),
                    is_matrix,
                    is_detectable,
                });
            }
            Ok(())
        },
    )?;
    Ok(TruthTable { ions, uuid })
}

/// A Parquet file.
struct Table<'a> {
    path: &'a Path,
    builder: ParquetRecordBatchReaderBuilder<File>,
}

impl<'a> Table<'a> {
    fn open(path: &'a Path) -> Result<Self, RunError> {
        let file = File::open(path).map_err(RunError::file("open", path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|source| {
            RunError::ParquetRead {
                path: path.into(),
                source,
            }
        })?;
        Ok(Self { path, builder })
    }

    fn metadata(&self, key: &str) -> Option<String> {
        let values = self
            .builder
            .metadata()
            .file_metadata()
            .key_value_metadata()?;
        values.iter().find(|pair| pair.key == key)?.value.clone()
    }

    /// Hands over the batches of these columns. `take` names the column that is missing or of
    /// another type.
    fn read(
        self,
        columns: &[&'static str],
        mut take: impl FnMut(&RecordBatch) -> Result<(), &'static str>,
    ) -> Result<(), RunError> {
        let error = |source| RunError::ParquetRead {
            path: self.path.into(),
            source,
        };
        let column = |column: &str| RunError::Column {
            path: self.path.into(),
            column: column.into(),
        };
        let schema = self.builder.schema().clone();
        if let Some(missing) = columns.iter().find(|name| schema.index_of(name).is_err()) {
            return Err(column(missing));
        }
        let names = columns.iter().copied();
        let mask = ProjectionMask::columns(self.builder.parquet_schema(), names);
        let reader = self.builder.with_projection(mask).build().map_err(error)?;
        for batch in reader {
            let batch = batch.map_err(|source| RunError::ArrowRead {
                path: self.path.into(),
                source,
            })?;
            take(&batch).map_err(column)?;
        }
        Ok(())
    }
}

fn texts<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a arrow_array::StringArray, &'static str> {
    let column = batch
        .column_by_name(name)
        .and_then(|column| column.as_string_opt::<i32>());
    column.filter(|column| column.null_count() == 0).ok_or(name)
}

fn floats<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a arrow_array::Float64Array, &'static str> {
    let column = batch.column_by_name(name);
    column
        .and_then(|column| column.as_primitive_opt::<Float64Type>())
        .ok_or(name)
}

fn flags<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a arrow_array::BooleanArray, &'static str> {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_boolean_opt())
        .ok_or(name)
}
