//! `ion_images.parquet`: the isotopic images of annotated ions, sparse.

use std::path::Path;
use std::sync::Arc;

use annotator::annotate::{Work, ion_images};
use arrow_array::builder::{Float32Builder, ListBuilder, UInt32Builder};
use arrow_array::{StringArray, UInt8Array};
use ms_core::image::IonImage;
use ms_core::progress::Progress;
use rayon::prelude::*;

use super::table::{Columns, TableWriter};
use crate::error::RunError;

/// A row group is closed after the ion with which it has at least so many pixels.
const PIXELS: usize = 1 << 17;

/// Bytes of images made before they are written, at most, unless those of one ion alone are more.
const BATCH_BYTES: usize = 1 << 26;

/// Bytes of a pixel of an image.
const PIXEL_BYTES: usize = 8;

/// Ions made as one piece of work at most, and the m/z in Th over which they may spread: what they
/// need of the index is bounded.
const CHUNK_IONS: usize = 16;
const CHUNK_MZ: f64 = 8.0;

/// Writes the images of ions, given by their places in the search space, ascending; returns the
/// number of pixels written.
///
/// # Errors
/// The index cannot be read, the file cannot be written, or `progress` says to stop.
pub fn write_images(
    work: Work<'_>,
    ions: &[u32],
    path: &Path,
    progress: &dyn Progress,
) -> Result<u64, RunError> {
    progress.begin("writing images", ions.len() as u64);
    let mut writer = ImagesWriter::new(path)?;
    for batch in ions.chunks(ions_at_once(work)) {
        let chunks = chunks(work, batch);
        let made: Vec<Vec<Vec<IonImage>>> = chunks
            .par_iter()
            .map(|chunk| ion_images(work, chunk, progress))
            .collect::<Result<_, _>>()?;
        for (ion, images) in batch.iter().zip(made.into_iter().flatten()) {
            writer.add(&work.ions[*ion as usize].formula.to_string(), &images)?;
            progress.advance(1);
        }
    }
    writer.finish()
}

/// `ion_images.parquet` being written, ion by ion: the same ions give the same bytes.
pub struct ImagesWriter {
    writer: TableWriter,
    pending: Rows,
    n_written: u64,
}

impl ImagesWriter {
    /// Starts a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(path: &Path) -> Result<Self, RunError> {
        let (mut writer, mut pending) = (TableWriter::new(path), Rows::default());
        writer.write(pending.take())?;
        Ok(Self { writer, pending, n_written: 0 })
    }

    /// Adds the images of an ion, one for each isotope.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, ion: &str, images: &[IonImage]) -> Result<(), RunError> {
        self.n_written += images.iter().map(|image| image.pixels.len() as u64).sum::<u64>();
        self.pending.add(ion, images);
        if self.pending.n_pixels >= PIXELS {
            self.writer.write(self.pending.take())?;
            self.writer.end_row_group()?;
        }
        Ok(())
    }

    /// Ends the file; returns the number of pixels written.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<u64, RunError> {
        self.writer.write(self.pending.take())?;
        self.writer.finish()?;
        Ok(self.n_written)
    }
}

impl std::fmt::Debug for ImagesWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImagesWriter").field("n_written", &self.n_written).finish_non_exhaustive()
    }
}

/// How many ions' images fit into [`BATCH_BYTES`] if all of their pixels have a signal.
fn ions_at_once(work: Work<'_>) -> usize {
    let bytes = work.raster.n_pixels() * work.config.pattern.n_peaks * PIXEL_BYTES;
    (BATCH_BYTES / bytes.max(1)).max(1)
}

/// Neighbouring ions, few enough and near enough that what they need of the index is bounded.
fn chunks<'a>(work: Work<'_>, ions: &'a [u32]) -> Vec<&'a [u32]> {
    let mz = |ion: u32| work.ions[ion as usize].mz;
    let mut chunks = Vec::new();
    let mut start = 0;
    for i in 1..=ions.len() {
        let is_end =
            i == ions.len() || i - start == CHUNK_IONS || mz(ions[i]) - mz(ions[start]) > CHUNK_MZ;
        if is_end {
            chunks.push(&ions[start..i]);
            start = i;
        }
    }
    chunks
}

/// Rows gathered for a row group: one an isotope of an ion.
struct Rows {
    n_pixels: usize,
    ions: Vec<String>,
    isotopes: Vec<u8>,
    pixels: ListBuilder<UInt32Builder>,
    intensities: ListBuilder<Float32Builder>,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            n_pixels: 0,
            ions: Vec::new(),
            isotopes: Vec::new(),
            pixels: ListBuilder::new(UInt32Builder::with_capacity(PIXELS)),
            intensities: ListBuilder::new(Float32Builder::with_capacity(PIXELS)),
        }
    }
}

impl Rows {
    fn add(&mut self, ion: &str, images: &[IonImage]) {
        for (isotope, image) in (0..).zip(images) {
            self.n_pixels += image.pixels.len();
            self.ions.push(ion.to_owned());
            self.isotopes.push(isotope);
            self.pixels.values().append_slice(&image.pixels);
            self.pixels.append(true);
            self.intensities.values().append_slice(&image.intensities);
            self.intensities.append(true);
        }
    }

    fn take(&mut self) -> Columns {
        let mut rows = std::mem::take(self);
        vec![
            ("ionFormula", Arc::new(StringArray::from_iter_values(rows.ions)), false),
            ("isotope", Arc::new(UInt8Array::from(rows.isotopes)), false),
            ("pixels", Arc::new(rows.pixels.finish()), false),
            ("intensities", Arc::new(rows.intensities.finish()), false),
        ]
    }
}
