//! Bins of m/z: those of the mean spectrum, which segments and cells are made of.

use super::census::{BUCKET_SHIFT, FIRST_BUCKET, N_BUCKETS};
use crate::bytes::index;

/// Bins of a bucket of the census, whose bounds are those of segments: a bin lies in one segment.
const BINS_A_BUCKET_SHIFT: u32 = 2;
const BIN_SHIFT: u32 = BUCKET_SHIFT - BINS_A_BUCKET_SHIFT;
const FIRST_BIN: u64 = FIRST_BUCKET << BINS_A_BUCKET_SHIFT;

/// The lowest m/z of the bin that an m/z lies in, 0 in the first one.
pub fn bin_start(mz: f64) -> f64 {
    match bin(mz) {
        0 => 0.0,
        number => f64::from_bits((FIRST_BIN + number) << BIN_SHIFT),
    }
}

/// Where the bin begins that follows the one of an m/z; infinite after the last.
pub(super) fn next_bin(mz: f64) -> f64 {
    match bin(mz) + 1 {
        number if number < N_BINS as u64 => f64::from_bits((FIRST_BIN + number) << BIN_SHIFT),
        _ => f64::INFINITY,
    }
}

/// Bins of the mean spectrum.
pub const N_BINS: usize = N_BUCKETS << BINS_A_BUCKET_SHIFT;

/// The number of the bin that an m/z lies in, from 0 and less than [`N_BINS`].
pub fn bin_number(mz: f64) -> usize {
    index(bin(mz))
}

/// The bin of an m/z; what lies outside the buckets of the census lies in the first or last bin.
pub(super) fn bin(mz: f64) -> u64 {
    (mz.to_bits() >> BIN_SHIFT)
        .saturating_sub(FIRST_BIN)
        .min(N_BINS as u64 - 1)
}
