//! Binary images, 64 pixels a word: what is left of the lowest level after dilation and erosion.

/// Pixels with signal.
#[derive(Debug, Default)]
pub(super) struct Bits {
    height: usize,
    width: usize,
    /// Words a row.
    stride: usize,
    signal: Vec<u64>,
    dilated: Vec<u64>,
}

impl Bits {
    /// Starts an empty image.
    pub(super) fn start(&mut self, height: usize, width: usize) {
        let stride = width.div_ceil(64);
        (self.height, self.width, self.stride) = (height, width, stride);
        for plane in [&mut self.signal, &mut self.dilated] {
            plane.clear();
            plane.resize(height * stride, 0);
        }
    }

    /// Sets the pixel of a row and column.
    pub(super) fn set(&mut self, (row, column): (usize, usize)) {
        self.signal[row * self.stride + column / 64] |= 1 << (column % 64);
    }

    /// Dilates by a cross, erodes by a square; whether anything is left.
    pub(super) fn survives(&mut self) -> bool {
        let (height, stride) = (self.height, self.stride);
        for row in 0..height {
            for i in 0..stride {
                let at = row * stride + i;
                let sides = self.sides(&self.signal, row, i, 0);
                let mut word = self.signal[at] | sides.0 | sides.1;
                if row > 0 {
                    word |= self.signal[at - stride];
                }
                if row + 1 < height {
                    word |= self.signal[at + stride];
                }
                self.dilated[at] = word & self.inside(i);
            }
        }
        for row in 0..height {
            for i in 0..stride {
                let mut word = self.eroded_across(row, i);
                if word != 0 && row > 0 {
                    word &= self.eroded_across(row - 1, i);
                }
                if word != 0 && row + 1 < height {
                    word &= self.eroded_across(row + 1, i);
                }
                if word & self.inside(i) != 0 {
                    return true;
                }
            }
        }
        false
    }

    /// A word of a dilated row eroded by its neighbours to the left and right.
    fn eroded_across(&self, row: usize, i: usize) -> u64 {
        let word = self.dilated[row * self.stride + i];
        if word == 0 {
            return 0;
        }
        let (left, right) = self.sides(&self.dilated, row, i, 1);
        word & left & right
    }

    /// The neighbours to the left and to the right of each pixel of a word; `outside` stands for
    /// those outside the image.
    fn sides(&self, plane: &[u64], row: usize, i: usize, outside: u64) -> (u64, u64) {
        let at = row * self.stride + i;
        let word = plane[at];
        let from_left = if i > 0 { plane[at - 1] >> 63 } else { outside };
        let from_right = if i + 1 < self.stride {
            plane[at + 1] << 63
        } else {
            outside << 63
        };
        let mut right = word >> 1 | from_right;
        if i + 1 == self.stride {
            // The last column lies somewhere within the word.
            right |= outside << ((self.width - 1) % 64);
        }
        (word << 1 | from_left, right)
    }

    /// The pixels of a word that are within the image.
    fn inside(&self, i: usize) -> u64 {
        let columns = self.width - i * 64;
        if columns >= 64 {
            u64::MAX
        } else {
            (1 << columns) - 1
        }
    }
}
