//! Peaks of a window run by run, as they are stored.

use super::{SortedRuns, give, take, within};
use crate::progress::{Progress, check};
use crate::spectra::error::IndexError;
use crate::spectra::record::Record;
use crate::spectra::shared_pixels::SharedPixels;
use crate::tolerance::Window;

impl SortedRuns {
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
        let places = self.places(low, high);
        let mut read = take(&self.buffers.read);
        let mut of_shared: Vec<Record> = Vec::new();
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
                let piece = within(piece, low, high.next_up());
                if shared.is_empty {
                    each(piece)?;
                    continue;
                }
                let parts = piece.split(|record| shared.has(record));
                parts
                    .filter(|part| !part.is_empty())
                    .try_for_each(&mut each)?;
                of_shared.extend(piece.iter().filter(|record| shared.has(record)));
            }
            rest = after;
        }
        give(&self.buffers.read, read);
        // Of equal m/z, those of earlier runs stand first: the order of the spectra.
        of_shared.sort_by_key(|record| record[0]);
        each(&of_shared)
    }
}
