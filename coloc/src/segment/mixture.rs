//! A mixture of Gaussians, fitted by expectation and maximization.

use rayon::prelude::*;

use super::components::Components;
use super::config::{Method, SegmentConfig};
use crate::cluster::kmeans;

/// Steps at most.
const MAX_STEPS: usize = 100;
/// Gain of log-likelihood per pixel below which a fit is done.
const TOLERANCE: f64 = 1e-4;
/// Added to each variance, as a share of the mean variance, so that no Gaussian collapses.
const FLOOR: f64 = 1e-4;
/// Pixels of which one thread makes sums; blocks are added in their order.
const BLOCK: usize = 1024;
/// Pixels that a mixture is fitted to, evenly spaced: its few numbers need no more, and distant pixels
/// are less alike.
const N_FITTED: usize = 6_000;

/// One Gaussian.
#[derive(Debug, Clone)]
struct Gaussian {
    weight: f64,
    mean: Vec<f64>,
    /// Lower triangle of the Cholesky factor of its covariance, row-major `d × d`.
    factor: Vec<f64>,
}

/// A fitted mixture.
#[derive(Debug, Clone)]
pub(super) struct Mixture {
    gaussians: Vec<Gaussian>,
    /// Numbers that were fitted.
    n_parameters: usize,
    /// Log-likelihood of a pixel, in the mean.
    mean_likelihood: f64,
}

/// Sums over pixels weighted with their shares of one Gaussian.
#[derive(Debug, Clone)]
struct Sums {
    weight: f64,
    first: Vec<f64>,
    /// Lower triangle, `d × d`.
    second: Vec<f64>,
}

impl Mixture {
    pub(super) fn fit(components: &Components, n_groups: usize, config: &SegmentConfig) -> Self {
        let d = components.n_dims();
        let points = &thinned(&components.points, d, N_FITTED);
        let n = points.len() / d;
        let is_shared = config.method == Method::KMeans;
        let floor = FLOOR * mean_variance(points, d);
        let mut gaussians = start(points, d, n_groups, config.seed, floor);
        let mut last = f64::NEG_INFINITY;
        for _ in 0..MAX_STEPS {
            let (likelihood, sums) = step(points, d, &gaussians);
            if likelihood - last <= TOLERANCE * n as f64 {
                break;
            }
            last = likelihood;
            gaussians = maximized(&sums, n, d, floor, is_shared);
        }
        let (likelihood, _) = step(points, d, &gaussians);
        let k = gaussians.len();
        let of_variance = if is_shared { 1 } else { k * d * (d + 1) / 2 };
        let n_parameters = k * d + k - 1 + of_variance;
        Self {
            gaussians,
            n_parameters,
            mean_likelihood: likelihood / n as f64,
        }
    }

    /// Bayesian information criterion as if there were so many independent pixels: lower is better.
    pub(super) fn bic(&self, n_independent: f64) -> f64 {
        self.n_parameters as f64 * n_independent.ln() - 2.0 * n_independent * self.mean_likelihood
    }

    /// What the mixture does not explain of each pixel: its distance from the means, by their shares.
    pub(super) fn residuals(&self, components: &Components) -> Vec<f64> {
        let (d, k) = (components.n_dims(), self.gaussians.len());
        let mut residuals = components.points.clone();
        let shares = self.shares(components);
        for (point, shares) in residuals.chunks_exact_mut(d).zip(shares.chunks_exact(k)) {
            for (gaussian, share) in self.gaussians.iter().zip(shares) {
                point
                    .iter_mut()
                    .zip(&gaussian.mean)
                    .for_each(|(x, mean)| *x -= share * mean);
            }
        }
        residuals
    }

    /// Chance of each pixel to be of each Gaussian, `n_pixels × n_groups`.
    pub(super) fn shares(&self, components: &Components) -> Vec<f64> {
        let (points, d) = (&components.points, components.n_dims());
        let k = self.gaussians.len();
        let mut shares = vec![0.0; points.len() / d * k];
        let log_scales = log_scales(&self.gaussians, d);
        shares
            .par_chunks_mut(BLOCK * k)
            .zip(points.par_chunks(BLOCK * d))
            .for_each(|(shares, points)| {
                let mut buffer = vec![0.0; d];
                for (point, shares) in points.chunks_exact(d).zip(shares.chunks_exact_mut(k)) {
                    posterior(point, &self.gaussians, &log_scales, &mut buffer, shares);
                }
            });
        shares
    }
}

