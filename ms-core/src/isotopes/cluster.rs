//! Fine-structure peaks whose Gaussians overlap, so that they make maxima together.

use std::ops::Range;

/// Fine-structure peaks that are within reach of one another.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    /// Their numbers in the ion.
    pub(super) peaks: Range<usize>,
    /// No maximum of the cluster is higher.
    pub(super) upper: f64,
    /// Some maximum of the cluster is at least nearly as high.
    pub(super) lower: f64,
}
