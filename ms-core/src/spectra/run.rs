//! Sorted runs: the peaks of consecutive spectra, ordered by m/z, as they are stored and read back.
//!
//! ```text
//! spectra 0 … 999    ─▶ run ─┐   a stretch of m/z of each, merged,
//! spectra 1000 … 1999 ─▶ run ─┴▶ is that stretch of the whole index
//! ```
//!
//! A run is its directory, of fixed length, and its peaks. Integers and floats are little-endian.

use std::io::{self, Write};
use std::ops::Range;

use super::census::{CensusPart, N_BUCKETS, bucket};
use super::error::IndexError;
use super::record::{Peak, Record, as_bytes};
use super::segment::{Spare, sort_counted};
use super::stream::for_each_spectrum;
use crate::bytes::index;
use crate::imzml::SpectraPart;
use crate::progress::Progress;
use crate::tolerance::Window;

/// First bytes of a run; the last is the version of its format.
const MAGIC: [u8; 8] = *b"MSPEAKS\x02";

/// Buckets of m/z of one cell of the directory: 1,024 cells for each doubling of m/z, so that what is
/// read around a unit of ions is little beside what the unit needs.
pub(super) const CELL_BUCKETS: usize = 4;

/// Cells of the directory, from m/z 1 to 2^20.
pub(super) const N_CELLS: usize = N_BUCKETS / CELL_BUCKETS;

/// Peaks of consecutive spectra, ordered by m/z; equal ones in the order of the spectra.
pub struct SortedRun {
    records: Vec<Record>,
}

/// Buffers in which runs are made one after another: fresh memory costs as much as half of the sorting.
#[derive(Debug, Default)]
pub struct RunBuffers {
    records: Vec<Record>,
    /// Peaks of each bucket of the census.
    buckets: Vec<u32>,
    spare: Spare,
}

impl SortedRun {
    /// Orders the peaks of a part's spectra whose m/z lie in any of some closed intervals, which
    /// ascend; and counts all of them.
    ///
    /// Memory: 32 bytes a peak that is kept.
    ///
    /// # Errors
    /// A spectrum is wrong, or `progress` says to stop.
    pub fn build(
        part: SpectraPart<'_>,
        intervals: &[Window],
        buffers: &mut RunBuffers,
        progress: &dyn Progress,
    ) -> Result<(Self, CensusPart), IndexError> {
        let n_points = part
            .entries
            .iter()
            .map(|entry| u64::from(entry.n_peaks))
            .sum();
        let at_most = match part.picking {
            Some(picking) => picking.shape.max_peaks(n_points),
            None => n_points,
        };
        let mut records = std::mem::take(&mut buffers.records);
        records.clear();
        // More than are kept, perhaps: memory that is not touched costs nothing.
        records.reserve(index(at_most));
        buffers.buckets.clear();
        buffers.buckets.resize(N_BUCKETS, 0);
        let mut census = CensusPart::default();
        for_each_spectrum(part, progress, |pixel, spectrum| {
            let mut interval = 0;
            census.add(pixel, spectrum, |mz, intensity| {
                while intervals
                    .get(interval)
                    .is_some_and(|within| within.high < mz)
                {
                    interval += 1;
                }
                if intervals
                    .get(interval)
                    .is_some_and(|within| within.low <= mz)
                {
                    buffers.buckets[bucket(mz)] += 1;
                    records.push(
                        Peak {
                            mz,
                            intensity,
                            pixel,
                        }
                        .pack(),
                    );
                }
            });
            Ok(())
        })?;
        sort_counted(&mut records, &buffers.buckets, &mut buffers.spare);
        Ok((Self { records }, census))
    }

    /// Number of peaks.
    pub fn n_peaks(&self) -> u64 {
        self.records.len() as u64
    }

    /// Leaves its buffers to the next one.
    pub fn leave(self, buffers: &mut RunBuffers) {
        buffers.records = self.records;
    }

