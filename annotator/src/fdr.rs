//! Target and decoy scores to false discovery rates.

use crate::config::FdrRule;

/// Levels of FDR at which annotations are counted and compared, in every table and report: those
/// that METASPACE offers its users, ascending.
pub const FDR_LEVELS: [f64; 4] = [0.05, 0.1, 0.2, 0.5];

/// Levels to which [`FdrRule::MedianBinned`] bins, as the METASPACE engine does: part of the method,
/// so that other [`FDR_LEVELS`] would not change them.
pub const BINNED_LEVELS: [f64; 4] = [0.05, 0.1, 0.2, 0.5];

/// Scores of the decoys of one target modifier.
#[derive(Debug, Clone, Copy)]
pub struct DecoyScores<'a> {
    /// Scores above 0, each with the number of its draw.
    pub scores: &'a [(f64, u16)],
    /// Decoys drawn for each target.
    pub n_drawn: u32,
    /// Decoys whose ion exists for each target whose ion exists.
    pub n_existing: f64,
}

/// FDR of each target score above 0, in the order given. Equal scores get equal FDR.
///
/// [`FdrRule::Existing`] and [`FdrRule::Drawn`]: FDR(s) = (D(s) + 1) / n / (T(s) + 1), T and D the
/// targets and decoys of score ≥ s, n decoys for each target; then the running minimum from the
/// worst score upward. [`FdrRule::MedianBinned`]: the median of D(s)/T(s) over the draws, binned.
///
/// # Source
/// Palmer et al. 2017, doi:10.1038/nmeth.4072; Wadie et al. 2024, doi:10.1038/s41467-024-52213-9.
pub fn fdr(targets: &[f64], decoys: DecoyScores<'_>, rule: FdrRule) -> Vec<f64> {
    fdr_with_doubts(targets, &vec![0.0; targets.len()], decoys, rule)
}

/// [`fdr`] where each target has a probability of being false for a reason that decoys do not know:
/// FDR(s) = ((D(s) + 1) / n + Σ doubt) / (T(s) + 1), the sum over the targets of score ≥ s. The
/// median rule has no place for doubts and ignores them.
pub fn fdr_with_doubts(
    targets: &[f64],
    doubts: &[f64],
    decoys: DecoyScores<'_>,
    rule: FdrRule,
) -> Vec<f64> {
    debug_assert_eq!(targets.len(), doubts.len());
    let n_drawn = f64::from(decoys.n_drawn);
    match rule {
        FdrRule::Existing => with_succession(targets, doubts, decoys, decoys.n_existing),
        FdrRule::Drawn => with_succession(targets, doubts, decoys, n_drawn),
        FdrRule::MedianBinned => median_binned(targets, decoys),
    }
}

/// FDR of each value of a metric, the targets', then the decoys'. Equal values get equal FDR.
///
/// D(x) / n / T(x) with T and D the targets and decoys of value ≥ x and n decoys for each target,
/// 1 where T is 0; then the running minimum from the worst upward. It may exceed 1.
///
/// # Source
/// METASPACE-ML, Wadie et al. 2024, doi:10.1038/s41467-024-52213-9.
pub fn fdr_of_metric(targets: &[f64], decoys: &[f64], decoys_per_target: f64) -> Vec<f64> {
    let labeled = |is_target| move |&value: &f64| (value, is_target);
    let all: Vec<(f64, bool)> = targets
        .iter()
        .map(labeled(true))
        .chain(decoys.iter().map(labeled(false)))
        .collect();
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|&a, &b| all[b].0.total_cmp(&all[a].0).then(a.cmp(&b)));
    let (mut n_targets, mut n_decoys) = (0.0, 0.0);
    let mut curve: Vec<f64> = Vec::with_capacity(all.len());
    for &place in &order {
        *if all[place].1 {
            &mut n_targets
        } else {
            &mut n_decoys
        } += 1.0;
        curve.push(if n_targets > 0.0 {
            n_decoys / decoys_per_target / n_targets
        } else {
            1.0
        });
    }
    // Equal values share what the last of them has.
    let mut fdrs = vec![1.0; all.len()];
    let (mut lowest, mut shared) = (f64::INFINITY, f64::INFINITY);
    for (rank, &place) in order.iter().enumerate().rev() {
        let is_last_of_equals = order
            .get(rank + 1)
            .is_none_or(|&next| all[next].0.total_cmp(&all[place].0).is_ne());
        if is_last_of_equals {
            lowest = lowest.min(curve[rank]);
            shared = lowest;
        }
        fdrs[place] = shared;
    }
    fdrs
}

