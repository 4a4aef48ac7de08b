//! Runs: the peaks of consecutive spectra, ordered by m/z, as they are stored and read back.
//!
//! ```text
//! spectra 0 … 999    ─▶ run ─┐   a stretch of m/z of each, merged,
//! spectra 1000 … 1999 ─▶ run ─┴▶ is that stretch of the whole index
//! ```
//!
//! A run is its directory, of fixed length, and its peaks. Integers and floats are little-endian.

use std::io;
use std::ops::Range;
use std::sync::Mutex;

use super::build::{decode_records, encode_records, for_each_spectrum};
use super::census::{CensusPart, N_BUCKETS, bucket, bucket_low};
use super::segment::sort;
use super::{IndexError, PEAK_BYTES, Peak, Record};
use crate::imzml::SpectraPart;
use crate::progress::Progress;

/// First bytes of a run; the last is the version of its format.
const MAGIC: [u8; 8] = *b"MSPEAKS\x01";

/// Buckets of m/z of one cell of the directory: 256 cells for each doubling of m/z, so that what is
/// read around a unit of ions is little beside what the unit needs.
const CELL_BUCKETS: usize = 16;

/// Cells of the directory, from m/z 1 to 2^20.
const N_CELLS: usize = N_BUCKETS / CELL_BUCKETS;

/// Peaks of a piece that is loaded at once, unless those of one cell are more.
const STRETCH_PEAKS: u64 = 1 << 21;

/// Peaks of consecutive spectra, ordered by m/z; equal ones in the order of the spectra.
pub struct PeakRun {
    records: Vec<Record>,
}

impl PeakRun {
    /// Orders the peaks of a part's spectra whose m/z lie in any of some closed intervals, which
    /// ascend; and counts all of them.
    ///
    /// Memory: 32 bytes a peak that is kept.
    ///
    /// # Errors
    /// A spectrum is wrong, or `progress` says to stop.
    pub fn build(
        part: SpectraPart<'_>,
        intervals: &[(f64, f64)],
        progress: &dyn Progress,
    ) -> Result<(Self, CensusPart), IndexError> {
        let (mut records, mut census) = (Vec::new(), CensusPart::default());
        for_each_spectrum(part, progress, |pixel, spectrum| {
            let mut interval = 0;
            census.add(pixel, spectrum, |mz, intensity| {
                while intervals.get(interval).is_some_and(|&(_, high)| high < mz) {
                    interval += 1;
                }
                if intervals.get(interval).is_some_and(|&(low, _)| low <= mz) {
                    records.push(Peak { mz, intensity, pixel }.pack());
                }
            });
            Ok(())
        })?;
        sort(&mut records, &mut Vec::new());
        Ok((Self { records }, census))
    }

    /// Number of peaks.
    pub fn n_peaks(&self) -> u64 {
        self.records.len() as u64
    }

    /// As it is stored: directory, then peaks.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Directory::new(&self.records).encode();
        bytes.extend(encode_records(&self.records));
        bytes
    }

    pub(super) fn into_records(self) -> Vec<Record> {
        self.records
    }
}

impl std::fmt::Debug for PeakRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PeakRun").field("n_peaks", &self.n_peaks()).finish_non_exhaustive()
    }
}

/// Where in a run the peaks of each cell of m/z begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    /// Lowest and highest m/z; infinite and −infinite in a run without peaks.
    pub mz_range: (f64, f64),
    /// Place of the first peak of each cell, and the number of peaks.
    starts: Vec<u64>,
}

impl Directory {
    /// Bytes of a directory, at the beginning of a run.
    pub const BYTES: u64 = (MAGIC.len() + 2 * 8 + (N_CELLS + 1) * 8) as u64;

    fn new(records: &[Record]) -> Self {
        let mz = |record: Option<&Record>| record.map(|record| f64::from_bits(record[0]));
        let low = mz(records.first()).unwrap_or(f64::INFINITY);
        let high = mz(records.last()).unwrap_or(f64::NEG_INFINITY);
        let start = |cell: usize| {
            let is_before = |record: &Record| cell_of(f64::from_bits(record[0])) < cell;
            records.partition_point(is_before) as u64
        };
        Self { mz_range: (low, high), starts: (0..=N_CELLS).map(start).collect() }
    }

    fn encode(&self) -> Vec<u8> {
        let (low, high) = self.mz_range;
        let mut bytes = MAGIC.to_vec();
        bytes.extend([low, high].iter().flat_map(|mz| mz.to_le_bytes()));
        bytes.extend(self.starts.iter().flat_map(|start| start.to_le_bytes()));
        bytes
    }

