//! Images one isotope below the first image of an ion, of which that may be an isotope's.
//!
//! Few ions have an image at all. What lies below is looked at as soon as an ion is scored where it is in
//! memory, and otherwise read for some ions at a time when all ions around are scored.

use ms_core::spectra::SpectraIndex;
use ms_core::tolerance::Window;

use crate::candidates::Ion;
use crate::config::AnnotateConfig;
use crate::error::AnnotateError;
use crate::imager::Windows;
use crate::metrics::{Details, Evaluator, Parent};

/// Peaks that are read at once, unless there are more around a single ion.
const MAX_PEAKS: u64 = 1 << 19;

/// Ions whose parents are not in memory.
#[derive(Default)]
pub(crate) struct Waiting {
    ions: Vec<WaitingIon>,
}

struct WaitingIon {
    /// Its pattern's row.
    row: usize,
    /// Where its details lie.
    place: usize,
    windows: Vec<Window>,
}

impl Waiting {
    /// The parent of the ion that was scored last, whose pattern has a row and begins at `first_mz`. None yet
    /// if its peaks are not in memory: then the ion waits, and its details will lie at `place`.
    pub(crate) fn look(
        &mut self,
        index: &SpectraIndex,
        config: &AnnotateConfig,
        evaluator: &mut Evaluator<'_>,
        ion: &Ion,
        first_mz: f64,
        row: usize,
        place: usize,
    ) -> Result<Parent, AnnotateError> {
        let windows = windows(config, ion, first_mz);
        let Some((lowest, highest)) = bounds(&windows) else {
            return Ok(Parent::default());
        };
        if index.is_loaded(lowest, highest) {
            return Ok(evaluator.parent(&index.load(lowest, highest)?, &windows));
        }
        self.ions.push(WaitingIon {
            row,
            place,
            windows,
        });
        Ok(Parent::default())
    }

    /// Reads the peaks around the parents of those that wait, and looks at them.
    pub(crate) fn finish(
        self,
        index: &SpectraIndex,
        windows: &Windows<'_>,
        details: &mut [Details],
        evaluator: &mut Evaluator<'_>,
    ) -> Result<(), AnnotateError> {
        let mut rest = self.ions.as_slice();
        while !rest.is_empty() {
            let (together, all) = some_at_once(index, rest);
            let near = index.load_windows(&all)?;
            for ion in &rest[..together] {
                evaluator.draw_again(windows, ion.row);
                details[ion.place].parent = evaluator.parent(&near, &ion.windows);
            }
            rest = &rest[together..];
        }
        Ok(())
    }
}

/// How many of some ions are looked at together, and all of their windows, in order.
fn some_at_once(index: &SpectraIndex, ions: &[WaitingIon]) -> (usize, Vec<Window>) {
    let (mut together, mut n_peaks, mut all) = (0, 0, Vec::new());
    for ion in ions {
        let here: u64 = ion
            .windows
            .iter()
            .map(|window| index.count_within(&[*window]))
            .sum();
        if together > 0 && n_peaks + here > MAX_PEAKS {
            break;
        }
        (together, n_peaks) = (together + 1, n_peaks + here);
        all.extend_from_slice(&ion.windows);
    }
    all.sort_by(|a, b| a.low.total_cmp(&b.low));
    (together, all)
}

/// Where the parents of an ion lie, the nearest first.
fn windows(config: &AnnotateConfig, ion: &Ion, first_mz: f64) -> Vec<Window> {
    let distances = config.parent_distances(ion.charge(config.pattern.charge));
    distances
        .into_iter()
        .map(|distance| config.ppm.window(first_mz - distance))
        .filter(|window| window.low > 0.0)
        .collect()
}

/// The lowest and the highest m/z of some windows.
fn bounds(windows: &[Window]) -> Option<(f64, f64)> {
    let low = windows.iter().map(|window| window.low).reduce(f64::min)?;
    let high = windows.iter().map(|window| window.high).reduce(f64::max)?;
    Some((low, high))
}
