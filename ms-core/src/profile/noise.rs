//! The noise of a stretch of a profile spectrum.

use super::DEFAULT_MIN_SNR;
use super::law::median;

/// Standard deviation of a normal distribution over the median of the absolute deviations.
const SIGMA_OF_MAD: f64 = 1.482_6;

/// Points of a stretch that are looked at.
const N_LOOKED_AT: usize = 128;

/// Share of points of intensity 0 from which on zeros, and not noise, lie between the peaks.
const ZEROS: f64 = 0.4;

/// Share of zeros below which none lies between peaks.
const RARE_ZEROS: f64 = 0.05;

/// Lone points over all points from which on they are noise that was cut off at 0: the smoothed signal
/// between the peaks is not 0 then. Independent noise of which the lower half is cut off has 3/16.
const DENSE: f64 = 0.17;

/// Such noise is skewed: smoothed over a peak's width, 0.13 % of it exceed its median by 3.9 to 4.2
/// standard deviations as the median absolute deviation gives them, in place of 3.
const SKEWNESS: f64 = 1.4;

/// Lone points whose heights show the noise between zeros, at the least.
const MIN_LONE: usize = 12;

/// Points that follow one another between zeros and are no peak.
const MAX_LONE_RUN: usize = 2;

/// Signal between the peaks of a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Noise {
    /// Its middle.
    pub(super) level: f32,
    /// Its standard deviation; where zeros lie between the peaks, a third of what smoothing leaves of a
    /// point that stands alone there, so that such points are just no peaks.
    pub(super) sigma: f32,
}

/// Points that stand alone between zeros.
#[derive(Debug, Default)]
pub(super) struct LonePoints {
    /// The median of their heights; 0 if there are few.
    height: f64,
    /// How many they are, over the number of points.
    density: f64,
}

impl LonePoints {
    /// Those of a spectrum; none where zeros are rare.
    pub(super) fn of(intensities: &[f32], room: &mut Vec<f64>) -> Self {
        let n_zeros = intensities
            .iter()
            .fold(0_u32, |n, v| n + u32::from(*v <= 0.0));
        if f64::from(n_zeros) < RARE_ZEROS * intensities.len() as f64 {
            return Self::default();
        }
        room.clear();
        let mut run: Vec<f32> = Vec::new();
        for &intensity in intensities {
            if intensity > 0.0 {
                if run.len() <= MAX_LONE_RUN {
                    run.push(intensity);
                }
            } else if !run.is_empty() {
                if run.len() <= MAX_LONE_RUN {
                    room.push(f64::from(run.iter().copied().fold(0.0, f32::max)));
                }
                run.clear();
            }
        }
        if room.len() < MIN_LONE {
            return Self::default();
        }
        Self {
            height: median(room).unwrap_or_default(),
            density: room.len() as f64 / intensities.len() as f64,
        }
    }
}

impl Noise {
    /// Of a stretch, from its smoothed signal. `response` is what smoothing leaves of a lone point.
    #[expect(clippy::cast_possible_truncation, reason = "noise is kept as f32")]
    pub(super) fn of(
        raw: &[f32],
        smoothed: &[f32],
        lone: &LonePoints,
        response: f64,
        room: &mut Vec<f64>,
    ) -> Self {
        let every = raw.len().div_ceil(N_LOOKED_AT).max(1);
        if lone.density < DENSE && is_between_zeros(raw, every) {
            return Self {
                level: 0.0,
                sigma: (response * lone.height / DEFAULT_MIN_SNR) as f32,
            };
        }
        room.clear();
        room.extend(smoothed.iter().step_by(every).map(|v| f64::from(*v)));
        let level = median(room).unwrap_or_default();
        for value in room.iter_mut() {
            *value = (*value - level).abs();
        }
        let skewness = if lone.density < DENSE { 1.0 } else { SKEWNESS };
        let sigma = SIGMA_OF_MAD * median(room).unwrap_or_default();
        Self {
            level: level as f32,
            sigma: (skewness * sigma) as f32,
        }
    }
}

/// The signal between the peaks of some points: 0, or what most points have.
#[expect(clippy::cast_possible_truncation, reason = "as the signal is")]
pub(super) fn level(raw: &[f32], room: &mut Vec<f64>) -> f32 {
    let every = raw.len().div_ceil(N_LOOKED_AT).max(1);
    if is_between_zeros(raw, every) {
        return 0.0;
    }
    room.clear();
    room.extend(raw.iter().step_by(every).map(|v| f64::from(*v)));
    median(room).unwrap_or_default() as f32
}

/// Whether nothing was measured; noise may be below 0.
fn is_zero(value: f32) -> bool {
    value.abs() <= 0.0
}

/// Whether zeros, and not noise, lie between the peaks.
fn is_between_zeros(raw: &[f32], every: usize) -> bool {
    let zeros = raw.iter().step_by(every).filter(|v| is_zero(**v));
    zeros.count() as f64 >= ZEROS * raw.len().div_ceil(every) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_between_zeros_is_that_of_lone_points() {
        let mut raw = vec![0.0_f32; 400];
        for (i, place) in (5..395).step_by(10).enumerate() {
            raw[place] = if i % 2 == 0 { 9.0 } else { 11.0 };
        }
        raw[100..110].fill(1_000.0);
        let mut room = Vec::new();
        let lone = LonePoints::of(&raw, &mut room);
        let noise = Noise::of(&raw, &raw, &lone, 0.5, &mut room);
        assert!(noise.level.abs() < 1e-9);
        assert!((1.5..=1.9).contains(&noise.sigma), "{noise:?}");
    }

    #[test]
    fn noise_cut_off_at_zero_has_a_level() {
        let raw: Vec<f32> = (0..2_000_u16)
            .map(|i| {
                if i % 3 == 0 {
                    1.0 + f32::from(i % 5)
                } else {
                    0.0
                }
            })
            .collect();
        let smoothed = vec![1.0_f32; raw.len()];
        let mut room = Vec::new();
        let lone = LonePoints::of(&raw, &mut room);
        let noise = Noise::of(&raw, &smoothed, &lone, 0.5, &mut room);
        assert!((noise.level - 1.0).abs() < 1e-6, "{noise:?}");
    }

    #[test]
    fn noise_without_zeros_is_that_of_most_points() {
        let raw: Vec<f32> = (0..2_000_u16)
            .map(|i| {
                if i % 50 == 0 {
                    900.0
                } else {
                    100.0 + f32::from(i % 7)
                }
            })
            .collect();
        let mut room = Vec::new();
        let lone = LonePoints::of(&raw, &mut room);
        let noise = Noise::of(&raw, &raw, &lone, 1.0, &mut room);
        assert!((noise.level - 103.0).abs() <= 1.0, "{noise:?}");
        assert!((1.0..6.0).contains(&noise.sigma), "{noise:?}");
    }
}
