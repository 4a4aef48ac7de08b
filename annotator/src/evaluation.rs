//! How far a claimed FDR holds: proportions with exact bounds, the area under the ROC curve, and
//! what entrapment says of the false discovery proportion.

use statrs::function::beta::beta_reg;

/// Confidence of all bounds: 95 %, 2.5 % to each side.
pub const CONFIDENCE: f64 = 0.95;

/// A counted share with its Clopper–Pearson bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// How many.
    pub n: usize,
    /// Of how many.
    pub of: usize,
    /// `n` / `of`; 0 of none.
    pub value: f64,
    /// Lower end of the interval of [`CONFIDENCE`]; 0 of none.
    pub lower: f64,
    /// Its upper end; 1 of none.
    pub upper: f64,
}

impl Proportion {
    /// The share of `n` among `of` draws that do not depend on each other.
    ///
    /// The lower bound is the p at which `n` or more have a probability of 2.5 %, the upper one
    /// that at which `n` or fewer have it.
    ///
    /// # Source
    /// Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404.
    ///
    /// # Examples
    /// ```
    /// use annotator::evaluation::Proportion;
    /// let share = Proportion::new(1, 10);
    /// assert!((share.lower - 0.0025).abs() < 1e-4 && (share.upper - 0.4450).abs() < 1e-4);
    /// ```
    pub fn new(n: usize, of: usize) -> Self {
        debug_assert!(n <= of);
        let (k, all) = (n as f64, of as f64);
        let tail = (1.0 - CONFIDENCE) / 2.0;
        let lower = if n == 0 {
            0.0
        } else {
            beta_quantile(k, all - k + 1.0, tail)
        };
        let upper = if n >= of {
            1.0
        } else {
            beta_quantile(k + 1.0, all - k, 1.0 - tail)
        };
        Self {
            n,
            of,
            value: if of == 0 { 0.0 } else { k / all },
            lower,
            upper,
        }
    }
}

/// What the entrapment hits among annotations say of the false discovery proportion (FDP).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EntrapmentBounds {
    /// Share of entrapment ions among all annotations: a lower bound of the FDP.
    pub hits: Proportion,
    /// `hits` · (1 + 1/r): an upper bound of the FDP on average; at most 1.
    pub combined: f64,
    /// The same of the upper end of the interval of `hits`.
    pub combined_upper: f64,
}

impl EntrapmentBounds {
    /// Bounds from the entrapment ions among all annotated ions, with `ratio` entrapment formulas
    /// for each original one.
    ///
    /// FDP ≥ Nₑ / (Nₜ + Nₑ) and, as each entrapment hit stands for 1/r false hits among the
    /// original formulas, FDP ≤ Nₑ · (1 + 1/r) / (Nₜ + Nₑ).
    ///
    /// # Source
    /// Wen et al. 2025, doi:10.1038/s41592-025-02719-x, "lower bound" and "combined".
    pub fn new(n_entrapment: usize, n_all: usize, ratio: f64) -> Self {
        let hits = Proportion::new(n_entrapment, n_all);
        let combined = |share: f64| (share * (1.0 + 1.0 / ratio)).min(1.0);
        Self {
            hits,
            combined: combined(hits.value),
            combined_upper: combined(hits.upper),
        }
    }
}

/// Probability that a positive scores above a negative, ties counting half: the area under the
/// ROC curve. Nothing without one of each.
pub fn roc_auc(positives: &[f64], negatives: &[f64]) -> Option<f64> {
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let mut sorted = negatives.to_vec();
    sorted.sort_by(f64::total_cmp);
    let wins = |score: &f64| {
        let below = sorted.partition_point(|negative| negative < score);
        let not_above = sorted.partition_point(|negative| negative <= score);
        f64::midpoint(below as f64, not_above as f64)
    };
    let sum: f64 = positives.iter().map(wins).sum();
    Some(sum / positives.len() as f64 / sorted.len() as f64)
}

/// The `probability` quantile of a beta distribution, by bisection to the last bit.
///
/// The inverse function of the same library is off by 10⁻⁴ of the value for a million draws, and
/// does not end for ten million.
fn beta_quantile(a: f64, b: f64, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if beta_reg(a, b, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Probability of `n` or fewer of `of`, term by term; no term depends on one that may vanish.
    fn binomial_cdf(n: usize, of: usize, p: f64) -> f64 {
        let mut ways = 1.0;
        let mut sum = 0.0;
        for k in 0..=n {
            let [with, without] = [k, of - k].map(|count| i32::try_from(count).unwrap());
            sum += ways * p.powi(with) * (1.0 - p).powi(without);
            ways *= (of - k) as f64 / (k + 1) as f64;
        }
        sum
    }

    #[test]
    fn known_bounds() {
        // R 4: binom.test(n, of)$conf.int.
        for (n, of, lower, upper) in [
            (0, 10, 0.0, 0.308_497_1),
            (1, 10, 0.002_528_579, 0.445_016_1),
            (5, 10, 0.187_086_0, 0.812_914_0),
            (10, 10, 0.691_502_9, 1.0),
        ] {
            let found = Proportion::new(n, of);
            assert!((found.lower - lower).abs() < 1e-6, "{found:?}");
            assert!((found.upper - upper).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn many_draws_have_bounds() {
        // By another implementation of the incomplete beta function, to some 10⁻¹².
        let found = Proportion::new(5, 1_000_000);
        assert!(
            (found.lower / 1.623_488_319e-6 - 1.0).abs() < 1e-8,
            "{found:?}"
        );
        let found = Proportion::new(0, 10_000_000);
        assert!(
            (found.upper / 3.688_878_774e-7 - 1.0).abs() < 1e-8,
            "{found:?}"
        );
    }

    #[test]
    fn nothing_says_nothing() {
        let found = Proportion::new(0, 0);
        assert_eq!((found.value, found.lower, found.upper), (0.0, 0.0, 1.0));
        assert_eq!(roc_auc(&[], &[0.5]), None);
    }

    #[test]
    fn area_by_counting_pairs() {
        // Of six pairs, four are in order and one is a tie.
        assert_eq!(roc_auc(&[0.9, 0.5, 0.3], &[0.3, 0.4]), Some(4.5 / 6.0));
    }

    #[test]
    fn combined_bound() {
        let found = EntrapmentBounds::new(5, 100, 1.0);
        assert!((found.combined - 0.1).abs() < 1e-12 && found.combined_upper > 0.1);
        assert!((EntrapmentBounds::new(5, 100, 4.0).combined - 0.0625).abs() < 1e-12);
        assert!(EntrapmentBounds::new(9, 10, 1.0).combined <= 1.0);
    }

    proptest! {
        #[test]
        fn bounds_solve_the_binomial_tails(of in 1_usize..100, share in 0.0_f64..1.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            let n = ((of as f64 * share) as usize).min(of);
            let found = Proportion::new(n, of);
            prop_assert!(found.lower <= found.value && found.value <= found.upper);
            if n < of {
                prop_assert!((binomial_cdf(n, of, found.upper) - 0.025).abs() < 1e-8);
            }
            if n > 0 {
                prop_assert!((binomial_cdf(n - 1, of, found.lower) - 0.975).abs() < 1e-8);
            }
        }
    }
}
