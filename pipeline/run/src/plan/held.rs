//! Memory of workers, and how many peaks a task holds in it.

use ms_core::spectra::{PEAK_BYTES, stretch_peaks};

use crate::plan::Plan;

/// Memory of workers that can be had, in MB. On the first, Lambda gives one processor.
pub const MEMORY_CLASSES: [u32; 5] = [1_769, 3_538, 5_307, 7_076, 10_240];

/// Bytes of a program that does nothing yet, with its buffers.
pub(crate) const BASE_BYTES: u64 = 160 << 20;

/// Bytes of an ion of the search space.
pub(crate) const SPACE_BYTES_PER_ION: u64 = 200;

/// Runs of sorted peaks of the largest datasets, roughly.
const MANY_RUNS: u64 = 1 << 8;

/// Peaks that a task holds at the least, however few a dataset has.
const MIN_HELD: u64 = 1 << 23;

/// The part of all peaks that a task holds: some 30 Th of a range of 1,000, so that each is read
/// once; and of very large datasets at the least, for isotopic patterns and the ions between them.
const PART_HELD: u64 = 32;
const LEAST_PART_HELD: u64 = 160;

/// Sizes that decide how many peaks a task of ions or images holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldSizes {
    /// Values of all spectra.
    pub(crate) n_points: u64,
    /// Ions of the search space.
    pub(crate) n_ions: u64,
    /// Pixels.
    pub(crate) n_pixels: u64,
    /// Places of the bounding box.
    pub(crate) area: u64,
}

impl HeldSizes {
    /// Those of a run's plan.
    pub(crate) fn of(plan: &Plan) -> Self {
        let record = &plan.dataset.record;
        Self {
            n_points: plan.dataset.n_points,
            n_ions: plan.n_ions,
            n_pixels: record.n_pixels as u64,
            area: u64::from(record.width) * u64::from(record.height),
        }
    }

    /// Peaks that a task holds at most: as many as the smallest class of memory has room for, within
    /// the parts above.
    pub(crate) fn n_peaks(self) -> u64 {
        let room = (u64::from(MEMORY_CLASSES[0]) << 20).saturating_sub(BASE_BYTES + self.others());
        let most = (room / PEAK_BYTES).max(self.n_points / LEAST_PART_HELD);
        (self.n_points / PART_HELD).min(most).max(MIN_HELD)
    }

    /// Bytes of a task that holds them, besides those of the program.
    pub(crate) fn bytes(self) -> u64 {
        PEAK_BYTES * self.n_peaks() + self.others()
    }

    /// Bytes besides: buffers to read and to sort what is read at once, the search space, and the
    /// image that is drawn.
    pub(crate) fn others(self) -> u64 {
        let buffers = 2 * PEAK_BYTES * stretch_peaks(MANY_RUNS);
        buffers + SPACE_BYTES_PER_ION * self.n_ions + 16 * self.n_pixels + 13 * self.area
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_holds_what_it_has_room_for() {
        let of_gigabytes = |gigabytes: u64| {
            let n_points = gigabytes * 1_000_000_000 / 12;
            HeldSizes {
                n_points,
                n_ions: 275_213,
                n_pixels: n_points / 700,
                area: n_points / 700,
            }
        };
        let class = u64::from(MEMORY_CLASSES[0]) << 20;
        for gigabytes in [1, 2, 10, 25, 50] {
            assert!(BASE_BYTES + of_gigabytes(gigabytes).bytes() <= class);
        }
        assert_eq!(of_gigabytes(1).n_peaks(), MIN_HELD);
        assert_eq!(of_gigabytes(6).n_peaks(), 6_000_000_000 / 12 / PART_HELD);
        // Beyond what a task has room for it holds the least part, in a larger class.
        let largest = of_gigabytes(400);
        assert_eq!(largest.n_peaks(), largest.n_points / LEAST_PART_HELD);
        assert!(BASE_BYTES + largest.bytes() > class);
    }
}
