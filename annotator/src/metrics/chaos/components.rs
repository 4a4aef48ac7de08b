//! Components of all level sets of an image together.
//!
//! With q(p) the number of levels at which pixel p is set, the components of all levels are
//! Σ q over a maximal spanning forest's roots and branches: Σ_p q(p) − Σ_edges min(q, q'), the sum
//! over the edges of a maximum spanning forest of the 4-neighbourhood graph. Each pixel that has a
//! neighbour at least as high as itself spends its own q on that edge, so that only summits count,
//! less the saddles that join them; saddles are met from the highest level down.

use super::bits::Bits;

/// Counts components, reusing its buffers.
#[derive(Debug, Default)]
pub(super) struct Components {
    /// Dilated values of the rows above, at and below.
    dilated: [Vec<f32>; 3],
    /// Minimum over three rows of dilated values.
    lowest: Vec<f32>,
    /// Highest value of each level.
    thresholds: Vec<f32>,
    /// Levels at which each pixel is set.
    n_levels_of: Vec<u8>,
    /// A higher neighbour of each pixel, itself for a summit.
    parent: Vec<u32>,
    /// Saddles by level.
    saddles: Vec<Vec<(u32, u32)>>,
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
        self.set_thresholds(image, n_levels);
        self.find_levels(image, width, survivors);
        let height = image.len() / width;
        let summits = self.link(width, height, survivors);
        let joined = self.join();
        summits - joined
    }

    fn set_thresholds(&mut self, image: &[f32], n_levels: u16) {
        let max = image.iter().copied().fold(0.0, f32::max);
        self.thresholds.clear();
        self.thresholds
            .extend((0..n_levels).map(|level| max * f32::from(level) / f32::from(n_levels)));
        self.saddles.resize(usize::from(n_levels) + 1, Vec::new());
    }

    /// Filters the rows that have survivors and finds the levels of those.
    fn find_levels(&mut self, image: &[f32], width: usize, survivors: &Bits) {
        let height = image.len() / width;
        self.n_levels_of.clear();
        self.n_levels_of.resize(image.len(), 0);
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
                let around = &self.lowest[column.saturating_sub(1)..(column + 2).min(width)];
                let value = around.iter().copied().fold(f32::INFINITY, f32::min);
                self.n_levels_of[row * width + column] = levels_below(&self.thresholds, value);
            }
        }
    }

    /// Links each pixel to a higher neighbour, or an equal one before it; returns the levels of the
    /// summits together, and gathers the saddles between different summits.
    fn link(&mut self, width: usize, height: usize, survivors: &Bits) -> u64 {
        let q = &self.n_levels_of;
        self.parent.resize(q.len(), 0);
        let mut summits = 0;
        for row in 0..height {
            for column in survivors.survivors(row) {
                let at = row * width + column;
                let (mut best, mut parent) = (q[at], at);
                let mut look = |neighbour: usize, is_before: bool| {
                    if q[neighbour] > best || (is_before && parent == at && q[neighbour] == best) {
                        (best, parent) = (q[neighbour], neighbour);
                    }
                };
                if row > 0 {
                    look(at - width, true);
                }
                if column > 0 {
                    look(at - 1, true);
                }
                if column + 1 < width {
                    look(at + 1, false);
                }
                if row + 1 < height {
                    look(at + width, false);
                }
                if parent == at {
                    summits += u64::from(q[at]);
                }
                self.parent[at] = number(parent);
            }
        }
        for row in 0..height {
            for column in survivors.survivors(row) {
                let at = row * width + column;
                let right = (column + 1 < width).then_some(at + 1);
                let below = (row + 1 < height).then_some(at + width);
                for neighbour in [right, below].into_iter().flatten() {
                    let level = self.n_levels_of[at].min(self.n_levels_of[neighbour]);
                    if level > 0 {
                        let (a, b) = (self.root(number(at)), self.root(number(neighbour)));
                        if a != b {
                            self.saddles[usize::from(level)].push((a, b));
                        }
                    }
                }
            }
        }
        summits
    }

    /// Joins summits over saddles, the highest first; the levels at which that happens together.
    fn join(&mut self) -> u64 {
        let mut joined = 0;
        for level in (1..self.saddles.len()).rev() {
            let mut saddles = std::mem::take(&mut self.saddles[level]);
            for (a, b) in saddles.drain(..) {
                let (a, b) = (self.root(a), self.root(b));
                if a != b {
                    self.parent[a as usize] = b;
                    joined += level as u64;
                }
            }
            self.saddles[level] = saddles;
        }
        joined
    }

    /// The summit that a pixel belongs to, shortening the way for the next.
    fn root(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let above = self.parent[at as usize];
            let next = self.parent[above as usize];
            self.parent[at as usize] = next;
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

/// How many thresholds lie below a value.
fn levels_below(thresholds: &[f32], value: f32) -> u8 {
    let n = thresholds.partition_point(|&threshold| value > threshold);
    u8::try_from(n).unwrap_or(u8::MAX)
}