fn mean_variance(points: &[f64], d: usize) -> f64 {
    // Components are centred.
    let n = (points.len() / d).max(1) as f64;
    points.iter().map(|value| value * value).sum::<f64>() / (n * d as f64)
}

/// At most so many points, evenly spaced.
fn thinned(points: &[f64], d: usize, n: usize) -> Vec<f64> {
    let step = (points.len() / d).div_ceil(n).max(1);
    points
        .chunks_exact(d)
        .step_by(step)
        .flatten()
        .copied()
        .collect()
}

/// Gaussians of the groups that k-means finds.
fn start(points: &[f64], d: usize, n_groups: usize, seed: u64, floor: f64) -> Vec<Gaussian> {
    let found = kmeans(points, d, n_groups, seed);
    let mut sums = vec![Sums::new(d); found.centres.len()];
    for (point, &label) in points.chunks_exact(d).zip(&found.labels) {
        sums[label].add(point, 1.0);
    }
    maximized(&sums, points.len() / d, d, floor, true)
}

impl Sums {
    fn new(d: usize) -> Self {
        Self {
            weight: 0.0,
            first: vec![0.0; d],
            second: vec![0.0; d * d],
        }
    }

    fn add(&mut self, point: &[f64], share: f64) {
        let d = point.len();
        self.weight += share;
        for (i, x) in point.iter().enumerate() {
            let weighted = share * x;
            self.first[i] += weighted;
            let row = &mut self.second[i * d..][..=i];
            row.iter_mut()
                .zip(point)
                .for_each(|(sum, y)| *sum += weighted * y);
        }
    }

    fn join(&mut self, other: &Self) {
        self.weight += other.weight;
        self.first
            .iter_mut()
            .zip(&other.first)
            .for_each(|(sum, x)| *sum += x);
        self.second
            .iter_mut()
            .zip(&other.second)
            .for_each(|(sum, x)| *sum += x);
    }
}

/// One look at all pixels: their log-likelihood, and the sums that the next Gaussians are made of.
fn step(points: &[f64], d: usize, gaussians: &[Gaussian]) -> (f64, Vec<Sums>) {
    let log_scales = log_scales(gaussians, d);
    let blocks: Vec<(f64, Vec<Sums>)> = points
        .par_chunks(BLOCK * d)
        .map(|points| {
            let mut sums = vec![Sums::new(d); gaussians.len()];
            let (mut buffer, mut shares) = (vec![0.0; d], vec![0.0; gaussians.len()]);
            let mut likelihood = 0.0;
            for point in points.chunks_exact(d) {
                likelihood += posterior(point, gaussians, &log_scales, &mut buffer, &mut shares);
                for (sums, &share) in sums.iter_mut().zip(&shares) {
                    // What weighs so little changes no sum.
                    if share > f64::EPSILON {
                        sums.add(point, share);
                    }
                }
            }
            (likelihood, sums)
        })
        .collect();
    let mut all = (0.0, vec![Sums::new(d); gaussians.len()]);
    for (likelihood, sums) in &blocks {
        all.0 += likelihood;
        all.1
            .iter_mut()
            .zip(sums)
            .for_each(|(all, sums)| all.join(sums));
    }
    all
}

/// Logarithm of what the exponential of each Gaussian is multiplied with.
fn log_scales(gaussians: &[Gaussian], d: usize) -> Vec<f64> {
    let scale = |gaussian: &Gaussian| {
        let log_root: f64 = (0..d).map(|i| gaussian.factor[i * d + i].ln()).sum();
        gaussian.weight.ln() - log_root - 0.5 * d as f64 * std::f64::consts::TAU.ln()
    };
    gaussians.iter().map(scale).collect()
}

/// Writes the chance of a point to be of each Gaussian; returns its log-likelihood.
fn posterior(
    point: &[f64],
    gaussians: &[Gaussian],
    log_scales: &[f64],
    buffer: &mut [f64],
    shares: &mut [f64],
) -> f64 {
    let d = point.len();
    for ((gaussian, scale), share) in gaussians.iter().zip(log_scales).zip(&mut *shares) {
        let mut squares = 0.0;
        for i in 0..d {
            let row = &gaussian.factor[i * d..][..=i];
            let known: f64 = row[..i]
                .iter()
                .zip(&*buffer)
                .map(|(factor, x)| factor * x)
                .sum();
            buffer[i] = (point[i] - gaussian.mean[i] - known) / row[i];
            squares += buffer[i] * buffer[i];
        }
        *share = scale - 0.5 * squares;
    }
    let largest = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = shares.iter().map(|share| (share - largest).exp()).sum();
    let log_sum = largest + sum.ln();
    for share in &mut *shares {
        *share = (*share - log_sum).exp();
    }
    log_sum
}

