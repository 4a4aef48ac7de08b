//! Partners of an ion, best first.

use std::cmp::Ordering;

use crate::images::ImageSet;

/// Another ion, and its score with the one in question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Partner {
    /// Place of the other ion among the images.
    pub ion: usize,
    /// The score.
    pub score: f32,
}

/// How many partners are kept, and how good they must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartnerLimits {
    /// Partners of an ion at most.
    pub n_best: usize,
    /// Least score of a partner. A score of 0 or less is never one, whatever the limit, where it
    /// is that of [`PartnerLimits::METASPACE`] or above 0.
    pub min_score: f32,
}

impl PartnerLimits {
    /// As METASPACE reports them.
    pub const METASPACE: Self = Self {
        n_best: 100,
        min_score: 0.3,
    };
}

/// Place of each ion among the ids: what breaks ties.
pub fn id_order(images: &ImageSet) -> Vec<usize> {
    let mut order = vec![0; images.len()];
    for (place, ion) in images.by_id().into_iter().enumerate() {
        order[ion] = place;
    }
    order
}

/// Partners of an ion from its scores with every ion: itself left out, best first, ties by id.
pub fn partners(
    ion: usize,
    scores: &[f32],
    order: &[usize],
    limits: PartnerLimits,
) -> Vec<Partner> {
    let mut best = Best::new(limits);
    for (other, &score) in scores.iter().enumerate().filter(|(other, _)| *other != ion) {
        best.offer(Partner { ion: other, score }, order);
    }
    best.into_sorted(order)
}

/// The better one first; ties by id.
fn compare(a: &Partner, b: &Partner, order: &[usize]) -> Ordering {
    b.score
        .total_cmp(&a.score)
        .then(order[a.ion].cmp(&order[b.ion]))
}

/// The best partners seen so far, in whatever order they come.
#[derive(Debug)]
pub(crate) struct Best {
    limits: PartnerLimits,
    kept: Vec<Partner>,
    /// Least score that may still be among the best.
    threshold: f32,
}

impl Best {
    pub(crate) fn new(limits: PartnerLimits) -> Self {
        Self {
            limits,
            kept: Vec::new(),
            threshold: limits.min_score,
        }
    }

    /// Least score that is of interest.
    pub(crate) fn threshold(&self) -> f32 {
        self.threshold
    }

    pub(crate) fn offer(&mut self, partner: Partner, order: &[usize]) {
        if partner.score < self.threshold || self.limits.n_best == 0 {
            return;
        }
        self.kept.push(partner);
        if self.kept.len() >= self.limits.n_best.saturating_mul(2) {
            self.prune(order);
        }
    }

    /// Keeps the best alone.
    fn prune(&mut self, order: &[usize]) {
        let n = self.limits.n_best;
        if self.kept.len() > n {
            let (_, last, _) = self
                .kept
                .select_nth_unstable_by(n - 1, |a, b| compare(a, b, order));
            self.threshold = last.score;
            self.kept.truncate(n);
        }
    }

    pub(crate) fn into_sorted(mut self, order: &[usize]) -> Vec<Partner> {
        self.prune(order);
        self.kept.sort_unstable_by(|a, b| compare(a, b, order));
        self.kept.shrink_to_fit();
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_kept_and_ties_go_by_id() {
        let scores = [0.5, 1.0, 0.9, 0.9, 0.2, 0.9];
        let order = [0, 1, 5, 3, 4, 2];
        let limits = PartnerLimits {
            n_best: 2,
            min_score: 0.3,
        };
        let ions = |found: Vec<Partner>| found.iter().map(|p| p.ion).collect::<Vec<_>>();
        assert_eq!(ions(partners(1, &scores, &order, limits)), [5, 3]);
        let all = PartnerLimits {
            n_best: usize::MAX,
            min_score: 0.3,
        };
        assert_eq!(ions(partners(1, &scores, &order, all)), [5, 3, 2, 0]);
        assert!(
            partners(
                1,
                &scores,
                &order,
                PartnerLimits {
                    n_best: 0,
                    min_score: 0.0
                }
            )
            .is_empty()
        );
    }
}
