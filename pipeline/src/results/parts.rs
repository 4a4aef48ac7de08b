//! Parts of tables, as the tasks of a run pass them on: the tables themselves, and what it takes to
//! join them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotator::candidates::Ion;
use annotator::metrics::{Details, Scores, UnitScores};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, UInt32Type};
use arrow_array::{
    Array, BooleanArray, Float32Array, ListArray, PrimitiveArray, RecordBatch, UInt32Array,
};
use coloc::rank::Partner;
use ndarray::{Array2, ArrayView1};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use super::LevelPartners;
use super::metrics::{columns, write};
use super::table::{TableWriter, f32_lists};
use crate::error::RunError;

/// Metadata of a part of the metrics: what was searched besides the ions that have a row.
const SEARCHED: &str = "metaspace.searched";

/// Rows read at once.
const METRICS_ROWS: usize = 1_024;

/// What was searched.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Searched {
    n_ions: u64,
    n_targets: u64,
    without_pattern: Vec<u32>,
}

/// Writes scores as `ion_metrics.parquet` with a column `ion`, the place in the search space.
///
/// # Errors
/// The file cannot be written.
pub fn write_metrics_part(
    scores: &[UnitScores],
    ions: &[Ion],
    path: &Path,
) -> Result<(), RunError> {
    let sum = |count: fn(&UnitScores) -> u64| scores.iter().map(count).sum();
    let searched = Searched {
        n_ions: sum(|unit| unit.n_searched),
        n_targets: sum(|unit| unit.n_targets_searched),
        without_pattern: scores
            .iter()
            .flat_map(|unit| unit.without_pattern.clone())
            .collect(),
    };
    let json = serde_json::to_string(&searched).map_err(|source| RunError::Json {
        path: path.into(),
        source,
    })?;
    let mut writer = TableWriter::new(path);
    writer.describe(SEARCHED, json);
    write(scores, writer, |rows| {
        let places = UInt32Array::from_iter_values(rows.iter().map(|(scores, _)| scores.ion));
        let mut columns = columns(rows, ions);
        columns.insert(0, ("ion", Arc::new(places), false));
        columns
    })
}

/// Reads such a part. Its ions must ascend and lie within a range of the search space.
///
/// # Errors
/// It cannot be read, or is not such a part.
pub fn read_metrics_part(
    path: &Path,
    ions: std::ops::Range<usize>,
) -> Result<UnitScores, RunError> {
    let part = PartFile::new(path);
    let (reader, metadata) = part.open(Some(SEARCHED), METRICS_ROWS)?;
    let searched: Searched =
        serde_json::from_str(&metadata).map_err(|source| RunError::Record {
            path: path.into(),
            source,
        })?;
    let is_here = |ion: &u32| ions.contains(&(*ion as usize));
    if !searched.without_pattern.iter().all(is_here) {
        return Err(part.wrong("ion"));
    }
    let mut unit = UnitScores {
        n_searched: searched.n_ions,
        n_targets_searched: searched.n_targets,
        without_pattern: searched.without_pattern,
        ..UnitScores::default()
    };
    for batch in reader {
        let batch = batch.map_err(|source| RunError::ArrowRead {
            path: path.into(),
            source,
        })?;
        part.add(&batch, &mut unit)?;
    }
    let places: Vec<u32> = unit.scores.iter().map(|scores| scores.ion).collect();
    if !places.iter().all(is_here) || places.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(part.wrong("ion"));
    }
    Ok(unit)
}

/// Writes the partners that a share of the comparisons has found, by numbers.
///
/// # Errors
/// The file cannot be written.
pub fn write_partners_part(levels: &[LevelPartners], path: &Path) -> Result<(), RunError> {
    let rows = || {
        (0_u32..).zip(levels).flat_map(|(level, found)| {
            (0_u32..)
                .zip(&found.partners)
                .flat_map(move |(ion, partners)| {
                    partners.iter().map(move |partner| (level, ion, partner))
                })
        })
    };
    let other = |partner: &Partner| u32::try_from(partner.ion).unwrap_or(u32::MAX);
    let numbers = |values: &mut dyn Iterator<Item = u32>| UInt32Array::from_iter_values(values);
    let scores = Float32Array::from_iter_values(rows().map(|(.., partner)| partner.score));
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        (
            "level",
            Arc::new(numbers(&mut rows().map(|(level, ..)| level))),
            false,
        ),
        (
            "ion",
            Arc::new(numbers(&mut rows().map(|(_, ion, _)| ion))),
            false,
        ),
        (
            "other",
            Arc::new(numbers(&mut rows().map(|(.., partner)| other(partner)))),
            false,
        ),
        ("score", Arc::new(scores), false),
    ])?;
    writer.finish()
}

