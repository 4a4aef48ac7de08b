//! The peaks that are held while ions are looked for, in order of m/z, however many peaks there are.
//!
//! ```text
//!  peaks by m/z   ────────────────────────────────▶
//!  held for        [ first ions ]
//!                        [ next ions ]                what overlaps is kept, the rest is read once
//!                               [ … ]
//! ```

use std::ops::Range;

use ms_core::spectra::SpectraIndex;
use ms_core::tolerance::{Ppm, Window};

use crate::patterns::PatternTable;

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

/// Cuts the rows of a table into parts, in order, of at most so many rows, each of which needs at
/// most so many peaks of the index at once, or is a single row.
pub fn parts(
    index: &SpectraIndex,
    patterns: &PatternTable,
    ppm: Ppm,
    max_rows: usize,
    max_peaks: u64,
) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let all = 0..patterns.n_ions();
    let mut waiting = Vec::from([all]);
    while let Some(rows) = waiting.pop() {
        let needs_many = |(low, high)| index.count_at_most(low, high) > max_peaks;
        let is_large = || windows_range(patterns, rows.clone(), ppm, 0.0).is_some_and(needs_many);
        if rows.len() > max_rows || rows.len() > 1 && is_large() {
            let middle = rows.start + rows.len() / 2;
            waiting.push(middle..rows.end);
            waiting.push(rows.start..middle);
        } else {
            parts.push(rows);
        }
    }
    parts
}

/// Cuts some rows of a table into parts, in order, of at most so many rows, in whose windows lie at most
/// so many peaks of the index, or that are single rows; with the number of peaks, roughly.
pub fn window_parts(
    index: &SpectraIndex,
    patterns: &PatternTable,
    rows: Range<usize>,
    ppm: Ppm,
    max_rows: usize,
    max_peaks: u64,
) -> Vec<(Range<usize>, u64)> {
    let mut parts = Vec::new();
    let mut waiting = Vec::from([rows]);
    while let Some(rows) = waiting.pop() {
        let count = || index.count_within(&all_windows(&patterns.rows(rows.clone()), ppm));
        let n_peaks = if rows.len() > max_rows {
            u64::MAX
        } else {
            count()
        };
        if rows.len() > 1 && n_peaks > max_peaks {
            let middle = rows.start + rows.len() / 2;
            waiting.push(middle..rows.end);
            waiting.push(rows.start..middle);
        } else {
            parts.push((rows, n_peaks));
        }
    }
    parts
}

/// The windows of all patterns, in order.
fn all_windows(patterns: &PatternTable, ppm: Ppm) -> Vec<Window> {
    let mzs = patterns.mzs.iter().copied().filter(|&mz| mz > 0.0);
    let mut all: Vec<Window> = mzs.map(|mz| ppm.window(mz)).collect();
    all.sort_by(|a, b| a.low.total_cmp(&b.low));
    all
}