/// What stands for the false targets of a molecule table: decoys of two kinds, which both count what
/// is found by chance, and of which the worse is believed.
#[derive(Debug, Clone, Copy)]
pub struct Nulls<'a> {
    /// Scores of decoys with implausible adducts: hits on noise.
    pub decoys: &'a [f64],
    /// Such decoys for each target.
    pub decoys_per_target: f64,
    /// Scores of recombined decoys: hits on compounds that no table has.
    pub recombined: &'a [f64],
    /// Such decoys for each target; infinite where a table is too small to have any.
    pub recombined_per_target: f64,
}

/// FDR of each target score above 0, of all modifiers of a molecule table together:
/// FDR(s) = (max((D(s) + 1) / n, (R(s) + 1) / m) + Σ doubt) / T(s), at most 1; D and R the decoys of either
/// kind of score ≥ s, n and m those for each target, the sum over the targets of score ≥ s; then the
/// running minimum from the worst score upward.
///
/// Nothing is added to T, unlike [`FdrRule::Existing`]: the best of false targets alone has the FDR that
/// it has by chance.
pub fn joint_fdr(targets: &[f64], doubts: &[f64], nulls: Nulls<'_>) -> Vec<f64> {
    debug_assert_eq!(targets.len(), doubts.len());
    let decoys = descending(nulls.decoys.iter().copied());
    let recombined = descending(nulls.recombined.iter().copied());
    let by_chance = |score: f64| {
        let of_decoys = (n_at_least(&decoys, score) as f64 + 1.0) / nulls.decoys_per_target;
        let n_recombined = n_at_least(&recombined, score) as f64 + 1.0;
        of_decoys.max(n_recombined / nulls.recombined_per_target)
    };
    let fdrs = counted(targets, doubts, by_chance, 0.0);
    fdrs.into_iter().map(|fdr| fdr.min(1.0)).collect()
}

/// Posterior error probability of each target score above 0: the chance that this one is false.
///
/// Targets and decoys in order of their scores are cut where the share of decoys grows (isotonic
/// regression); in each part there are (decoys / n) false among the targets. The worse of the two kinds
/// of decoys is taken, and the doubt of the target added; at most 1.
///
/// # Source
/// Käll et al. 2008, doi:10.1021/pr700739d, with isotonic regression in place of a spline.
pub fn posterior_errors(targets: &[f64], doubts: &[f64], nulls: Nulls<'_>) -> Vec<f64> {
    let of_decoys = shares_by_chance(targets, nulls.decoys, nulls.decoys_per_target);
    let of_recombined = shares_by_chance(targets, nulls.recombined, nulls.recombined_per_target);
    let both = of_decoys.into_iter().zip(of_recombined).zip(doubts);
    both.map(|((a, b), doubt)| (a.max(b) + doubt).min(1.0))
        .collect()
}

/// Of the targets with about the score of each, the share that are false by chance.
fn shares_by_chance(targets: &[f64], decoys: &[f64], decoys_per_target: f64) -> Vec<f64> {
    let labeled = |is_target| move |&score: &f64| (score, is_target);
    let of_targets = targets.iter().map(labeled(true));
    let mut all: Vec<(f64, bool)> = of_targets
        .chain(decoys.iter().map(labeled(false)))
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Parts of equal scores; then neighbours are joined until the share of decoys grows.
    let mut parts: Vec<Part> = Vec::new();
    for equals in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let n_targets = equals.iter().filter(|(_, is_target)| *is_target).count() as f64;
        let mut part = Part {
            lowest: equals[0].0,
            n_targets,
            n_decoys: equals.len() as f64 - n_targets,
        };
        while let Some(last) = parts.pop_if(|last| last.share() >= part.share()) {
            part.n_targets += last.n_targets;
            part.n_decoys += last.n_decoys;
        }
        parts.push(part);
    }
    let share = |score: &f64| {
        let part = &parts[parts.partition_point(|part| part.lowest > *score)];
        if part.n_decoys > 0.0 {
            part.n_decoys / decoys_per_target / part.n_targets.max(1.0)
        } else {
            0.0
        }
    };
    targets.iter().map(share).collect()
}

/// Neighbours in a ranking.
struct Part {
    lowest: f64,
    n_targets: f64,
    n_decoys: f64,
}

impl Part {
    /// Decoys among all of them.
    fn share(&self) -> f64 {
        self.n_decoys / (self.n_decoys + self.n_targets)
    }
}

fn descending(scores: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut scores: Vec<f64> = scores.collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    scores
}

/// How many of descending scores are at least `score`.
fn n_at_least(descending: &[f64], score: f64) -> usize {
    descending.partition_point(|&s| s >= score)
}

fn with_succession(
    targets: &[f64],
    doubts: &[f64],
    decoys: DecoyScores<'_>,
    decoys_per_target: f64,
) -> Vec<f64> {
    let decoys = descending(decoys.scores.iter().map(|&(score, _)| score));
    let by_chance = |score: f64| (n_at_least(&decoys, score) as f64 + 1.0) / decoys_per_target;
    counted(targets, doubts, by_chance, 1.0)
}

