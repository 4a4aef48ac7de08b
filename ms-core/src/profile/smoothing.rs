//! A profile spectrum smoothed by a Gaussian.
//!
//! Processors with AVX2 add eight points at once instead of four. Each point is a sum of the same terms
//! in the same order, so that all processors give the same bits.

#![expect(unsafe_code, reason = "the one call of a function compiled for AVX2")]

use std::ops::Range;

/// Width of the smoothing over that of a peak: wider leaves less noise, and tells peaks apart less.
const SMOOTHING: f64 = 0.7;

/// A smoothing narrower than this many points leaves the signal as it is.
const MIN_SMOOTHING_POINTS: f64 = 0.45;

/// Points of a smoothing on each side at most.
const MAX_HALF_KERNEL: usize = 32;

/// Standard deviations to which a smoothing reaches.
const KERNEL_REACH: f64 = 2.5;

/// Points whose sums stay in the nearest cache while they are added up.
const CHUNK: usize = 512;

/// How a stretch is smoothed.
pub(super) struct Smoothing {
    /// Weights of the point itself and of those at each distance from it.
    half: Vec<f32>,
}

impl Smoothing {
    /// By a Gaussian narrower than a peak of so many points a standard deviation; it leaves the
    /// height of such a peak as it is.
    pub(super) fn new(points_a_sigma: f64) -> Self {
        let width = SMOOTHING * points_a_sigma;
        if width.is_nan() || width < MIN_SMOOTHING_POINTS {
            return Self { half: vec![1.0] };
        }
        let gauss = |distance: f64, width: f64| libm::exp(-0.5 * (distance / width).powi(2));
        let reach = (KERNEL_REACH * width).ceil().min(MAX_HALF_KERNEL as f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most MAX_HALF_KERNEL"
        )]
        let half: Vec<f64> = (0..=reach as usize)
            .map(|i| gauss(i as f64, width))
            .collect();
        let of_peak: f64 = half
            .iter()
            .enumerate()
            .map(|(i, weight)| {
                let sides = if i == 0 { 1.0 } else { 2.0 };
                sides * weight * gauss(i as f64, points_a_sigma)
            })
            .sum();
        #[expect(clippy::cast_possible_truncation, reason = "as the signal is")]
        let scaled = |weight: &f64| (weight / of_peak) as f32;
        Self {
            half: half.iter().map(scaled).collect(),
        }
    }

    /// What is left of a point that stands alone.
    pub(super) fn response(&self) -> f32 {
        self.half[0]
    }

    /// Smooths some points of a spectrum. Beyond its ends there is nothing.
    pub(super) fn apply(&self, intensities: &[f32], range: &Range<usize>, out: &mut Vec<f32>) {
        let reach = self.half.len() - 1;
        out.clear();
        // Of the points between, all neighbours are there.
        let inner = range.start.max(reach)..range.end.min(intensities.len().saturating_sub(reach));
        if inner.is_empty() {
            out.extend(range.clone().map(|place| self.at(intensities, place)));
            return;
        }
        out.extend((range.start..inner.start).map(|place| self.at(intensities, place)));
        let n_before = out.len();
        out.resize(n_before + inner.len(), 0.0);
        let around = &intensities[inner.start - reach..inner.end + reach];
        smooth(&self.half, around, &mut out[n_before..]);
        out.extend((inner.end..range.end).map(|place| self.at(intensities, place)));
    }

    /// The smoothed signal at a point near an end.
    fn at(&self, intensities: &[f32], place: usize) -> f32 {
        let value = |place: Option<usize>| {
            let value = place.and_then(|place| intensities.get(place));
            value.copied().unwrap_or_default()
        };
        let around = self.half.iter().enumerate().skip(1);
        let sides = around.map(|(distance, weight)| {
            (value(place.checked_sub(distance)) + value(Some(place + distance))) * weight
        });
        sides.fold(value(Some(place)) * self.half[0], |sum, side| sum + side)
    }
}

/// Smooths points of which all neighbours are there: `around` has as many more on each side as there are
/// distances.
fn smooth(half: &[f32], around: &[f32], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        unsafe { smooth_avx2(half, around, out) };
        return;
    }
    smooth_by_reach(half, around, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn smooth_avx2(half: &[f32], around: &[f32], out: &mut [f32]) {
    smooth_by_reach(half, around, out);
}

/// By a number of points that is known when this is compiled, where it is a usual one: what is added up
/// stays in registers then.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled anew for each kind of processor"
)]
fn smooth_by_reach(half: &[f32], around: &[f32], out: &mut [f32]) {
    match half.len() {
        3 => smooth_within::<3>(half, around, out),
        4 => smooth_within::<4>(half, around, out),
        5 => smooth_within::<5>(half, around, out),
        6 => smooth_within::<6>(half, around, out),
        7 => smooth_within::<7>(half, around, out),
        8 => smooth_within::<8>(half, around, out),
        n => smooth_within_any(half, around, out, n - 1),
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled anew for each kind of processor"
)]
fn smooth_within<const N: usize>(half: &[f32], around: &[f32], out: &mut [f32]) {
    let Some(weights) = half.first_chunk::<N>() else {
        return;
    };
    let (reach, n) = (N - 1, out.len());
    let middle = &around[reach..reach + n];
    let sides: [(&[f32], &[f32]); N] = std::array::from_fn(|distance| {
        let (left, right) = (reach - distance, reach + distance);
        (&around[left..left + n], &around[right..right + n])
    });
    for place in 0..n {
        let mut sum = middle[place] * weights[0];
        for distance in 1..N {
            let (left, right) = sides[distance];
            sum += (left[place] + right[place]) * weights[distance];
        }
        out[place] = sum;
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled anew for each kind of processor"
)]
fn smooth_within_any(half: &[f32], around: &[f32], out: &mut [f32], reach: usize) {
    let n = out.len();
    for (sum, value) in out.iter_mut().zip(&around[reach..]) {
        *sum = value * half[0];
    }
    for start in (0..n).step_by(CHUNK) {
        let end = n.min(start + CHUNK);
        for (distance, &weight) in half.iter().enumerate().skip(1) {
            let left = &around[start + reach - distance..];
            let right = &around[start + reach + distance..];
            for ((sum, left), right) in out[start..end].iter_mut().zip(left).zip(right) {
                *sum += (left + right) * weight;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_truncation, reason = "small numbers")]

    use super::*;

    /// Every width, and ranges within and at the ends: the sum of the same terms in the same order.
    #[test]
    fn each_point_is_the_sum_of_its_neighbours_to_the_bit() {
        let signal: Vec<f32> = (0..700_u32)
            .map(|i| (1_000.0 * libm::sin(f64::from(i * i))) as f32)
            .collect();
        let mut lengths = std::collections::BTreeSet::new();
        for points_a_sigma in (1..200).map(|i| 0.1 * f64::from(i)) {
            let smoothing = Smoothing::new(points_a_sigma);
            lengths.insert(smoothing.half.len());
            for range in [0..700, 100..650, 0..3, 695..700, 40..41] {
                let mut out = Vec::new();
                smoothing.apply(&signal, &range, &mut out);
                let expected: Vec<u32> = range
                    .map(|place| smoothing.at(&signal, place).to_bits())
                    .collect();
                let found: Vec<u32> = out.iter().map(|value| value.to_bits()).collect();
                assert_eq!(found, expected, "{points_a_sigma}");
            }
        }
        assert!(
            [1].into_iter()
                .chain(3..=10)
                .all(|length| lengths.contains(&length)),
            "{lengths:?}"
        );
    }
}
