//! Quantiles of intensities.

/// Values are told apart by so many of their leading bits first.
const BUCKET_SHIFT: u32 = 19;
/// Buckets of a value that is not negative.
const N_BUCKETS: usize = 1 << (31 - BUCKET_SHIFT);

/// The q-quantile of values ≥ 0, between 0 and 1: linear between the order statistics around
/// `q·(n − 1)`, as numpy's default. 0 where there is no value.
///
/// Cost: one pass over the values and a selection among few.
pub fn quantile(values: &[f32], q: f64) -> f32 {
    let mut quantiles = Quantiles::default();
    quantiles.count(values, 0);
    quantiles.at(values, q, f32::INFINITY)
}

/// How values, and so many zeros, are spread.
#[derive(Debug)]
pub(super) struct Quantiles {
    n_zeros: usize,
    counts: Box<[u32; N_BUCKETS]>,
    /// The values of one bucket.
    few: Vec<f32>,
}

impl Default for Quantiles {
    fn default() -> Self {
        Self {
            n_zeros: 0,
            counts: Box::new([0; N_BUCKETS]),
            few: Vec::new(),
        }
    }
}

impl Quantiles {
    /// Looks at other values.
    pub(super) fn count(&mut self, values: &[f32], n_zeros: usize) {
        self.n_zeros = n_zeros;
        self.counts.fill(0);
        for value in values {
            self.counts[bucket(*value)] += 1;
        }
    }

    /// The quantile of the same values, none of them above a ceiling.
    pub(super) fn at(&mut self, values: &[f32], q: f64, ceiling: f32) -> f32 {
        let n = values.len() + self.n_zeros;
        if n == 0 {
            return 0.0;
        }
        let at = q.clamp(0.0, 1.0) * (n - 1) as f64;
        let below = floor(at).min(n - 1);
        let (low, high) = self.neighbours(values, below);
        let (low, high) = (f64::from(low.min(ceiling)), f64::from(high.min(ceiling)));
        let share = at - below as f64;
        let difference = high - low;
        // As numpy: from the nearer end, so that rounding never leaves the interval.
        let value = if share >= 0.5 {
            high - difference * (1.0 - share)
        } else {
            low + difference * share
        };
        crate::images::narrow(value)
    }

    /// Order statistics `rank` and `rank + 1` (the last one twice), zeros first.
    fn neighbours(&mut self, values: &[f32], rank: usize) -> (f32, f32) {
        let Some(rank) = rank.checked_sub(self.n_zeros) else {
            let is_last_zero = rank + 1 == self.n_zeros;
            let least = || values.iter().copied().fold(f32::INFINITY, f32::min);
            return (
                0.0,
                if is_last_zero && !values.is_empty() {
                    least()
                } else {
                    0.0
                },
            );
        };
        let (mut before, mut first) = (0, 0);
        while before + self.counts[first] as usize <= rank {
            before += self.counts[first] as usize;
            first += 1;
        }
        self.few.clear();
        self.few
            .extend(values.iter().filter(|value| bucket(**value) == first));
        let n_in_bucket = self.few.len();
        let (_, low, above) = self
            .few
            .select_nth_unstable_by(rank - before, f32::total_cmp);
        let low = *low;
        if rank + 1 == values.len() {
            return (low, low);
        }
        let high = if rank + 1 - before < n_in_bucket {
            above.iter().copied().fold(f32::INFINITY, f32::min)
        } else {
            let beyond = values.iter().filter(|value| bucket(**value) > first);
            beyond.copied().fold(f32::INFINITY, f32::min)
        };
        (low, high)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 ≤ at ≤ n − 1"
)]
fn floor(at: f64) -> usize {
    at as usize
}

/// Leading bits of a value ≥ 0: in the order of the values.
fn bucket(value: f32) -> usize {
    // +0 makes −0 positive.
    ((value + 0.0).to_bits() >> BUCKET_SHIFT) as usize & (N_BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By sorting all.
    fn naive(values: &[f32], q: f64) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f32::total_cmp);
        let at = q * (sorted.len() - 1) as f64;
        let below = floor(at);
        let above = (below + 1).min(sorted.len() - 1);
        let (low, high) = (f64::from(sorted[below]), f64::from(sorted[above]));
        low + (high - low) * (at - below as f64)
    }

    proptest! {
        #[test]
        fn equals_sorting(
            values in prop::collection::vec(prop_oneof![Just(0.0_f32), 0.0_f32..10.0, Just(3.0)], 1..80),
            n_zeros in 0_usize..40,
            q in 0.0_f64..=1.0,
        ) {
            let mut all = values.clone();
            all.resize(values.len() + n_zeros, 0.0);
            let mut quantiles = Quantiles::default();
            quantiles.count(&values, n_zeros);
            let found = f64::from(quantiles.at(&values, q, f32::INFINITY));
            prop_assert!((found - naive(&all, q)).abs() < 1e-6);
        }
    }

    #[test]
    fn equals_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0, 0.5, 0.9, 1])
        let values = [8.0, 1.0, 4.0, 2.0];
        for (q, expected) in [(0.0, 1.0), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&values, q) - expected).abs() < 1e-6);
        }
        assert!(quantile(&[], 0.5).abs() < f32::EPSILON);
    }
}