    /// Reads the beginning of a run.
    ///
    /// # Errors
    /// It is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, IndexError> {
        let damaged = |reason| IndexError::Damaged { reason };
        let rest = bytes.strip_prefix(&MAGIC).ok_or(damaged("they do not begin as a run"))?;
        let (words, left) = rest.as_chunks::<8>();
        let (&[low, high], starts) = words.split_first_chunk().ok_or(damaged("too short"))?;
        let starts: Vec<u64> = starts.iter().map(|&start| u64::from_le_bytes(start)).collect();
        if starts.len() != N_CELLS + 1 || !left.is_empty() {
            return Err(damaged("the directory has another length"));
        }
        if starts[0] != 0 || !starts.is_sorted() {
            return Err(damaged("the directory does not ascend"));
        }
        Ok(Self { mz_range: (f64::from_le_bytes(low), f64::from_le_bytes(high)), starts })
    }

    /// Number of peaks of the run.
    pub fn n_peaks(&self) -> u64 {
        self.starts[N_CELLS]
    }

    /// Places of the peaks of all cells that overlap the closed interval.
    fn places(&self, low: f64, high: f64) -> Range<u64> {
        let (first, last) = (cell_of(low), cell_of(high));
        self.starts[first]..self.starts[last.max(first) + 1]
    }
}

fn cell_of(mz: f64) -> usize {
    // Nothing lies below m/z 0, whose bits would be those of a large number.
    bucket(mz.max(0.0)) / CELL_BUCKETS
}

/// Reads ranges of bytes of stored runs, several at once.
pub trait RunStore: Send + Sync {
    /// The bytes of each range of the run of each number, in the order given.
    ///
    /// # Errors
    /// What the store says.
    fn read(&self, ranges: &[(usize, Range<u64>)]) -> io::Result<Vec<Vec<u8>>>;
}

/// All runs of a dataset, in the order of its spectra.
pub struct Runs {
    directories: Vec<Directory>,
    n_pixels: u32,
    store: Box<dyn RunStore>,
    /// Room to sort in, kept.
    spare: Mutex<Vec<Record>>,
}

impl Runs {
    /// Runs of a dataset of so many pixels.
    pub fn new(directories: Vec<Directory>, n_pixels: u32, store: Box<dyn RunStore>) -> Self {
        Self { directories, n_pixels, store, spare: Mutex::default() }
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

    /// Bounds of pieces of few enough peaks to be loaded, a cell at the least.
    pub(super) fn bounds_of_stretches(&self) -> Vec<f64> {
        let (mut bounds, mut n_peaks) = (Vec::new(), 0);
        for cell in 0..N_CELLS {
            let count = |directory: &Directory| directory.starts[cell + 1] - directory.starts[cell];
            let here: u64 = self.directories.iter().map(count).sum();
            if n_peaks + here > STRETCH_PEAKS {
                bounds.push(bucket_low(cell * CELL_BUCKETS));
                n_peaks = 0;
            }
            n_peaks += here;
        }
        bounds
    }

    pub(super) fn count_at_most(&self, low: f64, high: f64) -> u64 {
        let count = |directory: &Directory| {
            let places = directory.places(low, high);
            places.end - places.start
        };
        self.directories.iter().map(count).sum()
    }

    /// The peaks of all cells that overlap the closed interval, as one run.
    pub(super) fn load(&self, low: f64, high: f64) -> Result<Vec<Record>, IndexError> {
        let byte = |place: u64| Directory::BYTES + place * PEAK_BYTES;
        let ranges: Vec<(usize, Range<u64>)> = self
            .directories
            .iter()
            .map(|directory| directory.places(low, high))
            .enumerate()
            .filter(|(_, places)| !places.is_empty())
            .map(|(run, places)| (run, byte(places.start)..byte(places.end)))
            .collect();
        let pieces = self.store.read(&ranges);
        let pieces = pieces.map_err(|source| IndexError::Runs { low, high, source })?;
        let n_peaks = self.count_at_most(low, high);
        let mut records = Vec::with_capacity(usize::try_from(n_peaks).unwrap_or(0));
        for ((_, range), piece) in ranges.iter().zip(pieces) {
            if piece.len() as u64 != range.end - range.start {
                return Err(IndexError::Damaged { reason: "a piece has another length" });
            }
            let start = records.len();
            records.extend(decode_records(&piece));
            check(&records[start..], self.n_pixels)?;
        }
        // Of equal m/z, those of earlier runs stand first: the order of the spectra.
        // Fresh room of this size costs more than the sort.
        let spare = self.spare.try_lock();
        match spare {
            Ok(mut spare) => sort(&mut records, &mut spare),
            Err(_) => sort(&mut records, &mut Vec::new()),
        }
        Ok(records)
    }
}

impl std::fmt::Debug for Runs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runs").field("n_runs", &self.directories.len()).finish_non_exhaustive()
    }
}

