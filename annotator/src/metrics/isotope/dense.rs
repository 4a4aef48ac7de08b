//! Sums over all pixels of an image, in lanes that are added up at the end.
//!
//! Processors with AVX2 add four `f64` at once instead of two. Lanes, and the order in which they are
//! added up, are the same, so that all processors give the same bits.

#![expect(unsafe_code, reason = "the one call of a function compiled for AVX2")]

/// Pixels added side by side.
const LANES: usize = 8;

/// Sums of an image and its first one, as [`super::IsotopeSums`] has them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DenseSums {
    pub(super) total: f64,
    pub(super) min: f32,
    pub(super) max: f32,
    pub(super) squares: f64,
    pub(super) within_first: f64,
    pub(super) products: f64,
}

impl DenseSums {
    /// The sums over the intensities of all pixels, 0 where there is no signal.
    pub(super) fn of(image: &[f32], first: &[f32]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { of_avx2(image, first) };
        }
        of_lanes(image, first)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn of_avx2(image: &[f32], first: &[f32]) -> DenseSums {
    of_lanes(image, first)
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled anew for each kind of processor"
)]
fn of_lanes(image: &[f32], first: &[f32]) -> DenseSums {
    let mut sums = [[0.0_f64; LANES]; 4];
    let (mut min, mut max) = ([f32::INFINITY; LANES], [0.0_f32; LANES]);
    let mut add = |values: &[f32], firsts: &[f32]| {
        let [total, squares, products, within] = &mut sums;
        for (lane, (&value, &first)) in values.iter().zip(firsts).enumerate() {
            min[lane] = min[lane].min(if value > 0.0 { value } else { f32::INFINITY });
            max[lane] = max[lane].max(value);
            let value = f64::from(value);
            total[lane] += value;
            squares[lane] += value * value;
            products[lane] += value * f64::from(first);
            within[lane] += if first > 0.0 { value } else { 0.0 };
        }
    };
    let (values, rest) = image.as_chunks::<LANES>();
    let (firsts, first_rest) = first.as_chunks::<LANES>();
    for (values, firsts) in values.iter().zip(firsts) {
        add(values, firsts);
    }
    add(rest, first_rest);
    let [total, squares, products, within_first] = sums.map(|lanes| lanes.iter().sum());
    let min = min.into_iter().fold(f32::INFINITY, f32::min);
    let max = max.into_iter().fold(0.0, f32::max);
    DenseSums {
        total,
        min,
        max,
        squares,
        within_first,
        products,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn image() -> impl Strategy<Value = Vec<(f32, f32)>> {
        let value = prop_oneof![Just(0.0_f32), 1e-3_f32..1e9];
        proptest::collection::vec((value.clone(), value), 1..200)
    }

    proptest! {
        #[test]
        fn all_processors_give_the_same_bits(pixels in image()) {
            let (image, first): (Vec<f32>, Vec<f32>) = pixels.into_iter().unzip();
            let bits = |sums: DenseSums| [
                sums.total.to_bits(), sums.squares.to_bits(), sums.products.to_bits(),
                sums.within_first.to_bits(), sums.min.to_bits().into(), sums.max.to_bits().into(),
            ];
            prop_assert_eq!(bits(DenseSums::of(&image, &first)), bits(of_lanes(&image, &first)));
        }
    }
}
