//! Hierarchical clustering with average linkage, and an order of the leaves for a heat map.

mod leaves;

use ndarray::Array2;

use super::{Cluster, by_order, check, clusters};
use crate::error::ColocError;

/// Trees of so many ions at most get an optimal order; larger ones are ordered greedily.
const MAX_OPTIMAL: usize = 2_000;

/// Two groups that become one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merge {
    /// The groups: an ion by its number, or `n_ions` + number of an earlier merge.
    pub groups: (usize, usize),
    /// Mean score of pairs across the two.
    pub score: f64,
}

/// A tree of ions.
#[derive(Debug, Clone, PartialEq)]
pub struct Hierarchy {
    /// `n_ions − 1` merges; scores never rise.
    pub merges: Vec<Merge>,
    /// The ions in an order in which neighbours are alike.
    pub leaves: Vec<usize>,
    /// Whether no other order of this tree's leaves has a higher sum of neighbours' scores.
    pub is_optimal: bool,
}

/// Joins the two groups with the highest mean score across, again and again.
///
/// `scores` is `n_ions × n_ions`; where a pair has two scores, as Manders' coefficients do, their mean
/// counts. `order` has the place of each ion among ids. Cost: n² steps for the tree, n³ for the order
/// of its leaves; 12 n² bytes.
///
/// # Errors
/// Lengths differ.
///
/// # Source
/// Average linkage (Sokal, Michener 1958) by chains of nearest neighbours (Murtagh 1983,
/// doi:10.1093/comjnl/26.4.354). Order of leaves: Bar-Joseph, Gifford, Jaakkola 2001,
/// `doi:10.1093/bioinformatics/17.suppl_1.S22`.
pub fn hierarchy(scores: &Array2<f32>, order: &[usize]) -> Result<Hierarchy, ColocError> {
    check(&scores.view(), order)?;
    let ions = by_order(order);
    let n = ions.len();
    let score = |i: usize, j: usize| f64::from(scores[[ions[i], ions[j]]]);
    let similarity = |i: usize, j: usize| f64::midpoint(score(i, j), score(j, i));
    // In the order of ids until the end.
    let merges = chain(n, similarity);
    let is_optimal = n <= MAX_OPTIMAL;
    let leaves = leaves::ordered(n, &merges, &similarity, is_optimal);
    let named = |group: usize| if group < n { ions[group] } else { group };
    let merges = merges.into_iter().map(|merge| Merge {
        groups: (named(merge.groups.0), named(merge.groups.1)),
        score: merge.score,
    });
    let merges = merges.collect();
    Ok(Hierarchy {
        merges,
        leaves: leaves.into_iter().map(|leaf| ions[leaf]).collect(),
        is_optimal,
    })
}

impl Hierarchy {
    /// Groups whose merges all have at least a score; an ion that merges below it is alone.
    pub fn cut(&self, min_score: f64, scores: &Array2<f32>, order: &[usize]) -> Vec<Cluster> {
        let n = self.leaves.len();
        let n_kept = self
            .merges
            .iter()
            .take_while(|merge| merge.score >= min_score)
            .count();
        self.groups(n_kept, n, scores, order)
    }

    /// So many groups, or as many as there are ions.
    pub fn cut_to(&self, n_groups: usize, scores: &Array2<f32>, order: &[usize]) -> Vec<Cluster> {
        let n = self.leaves.len();
        self.groups(n.saturating_sub(n_groups.max(1)), n, scores, order)
    }

    /// Groups after the first merges, in the order of the leaves.
    fn groups(
        &self,
        n_merges: usize,
        n: usize,
        scores: &Array2<f32>,
        order: &[usize],
    ) -> Vec<Cluster> {
        let mut label: Vec<usize> = (0..n + n_merges).collect();
        for (i, merge) in self.merges.iter().take(n_merges).enumerate() {
            (label[merge.groups.0], label[merge.groups.1]) = (n + i, n + i);
        }
        // A group's label is found from the top.
        for group in (0..n + n_merges).rev() {
            label[group] = label[label[group]];
        }
        clusters(&scores.view(), &label[..n], order)
    }
}

