//! One segment: its peaks sorted by m/z, stably.

use super::record::Record;
use crate::bytes::index;

/// Most bits of m/z of each of the two counting passes. With the many that fit into the cache, few
/// peaks are left equal, however densely those of an ion lie.
const MAX_DIGIT_BITS: u32 = 14;

/// Shorter segments are sorted by comparison.
const MIN_RADIX: usize = 512;

/// Longer ones are first cut by m/z into parts that fit into the cache.
const MAX_RADIX: usize = 1 << 18;

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
/// Two counting passes over the leading bits in which the segment's m/z differ; what those leave
/// equal (a few parts per billion) is sorted by comparison.
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
    // As many values of a digit as a quarter of the peaks: counting costs less than moving.
    let digit_bits = (records.len().ilog2() - 2).min(MAX_DIGIT_BITS);
    let shift = n_bits.saturating_sub(2 * digit_bits);
    let n_digits = 1 << digit_bits;
    let key = |record: &Record| (record[0] - low) >> shift;
    #[expect(clippy::cast_possible_truncation, reason = "a key has 28 bits at most")]
    let digits = |record: &Record| {
        let key = key(record) as usize;
        [key % n_digits, key >> digit_bits]
    };
    spare.counts.clear();
    spare.counts.resize(2 * n_digits, 0);
    let (first, second) = spare.counts.split_at_mut(n_digits);
    for record in &*records {
        let [low, high] = digits(record);
        first[low] += 1;
        second[high] += 1;
    }
    add_up(first);
    add_up(second);
    let moved = resized(&mut spare.records, records.len());
    for record in &*records {
        moved[take(&mut first[digits(record)[0]])] = *record;
    }
    for record in &*moved {
        records[take(&mut second[digits(record)[1]])] = *record;
    }
    // What is out of order lies among equal keys.
    let mut sorted = 1;
    let is_before = |records: &[Record], at: usize| records[at][0] < records[at - 1][0];
    while let Some(at) = (sorted..records.len()).find(|&at| is_before(records, at)) {
        let is_same = |record: &&Record| key(record) == key(&records[at]);
        let start = at - records[..at].iter().rev().take_while(is_same).count();
        let end = at + records[at..].iter().take_while(is_same).count();
        records[start..end].sort_by_key(|record| record[0]);
        sorted = end + 1;
    }
}

/// The same for all of a buffer, which may be exchanged for that of `spare`: many peaks are moved
/// once less.
pub(super) fn sort_all(records: &mut Vec<Record>, spare: &mut Spare) {
    let is_large = records.len() > MAX_RADIX && u32::try_from(records.len()).is_ok();
    let (low, high) = bounds(records);
    if !is_large || low == high {
        return sort(records, spare);
    }
    let n_bits = u64::BITS - (high - low).leading_zeros();
    let ends = cut(
        records,
        &mut spare.records,
        low,
        n_bits.saturating_sub(CUT_BITS),
    );
    spare.records.truncate(records.len());
    std::mem::swap(records, &mut spare.records);
    sort_parts(records, spare, &ends);
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
    use super::*;
    use proptest::prelude::*;

    fn check(mzs: impl Iterator<Item = f64>) {
        let mut records: Vec<Record> = (0..).zip(mzs).map(|(i, mz)| [mz.to_bits(), i]).collect();
        let mut expected = records.clone();
        expected.sort_by_key(|record| record[0]);
        let mut all = records.clone();
        sort(&mut records, &mut Spare::default());
        assert_eq!(records, expected);
        sort_all(&mut all, &mut Spare::default());
        assert_eq!(all, expected);
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
