//! How the memory that may be used is divided.

use ms_core::spectra::{PEAK_BYTES, SpectraIndex};

/// Bytes of the program itself, of molecules and their patterns, and of buffers for tables.
const BASE_BYTES: u64 = 96 << 20;

/// Bytes a pixel: what the census knows of it, and its place.
const BYTES_PER_PIXEL: u64 = 40;

/// Bytes a spectrum while it is read: where its arrays lie, and its pixel.
const BYTES_PER_SPECTRUM: u64 = 72;

/// Bytes a pixel that each thread needs to draw images and to score them.
const THREAD_BYTES_PER_PIXEL: u64 = 40;

/// Division of the memory that may be used, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryShares {
    /// Of the index, where all of it is in memory.
    pub(crate) index: u64,
    /// Of buffers while peaks are sorted into scratch.
    pub(crate) buffers: u64,
    /// What is left while ions are looked for.
    search: u64,
    /// What is left in any case, though it is more than allowed.
    least: u64,
}

impl MemoryShares {
    /// Of so much memory, for a dataset of so many pixels and so many threads.
    pub(crate) fn of(allowed: u64, n_pixels: u64, n_threads: u64) -> Self {
        // Where many pixels alone take nearly all, peaks get a quarter, and the limit is exceeded.
        let least = allowed / 4;
        let beside = |per_pixel: u64| {
            let other = BASE_BYTES.saturating_add(n_pixels.saturating_mul(per_pixel));
            allowed.saturating_sub(other).max(least)
        };
        let search = beside(BYTES_PER_PIXEL + n_threads * THREAD_BYTES_PER_PIXEL);
        Self {
            index: search / 8 * 7,
            buffers: beside(BYTES_PER_PIXEL + BYTES_PER_SPECTRUM) / 2,
            search,
            least,
        }
    }

    /// Peaks in the windows of ions that are held, where the others lie in scratch: half of what there
    /// is, as the allocator keeps some of what was used before.
    pub(crate) fn held_peaks(self, index: &SpectraIndex) -> u64 {
        self.held_beside(index.bytes_of_runs())
    }

    fn held_beside(self, bytes_of_runs: u64) -> u64 {
        let free = self.search.saturating_sub(bytes_of_runs);
        free.max(self.least / 2) / 2 / PEAK_BYTES
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
        // Four times as many pixels leave room in 1 GiB for the peaks in the windows of some 5 Th, a
        // fifth of ten million, whatever is known of the runs.
        let small = MemoryShares::of(gib, 3_000_000, 2);
        assert!(small.held_beside(160 << 20) > 4_000_000);
        assert!(small.held_beside(0) * PEAK_BYTES < gib / 2 && small.buffers < gib / 2);
        // Little memory and many pixels: something is left in any case.
        let least = MemoryShares::of(128 << 20, 10_000_000, 8);
        assert_eq!(least.buffers, 16 << 20);
        assert!(least.held_beside(gib) > 500_000);
    }
}
