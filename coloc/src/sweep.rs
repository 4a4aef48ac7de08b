//! All pairs of images, block by block, within a given memory.
//!
//! Rows are kept for as many panels as the memory has room for; the other panels pass by them one
//! after the other, read and prepared anew each time. The blocks, and so the bits of the scores, are
//! the same for any memory.

use std::ops::Range;

use ms_core::bytes::index;
use rayon::prelude::*;

use crate::features::{Encoder, Features, Panel};
use crate::measures::Measure;
use crate::panels::height;
use crate::prepare::PreparationPreset;
use crate::source::ImageSource;

/// How images are compared.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// The measure.
    pub measure: Measure,
    /// How images are made ready.
    pub preset: PreparationPreset,
    /// Bytes of rows held at once; two panels are held in any case, each of at most 48 MiB unless 16
    /// rows have more, twice that for Manders' coefficients and four times for structural similarity.
    pub max_bytes: u64,
}

/// Scores of a block of pairs.
#[derive(Debug, Clone)]
pub struct Tile<'a> {
    /// The first ions of the pairs.
    pub rows: Range<usize>,
    /// The second ions.
    pub columns: Range<usize>,
    /// `rows × columns`, row-major.
    pub scores: &'a [f32],
    /// Whose scores with the others they are.
    pub sides: Sides,
}

/// Whose scores with others a tile has. Of a symmetric measure those of the columns are the same,
/// turned around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// Of the ions of the rows.
    Rows,
    /// Of the ions of the columns.
    Columns,
    /// Of both: the pairs turned around are those of no other tile.
    Both,
}

/// Columns of a tile that are turned to rows at a time: a line of the cache.
const TURNED: usize = 16;

impl Tile<'_> {
    /// Calls `take` with each ion of the tile, the other ions of its pairs, and their scores in the
    /// same order.
    pub(crate) fn for_each_ion(&self, mut take: impl FnMut(usize, &Range<usize>, &[f32])) {
        let width = self.columns.len();
        if self.sides != Sides::Columns {
            for (row, scores) in self.rows.clone().zip(self.scores.chunks_exact(width)) {
                take(row, &self.columns, scores);
            }
        }
        if self.sides == Sides::Rows {
            return;
        }
        let height = self.rows.len();
        let mut turned = vec![0.0; TURNED * height];
        for first in (0..width).step_by(TURNED) {
            let n = TURNED.min(width - first);
            for (y, row) in self.scores.chunks_exact(width).enumerate() {
                for (x, score) in row[first..first + n].iter().enumerate() {
                    turned[x * height + y] = *score;
                }
            }
            for (x, scores) in turned.chunks_exact(height).take(n).enumerate() {
                take(self.columns.start + first + x, &self.rows, scores);
            }
        }
    }
}

