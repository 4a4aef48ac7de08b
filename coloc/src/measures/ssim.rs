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
use crate::prepare::Blur;

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
            row.iter_mut()
                .zip(means)
                .for_each(|(square, mean)| *square -= mean * mean);
        });
        Self {
            width,
            values,
            means,
            variances,
        }
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
                *out = self.mean(a, others, b, &products);
            }
        }
    }

    /// Every operation has the same bits with the two images exchanged.
    fn mean(&self, a: usize, others: &Self, b: usize, products: &[f32]) -> f32 {
        let means = self.means.row(a).iter().zip(others.means.row(b));
        let variances = self.variances.row(a).iter().zip(others.variances.row(b));
        let terms = means
            .zip(variances)
            .zip(products)
            .map(|(((ma, mb), (va, vb)), product)| {
                let both = ma * mb;
                let above = (2.0 * both + C1) * (2.0 * (product - both) + C2);
                f64::from(above / ((ma * ma + mb * mb + C1) * (va + vb + C2)))
            });
        narrow(terms.sum::<f64>() / products.len().max(1) as f64)
    }
}
