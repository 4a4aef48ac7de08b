//! Wilcoxon's rank sum test: whether values of one group tend to be larger.

use super::distributions::normal_two_sided;
use super::welch::welch;
use super::{GroupDifference, mean};

/// Size of the smaller group up to which p is exact where no values are equal.
const MAX_EXACT: usize = 8;

/// Compares two groups; untested if one has fewer than two values. The statistic is U of the first.
///
/// With a group of up to 8 and no ties p is exact; else it is that of a normal distribution,
/// corrected for ties and continuity. The difference is one of means, as of the other tests, and its
/// interval is Welch's.
///
/// # Source
/// Mann and Whitney 1947, doi:10.1214/aoms/1177730491. The choice of method is scipy's.
pub fn rank_sum(first: &[f64], second: &[f64]) -> GroupDifference {
    let difference = mean(first) - mean(second);
    let (n_first, n_second) = (first.len(), second.len());
    if n_first < 2 || n_second < 2 {
        return GroupDifference::untested(difference);
    }
    let mut all: Vec<(f64, bool)> = first.iter().map(|&value| (value, true)).collect();
    all.extend(second.iter().map(|&value| (value, false)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut ties, mut before) = (0.0, 0.0, 0.0);
    for equal in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let n = equal.len() as f64;
        let n_of_first = equal.iter().filter(|(_, is_first)| *is_first).count();
        ranks += n_of_first as f64 * (before + f64::midpoint(n, 1.0));
        ties += n * n * n - n;
        before += n;
    }
    let (of_first, of_second) = (n_first as f64, n_second as f64);
    let pairs = of_first * of_second;
    let u = ranks - of_first * (of_first + 1.0) / 2.0;
    let larger = u.max(pairs - u);
    let p = if n_first.min(n_second) <= MAX_EXACT && ties < 1.0 {
        exact(larger, n_first, n_second)
    } else {
        let n = of_first + of_second;
        let deviation = (pairs / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)))).sqrt();
        let z = (larger - pairs / 2.0 - 0.5) / deviation;
        // Where the middle lies within the correction, both tails are more than everything.
        if z < 0.0 { 1.0 } else { normal_two_sided(z) }
    };
    GroupDifference {
        difference,
        interval: welch(first, second).interval,
        statistic: Some(u),
        df: None,
        p: (!p.is_nan()).then_some(p),
    }
}

/// Twice the probability that U is at least this, by counting the orders of two groups.
fn exact(u: f64, n_first: usize, n_second: usize) -> f64 {
    // Orders of i of the first and j of the second group, by their U: the last is one of either.
    let most = n_first * n_second;
    let mut counts = vec![vec![0.0_f64; most + 1]; n_second + 1];
    for row in &mut counts {
        row[0] = 1.0;
    }
    for i in 1..=n_first {
        let before = std::mem::replace(&mut counts, vec![vec![0.0; most + 1]; n_second + 1]);
        counts[0][0] = 1.0;
        for j in 1..=n_second {
            let (smaller, row) = counts.split_at_mut(j);
            for (at, count) in row[0].iter_mut().enumerate().take(i * j + 1) {
                let with_first = at.checked_sub(j).map_or(0.0, |rest| before[j][rest]);
                *count = with_first + smaller[j - 1][at];
            }
        }
    }
    let all: f64 = counts[n_second].iter().sum();
    let enough = counts[n_second].iter().enumerate();
    let enough = enough.filter(|(at, _)| *at as f64 >= u - 1e-9);
    let tail: f64 = enough.map(|(_, n)| n).sum();
    (2.0 * tail / all).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_against_four_cannot_be_below_2_in_70() {
        let found = rank_sum(&[5.0, 6.0, 7.0, 8.0], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(found.statistic, Some(16.0));
        assert!((found.p.unwrap() - 2.0 / 70.0).abs() < 1e-15);
        let found = rank_sum(&[1.0, 4.0], &[2.0, 3.0]);
        assert_eq!(found.p, Some(1.0));
    }
}
