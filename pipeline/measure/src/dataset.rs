//! Ions measured in the regions of one dataset: from images, from kept peaks, or from the dataset.
//!
//! Of the images some at a time: what is held is what was measured, and a batch of images.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use metaspace_explore::error::ExploreError;
use metaspace_explore::mz_images::MzImages;
use metaspace_explore::pixel_spectra::{DatasetFiles, SpectraError};
use metaspace_machine::files::TemporaryFile;
use metaspace_results::record::RunRecord;
use metaspace_results::{
    KeptPeaks, PEAKS_PARQUET, PixelNorm, StoredPixels, for_each_images, read_pixels,
};
use ms_core::bytes::Scratch;
use ms_core::image::IonImage;
use ms_core::progress::{Progress, Silent, check};
use ms_core::spectra::BuildOptions;
use ms_core::tolerance::{Ppm, Window};

use crate::amounts::{Amount, DatasetAmounts, MeasuredFrom, RegionFacts};
use crate::error::MeasureError;
use crate::images::{DatasetImages, RegionImage};
use crate::request::WantedIon;

/// Share of the memory that is used while spectra are read: the rest is for images.
const SHARE_OF_BUFFERS: u64 = 4;

/// How a dataset is read where its results do not show an ion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpectraOptions {
    /// Folders in which it is looked for if it does not lie where it was annotated.
    pub folders: Vec<PathBuf>,
    /// Memory of reading it, in bytes.
    pub memory_bytes: u64,
}

/// A dataset, and its regions.
#[derive(Debug)]
pub struct MeasuredDataset {
    results: PathBuf,
    record: RunRecord,
    pixels: StoredPixels,
    masks: Vec<Vec<bool>>,
    /// By what the intensities of each pixel are multiplied; nothing leaves them as they are.
    weights: Option<Vec<f64>>,
}

impl MeasuredDataset {
    /// Opens a results folder for some regions, each of which is a flag a pixel.
    ///
    /// # Errors
    /// A table cannot be read.
    pub fn open(
        results: &Path,
        record: RunRecord,
        masks: Vec<Vec<bool>>,
        norm: Option<PixelNorm>,
    ) -> Result<Self, MeasureError> {
        let pixels = read_pixels(results)?;
        let inverse = |norms: &[f64]| -> Vec<f64> {
            let weight = |norm: &f64| if *norm > 0.0 { norm.recip() } else { 0.0 };
            norms.iter().map(weight).collect()
        };
        let weights = norm.map(|norm| match norm {
            PixelNorm::Tic => inverse(&pixels.tic),
            PixelNorm::Rms => inverse(&pixels.rms),
        });
        Ok(Self {
            results: results.into(),
            record,
            masks,
            weights,
            pixels,
        })
    }

    /// An intensity of a pixel, divided by the pixel's norm where that is asked for.
    fn weighted(&self, pixel: usize, intensity: f32) -> f64 {
        let weight = self.weights.as_ref().map_or(1.0, |weights| {
            weights.get(pixel).copied().unwrap_or_default()
        });
        f64::from(intensity) * weight
    }

    /// How much of each ion is in each region.
    ///
    /// An ion that the dataset cannot show, of the other sign or beyond its m/z range, is missing;
    /// so is one without an image where neither kept peaks nor the dataset are at hand.
    ///
    /// # Errors
    /// A table or the dataset cannot be read, or `progress` says to stop.
    pub fn amounts(
        &self,
        ions: &[WantedIon],
        spectra: &SpectraOptions,
        progress: &dyn Progress,
    ) -> Result<DatasetAmounts, MeasureError> {
        let mut amounts = vec![vec![Amount::MISSING; ions.len()]; self.masks.len()];
        let missing = self.for_each_ion(ions, spectra, progress, |ion, origin, image| {
            for (mask, amounts) in self.masks.iter().zip(&mut amounts) {
                amounts[ion] = self.amount(image, mask, origin);
            }
        })?;
        let dataset = self.record.dataset_name().unwrap_or_default();
        let note = missing.map(|(n_missing, reason)| {
            format!(
                "`{dataset}`: {n_missing} ions that are annotated elsewhere are missing: {reason}"
            )
        });
        let facts = self.masks.iter().map(|mask| RegionFacts {
            n_pixels: mask.iter().filter(|inside| **inside).count(),
            mean_tic: mean_within(&self.pixels.tic, mask),
            mean_rms: mean_within(&self.pixels.rms, mask),
        });
        Ok(DatasetAmounts {
            facts: facts.collect(),
            dataset,
            amounts,
            note,
        })
    }

