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
    /// Highest pixel around each of a row, with its rank.
    best: Vec<u16>,
    /// A higher neighbour of each pixel, itself for a summit; then the summit of its basin.
    basin: Vec<u32>,
    /// Pairs of basins that meet, by the level of the saddle.
    saddles: Vec<Vec<(u32, u32)>>,
}

/// Lowest values of the levels.
#[derive(Debug, Default)]
struct Thresholds {
    values: Vec<f32>,
    /// Levels in a unit of intensity.
    per_intensity: f32,
}

impl Thresholds {
    fn set(&mut self, max: f32, n_levels: u16) {
        self.values.clear();
        self.values.extend((0..n_levels).map(|level| max * f32::from(level) / f32::from(n_levels)));
        self.per_intensity = f32::from(n_levels) / max;
    }

    /// How many thresholds lie below a value: the quotient, put right where it was rounded.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 255")]
    fn below(&self, value: f32) -> u8 {
        let mut n = ((value * self.per_intensity) as usize).min(self.values.len());
        while n > 0 && value <= self.values[n - 1] {
            n -= 1;
        }
        while n < self.values.len() && value > self.values[n] {
            n += 1;
        }
        n as u8
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

    /// Sets a pixel.
    pub(super) fn set(&mut self, row: usize, column: usize, value: f32) {
        self.levels[(row + 1) * self.stride + column + 1] = self.thresholds.below(value);
    }

    /// Number of components of all levels together.
    pub(super) fn count(&mut self) -> u64 {
        self.dilate();
        self.erode();
        let summits = self.find_basins();
        self.find_saddles();
        summits - self.join()
    }

    /// Places of the pixels of each row, without the frame.
    fn rows(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (stride, n) = (self.stride, self.levels.len());
        (stride..n - stride).step_by(stride).map(move |start| start + 1..start + stride - 1)
    }

    /// The largest of each pixel and its four neighbours. The frame is higher than any level, so
    /// that it does not count when eroding.
    fn dilate(&mut self) {
        self.dilated.clear();
        self.dilated.resize(self.levels.len(), u8::MAX);
        for row in self.rows() {
            let out = &mut self.dilated[row.clone()];
            out.copy_from_slice(&self.levels[row.clone()]);
            for start in around(row.start, self.stride) {
                for (high, &level) in out.iter_mut().zip(&self.levels[start..]) {
                    *high = level.max(*high);
                }
            }
        }
    }

    /// The smallest dilated of each pixel and its eight neighbours.
    fn erode(&mut self) {
        let stride = self.stride;
        for row in self.rows() {
            let out = &mut self.levels[row.clone()];
            out.fill(u8::MAX);
            for middle in [row.start - stride, row.start, row.start + stride] {
                for start in middle - 1..=middle + 1 {
                    for (low, &level) in out.iter_mut().zip(&self.dilated[start..]) {
                        *low = level.min(*low);
                    }
                }
            }
        }
    }

    /// Finds the summit above each pixel: over a higher neighbour, or an equal one before it.
    /// Returns the levels of all summits together.
    fn find_basins(&mut self) -> u64 {
        let stride = self.stride;
        self.basin.resize(self.levels.len(), 0);
        self.best.resize(stride - 2, 0);
        let mut summits = 0;
        for row in self.rows() {
            // A neighbour before wins over an equal pixel, which wins over an equal one after.
            let here = row.start;
            let by_rank = [here + stride, here + 1, here, here - 1, here - stride];
            self.best.fill(0);
            for (rank, start) in (0_u16..).zip(by_rank) {
                for (best, &level) in self.best.iter_mut().zip(&self.levels[start..]) {
                    *best = (u16::from(level) << 3 | rank).max(*best);
                }
            }
            for (column, &best) in self.best.iter().enumerate() {
                let at = here + column;
                if self.levels[at] > 0 {
                    let parent = by_rank[usize::from(best & 7)] + column;
                    summits += if parent == at { u64::from(best >> 3) } else { 0 };
                    self.basin[at] = number(parent);
                }
            }
        }
        for row in self.rows() {
            for at in row {
                if self.levels[at] > 0 {
                    let parent = self.basin[at];
                    // Of pixels before this one the summit is known already.
                    self.basin[at] = if (parent as usize) < at {
                        self.basin[parent as usize]
                    } else {
                        self.root(parent)
                    };
                }
            }
        }
        summits
    }

    /// Gathers where different basins meet.
    fn find_saddles(&mut self) {
        for row in self.rows() {
            for at in row {
                for neighbour in [at + 1, at + self.stride] {
                    let level = self.levels[at].min(self.levels[neighbour]);
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

/// The four neighbours of a place.
fn around(at: usize, stride: usize) -> [usize; 4] {
    [at - stride, at - 1, at + 1, at + stride]
}

/// A pixel's number: bounding boxes have fewer than 2³² pixels.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
