//! One segment: its peaks sorted by m/z, stably.

use super::Record;

/// Bits of m/z sorted by counting, in two passes of half as many.
const KEY_BITS: u32 = 22;
const DIGIT_BITS: u32 = KEY_BITS / 2;
const N_DIGITS: usize = 1 << DIGIT_BITS;

/// Shorter segments are sorted by comparison.
const MIN_RADIX: usize = 512;

/// Sorts by m/z; equal ones keep their order. `spare` is room for as many again.
///
/// Two counting passes over the leading bits in which the segment's m/z differ; what those leave
/// equal (a few parts per billion) is sorted by comparison.
pub(super) fn sort(records: &mut [Record], spare: &mut Vec<Record>) {
    if records.len() < MIN_RADIX || u32::try_from(records.len()).is_err() {
        records.sort_by_key(|record| record[0]);
        return;
    }
    let (low, high) = bounds(records);
    let shift = (u64::BITS - (high - low).leading_zeros()).saturating_sub(KEY_BITS);
    let key = |record: &Record| (record[0] - low) >> shift;
    #[expect(clippy::cast_possible_truncation, reason = "a key has 22 bits")]
    let digits = |record: &Record| {
        let key = key(record) as usize;
        [key % N_DIGITS, key >> DIGIT_BITS]
    };
    let mut places = [[0_u32; N_DIGITS]; 2];
    for record in &*records {
        let [first, second] = digits(record);
        places[0][first] += 1;
        places[1][second] += 1;
    }
    for counts in &mut places {
        let mut sum = 0;
        for count in counts {
            sum += std::mem::replace(count, sum);
        }
    }
    if spare.len() < records.len() {
        spare.resize(records.len(), [0; 2]);
    }
    let spare = &mut spare[..records.len()];
    for record in &*records {
        spare[take(&mut places[0][digits(record)[0]])] = *record;
    }
    for record in &*spare {
        records[take(&mut places[1][digits(record)[1]])] = *record;
    }
    for run in records.chunk_by_mut(|a, b| key(a) == key(b)) {
        if !run.is_sorted_by_key(|record| record[0]) {
            run.sort_by_key(|record| record[0]);
        }
    }
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
    (low.into_iter().fold(u64::MAX, u64::min), high.into_iter().fold(0, u64::max))
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
        sort(&mut records, &mut Vec::new());
        assert_eq!(records, expected);
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
    fn extremes_are_sorted() {
        check((0..2_000).map(|i| if i % 3 == 0 { 1e-300 } else { 1e300 / f64::from(i + 1) }));
        check((0..2_000).map(|_| 885.5));
    }
}
