//! Column `offSample` of the annotations: added when the images are there.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use annotator::off_sample::{Outliner, off_sample};
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use arrow_select::concat::concat_batches;
use metaspace_machine::error::FileError;
use ms_core::image::Raster;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::error::ResultsError;
use crate::first_images::FirstImages;
use crate::parquet_file::ParquetFile;
use crate::table::{begin, failed};

/// FDR up to which ions lead, and how many of them an outline is made of at most, the best.
const LEADING_FDR: f64 = 0.2;
const MAX_LEADING: usize = 200;

/// Images that are held at once, at most, and their bytes if all pixels have a signal, unless those of
/// one image alone are more.
const AT_ONCE: usize = 32;
const AT_ONCE_BYTES: usize = 32 << 20;

/// Bytes of a pixel of an image.
const PIXEL_BYTES: usize = 8;

/// How many images of so many pixels are held at once.
fn at_once(n_pixels: usize) -> usize {
    (AT_ONCE_BYTES / (PIXEL_BYTES * n_pixels).max(1)).clamp(1, AT_ONCE)
}

/// Column that the new one stands behind.
const BEFORE: &str = "matrixIon";

/// What is needed of an annotation.
struct Annotated {
    ion_formula: String,
    score: f64,
    fdr: f64,
    is_matrix: bool,
}

impl Annotated {
    /// All of a folder, in the order of the table.
    fn read(folder: &Path) -> Result<Vec<Self>, ResultsError> {
        let table = ParquetFile::open(&folder.join("annotations.parquet"))?;
        let mut annotations = Vec::new();
        for rows in table.rows(&["ionFormula", "score", "fdr", "isMatrix"])? {
            let rows = rows?;
            let (ion_formula, is_matrix) = (rows.texts("ionFormula")?, rows.flags("isMatrix")?);
            let number = |name| rows.numbers::<Float64Type>(name);
            let (score, fdr) = (number("score")?, number("fdr")?);
            annotations.extend((0..rows.n_rows()).map(|row| Self {
                ion_formula: ion_formula.value(row).into(),
                score: score[row],
                fdr: fdr[row],
                is_matrix: is_matrix.value(row),
            }));
        }
        Ok(annotations)
    }
}

/// Which pixels are tissue, by the images of the leading ions of a folder's annotations: those of
/// lowest FDR that are not of the matrix. Nothing where they show no slide around it.
///
/// # Errors
/// A table cannot be read.
pub fn outline(
    folder: &Path,
    images: &FirstImages,
    raster: &Raster,
) -> Result<Option<Vec<bool>>, ResultsError> {
    let annotations = Annotated::read(folder)?;
    let mut leading: Vec<&Annotated> = annotations
        .iter()
        .filter(|found| found.fdr <= LEADING_FDR && !found.is_matrix)
        .collect();
    leading.sort_by(|a, b| {
        let by_score = || b.score.total_cmp(&a.score);
        let by_name = || a.ion_formula.cmp(&b.ion_formula);
        a.fdr
            .total_cmp(&b.fdr)
            .then_with(by_score)
            .then_with(by_name)
    });
    // An ion that several tables or adducts lead to counts once.
    let mut rows = BTreeSet::new();
    for row in leading
        .iter()
        .filter_map(|found| images.row(&found.ion_formula))
    {
        if rows.len() == MAX_LEADING {
            break;
        }
        rows.insert(row);
    }
    let rows: Vec<usize> = rows.into_iter().collect();
    let mut outliner = Outliner::new(raster.n_pixels());
    for rows in rows.chunks(at_once(raster.n_pixels())) {
        images
            .read(rows)?
            .iter()
            .for_each(|image| outliner.add(image));
    }
    Ok(outliner.tissue(raster))
}

