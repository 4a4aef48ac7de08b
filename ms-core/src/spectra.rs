//! All peaks of a dataset ordered by m/z.
//!
//! ```text
//! census (count peaks by m/z) ─▶ segments of about equal size ─▶ distribute ─▶ sort each segment
//! ```
//!
//! Peaks of equal m/z stay in the order of the spectra, and within a spectrum in that of the file.
//! The order is the same whether the index lies in memory, or beyond it in sorted runs:
//!
//! ```text
//! some of the spectra ─▶ sort ─▶ run ─┐
//! some of the spectra ─▶ sort ─▶ run ─┴▶ a stretch of m/z of each, merged, which slides upwards
//! ```

use std::borrow::Cow;
use std::ops::Range;

use self::census::{bucket, bucket_low};
use self::record::Record;
use crate::bytes::index;
use crate::progress::{Progress, check};
use crate::tolerance::Window;

mod bins;
mod build;
mod census;
mod error;
mod mean;
mod record;
mod run;
mod runs;
mod segment;
mod shared_pixels;
mod spill;
mod stream;

pub use bins::{N_BINS, bin_number, bin_start};
pub use build::BuildOptions;
pub use census::{Census, CensusPart, SpectrumCensus};
pub use error::IndexError;
pub use mean::MeanPeak;
pub use record::{PEAK_BYTES, Peak};
pub use run::{Directory, RunBuffers, Samples, SortedRun, cell_of};
pub use runs::{RunStore, SortedRuns, stretch_peaks};

/// Peaks whose m/z lie from this segment's bound up to the next one's.
#[derive(Debug, Clone, Copy)]
struct Segment {
    /// Lowest m/z that can be in it.
    low: f64,
    /// Place of its first peak in the index.
    start: u64,
}

/// All peaks of a dataset ordered by m/z. Memory: [`PEAK_BYTES`] a peak, or of those that are held
/// where they lie in runs.
pub struct SpectraIndex {
    n_peaks: u64,
    store: Store,
}

enum Store {
    /// All in memory, in segments.
    Memory {
        records: Vec<Record>,
        segments: Vec<Segment>,
    },
    /// Elsewhere, in runs.
    Runs(SortedRuns),
}

/// Peaks of a window that are loaded at once at most, roughly: those of a wider one are read in pieces.
const LOADED_PEAKS: u64 = 1 << 23;

/// Peaks of a stretch of m/z, ordered.
#[derive(Debug, Clone)]
pub struct Slab<'a> {
    records: Cow<'a, [Record]>,
}

impl SpectraIndex {
    /// An index of peaks that are ordered already.
    pub fn of_run(run: SortedRun) -> Self {
        let records = run.into_records();
        let segments = segments_of(&records);
        Self {
            n_peaks: records.len() as u64,
            store: Store::Memory { records, segments },
        }
    }

    /// An index of peaks that are stored in runs.
    pub fn of_runs(runs: SortedRuns) -> Self {
        Self {
            n_peaks: runs.n_peaks(),
            store: Store::Runs(runs),
        }
    }

    /// Number of peaks.
    pub fn n_peaks(&self) -> u64 {
        self.n_peaks
    }

    /// Whether the peaks lie elsewhere than in memory.
    pub fn is_spilled(&self) -> bool {
        matches!(self.store, Store::Runs(_))
    }

    /// At most this many peaks lie in the closed interval; exact to a segment.
    pub fn count_at_most(&self, low: f64, high: f64) -> u64 {
        match &self.store {
            Store::Memory { segments, .. } => {
                let places = self.places(segments, low, high);
                places.end - places.start
            }
            Store::Runs(runs) => runs.count_at_most(low, high),
        }
    }

    /// Roughly so many peaks lie in some closed intervals, which ascend by both of their bounds.
    pub fn count_within(&self, windows: &[Window]) -> u64 {
        match &self.store {
            Store::Memory { segments, .. } => {
                let count = |window: Window| {
                    let places = self.places(segments, window.low, window.high);
                    places.end - places.start
                };
                Window::joined(windows.iter().copied())
                    .into_iter()
                    .map(count)
                    .sum()
            }
            Store::Runs(runs) => runs.count_within(windows),
        }
    }

