//! `ion_images.parquet`, from which single images are read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt8Type, UInt32Type};
use ms_core::image::IonImage;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use parquet::file::metadata::PageIndexPolicy;

use super::positioned::Positioned;
use crate::error::RunError;

/// Where the images of a results folder lie in its file. It keeps reading the file that it opened
/// when the folder is written anew.
#[derive(Debug)]
pub struct ImageTable {
    path: PathBuf,
    file: Positioned,
    metadata: ArrowReaderMetadata,
    /// Row of each isotope of an ion.
    rows: HashMap<String, HashMap<u8, u64>>,
    /// First row of each row group, and the end.
    starts: Vec<u64>,
    n_isotopes: u8,
}

impl ImageTable {
    /// Opens the table of a results folder and reads which images are in it.
    ///
    /// # Errors
    /// It cannot be read or lacks a column.
    pub fn open(folder: &Path) -> Result<Self, RunError> {
        let path = folder.join("ion_images.parquet");
        let file = Positioned::open(&path)?;
        let error = |source| RunError::ReadTable {
            path: path.clone(),
            source,
        };
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options).map_err(error)?;
        let mut starts = vec![0];
        for group in metadata.metadata().row_groups() {
            let last = starts[starts.len() - 1];
            starts.push(last + u64::try_from(group.num_rows()).unwrap_or_default());
        }
        let mut table = Self {
            path,
            file,
            metadata,
            rows: HashMap::new(),
            starts,
            n_isotopes: 0,
        };
        table.find_rows()?;
        Ok(table)
    }

    fn find_rows(&mut self) -> Result<(), RunError> {
        let mut row = 0;
        let reader = self.builder(&["ionFormula", "isotope"])?.build();
        for batch in reader.map_err(|source| self.error(source))? {
            let batch = batch.map_err(|source| RunError::ArrowRead {
                path: self.path.clone(),
                source,
            })?;
            let ions = batch.column(0).as_string_opt::<i32>();
            let ions = ions.ok_or_else(|| self.wrong("ionFormula"))?;
            let isotopes = batch.column(1).as_primitive_opt::<UInt8Type>();
            let isotopes = isotopes.ok_or_else(|| self.wrong("isotope"))?;
            for (ion, isotope) in ions.iter().zip(isotopes) {
                let (Some(ion), Some(isotope)) = (ion, isotope) else {
                    return Err(self.wrong("ionFormula"));
                };
                self.rows
                    .entry(ion.into())
                    .or_default()
                    .insert(isotope, row);
                self.n_isotopes = self.n_isotopes.max(isotope + 1);
                row += 1;
            }
        }
        Ok(())
    }

    /// Isotopes that ions have images of.
    pub fn n_isotopes(&self) -> u8 {
        self.n_isotopes
    }

    /// An isotopic image of an ion, given by its formula; nothing if there is no such row.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn image(&self, ion_formula: &str, isotope: u8) -> Result<Option<IonImage>, RunError> {
        let row = self
            .rows
            .get(ion_formula)
            .and_then(|rows| rows.get(&isotope));
        let Some(&row) = row else { return Ok(None) };
        let group = self
            .starts
            .partition_point(|start| *start <= row)
            .saturating_sub(1);
        let place = usize::try_from(row - self.starts[group]).unwrap_or(usize::MAX);
        let only = RowSelection::from(vec![RowSelector::skip(place), RowSelector::select(1)]);
        let builder = self.builder(&["pixels", "intensities"])?;
        let reader = builder
            .with_row_groups(vec![group])
            .with_row_selection(only)
            .build();
        for batch in reader.map_err(|source| self.error(source))? {
            let batch = batch.map_err(|source| RunError::ArrowRead {
                path: self.path.clone(),
                source,
            })?;
            if batch.num_rows() == 0 {
                continue;
            }
            let values = |column: usize| {
                batch
                    .column(column)
                    .as_list_opt::<i32>()
                    .map(|lists| lists.value(0))
            };
            let (pixels, intensities) = (values(0), values(1));
            let pixels = pixels
                .as_ref()
                .and_then(|p| p.as_primitive_opt::<UInt32Type>());
            let intensities = intensities
                .as_ref()
                .and_then(|i| i.as_primitive_opt::<Float32Type>());
            return Ok(Some(IonImage {
                pixels: pixels
                    .ok_or_else(|| self.wrong("pixels"))?
                    .values()
                    .to_vec(),
                intensities: intensities
                    .ok_or_else(|| self.wrong("intensities"))?
                    .values()
                    .to_vec(),
            }));
        }
        Ok(None)
    }

    fn builder(
        &self,
        columns: &[&'static str],
    ) -> Result<ParquetRecordBatchReaderBuilder<Positioned>, RunError> {
        for &column in columns {
            if self.metadata.schema().index_of(column).is_err() {
                return Err(self.wrong(column));
            }
        }
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
            self.file.clone(),
            self.metadata.clone(),
        );
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        Ok(builder.with_projection(mask))
    }

    fn wrong(&self, column: &str) -> RunError {
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