/// Adds to `annotations.parquet` and `annotations.csv` of a folder the column `offSample`: the
/// probability that an ion lies off the tissue; nothing without a tissue, or of an ion without an
/// image. Returns how many annotations up to each of some FDRs have more than 1/2.
///
/// # Errors
/// A table cannot be read or written.
pub fn flag_off_sample(
    folder: &Path,
    images: &FirstImages,
    is_tissue: Option<&[bool]>,
    levels: &[f64],
) -> Result<Vec<(f64, usize)>, ResultsError> {
    let annotations = Annotated::read(folder)?;
    let mut by_row: HashMap<usize, f64> = HashMap::new();
    if let Some(is_tissue) = is_tissue {
        let rows: BTreeSet<usize> = annotations
            .iter()
            .filter_map(|found| images.row(&found.ion_formula))
            .collect();
        let rows: Vec<usize> = rows.into_iter().collect();
        for rows in rows.chunks(at_once(is_tissue.len())) {
            let found = images.read(rows)?;
            let flags = found.iter().map(|image| off_sample(image, is_tissue));
            by_row.extend(rows.iter().copied().zip(flags));
        }
    }
    let value = |found: &Annotated| {
        let row = images.row(&found.ion_formula)?;
        by_row.get(&row).copied()
    };
    let values: Vec<Option<f64>> = annotations.iter().map(value).collect();
    add_to_parquet(&folder.join("annotations.parquet"), &values)?;
    add_to_csv(&folder.join("annotations.csv"), &values)?;
    let is_off = |value: &Option<f64>| value.is_some_and(|value| value > 0.5);
    let count = |level: f64| {
        let both = annotations.iter().zip(&values);
        both.filter(|(found, value)| found.fdr <= level && is_off(value))
            .count()
    };
    Ok(levels.iter().map(|&level| (level, count(level))).collect())
}

fn add_to_parquet(path: &Path, values: &[Option<f64>]) -> Result<(), ResultsError> {
    let arrow = |source| ResultsError::Arrow {
        path: path.into(),
        source,
    };
    let file = File::open(path).map_err(FileError::at("open", path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed(path))?;
    let schema = Arc::clone(builder.schema());
    let reader = builder.build().map_err(failed(path))?;
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(arrow)?;
    let all = concat_batches(&schema, &batches).map_err(arrow)?;
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    let mut columns: Vec<ArrayRef> = all.columns().to_vec();
    let place = schema.index_of(BEFORE).map_err(arrow)? + 1;
    let field = Field::new("offSample", DataType::Float64, true);
    fields.insert(place, Arc::new(field));
    columns.insert(
        place,
        Arc::new(values.iter().copied().collect::<Float64Array>()),
    );
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(arrow)?;
    let file = File::create(path).map_err(FileError::at("write", path))?;
    let mut writer = begin(path, file, &schema, &[])?;
    writer.write(&batch).map_err(failed(path))?;
    writer.close().map(drop).map_err(failed(path))
}

fn add_to_csv(path: &Path, values: &[Option<f64>]) -> Result<(), ResultsError> {
    let error = |source| ResultsError::Csv {
        path: path.into(),
        source,
    };
    let mut reader = csv::Reader::from_path(path).map_err(error)?;
    let header = reader.headers().map_err(error)?.clone();
    let rows = reader
        .records()
        .collect::<Result<Vec<_>, _>>()
        .map_err(error)?;
    let before = header.iter().position(|name| name == BEFORE);
    let place = 1 + before.ok_or_else(|| ResultsError::Column {
        path: path.into(),
        column: BEFORE.into(),
    })?;
    let mut writer = csv::Writer::from_path(path).map_err(error)?;
    let mut write = |row: &csv::StringRecord, value: &str| {
        let before = row.iter().take(place);
        writer.write_record(before.chain([value]).chain(row.iter().skip(place)))
    };
    write(&header, "offSample").map_err(error)?;
    for (row, value) in rows.iter().zip(values) {
        let value = value.map_or_else(String::new, |value| value.to_string());
        write(row, &value).map_err(error)?;
    }
    writer.flush().map_err(FileError::at("write", path))?;
    Ok(())
}