/// All merges, highest score first; of equal scores the one that was found first.
fn chain(n: usize, similarity: impl Fn(usize, usize) -> f64) -> Vec<Merge> {
    let mut scores: Vec<f64> = (0..n * n).map(|at| similarity(at / n, at % n)).collect();
    let mut sizes = vec![1_usize; n];
    let mut ceilings = vec![f64::INFINITY; n];
    let mut found: Vec<(usize, usize, f64)> = Vec::new();
    let mut chain: Vec<usize> = Vec::new();
    while found.len() + 1 < n {
        if chain.is_empty() {
            chain.extend((0..n).find(|&i| sizes[i] > 0));
        }
        let Some(&top) = chain.last() else { break };
        let before = chain.len().checked_sub(2).map(|i| chain[i]);
        // The one before wins a tie, or the chain would never end.
        let mut best = before;
        let mut highest = before.map_or(f64::NEG_INFINITY, |before| scores[top * n + before]);
        for other in (0..n).filter(|&other| sizes[other] > 0 && other != top) {
            if scores[top * n + other] > highest {
                (best, highest) = (Some(other), scores[top * n + other]);
            }
        }
        let Some(best) = best else { break };
        if before != Some(best) {
            chain.push(best);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (kept, gone) = (top.min(best), top.max(best));
        let (a, b) = (sizes[kept] as f64, sizes[gone] as f64);
        for other in (0..n).filter(|&other| sizes[other] > 0 && other != kept && other != gone) {
            let mean = (a * scores[kept * n + other] + b * scores[gone * n + other]) / (a + b);
            (scores[kept * n + other], scores[other * n + kept]) = (mean, mean);
        }
        sizes[kept] += sizes[gone];
        sizes[gone] = 0;
        // A mean is never above those it was made of, but for rounding.
        ceilings[kept] = highest.min(ceilings[kept]).min(ceilings[gone]);
        found.push((kept, gone, ceilings[kept]));
    }
    numbered(n, found)
}

/// Merges in falling order of their scores, their groups numbered.
fn numbered(n: usize, mut found: Vec<(usize, usize, f64)>) -> Vec<Merge> {
    // Stable: a merge never comes before those it is made of.
    found.sort_by(|a, b| b.2.total_cmp(&a.2));
    let mut group: Vec<usize> = (0..n).collect();
    let mut merges = Vec::with_capacity(found.len());
    for (i, (kept, gone, score)) in found.into_iter().enumerate() {
        merges.push(Merge {
            groups: (group[kept], group[gone]),
            score,
        });
        group[kept] = n + i;
    }
    merges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_linkage_by_hand() {
        // Pairs (0, 1) 0.9 and (2, 3) 0.8; across: 0.1, 0.2, 0.3, 0.4: mean 0.25.
        let mut scores = Array2::eye(4);
        for (i, j, score) in [
            (0, 1, 0.9),
            (2, 3, 0.8),
            (0, 2, 0.1),
            (0, 3, 0.2),
            (1, 2, 0.3),
            (1, 3, 0.4_f32),
        ] {
            (scores[[i, j]], scores[[j, i]]) = (score, score);
        }
        let order = [0, 1, 2, 3];
        let tree = hierarchy(&scores, &order).unwrap();
        let groups: Vec<(usize, usize)> = tree.merges.iter().map(|merge| merge.groups).collect();
        assert_eq!(groups, [(0, 1), (2, 3), (4, 5)]);
        assert!((tree.merges[2].score - 0.25).abs() < 1e-6);
        // The highest score across, 0.4, is that of 1 and 3.
        assert_eq!(tree.leaves, [0, 1, 3, 2]);
        assert!(tree.is_optimal);
        let groups = tree.cut(0.5, &scores, &order);
        assert_eq!(
            groups.iter().map(|g| g.ions.clone()).collect::<Vec<_>>(),
            [[0, 1], [2, 3]]
        );
        assert_eq!(tree.cut_to(1, &scores, &order)[0].ions.len(), 4);
        assert_eq!(tree.cut(0.95, &scores, &order).len(), 4);
    }

    #[test]
    fn scores_that_differ_with_the_direction_end_too() {
        // Each ion is nearest to the next one round, but for the mean of both directions.
        let scores = ndarray::arr2(&[[1.0, 0.9, 0.1], [0.2, 1.0, 0.9], [0.9, 0.3, 1.0_f32]]);
        let tree = hierarchy(&scores, &[0, 1, 2]).unwrap();
        assert_eq!(tree.merges[0].groups, (1, 2));
        assert!((tree.merges[0].score - 0.6).abs() < 1e-6);
        assert_eq!(tree.merges.len(), 2);
    }

    #[test]
    fn none_and_one_ion() {
        assert!(
            hierarchy(&Array2::zeros((0, 0)), &[])
                .unwrap()
                .leaves
                .is_empty()
        );
        let tree = hierarchy(&Array2::eye(1), &[0]).unwrap();
        assert_eq!((tree.leaves.as_slice(), tree.merges.len()), (&[0][..], 0));
        assert_eq!(tree.cut(0.5, &Array2::eye(1), &[0]).len(), 1);
    }
}
