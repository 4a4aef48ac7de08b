//! Scores of pairs: of one ion, of all, or of the best partners alone.

use std::sync::{Mutex, PoisonError};

use ndarray::Array2;
use rayon::prelude::*;

use crate::error::ColocError;
use crate::features::Features;
use crate::panels::LEAST;
use crate::rank::{Best, Partner, PartnerLimits};
use crate::sweep::{Tile, own_tiles};

/// Scores of an ion with every ion, itself included, in the order of the images.
///
/// For an asymmetric measure the ion is the first of each pair. The scores have the bits that
/// [`matrix`] gives them. Cost and memory: those of [`strip`], which has them of other ions too.
pub fn scores_of(features: &Features, ion: usize) -> Vec<f32> {
    let (panel, row) = features.place(ion);
    strip(features, panel).row(row).to_vec()
}

/// Scores of the ions of a panel with every ion, `ions of the panel × n_ions`; the first of a pair is
/// of the panel.
///
/// Which panel and row an ion has says [`Features::place`]. Cost: the panel's products with all
/// others, whether one row is wanted or all. Memory: 4 bytes a score; a panel has 512 ions at most.
pub fn strip(features: &Features, panel: usize) -> Array2<f32> {
    let n_own = features.ions(panel).len();
    let of_panel = |other: usize| {
        let is_turned = features.measure().is_symmetric() && other < panel;
        let (i, j) = if is_turned {
            (other, panel)
        } else {
            (panel, other)
        };
        let mut tile = vec![0.0; features.ions(i).len() * features.ions(j).len()];
        features.tile(i, features, j, &mut tile);
        (is_turned, tile)
    };
    let tiles: Vec<(bool, Vec<f32>)> = (0..features.n_panels())
        .into_par_iter()
        .map(of_panel)
        .collect();
    let mut scores = Array2::zeros((n_own, features.n_ions()));
    let mut first = 0;
    for (other, (is_turned, tile)) in tiles.into_iter().enumerate() {
        let n_other = features.ions(other).len();
        for row in 0..n_own {
            for column in 0..n_other {
                let at = if is_turned {
                    column * n_own + row
                } else {
                    row * n_other + column
                };
                scores[[row, first + column]] = tile[at];
            }
        }
        first += n_other;
    }
    scores
}

/// Scores of all pairs, `n_ions × n_ions`; the first of a pair is the row.
pub fn matrix(features: &Features) -> Array2<f32> {
    let n = features.n_ions();
    let scores = PairScores::new((0..n).map(Some).collect(), n);
    own_tiles(features, |tile| scores.take(tile));
    scores.into_matrix()
}

/// Scores of pairs of some ions, put together from tiles.
#[derive(Debug)]
pub struct PairScores {
    /// Row of each ion, where it has one.
    places: Vec<Option<usize>>,
    matrix: Mutex<Array2<f32>>,
}

impl PairScores {
    /// Of the ions that have a place, which is below `n_places`; memory: 4 `n_places`² bytes.
    pub fn new(places: Vec<Option<usize>>, n_places: usize) -> Self {
        Self {
            places,
            matrix: Mutex::new(Array2::zeros((n_places, n_places))),
        }
    }

    /// Takes the scores of a tile.
    pub fn take(&self, tile: &Tile<'_>) {
        let mut matrix = self.matrix.lock().unwrap_or_else(PoisonError::into_inner);
        tile.for_each_ion(|ion, others, scores| {
            let Some(row) = self.places[ion] else { return };
            let mut row = matrix.row_mut(row);
            for (place, score) in self.places[others.clone()].iter().zip(scores) {
                if let Some(place) = place {
                    row[*place] = *score;
                }
            }
        });
    }

