//! Settings of a segmentation, and their checks.

use crate::error::ColocError;

/// How pixels are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A mixture of Gaussians with covariances of their own.
    GaussianMixture,
    /// k-means: Gaussians that share one variance in all directions.
    KMeans,
}

/// Settings of a segmentation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentConfig {
    /// How pixels are grouped.
    pub method: Method,
    /// Segments; without a number, the one of lowest BIC up to `max_segments`.
    pub n_segments: Option<usize>,
    /// Segments tried at most.
    pub max_segments: usize,
    /// Principal components at most.
    pub n_components: usize,
    /// How much the four neighbours of a pixel count: 0 is not at all; 1 makes a pixel whose
    /// neighbours all are of one segment 55 times as likely to be of it.
    pub smoothing: f64,
    /// Seed of the starts.
    pub seed: u64,
}

/// Most components: a Gaussian's cost grows with their square.
const MAX_COMPONENTS: usize = 32;

impl SegmentConfig {
    pub(super) fn check(&self) -> Result<(), ColocError> {
        let number = |setting, range, found: usize, allowed: std::ops::RangeInclusive<usize>| {
            let error = ColocError::Setting {
                setting,
                range,
                found: found as f64,
            };
            if allowed.contains(&found) {
                Ok(())
            } else {
                Err(error)
            }
        };
        let range = "lie between 1 and 64";
        number(
            "the number of segments",
            range,
            self.n_segments.unwrap_or(1),
            1..=64,
        )?;
        number(
            "the largest number of segments",
            range,
            self.max_segments,
            1..=64,
        )?;
        let range = "lie between 1 and 32";
        number(
            "the number of components",
            range,
            self.n_components,
            1..=MAX_COMPONENTS,
        )?;
        if !(self.smoothing.is_finite() && self.smoothing >= 0.0) {
            let (setting, found) = ("smoothing", self.smoothing);
            return Err(ColocError::Setting {
                setting,
                range: "be 0 or more",
                found,
            });
        }
        Ok(())
    }
}
