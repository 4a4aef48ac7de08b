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

/// Counts components, reusing its buffers. Images have a frame of one pixel on each side.
#[derive(Debug, Default)]
pub(super) struct Components {
    /// Pixels a row, frame included.
    stride: usize,
    thresholds: Thresholds,
    /// Levels below each pixel's value; then what is left after erosion.
    levels: Vec<u8>,
    dilated: Vec<u8>,
    /// Of each column, the smallest of three dilated pixels above one another.
    lowest: Vec<u8>,
    /// Where the way up leads from each pixel of a row.
    steps: Vec<u8>,
    /// A pixel further up, on the way to the summit; itself for a summit, 0 where nothing is.
    upward: Vec<u32>,
    /// Whether a pixel of a row and one after it may lie in different basins.
    borders: Vec<u8>,
    /// Pairs of basins that meet, by the level of the saddle.
    saddles: Vec<Vec<(u32, u32)>>,
}

/// Lowest values of the levels.
#[derive(Debug, Default)]
struct Thresholds {
    /// `max·j/L` of level j, in `f32` as the engine; two that nothing exceeds at the end.
    values: Vec<f32>,
    /// Levels in a unit of intensity.
    per_intensity: f64,
}

/// Ways up from a pixel, by rank: a pixel before wins over an equal one, which wins over one after.
const UP: u8 = 0;
const LEFT: u8 = 1;
const SUMMIT: u8 = 2;
const RIGHT: u8 = 3;
const DOWN: u8 = 4;

impl Thresholds {
    fn set(&mut self, max: f32, n_levels: u16) {
        self.values.clear();
        self.values.extend((0..n_levels).map(|level| max * f32::from(level) / f32::from(n_levels)));
        self.values.extend([f32::INFINITY; 2]);
        self.per_intensity = f64::from(n_levels) / f64::from(max);
    }

    /// How many thresholds lie below a value of at most the maximum: the quotient, which rounding
    /// moves by less than one level, and what the next two say.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 255")]
    fn below(&self, value: f32) -> u8 {
        let n_levels = self.values.len() - 2;
        let quotient = ((f64::from(value) * self.per_intensity) as u32 as usize).min(n_levels);
        let exceeds = |level: usize| u8::from(value > self.values[level]);
        quotient as u8 + exceeds(quotient) + exceeds(quotient + 1)
    }
}

impl Components {
    /// Starts an empty image of `height` × `width` whose largest value is `max`.
    pub(super) fn start(&mut self, height: usize, width: usize, max: f32, n_levels: u16) {
        self.stride = width + 2;
        self.thresholds.set(max, n_levels);
        self.levels.clear();
        self.levels.resize(self.stride * (height + 2), 0);
        self.saddles.resize(usize::from(n_levels) + 1, Vec::new());
    }

    /// Sets the pixel of a row and column.
    pub(super) fn set(&mut self, (row, column): (usize, usize), value: f32) {
        self.levels[(row + 1) * self.stride + column + 1] = self.thresholds.below(value);
    }

    /// Number of components of all levels together.
    pub(super) fn count(&mut self) -> u64 {
        self.dilate();
        self.erode();
        let summits = self.climb();
        self.find_saddles();
        summits - self.join()
    }

    /// First pixel of each row, without the frame.
    fn rows(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let (stride, n) = (self.stride, self.levels.len());
        (stride..n - stride).step_by(stride).map(|start| start + 1)
    }

    /// The largest of each pixel and its four neighbours. The frame is higher than any level, so
    /// that it does not count when eroding.
    fn dilate(&mut self) {
        let (stride, width) = (self.stride, self.stride - 2);
        self.dilated.clear();
        self.dilated.resize(self.levels.len(), u8::MAX);
        for start in self.rows() {
            let [up, left, here, right, down] = around(&self.levels, start, stride);
            let out = &mut self.dilated[start..start + width];
            for (i, out) in out.iter_mut().enumerate() {
                *out = up[i].max(down[i]).max(left[i].max(right[i])).max(here[i]);
            }
        }
    }