    /// The peaks of the closed interval, and perhaps others around it.
    ///
    /// # Errors
    /// Runs cannot be read.
    pub fn load(&self, low: f64, high: f64) -> Result<Slab<'_>, IndexError> {
        let records = match &self.store {
            Store::Memory { records, segments } => {
                let places = self.places(segments, low, high);
                Cow::Borrowed(&records[index(places.start)..index(places.end)])
            }
            Store::Runs(runs) => runs.load(low, high)?,
        };
        Ok(Slab { records })
    }

    /// The peaks in some closed intervals, which ascend by both of their bounds; others may be among
    /// them where reading them costs nothing.
    ///
    /// # Errors
    /// Runs cannot be read.
    pub fn load_windows(&self, windows: &[Window]) -> Result<Slab<'_>, IndexError> {
        let Some((first, last)) = windows.first().zip(windows.last()) else {
            return Ok(Slab {
                records: Cow::Borrowed(&[]),
            });
        };
        match &self.store {
            Store::Runs(runs) if !runs.is_held(first.low, last.high) => Ok(Slab {
                records: Cow::Owned(runs.load_windows(windows)?),
            }),
            _ => self.load(first.low, last.high),
        }
    }

    /// Holds the peaks of the closed interval in memory where they are stored in runs, until the
    /// next interval is to be held, so that loading any part of it reads nothing. Intervals that
    /// ascend and overlap have each peak read once.
    ///
    /// # Errors
    /// The runs cannot be read; nothing is held then.
    pub fn hold(&mut self, low: f64, high: f64) -> Result<(), IndexError> {
        if let Store::Runs(runs) = &mut self.store {
            runs.hold(low, high)
        } else {
            Ok(())
        }
    }

    /// The same for [`Self::for_each_within`] alone, which needs no order among pixels: peaks are held as
    /// they are stored, and not merged, where each pixel is in one run, or it is known which are in several.
    ///
    /// # Errors
    /// As [`Self::hold`].
    pub fn hold_for_images(&mut self, low: f64, high: f64) -> Result<(), IndexError> {
        match &mut self.store {
            Store::Runs(runs) if runs.shared_pixels.is_some() => runs.hold_apart(low, high),
            _ => self.hold(low, high),
        }
    }

    /// Whether loading the closed interval reads nothing.
    pub fn is_loaded(&self, low: f64, high: f64) -> bool {
        match &self.store {
            Store::Memory { .. } => true,
            Store::Runs(runs) => runs.is_held(low, high),
        }
    }

    /// Holds nothing any more, where peaks are stored in runs.
    pub fn let_go(&mut self) {
        if let Store::Runs(runs) = &mut self.store {
            runs.let_go();
        }
    }

    /// Bounds of m/z between which loading reads nothing, the lower included.
    pub fn held(&self) -> (f64, f64) {
        if let Store::Runs(runs) = &self.store {
            runs.held()
        } else {
            (0.0, f64::INFINITY)
        }
    }

    /// The same index with all peaks in memory.
    ///
    /// # Errors
    /// Runs cannot be read.
    pub fn into_memory(self) -> Result<Self, IndexError> {
        let Store::Runs(runs) = &self.store else {
            return Ok(self);
        };
        let records = runs.load(0.0, f64::INFINITY)?.into_owned();
        Ok(Self::of_run(SortedRun::of_records(records)))
    }

    /// Shows all peaks between two bounds, the lower included, in order and some at a time. The
    /// bounds are those of bins of the mean spectrum; 0 and infinity for all peaks.
    ///
    /// # Errors
    /// Runs cannot be read, `progress` says to stop, or what `each` says.
    pub fn for_each_stretch<E: From<IndexError>>(
        &self,
        between: (f64, f64),
        progress: &dyn Progress,
        mut each: impl FnMut(&Slab<'_>, Range<usize>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (low, high) in self.stretches(between) {
            check(progress).map_err(IndexError::from)?;
            let slab = self.load(low, high.next_down())?;
            each(&slab, slab.seek(0, low)..slab.seek(0, high))?;
        }
        Ok(())
    }

    /// Shows all peaks of a closed interval, some at a time: those of each pixel in order of m/z, and those
    /// of different pixels in any order, so that runs need not be merged.
    ///
    /// # Errors
    /// As [`Self::for_each_stretch`].
    pub fn for_each_within<E: From<IndexError>>(
        &self,
        window: Window,
        progress: &dyn Progress,
        mut each: impl FnMut(&Slab<'_>, Range<usize>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Window { low, high } = window;
        if let Store::Runs(runs) = &self.store
            && let Some(shared) = &runs.shared_pixels
            && !runs.is_held(low, high)
        {
            return runs.for_each_piece(window, shared, progress, |piece| {
                let records = Cow::Borrowed(piece);
                each(&Slab { records }, 0..piece.len())
            });
        }
        if self.count_at_most(low, high) > LOADED_PEAKS {
            return self.for_each_stretch((low, high.next_up()), progress, each);
        }
        let slab = self.load_windows(&[window])?;
        let start = slab.seek(0, low);
        each(&slab, start..slab.seek_past(start, high))
    }

    /// From the first peak of the first segment that overlaps the interval to the last of the last.
    fn places(&self, segments: &[Segment], low: f64, high: f64) -> Range<u64> {
        let first = segments
            .partition_point(|segment| segment.low <= low)
            .saturating_sub(1);
        let last = segments.partition_point(|segment| segment.low <= high);
        let start_of = |i: usize| segments.get(i).map_or(self.n_peaks, |s| s.start);
        start_of(first)..start_of(last.max(first))
    }
}

