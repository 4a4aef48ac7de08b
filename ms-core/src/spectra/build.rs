//! Builds the index: in memory by streaming the spectra twice, to count and then to distribute;
//! beyond memory by sorted runs.

use std::io;
use std::ops::Range;

use rayon::prelude::*;

use super::census::{BlockCensus, Census, N_BUCKETS, bucket, bucket_low};
use super::error::IndexError;
use super::record::{PEAK_BYTES, Peak, Record};
use super::segment::{Spare, sort};
use super::stream::for_each_spectrum;
use super::{Segment, SpectraIndex, Store, spill};
use crate::bytes::{Scratch, index};
use crate::image::PixelIdx;
use crate::imzml::{Dataset, Spectrum};
use crate::progress::{Progress, check};
use crate::tolerance::Window;

/// Spectra of a block at the least; a block is what one thread works on at a time.
const MIN_BLOCK: usize = 512;

/// Most blocks of a dataset.
const MAX_BLOCKS: usize = 64;

/// Peaks of a segment, roughly: few enough to be sorted in cache, enough to be distributed to few.
const SEGMENT_PEAKS: u64 = 1 << 16;

/// Most segments of an index.
const MAX_SEGMENTS: u64 = 2_048;

/// Where and how large an index may be.
pub struct BuildOptions<'a> {
    /// Bytes that the index may take in memory; a larger one goes to scratch.
    pub memory_bytes: u64,
    /// Bytes of buffers on the way to scratch.
    pub buffer_bytes: u64,
    /// Makes scratch for so many bytes when it is needed.
    pub scratch: &'a (dyn Fn(u64) -> io::Result<Box<dyn Scratch>> + Sync),
}

impl std::fmt::Debug for BuildOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BuildOptions")
            .field("memory_bytes", &self.memory_bytes)
            .finish_non_exhaustive()
    }
}

impl SpectraIndex {
    /// Orders all peaks of a dataset's plane by m/z.
    ///
    /// Cost: in memory the spectra are read twice and each peak is moved three times; in scratch
    /// they are read once, and each peak is sorted, written, read and sorted again.
    ///
    /// # Errors
    /// A spectrum is wrong, scratch fails, or `progress` says to stop.
    pub fn build(
        dataset: &Dataset,
        options: &BuildOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<(Self, Census), IndexError> {
        // More than peaks, perhaps: of some points the intensity is 0.
        let needed = dataset.max_peaks() * PEAK_BYTES;
        // Picking peaks costs more than reading, so that profiles are read once in any case.
        if needed <= options.memory_bytes && dataset.picking.is_none() {
            return Self::build_in_memory(dataset, progress);
        }
        let scratch = (options.scratch)(needed).map_err(|source| IndexError::NoScratch {
            needed,
            allowed: options.memory_bytes,
            source,
        })?;
        let everything = [Window::EVERYTHING];
        let buffer_bytes = options.buffer_bytes;
        let (runs, census) = spill::build(dataset, &everything, scratch, buffer_bytes, progress)?;
        let index = Self::of_runs(runs);
        let fits = census.n_peaks * PEAK_BYTES <= options.memory_bytes;
        let index = if fits { index.into_memory()? } else { index };
        Ok((index, census))
    }

    /// Orders by m/z, in scratch, the peaks of a dataset's plane that lie in any of some closed
    /// intervals, which ascend and do not overlap. The census is of all peaks.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn build_within(
        dataset: &Dataset,
        intervals: &[Window],
        options: &BuildOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<(Self, Census), IndexError> {
        // How many they are is known when they are read.
        let scratch = (options.scratch)(0).map_err(|source| IndexError::NoScratch {
            needed: 0,
            allowed: options.memory_bytes,
            source,
        })?;
        let (runs, census) =
            spill::build(dataset, intervals, scratch, options.buffer_bytes, progress)?;
        Ok((Self::of_runs(runs), census))
    }

    /// Orders all peaks of a dataset's plane by m/z, in memory.
    ///
    /// # Errors
    /// A spectrum is wrong, or `progress` says to stop.
    pub fn build_in_memory(
        dataset: &Dataset,
        progress: &dyn Progress,
    ) -> Result<(Self, Census), IndexError> {
        let blocks = blocks(dataset.spectra.len());
        progress.begin("reading spectra", 2 * dataset.spectra.len() as u64);
        let counts: Vec<BlockCensus> = blocks
            .par_iter()
            .map(|block| BlockCensus::take(dataset.part(block.clone()), progress))
            .collect::<Result<_, _>>()?;
        let parts = counts.iter().map(|count| &count.part);
        let census = Census::merge(dataset.pixels.raster.n_pixels(), parts);
        let layout = Layout::new(&counts);
        drop(counts);
        let records = distribute(dataset, &blocks, &layout, progress)?;
        let Layout {
            segments, n_peaks, ..
        } = layout;
        let store = Store::Memory { records, segments };
        Ok((Self { n_peaks, store }, census))
    }
}

/// Consecutive spectra, about equally many in each block. Depends on nothing but their number.
fn blocks(n_spectra: usize) -> Vec<Range<usize>> {
    let n_blocks = (n_spectra / MIN_BLOCK).clamp(1, MAX_BLOCKS);
    (0..n_blocks)
        .map(|i| i * n_spectra / n_blocks..(i + 1) * n_spectra / n_blocks)
        .collect()
}

/// Where each block's peaks of each segment go.
struct Layout {
    segments: Vec<Segment>,
    n_peaks: u64,
    /// First bucket after each segment.
    ends: Vec<usize>,
    /// Peaks of each segment, by block.
    counts: Vec<Vec<u32>>,
}

impl Layout {
    fn new(blocks: &[BlockCensus]) -> Self {
        let total = |bucket: usize| -> u64 {
            blocks
                .iter()
                .map(|block| u64::from(block.buckets[bucket]))
                .sum()
        };
        let totals: Vec<u64> = (0..N_BUCKETS).map(total).collect();
        let n_peaks: u64 = totals.iter().sum();
        let target = SEGMENT_PEAKS.max(n_peaks / MAX_SEGMENTS);
        let (mut segments, mut ends) = (Vec::new(), Vec::new());
        let (mut start, mut here, mut first) = (0, 0, 0);
        for (bucket, &n) in totals.iter().enumerate() {
            here += n;
            let is_last = bucket + 1 == N_BUCKETS;
            if here >= target || is_last {
                segments.push(Segment {
                    low: bucket_low(first),
                    start,
                });
                ends.push(bucket + 1);
                (start, here, first) = (start + here, 0, bucket + 1);
            }
        }
        let count_block = |block: &BlockCensus| {
            let mut from = 0;
            let count = |&end: &usize| {
                block.buckets[std::mem::replace(&mut from, end)..end]
                    .iter()
                    .sum()
            };
            ends.iter().map(count).collect()
        };
        let counts = blocks.iter().map(count_block).collect();
        Self {
            segments,
            n_peaks,
            ends,
            counts,
        }
    }

