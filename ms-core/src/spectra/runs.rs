//! Stored runs of a dataset, read by stretches of m/z and merged.

use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::census::bucket_low;
use super::error::IndexError;
use super::record::{Peak, Record, as_bytes_mut};
use super::run::{CELL_BUCKETS, Directory, N_CELLS, Samples, cell_of};
use super::segment::{Spare, sort};
use crate::bytes::index;
use crate::tolerance::Window;

/// Peaks that are read at once of so many runs, unless those of one cell are more: of each run
/// enough that a request is worth it, of all together what memory has room for.
pub fn stretch_peaks(n_runs: u64) -> u64 {
    (n_runs << 15).clamp(1 << 21, 1 << 23)
}

/// The same of runs in scratch, where a request costs next to nothing.
fn stretch_peaks_of_scratch(n_runs: u64) -> u64 {
    (n_runs << 12).clamp(1 << 19, 1 << 22)
}

/// Peaks that are sorted at once, roughly: few enough for the cache.
const SORTED_PEAKS: usize = 1 << 16;

/// Reads peaks of stored runs, several places at once.
pub trait RunStore: Send + Sync {
    /// Fills `out` with the peaks of each range of places of the run of each number, one range
    /// after another, 16 bytes a peak.
    ///
    /// # Errors
    /// What the store says, or the ranges have not the length of `out`.
    fn read(&self, places: &[(usize, Range<u64>)], out: &mut [u8]) -> io::Result<()>;
}

impl<S: RunStore> RunStore for Arc<S> {
    fn read(&self, places: &[(usize, Range<u64>)], out: &mut [u8]) -> io::Result<()> {
        S::read(self, places, out)
    }
}

/// All runs of a dataset, in the order of its spectra.
pub struct SortedRuns {
    directories: Vec<Directory>,
    store: Box<dyn RunStore>,
    /// Runs of somebody else are checked: peaks of so many pixels.
    checked: Option<u32>,
    /// Where single windows lie in each run, if that is known.
    samples: Vec<Samples>,
    /// Peaks read at once.
    stretch_peaks: u64,
    /// Cells whose peaks are held in memory, and the peaks.
    held: Range<usize>,
    records: Vec<Record>,
    buffers: Buffers,
}

/// Buffers that are used again: fresh memory costs as much as a sort.
#[derive(Default)]
struct Buffers {
    /// Peaks as they are read, run by run.
    read: Mutex<Vec<Vec<Record>>>,
    /// To sort with.
    spare: Mutex<Vec<Spare>>,
}

/// One of those that nobody uses, or a new one.
fn take<T: Default>(buffers: &Mutex<Vec<T>>) -> T {
    let mut buffers = buffers.lock().unwrap_or_else(PoisonError::into_inner);
    buffers.pop().unwrap_or_default()
}

/// Leaves a buffer to the next one.
fn give<T>(buffers: &Mutex<Vec<T>>, buffer: T) {
    let mut buffers = buffers.lock().unwrap_or_else(PoisonError::into_inner);
    buffers.push(buffer);
}

impl SortedRuns {
    /// Runs of a dataset of so many pixels that somebody has stored.
    pub fn new(directories: Vec<Directory>, n_pixels: u32, store: Box<dyn RunStore>) -> Self {
        let stretch_peaks = stretch_peaks(directories.len() as u64);
        Self {
            directories,
            store,
            checked: Some(n_pixels),
            samples: Vec::new(),
            stretch_peaks,
            held: 0..0,
            records: Vec::new(),
            buffers: Buffers::default(),
        }
    }

    /// The same with samples of each run, so that single windows are read with little beside them.
    #[must_use]
    pub fn with_samples(self, samples: Vec<Samples>) -> Self {
        Self { samples, ..self }
    }

    /// Runs that this process has written, with samples of each.
    pub(super) fn of_scratch(
        directories: Vec<Directory>,
        samples: Vec<Samples>,
        store: Box<dyn RunStore>,
    ) -> Self {
        let stretch_peaks = stretch_peaks_of_scratch(directories.len() as u64);
        Self {
            checked: None,
            stretch_peaks,
            ..Self::new(directories, u32::MAX, store).with_samples(samples)
        }
    }

