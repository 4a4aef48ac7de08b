//! Tails and quantiles of distributions, and derivatives of the logarithm of the gamma function.

use libm::erfc;
use statrs::function::beta::beta_reg;
use statrs::function::gamma::ln_gamma;

/// Probability that |T| of Student's t with `df` degrees of freedom, > 0 or infinite, is at least |t|.
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    if t.is_nan() {
        return f64::NAN;
    }
    if df.is_infinite() {
        return erfc(t.abs() / std::f64::consts::SQRT_2);
    }
    if t.is_infinite() {
        return 0.0;
    }
    let t2 = t * t;
    // Of the two forms the one whose argument keeps its digits.
    if t2 < df {
        1.0 - beta_reg(0.5, df / 2.0, t2 / (df + t2))
    } else {
        beta_reg(df / 2.0, 0.5, df / (df + t2))
    }
}

/// The t that Student's t with `df` degrees of freedom stays below with this probability, ½ to 1.
///
/// By bisection of [`t_two_sided`], to the last bit but a few.
pub fn t_quantile(probability: f64, df: f64) -> f64 {
    let tail = 2.0 * (1.0 - probability);
    let (mut low, mut high) = (0.0, 1.0);
    while t_two_sided(high, df) > tail && high < f64::MAX / 4.0 {
        (low, high) = (high, high * 2.0);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if t_two_sided(middle, df) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// Probability that |Z| of a standard normal Z is at least |z|.
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Argument from which asymptotic series hold to 1e-15.
const ASYMPTOTIC: f64 = 20.0;

/// ψ(x), first derivative of ln Γ; x > 0.
pub fn digamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < ASYMPTOTIC {
        sum -= x.recip();
        x += 1.0;
    }
    let y = (x * x).recip();
    let series =
        y * (1.0 / 12.0 - y * (1.0 / 120.0 - y * (1.0 / 252.0 - y * (1.0 / 240.0 - y / 132.0))));
    sum + x.ln() - 0.5 / x - series
}

/// ψ′(x), second derivative of ln Γ; x > 0.
pub fn trigamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < ASYMPTOTIC {
        sum += (x * x).recip();
        x += 1.0;
    }
    let y = (x * x).recip();
    let series =
        1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y * (1.0 / 30.0 - y * 5.0 / 66.0)));
    sum + x.recip() + y / 2.0 + y / x * series
}

/// ψ″(x), third derivative of ln Γ; x > 0.
pub fn tetragamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < ASYMPTOTIC {
        sum -= 2.0 / (x * x * x);
        x += 1.0;
    }
    let y = (x * x).recip();
    let series = 0.5 - y * (1.0 / 6.0 - y * (1.0 / 6.0 - y * (0.3 - y * 5.0 / 6.0)));
    sum - y - y / x - y * y * series
}

/// The x > 0 of which ψ′(x) is this; by Newton's method on 1/ψ′, which is all but straight.
///
/// # Source
/// Smyth 2004, appendix; as limma has it, beyond 10⁷ and below 10⁻⁶ by the ends of the curve.
pub fn trigamma_inverse(value: f64) -> f64 {
    if value > 1e7 {
        return value.sqrt().recip();
    }
    if value < 1e-6 {
        return value.recip();
    }
    let mut x = 0.5 + value.recip();
    for _ in 0..50 {
        let there = trigamma(x);
        let step = there * (1.0 - there / value) / tetragamma(x);
        x += step;
        if -step / x < 1e-8 {
            break;
        }
    }
    x
}

/// ln of the number of ways to choose k of n.
pub fn ln_choose(n: u64, k: u64) -> f64 {
    ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0)
}

/// Probability that among `n_drawn` of `n_all`, of which `n_marked` are marked, at least
/// `n_marked_drawn` are marked: Fisher's exact test, greater.
pub fn hypergeometric_tail(n_marked_drawn: u64, n_drawn: u64, n_marked: u64, n_all: u64) -> f64 {
    let most = n_drawn.min(n_marked);
    let least = (n_drawn + n_marked).saturating_sub(n_all);
    if n_marked_drawn <= least {
        return 1.0;
    }
    let all = ln_choose(n_all, n_drawn);
    let term =
        |k: u64| (ln_choose(n_marked, k) + ln_choose(n_all - n_marked, n_drawn - k) - all).exp();
    // The smallest terms first.
    (n_marked_drawn..=most)
        .rev()
        .map(term)
        .sum::<f64>()
        .min(1.0)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::excessive_precision, reason = "as the tables have them")]

    use super::*;

    fn near(found: f64, expected: f64) {
        let error = (found - expected).abs() / expected.abs();
        assert!(error < 1e-12, "{found} {expected}");
    }

    #[test]
    fn values_are_those_of_tables() {
        // scipy 1.17: stats.t, stats.norm, special.polygamma, stats.hypergeom.
        near(t_two_sided(2.5, 3.7), 0.071_822_022_911_826_78);
        near(t_two_sided(0.1, 8.0), 0.922_804_909_430_597);
        near(t_two_sided(-40.0, 10.0), 2.280_857_743_085_753_5e-12);
        near(normal_two_sided(1.96), 0.049_995_790_296_440_87);
        near(t_quantile(0.975, 4.0), 2.776_445_105_197_793_4);
        near(t_quantile(0.975, f64::INFINITY), 1.959_963_984_540_054);
        near(digamma(0.5), -1.963_510_026_021_423_5);
        near(trigamma(0.5), 4.934_802_200_544_679_9);
        near(trigamma(3.25), 0.359_798_290_309_579_83);
        near(tetragamma(2.0), -0.404_113_806_319_188_58);
        near(hypergeometric_tail(3, 10, 20, 100), 0.318_779_936_182_311_2);
        near(hypergeometric_tail(0, 10, 20, 100), 1.0);
    }

    #[test]
    fn the_inverse_is_one() {
        for x in [0.01, 0.1, 1.0, 7.5, 400.0, 1e5] {
            near(trigamma_inverse(trigamma(x)), x);
        }
        for x in [1e-5, 1e8] {
            assert!((trigamma_inverse(trigamma(x)) / x - 1.0).abs() < 1e-8);
        }
    }
}