/// Peaks of a segment of an index that was ordered as a whole.
const RUN_SEGMENT_PEAKS: usize = 1 << 15;

/// Segments of ordered peaks, cut where buckets are.
fn segments_of(records: &[Record]) -> Vec<Segment> {
    let mut segments = vec![Segment { low: 0.0, start: 0 }];
    let bucket_of = |record: &Record| bucket(f64::from_bits(record[0]));
    let mut place = RUN_SEGMENT_PEAKS;
    while place < records.len() {
        let before = bucket_of(&records[place - 1]);
        place += records[place..].partition_point(|record| bucket_of(record) <= before);
        if let Some(record) = records.get(place) {
            segments.push(Segment {
                low: bucket_low(bucket_of(record)),
                start: place as u64,
            });
        }
        place += RUN_SEGMENT_PEAKS;
    }
    segments
}

impl std::fmt::Debug for SpectraIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpectraIndex")
            .field("n_peaks", &self.n_peaks)
            .field("is_spilled", &self.is_spilled())
            .finish_non_exhaustive()
    }
}

impl Slab<'_> {
    /// Number of peaks.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// m/z of the peak at a place.
    pub fn mz(&self, place: usize) -> f64 {
        f64::from_bits(self.records[place][0])
    }

    /// The peaks of a range of places.
    pub fn peaks(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = Peak> + Clone + '_ {
        self.records[range]
            .iter()
            .map(|&record| Peak::unpack(record))
    }

    /// The first place from `from` on whose m/z is at least `mz`, by galloping (exponential) search:
    /// steps that double until they are beyond, then bisection. Fast for near places.
    pub fn seek(&self, from: usize, mz: f64) -> usize {
        // m/z are positive, so that their bits are ordered as they are.
        self.seek_by(from, |bits| bits < mz.to_bits())
    }

    /// The first place from `from` on whose m/z is greater than `mz`.
    pub fn seek_past(&self, from: usize, mz: f64) -> usize {
        self.seek_by(from, |bits| bits <= mz.to_bits())
    }

    fn seek_by(&self, from: usize, is_before: impl Fn(u64) -> bool) -> usize {
        let rest = &self.records[from.min(self.records.len())..];
        from + seek(rest, |record| is_before(record[0]))
    }
}

/// The place of the first record that does not lie before what is looked for; see [`Slab::seek`].
fn seek(records: &[Record], is_before: impl Fn(&Record) -> bool) -> usize {
    let mut step = 1;
    while step < records.len() && is_before(&records[step - 1]) {
        step *= 2;
    }
    let (low, high) = (step / 2, step.min(records.len()));
    low + records[low..high].partition_point(is_before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::PixelIdx;
    use proptest::prelude::*;

    fn slab(mzs: &[f64]) -> Slab<'static> {
        let record = |&mz: &f64| {
            Peak {
                mz,
                intensity: 1.0,
                pixel: PixelIdx(0),
            }
            .pack()
        };
        Slab {
            records: Cow::Owned(mzs.iter().map(record).collect()),
        }
    }

    #[test]
    fn peaks_survive_packing() {
        let peak = Peak {
            mz: 885.549_850_1,
            intensity: 1.5e-7,
            pixel: PixelIdx(u32::MAX),
        };
        assert_eq!(Peak::unpack(peak.pack()), peak);
    }

    proptest! {
        #[test]
        fn seeking_equals_a_linear_scan(
            mut mzs in prop::collection::vec(1_u32..50, 0..60), from in 0_usize..60, mz in 0_u32..52,
        ) {
            mzs.sort_unstable();
            let mzs: Vec<f64> = mzs.into_iter().map(f64::from).collect();
            let (from, mz) = (from.min(mzs.len()), f64::from(mz));
            let scan = |keep: &dyn Fn(f64) -> bool| {
                (from..mzs.len()).find(|&i| keep(mzs[i])).unwrap_or(mzs.len())
            };
            let slab = slab(&mzs);
            prop_assert_eq!(slab.seek(from, mz), scan(&|m| m >= mz));
            prop_assert_eq!(slab.seek_past(from, mz), scan(&|m| m > mz));
        }
    }
}