/// (false by chance at s + Σ doubt) / (T(s) + `added`), and the running minimum.
fn counted(
    targets: &[f64],
    doubts: &[f64],
    by_chance: impl Fn(f64) -> f64,
    added: f64,
) -> Vec<f64> {
    let target_scores = descending(targets.iter().copied());
    let doubted = sums_of_doubts(targets, doubts);
    // Of every place in the ranking, from the best; equal scores share the last of theirs.
    let mut curve: Vec<f64> = target_scores
        .iter()
        .map(|&score| {
            let n_targets = n_at_least(&target_scores, score);
            (by_chance(score) + doubted[n_targets - 1]) / (n_targets as f64 + added)
        })
        .collect();
    let mut lowest = f64::INFINITY;
    for value in curve.iter_mut().rev() {
        lowest = lowest.min(*value);
        *value = lowest;
    }
    let place = |score: f64| n_at_least(&target_scores, score) - 1;
    targets.iter().map(|&score| curve[place(score)]).collect()
}

/// Sum of the doubts of the best target, of the best two, and so on.
fn sums_of_doubts(targets: &[f64], doubts: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..targets.len()).collect();
    order.sort_by(|&a, &b| targets[b].total_cmp(&targets[a]).then(a.cmp(&b)));
    let mut sum = 0.0;
    let mut up_to = |&i: &usize| {
        sum += doubts[i];
        sum
    };
    order.iter().map(&mut up_to).collect()
}

