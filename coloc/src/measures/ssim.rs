//! Structural similarity: the mean over places of
//!
//! ```text
//! (2 μa μb + C1) (2 σab + C2) / ((μa² + μb² + C1) (σa² + σb² + C2))
//! ```
//!
//! with means, variances and covariance under a Gaussian window (σ = 1.5, cut at 3.5 σ: 11 × 11),
//! C1 = 0.01², C2 = 0.03²; between −1 and 1. Each image is divided by its maximum first and the data
//! range is 1, so that multiplying an image by a number changes nothing. (skimage's default range
//! for floats is 2; the published figure was made with it.)
//!
//! An empty image scores 0 with any. Where both images are 0 the term is 1: sparse images score high.
//! Beyond the border images are reflected, and the mean is over the whole bounding box, so that
//! images smaller than the window have a score too; skimage leaves 5 pixels at the border out.
//!
//! Cost: a convolution for each pair, some 50 operations a place; no matrix product.
//!
//! Source: Wang, Bovik, Sheikh, Simoncelli 2004, doi:10.1109/TIP.2003.819861, equation 13;
//! `skimage.metrics.structural_similarity(gaussian_weights=True, use_sample_covariance=False)`.

use crate::images::narrow;
use crate::panels::Panels;

const SIGMA: f64 = 1.5;
const RADIUS: usize = 5;
const C1: f32 = 0.01 * 0.01;
const C2: f32 = 0.03 * 0.03;

/// Images with their local means and variances, each a row over the bounding box.
#[derive(Debug)]
pub(crate) struct Maps {
    pub(crate) width: usize,
    pub(crate) values: Panels,
    pub(crate) means: Panels,
    pub(crate) variances: Panels,
}

impl Maps {
    /// Of rows whose maximum becomes 1.
    pub(crate) fn new(mut values: Panels, width: usize) -> Self {
        values.for_each_row(|row| {
            let max = row.iter().copied().fold(0.0, f32::max);
            if max > 0.0 {
                for value in &mut *row {
                    *value /= max;
                }
            }
        });
        let blurred = |values: &Panels| {
            let mut blurred = values.clone();
            blurred.for_each_row(|row| Blur::default().apply(row, width));
            blurred
        };
        let means = blurred(&values);
        let mut squares = values.clone();
        squares.for_each_row(|row| row.iter_mut().for_each(|value| *value *= *value));
        let mut variances = blurred(&squares);
        variances.for_each_row_with(&means, |row, means| {
            row.iter_mut().zip(means).for_each(|(square, mean)| *square -= mean * mean);
        });
        Self { width, values, means, variances }
    }

    /// Scores of the images of two panels, `rows of i × rows of j`.
    pub(crate) fn tile(&self, i: usize, others: &Self, j: usize, out: &mut [f32]) {
        let n_columns = others.values.rows(j).len();
        let mut products = vec![0.0; self.values.n_columns()];
        let mut blur = Blur::default();
        for (a, out) in self.values.rows(i).zip(out.chunks_exact_mut(n_columns)) {
            for (b, out) in others.values.rows(j).zip(out) {
                let pairs = self.values.row(a).iter().zip(others.values.row(b));
                for (product, (of_a, of_b)) in products.iter_mut().zip(pairs) {
                    *product = of_a * of_b;
                }
                blur.apply(&mut products, self.width);
                *out = self.mean(a, (others, b), &products);
            }
        }
    }

    /// Every operation has the same bits with the two images exchanged.
    fn mean(&self, a: usize, (others, b): (&Self, usize), products: &[f32]) -> f32 {
        let means = self.means.row(a).iter().zip(others.means.row(b));
        let variances = self.variances.row(a).iter().zip(others.variances.row(b));
        let terms = means.zip(variances).zip(products).map(|(((ma, mb), (va, vb)), product)| {
            let both = ma * mb;
            let above = (2.0 * both + C1) * (2.0 * (product - both) + C2);
            f64::from(above / ((ma * ma + mb * mb + C1) * (va + vb + C2)))
        });
        narrow(terms.sum::<f64>() / products.len().max(1) as f64)
    }
}

/// A Gaussian window, one direction after the other.
#[derive(Debug)]
struct Blur {
    kernel: [f32; 2 * RADIUS + 1],
    padded: Vec<f32>,
    column: Vec<f32>,
}

impl Default for Blur {
    fn default() -> Self {
        let weight = |i: usize| {
            let x = (i as f64 - RADIUS as f64) / SIGMA;
            (-0.5 * x * x).exp()
        };
        let sum: f64 = (0..=2 * RADIUS).map(weight).sum();
        let kernel = std::array::from_fn(|i| narrow(weight(i) / sum));
        Self { kernel, padded: Vec::new(), column: Vec::new() }
    }
}

impl Blur {
    fn apply(&mut self, image: &mut [f32], width: usize) {
        if image.is_empty() {
            return;
        }
        let height = image.len() / width;
        self.column.clear();
        self.column.resize(image.len(), 0.0);
        for y in 0..height {
            let out = &mut self.column[y * width..][..width];
            for (k, &weight) in self.kernel.iter().enumerate() {
                let from = reflected(y + k, height);
                let row = &image[from * width..][..width];
                out.iter_mut().zip(row).for_each(|(out, value)| *out += weight * value);
            }
        }
        self.padded.resize(width + 2 * RADIUS, 0.0);
        for (row, out) in self.column.chunks_exact(width).zip(image.chunks_exact_mut(width)) {
            for (x, value) in self.padded.iter_mut().enumerate() {
                *value = row[reflected(x, width)];
            }
            out.fill(0.0);
            for (k, &weight) in self.kernel.iter().enumerate() {
                let shifted = &self.padded[k..];
                out.iter_mut().zip(shifted).for_each(|(out, value)| *out += weight * value);
            }
        }
    }
}

/// Where `at − RADIUS` is after reflections at both borders: d c b a | a b c d | d c b a.
fn reflected(at: usize, n: usize) -> usize {
    let at = (at + 2 * n * RADIUS - RADIUS) % (2 * n);
    if at < n { at } else { 2 * n - 1 - at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_reflect() {
        let at = |i: i32, n| reflected(usize::try_from(i + 5).unwrap(), n);
        assert_eq!([-2, -1, 0, 2, 3, 4].map(|i| at(i, 3)), [1, 0, 0, 2, 2, 1]);
        assert_eq!([-5, 0, 5].map(|i| at(i, 1)), [0, 0, 0]);
    }

    #[test]
    fn a_blur_keeps_a_constant() {
        let mut image = vec![2.0; 6];
        Blur::default().apply(&mut image, 3);
        assert!(image.iter().all(|value| (value - 2.0).abs() < 1e-6), "{image:?}");
    }
}