/// Reads such a part and adds its partners to those of other shares.
///
/// # Errors
/// It cannot be read, or is not such a part.
pub fn read_partners_part(path: &Path, levels: &mut [LevelPartners]) -> Result<(), RunError> {
    let part = PartFile::new(path);
    part.for_each_batch(|batch| {
        let numbers = |name| part.numbers::<UInt32Type>(batch, name);
        let (level, ion, other) = (numbers("level")?, numbers("ion")?, numbers("other")?);
        let scores = part.numbers::<Float32Type>(batch, "score")?;
        for row in 0..batch.num_rows() {
            let level = levels.get_mut(level.value(row) as usize);
            let level = level.ok_or_else(|| part.wrong("level"))?;
            let n_ions = level.partners.len();
            let partner = Partner {
                ion: other.value(row) as usize,
                score: scores.value(row),
            };
            if partner.ion >= n_ions || !partner.score.is_finite() {
                return Err(part.wrong("other"));
            }
            let partners = level.partners.get_mut(ion.value(row) as usize);
            partners.ok_or_else(|| part.wrong("ion"))?.push(partner);
        }
        Ok(())
    })
}

/// Writes the rows of scores of a share that are not all 0.
///
/// # Errors
/// The file cannot be written.
pub fn write_scores_part(scores: &Array2<f32>, path: &Path) -> Result<(), RunError> {
    let rows: Vec<(u32, Vec<f32>)> = (0..)
        .zip(scores.rows())
        .filter(|(_, row)| row.iter().any(|score| *score != 0.0))
        .map(|(ion, row)| (ion, row.to_vec()))
        .collect();
    let ions = UInt32Array::from_iter_values(rows.iter().map(|(ion, _)| *ion));
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("ion", Arc::new(ions), false),
        (
            "scores",
            f32_lists(rows.iter().map(|(_, row)| Some(row.as_slice()))),
            false,
        ),
    ])?;
    writer.finish()
}

/// Reads such a part and fills in its rows.
///
/// # Errors
/// It cannot be read, or is not such a part.
pub fn read_scores_part(path: &Path, scores: &mut Array2<f32>) -> Result<(), RunError> {
    let part = PartFile::new(path);
    part.for_each_batch(|batch| {
        let ions = part.numbers::<UInt32Type>(batch, "ion")?;
        let lists = part.lists(batch, "scores")?;
        for row in 0..batch.num_rows() {
            let values = part.list::<Float32Type>(lists, row, "scores")?;
            let ion = ions.value(row) as usize;
            if ion >= scores.nrows() || values.len() != scores.ncols() {
                return Err(part.wrong("scores"));
            }
            scores.row_mut(ion).assign(&ArrayView1::from(&values));
        }
        Ok(())
    })
}

/// A file that is read.
pub(super) struct PartFile {
    path: PathBuf,
}

type Batches = parquet::arrow::arrow_reader::ParquetRecordBatchReader;