    /// Number of peaks.
    pub fn n_peaks(&self) -> u64 {
        self.directories.iter().map(Directory::n_peaks).sum()
    }

    /// Lowest and highest m/z; infinite and −infinite without peaks.
    pub fn mz_range(&self) -> (f64, f64) {
        self.directories
            .iter()
            .map(|directory| directory.mz_range)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (l, h)| {
                (low.min(l), high.max(h))
            })
    }

    /// Bounds of pieces of an interval of few enough peaks to be loaded, a cell at the least, and
    /// of what is held.
    pub(super) fn bounds_of_stretches(&self, low: f64, high: f64) -> Vec<f64> {
        let ends = self
            .stretches(cells_of(low, high))
            .into_iter()
            .map(|cells| cells.end);
        let mut cells: Vec<usize> = ends.chain([self.held.start, self.held.end]).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
            .into_iter()
            .filter(|&cell| cell < N_CELLS)
            .map(low_of_cell)
            .collect()
    }

    /// Cuts cells into stretches that are read at once, a cell at the least.
    fn stretches(&self, cells: Range<usize>) -> Vec<Range<usize>> {
        let (mut stretches, mut start, mut n_peaks) = (Vec::new(), cells.start, 0);
        for cell in cells.clone() {
            let here = self.count(&(cell..cell + 1));
            if n_peaks + here > self.stretch_peaks && start < cell {
                stretches.push(start..cell);
                (start, n_peaks) = (cell, 0);
            }
            n_peaks += here;
        }
        if start < cells.end {
            stretches.push(start..cells.end);
        }
        stretches
    }

    /// Peaks of some cells.
    fn count(&self, cells: &Range<usize>) -> u64 {
        let places = self
            .directories
            .iter()
            .map(|directory| directory.places(cells));
        places.map(|places| places.end - places.start).sum()
    }

    pub(super) fn count_at_most(&self, low: f64, high: f64) -> u64 {
        self.count(&cells_of(low, high))
    }

    /// Whether the closed interval is in memory.
    pub(super) fn is_held(&self, low: f64, high: f64) -> bool {
        let cells = cells_of(low, high);
        self.held.start <= cells.start && cells.end <= self.held.end
    }

    /// The peaks of all cells that overlap the closed interval, as one run.
    pub(super) fn load(&self, low: f64, high: f64) -> Result<Cow<'_, [Record]>, IndexError> {
        let cells = cells_of(low, high);
        if self.is_held(low, high) {
            let place = |cell: usize| index(self.count(&(self.held.start..cell)));
            return Ok(Cow::Borrowed(
                &self.records[place(cells.start)..place(cells.end)],
            ));
        }
        let mut records = Vec::new();
        self.append(cells, &mut records)?;
        Ok(Cow::Owned(records))
    }

    /// The peaks in some closed intervals, which ascend by both bounds, as one run: of runs whose
    /// samples are known, little else is read.
    pub(super) fn load_windows(&self, windows: &[Window]) -> Result<Vec<Record>, IndexError> {
        let mut records = Vec::new();
        let mut spare = take(&self.buffers.spare);
        let mut read = take(&self.buffers.read);
        for Window { low, high } in Window::joined(windows.iter().copied()) {
            let cells = cells_of(low, high);
            let places = |(run, directory): (usize, &Directory)| match self.samples.get(run) {
                Some(samples) => (run, samples.places(low, high, directory.n_peaks())),
                None => (run, directory.places(&cells)),
            };
            let places: Vec<_> = self.directories.iter().enumerate().map(places).collect();
            let start = records.len();
            let n_read = places.iter().map(|(_, places)| places.end - places.start);
            records.reserve(index(n_read.sum()));
            for piece in self.read(&places, &mut read, (low, high))? {
                self.check(piece, None)?;
                let is_within = |record: &&Record| {
                    let mz = f64::from_bits(record[0]);
                    low <= mz && mz <= high
                };
                records.extend(piece.iter().filter(is_within));
            }
            // Of equal m/z, those of earlier runs stand first: the order of the spectra.
            if self.directories.len() > 1 {
                sort(&mut records[start..], &mut spare);
            }
        }
        give(&self.buffers.read, read);
        give(&self.buffers.spare, spare);
        Ok(records)
    }

    /// Holds the peaks of all cells that overlap the closed interval in memory, and no others
    /// below it. What is held already is not read again.
    pub(super) fn hold(&mut self, low: f64, high: f64) -> Result<(), IndexError> {
        let cells = cells_of(low, high);
        // Put back when all is well: what fails is not held.
        let mut records = std::mem::take(&mut self.records);
        let held = std::mem::replace(&mut self.held, 0..0);
        let mut end = held.end;
        if held.contains(&cells.start) {
            records.drain(..index(self.count(&(held.start..cells.start))));
        } else {
            records.clear();
            end = cells.start;
        }
        if end < cells.end {
            self.append(end..cells.end, &mut records)?;
        }
        self.held = cells.start..cells.end.max(end);
        self.records = records;
        Ok(())
    }

    /// Holds nothing, and keeps no buffers.
    pub(super) fn let_go(&mut self) {
        self.held = 0..0;
        self.records = Vec::new();
        self.buffers = Buffers::default();
    }

    /// Bounds of what is held, the lower included.
    pub(super) fn held(&self) -> (f64, f64) {
        (low_of_cell(self.held.start), low_of_cell(self.held.end))
    }

    /// Reads the peaks of some cells and appends them, as one run.
    fn append(&self, cells: Range<usize>, records: &mut Vec<Record>) -> Result<(), IndexError> {
        let wanted = index(self.count(&cells));
        if self.directories.len() == 1 {
            return self.append_of_one_run(&cells, records);
        }
        records.reserve_exact(wanted);
        let mut read = take(&self.buffers.read);
        for stretch in self.stretches(cells) {
            let places = |directory: &Directory| directory.places(&stretch);
            let places: Vec<_> = self.directories.iter().map(places).enumerate().collect();
            let bounds = (low_of_cell(stretch.start), low_of_cell(stretch.end));
            let pieces = self.read(&places, &mut read, bounds)?;
            pieces
                .par_iter()
                .try_for_each(|piece| self.check(piece, Some(&stretch)))?;
            let start = records.len();
            records.resize(start + index(self.count(&stretch)), [0; 2]);
            self.merge(&pieces, &mut records[start..]);
        }
        give(&self.buffers.read, read);
        Ok(())
    }

    /// The same where there is one run, whose peaks are in order as they are read.
    fn append_of_one_run(
        &self,
        cells: &Range<usize>,
        records: &mut Vec<Record>,
    ) -> Result<(), IndexError> {
        let start = records.len();
        let places = self.directories[0].places(cells);
        let n_peaks = index(places.end - places.start);
        if start == 0 {
            // Fresh memory is zero already.
            *records = vec![[0; 2]; n_peaks];
        } else {
            records.resize(start + n_peaks, [0; 2]);
        }
        let out = &mut records[start..];
        let done = self.store.read(&[(0, places)], as_bytes_mut(out));
        done.map_err(|source| IndexError::Runs {
            low: low_of_cell(cells.start),
            high: low_of_cell(cells.end),
            source,
        })?;
        self.check(out, Some(cells))
    }

    /// Merges pieces that are each in order, side by side in parts of m/z.
    fn merge(&self, pieces: &[&[Record]], out: &mut [Record]) {
        let mut parts = Vec::new();
        let mut rest = out;
        for part in cut(pieces) {
            let length = part.iter().map(|piece| piece.len()).sum();
            let (out, after) = rest.split_at_mut(length);
            parts.push((part, out));
            rest = after;
        }
        parts.into_par_iter().for_each(|(part, out)| {
            let mut rest = &mut *out;
            for piece in part {
                let (here, after) = rest.split_at_mut(piece.len());
                here.copy_from_slice(piece);
                rest = after;
            }
            // Of equal m/z, those of earlier runs stand first: the order of the spectra.
            let mut spare = take(&self.buffers.spare);
            sort(out, &mut spare);
            give(&self.buffers.spare, spare);
        });
    }

    /// The peaks of places of each run, read into a buffer. The bounds of m/z are for what is said
    /// of a failure.
    fn read<'a>(
        &self,
        places: &[(usize, Range<u64>)],
        buffer: &'a mut Vec<Record>,
        (low, high): (f64, f64),
    ) -> Result<Vec<&'a [Record]>, IndexError> {
        let length = |places: &Range<u64>| index(places.end - places.start);
        let wanted: Vec<_> = places
            .iter()
            .filter(|(_, places)| !places.is_empty())
            .cloned()
            .collect();
        let n_peaks = wanted.iter().map(|(_, places)| length(places)).sum();
        if buffer.len() < n_peaks {
            buffer.resize(n_peaks, [0; 2]);
        }
        let buffer = &mut buffer[..n_peaks];
        let done = self.store.read(&wanted, as_bytes_mut(buffer));
        done.map_err(|source| IndexError::Runs { low, high, source })?;
        let mut rest = &*buffer;
        let mut pieces = Vec::new();
        for (_, places) in &wanted {
            let (piece, after) = rest.split_at(length(places));
            pieces.push(piece);
            rest = after;
        }
        Ok(pieces)
    }

    /// Makes sure that what somebody has stored is peaks, in order, and of some cells where those
    /// are given.
    fn check(&self, piece: &[Record], cells: Option<&Range<usize>>) -> Result<(), IndexError> {
        match self.checked {
            Some(n_pixels) => check(piece, cells, n_pixels),
            None => Ok(()),
        }
    }
}

