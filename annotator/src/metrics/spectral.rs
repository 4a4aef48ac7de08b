//! Spectral score: how well the isotopic pattern agrees.

use super::isotope::IsotopeSums;

/// 1 − mean over the pattern's places of |t/‖t‖ − s/‖s‖|, where t are the theoretical intensities
/// and s the sums of the isotopic images over the pixels of the first.
///
/// Between 0 and 1; 0 where there is nothing to compare and where it would be exactly 1, which
/// happens only without any signal besides the pattern's single peak.
///
/// # Source
/// `isotope_pattern_match` of the METASPACE engine.
pub fn spectral(isotopes: &[IsotopeSums], theoretical: &[f32]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let theoretical_norm = norm(&mut theoretical.iter().map(|&t| f64::from(t)));
    let measured_norm = norm(&mut isotopes.iter().map(|sums| sums.within_first));
    let distance: f64 = isotopes
        .iter()
        .zip(theoretical)
        .map(|(sums, &t)| {
            (f64::from(t) / theoretical_norm - sums.within_first / measured_norm).abs()
        })
        .sum();
    let score = 1.0 - distance / isotopes.len() as f64;
    if score.is_nan() || score >= 1.0 {
        0.0
    } else {
        score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(measured: &[f64], theoretical: &[f32]) -> f64 {
        let sums = |&within_first: &f64| IsotopeSums {
            within_first,
            ..IsotopeSums::default()
        };
        spectral(&measured.iter().map(sums).collect::<Vec<_>>(), theoretical)
    }

    #[test]
    fn scale_does_not_matter() {
        let pattern = [100.0, 40.0, 10.0, 2.0];
        let a = score(&[10.0, 5.0, 0.0, 0.0], &pattern);
        let b = score(&[1e6, 5e5, 0.0, 0.0], &pattern);
        assert!((a - b).abs() < 1e-12 && a > 0.9 && a < 1.0);
    }

    #[test]
    fn nothing_is_zero() {
        assert!(score(&[0.0; 4], &[100.0, 40.0, 10.0, 2.0]).abs() < f64::EPSILON);
        assert!(score(&[3.0, 0.0, 0.0, 0.0], &[100.0, 0.0, 0.0, 0.0]).abs() < f64::EPSILON);
    }

    /// (100, 50) / 111.803 against (10, 0) / 10: distances 0.1056 and 0.4472 over 2 places.
    #[test]
    fn a_missing_isotope_costs_its_share() {
        assert!((score(&[10.0, 0.0], &[100.0, 50.0]) - 0.723_606_8).abs() < 1e-6);
    }
}
