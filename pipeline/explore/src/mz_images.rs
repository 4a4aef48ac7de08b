//! Images of any m/z, annotated or not: of the peaks that a run kept, or of the dataset itself.
//!
//! ```text
//! kept peaks ────────────────────────────────┐
//! dataset ─▶ peaks within the windows, by m/z ┴▶ one image a window
//! ```

use std::collections::BTreeMap;

use annotator::imager::{Canvas, window_image};
use metaspace_results::{ImzmlOrigin, KeptPeaks, StoredPixels, read_pixels};
use ms_core::image::{IonImage, Raster};
use ms_core::imzml::Dataset;
use ms_core::progress::{Progress, Silent, check};
use ms_core::spectra::{BuildOptions, Census, SpectraIndex};
use ms_core::tolerance::Window;
use rayon::prelude::*;

use crate::error::ExploreError;

/// Images made side by side, unless they are large.
const AT_ONCE: usize = 64;

/// Bytes of images made side by side, at most: of a few large ones one after another.
const AT_ONCE_BYTES: usize = 1 << 28;

/// Bytes of a pixel of an image.
const PIXEL_BYTES: usize = 8;

/// Peaks that an image needs so as not to be empty.
const MIN_PX: u32 = 1;

/// Peaks in which windows of m/z can be looked for.
#[derive(Debug)]
pub struct MzImages {
    index: SpectraIndex,
    /// The pixels, and what was measured in each.
    pub pixels: StoredPixels,
}

impl MzImages {
    /// Those that a run kept. Nothing is read yet but the table's footer and the pixels.
    ///
    /// # Errors
    /// The table of pixels beside them cannot be read, or is of other pixels.
    pub fn of_kept(kept: &KeptPeaks) -> Result<Self, ExploreError> {
        let pixels = read_pixels(kept.folder())?;
        if pixels.raster.n_pixels() != kept.about.dataset.n_pixels {
            return Err(kept.wrong_dataset().into());
        }
        Ok(Self {
            index: kept.index(pixels.raster.n_pixels())?,
            pixels,
        })
    }

    /// Those of a dataset that lie in any of some windows; its spectra are read once.
    ///
    /// # Errors
    /// A spectrum is wrong, scratch fails, or `progress` says to stop.
    pub fn of_dataset(
        dataset: &Dataset,
        windows: &[Window],
        options: &BuildOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Self, ExploreError> {
        let intervals = Window::joined(windows.iter().copied());
        let (index, census) = SpectraIndex::build_within(dataset, &intervals, options, progress)?;
        let Census {
            tic,
            rms,
            n_peaks_of_pixel,
            ..
        } = census;
        let pixels = StoredPixels {
            raster: dataset.pixels.raster.clone(),
            origin: ImzmlOrigin::from(&dataset.pixels),
            tic,
            rms,
            n_peaks: n_peaks_of_pixel,
        };
        Ok(Self { index, pixels })
    }

    /// The peaks by m/z.
    pub fn index(&self) -> &SpectraIndex {
        &self.index
    }

    /// The pixels.
    pub fn raster(&self) -> &Raster {
        &self.pixels.raster
    }

    /// The image of a window.
    ///
    /// # Errors
    /// The peaks cannot be read.
    pub fn image(&self, window: Window) -> Result<IonImage, ExploreError> {
        let mut canvas = Canvas::new(self.raster().n_pixels());
        Ok(window_image(
            &self.index,
            window,
            MIN_PX,
            &mut canvas,
            &Silent,
        )?)
    }

    /// How far peaks of a window are from its m/z in each pixel that has some: measured less `mz`, in
    /// ppm, weighted by intensity. Pixels ascend.
    ///
    /// # Errors
    /// The peaks cannot be read.
    pub fn errors(&self, mz: f64, window: Window) -> Result<IonImage, ExploreError> {
        let slab = self.index.load(window.low, window.high)?;
        let range = slab.seek(0, window.low)..slab.seek_past(0, window.high);
        let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for peak in slab.peaks(range) {
            let (moment, sum) = sums.entry(peak.pixel.0).or_default();
            *moment += f64::from(peak.intensity) * (peak.mz / mz - 1.0) * 1e6;
            *sum += f64::from(peak.intensity);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "some ppm need no more digits"
        )]
        let error = |(moment, sum): &(f64, f64)| (moment / sum) as f32;
        Ok(IonImage {
            pixels: sums.keys().copied().collect(),
            intensities: sums.values().map(error).collect(),
        })
    }

    /// Shows the image of each window to `each`, in the order of the windows.
    ///
    /// # Errors
    /// The peaks cannot be read, `progress` says to stop, or what `each` says.
    pub fn for_each<E: From<ExploreError>>(
        &self,
        windows: &[Window],
        progress: &dyn Progress,
        mut each: impl FnMut(usize, IonImage) -> Result<(), E>,
    ) -> Result<(), E> {
        let n_pixels = self.raster().n_pixels();
        let at_once = (AT_ONCE_BYTES / (n_pixels * PIXEL_BYTES).max(1)).clamp(1, AT_ONCE);
        for (batch, windows) in windows.chunks(at_once).enumerate() {
            let made: Vec<IonImage> = windows
                .par_iter()
                .map_init(
                    || Canvas::new(n_pixels),
                    |canvas, &window| {
                        check(progress)?;
                        Ok(window_image(&self.index, window, MIN_PX, canvas, progress)?)
                    },
                )
                .collect::<Result<_, ExploreError>>()?;
            for (place, image) in (batch * at_once..).zip(made) {
                each(place, image)?;
                progress.advance(1);
            }
        }
        Ok(())
    }
}
