//! Random numbers that depend on the seed and on what they are for, never on the order of use.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// What random numbers are for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Outline,
    Islands,
    Profile,
    Texture,
    Choice,
    Molecule,
    Matrix,
    NoiseIon,
    PixelDefects,
    Drift,
    Scan,
    Unknown,
    Companion,
    Donor,
    Batch,
    Residual,
}

/// Generator for one item of a purpose; `id` below 2⁴⁸.
pub(crate) fn generator(seed: u64, purpose: Purpose, id: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(((purpose as u64) << 48) | id);
    generator
}

/// A standard normal number.
pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// A log-normal factor of median 1, `sigma` in natural logarithms.
#[expect(clippy::cast_possible_truncation, reason = "factors of moderate size")]
pub(crate) fn factor(rng: &mut ChaCha8Rng, sigma: f64) -> f32 {
    (sigma * normal(rng)).exp() as f32
}

/// A log-normal intensity, `decades` being the standard deviation of its decimal logarithm.
#[expect(
    clippy::cast_possible_truncation,
    reason = "intensities are stored as f32"
)]
pub(crate) fn intensity(rng: &mut ChaCha8Rng, median: f64, decades: f64) -> f32 {
    (median * 10_f64.powf(decades * normal(rng))) as f32
}
