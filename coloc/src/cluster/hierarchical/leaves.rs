//! The order of a tree's leaves in which neighbours are most alike.

use rayon::prelude::*;

use super::Merge;

/// The leaves in order. Of the 2^(n−1) orders that turning the groups of a tree allows, the one with
/// the highest sum of neighbours' scores; or, if not `is_optimal`, each group turned so that the
/// ends that meet are as alike as possible.
pub(super) fn ordered(
    n: usize,
    merges: &[Merge],
    similarity: &(impl Fn(usize, usize) -> f64 + Sync),
    is_optimal: bool,
) -> Vec<usize> {
    if n < 2 {
        return (0..n).collect();
    }
    if is_optimal {
        Tree::new(n, merges, similarity).best()
    } else {
        greedy(n, merges, similarity)
    }
}

fn greedy(n: usize, merges: &[Merge], similarity: &impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let mut groups: Vec<Vec<usize>> = (0..n).map(|leaf| vec![leaf]).collect();
    for merge in merges {
        let mut left = std::mem::take(&mut groups[merge.groups.0]);
        let mut right = std::mem::take(&mut groups[merge.groups.1]);
        let mut best = (f64::NEG_INFINITY, false, false);
        for (turn_left, turn_right) in [(false, false), (false, true), (true, false), (true, true)]
        {
            let end = if turn_left {
                left[0]
            } else {
                left[left.len() - 1]
            };
            let start = if turn_right {
                right[right.len() - 1]
            } else {
                right[0]
            };
            let score = similarity(end, start);
            if score > best.0 {
                best = (score, turn_left, turn_right);
            }
        }
        if best.1 {
            left.reverse();
        }
        if best.2 {
            right.reverse();
        }
        left.extend(right);
        groups.push(left);
    }
    groups.pop().unwrap_or_default()
}

/// A tree with the best sum of each of its groups for every pair of end leaves.
struct Tree<'a, S> {
    n: usize,
    merges: &'a [Merge],
    similarity: &'a S,
    /// Leaves of each group.
    leaves: Vec<Vec<usize>>,
    /// Best sum of the smallest group that has both leaves on different sides, with these ends.
    sums: Vec<f32>,
}

impl<'a, S: Fn(usize, usize) -> f64 + Sync> Tree<'a, S> {
    fn new(n: usize, merges: &'a [Merge], similarity: &'a S) -> Self {
        let mut leaves: Vec<Vec<usize>> = (0..n).map(|leaf| vec![leaf]).collect();
        for merge in merges {
            let (left, right) = merge.groups;
            let both = leaves[left].iter().chain(&leaves[right]).copied().collect();
            leaves.push(both);
        }
        let mut tree = Self {
            n,
            merges,
            similarity,
            leaves,
            sums: vec![0.0; n * n],
        };
        for merge in merges {
            tree.join(merge.groups);
        }
        tree
    }

    /// Leaves that may be the other end of a group with one end given.
    fn other_ends(&self, group: usize, end: usize) -> &[usize] {
        let Some(merge) = group.checked_sub(self.n).map(|i| self.merges[i]) else {
            return &self.leaves[group];
        };
        let is_left = self.leaves[merge.groups.0].contains(&end);
        &self.leaves[if is_left {
            merge.groups.1
        } else {
            merge.groups.0
        }]
    }

    /// Best sum of a group between two ends.
    fn sum(&self, from: usize, to: usize) -> f32 {
        self.sums[from * self.n + to]
    }

    /// For an outer end of `left`: the best sum up to each leaf of `right` that comes next, and the
    /// inner end of `left` before it.
    fn reach(&self, (left, right): (usize, usize), outer: usize) -> Vec<(f32, usize)> {
        let inner = self.other_ends(left, outer);
        let next = |&next: &usize| {
            let mut best = (f32::NEG_INFINITY, outer);
            for &end in inner {
                let score = crate::images::narrow((self.similarity)(end, next));
                let sum = self.sum(outer, end) + score;
                if sum > best.0 {
                    best = (sum, end);
                }
            }
            best
        };
        self.leaves[right].iter().map(next).collect()
    }

