//! Spatial score: whether the isotopic images look like the first.

use super::isotope::IsotopeSums;

/// Relative variance of an image below which it is constant to rounding.
const CONSTANT: f64 = 1e-12;

/// Σ t·r / Σ t over all isotopes but the first, r the Pearson correlation of an image with the
/// first over the pixels of the dataset, clipped to [0, 1].
///
/// 0 if the first image has fewer than two pixels or the pattern no other peak; the correlation
/// with an absent or constant image is 0.
///
/// # Source
/// `image_correlation` of the METASPACE engine, whose current version sums in `f32` one pixel after
/// another and is off by up to 1.1e-4 at 30,000 pixels (median 4e-7); sums here are `f64`.
pub fn spatial(isotopes: &[IsotopeSums], theoretical: &[f32], n_pixels: usize) -> f64 {
    let Some((first, others)) = isotopes.split_first() else {
        return 0.0;
    };
    let weights: f64 = theoretical.iter().skip(1).map(|&t| f64::from(t)).sum();
    if first.n_pixels < 2 || weights <= 0.0 {
        return 0.0;
    }
    let weighted: f64 = others
        .iter()
        .zip(&theoretical[1..])
        .map(|(other, &t)| f64::from(t) * correlation(first, other, n_pixels as f64))
        .sum();
    (weighted / weights).clamp(0.0, 1.0)
}

/// Pearson correlation of an image with the first over all pixels; 0 with a constant one.
pub(super) fn correlation(first: &IsotopeSums, other: &IsotopeSums, n_pixels: f64) -> f64 {
    let variance = |sums: &IsotopeSums| {
        let variance = sums.squares - sums.total * sums.total / n_pixels;
        if variance > CONSTANT * sums.squares {
            variance
        } else {
            0.0
        }
    };
    let scale = variance(first) * variance(other);
    if scale <= 0.0 {
        return 0.0;
    }
    (other.products - first.total * other.total / n_pixels) / scale.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imager::Drawing;
    use proptest::prelude::*;

    fn score(images: &[Vec<f32>], theoretical: &[f32]) -> f64 {
        let n = images[0].len();
        let mut first = Drawing::of_raster(&images[0]);
        first.lay_out();
        let mut isotopes = vec![IsotopeSums::default(); images.len()];
        isotopes[0].finish_first(&first);
        for (sums, image) in isotopes.iter_mut().zip(images).skip(1) {
            sums.finish_other(&Drawing::of_raster(image), &first);
        }
        spatial(&isotopes, theoretical, n)
    }

    fn naive_pearson(a: &[f32], b: &[f32]) -> f64 {
        let mean = |v: &[f32]| v.iter().map(|&x| f64::from(x)).sum::<f64>() / v.len() as f64;
        let (ma, mb) = (mean(a), mean(b));
        let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            a.iter()
                .zip(b)
                .map(|(&x, &y)| f(f64::from(x) - ma, f64::from(y) - mb))
                .sum()
        };
        sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
    }

    proptest! {
        #[test]
        fn equals_the_textbook(
            a in prop::collection::vec(0.0_f32..100.0, 9),
            b in prop::collection::vec(0.0_f32..100.0, 9),
        ) {
            let expected = naive_pearson(&a, &b).clamp(0.0, 1.0);
            prop_assert!((score(&[a, b], &[100.0, 30.0]) - expected).abs() < 1e-9);
        }

        #[test]
        fn scale_does_not_matter(a in prop::collection::vec(0.0_f32..100.0, 9), scale in 0.01_f32..100.0) {
            let b: Vec<f32> = a.iter().rev().copied().collect();
            let scaled: Vec<f32> = b.iter().map(|v| v * scale).collect();
            let pattern = [100.0, 30.0];
            prop_assert!((score(&[a.clone(), b], &pattern) - score(&[a, scaled], &pattern)).abs() < 1e-5);
        }
    }

    #[test]
    fn constant_and_absent_images_correlate_with_nothing() {
        assert!(score(&[vec![0.1; 9], vec![0.3; 9]], &[100.0, 30.0]).abs() < f64::EPSILON);
        assert!(score(&[vec![1.0, 2.0, 3.0], vec![0.0; 3]], &[100.0, 30.0]).abs() < f64::EPSILON);
        assert!(score(&[vec![1.0, 0.0], vec![1.0, 0.0]], &[100.0, 30.0]).abs() < f64::EPSILON);
    }
}
