//! Many tests at once.

/// Benjamini and Hochberg's q of each p: the share of false ones among those of this p or less that
/// is expected at most, where tests are independent. One that has no p has no q, and does not count.
///
/// Equal p have equal q, and a smaller p no larger one.
///
/// # Source
/// Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
pub fn benjamini_hochberg(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(f64, usize)> = p
        .iter()
        .enumerate()
        .filter_map(|(place, p)| p.filter(|p| !p.is_nan()).map(|p| (p, place)))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut q = vec![None; p.len()];
    let n = order.len() as f64;
    let mut least = 1.0_f64;
    for (rank, &(p, place)) in order.iter().enumerate().rev() {
        least = least.min(p * n / (rank + 1) as f64);
        q[place] = Some(least);
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_never_falls_and_what_has_no_p_does_not_count() {
        let q = benjamini_hochberg(&[
            Some(0.01),
            None,
            Some(0.04),
            Some(0.03),
            Some(0.03),
            Some(0.9),
        ]);
        let q: Vec<f64> = q.into_iter().map(|q| q.unwrap_or(-1.0)).collect();
        let expected = [0.05, -1.0, 0.05, 0.05, 0.05, 0.9];
        assert!(
            q.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15),
            "{q:?}"
        );
    }
}
