//! The image of a window while it is measured.
//!
//! A raster of millions of pixels lies beyond the caches next to a processor. Most images have a signal at
//! few of them: these are kept as a list, and what a raster would tell (whether a pixel had a peak before)
//! is told by a bit each.

use ms_core::image::PixelIdx;
use ms_core::spectra::Peak;

use super::canvas::{Canvas, number};
use super::pixel_set::PixelSet;
use super::prefetch::{ahead, ask_for, asking_ahead};

/// The image of a window: on a raster where many pixels have a signal, else as a list of those that have.
#[derive(Debug)]
pub struct Drawing {
    /// The raster, and the pixels with a signal. The raster of a list is empty unless it is laid out.
    canvas: Canvas,
    /// Intensities of the pixels of a list.
    intensities: Vec<f32>,
    /// The pixels of a list.
    listed: PixelSet,
    /// Peaks of a list at pixels that had one before.
    repeated: Vec<(u32, f32)>,
    /// Their pixels.
    is_repeated: PixelSet,
    is_laid_out: bool,
}

impl Drawing {
    /// An empty image of so many pixels. Memory: 4.25 bytes a pixel, and 4 for each that has a signal, or 8 in
    /// a list.
    pub fn new(n_pixels: usize) -> Self {
        Self {
            canvas: Canvas::new(n_pixels),
            intensities: Vec::new(),
            listed: PixelSet::new(n_pixels),
            repeated: Vec::new(),
            is_repeated: PixelSet::new(n_pixels),
            is_laid_out: false,
        }
    }

    /// The image that has these intensities in its pixels, in raster order; 0 is no signal.
    pub fn of_raster(intensities: &[f32]) -> Self {
        let mut drawing = Self::new(intensities.len());
        let peaks = (0..)
            .zip(intensities)
            .filter(|(_, intensity)| **intensity > 0.0);
        let peak = |(pixel, &intensity)| Peak {
            mz: 0.0,
            intensity,
            pixel: PixelIdx(pixel),
        };
        drawing.draw(peaks.map(peak).collect::<Vec<_>>().into_iter());
        drawing
    }

    /// Draws peaks in place of what was there: the intensities of each pixel are added up as they come.
    pub fn draw(&mut self, peaks: impl ExactSizeIterator<Item = Peak> + Clone) {
        self.clear();
        if self.canvas.is_dense_with(peaks.len()) {
            self.canvas.add_all(peaks);
            if !self.is_dense() {
                // Many peaks of few pixels.
                self.list_canvas();
            }
        } else {
            self.list_peaks(peaks);
        }
    }

    /// Whether many pixels have a signal, so that the image is on the raster.
    pub fn is_dense(&self) -> bool {
        self.canvas.is_dense()
    }

    /// Number of pixels with a signal.
    pub fn n_pixels(&self) -> u32 {
        self.canvas.n_touched()
    }

    /// The pixels with a signal, in the order in which they came.
    pub fn pixels(&self) -> &[u32] {
        &self.canvas.touched
    }

    /// The same of an image that is not dense.
    pub(crate) fn set(&self) -> &PixelSet {
        debug_assert!(!self.is_dense());
        &self.listed
    }

    /// The first pixel with a signal in raster order, and the last.
    pub fn ends(&self) -> Option<(u32, u32)> {
        if !self.is_dense() {
            return self.listed.ends();
        }
        let mut raster = self.raster().iter();
        let first = raster.clone().position(|&intensity| intensity > 0.0)?;
        let last = raster.rposition(|&intensity| intensity > 0.0)?;
        Some((number(first), number(last)))
    }

    /// The intensities of those of an image that is not dense.
    pub fn intensities(&self) -> &[f32] {
        debug_assert!(!self.is_dense());
        &self.intensities
    }

    /// The pixels of an image that is not dense, with their intensities.
    pub fn list(&self) -> impl Iterator<Item = (u32, f32)> + Clone {
        let intensities = self.intensities().iter().copied();
        self.pixels().iter().copied().zip(intensities)
    }

    /// The intensities of all pixels, in raster order: of an image that is dense, or laid out.
    pub fn raster(&self) -> &[f32] {
        debug_assert!(self.is_dense() || self.is_laid_out);
        &self.canvas.dense
    }

    /// Has a list on the raster too.
    pub fn lay_out(&mut self) {
        if self.is_dense() || self.is_laid_out {
            return;
        }
        let Canvas { dense, touched } = &mut self.canvas;
        let mut next = ahead(dense, touched.iter());
        for (&pixel, &intensity) in touched.iter().zip(&self.intensities) {
            if let Some(&pixel) = next.next() {
                ask_for(dense, pixel as usize);
            }
            dense[pixel as usize] = intensity;
        }
        self.is_laid_out = true;
    }

    /// Whether a pixel has a signal.
    #[inline]
    pub fn has(&self, pixel: u32) -> bool {
        if self.is_dense() {
            self.canvas.dense[pixel as usize] > 0.0
        } else {
            self.listed.has(pixel)
        }
    }

