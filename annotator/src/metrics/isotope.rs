//! What the scores need to know of one isotopic image, gathered while its peaks pass by.

use ms_core::spectra::Peak;

use crate::imager::{Drawing, asking_ahead};

mod dense;

use dense::DenseSums;

/// Sums over one image. Of an absent image all are 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct IsotopeSums {
    /// Pixels with a peak.
    pub n_pixels: u32,
    /// Sum of intensities.
    pub total: f64,
    /// Smallest intensity of a pixel.
    pub min: f32,
    /// Largest intensity of a pixel.
    pub max: f32,
    /// Sum of squares of the pixels' intensities.
    pub squares: f64,
    /// Sum over the pixels of the first image.
    pub within_first: f64,
    /// Sum of products with the first image.
    pub products: f64,
}

/// Sums of the m/z errors of the peaks of one image.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct MassSums {
    /// Sum of the peaks' intensities.
    weights: f64,
    /// Sum of intensity · m/z error.
    errors: f64,
    /// Sum of intensity · square of m/z error.
    squares: f64,
}

impl IsotopeSums {
    /// Takes note of the first image's pixels.
    pub(super) fn finish_first(&mut self, image: &Drawing) {
        self.n_pixels = image.n_pixels();
        if image.is_dense() {
            self.add_all(image.raster(), image.raster());
        } else {
            self.add_some(image.list(), |_| 0.0);
        }
        self.products = self.squares;
        self.within_first = self.total;
    }

    /// Takes note of the pixels of another image.
    ///
    /// Sums run over the pixels in raster order where most have a signal, else over those that have,
    /// in the order in which they came.
    /// The first image is dense or laid out.
    pub(super) fn finish_other(&mut self, image: &Drawing, first: &Drawing) {
        self.n_pixels = image.n_pixels();
        let raster = first.raster();
        if image.is_dense() {
            self.add_all(image.raster(), raster);
        } else if first.is_dense() {
            let list = asking_ahead(raster, image.list(), |(pixel, _)| pixel);
            self.add_some(list, |pixel| raster[pixel as usize]);
        } else {
            // Where the first has nothing, the raster is far away and its first pixel at hand.
            let place = |pixel| if first.has(pixel) { pixel } else { 0 };
            let list = asking_ahead(raster, image.list(), |(pixel, _)| place(pixel));
            self.add_some(list, |pixel| {
                let value = raster[place(pixel) as usize];
                if first.has(pixel) { value } else { 0.0 }
            });
        }
    }

    fn add_some(&mut self, list: impl Iterator<Item = (u32, f32)>, first: impl Fn(u32) -> f32) {
        let mut min = f32::INFINITY;
        for (pixel, value) in list {
            min = min.min(value);
            self.max = self.max.max(value);
            let value = f64::from(value);
            self.total += value;
            self.squares += value * value;
            let first = first(pixel);
            self.products += value * f64::from(first);
            self.within_first += if first > 0.0 { value } else { 0.0 };
        }
        self.min = if min.is_finite() { min } else { 0.0 };
    }

    /// The same over all pixels.
    fn add_all(&mut self, image: &[f32], first: &[f32]) {
        let DenseSums {
            total,
            min,
            max,
            squares,
            within_first,
            products,
        } = DenseSums::of(image, first);
        *self = Self {
            n_pixels: self.n_pixels,
            total,
            min,
            max,
            squares,
            within_first,
            products,
        };
    }
}

impl MassSums {
    /// Takes note of a peak in the window around a theoretical m/z.
    pub(super) fn add(&mut self, peak: Peak, theoretical_mz: f64, rounds_mz: bool) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the engine rounds m/z to f32"
        )]
        let mz = if rounds_mz {
            f64::from(peak.mz as f32)
        } else {
            peak.mz
        };
        let (error, weight) = (mz - theoretical_mz, f64::from(peak.intensity));
        self.weights += weight;
        self.errors += weight * error;
        self.squares += weight * error * error;
    }

    /// Intensity-weighted mean of measured less theoretical m/z, 0 of an absent image.
    pub(super) fn mean(&self) -> f64 {
        if self.weights > 0.0 {
            self.errors / self.weights
        } else {
            0.0
        }
    }

    /// Intensity-weighted standard deviation of m/z, 0 of an absent image.
    pub(super) fn stddev(&self) -> f64 {
        if self.weights > 0.0 {
            (self.squares / self.weights - self.mean().powi(2))
                .max(0.0)
                .sqrt()
        } else {
            0.0
        }
    }
}
