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
use super::segment::{Spare, merge};
use super::shared_pixels::SharedPixels;
use crate::bytes::index;
use crate::tolerance::Window;

mod pieces;
mod stretches;

use stretches::Cut;

/// Peaks that are read at once of so many runs, unless those of one cell are more and it is not known
/// where in it they lie: of each run enough that a request is worth it, of all together what memory has room for.
pub fn stretch_peaks(n_runs: u64) -> u64 {
    (n_runs << 15).clamp(1 << 21, 1 << 23)
}

/// The same of runs in scratch, where a request costs next to nothing.
fn stretch_peaks_of_scratch(n_runs: u64) -> u64 {
    (n_runs << 11).clamp(1 << 19, 1 << 22)
}

/// Peaks that are sorted at once, roughly: few enough for the cache, with those that they come from and
/// as many to sort with.
const SORTED_PEAKS: usize = 1 << 15;

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
    /// Pixels in more than one run, if they are known.
    pub(super) shared_pixels: Option<SharedPixels>,
    /// Peaks read at once.
    stretch_peaks: u64,
    /// Cells whose peaks are held in memory, and the peaks: so many at the beginning of a buffer.
    held: Range<usize>,
    n_held: usize,
    records: Vec<Record>,
    /// The same as they are stored, for images.
    held_apart: Vec<StoredStretch>,
    buffers: Buffers,
}

/// Peaks between two bounds of m/z, the lower included, as they are stored: run by run.
struct StoredStretch {
    low: f64,
    high: f64,
    records: Vec<Record>,
    /// Those of each run of which something was read.
    pieces: Vec<Range<usize>>,
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
            shared_pixels: None,
            stretch_peaks,
            held: 0..0,
            n_held: 0,
            records: Vec::new(),
            held_apart: Vec::new(),
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

