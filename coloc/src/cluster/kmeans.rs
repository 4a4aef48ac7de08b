//! k-means with seeded starts.

use rayon::prelude::*;

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
    let start = |start: usize| {
        let random = Random::new(seed, start as u64);
        refine(points, n_dims, first_centres(points, n_dims, k, random))
    };
    let starts: Vec<KMeans> = (0..n_starts).into_par_iter().map(start).collect();
    // Of equally good ones the first, whoever was done first.
    let better = |a: KMeans, b: KMeans| if b.inertia < a.inertia { b } else { a };
    let none = || KMeans {
        labels: Vec::new(),
        centres: Vec::new(),
        inertia: 0.0,
    };
    starts.into_iter().reduce(better).unwrap_or_else(none)
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
    let mut labels = vec![0; points.len() / n_dims];
    for step in 0..MAX_STEPS {
        let mut is_changed = step == 0;
        for (point, label) in points.chunks_exact(n_dims).zip(&mut labels) {
            let nearest = nearest(point, &centres, *label).0;
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
            sums[label]
                .iter_mut()
                .zip(point)
                .for_each(|(sum, value)| *sum += value);
        }
        for ((centre, sum), &count) in centres.iter_mut().zip(sums).zip(&counts) {
            // A group that lost its points keeps its place.
            if count > 0 {
                *centre = sum.into_iter().map(|sum| sum / count as f64).collect();
            }
        }
    }
    let points = points.chunks_exact(n_dims).zip(&labels);
    let distances = points.map(|(point, &label)| nearest(point, &centres, label).1);
    KMeans {
        inertia: distances.sum(),
        labels,
        centres,
    }
}

/// The nearest centre, of equally near ones the first, and its squared distance. Fast where a guess
/// is good: the others are then left before their end.
fn nearest(point: &[f64], centres: &[Vec<f64>], guess: usize) -> (usize, f64) {
    let mut best = (guess, squared_distance(point, &centres[guess]));
    for (i, centre) in centres.iter().enumerate().filter(|(i, _)| *i != guess) {
        if let Some(distance) = distance_within(point, centre, best.1)
            && (distance < best.1 || i < best.0)
        {
            best = (i, distance);
        }
    }
    best
}

/// The squared distance, added up as [`squared_distance`] does, unless it is above a bound.
fn distance_within(a: &[f64], b: &[f64], bound: f64) -> Option<f64> {
    /// Dimensions between two looks at the bound.
    const STRIDE: usize = 4;
    let mut sum = 0.0;
    for (a, b) in a.chunks(STRIDE).zip(b.chunks(STRIDE)) {
        for (a, b) in a.iter().zip(b) {
            sum += (a - b) * (a - b);
        }
        // What is still to come is not negative.
        if sum > bound {
            return None;
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_guess_finds_the_first_of_the_nearest(
            values in prop::collection::vec(0_i32..4, 5 * 6 + 6), guess in 0_usize..5,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let (point, rest) = values.split_at(6);
            let centres: Vec<Vec<f64>> = rest.chunks_exact(6).map(<[f64]>::to_vec).collect();
            let distances: Vec<f64> =
                centres.iter().map(|centre| squared_distance(point, centre)).collect();
            let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
            let first = distances.iter().position(|distance| *distance <= least).unwrap();
            prop_assert_eq!(nearest(point, &centres, guess), (first, least));
        }
    }

    #[test]
    fn separate_groups_are_found() {
        let points: Vec<f64> = (0..30)
            .flat_map(|i| [f64::from(i % 3) * 10.0 + f64::from(i) * 0.01, 1.0])
            .collect();
        let found = kmeans(&points, 2, 3, 7);
        for i in 0..30 {
            assert_eq!(found.labels[i], found.labels[i % 3]);
        }
        assert!(found.inertia < 1.0);
        // Fewer different points than groups.
        assert_eq!(kmeans(&[1.0, 1.0, 1.0], 1, 2, 7).labels, [0, 0, 0]);
    }
}
