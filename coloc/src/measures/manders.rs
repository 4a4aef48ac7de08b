//! Manders' coefficients: M1 is the share of the first image's intensity where the second has
//! signal, Σ aᵢ [bᵢ > 0] / Σ aᵢ; M2 is M1 with the images exchanged. Between 0 and 1. Unchanged when
//! an image is multiplied by a number. Not symmetric: M1(i, j) = M2(j, i).
//!
//! An empty image scores 0 with any; of two constant images each covers the other: 1.
//!
//! Source: Manders, Verbeek, Aten 1993, doi:10.1111/j.1365-2818.1993.tb03313.x.

use crate::images::narrow;

/// Makes the product of a row with a mask the share of intensity within the mask.
pub(crate) fn encode(row: &mut [f32]) {
    let sum: f64 = row.iter().copied().map(f64::from).sum();
    if sum > 0.0 {
        for value in &mut *row {
            *value = narrow(f64::from(*value) / sum);
        }
    }
}
