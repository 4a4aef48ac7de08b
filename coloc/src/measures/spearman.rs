//! Spearman's correlation: Pearson's of the ranks, equal values sharing their mean rank; between −1
//! and 1. Unchanged by any increasing function of an image's intensities.
//!
//! A constant image has no ranks; it scores 0 with any other.
//!
//! Source: Spearman 1904, doi:10.2307/1412159; `scipy.stats.spearmanr`.

use crate::images::narrow;
use crate::measures::pearson;

/// Makes the product of two rows their correlation of ranks.
pub(crate) fn encode(row: &mut [f32], order: &mut Vec<u32>) {
    let values: Vec<f64> = row.iter().copied().map(f64::from).collect();
    for (value, rank) in row.iter_mut().zip(ranks(&values, order)) {
        *value = narrow(rank);
    }
    pearson::encode(row);
}

/// Ranks from 0, ties sharing their mean; `order` is scratch.
pub(crate) fn ranks(values: &[f64], order: &mut Vec<u32>) -> Vec<f64> {
    order.clear();
    order.extend((0..).take(values.len()));
    let value = |i: u32| values[i as usize] + 0.0;
    order.sort_unstable_by(|&a, &b| value(a).total_cmp(&value(b)));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for tied in order.chunk_by(|&a, &b| value(a).total_cmp(&value(b)).is_eq()) {
        let mean = start as f64 + (tied.len() - 1) as f64 / 2.0;
        for &i in tied {
            ranks[i as usize] = mean;
        }
        start += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_rank() {
        let ranks = ranks(&[3.0, 1.0, 3.0, 0.0, -0.0], &mut Vec::new());
        assert_eq!(ranks, [3.5, 2.0, 3.5, 0.5, 0.5]);
    }
}
