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

use pulp::{Arch, NullaryFnOnce};

use super::thresholds::Thresholds;
use crate::imager::{Drawing, ahead, ask_for, number};

/// Counts components, reusing its buffers. Images have a frame of one pixel on each side.
#[derive(Debug, Default)]
pub(super) struct Components {
    /// Pixels a row, frame included.
    stride: usize,
    thresholds: Thresholds,
    /// Levels below each value of a list.
    drawn: Vec<u8>,
    /// Levels below each pixel's value; then what is left after erosion.
    levels: Vec<u8>,
    /// The row above, the row itself and the row below, dilated.
    dilated: [Vec<u8>; 3],
    /// Of each column, the smallest of three dilated pixels above one another.
    lowest: Vec<u8>,
    /// Pixels beside one another in a row where something is left after erosion, and some around them.
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

/// Pixels that are looked at together for whether something is left.
const SPAN_PIXELS: usize = 64;

/// Ways up from a pixel, by rank: a pixel before wins over an equal one, which wins over one after.
const UP: u8 = 0;
const LEFT: u8 = 1;
const SUMMIT: u8 = 2;
const RIGHT: u8 = 3;
const DOWN: u8 = 4;

impl Components {
    /// Draws an image that is a list of pixels, with the row and column of each.
    pub(super) fn draw_list(
        &mut self,
        size: (usize, usize),
        n_levels: u16,
        image: &Drawing,
        place: impl Fn(u32) -> (usize, usize),
    ) {
        let pixels = image.pixels().iter().copied();
        self.draw(size, n_levels, image.intensities(), pixels, place);
    }

    /// Draws an image of `height` × `width`: the values of some pixels, and the row and column of
    /// those that are not 0.
    pub(super) fn draw(
        &mut self,
        size: (usize, usize),
        n_levels: u16,
        values: &[f32],
        pixels: impl Iterator<Item = u32> + Clone,
        place: impl Fn(u32) -> (usize, usize),
    ) {
        self.start(size, n_levels, values);
        self.drawn.resize(values.len(), 0);
        self.thresholds.below(values, &mut self.drawn);
        let stride = self.stride;
        let at = |pixel: u32| {
            let (row, column) = place(pixel);
            (row + 1) * stride + column + 1
        };
        let mut next = ahead(&self.levels, pixels.clone());
        for (&level, pixel) in self.drawn.iter().zip(pixels) {
            if let Some(pixel) = next.next() {
                ask_for(&self.levels, at(pixel));
            }
            if level > 0 {
                self.levels[at(pixel)] = level;
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
            let out = &mut self.levels[start..start + run.len()];
            self.thresholds.below(&values[run], out);
        }
    }

    /// Starts an empty image with the levels of some values.
    fn start(&mut self, (height, width): (usize, usize), n_levels: u16, values: &[f32]) {
        self.stride = width + 2;
        self.levels.clear();
        self.levels.resize(self.stride * (height + 2), 0);
        self.saddles.resize(usize::from(n_levels) + 1, Vec::new());
        self.thresholds.set(values, n_levels);
    }

    /// Number of components of all levels together.
    pub(super) fn count(&mut self) -> u64 {
        Arch::new().dispatch(Count(self))
    }

    /// First pixel of each row, without the frame.
    fn rows(&self) -> impl Iterator<Item = usize> + use<> {
        let (stride, n) = (self.stride, self.levels.len());
        (stride..n - stride).step_by(stride).map(|start| start + 1)
    }

    /// Dilates by a cross and erodes by a square, one row after another: of three dilated rows at a time,
    /// which stay in the cache, the smallest of nine pixels takes the place of the one in the middle. The
    /// frame is higher than any level, so that it does not count when eroding.
    #[inline(always)]
    fn dilate_and_erode(&mut self) {
        let stride = self.stride;
        for row in &mut self.dilated {
            row.clear();
            row.resize(stride, u8::MAX);
        }
        self.lowest.resize(stride, 0);
        self.spans.clear();
        let end = self.levels.len() - stride;
        self.dilate(stride);
        for start in self.rows() {
            // The row that was below is the row itself.
            self.dilated.rotate_left(1);
            let below = start - 1 + stride;
            if below < end {
                self.dilate(below);
            } else {
                self.dilated[2].fill(u8::MAX);
            }
            self.erode(start);
        }
    }

    /// The largest of each pixel of a row and its four neighbours, for the row below; `start` is where the
    /// frame of the row is.
    #[inline(always)]
    fn dilate(&mut self, start: usize) {
        let width = self.stride - 2;
        let row = start + 1..start + 1 + width;
        let [up, left, here, right, down] = around(&self.levels, row, self.stride);
        let out = &mut self.dilated[2][1..=width];
        for (i, out) in out.iter_mut().enumerate() {
            *out = up[i].max(down[i]).max(left[i].max(right[i])).max(here[i]);
        }
    }

    /// The smallest dilated of each pixel of a row and its eight neighbours, and where something is left.
    #[inline(always)]
    fn erode(&mut self, start: usize) {
        let width = self.stride - 2;
        let [above, here, below] = &self.dilated;
        let columns = above.iter().zip(here).zip(below);
        for (lowest, ((above, here), below)) in self.lowest.iter_mut().zip(columns) {
            *lowest = *above.min(here).min(below);
        }
        let lowest = |from: usize| &self.lowest[from..from + width];
        let (left, middle, right) = (lowest(0), lowest(1), lowest(2));
        let out = &mut self.levels[start..start + width];
        for (i, out) in out.iter_mut().enumerate() {
            *out = left[i].min(middle[i]).min(right[i]);
        }
        for (at, pixels) in (start..).step_by(SPAN_PIXELS).zip(out.chunks(SPAN_PIXELS)) {
            if pixels.iter().fold(0, |all, level| all | level) == 0 {
                continue;
            }
            let end = at + pixels.len();
            match self.spans.last_mut() {
                Some(last) if last.end == at => last.end = end,
                _ => self.spans.push(at..end),
            }
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
        u64::from(summits)
    }

    /// Gathers where different basins meet, from the last pixel to the first: so ways to the right and down
    /// are known from their end on.
    #[inline(always)]
    fn find_saddles(&mut self) {
        let stride = self.stride;
        self.borders.clear();
        self.borders.resize(stride.next_multiple_of(8), 0);
        for span in (0..self.spans.len()).rev() {
            let Range { start, end } = self.spans[span].clone();
            let mut summit = 0;
            for at in (start..end).rev() {
                let way = self.upward[at];
                // That of the pixel to the right was found last; to read what was just written is to wait for it.
                let found = self.upward[way as usize];
                summit = if way == number(at + 1) { summit } else { found };
                self.upward[at] = summit;
            }
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
        components.dilate_and_erode();
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
