//! `ion_images.parquet`: the isotopic images of annotated ions, sparse.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotator::annotate::{Work, ion_images};
use annotator::imager::Canvases;
use annotator::indices::IonIdx;
use arrow_array::builder::{Float32Builder, ListBuilder, UInt32Builder};
use arrow_array::{RecordBatch, StringArray, UInt8Array};
use metaspace_machine::error::FileError;
use ms_core::image::IonImage;
use ms_core::progress::Progress;
use ms_core::spectra::SpectraIndex;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

use crate::error::ResultsError;
use crate::table::{Columns, begin, failed, record_batch};

/// A row group is closed after the ion with which it has at least so many pixels.
pub(crate) const PIXELS: usize = 1 << 17;

/// Row groups end after every so many ions in any case, so that tables of parts that begin there
/// are joined as they are.
pub const ROW_GROUP_IONS: usize = 32;

/// Pixels of complete row groups that wait to be encoded, for each thread, at most, unless those of the
/// last alone are more.
const MAX_COMPLETE_PIXELS: usize = 1 << 20;

/// Bytes of images that a thread makes before they are written, at most, unless those of one ion
/// alone are more: few enough to stay in the cache until then.
const BATCH_BYTES: usize = 1 << 23;

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
    index: &SpectraIndex,
    work: Work<'_>,
    ions: &[IonIdx],
    path: &Path,
    progress: &dyn Progress,
) -> Result<u64, ResultsError> {
    progress.begin("writing images", ions.len() as u64);
    let mut writer = ImagesWriter::new(path)?;
    writer.draw(index, work, ions, |_, _| Ok(()), progress)?;
    writer.finish()
}

/// `ion_images.parquet` being written, ion by ion: the same ions give the same bytes.
pub struct ImagesWriter {
    path: PathBuf,
    file: SerializedFileWriter<File>,
    encoders: ArrowRowGroupWriterFactory,
    /// Row groups that are complete, and the one that is not.
    complete: Vec<Rows>,
    pending: Rows,
    n_ions: usize,
    n_written: u64,
    canvases: Canvases,
}

impl ImagesWriter {
    /// Starts a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(path: &Path) -> Result<Self, ResultsError> {
        let file = File::create(path).map_err(FileError::at("write", path))?;
        let (file, encoders) = begin_images(path, file)?;
        let (complete, pending, path) = (Vec::new(), Rows::default(), path.into());
        Ok(Self {
            path,
            file,
            encoders,
            complete,
            pending,
            n_ions: 0,
            n_written: 0,
            canvases: Canvases::default(),
        })
    }

    /// Makes the images of some ions and adds them; shows each ion's to `look`.
    ///
    /// # Errors
    /// As [`write_images`], or what `look` says.
    pub fn draw(
        &mut self,
        index: &SpectraIndex,
        work: Work<'_>,
        ions: &[IonIdx],
        mut look: impl FnMut(&str, &[IonImage]) -> Result<(), ResultsError>,
        progress: &dyn Progress,
    ) -> Result<(), ResultsError> {
        let ions_of_thread = ions_of_thread(work);
        for batch in ions.chunks(ions_of_thread * rayon::current_num_threads()) {
            let chunks = chunks(work, batch, ions_of_thread);
            let made: Vec<Vec<Vec<IonImage>>> = chunks
                .par_iter()
                .map(|chunk| ion_images(index, work, chunk, &self.canvases, progress))
                .collect::<Result<_, _>>()?;
            for (ion, images) in batch.iter().zip(made.into_iter().flatten()) {
                let formula = work.ions[ion.usize()].text();
                self.add(&formula, &images)?;
                look(&formula, &images)?;
                progress.advance(1);
            }
            self.write_complete()?;
        }
        Ok(())
    }

    /// Adds the images of an ion, one for each isotope.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, ion: &str, images: &[IonImage]) -> Result<(), ResultsError> {
        self.n_written += images
            .iter()
            .map(|image| image.pixels.len() as u64)
            .sum::<u64>();
        self.n_ions += 1;
        self.pending.add(ion, images);
        if self.pending.n_pixels >= PIXELS || self.n_ions.is_multiple_of(ROW_GROUP_IONS) {
            self.complete.push(std::mem::take(&mut self.pending));
        }
        // As many as are encoded side by side, or fewer where images are large.
        let n_pixels: usize = self.complete.iter().map(|rows| rows.n_pixels).sum();
        let n_threads = rayon::current_num_threads();
        if self.complete.len() > n_threads || n_pixels > n_threads * MAX_COMPLETE_PIXELS {
            self.write_complete()
        } else {
            Ok(())
        }
    }

    /// Encodes the complete row groups side by side and writes them one after another.
    fn write_complete(&mut self) -> Result<(), ResultsError> {
        let path = &self.path;
        let (encoders, n_before) = (&self.encoders, self.file.flushed_row_groups().len());
        let encode = |(i, rows): (usize, Rows)| {
            let batch = record_batch({ rows }.take(), path)?;
            let columns = encoders.create_column_writers(n_before + i);
            encode(&batch, columns.map_err(failed(path))?).map_err(failed(path))
        };
        let complete = std::mem::take(&mut self.complete);
        let encoded: Vec<Vec<ArrowColumnChunk>> = complete
            .into_par_iter()
            .enumerate()
            .map(encode)
            .collect::<Result<_, _>>()?;
        for columns in encoded {
            append(&mut self.file, columns).map_err(failed(path))?;
        }
        Ok(())
    }

    /// Ends the file; returns the number of pixels written.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<u64, ResultsError> {
        if !self.pending.ions.is_empty() {
            self.complete.push(std::mem::take(&mut self.pending));
        }
        self.write_complete()?;
        self.file.close().map_err(failed(&self.path))?;
        Ok(self.n_written)
    }
}

