//! MS-Numpress: numbers of spectra in few bytes.
//!
//! | kind | for | a value is |
//! |---|---|---|
//! | linear | m/z | a multiple of a step, as the difference from the line through the two before it |
//! | positive integer | counts | a whole number |
//! | short logged float | intensities | exp(x / scale) − 1 of a number of 16 bits |
//!
//! Whole numbers of the first two are 1 to 9 half-bytes: how many half-bytes of zeros (0 to 8), or of
//! ones (9 to 15 are 1 to 7), stand at the upper end, and the others, the lowest first.
//!
//! The libraries that there are read past the end of an array that is damaged; here that is seen.
//!
//! # Source
//! Teleman et al. 2014, doi:10.1074/mcp.O114.037879.

/// How numbers are encoded before they are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numpress {
    /// Differences from a line, for m/z.
    Linear,
    /// Whole numbers, for counts.
    PositiveInteger,
    /// Logarithms, for intensities.
    ShortLoggedFloat,
}

impl Numpress {
    /// Bytes that so many values take at most.
    pub(super) fn max_bytes(self, n_values: u64) -> u64 {
        match self {
            // Two numbers of 4 bytes, and up to 9 half-bytes for each of the others.
            Self::Linear => FIXED_POINT + 8 + n_values.saturating_mul(9).div_ceil(2),
            Self::PositiveInteger => n_values.saturating_mul(9).div_ceil(2),
            Self::ShortLoggedFloat => FIXED_POINT + n_values.saturating_mul(2),
        }
    }

    /// Values that so many bytes hold at most.
    pub(super) fn max_values(n_bytes: u64) -> u64 {
        // A half-byte each.
        n_bytes.saturating_mul(2)
    }

    /// Appends exactly so many values to `out`; nothing if the bytes are not those of so many.
    pub(super) fn decode(self, bytes: &[u8], n_values: usize, out: &mut Vec<f64>) -> Option<()> {
        if n_values == 0 {
            return Some(());
        }
        match self {
            Self::Linear => linear(bytes, n_values, out),
            Self::PositiveInteger => {
                let mut rest = HalfBytes { bytes, at: 0 };
                for _ in 0..n_values {
                    out.push(rest.number()?.into());
                }
                rest.is_at_end().then_some(())
            }
            Self::ShortLoggedFloat => {
                let (scale, rest) = fixed_point(bytes)?;
                let (pairs, odd) = rest.as_chunks::<2>();
                if pairs.len() != n_values || !odd.is_empty() {
                    return None;
                }
                let value =
                    |pair: &[u8; 2]| (f64::from(u16::from_le_bytes(*pair)) / scale).exp_m1();
                out.extend(pairs.iter().map(value));
                Some(())
            }
        }
    }
}

/// Bytes of the number that others are divided by.
const FIXED_POINT: u64 = 8;

/// The number that others are divided by, and what follows it.
fn fixed_point(bytes: &[u8]) -> Option<(f64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    let number = f64::from_be_bytes(*number);
    (number > 0.0 && number.is_finite()).then_some((number, rest))
}

fn linear(bytes: &[u8], n_values: usize, out: &mut Vec<f64>) -> Option<()> {
    let (steps, rest) = fixed_point(bytes)?;
    let (first, rest) = rest.split_first_chunk()?;
    let mut before = i64::from(u32::from_le_bytes(*first));
    out.push(before as f64 / steps);
    if n_values == 1 {
        return rest.is_empty().then_some(());
    }
    let (second, rest) = rest.split_first_chunk()?;
    let mut last = i64::from(u32::from_le_bytes(*second));
    out.push(last as f64 / steps);
    let mut rest = HalfBytes { bytes: rest, at: 0 };
    for _ in 2..n_values {
        let difference = i64::from(rest.number()?.cast_signed());
        let on_line = last.wrapping_add(last.wrapping_sub(before));
        (before, last) = (last, on_line.wrapping_add(difference));
        out.push(last as f64 / steps);
    }
    rest.is_at_end().then_some(())
}

/// Half-bytes, the upper one of a byte first.
struct HalfBytes<'a> {
    bytes: &'a [u8],
    /// Half-bytes that are read.
    at: usize,
}