fn median_binned(targets: &[f64], decoys: DecoyScores<'_>) -> Vec<f64> {
    let target_scores = descending(targets.iter().copied());
    let rankings: Vec<Vec<f64>> = (0..decoys.n_drawn)
        .map(|draw| {
            let of_draw = decoys.scores.iter().filter(|&&(_, d)| u32::from(d) == draw);
            descending(of_draw.map(|&(score, _)| score))
        })
        .collect();
    let median_at = |score: f64| {
        let n_targets = n_at_least(&target_scores, score) as f64;
        let of_draw = |ranking: &Vec<f64>| n_at_least(ranking, score) as f64 / n_targets;
        median(rankings.iter().map(of_draw).collect())
    };
    let curve: Vec<f64> = target_scores
        .iter()
        .map(|&score| median_at(score))
        .collect();
    let lowest_score = |level: f64| {
        let below = target_scores
            .iter()
            .zip(&curve)
            .filter(|&(_, &fdr)| fdr < level);
        below.map(|(&score, _)| score).fold(f64::INFINITY, f64::min)
    };
    let bounds = BINNED_LEVELS.map(|level| (level, lowest_score(level)));
    let level_of = |score: f64| {
        bounds
            .iter()
            .find(|(_, bound)| score >= *bound)
            .map_or(1.0, |b| b.0)
    };
    targets.iter().map(|&score| level_of(score)).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoys(scores: &[(f64, u16)]) -> DecoyScores<'_> {
        DecoyScores {
            scores,
            n_drawn: 20,
            n_existing: 20.0,
        }
    }

    #[test]
    fn a_worked_example() {
        // Decoys at or above: 0, 0, 2, 20; targets: 1, 2, 3, 4.
        let mut scores = vec![(0.75, 0), (0.72, 1)];
        scores.extend((0..18).map(|draw| (0.5, draw)));
        let fdr = fdr(&[0.9, 0.8, 0.7, 0.4], decoys(&scores), FdrRule::Drawn);
        let expected = [1.0 / 60.0, 1.0 / 60.0, 3.0 / 80.0, 21.0 / 100.0];
        for (found, expected) in fdr.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{fdr:?}");
        }
    }

    #[test]
    fn doubts_add_to_the_false() {
        let found = fdr_with_doubts(
            &[0.5, 0.9],
            &[0.75, 0.25],
            decoys(&[(0.6, 0)]),
            FdrRule::Drawn,
        );
        let expected = [(2.0 / 20.0 + 1.0) / 3.0, 0.15];
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() < 1e-12,
                "{found} is not {expected}"
            );
        }
    }

    /// Nulls without recombined decoys.
    fn nulls(decoys: &[f64]) -> Nulls<'_> {
        Nulls {
            decoys,
            decoys_per_target: 20.0,
            recombined: &[],
            recombined_per_target: f64::INFINITY,
        }
    }

    #[test]
    fn all_modifiers_together_are_judged_by_the_worse_null() {
        let (targets, doubts) = ([0.9, 0.8, 0.7, 0.4], [0.0, 0.0, 0.25, 0.0]);
        let near = |found: Vec<f64>, expected: [f64; 4]| {
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-12,
                    "{found} is not {expected}"
                );
            }
        };
        // Decoys at or above: 0, 0, 2, 2.
        let decoys = [0.75, 0.72];
        let of_decoys = joint_fdr(&targets, &doubts, nulls(&decoys));
        near(of_decoys, [0.025, 0.025, 0.1, 0.1]);
        // Of recombined ones there are 4 for each target: at or above 0, 1, 1, 3.
        let both = Nulls {
            recombined: &[0.85, 0.5, 0.45],
            recombined_per_target: 4.0,
            ..nulls(&decoys)
        };
        near(
            joint_fdr(&targets, &doubts, both),
            [0.25, 0.25, 0.25, 0.3125],
        );
        assert_eq!(joint_fdr(&[0.5], &[0.0], nulls(&[0.6; 40])), [1.0]);
    }

    #[test]
    fn the_best_of_false_targets_is_found_as_often_as_by_chance() {
        // One target among n decoys is the best of all in one case of n + 1.
        let decoys: Vec<f64> = (0..20).map(|i| 0.01 + 0.02 * f64::from(i)).collect();
        let best = joint_fdr(&[0.9], &[0.0], nulls(&decoys));
        assert!((best[0] - 1.0 / 20.0).abs() < 1e-12, "{best:?}");
    }

    #[test]
    fn posterior_errors_are_shares_of_decoys_nearby() {
        // From the best: 4 targets; 2 targets and 20 decoys; 1 target and 100 decoys.
        let targets = [0.9, 0.89, 0.88, 0.87, 0.6, 0.6, 0.2];
        let mut decoys = vec![0.6; 20];
        decoys.extend([0.2; 100]);
        let peps = posterior_errors(&targets, &[0.0; 7], nulls(&decoys));
        for (found, expected) in peps.iter().zip([0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 1.0]) {
            assert!((found - expected).abs() < 1e-12, "{peps:?}");
        }
        let doubted = posterior_errors(&targets[..1], &[0.3], nulls(&decoys));
        assert!((doubted[0] - 0.3).abs() < 1e-12, "{doubted:?}");
    }

    #[test]
    fn without_decoys_above_the_median_is_the_lowest_level() {
        let fdr = fdr(&[0.9, 0.1], decoys(&[(0.5, 3)]), FdrRule::MedianBinned);
        assert!((fdr[0] - 0.05).abs() < f64::EPSILON && (fdr[1] - 0.05).abs() < f64::EPSILON);
    }

    #[test]
    fn a_metric_alone_has_no_added_ones() {
        // Decoys and targets from the best: 1 and 0, 2 and 1, 2 and 2, 4 and 3, 5 and 3.
        let fdr = fdr_of_metric(&[0.8, 0.6, 0.5], &[0.9, 0.8, 0.5, 0.5, 0.4], 2.0);
        let expected = [
            0.5,
            0.5,
            2.0 / 3.0,
            0.5,
            0.5,
            2.0 / 3.0,
            2.0 / 3.0,
            5.0 / 6.0,
        ];
        for (found, expected) in fdr.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{fdr:?}");
        }
        assert_eq!(fdr_of_metric(&[], &[0.5], 20.0), [1.0]);
    }

    proptest! {
        #[test]
        fn joint_fdr_and_posterior_errors_fall_with_the_score(
            targets in prop::collection::vec(0.01_f64..1.0, 1..40),
            decoys in prop::collection::vec(0.01_f64..1.0, 0..200),
            recombined in prop::collection::vec(0.01_f64..1.0, 0..40),
        ) {
            let nulls = Nulls {
                recombined: &recombined,
                recombined_per_target: 4.0,
                ..nulls(&decoys)
            };
            let doubts = vec![0.0; targets.len()];
            let fdrs = joint_fdr(&targets, &doubts, nulls);
            let peps = posterior_errors(&targets, &doubts, nulls);
            for (i, a) in targets.iter().enumerate() {
                prop_assert!((0.0..=1.0).contains(&fdrs[i]) && (0.0..=1.0).contains(&peps[i]));
                for (j, b) in targets.iter().enumerate() {
                    prop_assert!(a < b || fdrs[i] <= fdrs[j] && peps[i] <= peps[j] + 1e-12);
                }
            }
        }

        #[test]
        fn better_scores_have_no_higher_fdr(
            targets in prop::collection::vec(0.01_f64..1.0, 1..40),
            others in prop::collection::vec((0.01_f64..1.0, 0_u16..20), 0..200),
        ) {
            for rule in [FdrRule::Drawn, FdrRule::Existing, FdrRule::MedianBinned] {
                let fdr = fdr(&targets, decoys(&others), rule);
                for (a, fa) in targets.iter().zip(&fdr) {
                    for (b, fb) in targets.iter().zip(&fdr) {
                        prop_assert!(a < b || fa <= fb);
                    }
                }
            }
        }
    }
}
