//! Jaccard index: |A ∩ B| / |A ∪ B| of the pixels with signal, between 0 and 1. Unchanged when an
//! image is multiplied by a number.
//!
//! An empty image scores 0 with any.
//!
//! Source: Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x.

/// From |A ∩ B|, |A| and |B|.
pub(crate) fn score(both: f32, a: u32, b: u32) -> f32 {
    // Counts of pixels are below 2^24 in any raster of 2 GiB, and exact as f32.
    both / (a as f32 + b as f32 - both)
}
