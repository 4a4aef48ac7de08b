//! `mz_images.parquet`: images of windows of m/z, sparse.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, ListBuilder, UInt32Builder};
use arrow_array::{Float64Array, StringArray};
use ms_core::image::IonImage;
use ms_core::tolerance::Window;

use crate::error::ResultsError;
use crate::images::PIXELS;
use crate::table::{Columns, TableWriter};

/// Name of the table.
pub const MZ_IMAGES_PARQUET: &str = "mz_images.parquet";

/// A window of m/z that has a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedWindow {
    /// What it is called.
    pub name: String,
    /// The m/z that was asked for, in Th.
    pub mz: f64,
    /// The window around it.
    pub window: Window,
}

/// The table being written, image by image.
#[derive(Debug)]
pub struct MzImagesWriter {
    writer: TableWriter,
    /// Pixels of the row group that is being filled.
    n_pixels: usize,
}

impl MzImagesWriter {
    /// Starts a table.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(path: &Path) -> Result<Self, ResultsError> {
        let mut writer = TableWriter::new(path);
        writer.write(columns(&[]))?;
        let n_pixels = 0;
        Ok(Self { writer, n_pixels })
    }

    /// Adds the image of a window.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn add(&mut self, window: &NamedWindow, image: &IonImage) -> Result<(), ResultsError> {
        self.writer.write(columns(&[(window, image)]))?;
        self.n_pixels += image.pixels.len();
        if self.n_pixels >= PIXELS {
            self.n_pixels = 0;
            self.writer.end_row_group()?;
        }
        Ok(())
    }

    /// Ends the table.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<(), ResultsError> {
        self.writer.finish()
    }
}

fn columns(rows: &[(&NamedWindow, &IonImage)]) -> Columns {
    let mut pixels = ListBuilder::new(UInt32Builder::new());
    let mut intensities = ListBuilder::new(Float32Builder::new());
    for (_, image) in rows {
        pixels.values().append_slice(&image.pixels);
        pixels.append(true);
        intensities.values().append_slice(&image.intensities);
        intensities.append(true);
    }
    let names = rows.iter().map(|(window, _)| window.name.as_str());
    let number = |of: &dyn Fn(&NamedWindow) -> f64| {
        Float64Array::from_iter_values(rows.iter().map(|(window, _)| of(window)))
    };
    vec![
        (
            "name",
            Arc::new(StringArray::from_iter_values(names)),
            false,
        ),
        ("mz", Arc::new(number(&|window| window.mz)), false),
        (
            "mzLow",
            Arc::new(number(&|window| window.window.low)),
            false,
        ),
        (
            "mzHigh",
            Arc::new(number(&|window| window.window.high)),
            false,
        ),
        ("pixels", Arc::new(pixels.finish()), false),
        ("intensities", Arc::new(intensities.finish()), false),
    ]
}
