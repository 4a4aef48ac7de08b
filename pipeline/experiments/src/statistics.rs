//! Tests between groups of samples, each as it was published.
//!
//! Nothing here knows what an ion is: values go in, a [`Comparison`] comes out.

pub mod adjust;
pub mod distributions;
pub mod linear;
pub mod moderated;
pub mod rank_sum;
pub mod welch;

/// Confidence of intervals.
pub const CONFIDENCE: f64 = 0.95;

/// Two groups compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Mean of the first less mean of the second.
    pub difference: f64,
    /// Interval of the difference at [`CONFIDENCE`]; nothing where it cannot be told.
    pub interval: Option<(f64, f64)>,
    /// The test's statistic; nothing where there is none.
    pub statistic: Option<f64>,
    /// Degrees of freedom of a t; infinite if variances do not vary between ions.
    pub df: Option<f64>,
    /// Probability of a difference as large if there were none, of both signs.
    pub p: Option<f64>,
}

impl Comparison {
    /// A difference without a test.
    pub fn untested(difference: f64) -> Self {
        Self {
            difference,
            interval: None,
            statistic: None,
            df: None,
            p: None,
        }
    }

    /// A t test of a difference with a standard error; untested if the error is 0.
    pub fn by_t(difference: f64, error: f64, df: f64) -> Self {
        if error.is_nan() || error <= 0.0 || df.is_nan() || df <= 0.0 {
            return Self::untested(difference);
        }
        let t = difference / error;
        let reach = distributions::t_quantile(f64::midpoint(1.0, CONFIDENCE), df) * error;
        Self {
            difference,
            interval: Some((difference - reach, difference + reach)),
            statistic: Some(t),
            df: Some(df),
            p: Some(distributions::t_two_sided(t, df)),
        }
    }
}

/// Mean of values; NaN of none.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Variance of values about their mean, by n − 1.
pub(crate) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares = values.iter().map(|value| (value - mean).powi(2));
    squares.sum::<f64>() / (values.len() as f64 - 1.0)
}