impl HalfBytes<'_> {
    fn next(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at / 2)?;
        let half = if self.at.is_multiple_of(2) {
            byte >> 4
        } else {
            byte & 0xf
        };
        self.at += 1;
        Some(half.into())
    }

    fn number(&mut self) -> Option<u32> {
        let head = self.next()?;
        let (n_above, mut number) = if head <= 8 {
            (head, 0)
        } else {
            (head - 8, u32::MAX << (4 * (16 - head)))
        };
        for place in 0..8 - n_above {
            number |= self.next()? << (4 * place);
        }
        Some(number)
    }

    /// Whether at most half a byte is left, which fills up the last one.
    fn is_at_end(&self) -> bool {
        self.bytes.len() * 2 - self.at < 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(kind: Numpress, bytes: &[u8], n_values: usize) -> Option<Vec<f64>> {
        let mut out = Vec::new();
        kind.decode(bytes, n_values, &mut out)?;
        Some(out)
    }

    #[test]
    fn by_hand() {
        // 100, 200, 300.00005 and 400.0001 in steps of 0.00001: the third is 5 steps above the line
        // through the first two, and the fourth on that through the two before it.
        let mut linear = 100_000.0_f64.to_be_bytes().to_vec();
        linear.extend(10_000_000_u32.to_le_bytes());
        linear.extend(20_000_000_u32.to_le_bytes());
        linear.extend([0x75, 0x80]);
        let values = [100.0, 200.0, 300.000_05, 400.000_1];
        assert_eq!(decode(Numpress::Linear, &linear, 4), Some(values.to_vec()));
        assert_eq!(
            decode(Numpress::Linear, &linear[..12], 1),
            Some(vec![100.0])
        );
        for wrong in [0..4, 0..11, 0..15, 0..17, 0..16] {
            assert_eq!(decode(Numpress::Linear, &linear[wrong], 4), None);
        }
        assert_eq!(decode(Numpress::Linear, &linear, 2), None);
        assert_eq!(decode(Numpress::Linear, &[0; 16], 2), None);
        // 100 is 0x64, whose lower half-byte stands first, 4,096 is 0x1000, 0 is eight half-bytes of 0.
        let counts = [0x64, 0x64, 0x00, 0x01, 0x80];
        let values = vec![100.0, 4096.0, 0.0];
        assert_eq!(decode(Numpress::PositiveInteger, &counts, 3), Some(values));
        assert_eq!(decode(Numpress::PositiveInteger, &counts, 4), None);
        let mut logged = 1_000.0_f64.to_be_bytes().to_vec();
        logged.extend(693_u16.to_le_bytes());
        let found = decode(Numpress::ShortLoggedFloat, &logged, 1).unwrap()[0];
        assert!((found - 1.0).abs() < 1e-3, "{found}");
        assert_eq!(decode(Numpress::ShortLoggedFloat, &logged, 2), None);
    }

    /// The half-bytes of a number.
    fn halves(number: u32) -> Vec<u8> {
        let digits: Vec<u8> = (0..8).map(|i| (number >> (4 * i) & 0xf) as u8).collect();
        let n_zeros = digits.iter().rev().take_while(|digit| **digit == 0).count();
        let n_ones = digits
            .iter()
            .rev()
            .take_while(|digit| **digit == 0xf)
            .count();
        let n_ones = n_ones.min(7);
        let (head, n_above) = if n_ones > n_zeros {
            (8 + n_ones, n_ones)
        } else {
            (n_zeros, n_zeros)
        };
        let mut halves = vec![u8::try_from(head).unwrap()];
        halves.extend(&digits[..8 - n_above]);
        halves
    }

    fn packed(halves: &[u8]) -> Vec<u8> {
        let byte = |pair: &[u8]| pair[0] << 4 | pair.get(1).copied().unwrap_or(0);
        halves.chunks(2).map(byte).collect()
    }

    proptest! {
        #[test]
        fn whole_numbers_are_read_back(numbers in prop::collection::vec(any::<u32>(), 0..50)) {
            let bytes = packed(&numbers.iter().flat_map(|&number| halves(number)).collect::<Vec<u8>>());
            let expected: Vec<f64> = numbers.iter().map(|&number| number.into()).collect();
            prop_assert_eq!(decode(Numpress::PositiveInteger, &bytes, numbers.len()), Some(expected));
            prop_assert!(bytes.len() as u64 <= Numpress::PositiveInteger.max_bytes(numbers.len() as u64));
            prop_assert!(numbers.len() as u64 <= Numpress::max_values(bytes.len() as u64));
        }

        #[test]
        fn lines_are_read_back(numbers in prop::collection::vec(0..400_000_000_i64, 2..50)) {
            let mut bytes = 1e5_f64.to_be_bytes().to_vec();
            for number in &numbers[..2] {
                bytes.extend(u32::try_from(*number).unwrap().to_le_bytes());
            }
            let difference = |three: &[i64]| i32::try_from(three[2] - (2 * three[1] - three[0])).unwrap();
            let differences = numbers.windows(3).map(|three| difference(three).cast_unsigned());
            bytes.extend(packed(&differences.flat_map(halves).collect::<Vec<u8>>()));
            let expected: Vec<f64> = numbers.iter().map(|&number| number as f64 / 1e5).collect();
            prop_assert_eq!(decode(Numpress::Linear, &bytes, numbers.len()), Some(expected));
            prop_assert!(bytes.len() as u64 <= Numpress::Linear.max_bytes(numbers.len() as u64));
        }

        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..60), n in 0_usize..60) {
            for kind in [Numpress::Linear, Numpress::PositiveInteger, Numpress::ShortLoggedFloat] {
                if let Some(values) = decode(kind, &bytes, n) {
                    prop_assert_eq!(values.len(), n);
                }
            }
        }
    }
}
