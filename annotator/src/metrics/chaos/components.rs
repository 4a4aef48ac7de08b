//! Components of all level sets of an image together.
//!
//! The number of levels that a pixel's value exceeds grows with the value, so that the level sets
//! are dilated and eroded as a maximum and a minimum filter of these numbers, one byte a pixel.
//!
//! Let q(p) be the number of levels at which pixel p is then set. The components of all levels
//! together are `Σ q(p) − Σ min(q(p), q(p'))`, the second sum over the edges of a maximum spanning
//! forest of the 4-neighbourhood graph. A pixel that has a neighbour at least as high as itself
//! spends its own q on that edge, so that only summits count, less the saddles that join their
//! basins; saddles are met from the highest level down.
//!
//! All of it but the saddles is done for many pixels at once, where possible with AVX2: whole numbers
//! are the same on all processors.

#![expect(
    clippy::inline_always,
    reason = "compiled anew for each kind of processor"
)]

use std::ops::Range;

use ms_core::image::MAX_FRAMED_AREA;
use pulp::{Arch, NullaryFnOnce};

use super::thresholds::Thresholds;

/// Counts components, reusing its buffers. Images have a frame of one pixel on each side.
#[derive(Debug, Default)]
pub(super) struct Components {
    /// Pixels a row, frame included.
    stride: usize,
    thresholds: Thresholds,
    /// Levels below each value that is drawn.
    drawn: Vec<u8>,
    /// Levels below each pixel's value; then what is left after erosion.
    levels: Vec<u8>,
    dilated: Vec<u8>,
    /// Of each column, the smallest of three dilated pixels above one another.
    lowest: Vec<u8>,
    /// Of each row, from the first pixel to the last where something is left after erosion.
    spans: Vec<Range<usize>>,
    /// Where the way up leads from each pixel of a row.
    steps: Vec<u8>,
    /// A pixel further up, on the way to the summit; itself for a summit. Meaningless outside of the
    /// spans, 0 within them where nothing is.
    upward: Vec<u32>,
    /// Level of the saddle between a pixel of a row and one after it that may be of another basin.
    borders: Vec<u8>,
    /// Pairs of basins that meet, by the level of the saddle.
    saddles: Vec<Vec<(u32, u32)>>,
}

/// Ways up from a pixel, by rank: a pixel before wins over an equal one, which wins over one after.
const UP: u8 = 0;
const LEFT: u8 = 1;
const SUMMIT: u8 = 2;
const RIGHT: u8 = 3;
const DOWN: u8 = 4;

impl Components {
    /// Draws an image of `height` × `width`: the values of some pixels, and the row and column of
    /// those that are not 0.
    pub(super) fn draw(
        &mut self,
        size: (usize, usize),
        n_levels: u16,
        values: &[f32],
        pixels: impl Iterator<Item = u32>,
        place: impl Fn(u32) -> (usize, usize),
    ) {
        self.start(size, n_levels, values);
        for (&level, pixel) in self.drawn.iter().zip(pixels) {
            if level > 0 {
                let (row, column) = place(pixel);
                self.levels[(row + 1) * self.stride + column + 1] = level;
            }
        }
    }

    /// Draws an image: the values of all pixels, and runs of them beside one another, each with the
    /// row and column of its first.
    pub(super) fn draw_runs(
        &mut self,
        size: (usize, usize),
        n_levels: u16,
        values: &[f32],
        runs: impl Iterator<Item = (Range<usize>, (usize, usize))>,
    ) {
        self.start(size, n_levels, values);
        for (run, (row, column)) in runs {
            let start = (row + 1) * self.stride + column + 1;
            self.levels[start..start + run.len()].copy_from_slice(&self.drawn[run]);
        }
    }

    /// Starts an empty image, and finds the levels below some values.
    fn start(&mut self, (height, width): (usize, usize), n_levels: u16, values: &[f32]) {
        self.stride = width + 2;
        self.levels.clear();
        self.levels.resize(self.stride * (height + 2), 0);
        self.saddles.resize(usize::from(n_levels) + 1, Vec::new());
        self.thresholds.set(values, n_levels);
        self.thresholds.below(values, &mut self.drawn);
    }

