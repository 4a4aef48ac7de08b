//! Tables of a results folder, read back.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{RecordBatch, StringArray};
use ms_core::image::Raster;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::RUN_JSON;
use crate::error::RunError;

/// An ion of the annotations, once, whatever the number of molecule tables that it is in.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundIon {
    /// Formula, adduct and sign, as `ion` of `annotations.parquet`.
    pub ion: String,
    /// Formula of the ion, by which images are found.
    pub ion_formula: String,
    /// Lowest FDR of its annotations.
    pub fdr: f64,
    /// Highest score of its annotations.
    pub msm: f64,
    /// Names of the molecules it may be.
    pub molecule_names: Vec<String>,
}

/// Makes sure that a folder is one of results.
///
/// # Errors
/// It has no `run.json`.
pub fn check_results(folder: &Path) -> Result<(), RunError> {
    if folder.join(RUN_JSON).is_file() {
        return Ok(());
    }
    Err(RunError::NotResults { path: folder.into() })
}

/// The ions of the annotations with an FDR up to a level, best first: by score, then by name.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_ions(folder: &Path, fdr: f64) -> Result<Vec<FoundIon>, RunError> {
    let table = Table::open(folder, "annotations.parquet")?;
    let columns = ["ion", "ionFormula", "fdr", "msm", "moleculeNames"];
    let mut ions: BTreeMap<String, FoundIon> = BTreeMap::new();
    for batch in table.read(&columns)? {
        let batch = table.batch(batch)?;
        let (names, formulas) = (table.texts(&batch, "ion")?, table.texts(&batch, "ionFormula")?);
        let fdrs = table.numbers(&batch, "fdr")?;
        let msms = table.numbers(&batch, "msm")?;
        let molecules = table.lists(&batch, "moleculeNames")?;
        for row in (0..batch.num_rows()).filter(|&row| fdrs[row] <= fdr) {
            let names_of = molecules.value(row);
            let names_of = names_of.as_string_opt::<i32>();
            let names_of = names_of.ok_or_else(|| table.wrong("moleculeNames"))?;
            let ion = ions.entry(names.value(row).into()).or_insert_with(|| FoundIon {
                ion: names.value(row).into(),
                ion_formula: formulas.value(row).into(),
                fdr: fdrs[row],
                msm: msms[row],
                molecule_names: Vec::new(),
            });
            (ion.fdr, ion.msm) = (ion.fdr.min(fdrs[row]), ion.msm.max(msms[row]));
            for name in names_of.iter().flatten() {
                if !ion.molecule_names.iter().any(|known| known == name) {
                    ion.molecule_names.push(name.into());
                }
            }
        }
    }
    let mut ions: Vec<FoundIon> = ions.into_values().collect();
    ions.sort_by(|a, b| b.msm.total_cmp(&a.msm).then_with(|| a.ion.cmp(&b.ion)));
    Ok(ions)
}

/// The pixels that have a spectrum, on their bounding box.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_raster(folder: &Path) -> Result<Raster, RunError> {
    let table = Table::open(folder, "pixels.parquet")?;
    let mut positions: Vec<(u32, u32)> = Vec::new();
    for batch in table.read(&["x", "y"])? {
        let batch = table.batch(batch)?;
        let whole = |name| {
            let column = batch.column_by_name(name);
            let column = column.and_then(|column| column.as_primitive_opt::<UInt32Type>());
            column.ok_or_else(|| table.wrong(name))
        };
        let (x, y) = (whole("x")?, whole("y")?);
        positions.extend(x.values().iter().copied().zip(y.values().iter().copied()));
    }
    let width = positions.iter().map(|(x, _)| x + 1).max().unwrap_or(0);
    let height = positions.iter().map(|(_, y)| y + 1).max().unwrap_or(0);
    let places = positions.iter().map(|(x, y)| y * width + x).collect();
    Ok(Raster { width, height, places })
}

/// A Parquet file to be read.
struct Table {
    path: PathBuf,
}

impl Table {
    fn open(folder: &Path, name: &str) -> Result<Self, RunError> {
        let path = folder.join(name);
        if path.is_file() {
            return Ok(Self { path });
        }
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        Err(RunError::file("open", &path)(missing))
    }

    /// Batches of some columns.
    fn read(&self, columns: &[&'static str]) -> Result<ParquetRecordBatchReader, RunError> {
        let file = File::open(&self.path).map_err(RunError::file("open", &self.path))?;
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|source| self.error(source))?;
        for &column in columns {
            if builder.schema().index_of(column).is_err() {
                return Err(self.wrong(column));
            }
        }
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder.with_projection(mask).build().map_err(|source| self.error(source))
    }

    fn batch(
        &self,
        batch: Result<RecordBatch, arrow_schema::ArrowError>,
    ) -> Result<RecordBatch, RunError> {
        batch.map_err(|source| RunError::Arrow { path: self.path.clone(), source })
    }

    fn texts<'b>(&self, batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray, RunError> {
        let column = batch.column_by_name(name);
        column.and_then(|c| c.as_string_opt::<i32>()).ok_or_else(|| self.wrong(name))
    }

    fn numbers(&self, batch: &RecordBatch, name: &str) -> Result<Vec<f64>, RunError> {
        let column = batch.column_by_name(name);
        let column = column.and_then(|c| c.as_primitive_opt::<Float64Type>());
        Ok(column.ok_or_else(|| self.wrong(name))?.values().to_vec())
    }

    fn lists<'b>(
        &self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b arrow_array::ListArray, RunError> {
        let column = batch.column_by_name(name);
        column.and_then(|c| c.as_list_opt::<i32>()).ok_or_else(|| self.wrong(name))
    }

    fn wrong(&self, column: &str) -> RunError {
        RunError::Column { path: self.path.clone(), column: column.into() }
    }

    fn error(&self, source: parquet::errors::ParquetError) -> RunError {
        RunError::ReadTable { path: self.path.clone(), source }
    }
}
