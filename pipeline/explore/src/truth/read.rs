//! The tables of a results folder and of the truth, as far as an evaluation needs them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow_array::types::{Float64Type, UInt32Type};
use metaspace_results::record::RunRecord;
use metaspace_results::{DATASET_UUID, ParquetFile, check_results};

use super::{EvaluatedIon, KnownIon};
use crate::error::ExploreError;

/// What an evaluation takes from a results folder.
#[derive(Debug)]
pub struct ResultsTables {
    /// One for each annotation.
    pub annotations: Vec<EvaluatedIon>,
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
pub fn read_results(folder: &Path) -> Result<ResultsTables, ExploreError> {
    check_results(folder)?;
    let record = RunRecord::read(folder)?;
    let annotations = read_annotations(&folder.join("annotations.parquet"))?;
    if annotations.is_empty() {
        return Err(ExploreError::NoAnnotations {
            path: folder.into(),
        });
    }
    Ok(ResultsTables {
        annotations,
        scores: read_scores(&folder.join("candidates.parquet"))?,
        target_ions: read_targets(&folder.join("ion_metrics.parquet"))?,
        ppm: record.settings.ppm,
        uuid: record.dataset.uuid,
        entrapment_ratio: record.entrapment.map(|added| added.formulas_for_each),
    })
}

fn read_annotations(path: &Path) -> Result<Vec<EvaluatedIon>, ExploreError> {
    let mut found = Vec::new();
    let table = ParquetFile::open(path)?;
    for rows in table.rows(&["ionFormula", "mz", "fdr", "isEntrapment"])? {
        let rows = rows?;
        let (ions, is_entrapment) = (rows.texts("ionFormula")?, rows.flags("isEntrapment")?);
        let mzs = rows.numbers::<Float64Type>("mz")?;
        let fdrs = rows.numbers::<Float64Type>("fdr")?;
        for row in 0..rows.n_rows() {
            found.push(EvaluatedIon {
                ion_formula: ions.value(row).to_owned(),
                mz: mzs[row],
                fdr: fdrs[row],
                is_entrapment: is_entrapment.value(row),
            });
        }
    }
    Ok(found)
}

fn read_scores(path: &Path) -> Result<BTreeMap<String, f64>, ExploreError> {
    let mut best: BTreeMap<String, f64> = BTreeMap::new();
    let table = ParquetFile::open(path)?;
    for rows in table.rows(&["ionFormula", "isTarget", "score", "isEntrapment"])? {
        let rows = rows?;
        let ions = rows.texts("ionFormula")?;
        let scores = rows.numbers::<Float64Type>("score")?;
        let (is_target, is_entrapment) = (rows.flags("isTarget")?, rows.flags("isEntrapment")?);
        for (row, score) in scores.iter().enumerate() {
            if is_target.value(row) && !is_entrapment.value(row) {
                let known = best
                    .entry(ions.value(row).to_owned())
                    .or_insert(f64::NEG_INFINITY);
                *known = known.max(*score);
            }
        }
    }
    Ok(best)
}

fn read_targets(path: &Path) -> Result<BTreeSet<String>, ExploreError> {
    let mut targets = BTreeSet::new();
    let table = ParquetFile::open(path)?;
    for rows in table.rows(&["ionFormula", "isTarget"])? {
        let rows = rows?;
        let (ions, is_target) = (rows.texts("ionFormula")?, rows.flags("isTarget")?);
        let chosen = (0..rows.n_rows()).filter(|&row| is_target.value(row));
        targets.extend(chosen.map(|row| ions.value(row).to_owned()));
    }
    Ok(targets)
}

/// Reads the ions of a truth.
///
/// # Errors
/// It cannot be read or lacks a column.
pub fn read_truth(path: &Path) -> Result<TruthTable, ExploreError> {
    let mut ions = Vec::new();
    let table = ParquetFile::open(path)?;
    let uuid = table.described(DATASET_UUID).map(str::to_owned);
    for rows in table.rows(&["origin", "ionFormula", "mz", "nPixelsDetected"])? {
        let rows = rows?;
        let (origins, formulas) = (rows.texts("origin")?, rows.texts("ionFormula")?);
        let mzs = rows.numbers::<Float64Type>("mz")?;
        let n_pixels = rows.numbers::<UInt32Type>("nPixelsDetected")?;
        for row in 0..rows.n_rows() {
            ions.push(KnownIon {
                ion_formula: formulas.value(row).to_owned(),
                mz: mzs[row],
                is_matrix: origins.value(row) != "molecule",
                is_detectable: n_pixels[row] > 0,
            });
        }
    }
    Ok(TruthTable { ions, uuid })
}