    /// The image of each ion in each region, its intensities divided by the region's factor.
    ///
    /// # Errors
    /// As [`MeasuredDataset::amounts`].
    pub fn images(
        &self,
        ions: &[WantedIon],
        factors: &[f64],
        spectra: &SpectraOptions,
        progress: &dyn Progress,
    ) -> Result<DatasetImages, MeasureError> {
        let mut images = DatasetImages::none(ions.len(), self.masks.len());
        self.for_each_ion(ions, spectra, progress, |ion, _, image| {
            let regions = self.masks.iter().zip(factors);
            for ((mask, factor), kept) in regions.zip(&mut images.of_ions[ion]) {
                *kept = Some(self.region_image(image, mask, *factor));
            }
        })?;
        Ok(images)
    }

    /// Shows the image of each ion to `each`, in no fixed order; says how many have none and why.
    fn for_each_ion(
        &self,
        ions: &[WantedIon],
        spectra: &SpectraOptions,
        progress: &dyn Progress,
        mut each: impl FnMut(usize, MeasuredFrom, &IonImage),
    ) -> Result<Option<(usize, String)>, MeasureError> {
        let mut wanted: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, ion) in ions.iter().enumerate() {
            if self.is_of_polarity(ion) {
                wanted.entry(&ion.ion_formula).or_default().push(number);
            }
        }
        let formulas: BTreeSet<String> = wanted.keys().map(|&name| name.to_owned()).collect();
        for_each_images::<MeasureError>(&self.results, &formulas, 1, |images| {
            check(progress)?;
            for stored in images {
                let numbers = wanted.remove(stored.ion_formula.as_str());
                for number in numbers.unwrap_or_default() {
                    each(number, MeasuredFrom::Images, &stored.image);
                }
            }
            Ok(())
        })?;
        let mut left: Vec<usize> = wanted.into_values().flatten().collect();
        left.retain(|&number| self.is_in_range(&ions[number]));
        left.sort_unstable();
        if left.is_empty() {
            return Ok(None);
        }
        let ppm = Ppm(self.record.settings.ppm);
        let windows: Vec<Window> = left.iter().map(|&ion| ppm.window(ions[ion].mz)).collect();
        let (images, origin) = match self.peaks(&windows, spectra, progress)? {
            Ok(found) => found,
            Err(reason) => return Ok(Some((left.len(), reason))),
        };
        images.for_each(&windows, &Silent, |place, image| {
            each(left[place], origin, &image);
            Ok::<_, MeasureError>(())
        })?;
        Ok(None)
    }

    /// The peaks within windows: those that the run kept, or those of the dataset; or why there are
    /// none.
    fn peaks(
        &self,
        windows: &[Window],
        spectra: &SpectraOptions,
        progress: &dyn Progress,
    ) -> Result<Result<(MzImages, MeasuredFrom), String>, MeasureError> {
        if self.results.join(PEAKS_PARQUET).is_file() {
            let kept = KeptPeaks::open(&self.results)?;
            return Ok(Ok((MzImages::of_kept(&kept)?, MeasuredFrom::Peaks)));
        }
        let files = DatasetFiles::from(&self.record.dataset);
        let choice = self.record.options.choice().map_err(ExploreError::from)?;
        let dataset = match files.open(&self.results, &spectra.folders, choice) {
            Ok(dataset) => dataset,
            Err(SpectraError::Explore(error)) => return Err(error.into()),
            Err(_) => {
                return Ok(Err(
                    "the run kept no peaks, and its dataset does not lie where it was annotated; \
                     --spectra DIR names a folder that has it"
                        .into(),
                ));
            }
        };
        let folder = self.results.clone();
        let scratch = |needed: u64| -> std::io::Result<Box<dyn Scratch>> {
            Ok(Box::new(TemporaryFile::with_room(&folder, needed)?))
        };
        let build = BuildOptions {
            memory_bytes: spectra.memory_bytes,
            buffer_bytes: spectra.memory_bytes / SHARE_OF_BUFFERS,
            scratch: &scratch,
        };
        let images = MzImages::of_dataset(&dataset, windows, &build, &WithoutStages(progress))?;
        Ok(Ok((images, MeasuredFrom::Dataset)))
    }

    /// The image of an ion in a region, its intensities divided by a factor.
    fn region_image(&self, image: &IonImage, mask: &[bool], factor: f64) -> RegionImage {
        let mut pixels: Vec<f32> = mask
            .iter()
            .map(|inside| if *inside { 0.0 } else { f32::NAN })
            .collect();
        for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
            if let Some(value) = pixels.get_mut(pixel as usize)
                && !value.is_nan()
            {
                #[expect(clippy::cast_possible_truncation, reason = "a picture has 255 colours")]
                let divided = (self.weighted(pixel as usize, intensity) / factor) as f32;
                *value = divided;
            }
        }
        RegionImage::within(&self.pixels.raster, &pixels)
    }

    fn is_of_polarity(&self, ion: &WantedIon) -> bool {
        ion.ion.ends_with('-') == (self.record.settings.charge < 0)
    }

    fn is_in_range(&self, ion: &WantedIon) -> bool {
        let range = self.record.dataset.mz_range;
        range.is_some_and(|(low, high)| (low..=high).contains(&ion.mz))
    }

    fn amount(&self, image: &IonImage, mask: &[bool], origin: MeasuredFrom) -> Amount {
        let of_pixel = |(&pixel, &intensity): (&u32, &f32)| {
            let pixel = pixel as usize;
            let is_inside = mask.get(pixel).copied().unwrap_or_default();
            is_inside.then(|| self.weighted(pixel, intensity))
        };
        let values = image.pixels.iter().zip(&image.intensities);
        let mut values: Vec<f64> = values.filter_map(of_pixel).collect();
        let n_pixels = mask.iter().filter(|inside| **inside).count();
        Amount {
            mean: values.iter().sum::<f64>() / n_pixels as f64,
            median: median_with_zeros(&mut values, n_pixels),
            share: values.len() as f64 / n_pixels as f64,
            origin,
        }
    }
}

