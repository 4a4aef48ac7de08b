//! Exact centroids: the maxima of a sum of Gaussians.
//!
//! Within a cluster all peaks have the width of the strongest one, and everything is measured in
//! standard deviations from it. Seen from x, the mean place of the components, each weighted by
//! its height at x, never falls as x grows: ln E + x²/2 is convex. The drift to that mean is E′/E,
//! so that from x uphill there is no maximum nearer than the mean. By this, samples of the envelope
//! tell most of it free of maxima, and steps from mean to mean cannot pass one in the rest, however
//! shallow the valley before it.

use super::gauss::{Gauss, exp};
use super::pattern::MIN_RELATIVE_INTENSITY;
use super::width::SigmaAt;

/// Distance of samples in standard deviations.
const STEP: f64 = 0.25;

/// A sample this many times the one before it has no maximum up to the next: the mean seen from it
/// is at least a step ahead. It is e^(1.5·[`STEP`]²), a little more.
const STEEP: f64 = 1.0984;

/// At a sample this many times the one before it the envelope rises: the mean seen from there is
/// ahead. It is e^([`STEP`]²/2), a little more.
const GENTLE: f64 = 1.0318;

/// Stretches are halved down to this, in standard deviations, where it takes that to tell one
/// maximum from none or two. A maximum missed then has a valley within this distance, which is
/// less deep than some millionths of its height: |E‴| ≤ 8·E and depth ≤ max |E‴|·distance³ / 12.
const NARROWEST: f64 = STEP / 16.0;

/// E″/E above which a maximum may have a second one within [`STEP`]. With three zeros of E′ that
/// near, E″/E is at most about 2·[`STEP`]²/2.
const FLAT: f64 = 0.1;

/// Drift below which Newton's method goes on, in standard deviations.
const NEARLY_LEVEL: f64 = 1e-2;

/// Standard deviations from a component beyond which it is not sampled (1e-9 of its height).
const SAMPLED: f64 = 6.5;

/// A maximum is known when a step of Newton's method is at most this, in standard deviations.
const TOLERANCE: f64 = 1e-7;