/// The Gaussians of sums; those without a pixel are dropped.
fn maximized(sums: &[Sums], n: usize, d: usize, floor: f64, is_shared: bool) -> Vec<Gaussian> {
    let kept: Vec<&Sums> = sums.iter().filter(|sums| sums.weight > 1e-6).collect();
    let of_one = |sums: &Sums| -> (Vec<f64>, Vec<f64>) {
        let mean: Vec<f64> = sums.first.iter().map(|sum| sum / sums.weight).collect();
        let mut covariance = vec![0.0; d * d];
        for i in 0..d {
            for j in 0..=i {
                covariance[i * d + j] = sums.second[i * d + j] / sums.weight - mean[i] * mean[j];
            }
            covariance[i * d + i] = covariance[i * d + i].max(0.0) + floor;
        }
        (mean, covariance)
    };
    let described: Vec<(f64, Vec<f64>, Vec<f64>)> = kept
        .iter()
        .map(|sums| {
            let (mean, covariance) = of_one(sums);
            (sums.weight / n as f64, mean, covariance)
        })
        .collect();
    let trace = |covariance: &[f64]| (0..d).map(|i| covariance[i * d + i]).sum::<f64>();
    let shared: f64 = described
        .iter()
        .map(|(weight, _, covariance)| weight * trace(covariance))
        .sum::<f64>()
        / d as f64;
    described
        .into_iter()
        .map(|(weight, mean, covariance)| {
            let factor = if is_shared {
                diagonal(shared, d)
            } else {
                cholesky(covariance, d)
            };
            Gaussian {
                weight,
                mean,
                factor,
            }
        })
        .collect()
}

fn diagonal(variance: f64, d: usize) -> Vec<f64> {
    let root = variance.max(f64::MIN_POSITIVE).sqrt();
    (0..d * d)
        .map(|at| if at % (d + 1) == 0 { root } else { 0.0 })
        .collect()
}

/// The Cholesky factor of a covariance, whose diagonal is above its rounding.
fn cholesky(mut matrix: Vec<f64>, d: usize) -> Vec<f64> {
    for i in 0..d {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i * d + k] * matrix[j * d + k]).sum();
            let rest = matrix[i * d + j] - known;
            matrix[i * d + j] = if i == j {
                rest.max(f64::MIN_POSITIVE).sqrt()
            } else {
                rest / matrix[j * d + j]
            };
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gaussian_is_recovered() {
        // Points on a lattice with variances 2 and 0.5 and covariance 0.5 by construction.
        let signs = [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0_f64)];
        let points: Vec<f64> = signs
            .iter()
            .flat_map(|(u, v)| {
                [
                    2_f64.sqrt() * u,
                    (0.125_f64).sqrt() * u + 0.375_f64.sqrt() * v,
                ]
            })
            .collect();
        let mut sums = Sums::new(2);
        points
            .chunks_exact(2)
            .for_each(|point| sums.add(point, 1.0));
        let found = maximized(&[sums], 4, 2, 0.0, false);
        let factor = &found[0].factor;
        assert!((factor[0] * factor[0] - 2.0).abs() < 1e-12);
        assert!((factor[2] * factor[0] - 0.5).abs() < 1e-12);
        assert!((factor[2] * factor[2] + factor[3] * factor[3] - 0.5).abs() < 1e-12);
        // Density at the mean: 1 / (2π √det), det = 2 · 0.5 − 0.25.
        let (mut buffer, mut shares) = ([0.0; 2], [0.0; 1]);
        let log = posterior(
            &[0.0, 0.0],
            &found,
            &log_scales(&found, 2),
            &mut buffer,
            &mut shares,
        );
        let expected = (1.0 / (std::f64::consts::TAU * 0.75_f64.sqrt())).ln();
        assert!((log - expected).abs() < 1e-12 && (shares[0] - 1.0).abs() < 1e-12);
    }
}
