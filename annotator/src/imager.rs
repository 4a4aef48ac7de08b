//! Segments × isotopic peaks = ion images.

use std::ops::Range;

use ms_core::image::IonImage;
use ms_core::progress::Progress;
use ms_core::spectra::{IndexError, Slab, SpectraIndex};
use ms_core::tolerance::{Ppm, Window};

use crate::patterns::PatternTable;

mod canvas;
mod drawing;
mod pixel_set;
mod prefetch;

pub(crate) use canvas::number;
pub use canvas::{Canvas, Canvases};
pub use drawing::Drawing;
pub(crate) use pixel_set::PixelSet;
pub(crate) use prefetch::{ahead, ask_for, asking_ahead};

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