/// A maximum is at most 1/0.99 of the sample next to it: e^([`STEP`]²/8).
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
        Self {
            gauss: Gauss::new(STEP),
            heights: Vec::new(),
            components: Vec::new(),
        }
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
        let strongest = cluster
            .iter()
            .fold(first, |a, &b| if b.1 > a.1 { b } else { a })
            .0;
        let width = sigma.at(strongest);
        self.components.clear();
        self.components
            .extend(cluster.iter().map(|&(mz, p)| ((mz - strongest) / width, p)));
        let start = self.components[0].0 - 2.0 * STEP;
        self.sample(start);
        // Lower ones are not kept; the strongest component of the ion has height 1.
        let needed = needed.max(MIN_RELATIVE_INTENSITY);
        let mut last: Option<Point> = None;
        for i in 1..self.heights.len() - 2 {
            let known = last.take();
            if self.is_steep(i, needed) {
                continue;
            }
            let mut push = |top: Point| found.push((strongest + width * top.place, top.height));
            // To the bit the places of the stretches before and after.
            let [left, right] = [i, i + 1].map(|i| start + STEP * i as f64);
            if let Some(top) = self.plain_maximum(i, left, right) {
                push(top);
                continue;
            }
            let end = self.at(right);
            self.maxima_between(known.unwrap_or_else(|| self.at(left)), end, &mut push);
            last = Some(end);
        }
    }

    /// Whether samples alone tell that from `i` to the next there is no maximum of height `needed`.
    fn is_steep(&self, i: usize, needed: f64) -> bool {
        let h = &self.heights;
        h[i].max(h[i + 1]) < NEAREST_SAMPLE * needed
            || h[i] > STEEP * h[i - 1]
            || h[i + 1] > STEEP * h[i + 2]
    }

    /// The maximum from sample `i` to the next, where samples alone tell that there is one, and it
    /// is not flat.
    fn plain_maximum(&self, i: usize, left: f64, right: f64) -> Option<Point> {
        let h = &self.heights;
        let rises_and_falls = h[i] > GENTLE * h[i - 1] && h[i + 1] > GENTLE * h[i + 2];
        if !rises_and_falls {
            return None;
        }
        let top = if h[i] >= h[i + 1] { i } else { i + 1 };
        let [before, here, after] = [h[top - 1], h[top], h[top + 1]];
        let shift = 0.5 * (before - after) / (before - 2.0 * here + after);
        let guess = left + STEP * ((top - i) as f64 + shift);
        Some(self.climb(left, right, guess)).filter(|top| !top.is_flat())
    }

    /// Hands over the maxima between two places at most [`STEP`] apart.
    fn maxima_between(&self, left: Point, right: Point, found: &mut impl FnMut(Point)) {
        let is_narrow = right.place - left.place <= NARROWEST;
        match (left.slope > 0.0, right.slope > 0.0) {
            (true, false) => {
                let secant = left.slope / (left.slope - right.slope);
                let guess = left.place + (right.place - left.place) * secant;
                let top = self.climb(left.place, right.place, guess);
                if is_narrow || !top.is_flat() {
                    return found(top);
                }
            }
            (false, true) => {}
            (rises, _) => {
                let (from, to) = if rises { (left, right) } else { (right, left) };
                match self.walk(from, to.place) {
                    Walk::Arrived => return,
                    Walk::Maximum(top) => return found(top),
                    Walk::Unclear => {}
                }
            }
        }
        if !is_narrow {
            let middle = self.at(0.5 * (left.place + right.place));
            self.maxima_between(left, middle, found);
            self.maxima_between(middle, right, found);
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

    /// The maximum between a place where the envelope rises and one where it does not, by Newton's
    /// method on the derivative; halving where a step would leave the two.
    fn climb(&self, mut low: f64, mut high: f64, guess: f64) -> Point {
        let mut point = self.at(guess.clamp(low, high));
        for _ in 0..100 {
            *(if point.slope > 0.0 {
                &mut low
            } else {
                &mut high
            }) = point.place;
            let newton = point.place - point.slope / point.curvature;
            let is_inside = point.curvature < 0.0 && (low..=high).contains(&newton);
            let next = if is_inside {
                newton
            } else {
                0.5 * (low + high)
            };
            let step = next - point.place;
            point = Point {
                place: next,
                ..point
            };
            if step.abs() <= TOLERANCE {
                break;
            }
            point = self.at(next);
        }
        point
    }

    /// Goes uphill from a point to a place where it rises still, by the mean of the components,
    /// which is never beyond the next maximum, and where it is nearly level by Newton's method.
    fn walk(&self, from: Point, to: f64) -> Walk {
        let left_to_go = |place: f64| {
            if to > from.place {
                to - place
            } else {
                place - to
            }
        };
        let mut point = from;
        while (point.slope / point.height).abs() > NEARLY_LEVEL {
            let mean = point.place + point.slope / point.height;
            if left_to_go(mean) <= TOLERANCE {
                return Walk::Arrived;
            }
            point = self.at(mean);
        }
        // Towards a maximum Newton's method does not pass it either, as the slope grows faster than
        // in proportion; where it does, there is none or the place is not a simple one.
        for _ in 0..50 {
            let next = point.place - point.slope / point.curvature;
            let is_between =
                left_to_go(next) > TOLERANCE && left_to_go(next) <= left_to_go(from.place);
            if point.curvature >= 0.0 || !is_between {
                break;
            }
            if (next - point.place).abs() <= TOLERANCE {
                return Walk::Maximum(Point {
                    place: next,
                    ..point
                });
            }
            point = self.at(next);
        }
        Walk::Unclear
    }

    /// The envelope and its first two derivatives.
    fn at(&self, place: f64) -> Point {
        let (mut height, mut slope, mut curvature) = (0.0, 0.0, 0.0);
        for &(center, p) in &self.components {
            let t = center - place;
            let value = p * exp((-0.5 * t * t).max(-600.0));
            height += value;
            slope += value * t;
            curvature += value * (t * t - 1.0);
        }
        Point {
            place,
            height,
            slope,
            curvature,
        }
    }
}

/// The envelope at a place.
#[derive(Debug, Clone, Copy)]
struct Point {
    place: f64,
    height: f64,
    /// First derivative.
    slope: f64,
    /// Second derivative.
    curvature: f64,
}

impl Point {
    /// Whether another maximum may be near this one.
    fn is_flat(self) -> bool {
        self.curvature > -FLAT * self.height
    }
}

/// Where a walk uphill ends.
#[derive(Debug)]
enum Walk {
    /// At its goal: there is no maximum on the way.
    Arrived,
    /// At a maximum.
    Maximum(Point),
    /// Where it is nearly level.
    Unclear,
}

/// The whole part of a small non-negative number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small, not negative"
)]
fn index(number: f64) -> usize {
    debug_assert!((0.0..1e9).contains(&number));
    number as usize
}

