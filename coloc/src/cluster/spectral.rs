//! Spectral clustering, as METASPACE finds its sample ions.

use faer::Mat;
use ndarray::Array2;

use super::{Cluster, by_order, check, clusters, kmeans};
use crate::eigen::leading;
use crate::error::ColocError;

/// Clusters at most, as METASPACE has it.
const MAX_CLUSTERS: usize = 20;
/// What a cluster more must gain in score.
const COST_OF_A_CLUSTER: f64 = 1e-3;
/// Seed of k-means.
const SEED: u64 = 1;

/// Clusters of ions.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralClusters {
    /// The groups, largest first.
    pub clusters: Vec<Cluster>,
    /// Each number of clusters that was tried, and its score less its cost.
    pub tried: Vec<(usize, f64)>,
}

/// Groups ions by spectral clustering of their scores.
///
/// Every number of clusters from round(√n) to 20 is tried (at most 20, and at most n); the one with
/// the highest score less n/1000 is kept, the smaller one of equals. The score of a clustering is
/// the mean score of each ion with the most typical one of its cluster. `scores` is
/// `n_ions × n_ions` and symmetric, `order` the place of each ion among ids.
///
/// # Errors
/// There are fewer than two ions, or lengths differ.
///
/// # Source
/// Ng, Jordan, Weiss 2001 with the normalization of Shi, Malik 2000, as `sklearn.cluster.
/// spectral_clustering`; numbers of clusters and typicality as the METASPACE engine has them.
/// Differences: k-means starts from other random numbers; and the engine's score of a clustering
/// takes the column of scores that has the number of the cluster (an ion that need not be in it),
/// where ours takes the cluster's most typical ion. So sample ions agree often, and not always.
pub fn spectral(scores: &Array2<f32>, order: &[usize]) -> Result<SpectralClusters, ColocError> {
    check(scores, order)?;
    let n = scores.nrows();
    if n < 2 {
        let (purpose, what) = ("grouping ions", "ions");
        return Err(ColocError::TooFew { purpose, what, needed: 2, found: n });
    }
    let most = MAX_CLUSTERS.min(n);
    let least = rounded_root(n).clamp(1, most);
    let ions = by_order(order);
    let embedding = Embedding::new(scores, &ions, most);
    let mut tried = Vec::new();
    let mut best: Option<(f64, Vec<Cluster>)> = None;
    for k in least..=most {
        let found = kmeans(&embedding.points(k), k, k, SEED);
        let mut labels = vec![0; n];
        for (&ion, &label) in ions.iter().zip(&found.labels) {
            labels[ion] = label;
        }
        let clusters = clusters(scores, &labels, order);
        let sum: f64 =
            clusters.iter().map(|cluster| cluster.cohesion * cluster.ions.len() as f64).sum();
        let score = sum / n as f64 - k as f64 * COST_OF_A_CLUSTER;
        tried.push((k, score));
        if best.as_ref().is_none_or(|(best, _)| score > *best) {
            best = Some((score, clusters));
        }
    }
    Ok(SpectralClusters { clusters: best.map(|(_, clusters)| clusters).unwrap_or_default(), tried })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most n")]
fn rounded_root(n: usize) -> usize {
    (n as f64).sqrt().round() as usize
}

/// Eigenvectors of the normalized graph of scores, an ion a row.
struct Embedding {
    vectors: Mat<f64>,
    roots: Vec<f64>,
}

impl Embedding {
    fn new(scores: &Array2<f32>, ions: &[usize], n_vectors: usize) -> Self {
        let weight = |i: usize, j: usize| {
            if i == j { 0.0 } else { f64::from(scores[[ions[i], ions[j]]].max(0.0)) }
        };
        let n = ions.len();
        // An ion without neighbours stands alone.
        let root = |i: usize| {
            let sum: f64 = (0..n).map(|j| weight(i, j)).sum();
            if sum > 0.0 { sum.sqrt() } else { 1.0 }
        };
        let roots: Vec<f64> = (0..n).map(root).collect();
        // Half of 1 + D^-½ W D^-½, which has no negative eigenvalue.
        let matrix = Mat::from_fn(n, n, |i, j| {
            0.5 * (weight(i, j) / (roots[i] * roots[j]) + f64::from(u8::from(i == j)))
        });
        let vectors = leading(matrix.as_ref(), n_vectors)
            .map_or_else(|| Mat::zeros(n, n_vectors), |leading| leading.vectors);
        Self { vectors, roots }
    }

    /// Ions as points of so many dimensions, row-major.
    fn points(&self, n_dims: usize) -> Vec<f64> {
        let row = |i: usize| (0..n_dims).map(move |j| self.vectors[(i, j)] / self.roots[i]);
        (0..self.roots.len()).flat_map(row).collect()
    }
}