    /// The smallest dilated of each pixel and its eight neighbours.
    fn erode(&mut self) {
        let (stride, width) = (self.stride, self.stride - 2);
        self.lowest.resize(stride, 0);
        for start in self.rows() {
            let row = |start: usize| &self.dilated[start - 1..][..stride];
            let (above, here, below) = (row(start - stride), row(start), row(start + stride));
            for (i, lowest) in self.lowest.iter_mut().enumerate() {
                *lowest = above[i].min(here[i]).min(below[i]);
            }
            let (left, middle, right) =
                (&self.lowest[..width], &self.lowest[1..=width], &self.lowest[2..]);
            let out = &mut self.levels[start..start + width];
            for (i, out) in out.iter_mut().enumerate() {
                *out = left[i].min(middle[i]).min(right[i]);
            }
        }
    }

    /// Finds a way up from each pixel: over the highest neighbour, or an equal one before it.
    /// Returns the levels of all summits together.
    fn climb(&mut self) -> u64 {
        let (stride, width) = (self.stride, self.stride - 2);
        self.upward.resize(self.levels.len(), 0);
        self.steps.resize(width, 0);
        let mut summits = 0_u32;
        for start in self.rows() {
            let [up, left, here, right, down] = around(&self.levels, start, stride);
            if here.iter().fold(0, |all, level| all | level) == 0 {
                self.upward[start..start + width].fill(0);
                continue;
            }
            for (i, step) in self.steps[..width].iter_mut().enumerate() {
                let best = up[i].max(down[i]).max(left[i].max(right[i])).max(here[i]);
                let after = if right[i] == best { RIGHT } else { DOWN };
                let rest = if here[i] == best { SUMMIT } else { after };
                let rest = if left[i] == best { LEFT } else { rest };
                *step = if up[i] == best { UP } else { rest };
            }
            let (before, from_here) = self.upward.split_at_mut(start);
            let (above, out) = (&before[start - stride..][..width], &mut from_here[..width]);
            let first = number(start);
            let (to_right, down) = (first + 1, first + number(stride));
            for (i, ((out, &step), &above)) in (0..).zip(out.iter_mut().zip(&self.steps).zip(above))
            {
                let after = if step == RIGHT { to_right } else { down };
                let rest = if step == SUMMIT { first } else { after };
                *out = if step == UP { above } else { rest + i };
            }
            let mut last = 0;
            for ((out, &step), &level) in out.iter_mut().zip(&self.steps).zip(here) {
                summits += u32::from(if step == SUMMIT { level } else { 0 });
                last = if step == LEFT { last } else { *out };
                *out = last;
            }
        }
        // Ways to the right and down are known from their end on.
        for start in self.rows().rev() {
            for at in (start..start + width).rev() {
                self.upward[at] = self.upward[self.upward[at] as usize];
            }
        }
        u64::from(summits)
    }

    /// Gathers where different basins meet.
    fn find_saddles(&mut self) {
        let (stride, width) = (self.stride, self.stride - 2);
        self.borders.clear();
        self.borders.resize(width.next_multiple_of(8), 0);
        for start in self.rows() {
            let row = |start: usize| &self.upward[start..][..width];
            let (here, right, down) = (row(start), row(start + 1), row(start + stride));
            let levels = &self.levels[start..][..width];
            if levels.iter().fold(0, |all, level| all | level) == 0 {
                continue;
            }
            let neighbours = here.iter().zip(right).zip(down).zip(levels);
            for (border, (((here, right), down), &level)) in self.borders.iter_mut().zip(neighbours)
            {
                let differs = (here ^ right) | (here ^ down);
                *border = if differs == 0 { 0 } else { level };
            }
            for chunk in 0..self.borders.len() / 8 {
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
        if level == 0 || self.upward[at] == self.upward[neighbour] {
            return;
        }
        let pair = (self.root(number(at)), self.root(number(neighbour)));
        let saddles = &mut self.saddles[usize::from(level)];
        if pair.0 != pair.1 && saddles.last() != Some(&pair) {
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

/// The pixels above, to the left, at, to the right and below those of the row that begins at
/// `start`.
fn around(image: &[u8], start: usize, stride: usize) -> [&[u8]; 5] {
    let width = stride - 2;
    [start - stride, start - 1, start, start + 1, start + stride]
        .map(|start| &image[start..start + width])
}

/// A pixel's number: bounding boxes have fewer than 2³² pixels.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
