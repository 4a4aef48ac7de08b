//! Tables of a results folder, read back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, UInt8Type, UInt32Type};
use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::DataType;
use ms_core::image::{IonImage, Raster};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter};
use serde::{Deserialize, Serialize};

use crate::RUN_JSON;
use crate::error::ResultsError;
use crate::parquet_file::ParquetFile;
use crate::pixels::raster_of;
use crate::positioned::Positioned;

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
pub fn check_results(folder: &Path) -> Result<(), ResultsError> {
    if folder.join(RUN_JSON).is_file() {
        return Ok(());
    }
    Err(ResultsError::NotResults {
        path: folder.into(),
    })
}

/// The ions of the annotations with an FDR up to a level, best first: by score, then by name.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_ions(folder: &Path, fdr: f64) -> Result<Vec<FoundIon>, ResultsError> {
    let table = ParquetFile::open(&folder.join("annotations.parquet"))?;
    let columns = ["ion", "ionFormula", "fdr", "msm", "moleculeNames"];
    let mut ions: BTreeMap<String, FoundIon> = BTreeMap::new();
    for rows in table.rows(&columns)? {
        let rows = rows?;
        let (names, formulas) = (rows.texts("ion")?, rows.texts("ionFormula")?);
        let fdrs = rows.numbers::<Float64Type>("fdr")?;
        let msms = rows.numbers::<Float64Type>("msm")?;
        for row in (0..rows.n_rows()).filter(|&row| fdrs[row] <= fdr) {
            let ion = ions
                .entry(names.value(row).into())
                .or_insert_with(|| FoundIon {
                    ion: names.value(row).into(),
                    ion_formula: formulas.value(row).into(),
                    fdr: fdrs[row],
                    msm: msms[row],
                    molecule_names: Vec::new(),
                });
            (ion.fdr, ion.msm) = (ion.fdr.min(fdrs[row]), ion.msm.max(msms[row]));
            for name in rows.lists("moleculeNames")?.texts(row)? {
                if !ion.molecule_names.contains(&name) {
                    ion.molecule_names.push(name);
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
pub fn read_raster(folder: &Path) -> Result<Raster, ResultsError> {
    let table = ParquetFile::open(&folder.join("pixels.parquet"))?;
    let mut positions: Vec<(u32, u32)> = Vec::new();
    for rows in table.rows(&["x", "y"])? {
        let rows = rows?;
        let (x, y) = (
            rows.numbers::<UInt32Type>("x")?,
            rows.numbers::<UInt32Type>("y")?,
        );
        positions.extend(x.iter().copied().zip(y.iter().copied()));
    }
    raster_of(&positions).ok_or_else(|| table.wrong("x"))
}

/// What intensities of a pixel can be divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelNorm {
    /// Total ion current.
    Tic,
    /// Root mean square of the intensities of its peaks.
    Rms,
}

/// A norm of each pixel.
///
/// # Errors
/// The table cannot be read or lacks the column.
pub fn read_norms(folder: &Path, norm: PixelNorm) -> Result<Vec<f64>, ResultsError> {
    let name = if norm == PixelNorm::Tic { "tic" } else { "rms" };
    let table = ParquetFile::open(&folder.join("pixels.parquet"))?;
    let mut norms = Vec::new();
    for rows in table.rows(&[name])? {
        norms.extend_from_slice(rows?.numbers::<Float64Type>(name)?);
    }
    Ok(norms)
}

/// An image of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredImage {
    /// Formula of its ion.
    pub ion_formula: String,
    /// Place of its peak in the theoretical pattern.
    pub isotope: u8,
    /// The image.
    pub image: IonImage,
}

/// Reads the images of ions, the first `n_isotopes` of each, and gives them to `each` some at a time,
/// in the order of the table.
///
/// # Errors
/// The table cannot be read or lacks a column, or `each` fails.
pub fn for_each_images<E: From<ResultsError>>(
    folder: &Path,
    formulas: &BTreeSet<String>,
    n_isotopes: u8,
    mut each: impl FnMut(&mut Vec<StoredImage>) -> Result<(), E>,
) -> Result<(), E> {
    let table = ParquetFile::open(&folder.join("ion_images.parquet"))?;
    let columns = ["ionFormula", "isotope", "pixels", "intensities"];
    for rows in table.rows_of(wanted(&table, &columns, formulas, n_isotopes)?)? {
        let rows = rows?;
        let names = rows.texts("ionFormula")?;
        let isotopes = rows.numbers::<UInt8Type>("isotope")?;
        let mut images = Vec::with_capacity(rows.n_rows());
        for (row, &isotope) in isotopes.iter().enumerate() {
            let image = IonImage {
                pixels: rows.lists("pixels")?.numbers::<UInt32Type>(row)?,
                intensities: rows.lists("intensities")?.numbers::<Float32Type>(row)?,
            };
            images.push(StoredImage {
                ion_formula: names.value(row).into(),
                isotope,
                image,
            });
        }
        each(&mut images)?;
    }
    Ok(())
}

/// Which images [`for_each_images`] gives: formulas and isotopes.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn list_images(
    folder: &Path,
    formulas: &BTreeSet<String>,
    n_isotopes: u8,
) -> Result<Vec<(String, u8)>, ResultsError> {
    let table = ParquetFile::open(&folder.join("ion_images.parquet"))?;
    let mut list = Vec::new();
    let columns = ["ionFormula", "isotope"];
    for rows in table.rows_of(wanted(&table, &columns, formulas, n_isotopes)?)? {
        let rows = rows?;
        let names = rows.texts("ionFormula")?;
        let isotopes = rows.numbers::<UInt8Type>("isotope")?;
        let row = |(row, n): (usize, &u8)| (names.value(row).into(), *n);
        list.extend(isotopes.iter().enumerate().map(row));
    }
    Ok(list)
}

/// A reader of the wanted images alone, a few at a time: they are large.
fn wanted(
    table: &ParquetFile,
    columns: &[&str],
    formulas: &BTreeSet<String>,
    n_isotopes: u8,
) -> Result<ParquetRecordBatchReaderBuilder<Positioned>, ResultsError> {
    let builder = table.builder(columns)?;
    let types = ["ionFormula", "isotope"].map(|name| {
        let field = builder.schema().field_with_name(name);
        field.map(|field| field.data_type().clone()).ok()
    });
    if types != [Some(DataType::Utf8), Some(DataType::UInt8)] {
        return Err(table.wrong("isotope"));
    }
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["ionFormula", "isotope"]);
    let formulas = formulas.clone();
    let is_wanted = move |batch: RecordBatch| {
        let names = batch.column(0).as_string::<i32>();
        let isotopes = batch.column(1).as_primitive::<UInt8Type>();
        let wanted = |(name, isotope): (Option<&str>, Option<u8>)| {
            // One that has no name or isotope is kept, so that whoever reads it refuses it.
            isotope.is_none_or(|n| n < n_isotopes)
                && name.is_none_or(|name| formulas.contains(name))
        };
        Ok(names
            .iter()
            .zip(isotopes)
            .map(wanted)
            .map(Some)
            .collect::<BooleanArray>())
    };
    let filter = ArrowPredicateFn::new(mask, is_wanted);
    Ok(builder
        .with_row_filter(RowFilter::new(vec![Box::new(filter)]))
        .with_batch_size(IMAGES_AT_ONCE))
}

/// Images read at once.
const IMAGES_AT_ONCE: usize = 32;
