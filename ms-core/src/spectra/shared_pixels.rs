//! Pixels whose peaks lie in several runs.

use std::ops::Range;

use super::record::{Peak, Record};

/// Pixels that have peaks in more than one run: those that were measured more than once. Memory: a bit a
/// pixel.
#[derive(Debug, Clone)]
pub(super) struct SharedPixels {
    bits: Vec<u64>,
    /// Whether there is none.
    pub(super) is_empty: bool,
}

impl SharedPixels {
    /// Of runs of some spectra each, by the pixel of each spectrum. Numbers beyond the last pixel are those
    /// of spectra that are not looked at.
    pub(super) fn new(runs: &[Range<usize>], pixel_of_spectrum: &[u32], n_pixels: usize) -> Self {
        let mut bits = vec![0_u64; n_pixels.div_ceil(64)];
        let mut is_empty = true;
        // The last run in which each pixel was met.
        let mut last = vec![u32::MAX; n_pixels];
        for (run, spectra) in (0..).zip(runs) {
            for &pixel in &pixel_of_spectrum[spectra.clone()] {
                let Some(last) = last.get_mut(pixel as usize) else {
                    continue;
                };
                let before = std::mem::replace(last, run);
                if before != u32::MAX && before != run {
                    bits[pixel as usize / 64] |= 1 << (pixel % 64);
                    is_empty = false;
                }
            }
        }
        Self { bits, is_empty }
    }

    /// No pixel.
    pub(super) fn none() -> Self {
        Self {
            bits: Vec::new(),
            is_empty: true,
        }
    }

    /// Whether the pixel of a peak is one.
    pub(super) fn has(&self, record: &Record) -> bool {
        let pixel = Peak::unpack(*record).pixel.0;
        let word = self.bits.get(pixel as usize / 64);
        word.is_some_and(|word| word >> (pixel % 64) & 1 == 1)
    }
}
