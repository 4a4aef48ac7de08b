//! One ranking: targets and decoys, and what each is judged by.

use crate::config::MzErrorFeature;
use crate::metrics::{Details, Scores};

/// What an ion of MSM > 0 is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct IonMetrics {
    /// Spatial chaos.
    pub chaos: f64,
    /// Correlation of the isotopic images with the first.
    pub spatial: f64,
    /// Likeness of the isotopic pattern.
    pub spectral: f64,
    /// chaos · spatial · spectral.
    pub msm: f64,
    /// Mean m/z error of the first isotope in Th.
    pub mz_err_abs: f64,
    /// Weighted mean m/z error of the others relative to the first, in Th.
    pub mz_err_rel: f64,
}

impl IonMetrics {
    /// Of an ion's scores and details.
    pub fn new(scores: &Scores, details: &Details) -> Self {
        Self {
            chaos: scores.chaos.unwrap_or(0.0),
            spatial: scores.spatial,
            spectral: scores.spectral,
            msm: scores.msm,
            mz_err_abs: details.mz_err_abs,
            mz_err_rel: details.mz_err_rel,
        }
    }
}

/// The targets of one molecule table and modifier and their decoys, those of MSM > 0.
#[derive(Debug, Clone, Copy)]
pub struct Ranking<'a> {
    /// The targets.
    pub targets: &'a [IonMetrics],
    /// The decoys.
    pub decoys: &'a [IonMetrics],
    /// Decoys for each target, counting those without a score.
    pub decoys_per_target: f64,
    /// How models see m/z errors.
    pub mz_error: MzErrorFeature,
}

impl Ranking<'_> {
    /// Number of targets and decoys.
    pub fn len(&self) -> usize {
        self.targets.len() + self.decoys.len()
    }

    /// Whether there is nothing to rank.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The targets, then the decoys.
    pub fn ions(&self) -> impl Iterator<Item = &IonMetrics> {
        self.targets.iter().chain(self.decoys)
    }
}
