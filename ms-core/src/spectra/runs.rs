//! Stored runs of a dataset, read by stretches of m/z.

use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::sync::Mutex;

use super::census::bucket_low;
use super::error::IndexError;
use super::record::{PEAK_BYTES, Peak, Record, decode_records};
use super::run::{CELL_BUCKETS, Directory, N_CELLS, cell_of};
use super::segment::{Spare, sort};
use crate::bytes::index;

/// Peaks that are read at once of so many runs, unless those of one cell are more: of each run
/// enough that a request is worth it, of all together what memory has room for.
pub fn stretch_peaks(n_runs: u64) -> u64 {
    (n_runs << 15).clamp(1 << 21, 1 << 23)
}

/// Peaks that are sorted at once, unless those of one cell are more: few enough for the cache.
const SORTED_PEAKS: u64 = 1 << 16;

/// Reads ranges of bytes of stored runs, several at once.
pub trait RunStore: Send + Sync {
    /// The bytes of each range of the run of each number, in the order given.
    ///
    /// # Errors
    /// What the store says.
    fn read(&self, ranges: &[(usize, Range<u64>)]) -> io::Result<Vec<Vec<u8>>>;
}

/// All runs of a dataset, in the order of its spectra.
pub struct SortedRuns {
    directories: Vec<Directory>,
    n_pixels: u32,
    store: Box<dyn RunStore>,
    /// Cells whose peaks are held in memory, and the peaks.
    held: Range<usize>,
    records: Vec<Record>,
    /// Buffers to sort with, kept.
    spare: Mutex<Spare>,
}

