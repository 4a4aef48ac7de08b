//! m/z errors of an ion's isotopic images.

/// Absolute error in Th: mean m/z of the first isotope less the theoretical one. Relative error in
/// Th: the weighted mean over the others of their error less that of the first, 0 where the pattern
/// has no other peak.
///
/// # Source
/// `calc_mz_error` of METASPACE-ML, Wadie et al. 2024, doi:10.1038/s41467-024-52213-9.
pub fn errors(mz_mean: &[f64], theoretical_mz: &[f64], theoretical: &[f32]) -> (f64, f64) {
    let error = |k: usize| mz_mean[k] - theoretical_mz[k];
    let absolute = error(0);
    let weights: f64 = theoretical.iter().skip(1).map(|&t| f64::from(t)).sum();
    if weights <= 0.0 {
        return (absolute, 0.0);
    }
    let weighted: f64 = (1..mz_mean.len())
        .map(|k| f64::from(theoretical[k]) * (error(k) - absolute))
        .sum();
    (absolute, weighted / weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_shift_is_no_relative_error() {
        let (absolute, relative) = errors(&[500.001, 501.004], &[500.0, 501.003], &[100.0, 30.0]);
        assert!((absolute - 0.001).abs() < 1e-9 && relative.abs() < 1e-9);
    }
}