    /// Calls `each` with the pixels with a signal and their intensities, in the order in which they came.
    pub fn for_each(&self, mut each: impl FnMut(u32, f32)) {
        if self.is_dense() {
            let Canvas { dense, touched } = &self.canvas;
            let pixels = asking_ahead(dense, touched.iter().copied(), |pixel| pixel);
            pixels.for_each(|pixel| each(pixel, dense[pixel as usize]));
        } else {
            self.list()
                .for_each(|(pixel, intensity)| each(pixel, intensity));
        }
    }

    fn clear(&mut self) {
        if self.is_dense() {
            return self.canvas.clear();
        }
        self.listed.clear(self.canvas.touched.iter().copied());
        if std::mem::take(&mut self.is_laid_out) {
            self.canvas.clear();
        } else {
            self.canvas.touched.clear();
        }
    }

    /// Makes a list of what is on the raster, where it stays.
    fn list_canvas(&mut self) {
        let Canvas { dense, touched } = &self.canvas;
        self.intensities.clear();
        let intensities = touched.iter().map(|&pixel| dense[pixel as usize]);
        self.intensities.extend(intensities);
        for &pixel in touched {
            self.listed.insert(pixel);
        }
        self.is_laid_out = true;
    }

    fn list_peaks(&mut self, peaks: impl ExactSizeIterator<Item = Peak>) {
        let (pixels, intensities) = (&mut self.canvas.touched, &mut self.intensities);
        pixels.resize(peaks.len(), 0);
        intensities.resize(peaks.len(), 0.0);
        let mut n = 0;
        for peak in peaks {
            let (pixel, intensity) = (peak.pixel.0, peak.intensity);
            if self.listed.insert(pixel) {
                (pixels[n], intensities[n]) = (pixel, intensity);
                n += 1;
            } else {
                self.repeated.push((pixel, intensity));
            }
        }
        pixels.truncate(n);
        intensities.truncate(n);
        if !self.repeated.is_empty() {
            self.add_repeated();
        }
    }

    /// Adds the peaks at pixels that had one before to those.
    fn add_repeated(&mut self) {
        // Those of a pixel stay in the order in which they came.
        self.repeated.sort_by_key(|&(pixel, _)| pixel);
        for &(pixel, _) in &self.repeated {
            self.is_repeated.insert(pixel);
        }
        for (&pixel, intensity) in self.canvas.touched.iter().zip(&mut self.intensities) {
            if self.is_repeated.has(pixel) {
                let first = self.repeated.partition_point(|&(of, _)| of < pixel);
                let of_pixel = self.repeated[first..].iter();
                for (_, more) in of_pixel.take_while(|(of, _)| *of == pixel) {
                    *intensity += more;
                }
            }
        }
        self.is_repeated
            .clear(self.repeated.iter().map(|&(pixel, _)| pixel));
        self.repeated.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn peaks(of: &[(u32, f32)]) -> impl ExactSizeIterator<Item = Peak> + Clone {
        of.iter().map(|&(pixel, intensity)| Peak {
            mz: 100.0,
            intensity,
            pixel: PixelIdx(pixel),
        })
    }

    proptest! {
        #[test]
        fn an_image_is_that_of_a_canvas(
            images in prop::collection::vec(
                prop::collection::vec((0_u32..200, 0.1_f32..10.0), 0..120), 1..6,
            ),
            lays_out in any::<bool>(),
        ) {
            let mut drawing = Drawing::new(200);
            for image in images {
                let mut canvas = Canvas::new(200);
                canvas.add_all(peaks(&image));
                drawing.draw(peaks(&image));
                prop_assert_eq!(drawing.is_dense(), canvas.is_dense());
                prop_assert_eq!(drawing.pixels(), &canvas.touched);
                let pixels = canvas.touched.iter().copied();
                prop_assert_eq!(drawing.ends(), pixels.clone().min().zip(pixels.max()));
                let mut found = Vec::new();
                drawing.for_each(|pixel, intensity| found.push((pixel, intensity)));
                let of_canvas = |&pixel: &u32| (pixel, canvas.dense[pixel as usize]);
                prop_assert_eq!(found, canvas.touched.iter().map(of_canvas).collect::<Vec<_>>());
                for pixel in 0..200 {
                    prop_assert_eq!(drawing.has(pixel), canvas.dense[pixel as usize] > 0.0);
                }
                if lays_out {
                    drawing.lay_out();
                }
                if drawing.is_dense() || lays_out {
                    prop_assert_eq!(drawing.raster(), &canvas.dense);
                }
            }
        }
    }

    #[test]
    fn images_of_rasters_beyond_the_cache_are_sums() {
        let n_pixels = 600_000;
        let mut drawing = Drawing::new(n_pixels as usize);
        // Many pixels, in an order that leaps; then few, some of them twice.
        for n_peaks in [500_000_u32, 5_000] {
            let image: Vec<(u32, f32)> = (0..n_peaks)
                .map(|i| (i % (n_peaks - 9) * 7_919 % n_pixels, 1.0 + (i % 5) as f32))
                .collect();
            let mut expected = vec![0.0; n_pixels as usize];
            for &(pixel, intensity) in &image {
                expected[pixel as usize] += intensity;
            }
            drawing.draw(peaks(&image));
            drawing.lay_out();
            assert_eq!(drawing.raster(), expected);
            let mut found = vec![0.0; n_pixels as usize];
            drawing.for_each(|pixel, intensity| found[pixel as usize] = intensity);
            assert_eq!(found, expected);
        }
    }
}
