//! Exact centroids: the maxima of a sum of Gaussians.
//!
//! Within a cluster all peaks have the width of the strongest one, and everything is measured in
//! standard deviations from it. The envelope is sampled to find the maxima apart, then Newton's
//! method takes each to its place.

use super::SigmaAt;
use super::gauss::{Gauss, exp};

/// Distance of samples in standard deviations. Two maxima closer than twice this have a valley of
/// less than a thousandth of their height between them; they may be found as one.
const STEP: f64 = 0.25;

/// Standard deviations from a component beyond which it is not sampled (1e-9 of its height).
const SAMPLED: f64 = 6.5;

/// A maximum is known when a step of Newton's method is at most this, in standard deviations.
const TOLERANCE: f64 = 1e-7;

/// A maximum is at most 1/0.99 of the sample next to it.
const NEAREST_SAMPLE: f64 = 0.99;

/// Finds maxima, reusing its buffers.
#[derive(Debug)]
pub(super) struct Modes {
    gauss: Gauss,
    heights: Vec<f64>,
    /// Place in standard deviations from the strongest component, and height.
    components: Vec<(f64, f64)>,
}

impl Default for Modes {
    fn default() -> Self {
        Self { gauss: Gauss::new(STEP), heights: Vec::new(), components: Vec::new() }
    }
}

impl Modes {
    /// Appends m/z and height of the maxima of a cluster (m/z and relative intensity, sorted by
    /// m/z) that may be as high as `needed`.
    pub(super) fn find(
        &mut self,
        cluster: &[(f64, f64)],
        sigma: SigmaAt,
        needed: f64,
        found: &mut Vec<(f64, f64)>,
    ) {
        let Some(&first) = cluster.first() else {
            return;
        };
        if cluster.len() == 1 {
            found.push(first);
            return;
        }
        let strongest = cluster.iter().fold(first, |a, &b| if b.1 > a.1 { b } else { a }).0;
        let width = sigma.at(strongest);
        self.components.clear();
        self.components.extend(cluster.iter().map(|&(mz, p)| ((mz - strongest) / width, p)));
        let start = self.components[0].0 - 2.0 * STEP;
        self.sample(start);
        for i in 1..self.heights.len() - 1 {
            let [left, here, right] = [self.heights[i - 1], self.heights[i], self.heights[i + 1]];
            if here > left && here >= right && here >= NEAREST_SAMPLE * needed {
                let shift = 0.5 * (left - right) / (left - 2.0 * here + right);
                let (place, height) = self.climb(start + STEP * (i as f64 + shift));
                found.push((strongest + width * place, height));
            }
        }
    }

    /// Samples the envelope from `start` to two steps beyond the last component.
    fn sample(&mut self, start: f64) {
        let end = self.components[self.components.len() - 1].0;
        let n_samples = index((end - start) / STEP) + 3;
        self.heights.clear();
        self.heights.resize(n_samples, 0.0);
        for &(place, height) in &self.components {
            let low = index(((place - SAMPLED - start) / STEP).max(0.0));
            let high = index((place + SAMPLED - start) / STEP).min(n_samples - 1);
            let t = start + low as f64 * STEP - place;
            self.gauss.add(&mut self.heights[low..=high], height, t);
        }
    }

    /// Place and height of the maximum next to `place`, by Newton's method on the derivative;
    /// a step is never longer than [`STEP`].
    fn climb(&self, mut place: f64) -> (f64, f64) {
        for _ in 0..50 {
            let (height, slope, curvature) = self.derivatives(place);
            let step = if curvature < 0.0 { -slope / curvature } else { STEP.copysign(slope) };
            let step = step.clamp(-STEP, STEP);
            place += step;
            if step.abs() <= TOLERANCE {
                return (place, height);
            }
        }
        // Flat to rounding: any place here is as good a maximum.
        (place, self.derivatives(place).0)
    }

    /// The envelope and its first two derivatives.
    fn derivatives(&self, place: f64) -> (f64, f64, f64) {
        let (mut height, mut slope, mut curvature) = (0.0, 0.0, 0.0);
        for &(center, p) in &self.components {
            let t = center - place;
            let value = p * exp((-0.5 * t * t).max(-600.0));
            height += value;
            slope += value * t;
            curvature += value * (t * t - 1.0);
        }
        (height, slope, curvature)
    }
}

/// The whole part of a small non-negative number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, not negative")]
fn index(number: f64) -> usize {
    debug_assert!((0.0..1e9).contains(&number));
    number as usize
}
