//! Dice coefficient: 2 |A ∩ B| / (|A| + |B|) of the pixels with signal, between 0 and 1. Unchanged
//! when an image is multiplied by a number.
//!
//! An empty image scores 0 with any.
//!
//! Source: Dice 1945, doi:10.2307/1932409.

/// From |A ∩ B|, |A| and |B|.
pub(crate) fn score(both: f32, a: u32, b: u32) -> f32 {
    2.0 * both / (a as f32 + b as f32)
}
