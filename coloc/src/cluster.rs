//! Groups of ions that lie together, from the scores of all pairs.
//!
//! Ions are looked at in the order of their ids, so that the order in which they come changes
//! nothing. Scores below 0 count as 0.

use ndarray::ArrayView2;

use crate::error::ColocError;

mod hierarchical;
mod kmeans;
mod spectral;

pub use hierarchical::{Hierarchy, Merge, hierarchy};
pub(crate) use kmeans::kmeans;
pub use spectral::{SpectralClusters, spectral};

/// A group of ions.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// Its ions, the most typical first: by the mean of their squared scores with the group, then
    /// by id. The first one represents the group; METASPACE calls it a sample ion.
    pub ions: Vec<usize>,
    /// Mean score of the ions with the representative, itself included.
    pub cohesion: f64,
}

impl Cluster {
    /// The ion that stands for the group.
    pub fn representative(&self) -> usize {
        self.ions[0]
    }
}

/// Orders the ions of each label and describes the groups, largest first.
fn clusters(scores: &ArrayView2<'_, f32>, labels: &[usize], order: &[usize]) -> Vec<Cluster> {
    let n_labels = labels.iter().max().map_or(0, |max| max + 1);
    let mut groups = vec![Vec::new(); n_labels];
    for (ion, &label) in labels.iter().enumerate() {
        groups[label].push(ion);
    }
    let mut clusters: Vec<Cluster> = groups
        .into_iter()
        .filter(|ions| !ions.is_empty())
        .map(|mut ions| {
            ions.sort_by_key(|&ion| order[ion]);
            let square = |a: usize, b: usize| f64::from(scores[[a, b]]).powi(2);
            let typical = |a: usize| ions.iter().map(|&b| square(a, b)).sum::<f64>();
            let mut keyed: Vec<(f64, usize)> =
                ions.iter().map(|&ion| (typical(ion), ion)).collect();
            keyed.sort_by(|a, b| b.0.total_cmp(&a.0).then(order[a.1].cmp(&order[b.1])));
            let ions: Vec<usize> = keyed.into_iter().map(|(_, ion)| ion).collect();
            let sum: f64 = ions
                .iter()
                .map(|&ion| f64::from(scores[[ion, ions[0]]]))
                .sum();
            Cluster {
                cohesion: sum / ions.len() as f64,
                ions,
            }
        })
        .collect();
    clusters.sort_by_key(|cluster| {
        (
            std::cmp::Reverse(cluster.ions.len()),
            order[cluster.representative()],
        )
    });
    clusters
}

/// Makes sure that scores are square and that each ion has a place among ids.
fn check(scores: &ArrayView2<'_, f32>, order: &[usize]) -> Result<(), ColocError> {
    let expected = scores.nrows();
    for (what, found) in [
        ("a row of the matrix of scores", scores.ncols()),
        ("the order of ids", order.len()),
    ] {
        if found != expected {
            return Err(ColocError::Length {
                what,
                expected,
                found,
            });
        }
    }
    Ok(())
}

/// The ions by their place among ids.
fn by_order(order: &[usize]) -> Vec<usize> {
    let mut ions: Vec<usize> = (0..order.len()).collect();
    ions.sort_by_key(|&ion| order[ion]);
    ions
}
