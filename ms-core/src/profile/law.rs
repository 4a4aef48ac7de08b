//! A power of m/z, fitted so that outliers do not matter.

/// A length in Th that grows as a power of m/z: `at_200 · (m/z / 200)^exponent`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerLaw {
    /// Its value in Th at m/z 200.
    pub at_200: f64,
    /// The power. A width has 1 in a time-of-flight analyzer, 1.5 in an orbitrap, 2 in an FTICR.
    pub exponent: f64,
}

/// m/z at which values are stated.
const REFERENCE_MZ: f64 = 200.0;

/// Points that a fit looks at; of more, evenly spaced ones.
const MAX_POINTS: usize = 400;

/// Span of m/z, as a ratio, below which the exponent cannot be told.
const MIN_SPAN: f64 = 1.25;

/// The exponent where it cannot be told.
const UNKNOWN_EXPONENT: f64 = 1.0;

/// Exponents that a law may have: from points at equal distances to beyond that of an FTICR.
const EXPONENTS: (f64, f64) = (-0.2, 2.5);

impl PowerLaw {
    /// The value at an m/z, in Th.
    pub fn at(&self, mz: f64) -> f64 {
        self.at_200 * libm::pow(mz / REFERENCE_MZ, self.exponent)
    }

    /// Through points of m/z and length, both in Th and above 0: the median of the slopes between
    /// pairs of points in logarithms (Theil–Sen), and of what is left. Nothing without points.
    ///
    /// # Source
    /// P. K. Sen 1968, doi:10.1080/01621459.1968.10480934.
    pub(super) fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let every = points.len().div_ceil(MAX_POINTS).max(1);
        let logs: Vec<(f64, f64)> = points
            .iter()
            .step_by(every)
            .map(|(mz, length)| (libm::log(mz / REFERENCE_MZ), libm::log(*length)))
            .collect();
        let least = libm::log(MIN_SPAN);
        let mut slopes: Vec<f64> = Vec::new();
        for (i, a) in logs.iter().enumerate() {
            let far = logs[i + 1..].iter().filter(|b| (b.0 - a.0).abs() >= least);
            slopes.extend(far.map(|b| (b.1 - a.1) / (b.0 - a.0)));
        }
        let exponent = median(&mut slopes)
            .unwrap_or(UNKNOWN_EXPONENT)
            .clamp(EXPONENTS.0, EXPONENTS.1);
        let mut rests: Vec<f64> = logs.iter().map(|(x, y)| y - exponent * x).collect();
        Some(Self {
            at_200: libm::exp(median(&mut rests)?),
            exponent,
        })
    }
}

/// The middle of some numbers, the upper one of two; nothing of none.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let (_, value, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_is_found_among_outliers() {
        let law = PowerLaw {
            at_200: 0.004,
            exponent: 1.5,
        };
        let points: Vec<(f64, f64)> = (0..300)
            .map(|i| {
                let mz = 150.0 + 3.0 * f64::from(i);
                let factor = if i % 7 == 0 { 4.0 } else { 1.0 };
                (mz, factor * law.at(mz))
            })
            .collect();
        let found = PowerLaw::fit(&points).unwrap();
        assert!((found.exponent - 1.5).abs() < 0.01, "{found:?}");
        assert!((found.at(700.0) / law.at(700.0) - 1.0).abs() < 0.01);
        assert_eq!(PowerLaw::fit(&[]), None);
    }

    #[test]
    fn a_narrow_range_has_the_usual_exponent() {
        let found = PowerLaw::fit(&[(880.0, 0.01), (890.0, 0.011), (892.0, 0.009)]).unwrap();
        assert!((found.exponent - UNKNOWN_EXPONENT).abs() < 1e-12);
        assert!((found.at(885.0) - 0.01).abs() < 1e-4);
    }
}