    /// The peaks of the closed interval as one run, and perhaps others of its cells.
    pub(super) fn load(&self, low: f64, high: f64) -> Result<Cow<'_, [Record]>, IndexError> {
        let cells = cells_of(low, high);
        if self.is_held(low, high) {
            let place = |cell: usize| index(self.count(&(self.held.start..cell)));
            return Ok(Cow::Borrowed(
                &self.records[place(cells.start)..place(cells.end)],
            ));
        }
        let mut records = Vec::new();
        let (low, high) = if self.samples.is_empty() {
            (low_of_cell(cells.start), low_of_cell(cells.end))
        } else {
            (low, high.next_up())
        };
        let n_peaks = self.append(low, high, &mut records, 0)?;
        records.truncate(n_peaks);
        Ok(Cow::Owned(records))
    }

    /// The peaks in some closed intervals, which ascend by both bounds, as one run: of runs whose
    /// samples are known, little else is read.
    pub(super) fn load_windows(&self, windows: &[Window]) -> Result<Vec<Record>, IndexError> {
        let mut records = Vec::new();
        let mut spare = take(&self.buffers.spare);
        let mut read = take(&self.buffers.read);
        for (Window { low, high }, places) in self.read_together(windows) {
            let start = records.len();
            let pieces = self.read(&places, &mut read, (low, high))?;
            for piece in &pieces {
                self.check(piece, None)?;
            }
            let wanted = pieces
                .iter()
                .map(|piece| within(piece, low, high.next_up()));
            let wanted: Vec<&[Record]> = wanted.collect();
            let n_peaks: usize = wanted.iter().map(|piece| piece.len()).sum();
            grow(&mut records, start + n_peaks);
            // Of equal m/z, those of earlier runs stand first: the order of the spectra.
            merge(&wanted, &mut records[start..], &mut spare);
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
        let mut n_held = std::mem::take(&mut self.n_held);
        let mut end = held.end;
        if held.contains(&cells.start) {
            let n_below = index(self.count(&(held.start..cells.start)));
            records.copy_within(n_below..n_held, 0);
            n_held -= n_below;
        } else {
            n_held = 0;
            end = cells.start;
        }
        if end < cells.end {
            let (low, high) = (low_of_cell(end), low_of_cell(cells.end));
            n_held = self.append(low, high, &mut records, n_held)?;
        }
        self.held = cells.start..cells.end.max(end);
        (self.n_held, self.records) = (n_held, records);
        Ok(())
    }

    /// Holds nothing, and keeps no buffers.
    pub(super) fn let_go(&mut self) {
        (self.held, self.n_held) = (0..0, 0);
        self.records = Vec::new();
        self.held_apart = Vec::new();
        self.buffers = Buffers::default();
    }

    /// Bounds of what is held, the lower included.
    pub(super) fn held(&self) -> (f64, f64) {
        (low_of_cell(self.held.start), low_of_cell(self.held.end))
    }

    /// Reads the peaks between two bounds of m/z, the lower included, and puts them as one run from a place
    /// of a buffer on; returns where they end. Of runs without samples the bounds are those of cells.
    fn append(
        &self,
        low: f64,
        high: f64,
        records: &mut Vec<Record>,
        mut start: usize,
    ) -> Result<usize, IndexError> {
        if self.directories.len() == 1 {
            return self.append_of_one_run(low, high, records, start);
        }
        if let Some(cells) = whole_cells(low, high) {
            grow(records, start + index(self.count(&cells)));
        }
        let mut read = take(&self.buffers.read);
        for (low, high) in self.stretches(low, high, Cut::Anywhere) {
            let (cells, places) = self.places_between(low, high);
            let mut pieces = self.read(&places, &mut read, (low, high))?;
            for piece in &mut pieces {
                *piece = self.wanted(piece, (low, high), cells.as_ref())?;
            }
            let n_peaks: usize = pieces.iter().map(|piece| piece.len()).sum();
            grow(records, start + n_peaks);
            self.merge(&pieces, &mut records[start..start + n_peaks])?;
            start += n_peaks;
        }
        give(&self.buffers.read, read);
        Ok(start)
    }

    /// The same where there is one run, whose peaks are in order as they are read.
    fn append_of_one_run(
        &self,
        low: f64,
        high: f64,
        records: &mut Vec<Record>,
        start: usize,
    ) -> Result<usize, IndexError> {
        let (cells, mut places) = self.places_between(low, high);
        let places = places.pop().map_or(0..0, |(_, places)| places);
        let n_peaks = index(places.end - places.start);
        grow(records, start + n_peaks);
        let out = &mut records[start..start + n_peaks];
        let done = self.store.read(&[(0, places)], as_bytes_mut(out));
        done.map_err(|source| IndexError::Runs { low, high, source })?;
        self.check(out, cells.as_ref())?;
        let wanted = places_within(out, low, high);
        out.copy_within(wanted.clone(), 0);
        Ok(start + wanted.len())
    }

    /// Of a piece that was read, what lies between two bounds of m/z, the lower included. A piece of whole
    /// cells that somebody has stored is checked as it is merged, but for its place.
    fn wanted<'a>(
        &self,
        piece: &'a [Record],
        (low, high): (f64, f64),
        cells: Option<&Range<usize>>,
    ) -> Result<&'a [Record], IndexError> {
        if cells.is_none() {
            self.check(piece, None)?;
        }
        let wanted = within(piece, low, high);
        if cells.is_some() && wanted.len() < piece.len() {
            return Err(BESIDE);
        }
        Ok(wanted)
    }

    /// Merges pieces that are each in order, side by side in parts of m/z.
    fn merge(&self, pieces: &[&[Record]], out: &mut [Record]) -> Result<(), IndexError> {
        let mut parts = Vec::new();
        let mut rest = out;
        for part in cut(pieces) {
            let length = part.iter().map(|piece| piece.len()).sum();
            let (out, after) = rest.split_at_mut(length);
            parts.push((part, out));
            rest = after;
        }
        let ends = parts.into_par_iter().map(|(part, out)| {
            for piece in &part {
                self.check(piece, None)?;
            }
            // Of equal m/z, those of earlier runs stand first: the order of the spectra.
            let mut spare = take(&self.buffers.spare);
            merge(&part, out, &mut spare);
            give(&self.buffers.spare, spare);
            Ok([out.first().copied(), out.last().copied()])
        });
        // Each part of a piece is in order; so are all pieces if the parts are.
        let ends: Vec<[Option<Record>; 2]> = ends.collect::<Result<_, IndexError>>()?;
        let ends: Vec<u64> = ends.iter().flatten().flatten().map(|end| end[0]).collect();
        if ends.is_sorted() {
            Ok(())
        } else {
            Err(UNORDERED)
        }
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
        grow(buffer, n_peaks);
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

/// Makes a buffer as long as it must be at the least. What is in it stays: to write zeros into all of it
/// each time would take as long as reading.
fn grow(buffer: &mut Vec<Record>, length: usize) {
    if buffer.is_empty() {
        // Fresh memory is zero already.
        *buffer = vec![[0; 2]; length];
    } else if buffer.len() < length {
        buffer.reserve_exact(length - buffer.len());
        buffer.resize(length, [0; 2]);
    }
}

/// Of a piece that is in order, what lies between two bounds of m/z, the lower included.
fn within(piece: &[Record], low: f64, high: f64) -> &[Record] {
    &piece[places_within(piece, low, high)]
}

fn places_within(piece: &[Record], low: f64, high: f64) -> Range<usize> {
    let place = |bound: f64| piece.partition_point(|record| f64::from_bits(record[0]) < bound);
    place(low)..place(high)
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

/// The cells between two bounds of m/z, the upper one excluded, if the bounds are those of cells.
fn whole_cells(low: f64, high: f64) -> Option<Range<usize>> {
    let cells = cells_of(low, high.next_down());
    let is_whole = low <= low_of_cell(cells.start) && low_of_cell(cells.end) <= high;
    is_whole.then_some(cells)
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

const UNORDERED: IndexError = IndexError::Damaged {
    reason: "they are not in order",
};
const BESIDE: IndexError = IndexError::Damaged {
    reason: "they lie beside their place",
};

/// Makes sure that records are peaks of a dataset of so many pixels, in order, and in some cells
/// where those are given.
fn check(
    records: &[Record],
    cells: Option<&Range<usize>>,
    n_pixels: u32,
) -> Result<(), IndexError> {
    // All in one go, which ends with the last: the peaks are read from memory once. Numbers above 0 are ordered
    // as their bits are; between the bits of 0 and those of infinity are no others.
    let (mut is_ordered, mut before, mut last_pixel) = (true, 0, 0);
    let (mut lowest, mut highest) = ([u64::MAX; 2], [0; 2]);
    for record in records {
        is_ordered &= before <= record[0];
        before = record[0];
        for (at, &bits) in record.iter().enumerate() {
            lowest[at] = lowest[at].min(bits);
            highest[at] = highest[at].max(bits);
        }
        last_pixel = Peak::unpack(*record).pixel.0.max(last_pixel);
    }
    let is_positive = |at: usize, shift: u32, infinity: u64| {
        0 < lowest[at] >> shift && highest[at] >> shift < infinity
    };
    let are_peaks = is_positive(0, 0, f64::INFINITY.to_bits())
        && is_positive(1, 32, f32::INFINITY.to_bits().into())
        && last_pixel < n_pixels;
    if !are_peaks && !records.is_empty() {
        return Err(IndexError::Damaged {
            reason: "there is something that is no peak",
        });
    }
    if !is_ordered {
        return Err(UNORDERED);
    }
    let mut ends = records.first().into_iter().chain(records.last());
    let is_within = |record: &Record| {
        cells.is_none_or(|cells| cells.contains(&cell_of(f64::from_bits(record[0]))))
    };
    if !ends.all(is_within) {
        return Err(BESIDE);
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