    /// Number of components of all levels together.
    pub(super) fn count(&mut self) -> u64 {
        Arch::new().dispatch(Count(self))
    }

    /// First pixel of each row, without the frame.
    fn rows(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let (stride, n) = (self.stride, self.levels.len());
        (stride..n - stride).step_by(stride).map(|start| start + 1)
    }

    /// The largest of each pixel and its four neighbours. The frame is higher than any level, so
    /// that it does not count when eroding.
    #[inline(always)]
    fn dilate(&mut self) {
        let (stride, width) = (self.stride, self.stride - 2);
        self.dilated.clear();
        self.dilated.resize(self.levels.len(), u8::MAX);
        for start in self.rows() {
            let [up, left, here, right, down] = around(&self.levels, start..start + width, stride);
            let out = &mut self.dilated[start..start + width];
            for (i, out) in out.iter_mut().enumerate() {
                *out = up[i].max(down[i]).max(left[i].max(right[i])).max(here[i]);
            }
        }
    }

    /// The smallest dilated of each pixel and its eight neighbours.
    #[inline(always)]
    fn erode(&mut self) {
        let (stride, width) = (self.stride, self.stride - 2);
        self.lowest.resize(stride, 0);
        self.spans.clear();
        for start in self.rows() {
            let row = |start: usize| &self.dilated[start - 1..][..stride];
            let (above, here, below) = (row(start - stride), row(start), row(start + stride));
            for (i, lowest) in self.lowest.iter_mut().enumerate() {
                *lowest = above[i].min(here[i]).min(below[i]);
            }
            let (left, middle, right) = (
                &self.lowest[..width],
                &self.lowest[1..=width],
                &self.lowest[2..],
            );
            let out = &mut self.levels[start..start + width];
            for (i, out) in out.iter_mut().enumerate() {
                *out = left[i].min(middle[i]).min(right[i]);
            }
            self.spans.push(span(out, start));
        }
    }

    /// Finds a way up from each pixel: over the highest neighbour, or an equal one before it.
    /// Returns the levels of all summits together.
    #[inline(always)]
    fn climb(&mut self) -> u64 {
        let stride = self.stride;
        self.upward.resize(self.levels.len(), 0);
        self.steps.resize(stride, 0);
        let mut summits = 0_u32;
        for Range { start, end } in self.spans.iter().cloned() {
            let [up, left, here, right, down] = around(&self.levels, start..end, stride);
            let steps = &mut self.steps[..end - start];
            for (i, step) in steps.iter_mut().enumerate() {
                let best = up[i].max(down[i]).max(left[i].max(right[i])).max(here[i]);
                let after = if right[i] == best { RIGHT } else { DOWN };
                let rest = if here[i] == best { SUMMIT } else { after };
                let rest = if left[i] == best { LEFT } else { rest };
                *step = if up[i] == best { UP } else { rest };
            }
            let (before, from_here) = self.upward.split_at_mut(start);
            let (above, out) = (
                &before[start - stride..][..steps.len()],
                &mut from_here[..steps.len()],
            );
            let first = number(start);
            let (to_right, down) = (first + 1, first + number(stride));
            let of_row = out.iter_mut().zip(&*steps).zip(above).zip(here);
            for (i, (((out, &step), &above), &level)) in (0..).zip(of_row) {
                let after = if step == RIGHT { to_right } else { down };
                let rest = if step == SUMMIT { first } else { after };
                let way = if step == UP { above } else { rest + i };
                *out = if level == 0 { 0 } else { way };
            }
            let mut last = 0;
            for ((out, &step), &level) in out.iter_mut().zip(&*steps).zip(here) {
                summits += u32::from(if step == SUMMIT { level } else { 0 });
                last = if step == LEFT { last } else { *out };
                *out = last;
            }
        }
        // Ways to the right and down are known from their end on.
        for span in self.spans.iter().rev() {
            for at in span.clone().rev() {
                self.upward[at] = self.upward[self.upward[at] as usize];
            }
        }
        u64::from(summits)
    }