/// Calls `visit` with the scores of all pairs, each ion with itself included, from several threads.
///
/// # Errors
/// Images cannot be read.
pub fn sweep<S: ImageSource>(
    source: &S,
    comparison: Sweep,
    visit: impl Fn(&Tile<'_>) + Sync,
) -> Result<(), S::Error> {
    sweep_share(source, comparison, 0..1, 1, visit)
}

/// Calls `visit` with the scores of the ions of some of so many shares with every ion. The shares
/// together have all pairs, with the same bits; those of a symmetric measure twice, as each of the
/// two ions may be in another share.
///
/// # Errors
/// Images cannot be read.
pub fn sweep_share<S: ImageSource>(
    source: &S,
    comparison: Sweep,
    shares: Range<usize>,
    n_shares: usize,
    visit: impl Fn(&Tile<'_>) + Sync,
) -> Result<(), S::Error> {
    let Sweep {
        measure,
        preset,
        max_bytes,
    } = comparison;
    let encoder = Encoder::new(source, measure, measure.preparation(preset))?;
    let n = source.n_ions();
    let n_columns = encoder.n_columns(source.raster());
    let height = height(n, n_columns);
    let row_bytes = 4 * n_columns.max(1) as u64 * rows_of(measure);
    let n_panels = n.div_ceil(height);
    // More than all need not be held.
    let n_held = index(max_bytes / (height as u64 * row_bytes)).min(n_panels + 1);
    let bound = |share: usize| (share * n_panels / n_shares.max(1) * height).min(n);
    let own = bound(shares.start)..bound(shares.end);
    if own == (0..n) && n_held >= n_panels {
        own_tiles(&Features::read(source, &encoder, own)?, visit);
        return Ok(());
    }
    let block = height * (n_held.max(2) - 1);
    for start in own.clone().step_by(block) {
        let end = (start + block).min(own.end);
        let held = Features::read(source, &encoder, start..end)?;
        own_tiles(&held, &visit);
        // What lies before this block has been met by those that are this sweep's own.
        for first in (0..own.start)
            .step_by(height)
            .chain((end..n).step_by(height))
        {
            let passing = Features::read(source, &encoder, first..(first + height).min(n))?;
            tiles(&held, &passing, own.contains(&first), &visit);
        }
    }
    Ok(())
}

/// Rows that the measure holds of an image.
fn rows_of(measure: Measure) -> u64 {
    match measure {
        Measure::Ssim => 4,
        Measure::MandersM1 | Measure::MandersM2 => 2,
        _ => 1,
    }
}

/// All pairs of some ions.
pub(crate) fn own_tiles(features: &Features, visit: impl Fn(&Tile<'_>) + Sync) {
    let n = features.n_panels();
    let is_symmetric = features.measure().is_symmetric();
    let blocks = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
    let blocks: Vec<_> = blocks.filter(|&(i, j)| i <= j || !is_symmetric).collect();
    blocks
        .into_par_iter()
        .for_each_init(Vec::new, |buffer, (i, j)| {
            let sides = if is_symmetric && i != j {
                Sides::Both
            } else {
                Sides::Rows
            };
            visit(&tile(features.panel(i), features.panel(j), sides, buffer));
        });
}

/// All pairs across ions that are held and others that pass by; of the others' scores too where
/// those are the sweep's own. Of a pair of a symmetric measure the earlier ion is in the rows.
fn tiles(
    held: &Features,
    passing: &Features,
    is_passing_own: bool,
    visit: impl Fn(&Tile<'_>) + Sync,
) {
    let is_symmetric = held.measure().is_symmetric();
    let is_turned = passing.first() < held.first();
    let (n_held, n_passing) = (held.n_panels(), passing.n_panels());
    let blocks: Vec<_> = (0..n_held)
        .flat_map(|i| (0..n_passing).map(move |j| (i, j)))
        .collect();
    blocks
        .into_par_iter()
        .for_each_init(Vec::new, |buffer, (i, j)| {
            let (held, passing) = (held.panel(i), passing.panel(j));
            if is_symmetric {
                let sides = match (is_passing_own, is_turned) {
                    (true, _) => Sides::Both,
                    (false, true) => Sides::Columns,
                    (false, false) => Sides::Rows,
                };
                let (rows, columns) = if is_turned {
                    (passing, held)
                } else {
                    (held, passing)
                };
                visit(&tile(rows, columns, sides, buffer));
                return;
            }
            visit(&tile(held, passing, Sides::Rows, buffer));
            if is_passing_own {
                visit(&tile(passing, held, Sides::Rows, buffer));
            }
        });
}

fn tile<'a>(
    rows: Panel<'_>,
    columns: Panel<'_>,
    sides: Sides,
    buffer: &'a mut Vec<f32>,
) -> Tile<'a> {
    buffer.resize(rows.ions().len() * columns.ions().len(), 0.0);
    rows.features
        .tile(rows.panel, columns.features, columns.panel, buffer);
    Tile {
        rows: rows.ions(),
        columns: columns.ions(),
        scores: buffer,
        sides,
    }
}
