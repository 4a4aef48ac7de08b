//! One segment: its peaks sorted by m/z, stably.

use super::census::bucket;
use super::record::Record;
use crate::bytes::index;

/// Most bits of m/z of each of the two counting passes. With the many that fit into the cache, few
/// peaks are left equal, however densely those of an ion lie.
const MAX_DIGIT_BITS: u32 = 14;

/// Shorter segments are sorted by comparison.
const MIN_RADIX: usize = 512;

/// Longer ones are first cut by m/z into parts that fit into the cache.
const MAX_RADIX: usize = 1 << 18;

/// Peaks of a part of a buffer whose buckets are counted, at least.
const PART_PEAKS: u32 = 1 << 15;

/// Bits of m/z by which they are cut.
const CUT_BITS: u32 = 8;

/// Buffers to sort with: as many peaks again, and counts.
#[derive(Debug, Default)]
pub(super) struct Spare {
    records: Vec<Record>,
    counts: Vec<u32>,
}

/// Sorts by m/z; equal ones keep their order.
///
/// Two counting passes over the leading bits in which the segment's m/z differ ([`Digits`]); what
/// those leave equal (a few parts per billion) is sorted by comparison.
pub(super) fn sort(records: &mut [Record], spare: &mut Spare) {
    if records.len() < MIN_RADIX || u32::try_from(records.len()).is_err() {
        records.sort_by_key(|record| record[0]);
        return;
    }
    let (low, high) = bounds(records);
    let n_bits = u64::BITS - (high - low).leading_zeros();
    if records.len() > MAX_RADIX && low < high {
        let ends = cut(
            records,
            &mut spare.records,
            low,
            n_bits.saturating_sub(CUT_BITS),
        );
        records.copy_from_slice(&spare.records[..records.len()]);
        return sort_parts(records, spare, &ends);
    }
    let digits = Digits::new(records.len(), (low, high));
    digits.move_by_low(&[records], spare);
    digits.move_by_high(records, spare);
}

/// Puts pieces that are each in order into one order; of equal m/z, those of earlier pieces come first.
pub(super) fn merge(pieces: &[&[Record]], out: &mut [Record], spare: &mut Spare) {
    if (MIN_RADIX..=MAX_RADIX).contains(&out.len()) && pieces.len() > 1 {
        let firsts = pieces.iter().filter_map(|piece| piece.first());
        let lasts = pieces.iter().filter_map(|piece| piece.last());
        let low = firsts.map(|record| record[0]).min().unwrap_or(0);
        let high = lasts.map(|record| record[0]).max().unwrap_or(0);
        let digits = Digits::new(out.len(), (low, high));
        digits.move_by_low(pieces, spare);
        return digits.move_by_high(out, spare);
    }
    let mut rest = &mut *out;
    for piece in pieces {
        let (here, after) = rest.split_at_mut(piece.len());
        here.copy_from_slice(piece);
        rest = after;
    }
    if pieces.len() > 1 {
        sort(out, spare);
    }
}

/// The leading bits in which the m/z of peaks differ, cut into two digits.
struct Digits {
    low: u64,
    shift: u32,
    /// Bits of a digit.
    bits: u32,
}

impl Digits {
    /// Of so many peaks with m/z between two bounds, given by their bits.
    fn new(n_peaks: usize, (low, high): (u64, u64)) -> Self {
        // As many values of a digit as a quarter of the peaks: counting costs less than moving.
        let bits = (n_peaks.ilog2() - 2).min(MAX_DIGIT_BITS);
        let n_bits = u64::BITS - (high - low).leading_zeros();
        Self {
            low,
            shift: n_bits.saturating_sub(2 * bits),
            bits,
        }
    }

    fn key(&self, record: &Record) -> u64 {
        (record[0] - self.low) >> self.shift
    }

    #[expect(clippy::cast_possible_truncation, reason = "a key has 28 bits at most")]
    fn of(&self, record: &Record) -> [usize; 2] {
        let key = self.key(record) as usize;
        [key % (1 << self.bits), key >> self.bits]
    }

    /// Counts the digits of pieces, and moves them to the spare buffer in the order of the lower one.
    fn move_by_low(&self, pieces: &[&[Record]], Spare { records, counts }: &mut Spare) {
        counts.clear();
        counts.resize(2 << self.bits, 0);
        let (first, second) = counts.split_at_mut(1 << self.bits);
        for record in pieces.iter().copied().flatten() {
            let [low, high] = self.of(record);
            first[low] += 1;
            second[high] += 1;
        }
        add_up(first);
        add_up(second);
        let n_peaks = pieces.iter().map(|piece| piece.len()).sum();
        let moved = resized(records, n_peaks);
        for record in pieces.iter().copied().flatten() {
            moved[take(&mut first[self.of(record)[0]])] = *record;
        }
    }

    /// Moves what was moved there in the order of the higher digit, and sorts what is left.
    fn move_by_high(&self, out: &mut [Record], Spare { records, counts }: &mut Spare) {
        let second = &mut counts[1 << self.bits..];
        for record in &records[..out.len()] {
            out[take(&mut second[self.of(record)[1]])] = *record;
        }
        // What is out of order lies among equal keys.
        let mut sorted = 1;
        let is_before = |out: &[Record], at: usize| out[at][0] < out[at - 1][0];
        while let Some(at) = (sorted..out.len()).find(|&at| is_before(out, at)) {
            let is_same = |record: &&Record| self.key(record) == self.key(&out[at]);
            let start = at - out[..at].iter().rev().take_while(is_same).count();
            let end = at + out[at..].iter().take_while(is_same).count();
            out[start..end].sort_by_key(|record| record[0]);
            sorted = end + 1;
        }
    }
}