/// Work within a step of another: it can be stopped, and begins no stage of its own.
struct WithoutStages<'a>(&'a dyn Progress);

impl Progress for WithoutStages<'_> {
    fn begin(&self, _stage: &'static str, _total: u64) {}

    fn advance(&self, _steps: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// Median of values above 0 and as many zeros as make up `n`.
fn median_with_zeros(values: &mut [f64], n: usize) -> f64 {
    let n_zeros = n.saturating_sub(values.len());
    let mut of_rank = |rank: usize| match rank.checked_sub(n_zeros) {
        Some(place) if place < values.len() => {
            *values.select_nth_unstable_by(place, f64::total_cmp).1
        }
        _ => 0.0,
    };
    if n == 0 {
        return f64::NAN;
    }
    f64::midpoint(of_rank((n - 1) / 2), of_rank(n / 2))
}

fn mean_within(values: &[f64], mask: &[bool]) -> f64 {
    let inside = values.iter().zip(mask).filter(|(_, inside)| **inside);
    let (sum, n) = inside.fold((0.0, 0_u64), |(sum, n), (value, _)| (sum + value, n + 1));
    sum / n as f64
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "exact values")]

    use super::*;

    #[test]
    fn the_median_counts_pixels_without_a_peak() {
        assert_eq!(median_with_zeros(&mut [3.0, 1.0, 2.0], 3), 2.0);
        assert_eq!(median_with_zeros(&mut [3.0, 1.0, 2.0], 4), 1.5);
        assert_eq!(median_with_zeros(&mut [3.0, 1.0, 2.0], 6), 0.5);
        assert_eq!(median_with_zeros(&mut [3.0], 4), 0.0);
        assert_eq!(median_with_zeros(&mut [], 2), 0.0);
    }
}