    /// The scores; the first of a pair is the row.
    pub fn into_matrix(self) -> Array2<f32> {
        self.matrix
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose partners are looked for, and how many.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// Smallest group of each ion: groups are nested, those of ion i in group g are of tier ≤ g.
    pub tiers: &'a [usize],
    /// Number of groups.
    pub n_groups: usize,
    /// Place of each ion among ids, which breaks ties.
    pub order: &'a [usize],
    /// How many partners are kept, and how good they must be.
    pub limits: PartnerLimits,
}

/// The best partners of every ion within nested groups.
///
/// The result has a list for each group and each ion: empty for an ion that is not in the group.
/// Never more than a block of scores a thread is held beside the answer.
///
/// # Errors
/// A list of the selection has another length than there are ions.
pub fn best(
    features: &Features,
    selection: Selection<'_>,
) -> Result<Vec<Vec<Vec<Partner>>>, ColocError> {
    let kept = BestPartners::new(selection, features.n_ions())?;
    own_tiles(features, |tile| kept.take(tile));
    Ok(kept.into_groups())
}

/// Ions behind one lock: panels begin at multiples of it.
const STRIPE: usize = LEAST;

/// Scores looked at together: most are below the bar.
const GLANCE: usize = 8;

/// The best partners of every ion within nested groups, from tiles in any order.
#[derive(Debug)]
pub struct BestPartners<'a> {
    selection: Selection<'a>,
    stripes: Vec<Mutex<Vec<Vec<Best>>>>,
}

impl<'a> BestPartners<'a> {
    /// None so far.
    ///
    /// # Errors
    /// A list of the selection has another length than there are ions.
    pub fn new(selection: Selection<'a>, n_ions: usize) -> Result<Self, ColocError> {
        let Selection {
            tiers,
            order,
            n_groups,
            limits,
        } = selection;
        for (what, found) in [
            ("the list of tiers", tiers.len()),
            ("the order of ids", order.len()),
        ] {
            if found != n_ions {
                return Err(ColocError::Length {
                    what,
                    expected: n_ions,
                    found,
                });
            }
        }
        let of_ion = |_| {
            (0..n_groups)
                .map(|_| Best::new(limits))
                .collect::<Vec<Best>>()
        };
        let of_stripe = |start: usize| {
            let ions = start..(start + STRIPE).min(n_ions);
            Mutex::new(ions.map(of_ion).collect::<Vec<_>>())
        };
        Ok(Self {
            selection,
            stripes: (0..n_ions).step_by(STRIPE).map(of_stripe).collect(),
        })
    }

    /// Takes the scores of a tile.
    pub fn take(&self, tile: &Tile<'_>) {
        let Selection { tiers, order, .. } = self.selection;
        tile.for_each_ion(|ion, others, scores| {
            let stripe = &self.stripes[ion / STRIPE];
            let mut kept = stripe.lock().unwrap_or_else(PoisonError::into_inner);
            let best = &mut kept[ion % STRIPE];
            // A score below every group's bar is of no interest.
            let mut bar = lowest(best);
            for (at, scores) in scores.chunks(GLANCE).enumerate() {
                if scores.iter().all(|score| *score < bar) {
                    continue;
                }
                for (other, &score) in (others.start + at * GLANCE..).zip(scores) {
                    if score < bar || ion == other {
                        continue;
                    }
                    for group in best.iter_mut().skip(tiers[ion].max(tiers[other])) {
                        group.offer(Partner { ion: other, score }, order);
                    }
                    bar = lowest(best);
                }
            }
        });
    }

    /// For each group and each ion, its partners, best first.
    pub fn into_groups(self) -> Vec<Vec<Vec<Partner>>> {
        let Selection {
            tiers,
            n_groups,
            order,
            ..
        } = self.selection;
        let mut groups = vec![Vec::with_capacity(tiers.len()); n_groups];
        for stripe in self.stripes {
            for ion in stripe.into_inner().unwrap_or_else(PoisonError::into_inner) {
                for (group, best) in groups.iter_mut().zip(ion) {
                    group.push(best.into_sorted(order));
                }
            }
        }
        groups
    }
}

/// The lowest score that any of an ion's groups still takes.
fn lowest(groups: &[Best]) -> f32 {
    groups
        .iter()
        .map(Best::threshold)
        .fold(f32::INFINITY, f32::min)
}
