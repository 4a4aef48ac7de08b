//! The peaks that are held while ions are looked for, in order of m/z, however many peaks there are.
//!
//! ```text
//!  peaks by m/z   ────────────────────────────────▶
//!  held for        [ first ions ]
//!                        [ next ions ]                what overlaps is kept, the rest is read once
//!                               [ … ]
//! ```

use std::ops::Range;

use ms_core::spectra::{HeldPeaks, IndexError, SpectraIndex};
use ms_core::tolerance::{Ppm, Window};

use crate::patterns::PatternTable;

/// All peaks of the dataset by m/z, of which those that are worked on are held.
pub struct Peaks<'a> {
    /// The peaks.
    pub index: &'a mut SpectraIndex,
    /// Peaks in windows that may be held at once where the index is not in memory.
    pub max_held: u64,
    /// Called whenever others are held than before, and at the end: for what is made of all peaks
    /// while they are there.
    pub look: &'a mut dyn FnMut(&SpectraIndex) -> Result<(), IndexError>,
}

impl std::fmt::Debug for Peaks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peaks")
            .field("index", &self.index)
            .field("max_held", &self.max_held)
            .finish_non_exhaustive()
    }
}

/// The peaks in the windows of ions, which are let go at the lower end and read at the upper one: each
/// piece of the index once, and of it no more is kept than what lies in a window.
#[derive(Debug)]
pub struct Sliding<'a> {
    peaks: Peaks<'a>,
    held: HeldPeaks,
    /// Pieces of the index that are still to be read, the nearest last.
    pieces: Vec<(f64, f64)>,
    /// The piece that the index holds, of which something may not have been taken yet.
    piece: (f64, f64),
}

impl<'a> Sliding<'a> {
    /// Over the peaks of some windows.
    pub fn new(peaks: Peaks<'a>, windows: impl IntoIterator<Item = Window>) -> Self {
        let held = HeldPeaks::new(windows);
        let span = held.span().map(|all| (all.low, all.high.next_up()));
        let mut pieces = span.map_or_else(Vec::new, |span| peaks.index.stretches(span));
        pieces.reverse();
        Self {
            peaks,
            held,
            pieces,
            piece: (0.0, 0.0),
        }
    }

    /// Holds from an m/z on what may be held at once.
    ///
    /// # Errors
    /// The index cannot be read, or what looks at it fails.
    pub fn hold_from(&mut self, low: f64) -> Result<(), IndexError> {
        let Peaks {
            index,
            max_held,
            look,
        } = &mut self.peaks;
        let max_held = usize::try_from(*max_held).unwrap_or(usize::MAX);
        self.held.let_go_below(low);
        loop {
            if self.held.end() >= self.piece.1 {
                let Some(piece) = self.pieces.pop() else {
                    break;
                };
                index.hold(piece.0, piece.1.next_down())?;
                look(index)?;
                self.piece = piece;
            }
            let (from, bound) = self.piece;
            let slab = index.load(from, bound.next_down())?;
            self.held.take(&slab, bound, max_held);
            if self.held.end() < bound {
                break;
            }
        }
        Ok(())
    }

    /// What is held.
    pub fn held(&self) -> &HeldPeaks {
        &self.held
    }

    /// The index, all of which can be loaded.
    pub fn index(&self) -> &SpectraIndex {
        self.peaks.index
    }

    /// Ends it; what looks at the index does so once more.
    ///
    /// # Errors
    /// As [`Self::hold_from`].
    pub fn finish(self) -> Result<(), IndexError> {
        (self.peaks.look)(self.peaks.index)
    }
}

/// Things that are worked on while the same peaks are held.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The things.
    pub members: Range<usize>,
    /// What they need.
    pub needs: Needs,
}

/// What is needed of the index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// All peaks of a closed interval of m/z, which are held.
    Interval(f64, f64),
    /// An interval of more peaks than may be held: only what lies in the windows of ions is read.
    Windows,
}

/// Cuts things, given the m/z interval that each needs, into steps that hold at most so many peaks.
/// The intervals of the steps ascend by their lower bounds.
pub fn steps(index: &SpectraIndex, intervals: &[Option<(f64, f64)>], max_peaks: u64) -> Vec<Step> {
    let fits = |low, high| index.count_at_most(low, high) <= max_peaks;
    let mut steps: Vec<Step> = Vec::new();
    for (i, needs) in never_back(intervals).into_iter().enumerate() {
        let needs = match needs {
            Some((low, high)) if fits(low, high) => Needs::Interval(low, high),
            Some(_) => Needs::Windows,
            None => Needs::Nothing,
        };
        if let Some(last) = steps.last_mut() {
            let joined = match (last.needs, needs) {
                (Needs::Nothing, any) | (any, Needs::Nothing) => Some(any),
                (Needs::Windows, Needs::Windows) => Some(Needs::Windows),
                (Needs::Interval(low, high), Needs::Interval(l, h)) => {
                    let (low, high) = (low.min(l), high.max(h));
                    fits(low, high).then_some(Needs::Interval(low, high))
                }
                _ => None,
            };
            if let Some(joined) = joined {
                (last.members.end, last.needs) = (i + 1, joined);
                continue;
            }
        }
        let members = i..i + 1;
        steps.push(Step { members, needs });
    }
    steps
}

/// Intervals whose lower bounds ascend: each begins no later than any that follows, so that nothing
/// is let go which is needed again.
fn never_back(intervals: &[Option<(f64, f64)>]) -> Vec<Option<(f64, f64)>> {
    let mut intervals = intervals.to_vec();
    let mut lowest = f64::INFINITY;
    for (low, _) in intervals.iter_mut().rev().flatten() {
        lowest = lowest.min(*low);
        *low = lowest;
    }
    intervals
}

/// The m/z interval of the windows of some rows of a table, and of what lies `below` in Th; nothing if
/// they have no pattern.
pub fn windows_range(
    patterns: &PatternTable,
    rows: Range<usize>,
    ppm: Ppm,
    below: f64,
) -> Option<(f64, f64)> {
    let cells = rows.start * patterns.n_peaks..rows.end * patterns.n_peaks;
    let mzs = patterns.mzs[cells].iter().copied().filter(|&mz| mz > 0.0);
    let (low, high) = mzs.fold((f64::INFINITY, 0.0_f64), |(low, high), mz| {
        (low.min(mz), high.max(mz))
    });
    (low <= high).then(|| (ppm.window(low - below).low, ppm.window(high).high))
}
