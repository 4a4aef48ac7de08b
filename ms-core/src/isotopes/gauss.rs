//! Gaussians at equal steps, the same bits on every machine.
//!
//! The exponential of the C library may round its last bit by processor, so this has its own.

/// Samples computed side by side.
const LANES: usize = 8;

/// Adding it rounds to a whole number that the low bits of the sum then hold: 1.5 · 2^52.
const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;

/// The leading bits of ln 2, few enough that small multiples of it are exact.
const LN2_HIGH: f64 = f64::from_bits(std::f64::consts::LN_2.to_bits() & !0xffff_ffff);

/// What is missing of ln 2, to some 20 digits beyond.
const LN2_LOW: f64 = (std::f64::consts::LN_2 - LN2_HIGH) + LN2_REST;

/// ln 2 less its nearest `f64`.
const LN2_REST: f64 = 2.319_046_813_846_3e-17;

/// e^x for −700 < x < 700, with a relative error below 4e-16.
pub(super) fn exp(x: f64) -> f64 {
    debug_assert!(x.abs() < 700.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    // The Taylor polynomial of degree 13; |r| ≤ ln 2 / 2, so what is left out is below 1e-17.
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (1.0 + r) + r2 * (inverse_factorial(2) + r * inverse_factorial(3));
    let middle = (inverse_factorial(4) + r * inverse_factorial(5))
        + r2 * (inverse_factorial(6) + r * inverse_factorial(7));
    let high = (inverse_factorial(8) + r * inverse_factorial(9))
        + r2 * (inverse_factorial(10) + r * inverse_factorial(11));
    let top = inverse_factorial(12) + r * inverse_factorial(13);
    let mantissa = low + r4 * (middle + r4 * (high + r4 * top));
    // 2^k: the whole number in the low bits of `shifted` moved into the exponent.
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    mantissa * power
}

const fn inverse_factorial(n: u32) -> f64 {
    let (mut product, mut i) = (1.0, 2);
    while i <= n {
        product *= i as f64;
        i += 1;
    }
    1.0 / product
}

/// Adds Gaussians of unit width to samples at equal steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gauss {
    /// Distance of neighbouring samples in standard deviations.
    step: f64,
    /// exp(−step²): by it the ratio of neighbouring samples falls.
    fall: f64,
    /// exp(−`LANES`·step²): by it the growth over a block falls from sample to sample.
    lane_fall: f64,
    /// exp(−`LANES`²·step²): by it the growth over a block falls from block to block.
    block_fall: f64,
}

impl Gauss {
    /// For samples `step` standard deviations apart.
    pub(super) fn new(step: f64) -> Self {
        let (square, lanes) = (step * step, LANES as f64);
        Self {
            step,
            fall: exp(-square),
            lane_fall: exp(-square * lanes),
            block_fall: exp(-square * lanes * lanes),
        }
    }

    /// Adds `height`·exp(−t²/2) to the samples, for t from `t` on in steps.
    pub(super) fn add(self, samples: &mut [f64], height: f64, t: f64) {
        let mut value = height * exp(-0.5 * t * t);
        let mut ratio = exp(-self.step * (t + 0.5 * self.step));
        let (mut values, mut ratios) = ([0.0; LANES], [1.0; LANES]);
        for lane in &mut values {
            *lane = value;
            value *= ratio;
            ratio *= self.fall;
        }
        // The quotient of values one block apart.
        let width = LANES as f64 * self.step;
        let mut growth = exp(-width * (t + 0.5 * width));
        for lane in &mut ratios {
            *lane = growth;
            growth *= self.lane_fall;
        }
        let mut blocks = samples.chunks_exact_mut(LANES);
        for block in &mut blocks {
            for i in 0..LANES {
                block[i] += values[i];
                values[i] *= ratios[i];
                ratios[i] *= self.block_fall;
            }
        }
        for (sample, value) in blocks.into_remainder().iter_mut().zip(values) {
            *sample += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn exp_is_that_of_the_library(x in -100.0..100.0) {
            prop_assert!((exp(x) / f64::exp(x) - 1.0).abs() < 1e-15);
        }

        #[test]
        fn samples_are_a_gaussian(t in -8.0..3.0, n in 0..60_usize, step in 0.05..0.3) {
            let mut samples = vec![1.0; n];
            Gauss::new(step).add(&mut samples, 2.0, t);
            for (k, sample) in samples.iter().enumerate() {
                let t = t + k as f64 * step;
                let expected = 1.0 + 2.0 * (-0.5 * t * t).exp();
                prop_assert!((sample - expected).abs() < 1e-12, "{k}: {sample} {expected}");
            }
        }
    }
}
