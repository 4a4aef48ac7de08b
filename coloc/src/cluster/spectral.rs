//! Spectral clustering, as METASPACE finds its sample ions.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use ndarray::ArrayView2;
use rayon::prelude::*;

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
/// Every number of clusters from round(√n) to 20 is tried (at most 20, and at most n), unless one is
/// given; the one with the highest score less n/1000 is kept, the smaller one of equals. The score of
/// a clustering is the mean score of each ion with the most typical one of its cluster. `scores` is
/// `n_ions × n_ions` and symmetric, `order` the place of each ion among ids. Memory beside the
/// scores: some 200 numbers an ion.
///
/// # Errors
/// There are fewer than two ions, or more clusters than ions are wanted, or none; or lengths differ.
///
/// # Source
/// Ng, Jordan, Weiss 2001 with the normalization of Shi, Malik 2000, as `sklearn.cluster.
/// spectral_clustering`; numbers of clusters and typicality as the METASPACE engine has them.
/// Differences: k-means starts from other random numbers; and the engine's score of a clustering
/// takes the column of scores that has the number of the cluster (an ion that need not be in it),
/// where ours takes the cluster's most typical ion. So sample ions agree in part
/// (docs/algorithm/colocalization.md).
pub fn spectral(
    scores: &ArrayView2<'_, f32>,
    order: &[usize],
    n_clusters: Option<usize>,
) -> Result<SpectralClusters, ColocError> {
    check(scores, order)?;
    let n = scores.nrows();
    if n < 2 {
        let (purpose, what) = ("grouping ions", "ions");
        return Err(ColocError::TooFew {
            purpose,
            what,
            needed: 2,
            found: n,
        });
    }
    if let Some(found) = n_clusters.filter(|k| !(1..=n).contains(k)) {
        let (setting, range) = (
            "the number of groups",
            "lie between 1 and the number of ions",
        );
        return Err(ColocError::Setting {
            setting,
            range,
            found: found as f64,
        });
    }
    let most = n_clusters.unwrap_or_else(|| MAX_CLUSTERS.min(n));
    let least = n_clusters.unwrap_or_else(|| rounded_root(n).clamp(1, most));
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
        let sum: f64 = clusters
            .iter()
            .map(|cluster| cluster.cohesion * cluster.ions.len() as f64)
            .sum();
        let score = sum / n as f64 - k as f64 * COST_OF_A_CLUSTER;
        tried.push((k, score));
        if best.as_ref().is_none_or(|(best, _)| score > *best) {
            best = Some((score, clusters));
        }
    }
    Ok(SpectralClusters {
        clusters: best.map(|(_, clusters)| clusters).unwrap_or_default(),
        tried,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most n"
)]
fn rounded_root(n: usize) -> usize {
    (n as f64).sqrt().round() as usize
}

/// Eigenvectors of the normalized graph of scores, an ion a row.
struct Embedding {
    vectors: Mat<f64>,
    roots: Vec<f64>,
}

impl Embedding {
    fn new(scores: &ArrayView2<'_, f32>, ions: &[usize], n_vectors: usize) -> Self {
        let graph = Graph {
            scores: scores.view(),
            ions,
        };
        let n = ions.len();
        // An ion without neighbours stands alone.
        let root = |i: usize| {
            let sum: f64 = (0..n).map(|j| graph.weight(i, j)).sum();
            if sum > 0.0 { sum.sqrt() } else { 1.0 }
        };
        let roots: Vec<f64> = (0..n).into_par_iter().map(root).collect();
        let vectors = leading(n, n_vectors, |columns| graph.normalized(&roots, columns))
            .map_or_else(|| Mat::zeros(n, n_vectors), |leading| leading.vectors);
        Self { vectors, roots }
    }

    /// Ions as points of so many dimensions, row-major.
    fn points(&self, n_dims: usize) -> Vec<f64> {
        let row = |i: usize| (0..n_dims).map(move |j| self.vectors[(i, j)] / self.roots[i]);
        (0..self.roots.len()).flat_map(row).collect()
    }
}

/// Rows of the graph that one thread takes at a time.
const CHUNK: usize = 64;

/// Scores as weights between ions.
struct Graph<'a> {
    scores: ArrayView2<'a, f32>,
    ions: &'a [usize],
}

impl Graph<'_> {
    fn weight(&self, i: usize, j: usize) -> f64 {
        if i == j {
            0.0
        } else {
            f64::from(self.scores[[self.ions[i], self.ions[j]]].max(0.0))
        }
    }

    /// Product of D^-½ W D^-½ with columns, D being the square of the roots.
    fn normalized(&self, roots: &[f64], columns: MatRef<'_, f64>) -> Mat<f64> {
        let (n, k) = (columns.nrows(), columns.ncols());
        let scaled = Mat::from_fn(n, k, |i, j| columns[(i, j)] / roots[i]);
        let chunk = |start: usize| {
            let height = CHUNK.min(n - start);
            let mut weights = Vec::with_capacity(height * n);
            for i in start..start + height {
                let row = self.scores.row(self.ions[i]);
                weights.extend(self.ions.iter().map(|&ion| f64::from(row[ion].max(0.0))));
                weights[(i - start) * n + i] = 0.0;
            }
            let weights = MatRef::from_row_major_slice(&weights, height, n);
            let mut product = Mat::zeros(height, k);
            matmul(
                product.as_mut(),
                Accum::Replace,
                weights,
                &scaled,
                1.0,
                Par::Seq,
            );
            product
        };
        let starts: Vec<usize> = (0..n).step_by(CHUNK).collect();
        let chunks: Vec<Mat<f64>> = starts.into_par_iter().map(chunk).collect();
        Mat::from_fn(n, k, |i, j| chunks[i / CHUNK][(i % CHUNK, j)] / roots[i])
    }
}
