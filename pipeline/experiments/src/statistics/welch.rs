//! Welch's t test: two groups whose variances may differ.

use super::{GroupDifference, mean, variance};

/// Compares two groups; untested if one has fewer than two values, or none of them varies.
///
/// # Source
/// Welch 1947, doi:10.1093/biomet/34.1-2.28; degrees of freedom by Satterthwaite.
pub fn welch(first: &[f64], second: &[f64]) -> GroupDifference {
    let difference = mean(first) - mean(second);
    if first.len() < 2 || second.len() < 2 {
        return GroupDifference::untested(difference);
    }
    let (n_first, n_second) = (first.len() as f64, second.len() as f64);
    let (a, b) = (variance(first) / n_first, variance(second) / n_second);
    let df = (a + b).powi(2) / (a * a / (n_first - 1.0) + b * b / (n_second - 1.0));
    GroupDifference::by_t(difference, (a + b).sqrt(), df)
}
