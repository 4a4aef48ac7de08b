//! Cosine: a·b / (‖a‖ ‖b‖), between 0 and 1. Unchanged when an image is multiplied by a number.
//!
//! An empty image scores 0 with any; two constant images score 1.
//!
//! `median_thresholded_cosine` is the same of images whose values below the median are 0 and that
//! are median-filtered after it.
//!
//! Source: Ovchinnikova et al. 2020, doi:10.1093/bioinformatics/btaa085, section 2.4.

use crate::prepare::normalize;

/// Makes the product of two rows their cosine.
pub(crate) fn encode(row: &mut [f32]) {
    normalize(row);
}
