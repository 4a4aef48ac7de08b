//! Tables of a results folder, read back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, UInt8Type, UInt32Type};
use arrow_array::{BooleanArray, RecordBatch, StringArray};
use arrow_schema::DataType;
use ms_core::image::{IonImage, Raster};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter,
};

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
    Err(RunError::NotResults {
        path: folder.into(),
    })
}

/// The ions of the annotations with an FDR up to a level, best first: by score, then by name.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_ions(folder: &Path, fdr: f64) -> Result<Vec<FoundIon>, RunError> {
    let table = Table::open(folder, "annotations.parquet")?;
    let columns = ["ion", "ionFormula", "fdr", "msm", "moleculeNames"];
    let mut ions: BTreeMap<String, FoundIon> = BTreeMap::new();
    for batch in table.read(&columns, None)? {
        let batch = table.batch(batch)?;
        let (names, formulas) = (
            table.texts(&batch, "ion")?,
            table.texts(&batch, "ionFormula")?,
        );
        let fdrs = table.numbers(&batch, "fdr")?;
        let msms = table.numbers(&batch, "msm")?;
        for row in (0..batch.num_rows()).filter(|&row| fdrs[row] <= fdr) {
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
            for name in table.text_list(&batch, "moleculeNames", row)? {
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
pub fn read_raster(folder: &Path) -> Result<Raster, RunError> {
    let table = Table::open(folder, "pixels.parquet")?;
    let mut positions: Vec<(u32, u32)> = Vec::new();
    for batch in table.read(&["x", "y"], None)? {
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
    Ok(Raster {
        width,
        height,
        places,
    })
}

/// What intensities of a pixel can be divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
pub fn read_norms(folder: &Path, norm: PixelNorm) -> Result<Vec<f64>, RunError> {
    let name = if norm == PixelNorm::Tic { "tic" } else { "rms" };
    let table = Table::open(folder, "pixels.parquet")?;
    let mut norms = Vec::new();
    for batch in table.read(&[name], None)? {
        norms.extend(table.numbers(&table.batch(batch)?, name)?);
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
pub fn for_each_images(
    folder: &Path,
    formulas: &BTreeSet<String>,
    n_isotopes: u8,
    mut each: impl FnMut(&mut Vec<StoredImage>) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let table = Table::open(folder, "ion_images.parquet")?;
    let columns = ["ionFormula", "isotope", "pixels", "intensities"];
    for batch in table.read(
        &columns,
        Some(&Wanted {
            formulas,
            n_isotopes,
        }),
    )? {
        let batch = table.batch(batch)?;
        let names = table.texts(&batch, "ionFormula")?;
        let isotopes = table.primitive::<UInt8Type>(&batch, "isotope")?;
        let mut images = Vec::with_capacity(batch.num_rows());
        for (row, &isotope) in isotopes.iter().enumerate() {
            let image = IonImage {
                pixels: table.list::<UInt32Type>(&batch, "pixels", row)?,
                intensities: table.list::<Float32Type>(&batch, "intensities", row)?,
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
) -> Result<Vec<(String, u8)>, RunError> {
    let table = Table::open(folder, "ion_images.parquet")?;
    let mut list = Vec::new();
    let columns = ["ionFormula", "isotope"];
    for batch in table.read(
        &columns,
        Some(&Wanted {
            formulas,
            n_isotopes,
        }),
    )? {
        let batch = table.batch(batch)?;
        let names = table.texts(&batch, "ionFormula")?;
        let isotopes = table.primitive::<UInt8Type>(&batch, "isotope")?;
        list.extend(
            isotopes
                .into_iter()
                .enumerate()
                .map(|(row, n)| (names.value(row).into(), n)),
        );
    }
    Ok(list)
}

/// Images that are wanted.
pub(super) struct Wanted<'a> {
    formulas: &'a BTreeSet<String>,
    n_isotopes: u8,
}

/// Images read at once.
const IMAGES_AT_ONCE: usize = 32;

/// A Parquet file to be read.
pub(super) struct Table {
    path: PathBuf,
}

impl Table {
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self, RunError> {
        let path = folder.join(name);
        if path.is_file() {
            return Ok(Self { path });
        }
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        Err(RunError::file("open", &path)(missing))
    }

    /// Batches of some columns; of images, of those that are wanted alone.
    pub(super) fn read(
        &self,
        columns: &[&'static str],
        images: Option<&Wanted<'_>>,
    ) -> Result<ParquetRecordBatchReader, RunError> {
        let file = File::open(&self.path).map_err(RunError::file("open", &self.path))?;
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|source| self.error(source))?;
        for &column in columns {
            if builder.schema().index_of(column).is_err() {
                return Err(self.wrong(column));
            }
        }
        let schema = builder.parquet_schema();
        let mask = ProjectionMask::columns(schema, columns.iter().copied());
        let mut builder = builder.with_projection(mask);
        if let Some(&Wanted {
            formulas,
            n_isotopes,
        }) = images
        {
            let mask = ProjectionMask::columns(builder.parquet_schema(), ["ionFormula", "isotope"]);
            let formulas = formulas.clone();
            let is_wanted = move |batch: RecordBatch| {
                let names = batch.column(0).as_string::<i32>();
                let isotopes = batch.column(1).as_primitive::<UInt8Type>();
                let wanted = |(name, isotope): (Option<&str>, Option<u8>)| {
                    isotope.is_some_and(|n| n < n_isotopes)
                        && name.is_some_and(|name| formulas.contains(name))
                };
                Ok(names
                    .iter()
                    .zip(isotopes)
                    .map(wanted)
                    .map(Some)
                    .collect::<BooleanArray>())
            };
            let types = ["ionFormula", "isotope"].map(|name| {
                let field = builder.schema().field_with_name(name);
                field.map(|field| field.data_type().clone()).ok()
            });
            if types != [Some(DataType::Utf8), Some(DataType::UInt8)] {
                return Err(self.wrong("isotope"));
            }
            let filter = ArrowPredicateFn::new(mask, is_wanted);
            builder = builder.with_row_filter(RowFilter::new(vec![Box::new(filter)]));
            builder = builder.with_batch_size(IMAGES_AT_ONCE);
        }
        builder.build().map_err(|source| self.error(source))
    }

    pub(super) fn batch(
        &self,
        batch: Result<RecordBatch, arrow_schema::ArrowError>,
    ) -> Result<RecordBatch, RunError> {
        batch.map_err(|source| RunError::Arrow {
            path: self.path.clone(),
            source,
        })
    }

    pub(super) fn texts<'b>(
        &self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b StringArray, RunError> {
        let column = batch.column_by_name(name);
        column
            .and_then(|c| c.as_string_opt::<i32>())
            .ok_or_else(|| self.wrong(name))
    }

    pub(super) fn numbers(&self, batch: &RecordBatch, name: &str) -> Result<Vec<f64>, RunError> {
        self.primitive::<Float64Type>(batch, name)
    }

    pub(super) fn primitive<T: ArrowPrimitiveType>(
        &self,
        batch: &RecordBatch,
        name: &str,
    ) -> Result<Vec<T::Native>, RunError> {
        let column = batch.column_by_name(name);
        let column = column.and_then(|c| c.as_primitive_opt::<T>());
        Ok(column.ok_or_else(|| self.wrong(name))?.values().to_vec())
    }

    /// The numbers of a list.
    pub(super) fn list<T: ArrowPrimitiveType>(
        &self,
        batch: &RecordBatch,
        name: &str,
        row: usize,
    ) -> Result<Vec<T::Native>, RunError> {
        let values = self.lists(batch, name)?.value(row);
        let numbers = values.as_primitive_opt::<T>();
        Ok(numbers.ok_or_else(|| self.wrong(name))?.values().to_vec())
    }

    /// The texts of a list.
    pub(super) fn text_list(
        &self,
        batch: &RecordBatch,
        name: &str,
        row: usize,
    ) -> Result<Vec<String>, RunError> {
        let values = self.lists(batch, name)?.value(row);
        let texts = values
            .as_string_opt::<i32>()
            .ok_or_else(|| self.wrong(name))?;
        Ok(texts.iter().flatten().map(str::to_owned).collect())
    }

    pub(super) fn lists<'b>(
        &self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b arrow_array::ListArray, RunError> {
        let column = batch.column_by_name(name);
        column
            .and_then(|c| c.as_list_opt::<i32>())
            .ok_or_else(|| self.wrong(name))
    }

    pub(super) fn wrong(&self, column: &str) -> RunError {
        RunError::Column {
            path: self.path.clone(),
            column: column.into(),
        }
    }

    fn error(&self, source: parquet::errors::ParquetError) -> RunError {
        RunError::ReadTable {
            path: self.path.clone(),
            source,
        }
    }
}
