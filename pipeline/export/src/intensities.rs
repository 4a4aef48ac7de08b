//! Intensities of the exported ions over the pixels, read some ions at a time.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use metaspace_explore::factors::factors_of;
use metaspace_explore::normalize::Factors;
use metaspace_results::{FirstImages, StoredPixels};
use ms_core::image::IonImage;
use ms_core::progress::{Progress, check};

use crate::error::ExportError;
use crate::ions::ExportedIon;
use crate::options::ExportOptions;

/// Images that are decoded at once.
const IMAGES_AT_ONCE: usize = 16;

/// The first isotopic image of each ion, normalized.
///
/// An ion without an image, as an ion of a targeted table that was not found, is 0 everywhere.
#[derive(Debug)]
pub(crate) struct Intensities {
    images: FirstImages,
    /// Row of each ion's image in the table.
    rows: Vec<Option<usize>>,
    /// Names of the ions, for messages.
    names: Vec<String>,
    n_pixels: usize,
    factors: Factors,
}

impl Intensities {
    /// Finds the images of ions, and by what they are divided.
    ///
    /// # Errors
    /// A table cannot be read.
    pub(crate) fn open(
        results: &Path,
        ions: &[ExportedIon],
        pixels: &StoredPixels,
        options: &ExportOptions,
    ) -> Result<Self, ExportError> {
        let formula = |ion: &ExportedIon| ion.annotation.ion_formula.clone();
        let formulas: Vec<String> = ions.iter().map(formula).collect();
        let wanted: BTreeSet<&str> = formulas.iter().map(String::as_str).collect();
        let images = FirstImages::open(results, &wanted)?;
        Ok(Self {
            rows: formulas.iter().map(|name| images.row(name)).collect(),
            names: ions.iter().map(|ion| ion.annotation.ion.clone()).collect(),
            images,
            n_pixels: pixels.raster.n_pixels(),
            factors: factors_of(results, &options.normalization)?,
        })
    }

    /// Number of ions.
    pub(crate) fn n_ions(&self) -> usize {
        self.rows.len()
    }

    /// Number of pixels.
    pub(crate) fn n_pixels(&self) -> usize {
        self.n_pixels
    }

    /// Gives the image of each of some ions to `each`, in the order of the table of images; an ion
    /// without an image is passed over.
    ///
    /// # Errors
    /// The table cannot be read or names a pixel that is not there, `progress` says to stop, or what
    /// `each` says.
    pub(crate) fn for_each_image(
        &self,
        ions: Range<usize>,
        progress: &dyn Progress,
        mut each: impl FnMut(usize, &IonImage) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut order: Vec<(usize, usize)> = ions
            .filter_map(|ion| self.rows[ion].map(|row| (row, ion)))
            .collect();
        order.sort_unstable();
        for of_batch in order.chunks(IMAGES_AT_ONCE) {
            check(progress)?;
            // Ions of one formula share their image.
            let mut rows: Vec<usize> = of_batch.iter().map(|(row, _)| *row).collect();
            rows.dedup();
            let mut images = self.images.read(&rows)?;
            for image in &mut images {
                self.factors.apply(image);
            }
            for (row, ion) in of_batch {
                if let Ok(place) = rows.binary_search(row) {
                    let image = &images[place];
                    self.check_pixels(*ion, image)?;
                    each(*ion, image)?;
                }
            }
        }
        Ok(())
    }

    /// Gives intensities of all pixels to `each`, a block of ions at a time: the ions, and
    /// `n_pixels × n` intensities, row-major.
    ///
    /// # Errors
    /// As [`Self::for_each_image`].
    pub(crate) fn for_each_block(
        &self,
        n_ions_of_block: usize,
        progress: &dyn Progress,
        mut each: impl FnMut(Range<usize>, &[f32]) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut values = Vec::new();
        let mut first = 0;
        while first < self.n_ions() {
            let ions = first..(first + n_ions_of_block.max(1)).min(self.n_ions());
            values.clear();
            values.resize(self.n_pixels * ions.len(), 0.0);
            self.for_each_image(ions.clone(), progress, |ion, image| {
                for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
                    values[pixel as usize * ions.len() + ion - ions.start] = intensity;
                }
                Ok(())
            })?;
            each(ions.clone(), &values)?;
            progress.advance(ions.len() as u64);
            first = ions.end;
        }
        Ok(())
    }

    /// Gives intensities of all ions to `each`, a band of pixels at a time: the pixels, and
    /// `n × n_ions` intensities, row-major.
    ///
    /// The images are read once for each band. A band takes the given memory, and is a multiple of
    /// `unit` pixels but for the last.
    ///
    /// # Errors
    /// As [`Self::for_each_image`].
    pub(crate) fn for_each_band(
        &self,
        memory_bytes: u64,
        unit: usize,
        progress: &dyn Progress,
        mut each: impl FnMut(Range<usize>, &[f32]) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let n_ions = self.n_ions();
        let unit = unit.max(1);
        let n_units = (self.pixels_within(memory_bytes) / unit).max(1);
        let band = n_units.saturating_mul(unit).min(self.n_pixels);
        let mut values = Vec::new();
        let mut first = 0;
        while first < self.n_pixels {
            let pixels = first..(first + band).min(self.n_pixels);
            values.clear();
            values.resize(pixels.len() * n_ions, 0.0);
            self.for_each_image(0..n_ions, progress, |ion, image| {
                let place = |pixel: usize| image.pixels.partition_point(|&p| (p as usize) < pixel);
                for at in place(pixels.start)..place(pixels.end) {
                    let pixel = image.pixels[at] as usize - pixels.start;
                    values[pixel * n_ions + ion] = image.intensities[at];
                }
                Ok(())
            })?;
            each(pixels.clone(), &values)?;
            progress.advance(pixels.len() as u64);
            first = pixels.end;
        }
        Ok(())
    }

    /// Pixels whose intensities of all ions take so many bytes, at least one.
    pub(crate) fn pixels_within(&self, memory_bytes: u64) -> usize {
        pixels_within(memory_bytes, self.n_ions())
    }

    fn check_pixels(&self, ion: usize, image: &IonImage) -> Result<(), ExportError> {
        let last = image.pixels.iter().max().copied();
        let wrong = last.filter(|&pixel| pixel as usize >= self.n_pixels);
        wrong.map_or(Ok(()), |pixel| {
            Err(ExportError::Pixel {
                path: self.images.path().into(),
                ion: self.names[ion].clone(),
                pixel,
                n_pixels: self.n_pixels,
            })
        })
    }
}

/// Pixels whose intensities of all ions take so many bytes, at least one.
fn pixels_within(memory_bytes: u64, n_ions: usize) -> usize {
    let of_pixel = (n_ions.max(1) * size_of::<f32>()) as u64;
    usize::try_from(memory_bytes / of_pixel)
        .unwrap_or(usize::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_keeps_to_its_memory() {
        assert_eq!(pixels_within(4_000, 10), 100);
        assert_eq!(pixels_within(10, 1_000), 1);
    }
}
