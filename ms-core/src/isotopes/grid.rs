//! The sampling grid of the METASPACE engine, as stretches of constant step.
//!
//! The engine samples an envelope from the lightest peak less its reach on, 25 samples a peak
//! width. The width is that of the *current* fine-structure peak; the next one becomes current at
//! the first sample that is beyond the reach of the current one and within that of the next.
//! A stretch holds the samples of one current peak, so that empty space costs nothing.
//!
//! The engine adds one step after another, some 10⁵ times, and rounds each sum. Between two powers
//! of two every sum is a multiple of one unit in the last place, so that each addition adds the same
//! rounded step: a stretch ends at powers of two too, and within it samples are exactly the
//! engine's without adding.

use super::cluster::Cluster;
use super::gauss::Gauss;
use super::pattern::MIN_RELATIVE_INTENSITY;
use super::width::{FWHM_PER_SIGMA, SigmaAt};

/// Samples a full width at half maximum.
const SAMPLES_PER_FWHM: f64 = 25.0;

/// Step of the grid in standard deviations.
const STEP_PER_SIGMA: f64 = FWHM_PER_SIGMA / SAMPLES_PER_FWHM;

/// Samples averaged on each side of a maximum.
const HALF_WINDOW: usize = 7;

/// Standard deviations around a component in which a maximum can lie.
const MAXIMUM_SIGMAS: f64 = 1.0;

/// Standard deviations that the window of a maximum and one more sample need.
const WINDOW_SIGMAS: f64 = (HALF_WINDOW + 1) as f64 * STEP_PER_SIGMA;

/// Standard deviations to sample around a component.
const MARGIN_SIGMAS: f64 = MAXIMUM_SIGMAS + WINDOW_SIGMAS;

/// Height at a maximum of a component of another island, relative to its own: e^(−t²/2) at
/// t = 2·[`MARGIN_SIGMAS`] − [`MAXIMUM_SIGMAS`] > 2.5.
const BEYOND_ISLAND: f64 = 0.044;

/// Standard deviations beyond which a neighbour no longer moves a maximum.
const LONE_SIGMAS: f64 = 7.5;

/// Samples of the envelope of one ion after another on the engine's grid.
#[derive(Debug)]
pub(super) struct GridEnvelope {
    gauss: Gauss,
    reach: f64,
    /// Standard deviation at each peak of the ion.
    sigmas: Vec<f64>,
    stretches: Vec<Stretch>,
    mzs: Vec<f64>,
    heights: Vec<f64>,
}

impl Default for GridEnvelope {
    fn default() -> Self {
        Self {
            gauss: Gauss::new(STEP_PER_SIGMA),
            reach: 0.0,
            sigmas: Vec::new(),
            stretches: Vec::new(),
            mzs: Vec::new(),
            heights: Vec::new(),
        }
    }
}

impl GridEnvelope {
    /// Lays the grid for an ion whose Gaussians reach `reach` standard deviations.
    pub(super) fn start(&mut self, peaks: &[(f64, f64)], sigma: SigmaAt, reach: f64) {
        self.reach = reach;
        self.sigmas.clear();
        self.sigmas
            .extend(peaks.iter().map(|&(mz, _)| sigma.at(mz)));
        stretches(peaks, &self.sigmas, reach, &mut self.stretches);
    }

    /// Centroids of a cluster, island by island: an island is what is sampled as one piece.
    ///
    /// Appends m/z and height of those maxima that may be as high as `needed`.
    pub(super) fn centroids(
        &mut self,
        peaks: &[(f64, f64)],
        cluster: &Cluster,
        needed: f64,
        found: &mut Vec<(f64, f64)>,
    ) {
        let members = cluster.peaks.clone();
        let mut first = members.start;
        let mut sum = 0.0;
        for i in members.clone() {
            let sigma = self.sigmas[i];
            let gap_before = if first == members.start {
                f64::INFINITY
            } else {
                peaks[first].0 - peaks[first - 1].0
            };
            let gap_after = if i + 1 == members.end {
                f64::INFINITY
            } else {
                peaks[i + 1].0 - peaks[i].0
            };
            sum += peaks[i].1;
            if gap_after <= 2.0 * MARGIN_SIGMAS * sigma {
                continue;
            }
            if sum + BEYOND_ISLAND * cluster.upper >= needed {
                let lone = first == i && gap_before.min(gap_after) > LONE_SIGMAS * sigma;
                let margin = sigma * if lone { WINDOW_SIGMAS } else { MARGIN_SIGMAS };
                let members = &peaks[members.clone()];
                self.sample(members, (peaks[first].0 - margin, peaks[i].0 + margin));
                self.maxima(found);
            }
            first = i + 1;
            sum = 0.0;
        }
    }

    /// Samples the envelope of a cluster between two m/z.
    fn sample(&mut self, cluster: &[(f64, f64)], ends: (f64, f64)) {
        self.mzs.clear();
        self.heights.clear();
        let mut s = self
            .stretches
            .partition_point(|stretch| stretch.start <= ends.0)
            .max(1)
            - 1;
        while let Some(&stretch) = self.stretches.get(s) {
            let skipped = ((ends.0 - stretch.start) / stretch.step).ceil().max(0.0);
            let needed = ((ends.1 - stretch.start) / stretch.step).ceil();
            let n = needed.min(stretch.n_samples) - skipped;
            if n > 0.0 {
                let from = stretch.start + skipped * stretch.step;
                self.sample_stretch(cluster, stretch, from, n);
            }
            if needed <= stretch.n_samples {
                break;
            }
            s += 1;
        }
    }

