//! `ion_images.parquet`, from which single images are read.

use ms_core::bytes::index;
use std::collections::HashMap;
use std::path::Path;

use arrow_array::types::{Float32Type, UInt8Type, UInt32Type};
use ms_core::image::IonImage;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};

use crate::error::ResultsError;
use crate::parquet_file::ParquetFile;

/// Where the images of a results folder lie in its file. It keeps reading the file that it opened
/// when the folder is written anew.
#[derive(Debug)]
pub struct ImageTable {
    file: ParquetFile,
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
    pub fn open(folder: &Path) -> Result<Self, ResultsError> {
        let file = ParquetFile::open(&folder.join("ion_images.parquet"))?.with_pages()?;
        let mut starts = vec![0];
        for group in file.footer().row_groups() {
            let last = starts[starts.len() - 1];
            starts.push(last + u64::try_from(group.num_rows()).unwrap_or_default());
        }
        let mut table = Self {
            file,
            rows: HashMap::new(),
            starts,
            n_isotopes: 0,
        };
        table.find_rows()?;
        Ok(table)
    }

    fn find_rows(&mut self) -> Result<(), ResultsError> {
        let mut row = 0;
        for rows in self.file.rows(&["ionFormula", "isotope"])? {
            let rows = rows?;
            let ions = rows.texts("ionFormula")?;
            let isotopes = rows.numbers::<UInt8Type>("isotope")?;
            for (ion, &isotope) in ions.iter().flatten().zip(isotopes) {
                self.rows
                    .entry(ion.into())
                    .or_default()
                    .insert(isotope, row);
                self.n_isotopes = self.n_isotopes.max(isotope.saturating_add(1));
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
    pub fn image(&self, ion_formula: &str, isotope: u8) -> Result<Option<IonImage>, ResultsError> {
        let row = self
            .rows
            .get(ion_formula)
            .and_then(|rows| rows.get(&isotope));
        let Some(&row) = row else { return Ok(None) };
        let group = self
            .starts
            .partition_point(|start| *start <= row)
            .saturating_sub(1);
        let place = index(row - self.starts[group]);
        let only = RowSelection::from(vec![RowSelector::skip(place), RowSelector::select(1)]);
        let builder = self.file.builder(&["pixels", "intensities"])?;
        let builder = builder
            .with_row_groups(vec![group])
            .with_row_selection(only);
        for rows in self.file.rows_of(builder)? {
            let rows = rows?;
            if rows.n_rows() > 0 {
                return Ok(Some(IonImage {
                    pixels: rows.lists("pixels")?.numbers::<UInt32Type>(0)?,
                    intensities: rows.lists("intensities")?.numbers::<Float32Type>(0)?,
                }));
            }
        }
        Ok(None)
    }
}
