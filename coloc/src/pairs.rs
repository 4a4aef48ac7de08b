//! Scores of pairs: of one ion, of all, or of the best partners alone.

use std::sync::{Mutex, PoisonError};

use ndarray::Array2;
use rayon::prelude::*;

use crate::error::ColocError;
use crate::features::Features;
use crate::rank::{Best, Limits, Partner};

/// Scores of an ion with every ion, itself included, in the order of the images.
///
/// For an asymmetric measure the ion is the first of each pair. The scores have the bits that
/// [`matrix`] gives them. Cost: one panel's products with all others.
pub fn scores_of(features: &Features, ion: usize) -> Vec<f32> {
    let (own, at) = features.place(ion);
    let of_panel = |other: usize| {
        let is_turned = features.measure.is_symmetric() && other < own;
        let (i, j) = if is_turned { (other, own) } else { (own, other) };
        let (n_i, n_j) = (features.ions(i).len(), features.ions(j).len());
        let mut tile = vec![0.0; n_i * n_j];
        features.tile(i, j, &mut tile);
        if is_turned {
            tile.iter().skip(at).step_by(n_j).copied().collect()
        } else {
            tile[at * n_j..][..n_j].to_vec()
        }
    };
    let panels: Vec<Vec<f32>> = (0..features.n_panels()).into_par_iter().map(of_panel).collect();
    panels.concat()
}

/// Scores of all pairs, `n_ions × n_ions`; the first of a pair is the row.
pub fn matrix(features: &Features) -> Array2<f32> {
    let n = features.n_ions();
    let mut matrix = Array2::zeros((n, n));
    let tiles: Vec<Vec<f32>> = tasks(features)
        .into_par_iter()
        .map(|(i, j)| {
            let mut tile = vec![0.0; features.ions(i).len() * features.ions(j).len()];
            features.tile(i, j, &mut tile);
            tile
        })
        .collect();
    for ((i, j), tile) in tasks(features).into_iter().zip(tiles) {
        let n_j = features.ions(j).len();
        for (row, scores) in features.ions(i).zip(tile.chunks_exact(n_j)) {
            for (column, &score) in features.ions(j).zip(scores) {
                matrix[[row, column]] = score;
                if features.measure.is_symmetric() {
                    matrix[[column, row]] = score;
                }
            }
        }
    }
    matrix
}

/// The best partners of every ion within nested groups: those of ion i in group g are of tier ≤ g.
///
/// `tiers` has the smallest group of each ion, `order` its place among ids, which breaks ties. The
/// result has a list for each of `n_groups` groups and each ion: empty for an ion that is not in the
/// group. Never more than a block of scores a thread is held beside the answer.
///
/// # Errors
/// `tiers` or `order` has another length than there are ions.
pub fn best(
    features: &Features,
    tiers: &[usize],
    n_groups: usize,
    order: &[usize],
    limits: Limits,
) -> Result<Vec<Vec<Vec<Partner>>>, ColocError> {
    let expected = features.n_ions();
    for (what, found) in [("the list of tiers", tiers.len()), ("the order of ids", order.len())] {
        if found != expected {
            return Err(ColocError::Length { what, expected, found });
        }
    }
    let new_ion = |_| (0..n_groups).map(|_| Best::new(limits)).collect::<Vec<Best>>();
    let panels: Vec<Mutex<Vec<Vec<Best>>>> = (0..features.n_panels())
        .map(|panel| Mutex::new(features.ions(panel).map(new_ion).collect()))
        .collect();
    tasks(features).into_par_iter().for_each_init(Vec::new, |tile: &mut Vec<f32>, (i, j)| {
        let (n_i, n_j) = (features.ions(i).len(), features.ions(j).len());
        tile.resize(n_i * n_j, 0.0);
        features.tile(i, j, tile);
        let offer = |panel: usize, others: usize, is_turned: bool| {
            let mut kept = panels[panel].lock().unwrap_or_else(PoisonError::into_inner);
            for (at, ion) in features.ions(panel).enumerate() {
                let (first, step) = if is_turned { (at, n_j) } else { (at * n_j, 1) };
                let scores = tile[first..].iter().step_by(step);
                let best = &mut kept[at];
                // A score below every group's bar is of no interest.
                let mut bar = lowest(best);
                for (other, &score) in features.ions(others).zip(scores) {
                    if score < bar || ion == other {
                        continue;
                    }
                    for group in best.iter_mut().skip(tiers[ion].max(tiers[other])) {
                        group.offer(Partner { ion: other, score }, order);
                    }
                    bar = lowest(best);
                }
            }
        };
        offer(i, j, false);
        if i != j && features.measure.is_symmetric() {
            offer(j, i, true);
        }
    });
    let mut groups = vec![Vec::with_capacity(expected); n_groups];
    for panel in panels {
        for ion in panel.into_inner().unwrap_or_else(PoisonError::into_inner) {
            for (group, best) in groups.iter_mut().zip(ion) {
                group.push(best.into_sorted(order));
            }
        }
    }
    Ok(groups)
}

/// The lowest score that any of an ion's groups still takes.
fn lowest(groups: &[Best]) -> f32 {
    groups.iter().map(Best::threshold).fold(f32::INFINITY, f32::min)
}

/// Blocks of pairs: half of them where the other half says the same.
fn tasks(features: &Features) -> Vec<(usize, usize)> {
    let n = features.n_panels();
    let is_symmetric = features.measure.is_symmetric();
    let blocks = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
    blocks.filter(|&(i, j)| i <= j || !is_symmetric).collect()
}
