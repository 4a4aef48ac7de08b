//! Normalized mutual information of the pixels with and without signal: I(A; B) / ((H(A) + H(B)) / 2),
//! between 0 and 1. Unchanged when an image is multiplied by a number. It tells dependence, not
//! direction: an image and its complement score 1.
//!
//! An image with signal everywhere or nowhere has no entropy; it scores 0 with any other.
//!
//! Source: Strehl, Ghosh 2002, J. Mach. Learn. Res. 3, 583–617, with the arithmetic mean, as
//! `sklearn.metrics.normalized_mutual_info_score`.

use crate::images::narrow;

/// From |A ∩ B|, |A|, |B| and the number of pixels.
pub(crate) fn score(both: f32, a: u32, b: u32, n: usize) -> f32 {
    let n = n as f64;
    // In one order, so that (i, j) and (j, i) are rounded alike.
    let (both, a, b) = (f64::from(both), f64::from(a.min(b)), f64::from(a.max(b)));
    let term = |count: f64| {
        if count > 0.0 {
            -(count / n) * (count / n).ln()
        } else {
            0.0
        }
    };
    let (h_a, h_b) = (term(a) + term(n - a), term(b) + term(n - b));
    if h_a <= 0.0 || h_b <= 0.0 {
        return 0.0;
    }
    let joint = term(both) + term(a - both) + term(b - both) + term(n - a - b + both);
    narrow(2.0 * (h_a + h_b - joint) / (h_a + h_b))
}
