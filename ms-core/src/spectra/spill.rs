//! An index that is larger than memory: sorted runs in scratch.
//!
//! ```text
//! spectra 0 … 9,999       ─▶ sorted ─▶ run ─┐
//! spectra 10,000 … 19,999 ─▶ sorted ─▶ run ─┴▶ SortedRuns, which are merged as they are read
//! ```
//!
//! The spectra are read once, and each run is written as one piece.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::census::{Census, CensusPart};
use super::error::IndexError;
use super::record::PEAK_BYTES;
use super::run::{Directory, RunBuffers, Samples, SortedRun};
use super::runs::{RunStore, SortedRuns};
use super::shared_pixels::SharedPixels;
use crate::bytes::{Scratch, index};
use crate::imzml::Dataset;
use crate::progress::Progress;
use crate::tolerance::Window;

/// Bytes of memory that making a run takes for each of its peaks: the peaks, and as many again to
/// sort them.
const RUN_BYTES_A_PEAK: u64 = 2 * PEAK_BYTES;

/// Points of a run at the least: a run has a directory, and is read in pieces.
const MIN_RUN_POINTS: u64 = 1 << 18;

/// Points of a run at most. Longer ones are not written faster.
const MAX_RUN_POINTS: u64 = 1 << 24;

/// Of every so many peaks the m/z is known, at the least, so that a single window is found without
/// reading much beside it; of fewer where those would take more than an eighth of the memory.
const MIN_SAMPLED: usize = 64;
const SAMPLE_BYTES: u64 = size_of::<f32>() as u64;

/// Bytes that are read by several threads.
const SIDE_BY_SIDE: usize = 1 << 20;

/// Orders the peaks of a dataset's plane in some intervals by m/z in scratch, in so much memory.
///
/// # Errors
/// A spectrum is wrong, scratch fails, or `progress` says to stop.
pub(super) fn build(
    dataset: &Dataset,
    intervals: &[Window],
    scratch: Box<dyn Scratch>,
    memory_bytes: u64,
    progress: &dyn Progress,
) -> Result<(SortedRuns, Census), IndexError> {
    progress.begin("reading spectra", dataset.spectra.len() as u64);
    let n_threads = rayon::current_num_threads() as u64;
    let max_points =
        (memory_bytes / n_threads / RUN_BYTES_A_PEAK).clamp(MIN_RUN_POINTS, MAX_RUN_POINTS);
    let at_most = |n_points: u32| match &dataset.picking {
        Some(picking) => picking.shape.max_peaks(n_points.into()),
        None => n_points.into(),
    };
    let spectra = cut(
        dataset.spectra.iter().map(|entry| at_most(entry.n_peaks)),
        max_points,
    );
    let every = index((dataset.max_peaks() * SAMPLE_BYTES).div_ceil((memory_bytes / 8).max(1)))
        .max(MIN_SAMPLED);
    let end = AtomicU64::new(0);
    let buffers: Mutex<Vec<RunBuffers>> = Mutex::default();
    let buffers = || buffers.lock().unwrap_or_else(PoisonError::into_inner);
    let write = |spectra: &Range<usize>| {
        let mut own = buffers().pop().unwrap_or_default();
        let part = dataset.part(spectra.clone());
        let (run, census) = SortedRun::build(part, intervals, &mut own, progress)?;
        let bytes = run.bytes();
        let length = bytes.len() as u64;
        let start = end.fetch_add(length, Ordering::Relaxed);
        let written = scratch.write_at(start, bytes);
        written.map_err(|source| IndexError::Scratch {
            action: "write",
            offset: start,
            length,
            source,
        })?;
        let (directory, samples) = (run.directory(), run.sample(every));
        run.leave(&mut own);
        buffers().push(own);
        Ok((
            WrittenRun {
                start,
                directory,
                samples,
            },
            census,
        ))
    };
    // One run after another is begun, so that no more of them are in memory than there are threads.
    let written: Vec<(WrittenRun, CensusPart)> = spectra
        .par_iter()
        .with_max_len(1)
        .map(write)
        .collect::<Result<_, IndexError>>()?;
    let census = Census::merge(
        dataset.pixels.raster.n_pixels(),
        written.iter().map(|(_, census)| census),
    );
    let runs = written.into_iter().map(|(run, _)| run);
    let (mut starts, mut directories, mut samples) = (Vec::new(), Vec::new(), Vec::new());
    for run in runs {
        starts.push(run.start);
        directories.push(run.directory);
        samples.push(run.samples);
    }
    let store = Box::new(ScratchRuns { scratch, starts });
    let runs = SortedRuns::of_scratch(directories, samples, store);
    let pixels = &dataset.pixels;
    let n_pixels = pixels.raster.n_pixels();
    let shared = SharedPixels::new(&spectra, &pixels.pixel_of_spectrum, n_pixels);
    Ok((runs.with_shared_pixels(shared), census))
}

/// A run that lies in scratch.
struct WrittenRun {
    /// Offset of its first byte.
    start: u64,
    directory: Directory,
    samples: Samples,
}

/// Ranges of consecutive spectra, each of at most so many points or of one spectrum.
fn cut(points: impl Iterator<Item = u64>, max_points: u64) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut start, mut here, mut end) = (0, 0, 0);
    for n in points {
        if here + n > max_points && start < end {
            ranges.push(start..end);
            (start, here) = (end, 0);
        }
        here += n;
        end += 1;
    }
    if start < end {
        ranges.push(start..end);
    }
    ranges
}

/// Runs that lie one after another in scratch, in any order.
struct ScratchRuns {
    scratch: Box<dyn Scratch>,
    /// Offset of the first byte of each.
    starts: Vec<u64>,
}

impl RunStore for ScratchRuns {
    fn read(&self, places: &[(usize, Range<u64>)], out: &mut [u8]) -> io::Result<()> {
        let n_bytes = out.len();
        let mut pieces = Vec::new();
        let mut rest = out;
        for (run, places) in places {
            let length = index((places.end - places.start) * PEAK_BYTES);
            let (piece, after) = rest
                .split_at_mut_checked(length)
                .ok_or(io::ErrorKind::InvalidInput)?;
            pieces.push((self.starts[*run] + places.start * PEAK_BYTES, piece));
            rest = after;
        }
        let read = |(offset, piece): (u64, &mut [u8])| self.scratch.read_at(offset, piece);
        // Few bytes are read faster than they are given to threads.
        if n_bytes < SIDE_BY_SIDE {
            pieces.into_iter().try_for_each(read)
        } else {
            pieces.into_par_iter().try_for_each(read)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_of_few_enough_points() {
        let cut = |points: &[u64]| cut(points.iter().copied(), 10);
        assert_eq!(cut(&[]), []);
        assert_eq!(cut(&[4, 6, 1]), [0..2, 2..3]);
        assert_eq!(cut(&[11, 12, 0, 3]), [0..1, 1..2, 2..4]);
    }
}
