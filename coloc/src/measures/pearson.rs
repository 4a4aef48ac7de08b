//! Pearson's correlation: the cosine of a − ā and b − b̄, between −1 and 1. Unchanged when an image
//! is multiplied by a positive number.
//!
//! A constant image has no correlation; it scores 0 with any other.
//!
//! Source: `scipy.stats.pearsonr`; Ovchinnikova et al. 2020, doi:10.1093/bioinformatics/btaa085.

use crate::images::narrow;
use crate::prepare::normalize;

/// Makes the product of two rows their correlation.
pub(crate) fn encode(row: &mut [f32]) {
    let first = row.first().copied().unwrap_or_default();
    if row.iter().all(|value| value.total_cmp(&first).is_eq()) {
        row.fill(0.0);
        return;
    }
    let mean = row.iter().copied().map(f64::from).sum::<f64>() / row.len() as f64;
    for value in &mut *row {
        *value = narrow(f64::from(*value) - mean);
    }
    normalize(row);
}