    /// Appends `n` samples of one stretch, the first at m/z `from`.
    fn sample_stretch(&mut self, cluster: &[(f64, f64)], stretch: Stretch, from: f64, n: f64) {
        let start = self.heights.len();
        let count = index(n);
        self.heights.resize(start + count, 0.0);
        self.mzs
            .extend((0..count).map(|k| from + k as f64 * stretch.step));
        let samples = &mut self.heights[start..];
        for &(mz, relative) in cluster {
            // In standard deviations: the first sample, then one step after another.
            let t = (from - mz) / stretch.sigma;
            let low = ((-self.reach - t) / STEP_PER_SIGMA).ceil().max(0.0);
            let high = ((self.reach - t) / STEP_PER_SIGMA).floor().min(n - 1.0);
            if low > high {
                continue;
            }
            let t = t + low * STEP_PER_SIGMA;
            self.gauss
                .add(&mut samples[index(low)..=index(high)], relative, t);
        }
    }

    /// Appends the centroid of each local maximum of the samples.
    fn maxima(&self, found: &mut Vec<(f64, f64)>) {
        let h = &self.heights;
        for i in 1..h.len().saturating_sub(1) {
            if h[i] > h[i - 1] && h[i] >= h[i + 1] && h[i] >= MIN_RELATIVE_INTENSITY {
                found.push((window_mean(&self.mzs, h, i), h[i]));
            }
        }
    }
}

/// A small non-negative whole number as an index.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked by callers"
)]
fn index(whole: f64) -> usize {
    debug_assert!((0.0..1e9).contains(&whole));
    whole as usize
}

/// Intensity-weighted mean m/z of the samples around a maximum: down the slope on both sides, at
/// most [`HALF_WINDOW`] samples.
fn window_mean(mzs: &[f64], heights: &[f64], top: usize) -> f64 {
    let mut left = top;
    while left > 0 && top - left < HALF_WINDOW && heights[left - 1] < heights[left] {
        left -= 1;
    }
    // The sample at the bottom of a valley belongs to the peak on its right.
    let mut right = top;
    while right + 1 < heights.len() && right - top < HALF_WINDOW {
        let next = right + 1;
        let rises = |i: usize| heights.get(i + 1).is_some_and(|after| *after > heights[i]);
        if rises(right) || (next - top < HALF_WINDOW && rises(next)) {
            break;
        }
        right = next;
    }
    let (mut weights, mut moments) = (0.0, 0.0);
    for i in left..=right {
        weights += heights[i];
        moments += heights[i] * (mzs[i] - mzs[top]);
    }
    mzs[top] + moments / weights
}

/// `n_samples` samples at `start`, `start + step`, …; the next stretch goes on from there.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    start: f64,
    step: f64,
    sigma: f64,
    n_samples: f64,
}

/// The stretches of a fine structure `(m/z, relative intensity)` sorted by m/z, whose peaks have the
/// standard deviations `sigmas`.
fn stretches(peaks: &[(f64, f64)], sigmas: &[f64], reach: f64, out: &mut Vec<Stretch>) {
    out.clear();
    let Some(&(first, _)) = peaks.first() else {
        return;
    };
    let mut start = first - reach * sigmas[0];
    for (i, (&(mz, _), &sigma)) in peaks.iter().zip(sigmas).enumerate() {
        let next = peaks.get(i + 1).map_or(f64::INFINITY, |&(next, _)| next);
        // The first sample past the reach of this peak and within that of the next, as seen with
        // this peak's width; one sample at the least.
        let is_past = |at: f64| at > mz + reach * sigma && at >= next - reach * sigma;
        let goal = (mz + reach * sigma).max(next - reach * sigma);
        let last = peaks[peaks.len() - 1].0 + reach * sigma;
        let mut is_first = true;
        loop {
            let (stretch, after) = stretch(start, sigma, goal.min(last), is_first);
            out.push(stretch);
            (start, is_first) = (after, false);
            if is_past(start) || start > last {
                break;
            }
        }
    }
}

/// The samples from `start` to the first beyond `goal` or a power of two, and where that is.
fn stretch(start: f64, sigma: f64, goal: f64, has_one: bool) -> (Stretch, f64) {
    let wanted = sigma * STEP_PER_SIGMA;
    // What is added to every multiple of the same unit in the last place.
    let step = (start + wanted) - start;
    let binade_end = f64::from_bits((start.to_bits() | 0x000f_ffff_ffff_ffff) + 1);
    let end = goal.min(binade_end);
    let mut n_samples = ((end - start) / step)
        .floor()
        .max(if has_one { 1.0 } else { 0.0 });
    // The quotient may be off by rounding.
    while n_samples > 1.0 && start + (n_samples - 1.0) * step > end {
        n_samples -= 1.0;
    }
    while start + n_samples * step < end {
        n_samples += 1.0;
    }
    let n_samples = n_samples.max(1.0);
    // The last addition may cross the power of two and round to its unit.
    let last = start + (n_samples - 1.0) * step;
    (
        Stretch {
            start,
            step,
            sigma,
            n_samples,
        },
        last + wanted,
    )
}
