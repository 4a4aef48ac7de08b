//! k-means with seeded starts.

use crate::random::Random;

/// Starts of which the best is kept: so many points in all, within bounds. With more of them the best
/// grouping is found more often.
const STARTED_POINTS: usize = 10_000;
const LEAST_STARTS: usize = 10;
const MOST_STARTS: usize = 100;
/// Steps of a start at most.
const MAX_STEPS: usize = 100;

/// Groups of points.
#[derive(Debug, Clone)]
pub(crate) struct KMeans {
    /// Group of each point.
    pub(crate) labels: Vec<usize>,
    /// Centre of each group.
    pub(crate) centres: Vec<Vec<f64>>,
    /// Sum of squared distances to the centres.
    pub(crate) inertia: f64,
}

/// Groups points, `n × n_dims` row-major, into at most `k` groups: the best of 10 to 100
/// starts from k-means++ (Arthur, Vassilvitskii 2007), each from (`seed`, start).
pub(crate) fn kmeans(points: &[f64], n_dims: usize, k: usize, seed: u64) -> KMeans {
    let n_starts = (STARTED_POINTS * n_dims / points.len().max(1)).clamp(LEAST_STARTS, MOST_STARTS);
    let starts = (0..n_starts).map(|start| {
        let random = Random::new(seed, start as u64);
        refine(points, n_dims, first_centres(points, n_dims, k, random))
    });
    let better = |a: KMeans, b: KMeans| if b.inertia < a.inertia { b } else { a };
    let none = || KMeans { labels: Vec::new(), centres: Vec::new(), inertia: 0.0 };
    starts.reduce(better).unwrap_or_else(none)
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Points drawn by their squared distance to those drawn before.
fn first_centres(points: &[f64], n_dims: usize, k: usize, mut random: Random) -> Vec<Vec<f64>> {
    let n = points.len() / n_dims;
    let point = |i: usize| &points[i * n_dims..][..n_dims];
    let mut centres = vec![point(random.below(n)).to_vec()];
    let mut nearest = vec![f64::INFINITY; n];
    while centres.len() < k {
        let last = &centres[centres.len() - 1];
        for (i, nearest) in nearest.iter_mut().enumerate() {
            *nearest = nearest.min(squared_distance(point(i), last));
        }
        let mut left = random.share() * nearest.iter().sum::<f64>();
        let chosen = nearest.iter().position(|&distance| {
            left -= distance;
            left < 0.0
        });
        // All points are centres already.
        let Some(chosen) = chosen else { break };
        centres.push(point(chosen).to_vec());
    }
    centres
}

fn refine(points: &[f64], n_dims: usize, mut centres: Vec<Vec<f64>>) -> KMeans {
    let mut labels = vec![usize::MAX; points.len() / n_dims];
    for _ in 0..MAX_STEPS {
        let mut is_changed = false;
        for (point, label) in points.chunks_exact(n_dims).zip(&mut labels) {
            let nearest = nearest(point, &centres).0;
            is_changed |= nearest != *label;
            *label = nearest;
        }
        if !is_changed {
            break;
        }
        let mut sums = vec![vec![0.0; n_dims]; centres.len()];
        let mut counts = vec![0_usize; centres.len()];
        for (point, &label) in points.chunks_exact(n_dims).zip(&labels) {
            counts[label] += 1;
            sums[label].iter_mut().zip(point).for_each(|(sum, value)| *sum += value);
        }
        for ((centre, sum), &count) in centres.iter_mut().zip(sums).zip(&counts) {
            // A group that lost its points keeps its place.
            if count > 0 {
                *centre = sum.into_iter().map(|sum| sum / count as f64).collect();
            }
        }
    }
    let distances = points.chunks_exact(n_dims).map(|point| nearest(point, &centres).1);
    KMeans { inertia: distances.sum(), labels, centres }
}

/// The nearest centre and its squared distance.
fn nearest(point: &[f64], centres: &[Vec<f64>]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (i, centre) in centres.iter().enumerate() {
        let distance = squared_distance(point, centre);
        if distance < best.1 {
            best = (i, distance);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separate_groups_are_found() {
        let points: Vec<f64> =
            (0..30).flat_map(|i| [f64::from(i % 3) * 10.0 + f64::from(i) * 0.01, 1.0]).collect();
        let found = kmeans(&points, 2, 3, 7);
        for i in 0..30 {
            assert_eq!(found.labels[i], found.labels[i % 3]);
        }
        assert!(found.inertia < 1.0);
        // Fewer different points than groups.
        assert_eq!(kmeans(&[1.0, 1.0, 1.0], 1, 2, 7).labels, [0, 0, 0]);
    }
}