/// Makes sure that records are peaks of a dataset of so many pixels, in order.
fn check(records: &[Record], n_pixels: u32) -> Result<(), IndexError> {
    let is_peak = |record: &Record| {
        let Peak { mz, intensity, pixel } = Peak::unpack(*record);
        let is_positive = mz > 0.0 && mz < f64::INFINITY;
        is_positive && intensity > 0.0 && intensity < f32::INFINITY && pixel < n_pixels
    };
    if !records.iter().all(is_peak) {
        return Err(IndexError::Damaged { reason: "there is something that is no peak" });
    }
    if !records.is_sorted_by_key(|record| record[0]) {
        return Err(IndexError::Damaged { reason: "they are not in order" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_truncation, reason = "small numbers")]

    use super::*;
    use crate::progress::Silent;
    use crate::spectra::SpectraIndex;
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

    fn run(mzs: &[f64], first_pixel: u32) -> PeakRun {
        let mut records: Vec<Record> = (first_pixel..)
            .zip(mzs)
            .map(|(pixel, &mz)| Peak { mz, intensity: 1.0, pixel }.pack())
            .collect();
        sort(&mut records, &mut Vec::new());
        PeakRun { records }
    }

    fn stored(runs: &[PeakRun], n_pixels: u32) -> SpectraIndex {
        let bytes: Vec<Vec<u8>> = runs.iter().map(PeakRun::encode).collect();
        let directory = |run: &Vec<u8>| Directory::decode(&run[..Directory::BYTES as usize]);
        let directories = bytes.iter().map(|run| directory(run).unwrap()).collect();
        SpectraIndex::of_runs(Runs::new(directories, n_pixels, Box::new(InMemory(bytes))))
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
            let runs: Vec<PeakRun> =
                cuts.windows(2).map(|cut| run(&mzs[cut[0]..cut[1]], cut[0] as u32)).collect();
            let index = stored(&runs, 300);
            let (low, high) = (f64::from(low) * 2.5, f64::from(low + width) * 2.5);
            let slab = index.load(low, high).unwrap();
            prop_assert!(slab.len() as u64 <= index.count_at_most(low, high));
            let found: Vec<Peak> = slab.peaks(slab.seek(0, low)..slab.seek_past(0, high)).collect();
            let whole = run(&mzs, 0).records;
            let wanted = whole.iter().map(|&record| Peak::unpack(record));
            let wanted: Vec<Peak> = wanted.filter(|p| p.mz >= low && p.mz <= high).collect();
            prop_assert_eq!(found, wanted);
            let mean = |index: &SpectraIndex| {
                index.mean_spectrum((0.0, f64::INFINITY), 3, &Silent).unwrap()
            };
            prop_assert_eq!(mean(&index), mean(&SpectraIndex::of_run(run(&mzs, 0))));
        }

        #[test]
        fn damage_is_no_panic(at in 0_usize..41_100, byte in 0_u8..=255) {
            let mut bytes = run(&[100.0, 200.0, 300.0], 0).encode();
            let at = at % bytes.len();
            bytes[at] = byte;
            let Ok(directory) = Directory::decode(&bytes[..Directory::BYTES as usize]) else {
                return Ok(());
            };
            let store = Box::new(InMemory(vec![bytes]));
            if directory.n_peaks() == 3 {
                drop(Runs::new(vec![directory], 3, store).load(0.0, 1e9));
            }
        }
    }

    #[test]
    fn an_index_of_one_run_has_segments() {
        // Equal m/z lie where a segment would end.
        let n = 100_000;
        let mz = |i: u32| 100.0 + f64::from(if (32_700..33_000).contains(&i) { 32_700 } else { i });
        let mzs: Vec<f64> = (0..n).map(mz).collect();
        let index = SpectraIndex::of_run(run(&mzs, 0));
        assert!(index.count_at_most(200.0, 300.0) < 40_000);
        for (low, high) in [(100.0, 100.0), (mz(32_700), mz(32_700)), (70_000.0, 90_000.0)] {
            let slab = index.load(low, high).unwrap();
            let n_found = slab.seek_past(0, high) - slab.seek(0, low);
            assert_eq!(n_found, mzs.iter().filter(|&&mz| mz >= low && mz <= high).count());
        }
    }

    #[test]
    fn what_is_no_run_is_refused() {
        let run = run(&[100.0, 200.0], 7);
        let mut bytes = run.encode();
        assert!(Directory::decode(&bytes).is_err());
        bytes.truncate(Directory::BYTES as usize);
        assert_eq!(Directory::decode(&bytes).unwrap().n_peaks(), 2);
        assert!(Directory::decode(&bytes[1..]).is_err());
        assert!(matches!(check(&run.records, 8), Err(IndexError::Damaged { .. })));
        check(&run.records, 9).unwrap();
        let backwards: Vec<Record> = run.records.iter().rev().copied().collect();
        assert!(check(&backwards, 9).is_err());
    }
}
