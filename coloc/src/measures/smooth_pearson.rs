//! Smooth Pearson: Pearson's correlation of images that were smoothed with a Gaussian window (σ = 1.5
//! pixels) after clipping; between −1 and 1. Unchanged when an image is multiplied by a positive
//! number. A measure of our own.
//!
//! The noise of a pixel is its own and averages out; what lies together varies over more than a pixel.
//! Nothing is cut off at the median, so that weak regions count, and a background that all pixels
//! share does not, as the mean is subtracted. What is finer than two pixels is lost.
//!
//! A constant image has no correlation; it scores 0 with any other, and so does an empty one.
//!
//! How it compares with the others: docs/algorithm/colocalization.md.

use crate::measures::pearson;

/// A smoothed image that varies by less, relative to its largest value, is constant: rounding.
const ROUNDING: f32 = 1e-5;

/// Makes the product of two rows their correlation.
pub(crate) fn encode(row: &mut [f32]) {
    let largest = row.iter().copied().fold(0.0, f32::max);
    let least = row.iter().copied().fold(largest, f32::min);
    if largest - least <= ROUNDING * largest {
        row.fill(0.0);
        return;
    }
    pearson::encode(row);
}
