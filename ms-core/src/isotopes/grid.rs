//! The sampling grid of the METASPACE engine, as stretches of constant step.
//!
//! The engine samples an envelope from the lightest peak less its reach on, 25 samples a peak
//! width. The width is that of the *current* fine-structure peak; the next one becomes current at
//! the first sample that is beyond the reach of the current one and within that of the next.
//! A stretch holds the samples of one current peak, so that empty space costs nothing.
//!
//! The engine adds one step after another and so collects rounding errors over some 10⁵ additions.
//! They matter only where a sample falls so near to the end of a stretch that rounding decides on
//! which side it is; there the additions are done one by one too.

use super::centroid::Cluster;
use super::gauss::Gauss;
use super::{FWHM_PER_SIGMA, MIN_RELATIVE_INTENSITY, SigmaAt};

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
    stretches: Vec<Stretch>,
    mzs: Vec<f64>,
    heights: Vec<f64>,
}

impl Default for GridEnvelope {
    fn default() -> Self {
        Self {
            gauss: Gauss::new(STEP_PER_SIGMA),
            reach: 0.0,
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
        stretches(peaks, sigma, reach, &mut self.stretches);
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
            let sigma = self.stretches[i].sigma;
            let gap_before =
                if first == members.start { f64::INFINITY } else { peaks[first].0 - peaks[first - 1].0 };
            let gap_after =
                if i + 1 == members.end { f64::INFINITY } else { peaks[i + 1].0 - peaks[i].0 };
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
        let mut s = self.stretches.partition_point(|stretch| stretch.start <= ends.0).max(1) - 1;
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
    fn sample_stretch(
        &mut self,
        cluster: &[(f64, f64)],
        stretch: Stretch,
        from: f64,
        n: f64,
    ) {
        let start = self.heights.len();
        let count = index(n);
        self.heights.resize(start + count, 0.0);
        self.mzs.extend((0..count).map(|k| from + k as f64 * stretch.step));
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
            self.gauss.add(&mut samples[index(low)..=index(high)], relative, t);
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
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by callers")]
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

/// The stretches of a fine structure `(m/z, relative intensity)` sorted by m/z, one for each peak.
fn stretches(peaks: &[(f64, f64)], sigma: SigmaAt, reach: f64, out: &mut Vec<Stretch>) {
    if walk(peaks, sigma, reach, jump, out).is_none() {
        // Adding one by one always tells the side.
        let told = walk(peaks, sigma, reach, |start, step, end, _| Some(add(start, step, end)), out);
        debug_assert!(told.is_some());
    }
}

/// Where a stretch ends: the number of its samples and the position after them.
type End = (f64, f64);

/// Walks from peak to peak. `leave(start, step, ends, n_before)` tells where the stretch from
/// `start` ends, and nothing if it cannot tell after `n_before` steps.
fn walk(
    peaks: &[(f64, f64)],
    sigma: SigmaAt,
    reach: f64,
    leave: impl Fn(f64, f64, Ends, f64) -> Option<End>,
    out: &mut Vec<Stretch>,
) -> Option<()> {
    out.clear();
    let mut start = peaks.first().map_or(0.0, |&(first, _)| first - reach * sigma.at(first));
    let mut n_before = 0.0;
    for (i, &(mz, _)) in peaks.iter().enumerate() {
        let here = sigma.at(mz);
        let step = here * STEP_PER_SIGMA;
        let Some(&(next, _)) = peaks.get(i + 1) else {
            out.push(Stretch { start, step, sigma: here, n_samples: f64::INFINITY });
            break;
        };
        let ends = Ends { beyond: mz + reach * here, within: next - reach * here };
        let (n_samples, after) = leave(start, step, ends, n_before)?;
        out.push(Stretch { start, step, sigma: here, n_samples });
        start = after;
        n_before += n_samples;
    }
    Some(())
}

/// The stretch ends at its first sample > `beyond` and ≥ `within`, but has one sample at the least.
#[derive(Debug, Clone, Copy)]
struct Ends {
    beyond: f64,
    within: f64,
}

/// Ends a stretch in one jump, unless rounding of the additions before could decide.
fn jump(start: f64, step: f64, ends: Ends, n_before: f64) -> Option<End> {
    let beyond = (ends.beyond - start) / step;
    let within = (ends.within - start) / step;
    let n_samples = (beyond.floor() + 1.0).max(within.ceil()).max(1.0);
    let decisive = beyond.max(within);
    let rounding = (n_before + n_samples) * start * f64::EPSILON / step;
    let is_clear = decisive < 0.5 || (decisive - decisive.round()).abs() > rounding;
    is_clear.then(|| (n_samples, start + step * n_samples))
}

/// Ends a stretch by adding one step after another.
fn add(start: f64, step: f64, ends: Ends) -> End {
    let (mut n_samples, mut mz) = (1.0, start + step);
    while mz <= ends.beyond || mz < ends.within {
        mz += step;
        n_samples += 1.0;
    }
    (n_samples, mz)
}
