//! Whether images share a pixel.

/// A set of pixels, one bit each: small enough to stay in the nearest cache.
#[derive(Debug)]
pub(super) struct PixelSet {
    words: Vec<u64>,
}

impl PixelSet {
    pub(super) fn new(n_pixels: usize) -> Self {
        Self {
            words: vec![0; n_pixels.div_ceil(64)],
        }
    }

    pub(super) fn add(&mut self, pixels: &[u32]) {
        for &pixel in pixels {
            self.words[pixel as usize / 64] |= 1 << (pixel % 64);
        }
    }

    /// Takes pixels out, those of their neighbourhoods with them: meant for all that were added.
    pub(super) fn clear(&mut self, pixels: &[u32]) {
        for &pixel in pixels {
            self.words[pixel as usize / 64] = 0;
        }
    }

    /// Whether one of the pixels is in the set.
    pub(super) fn has_any(&self, mut pixels: impl Iterator<Item = u32>) -> bool {
        pixels.any(|pixel| self.words[pixel as usize / 64] >> (pixel % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_added_until_cleared() {
        let mut set = PixelSet::new(130);
        set.add(&[0, 63, 129]);
        assert!(set.has_any([5, 129].into_iter()));
        assert!(!set.has_any([1, 62, 64, 128].into_iter()));
        set.clear(&[0, 63, 129]);
        assert!(!set.has_any(0..130));
    }
}