impl PartFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// Its rows, so many at once, and the value of a key of its metadata.
    fn open(&self, key: Option<&str>, n_rows: usize) -> Result<(Batches, String), RunError> {
        let failed = |source| RunError::ParquetRead {
            path: self.path.clone(),
            source,
        };
        let file = File::open(&self.path).map_err(RunError::file("open", &self.path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
        let mut found = String::new();
        if let Some(key) = key {
            let pairs = builder.metadata().file_metadata().key_value_metadata();
            let pair = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == key));
            found = pair
                .and_then(|pair| pair.value.clone())
                .ok_or_else(|| self.wrong("ion"))?;
        }
        Ok((
            builder.with_batch_size(n_rows).build().map_err(failed)?,
            found,
        ))
    }

    /// Calls with its rows, batch by batch.
    pub(super) fn for_each_batch(
        &self,
        mut look: impl FnMut(&RecordBatch) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        for batch in self.open(None, METRICS_ROWS)?.0 {
            let path = || self.path.clone();
            look(&batch.map_err(|source| RunError::ArrowRead {
                path: path(),
                source,
            })?)?;
        }
        Ok(())
    }

    fn add(&self, batch: &RecordBatch, unit: &mut UnitScores) -> Result<(), RunError> {
        let ions = self.numbers::<UInt32Type>(batch, "ion")?;
        let n_pixels = self.numbers::<UInt32Type>(batch, "nPixels")?;
        let spatial = self.numbers::<Float64Type>(batch, "rhoSpatial")?;
        let spectral = self.numbers::<Float64Type>(batch, "rhoSpectral")?;
        let msm = self.numbers::<Float64Type>(batch, "msm")?;
        let chaos = self.optional(batch, "rhoChaos")?;
        let mz_err_abs = self.optional(batch, "mzErrAbs")?;
        let mz_err_rel = self.optional(batch, "mzErrRel")?;
        let lists = |name| self.lists(batch, name);
        let (mz, intensity) = (lists("isotopeMz")?, lists("isotopeIntensity")?);
        let (total, least) = (
            lists("isotopeTotalIntensity")?,
            lists("isotopeMinIntensity")?,
        );
        let most = lists("isotopeMaxIntensity")?;
        let (mean, deviation) = (lists("isotopeMzMean")?, lists("isotopeMzStddev")?);
        for row in 0..batch.num_rows() {
            let scores = Scores {
                ion: ions.value(row),
                n_pixels: n_pixels.value(row),
                chaos: chaos.is_valid(row).then(|| chaos.value(row)),
                spatial: spatial.value(row),
                spectral: spectral.value(row),
                msm: msm.value(row),
            };
            unit.scores.push(scores);
            if scores.msm > 0.0 {
                let doubles = |list, name| self.list::<Float64Type>(list, row, name);
                let floats = |list, name| self.list::<Float32Type>(list, row, name);
                unit.details.push(Details {
                    mz_err_abs: mz_err_abs.value(row),
                    mz_err_rel: mz_err_rel.value(row),
                    theoretical_mz: doubles(mz, "isotopeMz")?,
                    theoretical_intensity: floats(intensity, "isotopeIntensity")?,
                    total_intensity: doubles(total, "isotopeTotalIntensity")?,
                    min_intensity: floats(least, "isotopeMinIntensity")?,
                    max_intensity: floats(most, "isotopeMaxIntensity")?,
                    mz_mean: doubles(mean, "isotopeMzMean")?,
                    mz_stddev: doubles(deviation, "isotopeMzStddev")?,
                });
            }
        }
        Ok(())
    }

    pub(super) fn optional<'b>(
        &self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b PrimitiveArray<Float64Type>, RunError> {
        let column = batch.column_by_name(name);
        column
            .and_then(|column| column.as_primitive_opt())
            .ok_or_else(|| self.wrong(name))
    }

    pub(super) fn numbers<'b, T: ArrowPrimitiveType>(
        &self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b PrimitiveArray<T>, RunError> {
        let column = batch.column_by_name(name);
        let column = column.and_then(|column| column.as_primitive_opt::<T>());
        column
            .filter(|column| column.null_count() == 0)
            .ok_or_else(|| self.wrong(name))
    }

    pub(super) fn flags<'b>(
        &self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b BooleanArray, RunError> {
        let column = batch
            .column_by_name(name)
            .and_then(|column| column.as_boolean_opt());
        column
            .filter(|column| column.null_count() == 0)
            .ok_or_else(|| self.wrong(name))
    }

    fn lists<'b>(&self, batch: &'b RecordBatch, name: &str) -> Result<&'b ListArray, RunError> {
        let column = batch.column_by_name(name);
        column
            .and_then(|column| column.as_list_opt::<i32>())
            .ok_or_else(|| self.wrong(name))
    }

    fn list<T: ArrowPrimitiveType>(
        &self,
        lists: &ListArray,
        row: usize,
        name: &str,
    ) -> Result<Vec<T::Native>, RunError> {
        let values = lists.value(row);
        let values = values
            .as_primitive_opt::<T>()
            .filter(|values| values.null_count() == 0);
        Ok(values.ok_or_else(|| self.wrong(name))?.values().to_vec())
    }

    pub(super) fn wrong(&self, column: &str) -> RunError {
        RunError::Column {
            path: self.path.clone(),
            column: column.into(),
        }
    }
}
