//! An image in few numbers: its intensities, added up in groups of pixels that are drawn once for all
//! images of a size. Two images of a dataset correlate by their groups as they do by their pixels, whoever
//! has measured them and whenever, without being in memory together.

use crate::imager::Drawing;

/// Groups of an image.
pub const N_GROUPS: usize = 256;

/// Standard deviations of 95 % within.
const Z_95: f64 = 1.96;

/// The group of a pixel, as if drawn: neighbours lie in groups that have nothing to do with each other.
/// (The last step of `MurmurHash3`.)
fn group_of(pixel: u32) -> usize {
    let mut bits = pixel ^ (pixel >> 16);
    bits = bits.wrapping_mul(0x85eb_ca6b);
    bits ^= bits >> 13;
    bits = bits.wrapping_mul(0xc2b2_ae35);
    bits ^= bits >> 16;
    bits as usize % N_GROUPS
}

/// The intensities of an image, added up in each group.
pub(super) fn group_sums(image: &Drawing) -> Vec<f32> {
    let mut sums = [0.0; N_GROUPS];
    image.for_each(|pixel, intensity| sums[group_of(pixel)] += f64::from(intensity));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a sum as precise as intensities are"
    )]
    sums.iter().map(|&sum| sum as f32).collect()
}

/// Pixels of each group, of a dataset of so many.
#[derive(Debug, Clone)]
pub struct GroupSizes {
    sizes: Vec<f64>,
}

impl GroupSizes {
    /// Of a dataset of so many pixels.
    pub fn new(n_pixels: usize) -> Self {
        let mut sizes = vec![0.0; N_GROUPS];
        for pixel in (0..).take(n_pixels) {
            sizes[group_of(pixel)] += 1.0;
        }
        Self { sizes }
    }

    /// Pearson's correlation of two images, given by the sums of their groups, each group weighted by
    /// its pixels; 0 of an image without structure.
    pub fn correlation(&self, a: &[f32], b: &[f32]) -> f64 {
        let n_pixels: f64 = self.sizes.iter().sum();
        let mean = |sums: &[f32]| sums.iter().copied().map(f64::from).sum::<f64>() / n_pixels;
        let (mean_a, mean_b) = (mean(a), mean(b));
        let (mut squares_a, mut squares_b, mut products) = (0.0, 0.0, 0.0);
        for ((&size, &a), &b) in self.sizes.iter().zip(a).zip(b) {
            if size > 0.0 {
                let a = f64::from(a) - size * mean_a;
                let b = f64::from(b) - size * mean_b;
                squares_a += a * a / size;
                squares_b += b * b / size;
                products += a * b / size;
            }
        }
        let scale = (squares_a * squares_b).sqrt();
        if scale > 0.0 { products / scale } else { 0.0 }
    }

    /// The lower bound, at 95 %, of a correlation that was found so (Fisher's transformation): far below
    /// where there are few pixels.
    pub fn lower_bound(&self, correlation: f64) -> f64 {
        let n_used = self.sizes.iter().filter(|&&size| size > 0.0).count();
        if n_used <= 3 {
            return -1.0;
        }
        let of_infinity = 1.0 - f64::EPSILON;
        let z = libm::atanh(correlation.clamp(-of_infinity, of_infinity));
        libm::tanh(z - Z_95 / (n_used as f64 - 3.0).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums_of(image: &[f32]) -> Vec<f32> {
        group_sums(&Drawing::of_raster(image))
    }

    /// Numbers as if drawn.
    fn noise(seed: u64, n: usize) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u32 << 24) as f32
        };
        (0..n).map(|_| next()).collect()
    }

    fn pearson(a: &[f32], b: &[f32]) -> f64 {
        let n = a.len() as f64;
        let mean = |values: &[f32]| values.iter().copied().map(f64::from).sum::<f64>() / n;
        let (mean_a, mean_b) = (mean(a), mean(b));
        let sum = |x: &[f32], mean_x: f64, y: &[f32], mean_y: f64| -> f64 {
            let pairs = x.iter().zip(y);
            pairs
                .map(|(&x, &y)| (f64::from(x) - mean_x) * (f64::from(y) - mean_y))
                .sum()
        };
        sum(a, mean_a, b, mean_b) / (sum(a, mean_a, a, mean_a) * sum(b, mean_b, b, mean_b)).sqrt()
    }

    #[test]
    fn groups_correlate_as_pixels_do() {
        for n in [300, 3_000, 100_000] {
            let sizes = GroupSizes::new(n);
            for share in [0.0, 0.5, 1.0, 3.0] {
                // A tissue on the left half, and what both have in common.
                let common = noise(1, n);
                let image = |seed| -> Vec<f32> {
                    let own = noise(seed, n);
                    let is_left = |i: usize| i % 50 < 25;
                    (0..n)
                        .map(|i| own[i] + if is_left(i) { share * common[i] } else { 0.0 })
                        .collect()
                };
                let (a, b) = (image(2), image(3));
                let found = sizes.correlation(&sums_of(&a), &sums_of(&b));
                let expected = pearson(&a, &b);
                assert!(
                    (found - expected).abs() < 0.2,
                    "{n} {share}: {found}, {expected}"
                );
                assert!(sizes.lower_bound(found) < expected);
            }
        }
    }

    #[test]
    fn an_image_is_like_itself_and_its_multiples() {
        let image = noise(5, 1_000);
        let sizes = GroupSizes::new(image.len());
        let twice: Vec<f32> = image.iter().map(|x| 2.0 * x).collect();
        let found = sizes.correlation(&sums_of(&image), &sums_of(&twice));
        assert!((found - 1.0).abs() < 1e-6, "{found}");
        let flat = vec![1.0; image.len()];
        assert!(sizes.correlation(&sums_of(&image), &sums_of(&flat)).abs() < 1e-3);
    }

    #[test]
    fn few_pixels_prove_nothing() {
        let eight = GroupSizes::new(8);
        assert!(eight.lower_bound(0.76) < 0.2);
        assert!(GroupSizes::new(3).lower_bound(1.0) < 0.0);
        let many = GroupSizes::new(10_000);
        assert!(many.lower_bound(0.6) > 0.5 && many.lower_bound(0.6) < 0.6);
        assert!(many.lower_bound(1.0) > 0.99);
    }
}
