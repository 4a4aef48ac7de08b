//! How the memory that may be used is divided.

use ms_core::spectra::PEAK_BYTES;

/// Bytes of the program itself, of molecules and their patterns, and of buffers for tables.
const BASE_BYTES: u64 = 96 << 20;

/// Bytes a pixel: what the census knows of it, its place, and that in the imzML.
const BYTES_PER_PIXEL: u64 = 48;

/// Bytes a spectrum while it is read: where its arrays lie, and its pixel.
const BYTES_PER_SPECTRUM: u64 = 72;

/// Bytes a pixel that each thread needs to draw images and to score them.
const THREAD_BYTES_PER_PIXEL: u64 = 32;

/// Division of the memory that may be used, in bytes unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryShares {
    /// Of the index, where all of it is in memory.
    pub(crate) index: u64,
    /// Of buffers while peaks are sorted into scratch.
    pub(crate) buffers: u64,
    /// Peaks of the index that are held, where the others lie in scratch.
    pub(crate) held_peaks: u64,
}

impl MemoryShares {
    /// Of so much memory, for a dataset of so many pixels and so many threads.
    pub(crate) fn of(allowed: u64, n_pixels: u64, n_threads: u64) -> Self {
        let beside = |per_pixel: u64| {
            let other = BASE_BYTES.saturating_add(n_pixels.saturating_mul(per_pixel));
            // Where many pixels alone take nearly all, peaks get a quarter, and the limit is exceeded.
            allowed.saturating_sub(other).max(allowed / 4)
        };
        let free = beside(BYTES_PER_PIXEL + n_threads * THREAD_BYTES_PER_PIXEL);
        let buffers = beside(BYTES_PER_PIXEL + BYTES_PER_SPECTRUM) / 2;
        Self {
            index: free / 8 * 7,
            buffers,
            // Beside them is what is known of the runs, and are buffers to read and to sort: together with
            // these, 25 GB take 1,056 MB where 1 GiB is allowed.
            held_peaks: free.saturating_sub(buffers / 8).max(free / 4) / 16 * 9 / PEAK_BYTES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_is_used() {
        let gib = 1 << 30;
        // 516 million peaks of 1000 × 750 pixels are held in half of 24 GiB.
        let large = MemoryShares::of(12 * gib, 750_000, 2);
        assert!(large.index > 516_000_000 * PEAK_BYTES && large.index < 12 * gib);
        // Four times as many pixels leave room for the peaks around an isotopic pattern in 1 GiB.
        let small = MemoryShares::of(gib, 3_000_000, 2);
        assert!(small.held_peaks > 20_000_000);
        assert!(small.held_peaks * PEAK_BYTES < gib / 2 && small.buffers < gib / 2);
        // Little memory and many pixels: something is left in any case.
        let least = MemoryShares::of(128 << 20, 10_000_000, 8);
        assert_eq!(least.buffers, 16 << 20);
    }
}