impl std::fmt::Debug for ImagesWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImagesWriter")
            .field("n_written", &self.n_written)
            .finish_non_exhaustive()
    }
}

/// Begins a table of images of a name.
pub(crate) fn begin_images<W: Write + Send>(
    path: &Path,
    file: W,
) -> Result<(SerializedFileWriter<W>, ArrowRowGroupWriterFactory), ResultsError> {
    let schema = record_batch(Rows::default().take(), path)?.schema();
    begin(path, file, &schema, &[])?
        .into_serialized_writer()
        .map_err(failed(path))
}

/// The columns of a row group as they are stored.
fn encode(
    batch: &RecordBatch,
    mut columns: Vec<ArrowColumnWriter>,
) -> parquet::errors::Result<Vec<ArrowColumnChunk>> {
    let mut rest = columns.iter_mut();
    for (field, values) in batch.schema().fields().iter().zip(batch.columns()) {
        for (leaf, column) in compute_leaves(field, values)?.iter().zip(&mut rest) {
            column.write(leaf)?;
        }
    }
    columns.into_iter().map(ArrowColumnWriter::close).collect()
}

fn append(
    file: &mut SerializedFileWriter<File>,
    columns: Vec<ArrowColumnChunk>,
) -> parquet::errors::Result<()> {
    let mut group = file.next_row_group()?;
    for column in columns {
        column.append_to_row_group(&mut group)?;
    }
    group.close().map(drop)
}

/// How many ions' images a thread makes at once, if all of their pixels have a signal.
fn ions_of_thread(work: Work<'_>) -> usize {
    let bytes = work.raster.n_pixels() * work.config.pattern.n_peaks * PIXEL_BYTES;
    (BATCH_BYTES / bytes.max(1)).clamp(1, CHUNK_IONS)
}

/// Neighbouring ions, few enough and near enough that what they need of the index is bounded.
fn chunks<'a>(work: Work<'_>, ions: &'a [IonIdx], max_ions: usize) -> Vec<&'a [IonIdx]> {
    let mz = |ion: IonIdx| work.ions[ion.usize()].mz;
    let mut chunks = Vec::new();
    let mut start = 0;
    for i in 1..=ions.len() {
        let is_end =
            i == ions.len() || i - start == max_ions || mz(ions[i]) - mz(ions[start]) > CHUNK_MZ;
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
            (
                "ionFormula",
                Arc::new(StringArray::from_iter_values(rows.ions)),
                false,
            ),
            ("isotope", Arc::new(UInt8Array::from(rows.isotopes)), false),
            ("pixels", Arc::new(rows.pixels.finish()), false),
            ("intensities", Arc::new(rows.intensities.finish()), false),
        ]
    }
}