/// Cuts pieces that are each in order into parts of about [`SORTED_PEAKS`] that ascend: each part
/// has a slice of each piece, and equal m/z lie in one part.
fn cut<'a>(pieces: &[&'a [Record]]) -> Vec<Vec<&'a [Record]>> {
    let n_peaks: usize = pieces.iter().map(|piece| piece.len()).sum();
    let longest = pieces.iter().max_by_key(|piece| piece.len());
    let n_parts = n_peaks.div_ceil(SORTED_PEAKS).max(1);
    let step = longest.map_or(1, |piece| piece.len().div_ceil(n_parts).max(1));
    // The longest piece stands for all of them.
    let bounds = longest
        .into_iter()
        .flat_map(|piece| piece.iter().skip(step).step_by(step));
    let mut rest = pieces.to_vec();
    let mut parts = Vec::new();
    for bound in bounds {
        let mut part = Vec::new();
        for piece in &mut rest {
            let (here, after) =
                piece.split_at(piece.partition_point(|record| record[0] < bound[0]));
            part.push(here);
            *piece = after;
        }
        parts.push(part);
    }
    parts.push(rest);
    parts
}

/// Lowest m/z of a cell, infinite beyond the last.
fn low_of_cell(cell: usize) -> f64 {
    if cell < N_CELLS {
        bucket_low(cell * CELL_BUCKETS)
    } else {
        f64::INFINITY
    }
}