impl SortedRuns {
    /// Runs of a dataset of so many pixels.
    pub fn new(directories: Vec<Directory>, n_pixels: u32, store: Box<dyn RunStore>) -> Self {
        let (held, records, spare) = (0..0, Vec::new(), Mutex::default());
        Self {
            directories,
            n_pixels,
            store,
            held,
            records,
            spare,
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

    /// Bounds of pieces of few enough peaks to be loaded, a cell at the least, and of what is held.
    pub(super) fn bounds_of_stretches(&self) -> Vec<f64> {
        let ends = self
            .stretches(0..N_CELLS, self.stretch_peaks())
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

    fn stretch_peaks(&self) -> u64 {
        stretch_peaks(self.directories.len() as u64)
    }

    /// Cuts cells into stretches of at most so many peaks, or of one cell.
    fn stretches(&self, cells: Range<usize>, max_peaks: u64) -> Vec<Range<usize>> {
        let (mut stretches, mut start, mut n_peaks) = (Vec::new(), cells.start, 0);
        for cell in cells.clone() {
            let here = self.count(&(cell..cell + 1));
            if n_peaks + here > max_peaks && start < cell {
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

    /// The peaks of all cells that overlap the closed interval, as one run.
    pub(super) fn load(&self, low: f64, high: f64) -> Result<Cow<'_, [Record]>, IndexError> {
        let cells = cells_of(low, high);
        if self.held.start <= cells.start && cells.end <= self.held.end {
            let place = |cell: usize| index(self.count(&(self.held.start..cell)));
            return Ok(Cow::Borrowed(
                &self.records[place(cells.start)..place(cells.end)],
            ));
        }
        let mut records = Vec::new();
        self.append(cells, &mut records)?;
        Ok(Cow::Owned(records))
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

    /// Bounds of what is held, the lower included.
    pub(super) fn held(&self) -> (f64, f64) {
        (low_of_cell(self.held.start), low_of_cell(self.held.end))
    }

    /// Reads the peaks of some cells and appends them, as one run.
    fn append(&self, cells: Range<usize>, records: &mut Vec<Record>) -> Result<(), IndexError> {
        for stretch in self.stretches(cells, self.stretch_peaks()) {
            let pieces = self.read(&stretch)?;
            records.reserve(index(self.count(&stretch)));
            for cells in self.stretches(stretch.clone(), SORTED_PEAKS) {
                let start = records.len();
                for (directory, piece) in self.directories.iter().zip(&pieces) {
                    let before = directory.starts[stretch.start];
                    let Range { start, end } = directory.places(&cells);
                    let byte = |peak: u64| index((peak - before) * PEAK_BYTES);
                    let from = records.len();
                    records.extend(decode_records(&piece[byte(start)..byte(end)]));
                    check(&records[from..], &cells, self.n_pixels)?;
                }
                // Of equal m/z, those of earlier runs stand first: the order of the spectra.
                // Fresh memory costs as much as the sort.
                match self.spare.try_lock() {
                    Ok(mut spare) => sort(&mut records[start..], &mut spare),
                    Err(_) => sort(&mut records[start..], &mut Spare::default()),
                }
            }
        }
        Ok(())
    }

    /// The bytes of some cells of each run.
    fn read(&self, cells: &Range<usize>) -> Result<Vec<Vec<u8>>, IndexError> {
        let byte = |place: u64| Directory::BYTES + place * PEAK_BYTES;
        let bytes = |directory: &Directory| {
            let places = directory.places(cells);
            byte(places.start)..byte(places.end)
        };
        let of_runs = self.directories.iter().map(bytes).enumerate();
        let ranges: Vec<_> = of_runs.filter(|(_, bytes)| !bytes.is_empty()).collect();
        let found = self.store.read(&ranges).map_err(|source| {
            let (low, high) = (low_of_cell(cells.start), low_of_cell(cells.end));
            IndexError::Runs { low, high, source }
        })?;
        let mut pieces = vec![Vec::new(); self.directories.len()];
        for ((run, bytes), piece) in ranges.into_iter().zip(found) {
            if piece.len() as u64 != bytes.end - bytes.start {
                return Err(IndexError::Damaged {
                    reason: "a piece has another length",
                });
            }
            pieces[run] = piece;
        }
        Ok(pieces)
    }
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

/// Makes sure that records are peaks in some cells of a dataset of so many pixels, in order.
fn check(records: &[Record], cells: &Range<usize>, n_pixels: u32) -> Result<(), IndexError> {
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
    if !ends.all(|record| cells.contains(&cell_of(f64::from_bits(record[0])))) {
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
mod tests {
    #![expect(clippy::cast_possible_truncation, reason = "small numbers")]

    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::image::PixelIdx;
    use crate::progress::Silent;
    use crate::spectra::{Slab, SortedRun, SpectraIndex};
    use proptest::prelude::*;

    struct InMemory(Vec<Vec<u8>>);

    impl RunStore for InMemory {
        fn read(&self, ranges: &[(usize, Range<u64>)]) -> io::Result<Vec<Vec<u8>>> {
            let read = |(run, range): &(usize, Range<u64>)| {
                self.0[*run][range.start as usize..range.end as usize].to_vec()
            };
            Ok(ranges.iter().map(read).collect())
        }
    }

    fn run(mzs: &[f64], first_pixel: u32) -> SortedRun {
        let mut records: Vec<Record> = (first_pixel..)
            .zip(mzs)
            .map(|(pixel, &mz)| {
                Peak {
                    mz,
                    intensity: 1.0,
                    pixel: PixelIdx(pixel),
                }
                .pack()
            })
            .collect();
        sort(&mut records, &mut Spare::default());
        SortedRun::of_ordered(records)
    }

    fn encoded(run: &SortedRun) -> Vec<u8> {
        let mut bytes = Vec::new();
        run.write(&mut bytes).unwrap();
        bytes
    }

    fn stored(runs: &[SortedRun], n_pixels: u32) -> SpectraIndex {
        let bytes: Vec<Vec<u8>> = runs.iter().map(encoded).collect();
        let directory = |run: &Vec<u8>| Directory::decode(&run[..Directory::BYTES as usize]);
        let directories = bytes.iter().map(|run| directory(run).unwrap()).collect();
        SpectraIndex::of_runs(SortedRuns::new(
            directories,
            n_pixels,
            Box::new(InMemory(bytes)),
        ))
    }

    fn peaks(slab: &Slab<'_>) -> Vec<Peak> {
        slab.peaks(0..slab.len()).collect()
    }

    /// Counts what is read of it.
    struct Counted(InMemory, AtomicU64);

    impl RunStore for Arc<Counted> {
        fn read(&self, ranges: &[(usize, Range<u64>)]) -> io::Result<Vec<Vec<u8>>> {
            let n_bytes = ranges
                .iter()
                .map(|(_, bytes)| bytes.end - bytes.start)
                .sum();
            self.1.fetch_add(n_bytes, Ordering::Relaxed);
            self.0.read(ranges)
        }
    }

    #[test]
    fn peaks_that_are_held_are_read_once() {
        let mzs: Vec<f64> = (0..2_000).map(|i| 100.0 + f64::from(i) * 0.25).collect();
        let run = encoded(&run(&mzs, 0));
        let directory = Directory::decode(&run[..Directory::BYTES as usize]).unwrap();
        let store = Arc::new(Counted(InMemory(vec![run]), AtomicU64::new(0)));
        let runs = SortedRuns::new(vec![directory], 2_000, Box::new(Arc::clone(&store)));
        let mut index = SpectraIndex::of_runs(runs);
        for low in (100..600).step_by(10) {
            index.hold(f64::from(low), f64::from(low) + 25.0).unwrap();
            index
                .load(f64::from(low) + 5.0, f64::from(low) + 20.0)
                .unwrap();
        }
        index.mean_spectrum((590.0, 600.0), 2_000, &Silent).unwrap();
        assert_eq!(store.1.load(Ordering::Relaxed), 2_000 * PEAK_BYTES);
        // Of what lies before, nothing is held any more.
        index.load(100.0, 101.0).unwrap();
        assert!(store.1.load(Ordering::Relaxed) > 2_000 * PEAK_BYTES);
    }

    proptest! {
        #[test]
        fn runs_equal_one_stable_sort(
            mzs in prop::collection::vec(1_u32..400, 0..300), cuts in prop::collection::vec(0_usize..300, 0..4),
            low in 0_u32..400, width in 0_u32..100,
        ) {
            let mzs: Vec<f64> = mzs.into_iter().map(|mz| f64::from(mz) * 2.5).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(mzs.len())).collect();
            cuts.extend([0, mzs.len()]);
            cuts.sort_unstable();
            let runs: Vec<SortedRun> =
                cuts.windows(2).map(|cut| run(&mzs[cut[0]..cut[1]], cut[0] as u32)).collect();
            let mut index = stored(&runs, 300);
            let (low, high) = (f64::from(low) * 2.5, f64::from(low + width) * 2.5);
            let slab = index.load(low, high).unwrap();
            prop_assert!(slab.len() as u64 <= index.count_at_most(low, high));
            let found: Vec<Peak> = slab.peaks(slab.seek(0, low)..slab.seek_past(0, high)).collect();
            let whole = run(&mzs, 0).into_records();
            let wanted = whole.iter().map(|&record| Peak::unpack(record));
            let wanted: Vec<Peak> = wanted.filter(|p| p.mz >= low && p.mz <= high).collect();
            prop_assert_eq!(found, wanted);
            let mean = |index: &SpectraIndex| {
                index.mean_spectrum((0.0, f64::INFINITY), 3, &Silent).unwrap()
            };
            let whole = SpectraIndex::of_run(run(&mzs, 0));
            prop_assert_eq!(mean(&index), mean(&whole));
            // What is held is what would be loaded, and intervals may follow each other anyhow.
            for (low, high) in [(low, high), (low + 30.0, high + 60.0), (0.0, 400.0)] {
                let loaded: Vec<Peak> = peaks(&index.load(low, high).unwrap());
                index.hold(low, high).unwrap();
                let held = index.held();
                prop_assert!(held.0 <= low && high < held.1);
                prop_assert_eq!(peaks(&index.load(low, high).unwrap()), loaded);
                prop_assert_eq!(mean(&index), mean(&whole));
            }
        }

        #[test]
        fn damage_is_no_panic(at in 0_usize..41_100, byte in 0_u8..=255) {
            let mut bytes = encoded(&run(&[100.0, 200.0, 300.0], 0));
            let at = at % bytes.len();
            bytes[at] = byte;
            let Ok(directory) = Directory::decode(&bytes[..Directory::BYTES as usize]) else {
                return Ok(());
            };
            let store = Box::new(InMemory(vec![bytes]));
            if directory.n_peaks() == 3 {
                drop(SortedRuns::new(vec![directory], 3, store).load(0.0, 1e9));
            }
        }
    }

    #[test]
    fn an_index_of_one_run_has_segments() {
        // Equal m/z lie where a segment would end.
        let n = 100_000;
        let mz = |i: u32| {
            100.0
                + f64::from(if (32_700..33_000).contains(&i) {
                    32_700
                } else {
                    i
                })
        };
        let mzs: Vec<f64> = (0..n).map(mz).collect();
        let index = SpectraIndex::of_run(run(&mzs, 0));
        assert!(index.count_at_most(200.0, 300.0) < 40_000);
        for (low, high) in [
            (100.0, 100.0),
            (mz(32_700), mz(32_700)),
            (70_000.0, 90_000.0),
        ] {
            let slab = index.load(low, high).unwrap();
            let n_found = slab.seek_past(0, high) - slab.seek(0, low);
            assert_eq!(
                n_found,
                mzs.iter().filter(|&&mz| mz >= low && mz <= high).count()
            );
        }
    }

    #[test]
    fn what_is_no_run_is_refused() {
        let run = run(&[100.0, 200.0], 7);
        let mut bytes = encoded(&run);
        assert!(Directory::decode(&bytes).is_err());
        bytes.truncate(Directory::BYTES as usize);
        assert_eq!(Directory::decode(&bytes).unwrap().n_peaks(), 2);
        assert!(Directory::decode(&bytes[1..]).is_err());
        let (all, records) = (0..N_CELLS, run.into_records());
        assert!(matches!(
            check(&records, &all, 8),
            Err(IndexError::Damaged { .. })
        ));
        check(&records, &all, 9).unwrap();
        assert!(check(&records, &cells_of(50.0, 150.0), 9).is_err());
        check(&records, &cells_of(100.0, 200.0), 9).unwrap();
        let backwards: Vec<Record> = records.iter().rev().copied().collect();
        assert!(check(&backwards, &all, 9).is_err());
    }
}
