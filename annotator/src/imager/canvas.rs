//! A raster on which the peaks of a window are added up.

use std::sync::{Mutex, PoisonError};

use ms_core::image::{IonImage, MAX_FRAMED_AREA, PixelIdx};
use ms_core::spectra::Peak;

use super::prefetch::{ahead, ask_for};

/// An image of a signal at fewer than one in so many pixels is faster sorted than looked for.
const SORTED: usize = 8;

/// Adds up the peaks of a window on a raster, one isotope after another.
#[derive(Debug)]
pub struct Canvas {
    /// Intensity of every pixel; zero but for those of `touched`.
    pub dense: Vec<f32>,
    /// Pixels with a peak, in the order in which they came: bare numbers of [`PixelIdx`].
    pub touched: Vec<u32>,
}

impl Canvas {
    /// An empty canvas of so many pixels.
    pub fn new(n_pixels: usize) -> Self {
        Self {
            dense: vec![0.0; n_pixels],
            touched: Vec::new(),
        }
    }

    /// Number of pixels with a signal.
    pub fn n_touched(&self) -> u32 {
        number(self.touched.len())
    }

    /// Wipes the canvas; costs as much as there is on it.
    pub fn clear(&mut self) {
        if self.is_dense() {
            self.dense.fill(0.0);
        } else {
            for &pixel in &self.touched {
                self.dense[pixel as usize] = 0.0;
            }
        }
        self.touched.clear();
    }

    /// Whether so many pixels have a signal that going over all is faster than over those.
    pub fn is_dense(&self) -> bool {
        self.is_dense_with(self.touched.len())
    }

    /// The same if so many pixels had one.
    pub fn is_dense_with(&self, n_touched: usize) -> bool {
        n_touched * 4 > self.dense.len()
    }

    /// Adds a peak to its pixel.
    pub fn add(&mut self, pixel: PixelIdx, intensity: f32) {
        let value = &mut self.dense[pixel.usize()];
        if *value == 0.0 {
            self.touched.push(pixel.0);
        }
        *value += intensity;
    }

    /// Adds peaks to their pixels, one after another.
    pub fn add_all(&mut self, peaks: impl ExactSizeIterator<Item = Peak> + Clone) {
        let Self { dense, touched } = self;
        let mut next = ahead(dense, peaks.clone());
        let mut n = touched.len();
        touched.resize(n + peaks.len(), 0);
        for Peak {
            pixel, intensity, ..
        } in peaks
        {
            if let Some(peak) = next.next() {
                ask_for(dense, peak.pixel.usize());
            }
            let value = &mut dense[pixel.usize()];
            // Written in any case, and kept if it is new: there is nothing to be guessed.
            touched[n] = pixel.0;
            n += usize::from(*value == 0.0);
            *value += intensity;
        }
        touched.truncate(n);
    }

    /// The image on the canvas, in raster order.
    pub fn image(&self) -> IonImage {
        let n_touched = self.touched.len();
        if n_touched * SORTED > self.dense.len() {
            let (mut pixels, mut intensities) = (vec![0; n_touched], vec![0.0; n_touched]);
            let mut n = 0;
            for (pixel, &value) in (0..).zip(&self.dense) {
                // One more than there are may be looked at, but none is written beyond the last.
                if let Some(place) = pixels.get_mut(n) {
                    (*place, intensities[n]) = (pixel, value);
                }
                n += usize::from(value > 0.0);
            }
            return IonImage {
                pixels,
                intensities,
            };
        }
        let mut pixels = self.touched.clone();
        pixels.sort_unstable();
        let intensity = |&pixel: &u32| self.dense[pixel as usize];
        IonImage {
            intensities: pixels.iter().map(intensity).collect(),
            pixels,
        }
    }
}

/// The number of a pixel, be it of a framed image, or a number of pixels.
pub(crate) fn number(n: usize) -> u32 {
    debug_assert!(n as u64 <= MAX_FRAMED_AREA);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "framed images have fewer than 2³² pixels, as a raster promises"
    )]
    let n = n as u32;
    n
}

/// Canvases that are used again: the system gives fresh memory page by page, as it is drawn on, which
/// takes longer than drawing.
#[derive(Debug, Default)]
pub struct Canvases {
    idle: Mutex<Vec<Canvas>>,
}

impl Canvases {
    /// Does something with an empty canvas of so many pixels. One that is left empty is used again.
    pub fn with<T>(&self, n_pixels: usize, draw: impl FnOnce(&mut Canvas) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |canvas: &Canvas| canvas.dense.len() == n_pixels;
        let canvas = idle().pop().filter(fits);
        let mut canvas = canvas.unwrap_or_else(|| Canvas::new(n_pixels));
        let done = draw(&mut canvas);
        if canvas.touched.is_empty() {
            idle().push(canvas);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canvases_are_used_again_where_they_fit() {
        let canvases = Canvases::default();
        let place = |canvas: &mut Canvas| (canvas.dense.as_ptr(), canvas.dense.len());
        let first = canvases.with(100, place);
        assert_eq!(canvases.with(100, place), first);
        assert_eq!(canvases.with(7, place).1, 7);
        // One on which something failed is not.
        canvases.with(7, |canvas| canvas.add(PixelIdx(3), 1.0));
        assert!(canvases.with(7, |canvas| canvas.image().pixels.is_empty()));
    }
}