    /// Gathers where different basins meet.
    #[inline(always)]
    fn find_saddles(&mut self) {
        let stride = self.stride;
        self.borders.clear();
        self.borders.resize(stride.next_multiple_of(8), 0);
        for row in 0..self.spans.len() {
            let Range { start, end } = self.spans[row].clone();
            let n = end - start;
            let upward = |by: usize| &self.upward[start + by..][..n];
            let levels = |by: usize| &self.levels[start + by..][..n];
            let (borders, rest) = self.borders[..n.next_multiple_of(8)].split_at_mut(n);
            rest.fill(0);
            let basins = upward(0).iter().zip(upward(1)).zip(upward(stride));
            let levels = levels(0).iter().zip(levels(1)).zip(levels(stride));
            for ((border, basins), levels) in borders.iter_mut().zip(basins).zip(levels) {
                let ((here, right), down) = basins;
                let ((&level, &to_right), &below) = levels;
                let over_right = if here == right { 0 } else { to_right };
                let over_down = if here == down { 0 } else { below };
                *border = over_right.max(over_down).min(level);
            }
            for chunk in 0..n.div_ceil(8) {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&self.borders[chunk * 8..][..8]);
                let mut word = u64::from_le_bytes(bytes);
                while word != 0 {
                    let byte = word.trailing_zeros() as usize / 8;
                    word &= !(0xff << (byte * 8));
                    let at = start + chunk * 8 + byte;
                    self.note_saddle(at, at + 1);
                    self.note_saddle(at, at + stride);
                }
            }
        }
    }

    /// Notes that the basins of two neighbours meet, if they do.
    fn note_saddle(&mut self, at: usize, neighbour: usize) {
        let level = self.levels[at].min(self.levels[neighbour]);
        // Nothing has been joined yet: each pixel knows its summit.
        let pair = (self.upward[at], self.upward[neighbour]);
        if level == 0 || pair.0 == pair.1 {
            return;
        }
        let saddles = &mut self.saddles[usize::from(level)];
        if saddles.last() != Some(&pair) {
            saddles.push(pair);
        }
    }

    /// Joins basins over saddles, the highest first; the levels at which that happens together.
    fn join(&mut self) -> u64 {
        let mut joined = 0;
        for level in (1..self.saddles.len()).rev() {
            let mut saddles = std::mem::take(&mut self.saddles[level]);
            for (a, b) in saddles.drain(..) {
                let (a, b) = (self.root(a), self.root(b));
                if a != b {
                    self.upward[a as usize] = b;
                    joined += level as u64;
                }
            }
            self.saddles[level] = saddles;
        }
        joined
    }

    /// The summit that a pixel belongs to, shortening the way for the next.
    fn root(&mut self, mut at: u32) -> u32 {
        while self.upward[at as usize] != at {
            let above = self.upward[at as usize];
            let next = self.upward[above as usize];
            self.upward[at as usize] = next;
            at = next;
        }
        at
    }
}

/// Counts the components of an image that is drawn.
struct Count<'a>(&'a mut Components);

impl NullaryFnOnce for Count<'_> {
    type Output = u64;

    #[inline(always)]
    fn call(self) -> u64 {
        let Self(components) = self;
        components.dilate();
        components.erode();
        let summits = components.climb();
        components.find_saddles();
        summits - components.join()
    }
}

/// The pixels above, to the left, at, to the right and below those of a range.
#[inline(always)]
fn around(image: &[u8], Range { start, end }: Range<usize>, stride: usize) -> [&[u8]; 5] {
    [start - stride, start - 1, start, start + 1, start + stride]
        .map(|from| &image[from..from + (end - start)])
}

/// From the first pixel of a row to the last that is not 0, the row beginning at `start`.
#[inline(always)]
fn span(row: &[u8], start: usize) -> Range<usize> {
    if row.iter().fold(0, |all, level| all | level) == 0 {
        return start..start;
    }
    let is_left = |level: &u8| *level > 0;
    let first = row.iter().position(is_left).unwrap_or_default();
    let last = row.iter().rposition(is_left).unwrap_or_default();
    start + first..start + last + 1
}

/// A pixel's number, the frame of the image included.
#[expect(
    clippy::cast_possible_truncation,
    reason = "framed images have fewer than 2³² pixels, as a raster promises"
)]
fn number(at: usize) -> u32 {
    debug_assert!(at as u64 <= MAX_FRAMED_AREA);
    at as u32
}
