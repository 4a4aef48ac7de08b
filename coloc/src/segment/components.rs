//! Principal components of the pixels.

use std::convert::Infallible;
use std::ops::Range;

use faer::Mat;
use rayon::prelude::*;

use crate::eigen::leading;
use crate::images::{ImageSet, narrow};
use crate::panels::{Panels, height};
use crate::prepare::{
    Domain, IntensityScale, Preparation, PreparationBuffers, PreparationPreset, prepare,
};

/// Pixels as points along the directions in which they differ most.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// `n_pixels × n_components`, row-major.
    pub points: Vec<f64>,
    /// Share of the variance that each component explains, largest first; empty where all pixels
    /// are alike.
    pub explained: Vec<f64>,
}

/// Components that explain a smaller share of the variance are rounding.
const LEAST_SHARE: f64 = 1e-9;

impl Components {
    /// The first components of the pixels that have a spectrum, over ions.
    ///
    /// An image is clipped at its 99th percentile and its intensities replaced by their square
    /// roots (the noise of counts is then alike at all intensities), divided by the largest, and
    /// centred. The sign of a component is such that its largest weight is positive.
    pub fn new(images: &ImageSet, n_components: usize) -> Self {
        let rows = rows(images);
        let covariance = covariance(&rows, images.len());
        let total: f64 = (0..images.len()).map(|ion| covariance[(ion, ion)]).sum();
        let found = leading(images.len(), n_components, |columns| &covariance * columns)
            .filter(|_| total > 0.0);
        let Some(found) = found else {
            return Self {
                points: Vec::new(),
                explained: Vec::new(),
            };
        };
        let mut explained: Vec<f64> = found.values.iter().map(|value| value / total).collect();
        explained.truncate(
            explained
                .iter()
                .take_while(|share| **share > LEAST_SHARE)
                .count(),
        );
        let weights = weights(&found.vectors, explained.len());
        let points = project(&rows, &weights, images.raster().n_pixels());
        Self { points, explained }
    }

    /// Number of components.
    pub fn n_dims(&self) -> usize {
        self.explained.len()
    }
}

fn rows(images: &ImageSet) -> Panels {
    let preparation = Preparation {
        domain: Domain::Sampled,
        scale: IntensityScale::Sqrt,
        ..Preparation::of(PreparationPreset::Default)
    };
    let (raster, n_pixels) = (images.raster(), images.raster().n_pixels());
    let write = |buffers: &mut PreparationBuffers, ions: Range<usize>, rows: &mut [f32]| {
        for (image, row) in images.images()[ions]
            .iter()
            .zip(rows.chunks_exact_mut(n_pixels))
        {
            prepare(raster, image, &preparation, buffers, row);
            centre(row);
        }
        Ok::<(), Infallible>(())
    };
    let height = height(images.len(), n_pixels);
    match Panels::build((images.len(), n_pixels), height, write) {
        Ok((rows, _)) => rows,
        Err(never) => match never {},
    }
}

/// Divides a row by its maximum and subtracts its mean.
fn centre(row: &mut [f32]) {
    let max = row.iter().copied().fold(0.0, f32::max);
    if max > 0.0 {
        let mean = row.iter().copied().map(f64::from).sum::<f64>() / row.len() as f64;
        for value in &mut *row {
            *value = narrow((f64::from(*value) - mean) / f64::from(max));
        }
    }
}

/// Covariance of the ions, `n_ions × n_ions`.
fn covariance(rows: &Panels, n_ions: usize) -> Mat<f64> {
    let n = rows.n_panels();
    let tasks: Vec<(usize, usize)> = (0..n).flat_map(|i| (i..n).map(move |j| (i, j))).collect();
    let product = |&(i, j): &(usize, usize)| {
        let mut tile = vec![0.0; rows.rows(i).len() * rows.rows(j).len()];
        if i == j {
            rows.square(i, &mut tile);
        } else {
            rows.product(i, rows, j, &mut tile);
        }
        tile
    };
    let tiles: Vec<Vec<f32>> = tasks.par_iter().map(product).collect();
    let mut covariance = Mat::zeros(n_ions, n_ions);
    let n_pixels = rows.n_columns().max(1) as f64;
    for ((i, j), tile) in tasks.into_iter().zip(tiles) {
        let width = rows.rows(j).len();
        for (a, products) in rows.rows(i).zip(tile.chunks_exact(width)) {
            for (b, &product) in rows.rows(j).zip(products) {
                let value = f64::from(product) / n_pixels;
                (covariance[(a, b)], covariance[(b, a)]) = (value, value);
            }
        }
    }
    covariance
}

/// Weights of the ions, `n_ions × n_dims` row-major, with signs fixed.
fn weights(vectors: &Mat<f64>, n_dims: usize) -> Vec<f64> {
    let n_ions = vectors.nrows();
    let mut weights = vec![0.0; n_ions * n_dims];
    for dim in 0..n_dims {
        let largest = (0..n_ions).fold(0.0_f64, |best, ion| {
            let weight = vectors[(ion, dim)];
            if weight.abs() > best.abs() {
                weight
            } else {
                best
            }
        });
        for ion in 0..n_ions {
            weights[ion * n_dims + dim] = vectors[(ion, dim)] * largest.signum();
        }
    }
    weights
}

/// Pixels made at a time.
const BLOCK: usize = 1024;

fn project(rows: &Panels, weights: &[f64], n_pixels: usize) -> Vec<f64> {
    let n_ions = (0..rows.n_panels())
        .map(|panel| rows.rows(panel).len())
        .sum::<usize>();
    let n_dims = weights.len() / n_ions.max(1);
    let mut points = vec![0.0; n_pixels * n_dims];
    points
        .par_chunks_mut((BLOCK * n_dims).max(1))
        .enumerate()
        .for_each(|(block, points)| {
            for (ion, weights) in weights.chunks_exact(n_dims).enumerate() {
                let values = &rows.row(ion)[block * BLOCK..];
                for (point, &value) in points.chunks_exact_mut(n_dims).zip(values) {
                    let value = f64::from(value);
                    point
                        .iter_mut()
                        .zip(weights)
                        .for_each(|(sum, weight)| *sum += weight * value);
                }
            }
        });
    points
}
