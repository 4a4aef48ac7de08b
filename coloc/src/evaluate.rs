//! A measure against experts who ranked images by how well they are co-localized with a base image.

use crate::error::ColocError;
use crate::images::narrow;
use crate::measures::spearman::ranks;
use crate::random::Random;

/// A pair that experts ranked and a measure scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Which base image of which dataset: pairs of a set are ranked among each other.
    pub set: String,
    /// Mean rank of the experts: 0 is most co-localized.
    pub rank: f64,
    /// Score of the measure: higher is more co-localized. A predicted rank counts negated.
    pub score: f64,
}

/// How sure an estimate is to be made, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// Draws of as many sets as there are.
    pub n_draws: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// A mean over sets and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// 2.5 % of the draws have a smaller mean.
    pub low: f64,
    /// 2.5 % of the draws have a larger mean.
    pub high: f64,
}

/// Agreement with experts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Pairs in all sets.
    pub n_pairs: usize,
    /// Sets.
    pub n_sets: usize,
    /// Sets without a correlation: fewer than two pairs, or all ranks or all scores equal. They are
    /// left out of the means.
    pub n_undefined: usize,
    /// Spearman's ρ.
    pub spearman: Estimate,
    /// Kendall's τ-b.
    pub kendall: Estimate,
}

/// Correlates scores with negated ranks within each set, and takes the mean over sets; the interval
/// of 95 % is by bootstrap over sets, by percentiles.
///
/// # Errors
/// No set has a correlation.
///
/// # Source
/// Protocol of Ovchinnikova et al. 2020, doi:10.1093/bioinformatics/btaa085. τ-b: Kendall 1945,
/// doi:10.1093/biomet/33.3.239.
pub fn evaluate(pairs: &[Judged], bootstrap: Bootstrap) -> Result<Evaluation, ColocError> {
    let mut sorted: Vec<&Judged> = pairs.iter().collect();
    sorted.sort_by(|a, b| {
        let by_rank = a.rank.total_cmp(&b.rank).then(a.score.total_cmp(&b.score));
        a.set.cmp(&b.set).then(by_rank)
    });
    let mut n_sets = 0;
    let mut found = Vec::new();
    for set in sorted.chunk_by(|a, b| a.set == b.set) {
        n_sets += 1;
        let ranks: Vec<f64> = set.iter().map(|pair| -pair.rank).collect();
        let scores: Vec<f64> = set.iter().map(|pair| pair.score).collect();
        found.extend(spearman(&ranks, &scores).zip(kendall(&ranks, &scores)));
    }
    if found.is_empty() {
        let (purpose, what) = ("comparing with experts", "sets that have a correlation");
        return Err(ColocError::TooFew {
            purpose,
            what,
            needed: 1,
            found: 0,
        });
    }
    let column = |of: fn(&(f64, f64)) -> f64| found.iter().map(of).collect::<Vec<f64>>();
    Ok(Evaluation {
        n_pairs: pairs.len(),
        n_sets,
        n_undefined: n_sets - found.len(),
        spearman: estimate(&column(|set| set.0), bootstrap),
        kendall: estimate(&column(|set| set.1), bootstrap),
    })
}

/// One expert's rank of an image, or nothing where it was left unranked.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpertRank {
    /// Which base image of which dataset.
    pub set: String,
    /// Who ranked.
    pub expert: String,
    /// The other image.
    pub other: String,
    /// The rank: 0 is most co-localized.
    pub rank: Option<f64>,
}

/// The rank that an image counts as having where an expert left it unranked: one behind the last of
/// ten, "not co-localized".
pub const UNRANKED: f64 = 10.0;

/// Pairs of every expert's rank with the mean of the others' who were shown the same image: what a
/// measure as good as an expert would reach. A set is one base image of one expert.
///
/// Unranked images count as [`UNRANKED`]; images that only one expert was shown are left out.
pub fn each_against_the_others(ranks: &[ExpertRank]) -> Vec<Judged> {
    let mut sorted: Vec<&ExpertRank> = ranks.iter().collect();
    let key = |rank: &&ExpertRank| (rank.set.clone(), rank.other.clone(), rank.expert.clone());
    sorted.sort_by_cached_key(key);
    let mut judged = Vec::new();
    for same in sorted.chunk_by(|a, b| a.set == b.set && a.other == b.other) {
        let value = |rank: &&ExpertRank| rank.rank.unwrap_or(UNRANKED);
        for rank in same {
            // An expert who was shown an image twice is no other.
            let others: Vec<f64> = same
                .iter()
                .filter(|other| other.expert != rank.expert)
                .map(value)
                .collect();
            if others.is_empty() {
                continue;
            }
            let others = others.iter().sum::<f64>() / others.len() as f64;
            judged.push(Judged {
                set: format!("{} {}", rank.set, rank.expert),
                rank: others,
                score: -value(rank),
            });
        }
    }
    judged
}

