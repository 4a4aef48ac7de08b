//! Moderated t: with few samples, what the variance of an ion may be is learned from all ions.

use crate::matrix::median;

use super::GroupDifference;
use super::distributions::{digamma, trigamma, trigamma_inverse};
use super::linear::Fit;

/// Smallest variance that counts, as a share of the median one.
const LEAST: f64 = 1e-5;

/// What variances of ions are like: a scaled inverse χ² with this many degrees of freedom about
/// this variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VariancePrior {
    /// Degrees of freedom; infinite if variances differ no more than by chance, 0 if nothing is known.
    pub df: f64,
    /// The variance.
    pub variance: f64,
}

impl VariancePrior {
    /// Learns it from variances and their degrees of freedom; those without any are passed over.
    /// Nothing if there is none.
    ///
    /// # Source
    /// Smyth 2004, doi:10.2202/1544-6115.1027, section 6.2; as `fitFDist` of limma 3.54, which takes
    /// the mean variance where variances do not vary.
    pub fn learn(variances: impl Iterator<Item = (f64, usize)>) -> Option<Self> {
        let usable = |&(variance, df): &(f64, usize)| df > 0 && variance.is_finite();
        let known: Vec<(f64, usize)> = variances.filter(usable).collect();
        if known.len() < 2 {
            let (variance, _) = known.first().copied()?;
            return Some(Self { df: 0.0, variance });
        }
        let n = known.len() as f64;
        let mut sorted: Vec<f64> = known.iter().map(|(variance, _)| *variance).collect();
        let middle = median(&mut sorted);
        let least = LEAST * if middle > 0.0 { middle } else { 1.0 };
        let offset: Vec<f64> = known
            .iter()
            .map(|(variance, _)| variance.max(least))
            .collect();
        let half_df = || known.iter().map(|(_, df)| *df as f64 / 2.0);
        let logs: Vec<f64> = offset
            .iter()
            .zip(half_df())
            .map(|(variance, half)| variance.ln() - digamma(half) + half.ln())
            .collect();
        let mean = logs.iter().sum::<f64>() / n;
        let spread = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let beyond_chance = spread - half_df().map(trigamma).sum::<f64>() / n;
        if beyond_chance > 0.0 {
            let half = trigamma_inverse(beyond_chance);
            let variance = (mean + digamma(half) - half.ln()).exp();
            return Some(Self {
                df: 2.0 * half,
                variance,
            });
        }
        Some(Self {
            df: f64::INFINITY,
            variance: offset.iter().sum::<f64>() / n,
        })
    }

    /// The variance of an ion, drawn towards what those of all are like.
    pub fn moderate(&self, variance: f64, df: usize) -> f64 {
        if self.df.is_infinite() {
            return self.variance;
        }
        let df = df as f64;
        (df * variance + self.df * self.variance) / (df + self.df)
    }

    /// Moderated t of a weighted sum of coefficients; `pooled_df` are the degrees of freedom of all
    /// ions together, which no test can have more than.
    pub fn compare(
        &self,
        fit: &Fit,
        weights: &[f64],
        unscaled_error: f64,
        pooled_df: f64,
    ) -> GroupDifference {
        let products = fit.coefficients.iter().zip(weights).map(|(c, w)| c * w);
        let difference = products.sum();
        if fit.df == 0 {
            return GroupDifference::untested(difference);
        }
        let variance = self.moderate(fit.variance, fit.df);
        let df = (fit.df as f64 + self.df).min(pooled_df);
        GroupDifference::by_t(difference, unscaled_error * variance.sqrt(), df)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variances_that_do_not_vary_become_one() {
        let prior = VariancePrior::learn([(2.0, 4), (2.0, 4), (2.0, 4)].into_iter()).unwrap();
        assert!(prior.df.is_infinite());
        assert!((prior.moderate(9.0, 4) - 2.0).abs() < 1e-12);
        assert!(VariancePrior::learn([(f64::NAN, 0)].into_iter()).is_none());
        let one = VariancePrior::learn([(3.0, 2)].into_iter()).unwrap();
        assert!((one.moderate(3.0, 2) - 3.0).abs() < 1e-12);
    }
}