    /// Length of each segment.
    fn lengths(&self) -> impl Iterator<Item = u64> + '_ {
        let ends = self
            .segments
            .iter()
            .skip(1)
            .map(|s| s.start)
            .chain([self.n_peaks]);
        self.segments
            .iter()
            .zip(ends)
            .map(|(segment, end)| end - segment.start)
    }

    /// Calls `each` with segment and record of every kept peak of a spectrum.
    fn place(
        &self,
        pixel: PixelIdx,
        spectrum: Spectrum<'_>,
        mut each: impl FnMut(usize, Record) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        let mut segment = 0;
        for (&mz, &intensity) in spectrum.mzs.iter().zip(spectrum.intensities) {
            if intensity > 0.0 {
                let bucket = bucket(mz);
                while bucket >= self.ends[segment] {
                    segment += 1;
                }
                each(
                    segment,
                    Peak {
                        mz,
                        intensity,
                        pixel,
                    }
                    .pack(),
                )?;
            }
        }
        Ok(())
    }
}

fn distribute(
    dataset: &Dataset,
    blocks: &[Range<usize>],
    layout: &Layout,
    progress: &dyn Progress,
) -> Result<Vec<Record>, IndexError> {
    let mut records: Vec<Record> = vec![[0; 2]; index(layout.n_peaks)];
    // A piece for each segment and block: blocks write side by side, and in the order of spectra.
    let mut pieces: Vec<Vec<&mut [Record]>> = blocks.iter().map(|_| Vec::new()).collect();
    let mut rest = records.as_mut_slice();
    for segment in 0..layout.segments.len() {
        for (block, counts) in layout.counts.iter().enumerate() {
            let (piece, after) = rest.split_at_mut(counts[segment] as usize);
            pieces[block].push(piece);
            rest = after;
        }
    }
    pieces
        .into_par_iter()
        .zip(blocks)
        .try_for_each(|(mut pieces, block)| {
            let mut filled = vec![0_usize; pieces.len()];
            for_each_spectrum(dataset.part(block.clone()), progress, |pixel, spectrum| {
                layout.place(pixel, spectrum, |segment, record| {
                    pieces[segment][filled[segment]] = record;
                    filled[segment] += 1;
                    Ok(())
                })
            })
        })?;
    let mut segments = Vec::new();
    let mut rest = records.as_mut_slice();
    for length in layout.lengths() {
        let (segment, after) = rest.split_at_mut(index(length));
        segments.push(segment);
        rest = after;
    }
    segments
        .into_par_iter()
        .try_for_each_init(Spare::default, |spare, segment| {
            check(progress)?;
            sort(segment, spare);
            Ok::<(), IndexError>(())
        })?;
    Ok(records)
}