/// Spearman's ρ, or nothing where either side has no order.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let mut order = Vec::new();
    let (a, b) = (ranks(a, &mut order), ranks(b, &mut order));
    let mean = a.len().saturating_sub(1) as f64 / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum()
    };
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    (scale > 0.0).then(|| product(&a, &b) / scale)
}

/// Kendall's τ-b, or nothing where either side has no order. Cost: all pairs.
pub fn kendall(a: &[f64], b: &[f64]) -> Option<f64> {
    let sign = |x: f64, y: f64| {
        if x > y {
            1.0
        } else if x < y {
            -1.0
        } else {
            0.0
        }
    };
    let (mut both, mut in_a, mut in_b) = (0.0_f64, 0.0_f64, 0.0_f64);
    for i in 0..a.len() {
        for j in 0..i {
            let (x, y) = (sign(a[i], a[j]), sign(b[i], b[j]));
            both += x * y;
            in_a += x * x;
            in_b += y * y;
        }
    }
    let scale = (in_a * in_b).sqrt();
    (scale > 0.0).then(|| both / scale)
}

fn estimate(values: &[f64], bootstrap: Bootstrap) -> Estimate {
    let n = values.len();
    let mean = |sum: f64| sum / n as f64;
    let draw = |draw: usize| {
        let mut random = Random::new(bootstrap.seed, draw as u64);
        narrow(mean((0..n).map(|_| values[random.below(n)]).sum()))
    };
    let draws: Vec<f32> = (0..bootstrap.n_draws).map(draw).collect();
    let at = |q: f64| interpolated(&draws, q);
    let mean = mean(values.iter().sum());
    let none = draws.is_empty();
    Estimate {
        mean,
        low: if none { mean } else { at(0.025) },
        high: if none { mean } else { at(0.975) },
    }
}

/// A quantile of values of any sign.
fn interpolated(values: &[f32], q: f64) -> f64 {
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let shifted: Vec<f32> = values.iter().map(|value| value - least).collect();
    f64::from(crate::prepare::quantile(&shifted, q)) + f64::from(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlations_equal_scipys() {
        // scipy.stats.spearmanr and kendalltau (1.17) of the same.
        let (a, b) = ([1.0, 2.0, 2.0, 4.0, 5.0], [2.0, 1.0, 3.0, 3.0, 9.0]);
        assert!((spearman(&a, &b).unwrap() - 0.763_157_894_736_842).abs() < 1e-12);
        assert!((kendall(&a, &b).unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(spearman(&a, &[1.0; 5]), None);
        assert_eq!(kendall(&[1.0], &[1.0]), None);
    }

    #[test]
    fn sets_without_order_are_counted() {
        let pair = |set: &str, rank, score| Judged {
            set: set.into(),
            rank,
            score,
        };
        let pairs = [
            pair("a", 0.0, 0.9),
            pair("a", 5.0, 0.1),
            pair("b", 0.0, 0.1),
            pair("b", 5.0, 0.2),
            pair("c", 1.0, 0.5),
        ];
        let bootstrap = Bootstrap {
            n_draws: 200,
            seed: 1,
        };
        let found = evaluate(&pairs, bootstrap).unwrap();
        assert_eq!((found.n_pairs, found.n_sets, found.n_undefined), (5, 3, 1));
        let expected = Estimate {
            mean: 0.0,
            low: -1.0,
            high: 1.0,
        };
        assert_eq!((found.spearman, found.kendall), (expected, expected));
        assert!(matches!(
            evaluate(&pairs[4..], bootstrap),
            Err(ColocError::TooFew { .. })
        ));
    }

    #[test]
    fn experts_are_compared_with_the_others() {
        let rank = |expert: &str, other: &str, rank| ExpertRank {
            set: "s".into(),
            expert: expert.into(),
            other: other.into(),
            rank,
        };
        let ranks = [
            rank("x", "p", Some(0.0)),
            rank("y", "p", Some(2.0)),
            rank("z", "p", None),
            rank("x", "q", Some(1.0)),
            rank("x", "q", Some(3.0)),
        ];
        let found = each_against_the_others(&ranks);
        let pairs: Vec<(f64, f64)> = found.iter().map(|pair| (pair.rank, pair.score)).collect();
        assert_eq!(pairs, [(6.0, 0.0), (5.0, -2.0), (1.0, -10.0)]);
    }
}