    /// Writes it as it is stored: directory, then peaks.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.directory().encode())?;
        out.write_all(self.bytes())
    }

    /// Its peaks as they are stored.
    pub(super) fn bytes(&self) -> &[u8] {
        as_bytes(&self.records)
    }

    /// Where the peaks of each cell begin.
    pub(super) fn directory(&self) -> Directory {
        Directory::new(&self.records)
    }

    /// The m/z of every so many peaks.
    pub(super) fn sample(&self, every: usize) -> Samples {
        let mz = |record: &Record| f64::from_bits(record[0]);
        Samples::new(every, self.records.iter().step_by(every).map(mz))
    }

    /// Of peaks that are in order.
    pub(super) fn of_records(records: Vec<Record>) -> Self {
        Self { records }
    }

    pub(super) fn into_records(self) -> Vec<Record> {
        self.records
    }
}

impl std::fmt::Debug for SortedRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SortedRun")
            .field("n_peaks", &self.n_peaks())
            .finish_non_exhaustive()
    }
}

/// The m/z of every so many peaks of a run, so that a single window is found without reading much
/// beside it. Memory: 4 bytes each.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    every: usize,
    mzs: Vec<f32>,
}

impl Samples {
    /// Of the m/z of the first of every so many peaks.
    pub fn new(every: usize, mzs: impl IntoIterator<Item = f64>) -> Self {
        let mzs = mzs.into_iter().map(rounded).collect();
        Self { every, mzs }
    }

    /// The samples between two bounds, the lower included.
    pub(super) fn between(&self, low: f64, high: f64) -> &[f32] {
        let place = |bound: f64| self.mzs.partition_point(|&mz| f64::from(mz) < bound);
        let first = place(low);
        &self.mzs[first..place(high).max(first)]
    }

    /// Roughly so many peaks lie in a closed interval.
    pub(super) fn count(&self, low: f64, high: f64) -> u64 {
        let (low, high) = (rounded(low), rounded(high));
        let first = self.mzs.partition_point(|&mz| mz < low);
        let end = self.mzs.partition_point(|&mz| mz <= high);
        (end.saturating_sub(first) * self.every) as u64
    }

    /// Places among which are all peaks of a closed interval, in a run of so many peaks.
    pub(super) fn places(&self, low: f64, high: f64, n_peaks: u64) -> Range<u64> {
        // Rounding keeps the order, so that what is below after it was below before.
        let (low, high) = (rounded(low), rounded(high));
        // The last sample that is below may be followed by peaks of the interval.
        let first = self.mzs.partition_point(|&mz| mz < low).saturating_sub(1);
        let end = self.mzs.partition_point(|&mz| mz <= high);
        let place = |sample: usize| ((sample * self.every) as u64).min(n_peaks);
        place(first)..place(end.max(first))
    }
}

/// The nearest number of 32 bits; the larger of two is never rounded to the smaller.
#[expect(clippy::cast_possible_truncation, reason = "rounds")]
fn rounded(mz: f64) -> f32 {
    mz as f32
}

/// Where in a run the peaks of each cell of m/z begin. Memory: 8 bytes a cell between the first and the
/// last that has peaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    /// Lowest and highest m/z; infinite and −infinite in a run without peaks.
    pub mz_range: (f64, f64),
    /// The first cell that has peaks.
    first: usize,
    /// Place of the first peak of each cell from that on; behind the last with peaks, their number.
    starts: Vec<u64>,
}

impl Directory {
    /// Bytes of a directory, at the beginning of a run.
    pub const BYTES: u64 = (MAGIC.len() + 2 * 8 + (N_CELLS + 1) * 8) as u64;

