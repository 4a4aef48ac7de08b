//! Intensities to levels.

#![expect(
    clippy::inline_always,
    reason = "compiled anew for each kind of processor"
)]

use pulp::Arch;

/// Values looked at side by side.
const LANES: usize = 16;

/// The lowest values of the levels: `max·j/L` of level j of L, in `f32` as the engine.
#[derive(Debug, Default)]
pub(super) struct Thresholds {
    /// The largest value.
    max: f32,
    /// L.
    n_levels: u16,
    /// Levels in a unit of intensity.
    per_intensity: f64,
}

impl Thresholds {
    /// For an image of values ≥ 0.
    pub(super) fn set(&mut self, values: &[f32], n_levels: u16) {
        let max = Arch::new().dispatch(|| max(values));
        let per_intensity = f64::from(n_levels) / f64::from(max);
        *self = Self {
            max,
            n_levels,
            per_intensity,
        };
    }

    /// How many thresholds lie below each value.
    pub(super) fn below(&self, values: &[f32], out: &mut [u8]) {
        Arch::new().dispatch(|| {
            for (out, &value) in out.iter_mut().zip(values) {
                *out = self.below_one(value);
            }
        });
    }

    /// The quotient, which rounding moves by less than one level, and what the next two thresholds
    /// say.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 255"
    )]
    fn below_one(&self, value: f32) -> u8 {
        let n_levels = i32::from(self.n_levels);
        let quotient = ((f64::from(value) * self.per_intensity) as i32).min(n_levels);
        let exceeds = |level: i32| {
            let threshold = self.max * level as f32 / f32::from(self.n_levels);
            i32::from(level < n_levels) & i32::from(value > threshold)
        };
        (quotient + exceeds(quotient) + exceeds(quotient + 1)) as u8
    }
}

/// The largest of values ≥ 0, 0 of none.
#[inline(always)]
fn max(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, value);
        }
    }
    lanes
        .into_iter()
        .chain(rest.iter().copied())
        .fold(0.0, larger)
}