    /// The best sum from `outer` to each leaf of `right` as the far end: its value, and which leaf
    /// of `right` comes first.
    fn ends(&self, groups: (usize, usize), outer: usize) -> Vec<(f32, usize)> {
        let (_, right) = groups;
        let reached = self.reach(groups, outer);
        let leaves = &self.leaves[right];
        let place: std::collections::HashMap<usize, usize> =
            leaves.iter().copied().zip(0..).collect();
        let far = |&far: &usize| {
            let mut best = (f32::NEG_INFINITY, 0);
            for next in self.other_ends(right, far) {
                let at = place[next];
                let sum = reached[at].0 + self.sum(*next, far);
                if sum > best.0 {
                    best = (sum, at);
                }
            }
            best
        };
        leaves.iter().map(far).collect()
    }

    fn join(&mut self, groups: (usize, usize)) {
        let outers = &self.leaves[groups.0];
        let found: Vec<Vec<(f32, usize)>> = outers
            .par_iter()
            .map(|&outer| self.ends(groups, outer))
            .collect();
        for (&outer, sums) in self.leaves[groups.0].iter().zip(found) {
            for (&far, (sum, _)) in self.leaves[groups.1].iter().zip(sums) {
                self.sums[outer * self.n + far] = sum;
                self.sums[far * self.n + outer] = sum;
            }
        }
    }

    /// Walks down from the best ends of the whole tree.
    fn best(&self) -> Vec<usize> {
        let root = self.n + self.merges.len() - 1;
        let (left, right) = self.merges[root - self.n].groups;
        let mut best = (f32::NEG_INFINITY, 0, 0);
        for &outer in &self.leaves[left] {
            for &far in &self.leaves[right] {
                let sum = self.sum(outer, far);
                if sum > best.0 {
                    best = (sum, outer, far);
                }
            }
        }
        let mut order = Vec::with_capacity(self.n);
        // A stack and not recursion: a tree may be as deep as it has leaves.
        let mut open = vec![(root, best.1, best.2)];
        while let Some((group, from, to)) = open.pop() {
            let Some(merge) = group.checked_sub(self.n).map(|i| self.merges[i]) else {
                order.push(group);
                continue;
            };
            let (mut left, mut right) = merge.groups;
            if !self.leaves[left].contains(&from) {
                (left, right) = (right, left);
            }
            let far = self.leaves[right]
                .iter()
                .position(|&leaf| leaf == to)
                .unwrap_or_default();
            let next = self.ends((left, right), from)[far].1;
            let inner = self.reach((left, right), from)[next].1;
            open.push((right, self.leaves[right][next], to));
            open.push((left, from, inner));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::hierarchy;
    use crate::random::Random;

    /// Best sum over all ways to turn the groups of a tree.
    fn by_trying(n: usize, merges: &[super::Merge], scores: &Array2<f32>) -> f32 {
        let sum = |order: &[usize]| order.windows(2).map(|w| scores[[w[0], w[1]]]).sum::<f32>();
        let mut best = f32::NEG_INFINITY;
        for turns in 0..1_u32 << (n - 1) {
            let mut groups: Vec<Vec<usize>> = (0..n).map(|leaf| vec![leaf]).collect();
            for (i, merge) in merges.iter().enumerate() {
                let (mut a, mut b) = (merge.groups.0, merge.groups.1);
                if turns >> i & 1 == 1 {
                    (a, b) = (b, a);
                }
                let both = [groups[a].clone(), groups[b].clone()].concat();
                groups.push(both);
            }
            best = best.max(sum(&groups[groups.len() - 1]));
        }
        best
    }

    #[test]
    fn no_other_order_is_better() {
        for seed in 0..20 {
            let mut random = Random::new(seed, 0);
            let n = 2 + random.below(8);
            let mut scores = Array2::eye(n);
            for i in 0..n {
                for j in 0..i {
                    let score = crate::images::narrow(random.share());
                    (scores[[i, j]], scores[[j, i]]) = (score, score);
                }
            }
            let order: Vec<usize> = (0..n).collect();
            let tree = hierarchy(&scores, &order).unwrap();
            let found: f32 = tree.leaves.windows(2).map(|w| scores[[w[0], w[1]]]).sum();
            assert!(
                (found - by_trying(n, &tree.merges, &scores)).abs() < 1e-5,
                "{seed}"
            );
        }
    }
}
