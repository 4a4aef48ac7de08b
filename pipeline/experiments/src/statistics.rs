//! Tests between groups of samples, each as it was published.
//!
//! Nothing here knows what an ion is: values go in, a [`GroupDifference`] comes out.

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
pub struct GroupDifference {
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

impl GroupDifference {
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

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};

    use super::adjust::benjamini_hochberg;
    use super::distributions::hypergeometric_tail;
    use super::linear::Design;
    use super::moderated::VariancePrior;

    /// The numbers behind a name in the worked example of the documentation, as they are written.
    fn stated(name: &str) -> Vec<String> {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/algorithm/differences.md"
        );
        let page = std::fs::read_to_string(path).unwrap();
        let mut lines = page.lines().filter_map(|line| line.split_once('='));
        let (_, values) = lines.find(|(found, _)| found.trim() == name).unwrap();
        values.split_whitespace().map(str::to_owned).collect()
    }

    /// Makes sure that numbers are those of the example, to the last digit written.
    fn assert_stated(name: &str, found: &[f64]) {
        let stated = stated(name);
        let rounded = stated.iter().zip(found).map(|(text, value)| {
            let n_digits = text.split_once('.').unwrap().1.len();
            format!("{value:.n_digits$}")
        });
        assert_eq!(rounded.collect::<Vec<_>>(), stated, "{name}");
    }

    #[test]
    fn the_worked_example_is_right() {
        let numbers = |name: &str| -> Vec<f64> {
            let texts = stated(name);
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        // Three samples of the first condition, then of the second.
        let columns = Array2::from_shape_fn((6, 2), |(i, j)| f64::from(u8::from(i / 3 == j)));
        let (design, weights) = (Design::new(&columns), [-1.0, 1.0]);
        let prior = VariancePrior {
            df: 4.0,
            variance: 0.09,
        };
        let [mut differences, mut variances, mut statistics] = [vec![], vec![], vec![]];
        let mut p = Vec::new();
        for ion in ["A", "B", "C"] {
            let sides = ["control", "treated"].map(|side| numbers(&format!("{side} of {ion}")));
            let fit = design.fit(&Array1::from(sides.concat()).view());
            let error = design.unscaled_error(&weights);
            let found = prior.compare(&fit, &weights, error, f64::INFINITY);
            differences.push(found.difference);
            variances.push(prior.moderate(fit.variance, fit.df));
            statistics.push(found.statistic.unwrap());
            p.push(found.p);
        }
        let q: Vec<f64> = benjamini_hochberg(&p).into_iter().flatten().collect();
        assert_stated("differences", &differences);
        assert_stated("moderated s²", &variances);
        assert_stated("t", &statistics);
        assert_stated("p", &p.into_iter().flatten().collect::<Vec<_>>());
        assert_stated("q", &q);
        assert_stated("expected", &[10.0 * 8.0 / 50.0]);
        assert_stated("p of the term", &[hypergeometric_tail(4, 10, 8, 50)]);
    }
}
