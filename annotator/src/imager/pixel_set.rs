//! Sets of pixels.

use super::canvas::number;

/// A set with fewer words than so many for each pixel to be taken out is emptied as a whole: one word after
/// another costs less than here and there.
const WORDS_A_PIXEL: usize = 8;

/// A set of pixels, one bit each: small enough to stay in a cache next to the processor.
#[derive(Debug)]
pub(crate) struct PixelSet {
    words: Vec<u64>,
}

impl PixelSet {
    pub(super) fn new(n_pixels: usize) -> Self {
        Self {
            words: vec![0; n_pixels.div_ceil(64)],
        }
    }

    /// Adds a pixel; whether it was not there.
    #[inline]
    pub(super) fn insert(&mut self, pixel: u32) -> bool {
        let word = &mut self.words[pixel as usize / 64];
        let bit = 1 << (pixel % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    #[inline]
    pub(super) fn has(&self, pixel: u32) -> bool {
        self.words[pixel as usize / 64] >> (pixel % 64) & 1 == 1
    }

    /// Whether each of so many pixels from one on is there, up to 64: a bit each, from the lowest on.
    #[inline]
    pub(crate) fn bits(&self, pixel: usize, n: usize) -> u64 {
        let (word, shift) = (pixel / 64, pixel % 64);
        let low = self.words[word] >> shift;
        // Of the next word nothing where this one is taken as a whole.
        let next = self.words.get(word + 1).copied().unwrap_or(0);
        let high = next << 1 << (63 - shift);
        (low | high) & (u64::MAX >> (64 - n))
    }

    /// The first pixel and the last.
    pub(super) fn ends(&self) -> Option<(u32, u32)> {
        let first = self.words.iter().position(|&word| word > 0)?;
        let last = self.words.iter().rposition(|&word| word > 0)?;
        Some((
            number(first * 64) + self.words[first].trailing_zeros(),
            number(last * 64) + 63 - self.words[last].leading_zeros(),
        ))
    }

    /// Takes pixels out, those of their neighbourhoods with them: meant for all that were added.
    pub(super) fn clear(&mut self, pixels: impl ExactSizeIterator<Item = u32>) {
        if pixels.len() * WORDS_A_PIXEL > self.words.len() {
            self.words.fill(0);
        } else {
            for pixel in pixels {
                self.words[pixel as usize / 64] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_added_until_cleared() {
        for n_pixels in [130, 13_000] {
            let mut set = PixelSet::new(n_pixels);
            for pixel in [0, 63, 129] {
                assert!(set.insert(pixel) && !set.insert(pixel));
            }
            let has = |set: &PixelSet| (0..130).filter(|&pixel| set.has(pixel)).collect::<Vec<_>>();
            assert_eq!(has(&set), [0, 63, 129]);
            assert_eq!(set.ends(), Some((0, 129)));
            assert_eq!(set.bits(0, 64), 1 << 63 | 1);
            assert_eq!(set.bits(63, 64), 1);
            assert_eq!(set.bits(66, 64), 1 << 63);
            assert_eq!(set.bits(120, 5), 0);
            assert_eq!(set.bits(129, 1), 1);
            set.clear([0, 63, 129].into_iter());
            assert_eq!(has(&set), []);
        }
    }
}
