//! Binary images, 64 pixels a word: what is left of the lowest level after dilation and erosion.
//!
//! Images have a frame of one word on each side, which has no signal and, when eroding, counts as set.
//! Where possible several words at once, with AVX2.

#![expect(
    clippy::inline_always,
    reason = "compiled anew for each kind of processor"
)]

use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use crate::imager::PixelSet;

/// Pixels with signal.
#[derive(Debug, Default)]
pub(super) struct Bits {
    height: usize,
    width: usize,
    /// Words a row, frame included.
    stride: usize,
    signal: Vec<u64>,
    dilated: Vec<u64>,
    /// What is left of each row of `dilated` between its neighbours to the left and right.
    eroded_across: Vec<u64>,
}

impl Bits {
    /// Starts an empty image.
    pub(super) fn start(&mut self, (height, width): (usize, usize)) {
        (self.height, self.width) = (height, width);
        self.stride = width.div_ceil(64) + 2;
        let n_words = (height + 2) * self.stride;
        self.signal.clear();
        self.signal.resize(n_words, 0);
        // Every word within the frame is written before it is read.
        self.dilated.resize(n_words, 0);
        self.eroded_across.resize(n_words, 0);
    }

    /// Sets the pixel of a row and column.
    #[inline]
    pub(super) fn set(&mut self, (row, column): (usize, usize)) {
        self.signal[(row + 1) * self.stride + column / 64 + 1] |= 1 << (column % 64);
    }

    /// Words of the image, frame included.
    pub(super) fn n_words(&self) -> usize {
        self.signal.len()
    }

    /// Sets those of a run of pixels that are in a set, from a row and column on.
    pub(super) fn set_run(
        &mut self,
        set: &PixelSet,
        run: Range<usize>,
        (row, column): (usize, usize),
    ) {
        let words = &mut self.signal[(row + 1) * self.stride + 1..];
        let (mut pixel, mut column) = (run.start, column);
        while pixel < run.end {
            // As far as the word of the row goes.
            let n = (64 - column % 64).min(run.end - pixel);
            words[column / 64] |= set.bits(pixel, n) << (column % 64);
            pixel += n;
            column += n;
        }
    }

    /// Dilates by a cross, erodes by a square; whether anything is left.
    pub(super) fn survives(&mut self) -> bool {
        Arch::new().dispatch(Survives(self))
    }

    /// The words of a row, without the frame; row 0 is that of the frame.
    fn row(&self, row: usize) -> Range<usize> {
        row * self.stride + 1..(row + 1) * self.stride - 1
    }

    #[inline(always)]
    fn dilate(&mut self) {
        let outside = !self.last_word();
        let stride = self.stride;
        for row in 1..=self.height {
            let words = self.row(row);
            let (start, n) = (words.start, words.len());
            let from = |start: usize| &self.signal[start..start + n];
            let (here, before, after) = (from(start), from(start - 1), from(start + 1));
            let (above, below) = (from(start - stride), from(start + stride));
            let out = &mut self.dilated[start - 1..=start + n];
            (out[0], out[n + 1]) = (u64::MAX, u64::MAX);
            let out = &mut out[1..=n];
            for (i, out) in out.iter_mut().enumerate() {
                let sides = here[i] << 1 | before[i] >> 63 | here[i] >> 1 | after[i] << 63;
                *out = here[i] | sides | above[i] | below[i];
            }
            // Beyond the last column of the image.
            out[n - 1] |= outside;
        }
    }

    #[inline(always)]
    fn erode_across(&mut self) {
        for row in [0, self.height + 1] {
            let words = self.row(row);
            self.eroded_across[words].fill(u64::MAX);
        }
        for row in 1..=self.height {
            let words = self.row(row);
            let (start, n) = (words.start, words.len());
            let from = |start: usize| &self.dilated[start..start + n];
            let (here, before, after) = (from(start), from(start - 1), from(start + 1));
            for (i, out) in self.eroded_across[words].iter_mut().enumerate() {
                let (left, right) = (
                    here[i] << 1 | before[i] >> 63,
                    here[i] >> 1 | after[i] << 63,
                );
                *out = here[i] & left & right;
            }
        }
    }

    /// Whether anything is left between the rows above and below.
    #[inline(always)]
    fn is_left(&self) -> bool {
        let inside = self.last_word();
        (1..=self.height).any(|row| {
            let words = self.row(row);
            let (start, n) = (words.start, words.len());
            let from = |start: usize| &self.eroded_across[start..start + n];
            let (here, above) = (from(start), from(start - self.stride));
            let below = from(start + self.stride);
            let left = |i: usize| here[i] & above[i] & below[i];
            let all = (0..n - 1).fold(0, |all, i| all | left(i));
            (all | left(n - 1) & inside) != 0
        })
    }

    /// The pixels of the last word of a row that are within the image.
    fn last_word(&self) -> u64 {
        u64::MAX >> ((64 - self.width % 64) % 64)
    }
}

/// Looks whether anything is left of an image.
struct Survives<'a>(&'a mut Bits);

impl NullaryFnOnce for Survives<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let Self(bits) = self;
        bits.dilate();
        bits.erode_across();
        bits.is_left()
    }
}
