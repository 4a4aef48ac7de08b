//! Random numbers that depend on a seed and an item alone.

/// The sequence of one item.
///
/// # Source
/// `SplitMix64`: Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, item: u64) -> Self {
        let mut random = Self(seed);
        let first = random.next();
        Self(first ^ item.wrapping_mul(GOLDEN))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(MIX_1);
        let z = (z ^ (z >> 27)).wrapping_mul(MIX_2);
        z ^ (z >> 31)
    }

    /// Between 0 and 1, without 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Below `n`, which must not be 0.
    #[expect(clippy::cast_possible_truncation, reason = "below n")]
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const MIX_1: u64 = 0xbf58_476d_1ce4_e5b9;
const MIX_2: u64 = 0x94d0_49bb_1331_11eb;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_and_repeatable() {
        let mut random = Random::new(1, 2);
        let mean = (0..1000).map(|_| random.share()).sum::<f64>() / 1000.0;
        assert!((mean - 0.5).abs() < 0.05, "{mean}");
        assert!((0..1000).all(|_| random.below(7) < 7));
        assert_eq!(Random::new(1, 2).next(), Random::new(1, 2).next());
        assert_ne!(Random::new(1, 2).next(), Random::new(1, 3).next());
    }
}
