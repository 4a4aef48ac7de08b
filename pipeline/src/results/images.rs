//! `ion_images.parquet`: the isotopic images of annotated ions, sparse.

use std::path::Path;
use std::sync::Arc;

use annotator::annotate::{Work, ion_images};
use arrow_array::types::Int32Type;
use arrow_array::{
    DictionaryArray, Float32Array, Int32Array, StringArray, UInt8Array, UInt32Array,
};
use ms_core::image::IonImage;
use ms_core::progress::Progress;
use rayon::prelude::*;

use super::table::{Columns, TableWriter};
use crate::error::RunError;

/// A row group is closed after the ion with which it has at least so many rows.
const ROWS: usize = 1 << 16;

/// Ions whose images are made as one piece of work, and the m/z in Th over which they may spread.
const CHUNK_IONS: usize = 64;
const CHUNK_MZ: f64 = 8.0;

/// Pieces made before they are written, in order. Fixed, so that memory is bounded and the file is
/// the same for any number of threads.
const CHUNKS_AT_ONCE: usize = 16;

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
    let mut writer = TableWriter::new(path);
    let mut pending = Rows::default();
    writer.write(pending.take())?;
    let mut n_written = 0;
    for chunks in chunks(work, ions).chunks(CHUNKS_AT_ONCE) {
        let made: Vec<Vec<Vec<IonImage>>> = chunks
            .par_iter()
            .map(|chunk| ion_images(work, chunk, progress))
            .collect::<Result<_, _>>()?;
        for (ion, images) in chunks.concat().iter().zip(made.into_iter().flatten()) {
            pending.add(work.ions[*ion as usize].formula.to_string(), &images);
            if pending.pixels.len() >= ROWS {
                n_written += pending.pixels.len() as u64;
                writer.write(pending.take())?;
                writer.end_row_group()?;
            }
            progress.advance(1);
        }
    }
    n_written += pending.pixels.len() as u64;
    writer.write(pending.take())?;
    writer.finish()?;
    Ok(n_written)
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

/// Rows gathered for a row group.
#[derive(Default)]
struct Rows {
    ions: Vec<String>,
    ion: Vec<i32>,
    isotope: Vec<u8>,
    pixels: Vec<u32>,
    intensities: Vec<f32>,
}

impl Rows {
    fn add(&mut self, ion: String, images: &[IonImage]) {
        let key = i32::try_from(self.ions.len()).unwrap_or(i32::MAX);
        self.ions.push(ion);
        for (isotope, image) in (0..).zip(images) {
            self.ion.resize(self.ion.len() + image.pixels.len(), key);
            self.isotope.resize(self.ion.len(), isotope);
            self.pixels.extend(&image.pixels);
            self.intensities.extend(&image.intensities);
        }
    }

    fn take(&mut self) -> Columns {
        let Self { ions, ion, isotope, pixels, intensities } = std::mem::take(self);
        let names = Arc::new(StringArray::from_iter_values(ions));
        let ion = DictionaryArray::<Int32Type>::new(Int32Array::from(ion), names);
        vec![
            ("ionFormula", Arc::new(ion), false),
            ("isotope", Arc::new(UInt8Array::from(isotope)), false),
            ("pixel", Arc::new(UInt32Array::from(pixels)), false),
            ("intensity", Arc::new(Float32Array::from(intensities)), false),
        ]
    }
}