    /// Of a run with so many peaks in some cells, which ascend; all others are empty.
    ///
    /// # Errors
    /// There is no such cell, or they do not ascend.
    pub fn of_counts(
        mz_range: (f64, f64),
        counts: impl IntoIterator<Item = (usize, u64)>,
    ) -> Result<Self, IndexError> {
        let damaged = |reason| IndexError::Damaged { reason };
        let mut starts = Vec::with_capacity(N_CELLS + 1);
        let mut n_peaks = 0_u64;
        for (cell, n) in counts {
            if cell >= N_CELLS || cell < starts.len().saturating_sub(1) {
                return Err(damaged("the directory does not ascend"));
            }
            // Up to the cell itself: nothing lies in those between.
            starts.resize(cell + 1, n_peaks);
            n_peaks = n_peaks
                .checked_add(n)
                .ok_or(damaged("the directory has more peaks than there can be"))?;
            starts.push(n_peaks);
        }
        starts.resize(N_CELLS + 1, n_peaks);
        Ok(Self::of_starts(mz_range, &starts))
    }

    fn new(records: &[Record]) -> Self {
        let mz = |record: Option<&Record>| record.map(|record| f64::from_bits(record[0]));
        let low = mz(records.first()).unwrap_or(f64::INFINITY);
        let high = mz(records.last()).unwrap_or(f64::NEG_INFINITY);
        let start = |cell: usize| {
            let is_before = |record: &Record| cell_of(f64::from_bits(record[0])) < cell;
            records.partition_point(is_before) as u64
        };
        let starts: Vec<u64> = (0..=N_CELLS).map(start).collect();
        Self::of_starts((low, high), &starts)
    }

    /// Of the places of the first peaks of all cells, and the number of peaks behind them.
    fn of_starts(mz_range: (f64, f64), starts: &[u64]) -> Self {
        let first = starts.partition_point(|&start| start == 0).max(1) - 1;
        let end = starts.partition_point(|&start| start < starts[N_CELLS]);
        Self {
            mz_range,
            first,
            starts: starts[first..=end.max(first)].to_vec(),
        }
    }

    /// Place of the first peak of a cell or of one above, or the number of peaks.
    fn start(&self, cell: usize) -> u64 {
        let place = cell.saturating_sub(self.first);
        self.starts.get(place).copied().unwrap_or(self.n_peaks())
    }

    fn encode(&self) -> Vec<u8> {
        let (low, high) = self.mz_range;
        let mut bytes = MAGIC.to_vec();
        bytes.extend([low, high].iter().flat_map(|mz| mz.to_le_bytes()));
        let starts = (0..=N_CELLS).map(|cell| self.start(cell));
        bytes.extend(starts.flat_map(u64::to_le_bytes));
        bytes
    }

    /// Reads the beginning of a run.
    ///
    /// # Errors
    /// It is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, IndexError> {
        let damaged = |reason| IndexError::Damaged { reason };
        let rest = bytes
            .strip_prefix(&MAGIC)
            .ok_or(damaged("they do not begin as a run"))?;
        let (words, left) = rest.as_chunks::<8>();
        let (&[low, high], starts) = words.split_first_chunk().ok_or(damaged("too short"))?;
        let starts: Vec<u64> = starts
            .iter()
            .map(|&start| u64::from_le_bytes(start))
            .collect();
        if starts.len() != N_CELLS + 1 || !left.is_empty() {
            return Err(damaged("the directory has another length"));
        }
        if starts[N_CELLS] > u64::from(u32::MAX) {
            return Err(damaged("the directory has more peaks than a run"));
        }
        if starts[0] != 0 || !starts.is_sorted() {
            return Err(damaged("the directory does not ascend"));
        }
        let mz_range = (f64::from_le_bytes(low), f64::from_le_bytes(high));
        Ok(Self::of_starts(mz_range, &starts))
    }

    /// Number of peaks of the run.
    pub fn n_peaks(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Places of the peaks of a cell.
    pub fn places_of(&self, cell: usize) -> Range<u64> {
        self.places(&(cell..cell + 1))
    }

    /// Places of the peaks of some cells.
    pub(super) fn places(&self, cells: &Range<usize>) -> Range<u64> {
        self.start(cells.start)..self.start(cells.end)
    }
}

/// The cell of a directory in which an m/z lies.
pub fn cell_of(mz: f64) -> usize {
    // Nothing lies below m/z 0, whose bits would be those of a large number.
    bucket(mz.max(0.0)) / CELL_BUCKETS
}
