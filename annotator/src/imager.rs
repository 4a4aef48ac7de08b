//! Segments × isotopic peaks = ion images.

use std::ops::Range;

use ms_core::image::{IonImage, MAX_FRAMED_AREA, PixelIdx};
use ms_core::progress::Progress;
use ms_core::spectra::{IndexError, Peak, Slab, SpectraIndex};
use ms_core::tolerance::{Ppm, Window};

use crate::patterns::PatternTable;

/// Which peaks of a slab lie in the window of each theoretical peak.
#[derive(Debug)]
pub struct Windows<'a> {
    /// The peaks.
    pub slab: Slab<'a>,
    n_peaks: usize,
    /// First place and place after the last, `n_ions × n_peaks`.
    ranges: Vec<Range<usize>>,
}

impl<'a> Windows<'a> {
    /// Finds the windows of all patterns in one pass over windows and peaks, both ordered by m/z.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn find(
        index: &'a SpectraIndex,
        patterns: &PatternTable,
        ppm: Ppm,
    ) -> Result<Self, IndexError> {
        let n_peaks = patterns.n_peaks;
        // m/z are positive, so that their bits are ordered as they are.
        let mut order: Vec<(u64, u32)> = (0..)
            .zip(&patterns.mzs)
            .filter(|(_, mz)| **mz > 0.0)
            .map(|(i, mz)| (mz.to_bits(), i))
            .collect();
        // Both ends of a window grow with its m/z.
        order.sort_unstable();
        let wanted: Vec<Window> = order
            .iter()
            .map(|&(bits, _)| ppm.window(f64::from_bits(bits)))
            .collect();
        let slab = index.load_windows(&wanted)?;
        let mut ranges = vec![0..0; patterns.mzs.len()];
        let mut start = 0;
        for (&(_, i), Window { low, high }) in order.iter().zip(wanted) {
            start = slab.seek(start, low);
            let end = slab.seek_past(start, high);
            ranges[i as usize] = start..end;
        }
        Ok(Self {
            slab,
            n_peaks,
            ranges,
        })
    }

    /// Places in the slab of the peaks of each isotope of the ion in a row.
    pub fn of(&self, row: usize) -> impl ExactSizeIterator<Item = Range<usize>> + '_ {
        let ranges = &self.ranges[row * self.n_peaks..(row + 1) * self.n_peaks];
        ranges.iter().cloned()
    }
}

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
        let n_touched = self.touched.len();
        debug_assert!(n_touched as u64 <= MAX_FRAMED_AREA);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "each pixel at most once, and rasters have fewer than 2³²"
        )]
        let n_touched = n_touched as u32;
        n_touched
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
        self.touched.len() * 4 > self.dense.len()
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
    pub fn add_all(&mut self, peaks: impl ExactSizeIterator<Item = Peak>) {
        let Self { dense, touched } = self;
        let mut n = touched.len();
        touched.resize(n + peaks.len(), 0);
        for Peak {
            pixel, intensity, ..
        } in peaks
        {
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
        let mut pixels = self.touched.clone();
        if pixels.len() * SORTED > self.dense.len() {
            let mut n = 0;
            for (pixel, &value) in (0..).zip(&self.dense) {
                // One more than there are may be looked at, but none is written beyond the last.
                if let Some(place) = pixels.get_mut(n) {
                    *place = pixel;
                }
                n += usize::from(value > 0.0);
            }
        } else {
            pixels.sort_unstable();
        }
        let intensities = pixels
            .iter()
            .map(|&pixel| self.dense[pixel as usize])
            .collect();
        IonImage {
            pixels,
            intensities,
        }
    }
}

/// The image of a closed interval of m/z: the intensities of its peaks, added up in each pixel in
/// the order of m/z; with fewer peaks than `min_px` it is empty. The canvas must be empty, and is again.
///
/// # Errors
/// The index cannot be read.
pub fn window_image(
    index: &SpectraIndex,
    window: Window,
    min_px: u32,
    canvas: &mut Canvas,
    progress: &dyn Progress,
) -> Result<IonImage, IndexError> {
    let mut n_peaks = 0;
    index.for_each_within(window, progress, |slab, places| {
        n_peaks += places.len();
        canvas.add_all(slab.peaks(places));
        Ok::<(), IndexError>(())
    })?;
    let image = if n_peaks < min_px as usize {
        IonImage::default()
    } else {
        canvas.image()
    };
    canvas.clear();
    Ok(image)
}

/// The images of the ion in a row, one for each isotope; an absent one is empty.
pub fn images(
    windows: &Windows<'_>,
    row: usize,
    min_px: u32,
    canvas: &mut Canvas,
) -> Vec<IonImage> {
    let mut images = Vec::new();
    for range in windows.of(row) {
        canvas.clear();
        if range.len() >= min_px as usize {
            canvas.add_all(windows.slab.peaks(range));
        }
        images.push(canvas.image());
    }
    canvas.clear();
    images
}
