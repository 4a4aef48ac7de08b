//! Peaks of a window run by run, as they are stored.

use rayon::prelude::*;

use super::stretches::Cut;
use super::{SortedRuns, StoredStretch, cells_of, give, low_of_cell, places_within, take, within};
use crate::progress::{Progress, check};
use crate::spectra::error::IndexError;
use crate::spectra::record::Record;
use crate::spectra::shared_pixels::SharedPixels;
use crate::tolerance::Window;

impl SortedRuns {
    /// The same where each pixel was measured once, so that it is in one run.
    #[must_use]
    pub fn with_each_pixel_once(self) -> Self {
        self.with_shared_pixels(SharedPixels::none())
    }

    /// Runs of which it is known what pixels are in several of them.
    #[must_use]
    pub(in crate::spectra) fn with_shared_pixels(self, shared: SharedPixels) -> Self {
        Self {
            shared_pixels: Some(shared),
            ..self
        }
    }

    /// Shows the peaks of a closed interval, a run or a part of one at a time: those of each pixel in order of
    /// m/z. A few runs are read at once.
    pub(in crate::spectra) fn for_each_piece<E: From<IndexError>>(
        &self,
        Window { low, high }: Window,
        shared: &SharedPixels,
        progress: &dyn Progress,
        mut each: impl FnMut(&[Record]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut of_shared: Vec<Record> = Vec::new();
        let mut show = |piece: &[Record]| {
            let piece = within(piece, low, high.next_up());
            if shared.is_empty {
                return each(piece);
            }
            let parts = piece.split(|record| shared.has(record));
            parts
                .filter(|part| !part.is_empty())
                .try_for_each(&mut each)?;
            of_shared.extend(piece.iter().filter(|record| shared.has(record)));
            Ok(())
        };
        if self.is_held_apart(low, high) {
            let is_near = |stretch: &&StoredStretch| stretch.low <= high && low < stretch.high;
            for stretch in self.held_apart.iter().filter(is_near) {
                for piece in &stretch.pieces {
                    show(&stretch.records[piece.clone()])?;
                }
            }
        } else {
            self.read_pieces(Window { low, high }, progress, show)?;
        }
        // Of equal m/z, those of earlier runs stand first: the order of the spectra.
        of_shared.sort_by_key(|record| record[0]);
        each(&of_shared)
    }

    /// Shows what is read of each run, in their order, for a closed interval; a few runs are read at once.
    fn read_pieces<E: From<IndexError>>(
        &self,
        Window { low, high }: Window,
        progress: &dyn Progress,
        mut show: impl FnMut(&[Record]) -> Result<(), E>,
    ) -> Result<(), E> {
        let places = self.places(low, high);
        let mut read = take(&self.buffers.read);
        let mut rest = places.as_slice();
        while !rest.is_empty() {
            check(progress).map_err(IndexError::from)?;
            let (mut n_runs, mut n_peaks) = (0, 0);
            for (_, places) in rest {
                let here = places.end - places.start;
                if n_runs > 0 && n_peaks + here > self.stretch_peaks {
                    break;
                }
                (n_runs, n_peaks) = (n_runs + 1, n_peaks + here);
            }
            let (together, after) = rest.split_at(n_runs);
            for piece in self.read(together, &mut read, (low, high))? {
                self.check(piece, None)?;
                show(piece)?;
            }
            rest = after;
        }
        give(&self.buffers.read, read);
        Ok(())
    }

    /// Holds the peaks of all cells that overlap the closed interval as they are stored, and nothing that
    /// lies wholly below it. What is held already is not read again.
    pub(in crate::spectra) fn hold_apart(&mut self, low: f64, high: f64) -> Result<(), IndexError> {
        let cells = cells_of(low, high);
        let (low, high) = (low_of_cell(cells.start), low_of_cell(cells.end));
        // Put back when all is well: what fails is not held.
        let mut held = std::mem::take(&mut self.held_apart);
        held.retain(|stretch| low < stretch.high);
        if held.first().is_some_and(|first| low < first.low) {
            held.clear();
        }
        let from = held.last().map_or(low, |last| last.high);
        if from < high {
            for (low, high) in self.stretches(from, high, Cut::Anywhere) {
                held.push(self.read_stretch(low, high)?);
            }
        }
        self.held_apart = held;
        Ok(())
    }

    fn read_stretch(&self, low: f64, high: f64) -> Result<StoredStretch, IndexError> {
        let (cells, places) = self.places_between(low, high);
        let mut records = Vec::new();
        let read = self.read(&places, &mut records, (low, high))?;
        read.par_iter()
            .try_for_each(|piece| self.check(piece, cells.as_ref()))?;
        let mut start = 0;
        let pieces = read.iter().map(|piece| {
            let wanted = places_within(piece, low, high);
            let here = start + wanted.start..start + wanted.end;
            start += piece.len();
            here
        });
        Ok(StoredStretch {
            low,
            high,
            pieces: pieces.collect(),
            records,
        })
    }

    /// Whether the closed interval is held as it is stored.
    fn is_held_apart(&self, low: f64, high: f64) -> bool {
        let ends = self.held_apart.first().zip(self.held_apart.last());
        ends.is_some_and(|(first, last)| first.low <= low && high < last.high)
    }
}
