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

/// Lone points that are enough to know their height and density: no more are looked for.
const ENOUGH_LONE: usize = 1_024;

/// Points that are looked at one after another …
const BLOCK: usize = 1_024;

/// … and of so many such blocks the next one is looked at, until there are enough lone points.
const BLOCKS_APART: usize = 16;

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
        room.clear();
        let (mut n_looked_at, mut n_zeros) = (0, 0);
        for first in 0..BLOCKS_APART {
            if room.len() >= ENOUGH_LONE {
                break;
            }
            for block in intensities.chunks(BLOCK).skip(first).step_by(BLOCKS_APART) {
                n_looked_at += block.len();
                n_zeros += add_lone(block, room);
            }
            if f64::from(n_zeros) < RARE_ZEROS * n_looked_at as f64 {
                return Self::default();
            }
        }
        if room.len() < MIN_LONE {
            return Self::default();
        }
        let density = room.len() as f64 / n_looked_at as f64;
        Self {
            height: median(room).unwrap_or_default(),
            density,
        }
    }
}

/// Adds the heights of points that stand alone between zeros, one or two beside each other; gives the
/// number of zeros.
///
/// What the points begin or end with may be of a peak, and counts for nothing.
fn add_lone(intensities: &[f32], heights: &mut Vec<f64>) -> u32 {
    // A bit for each point that is above 0; beyond the points all are.
    let mut words = [u64::MAX; BLOCK / 64];
    let mut n_zeros = 0;
    for (word, points) in words.iter_mut().zip(intensities.chunks(64)) {
        let mut flags = [1_u8; 64];
        for (flag, value) in flags.iter_mut().zip(points) {
            *flag = u8::from(*value > 0.0);
        }
        let (eights, _) = flags.as_chunks::<8>();
        *word = (0..).zip(eights).fold(0, |bits, (place, eight)| {
            // The lowest bits of eight bytes, side by side.
            let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            bits | gathered << (8 * place)
        });
        n_zeros += word.count_zeros();
    }
    for (number, &here) in words.iter().enumerate() {
        let below = number.checked_sub(1).map_or(u64::MAX, |below| words[below]);
        let above = words.get(number + 1).copied().unwrap_or(u64::MAX);
        let before = here << 1 | below >> 63;
        let [next, second] = [1, 2].map(|n| here >> n | above << (64 - n));
        let begins = here & !before;
        let (single, double) = (begins & !next, begins & next & !second);
        let mut rest = single | double;
        while rest != 0 {
            let bit = rest.trailing_zeros() as usize;
            let place = 64 * number + bit;
            let height = if double >> bit & 1 == 1 {
                intensities[place].max(intensities[place + 1])
            } else {
                intensities[place]
            };
            heights.push(f64::from(height));
            rest &= rest - 1;
        }
    }
    n_zeros
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

    /// Against a count that goes from point to point.
    #[test]
    fn lone_points_are_one_or_two_between_zeros() {
        let mut state = 3_u32;
        for n in [0, 1, 2, 3, 63, 64, 65, 127, 128, 129, 700, 1_023, 1_024] {
            for of_eight in 1..8 {
                let points: Vec<f32> = (1_u16..)
                    .take(n)
                    .map(|height| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let is_above = state >> 29 < of_eight;
                        if is_above { f32::from(height) } else { 0.0 }
                    })
                    .collect();
                let mut expected = Vec::new();
                let runs = points.chunk_by(|a, b| (*a > 0.0) == (*b > 0.0));
                let runs: Vec<&[f32]> = runs.collect();
                for run in runs.iter().skip(1).take(runs.len().saturating_sub(2)) {
                    if run[0] > 0.0 && run.len() <= 2 {
                        expected.push(f64::from(run.iter().copied().fold(0.0, f32::max)));
                    }
                }
                let mut found = Vec::new();
                let n_zeros = add_lone(&points, &mut found);
                assert_eq!(found, expected, "{n} {of_eight}");
                let zeros = points.iter().filter(|value| **value <= 0.0);
                assert_eq!(n_zeros as usize, zeros.count());
            }
        }
    }

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