impl std::fmt::Debug for SortedRuns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SortedRuns")
            .field("n_runs", &self.directories.len())
            .finish_non_exhaustive()
    }
}

/// Makes sure that records are peaks of a dataset of so many pixels, in order, and in some cells
/// where those are given.
fn check(
    records: &[Record],
    cells: Option<&Range<usize>>,
    n_pixels: u32,
) -> Result<(), IndexError> {
    let is_peak = |record: &Record| {
        let Peak {
            mz,
            intensity,
            pixel,
        } = Peak::unpack(*record);
        let is_positive = mz > 0.0 && mz < f64::INFINITY;
        is_positive && intensity > 0.0 && intensity < f32::INFINITY && pixel.0 < n_pixels
    };
    if !records.iter().all(is_peak) {
        return Err(IndexError::Damaged {
            reason: "there is something that is no peak",
        });
    }
    if !records.is_sorted_by_key(|record| record[0]) {
        return Err(IndexError::Damaged {
            reason: "they are not in order",
        });
    }
    let mut ends = records.first().into_iter().chain(records.last());
    let is_within = |record: &Record| {
        cells.is_none_or(|cells| cells.contains(&cell_of(f64::from_bits(record[0]))))
    };
    if !ends.all(is_within) {
        return Err(IndexError::Damaged {
            reason: "they lie beside their place",
        });
    }
    Ok(())
}

/// The cells that overlap a closed interval.
fn cells_of(low: f64, high: f64) -> Range<usize> {
    let first = cell_of(low);
    first..cell_of(high).max(first) + 1
}

#[cfg(test)]
mod tests;
