//! Medians, and spreads that outliers do not move.

/// Standard deviations of a normal distribution in its median absolute deviation.
pub(super) const SIGMAS_PER_MAD: f64 = 1.4826;

/// The median; of an even number the higher of the two in the middle. 0 of none.
pub(super) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// A quantile where each value has a weight, from pairs of both: the lowest value up to which there is
/// such a share of all weight. 0 of none.
pub(super) fn weighted_quantile(values: &mut [(f64, f64)], share: f64) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = values.iter().map(|(_, weight)| weight).sum::<f64>() * share;
    let mut sum = 0.0;
    let is_reached = |(_, weight): &&(f64, f64)| {
        sum += weight;
        sum >= wanted
    };
    values
        .iter()
        .find(is_reached)
        .map_or(0.0, |(value, _)| *value)
}

/// Median, and the standard deviation that a normal distribution of the same median absolute
/// deviation has.
pub(super) fn center_and_sigma(values: &[f64]) -> (f64, f64) {
    let center = median(&mut values.to_vec());
    let mut distances: Vec<f64> = values.iter().map(|value| (value - center).abs()).collect();
    (center, SIGMAS_PER_MAD * median(&mut distances))
}
