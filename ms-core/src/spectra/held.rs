//! Peaks in the windows of ions, of a stretch of m/z that slides upwards.
//!
//! ```text
//!  windows        ─  ──   ─ ──    ─   ──  ─    ascend, and do not touch
//!  all peaks   ··│···│····│····│····│····│··   read in pieces, one at a time
//!  held            [ ·· ·· · ·· )               let go of below, taken from the piece above
//! ```

use std::borrow::Cow;

use super::Slab;
use super::record::Record;
use crate::tolerance::Window;

/// Those peaks of an index that lie in any of some windows, from one m/z up to another. Memory: 16 bytes
/// a window and [`PEAK_BYTES`](super::PEAK_BYTES) a peak that is held.
pub struct HeldPeaks {
    windows: Vec<Window>,
    /// The first window that may have peaks which were not taken yet.
    next: usize,
    records: Vec<Record>,
    end: f64,
}

impl HeldPeaks {
    /// None yet; the windows may come in any order.
    pub fn new(windows: impl IntoIterator<Item = Window>) -> Self {
        Self {
            windows: Window::joined(windows),
            next: 0,
            records: Vec::new(),
            end: 0.0,
        }
    }

    /// From the lowest m/z of a window to the highest; nothing without windows.
    pub fn span(&self) -> Option<Window> {
        let (first, last) = self.windows.first().zip(self.windows.last())?;
        Some(Window {
            low: first.low,
            high: last.high,
        })
    }

    /// All peaks in windows are held up to this m/z, which is not included, from that on below which they
    /// were let go.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// The peaks.
    pub fn slab(&self) -> Slab<'_> {
        Slab {
            records: Cow::Borrowed(&self.records),
        }
    }

    /// Lets go of the peaks below an m/z; none of them are taken any more, either.
    pub fn let_go_below(&mut self, low: f64) {
        let place = self.slab().seek(0, low);
        self.records.drain(..place);
        self.end = self.end.max(low);
    }

    /// Takes peaks from the end of what is held on, up to a bound that is not included, or until so many
    /// are held. The slab has all peaks between.
    pub fn take(&mut self, slab: &Slab<'_>, bound: f64, max_peaks: usize) {
        let mut place = slab.seek(0, self.end);
        let last = slab.seek(place, bound);
        while let Some(&Window { low, high }) = self.windows.get(self.next) {
            if low >= bound {
                break;
            }
            let start = slab.seek(place, low);
            let end = slab.seek_past(start, high).min(last);
            let room = max_peaks.saturating_sub(self.records.len());
            if end - start > room {
                // Of equal m/z all are held or none.
                self.end = slab.mz(start + room);
                let end = slab.seek(start, self.end);
                self.records.extend_from_slice(&slab.records[start..end]);
                return;
            }
            self.records.extend_from_slice(&slab.records[start..end]);
            place = end;
            // The rest of it lies in the next slab.
            if high >= bound {
                break;
            }
            self.next += 1;
        }
        self.end = self.end.max(bound);
    }
}

impl std::fmt::Debug for HeldPeaks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldPeaks")
            .field("n_windows", &self.windows.len())
            .field("n_peaks", &self.records.len())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::PixelIdx;
    use crate::spectra::{Peak, SortedRun, SpectraIndex};
    use proptest::prelude::*;

    fn peak(mz: f64, pixel: u32) -> Peak {
        Peak {
            mz,
            intensity: 1.0,
            pixel: PixelIdx(pixel),
        }
    }

    proptest! {
        #[test]
        fn what_is_held_are_the_peaks_in_windows(
            mut mzs in prop::collection::vec(1_u32..200, 0..200),
            windows in prop::collection::vec((1_u32..200, 0_u32..5), 0..20),
            pieces in prop::collection::vec(1_u32..200, 0..6),
            max_peaks in 1_usize..60,
            step in 1_u32..40,
        ) {
            mzs.sort_unstable();
            let peaks: Vec<Peak> = mzs.iter().zip(0..).map(|(&mz, i)| peak(mz.into(), i)).collect();
            let run = SortedRun::of_records(peaks.iter().map(|peak| peak.pack()).collect());
            let index = SpectraIndex::of_run(run);
            let window = |&(low, width): &(u32, u32)| Window {
                low: f64::from(low) - 0.5,
                high: f64::from(low + width),
            };
            let windows: Vec<Window> = windows.iter().map(window).collect();
            let mut held = HeldPeaks::new(windows.iter().copied());
            let mut bounds: Vec<f64> = pieces.into_iter().map(f64::from).collect();
            bounds.extend([0.0, 300.0]);
            bounds.sort_by(f64::total_cmp);
            for low in (0..250).step_by(step as usize).map(f64::from) {
                held.let_go_below(low);
                // Pieces of which all was taken are skipped, as they are when they are read.
                for piece in bounds.windows(2) {
                    if piece[1] <= held.end() {
                        continue;
                    }
                    let slab = index.load(piece[0], piece[1]).unwrap();
                    held.take(&slab, piece[1], max_peaks);
                    if held.end() < piece[1] {
                        break;
                    }
                }
                let is_wanted = |peak: &&Peak| {
                    let is_in = |window: &Window| window.low <= peak.mz && peak.mz <= window.high;
                    peak.mz >= low && peak.mz < held.end() && windows.iter().any(is_in)
                };
                let wanted: Vec<Peak> = peaks.iter().filter(is_wanted).copied().collect();
                let slab = held.slab();
                prop_assert_eq!(slab.peaks(0..slab.len()).collect::<Vec<_>>(), wanted);
                prop_assert!(slab.len() <= max_peaks);
                // Those of the next m/z would have been more than may be held.
                let is_next = |peak: &&Peak| {
                    let is_in = |window: &Window| window.low <= peak.mz && peak.mz <= window.high;
                    peak.mz.to_bits() == held.end().to_bits() && windows.iter().any(is_in)
                };
                let n_next = peaks.iter().filter(is_next).count();
                prop_assert!(held.end() >= 300.0 || slab.len() + n_next > max_peaks);
            }
        }
    }
}
