//! What of runs is read at once.

use std::ops::Range;

use super::{SortedRuns, cells_of, low_of_cell, whole_cells};
use crate::bytes::index;
use crate::spectra::bins::next_bin;
use crate::spectra::run::Directory;
use crate::tolerance::Window;

/// The number of a run, and places in it.
type PlacesOfRun = (usize, Range<u64>);

/// Peaks of a run between two windows, on average, that are read rather than asked for apart.
const READ_BETWEEN: u64 = 64;

/// Where cells of many peaks may be cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Where bins of the mean spectrum are.
    AtBins,
    /// Anywhere.
    Anywhere,
}

impl SortedRuns {
    /// Bounds of pieces of an interval of few enough peaks to be loaded, and of what is held. They are
    /// bounds of bins of the mean spectrum.
    pub(in crate::spectra) fn bounds_of_stretches(&self, low: f64, high: f64) -> Vec<f64> {
        let cells = cells_of(low, high);
        let (low, high) = (low_of_cell(cells.start), low_of_cell(cells.end));
        let stretches = self.stretches(low, high, Cut::AtBins);
        let held = [self.held.start, self.held.end].map(low_of_cell);
        let ends = stretches.into_iter().map(|(_, end)| end);
        let mut bounds: Vec<f64> = ends.chain(held).filter(|bound| bound.is_finite()).collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        bounds
    }

    /// Cuts what lies between two bounds of m/z, the lower included, into stretches that are read at
    /// once. They are cut where cells are; within a cell of more peaks where bins of the mean spectrum
    /// are, if it is known where those lie; and where it may be within a bin.
    pub(super) fn stretches(&self, low: f64, high: f64, cut: Cut) -> Vec<(f64, f64)> {
        let cells = cells_of(low, high.next_down());
        let (mut stretches, mut start, mut n_peaks) = (Vec::new(), low, 0);
        let mut add = |bound: f64, here: u64| {
            if n_peaks + here > self.stretch_peaks && start < bound {
                stretches.push((start, bound));
                (start, n_peaks) = (bound, 0);
            }
            n_peaks += here;
        };
        for cell in cells {
            let (first, end) = (low_of_cell(cell).max(low), low_of_cell(cell + 1).min(high));
            let here = self.count(&(cell..cell + 1));
            if here <= self.stretch_peaks || self.samples.is_empty() {
                add(first, here);
                continue;
            }
            let mut bin = first;
            while bin < end {
                let next = next_bin(bin).min(end);
                let here = self.count_sampled(bin, next.next_down());
                if cut == Cut::Anywhere && here > self.stretch_peaks {
                    let cuts = self.cuts(bin, next, here.div_ceil(self.stretch_peaks));
                    let share = here / cuts.len() as u64;
                    for bound in cuts {
                        add(bound, share);
                    }
                } else {
                    add(bin, here);
                }
                bin = next;
            }
        }
        if start < high {
            stretches.push((start, high));
        }
        stretches
    }

    /// Where pieces of a bin begin, so many at most and about equal, by the samples of the run that has
    /// most of them there.
    fn cuts(&self, low: f64, high: f64, n_pieces: u64) -> Vec<f64> {
        let of_runs = self
            .samples
            .iter()
            .map(|samples| samples.between(low, high));
        let sampled = of_runs.max_by_key(|sampled| sampled.len()).unwrap_or(&[]);
        let step = sampled.len().div_ceil(index(n_pieces)).max(1);
        let bounds = sampled.iter().step_by(step).skip(1).copied().map(f64::from);
        let mut cuts = Vec::from([low]);
        cuts.extend(bounds.filter(|bound| low < *bound && *bound < high));
        cuts.dedup();
        cuts
    }

    /// Roughly so many peaks lie in a closed interval, by the samples.
    pub(super) fn count_sampled(&self, low: f64, high: f64) -> u64 {
        self.samples
            .iter()
            .map(|samples| samples.count(low, high))
            .sum()
    }

    /// The same of some closed intervals, which ascend by both bounds; of runs without samples, what
    /// lies in their cells.
    pub(in crate::spectra) fn count_within(&self, windows: &[Window]) -> u64 {
        let joined = Window::joined(windows.iter().copied());
        if self.samples.is_empty() {
            let cells = joined
                .iter()
                .map(|window| cells_of(window.low, window.high));
            let mut end = 0;
            cells
                .map(|cells| {
                    let new = cells.start.max(end)..cells.end;
                    end = cells.end.max(end);
                    if new.is_empty() { 0 } else { self.count(&new) }
                })
                .sum()
        } else {
            let count = |window: &Window| self.count_sampled(window.low, window.high);
            joined.iter().map(count).sum()
        }
    }

    /// Some closed intervals, which ascend by both bounds, and where their peaks lie in each run: those
    /// between which hardly any lie are one.
    pub(super) fn read_together(&self, windows: &[Window]) -> Vec<(Window, Vec<PlacesOfRun>)> {
        let most_between = self.directories.len() as u64 * READ_BETWEEN;
        let mut together: Vec<(Window, Vec<PlacesOfRun>)> = Vec::new();
        for window in Window::joined(windows.iter().copied()) {
            let places = self.places(window.low, window.high);
            match together.last_mut() {
                Some((last, before)) if n_between(before, &places) <= most_between => {
                    last.high = window.high;
                    for ((_, before), (_, after)) in before.iter_mut().zip(places) {
                        before.end = before.end.max(after.end);
                    }
                }
                _ => together.push((window, places)),
            }
        }
        together
    }

    /// Places of each run among which are all peaks between two bounds, the upper one excluded; and the
    /// cells whose peaks these are, if they are no others.
    pub(super) fn places_between(
        &self,
        low: f64,
        high: f64,
    ) -> (Option<Range<usize>>, Vec<PlacesOfRun>) {
        let cells = whole_cells(low, high);
        let places = match &cells {
            Some(cells) => {
                let of_cells = |directory: &Directory| directory.places(cells);
                self.directories.iter().map(of_cells).enumerate().collect()
            }
            None => self.places(low, high.next_down()),
        };
        (cells, places)
    }

    /// Places of each run among which are all peaks of a closed interval.
    pub(super) fn places(&self, low: f64, high: f64) -> Vec<PlacesOfRun> {
        let cells = cells_of(low, high);
        let places = |(run, directory): (usize, &Directory)| match self.samples.get(run) {
            Some(samples) => (run, samples.places(low, high, directory.n_peaks())),
            None => (run, directory.places(&cells)),
        };
        self.directories.iter().enumerate().map(places).collect()
    }
}

/// Peaks between places of each run and later ones.
fn n_between(before: &[PlacesOfRun], after: &[PlacesOfRun]) -> u64 {
    let pairs = before.iter().zip(after);
    pairs
        .map(|((_, before), (_, after))| after.start.saturating_sub(before.end))
        .sum()
}
