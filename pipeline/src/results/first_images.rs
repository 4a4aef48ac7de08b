//! The first isotopic images of `ion_images.parquet`, read where they are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt8Type, UInt32Type};
use ms_core::image::IonImage;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowSelection,
};

use crate::error::RunError;

/// Rows read as one batch: images are large.
const BATCH_ROWS: usize = 16;

/// Where the first isotopic images of ions lie in the table.
#[derive(Debug)]
pub struct FirstImages {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// First row of each row group, and the number of rows.
    group_starts: Vec<usize>,
    /// Row of each formula of an ion.
    rows: BTreeMap<String, usize>,
}

impl FirstImages {
    /// Finds the images of ions by the formula of the ion.
    ///
    /// # Errors
    /// The table cannot be read or lacks a column.
    pub fn open(folder: &Path, formulas: &BTreeSet<&str>) -> Result<Self, RunError> {
        let path = folder.join("ion_images.parquet");
        let file = File::open(&path).map_err(RunError::file("open", &path))?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())
            .map_err(|source| RunError::ReadTable { path: path.clone(), source })?;
        let mut group_starts = vec![0];
        for group in metadata.metadata().row_groups() {
            let n_rows = usize::try_from(group.num_rows()).unwrap_or_default();
            group_starts.push(group_starts[group_starts.len() - 1] + n_rows);
        }
        let mut table = Self { path, metadata, group_starts, rows: BTreeMap::new() };
        table.find(formulas)?;
        Ok(table)
    }

    /// Row of the image of a formula, if it has one.
    pub fn row(&self, formula: &str) -> Option<usize> {
        self.rows.get(formula).copied()
    }

    fn find(&mut self, formulas: &BTreeSet<&str>) -> Result<(), RunError> {
        let mut first = 0;
        for batch in self.builder(&["ionFormula", "isotope"])?.build().map_err(|e| self.bad(e))? {
            let batch = batch.map_err(|source| self.arrow(source))?;
            let column = |name| batch.column_by_name(name).ok_or_else(|| self.wrong(name));
            let names = column("ionFormula")?.as_string_opt::<i32>();
            let names = names.ok_or_else(|| self.wrong("ionFormula"))?;
            let isotopes = column("isotope")?.as_primitive_opt::<UInt8Type>();
            let isotopes = isotopes.ok_or_else(|| self.wrong("isotope"))?;
            let rows = (first..).zip(names.iter().zip(isotopes));
            let found = rows.filter_map(|(row, (name, isotope))| {
                let name = name.filter(|name| isotope == Some(0) && formulas.contains(name))?;
                Some((name.to_owned(), row))
            });
            let found: Vec<(String, usize)> = found.collect();
            self.rows.extend(found);
            first += batch.num_rows();
        }
        Ok(())
    }

    /// The images of some rows, which ascend.
    ///
    /// # Errors
    /// The table cannot be read or lacks a column.
    pub fn read(&self, rows: &[usize]) -> Result<Vec<IonImage>, RunError> {
        let mut images = Vec::with_capacity(rows.len());
        let Some(reader) = self.reader(rows)? else { return Ok(images) };
        for batch in reader {
            let batch = batch.map_err(|source| self.arrow(source))?;
            let lists = |name| {
                let column = batch.column_by_name(name);
                column
                    .and_then(|column| column.as_list_opt::<i32>())
                    .ok_or_else(|| self.wrong(name))
            };
            let (pixels, intensities) = (lists("pixels")?, lists("intensities")?);
            for row in 0..batch.num_rows() {
                let (pixels, intensities) = (pixels.value(row), intensities.value(row));
                let pixels = pixels.as_primitive_opt::<UInt32Type>();
                let intensities = intensities.as_primitive_opt::<Float32Type>();
                let intensities = intensities.ok_or_else(|| self.wrong("intensities"))?;
                images.push(IonImage {
                    pixels: pixels.ok_or_else(|| self.wrong("pixels"))?.values().to_vec(),
                    intensities: intensities.values().to_vec(),
                });
            }
        }
        Ok(images)
    }

    /// Reads the rows, and nothing of the row groups that have none of them.
    fn reader(&self, rows: &[usize]) -> Result<Option<ParquetRecordBatchReader>, RunError> {
        let (mut groups, mut ranges): (Vec<usize>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
        // Rows of the groups before, those left out not counted.
        let mut n_before = 0;
        for &row in rows {
            let group = self.group_starts.partition_point(|&start| start <= row) - 1;
            if groups.last() != Some(&group) {
                if let Some(&last) = groups.last() {
                    n_before += self.group_starts[last + 1] - self.group_starts[last];
                }
                groups.push(group);
            }
            let at = n_before + row - self.group_starts[group];
            ranges.push(at..at + 1);
        }
        let Some(&last) = groups.last() else { return Ok(None) };
        let n_rows = n_before + self.group_starts[last + 1] - self.group_starts[last];
        let reader = self
            .builder(&["pixels", "intensities"])?
            .with_row_groups(groups)
            .with_row_selection(RowSelection::from_consecutive_ranges(ranges.into_iter(), n_rows))
            .with_batch_size(BATCH_ROWS)
            .build();
        reader.map(Some).map_err(|source| self.bad(source))
    }

    fn builder(
        &self,
        columns: &[&'static str],
    ) -> Result<ParquetRecordBatchReaderBuilder<File>, RunError> {
        let file = File::open(&self.path).map_err(RunError::file("open", &self.path))?;
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        for &column in columns {
            if builder.schema().index_of(column).is_err() {
                return Err(self.wrong(column));
            }
        }
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        Ok(builder.with_projection(mask))
    }

    /// The table.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn wrong(&self, column: &str) -> RunError {
        RunError::Column { path: self.path.clone(), column: column.into() }
    }

    fn arrow(&self, source: arrow_schema::ArrowError) -> RunError {
        RunError::Arrow { path: self.path.clone(), source }
    }

    fn bad(&self, source: parquet::errors::ParquetError) -> RunError {
        RunError::ReadTable { path: self.path.clone(), source }
    }
}