/// Sorts all of a buffer of which it is known how many peaks lie in each bucket of the census. The buffer
/// may be exchanged for that of `spare`.
pub(super) fn sort_counted(records: &mut Vec<Record>, buckets: &[u32], spare: &mut Spare) {
    if records.len() <= MAX_RADIX || u32::try_from(records.len()).is_err() {
        return sort(records, spare);
    }
    // Buckets to parts that fit into the cache.
    let mut part_of = vec![0_u32; buckets.len()];
    let (mut places, mut end) = (Vec::from([0]), 0_u32);
    let (mut part, mut start) = (0, 0);
    for (of_bucket, &n) in part_of.iter_mut().zip(buckets) {
        if end - start >= PART_PEAKS {
            places.push(end);
            (part, start) = (part + 1, end);
        }
        *of_bucket = part;
        end += n;
    }
    let moved = resized(&mut spare.records, records.len());
    for record in &*records {
        let part = part_of[bucket(f64::from_bits(record[0]))];
        moved[take(&mut places[part as usize])] = *record;
    }
    spare.records.truncate(records.len());
    std::mem::swap(records, &mut spare.records);
    // Each place is now the end of its part.
    sort_parts(records, spare, &places);
}

/// Cuts records into parts by the leading bits in which their m/z differ, on their way to another
/// buffer; returns the end of each part.
fn cut(records: &[Record], out: &mut Vec<Record>, low: u64, shift: u32) -> [u32; 1 << CUT_BITS] {
    let part = |record: &Record| index((record[0] - low) >> shift);
    let mut places = [0_u32; 1 << CUT_BITS];
    for record in records {
        places[part(record)] += 1;
    }
    add_up(&mut places);
    let out = resized(out, records.len());
    for record in records {
        out[take(&mut places[part(record)])] = *record;
    }
    // Each place is now the end of its part.
    places
}

/// Sorts parts that are cut where m/z differ, so that none is the whole.
fn sort_parts(records: &mut [Record], spare: &mut Spare, ends: &[u32]) {
    let mut start = 0;
    for &end in ends {
        let end = end as usize;
        sort(&mut records[start..end], spare);
        start = end;
    }
}

/// Counts to places: each becomes the sum of those before it.
fn add_up(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += std::mem::replace(count, sum);
    }
}

/// So much of a buffer, which grows if need be.
fn resized(spare: &mut Vec<Record>, length: usize) -> &mut [Record] {
    if spare.len() < length {
        spare.resize(length, [0; 2]);
    }
    &mut spare[..length]
}

/// Lowest and highest bits of m/z, looked for in lanes that do not wait for each other.
fn bounds(records: &[Record]) -> (u64, u64) {
    let (mut low, mut high) = ([u64::MAX; 4], [0; 4]);
    let (chunks, rest) = records.as_chunks::<4>();
    let mut add = |records: &[Record]| {
        for ((low, high), record) in low.iter_mut().zip(&mut high).zip(records) {
            (*low, *high) = ((*low).min(record[0]), (*high).max(record[0]));
        }
    };
    for chunk in chunks {
        add(chunk);
    }
    add(rest);
    (
        low.into_iter().fold(u64::MAX, u64::min),
        high.into_iter().fold(0, u64::max),
    )
}

/// The place, moved on by one.
fn take(place: &mut u32) -> usize {
    let taken = *place as usize;
    *place += 1;
    taken
}

#[cfg(test)]
mod tests {
    use super::super::census::N_BUCKETS;
    use super::*;
    use proptest::prelude::*;

    fn check(mzs: impl Iterator<Item = f64>) {
        let mut records: Vec<Record> = (0..).zip(mzs).map(|(i, mz)| [mz.to_bits(), i]).collect();
        let mut expected = records.clone();
        expected.sort_by_key(|record| record[0]);
        let (unsorted, mut all) = (records.clone(), records.clone());
        sort(&mut records, &mut Spare::default());
        assert_eq!(records, expected);
        let mut buckets = vec![0; N_BUCKETS];
        for record in &all {
            buckets[bucket(f64::from_bits(record[0]))] += 1;
        }
        sort_counted(&mut all, &buckets, &mut Spare::default());
        assert_eq!(all, expected);
        // Pieces that are each in order.
        for n_pieces in [1, 2, 7] {
            let mut sorted = unsorted.clone();
            let pieces = sorted.chunks_mut(unsorted.len().div_ceil(n_pieces));
            let pieces: Vec<&[Record]> = pieces
                .map(|piece| {
                    piece.sort_by_key(|record| record[0]);
                    &*piece
                })
                .collect();
            let mut merged = vec![[0; 2]; expected.len()];
            merge(&pieces, &mut merged, &mut Spare::default());
            assert_eq!(merged, expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_a_stable_sort(seed in 0_u64..1_000_000, n in 1_usize..3_000, cells in 1_u64..4_000) {
            let mut state = seed;
            check((0..n).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                500.0 + (state >> 33) as f64 % cells as f64 * 1e-5
            }));
        }
    }

    #[test]
    fn many_are_sorted() {
        let mut state = 7_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as f64
        };
        let n = 2 * MAX_RADIX + 5;
        // Spread out; nearly all at one place, with equal ones; all equal.
        check((0..n).map(|_| 100.0 + next() % 1e9 * 1e-6));
        check((0..n).map(|i| {
            if i % 1_000 == 0 {
                next() + 1.0
            } else {
                500.0 + next() % 9.0
            }
        }));
        check((0..n).map(|_| 885.5));
    }

    #[test]
    fn extremes_are_sorted() {
        check((0..2_000).map(|i| {
            if i % 3 == 0 {
                1e-300
            } else {
                1e300 / f64::from(i + 1)
            }
        }));
        check((0..2_000).map(|_| 885.5));
    }
}