#[cfg(test)]
mod tests {
    use super::super::Instrument;
    use super::*;
    use proptest::prelude::*;

    /// Height and slope of Gaussians of width 1.
    fn envelope(components: &[(f64, f64)], place: f64) -> (f64, f64) {
        components
            .iter()
            .fold((0.0, 0.0), |(height, slope), &(center, p)| {
                let t = center - place;
                let value = p * (-0.5 * t * t).exp();
                (height + value, slope + value * t)
            })
    }

    /// Places where samples of the slope change sign, every thousandth, and heights there: maxima
    /// and minima in turn.
    fn extrema(components: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let end = components.iter().map(|c| c.0).fold(0.0, f64::max);
        let places = (0..)
            .map(|k| (f64::from(k) - 0.5) * 1e-3)
            .take_while(|&x| x < end + 1e-3);
        let samples: Vec<_> = places.map(|x| (x, envelope(components, x))).collect();
        let turns = |w: &&[(f64, (f64, f64))]| (w[0].1.1 > 0.0) != (w[1].1.1 > 0.0);
        samples
            .windows(2)
            .filter(turns)
            .map(|w| (w[0].0 + 5e-4, w[0].1.0))
            .collect()
    }

    fn mixture() -> impl Strategy<Value = Vec<(f64, f64)>> {
        let component = (0.0..8.0_f64, (-6.0..0.0_f64).prop_map(f64::exp));
        prop::collection::vec(component, 1..9).prop_map(|mut components| {
            components.insert(0, (0.0, 0.5));
            components.sort_by(|a, b| a.0.total_cmp(&b.0));
            components
        })
    }

    proptest! {
        #[test]
        fn all_maxima_of_a_mixture_are_found_and_nothing_else(components in mixture()) {
            let sigma = SigmaAt { scale: 1e-6, analyzer: Instrument::Tof };
            // Such that the strongest component is at m/z 1000, where the width is 1e-3.
            let strongest = components.iter().fold((0.0, 0.0), |a, &b| if b.1 > a.1 { b } else { a });
            let cluster: Vec<_> =
                components.iter().map(|&(x, p)| (1e3 + 1e-3 * (x - strongest.0), p)).collect();
            let mut found = Vec::new();
            Modes::default().find(&cluster, sigma, 0.0, &mut found);
            let found: Vec<f64> =
                found.iter().map(|&(mz, _)| (mz - 1e3) * 1e3 + strongest.0).collect();
            for (i, &place) in found.iter().enumerate() {
                let around = [-1e-6, 1e-6].map(|t| envelope(&components, place + t).1);
                prop_assert!(around[0] > 0.0 && around[1] < 0.0, "{place} {around:?}");
                prop_assert!(i == 0 || place - found[i - 1] > 1e-6, "{found:?}");
            }
            let extrema = extrema(&components);
            for (i, &(place, height)) in extrema.iter().enumerate().step_by(2) {
                let valleys = [i.wrapping_sub(1), i + 1].map(|i| extrema.get(i).map_or(0.0, |e| e.1));
                let is_due = valleys.iter().all(|valley| valley / height < 1.0 - 1e-5);
                let is_found = found.iter().any(|f| (f - place).abs() < 2e-3);
                let is_kept = height > 1.01 * MIN_RELATIVE_INTENSITY;
                prop_assert!(is_found || !is_due || !is_kept, "{place} {found:?}");
            }
        }
    }
}
