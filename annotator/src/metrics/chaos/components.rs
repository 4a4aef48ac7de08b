//! Components of all level sets of an image together.
//!
//! Let q(p) be the number of levels at which pixel p is set. The components of all levels together
//! are `Σ q(p) − Σ min(q(p), q(p'))`, the second sum over the edges of a maximum spanning forest of
//! the 4-neighbourhood graph. A pixel that has a neighbour at least as high as itself spends its own
//! q on that edge, so that only summits count, less the saddles that join their basins; saddles are
//! met from the highest level down.

use super::bits::Bits;

/// Counts components, reusing its buffers. Images of pixels have a frame of one pixel of level 0.
#[derive(Debug, Default)]
pub(super) struct Components {
    /// Dilated values of the rows above, at and below.
    dilated: [Vec<f32>; 3],
    /// Minimum over three rows of dilated values.
    lowest: Vec<f32>,
    levels: Levels,
    /// Levels at which each pixel is set.
    n_levels_of: Vec<u8>,
    /// The pixels that are set at the lowest level.
    pixels: Vec<u32>,
    /// A higher neighbour of each pixel, itself for a summit; then the summit of its basin.
    basin: Vec<u32>,
    /// Pairs of basins that meet, by the level of the saddle.
    saddles: Vec<Vec<(u32, u32)>>,
}

/// Thresholds of the levels.
#[derive(Debug, Default)]
struct Levels {
    thresholds: Vec<f32>,
    /// Levels in a unit of intensity.
    per_intensity: f32,
}

impl Levels {
    fn set(&mut self, image: &[f32], n_levels: u16) {
        let max = image.iter().copied().fold(0.0, f32::max);
        self.thresholds.clear();
        self.thresholds
            .extend((0..n_levels).map(|level| max * f32::from(level) / f32::from(n_levels)));
        self.per_intensity = f32::from(n_levels) / max;
    }

    /// How many thresholds lie below a value: the quotient, put right where it was rounded.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates at 0")]
    fn below(&self, value: f32) -> u8 {
        let mut n = ((value * self.per_intensity) as usize).min(self.thresholds.len());
        while n > 0 && value <= self.thresholds[n - 1] {
            n -= 1;
        }
        while n < self.thresholds.len() && value > self.thresholds[n] {
            n += 1;
        }
        n.min(usize::from(u8::MAX)) as u8
    }
}

impl Components {
    /// Number of components of all levels of an image of rows of `width` together. Only pixels that
    /// survive at the lowest level can be in any.
    pub(super) fn count(
        &mut self,
        image: &[f32],
        width: usize,
        n_levels: u16,
        survivors: &Bits,
    ) -> u64 {
        self.levels.set(image, n_levels);
        self.saddles.resize(usize::from(n_levels) + 1, Vec::new());
        self.find_levels(image, width, survivors);
        let summits = self.find_basins(width + 2);
        self.find_saddles(width + 2);
        summits - self.join()
    }

    /// Filters the rows that have survivors and finds the levels of those.
    fn find_levels(&mut self, image: &[f32], width: usize, survivors: &Bits) {
        let height = image.len() / width;
        let stride = width + 2;
        self.n_levels_of.clear();
        self.n_levels_of.resize(stride * (height + 2), 0);
        self.pixels.clear();
        for buffer in &mut self.dilated {
            buffer.resize(width, 0.0);
        }
        self.lowest.resize(width, 0.0);
        // Rows whose dilated values the buffers hold; a row's is number row % 3.
        let mut held = [usize::MAX; 3];
        for row in (0..height).filter(|&row| survivors.has_survivors(row)) {
            let rows = row.saturating_sub(1)..=(row + 1).min(height - 1);
            for near in rows.clone() {
                if held[near % 3] != near {
                    dilate_row(image, width, near, &mut self.dilated[near % 3]);
                    held[near % 3] = near;
                }
            }
            self.lowest.copy_from_slice(&self.dilated[row % 3]);
            for near in rows {
                for (low, value) in self.lowest.iter_mut().zip(&self.dilated[near % 3]) {
                    *low = low.min(*value);
                }
            }
            for column in survivors.survivors(row) {
                let mut value = self.lowest[column];
                if column > 0 {
                    value = value.min(self.lowest[column - 1]);
                }
                if column + 1 < width {
                    value = value.min(self.lowest[column + 1]);
                }
                let at = (row + 1) * stride + column + 1;
                self.n_levels_of[at] = self.levels.below(value);
                self.pixels.push(number(at));
            }
        }
    }

    /// Finds the summit above each pixel: over a higher neighbour, or an equal one before it.
    /// Returns the levels of all summits together.
    fn find_basins(&mut self, stride: usize) -> u64 {
        let q = &self.n_levels_of;
        self.basin.resize(q.len(), 0);
        // A neighbour before wins over an equal pixel, which wins over an equal neighbour after.
        let mut summits = 0;
        for &pixel in &self.pixels {
            let here = pixel as usize;
            let around = [here + stride, here + 1, here, here - 1, here - stride];
            let key = |rank: u16| u16::from(q[around[usize::from(rank)]]) << 3 | rank;
            let best = key(0).max(key(1)).max(key(2)).max(key(3)).max(key(4));
            let parent = around[usize::from(best & 7)];
            summits += if parent == here { u64::from(best >> 3) } else { 0 };
            self.basin[here] = number(parent);
        }
        for i in 0..self.pixels.len() {
            let pixel = self.pixels[i];
            self.basin[pixel as usize] = self.root(pixel);
        }
        summits
    }

    /// Gathers where different basins meet.
    fn find_saddles(&mut self, stride: usize) {
        for &pixel in &self.pixels {
            let at = pixel as usize;
            for neighbour in [at + 1, at + stride] {
                let level = self.n_levels_of[at].min(self.n_levels_of[neighbour]);
                if level > 0 && self.basin[at] != self.basin[neighbour] {
                    let pair = (self.basin[at], self.basin[neighbour]);
                    let saddles = &mut self.saddles[usize::from(level)];
                    if saddles.last() != Some(&pair) {
                        saddles.push(pair);
                    }
                }
            }
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
                    self.basin[a as usize] = b;
                    joined += level as u64;
                }
            }
            self.saddles[level] = saddles;
        }
        joined
    }

    /// The summit that a pixel belongs to, shortening the way for the next.
    fn root(&mut self, mut at: u32) -> u32 {
        while self.basin[at as usize] != at {
            let above = self.basin[at as usize];
            let next = self.basin[above as usize];
            self.basin[at as usize] = next;
            at = next;
        }
        at
    }
}

/// A pixel's number: bounding boxes have fewer than 2³² pixels.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The largest of each pixel of a row and its four neighbours.
fn dilate_row(image: &[f32], width: usize, row: usize, out: &mut [f32]) {
    let at = row * width;
    let here = &image[at..at + width];
    out.copy_from_slice(here);
    let mut raise = |values: &[f32], from: usize| {
        for (highest, value) in out[from..].iter_mut().zip(values) {
            *highest = highest.max(*value);
        }
    };
    raise(&here[1..], 0);
    raise(&here[..width - 1], 1);
    if row > 0 {
        raise(&image[at - width..at], 0);
    }
    if at + width < image.len() {
        raise(&image[at + width..at + 2 * width], 0);
    }
}
