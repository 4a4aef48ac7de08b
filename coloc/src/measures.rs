//! How alike two images are: a number for each pair.
//!
//! Every measure but [`Measure::Ssim`] comes down to dot products of encoded rows, so that all
//! pairs are one matrix product: each file says how it encodes a row and what it makes of a
//! product. Whatever the measure, a pair with an image without any signal scores 0, and an image
//! with signal scores 1 with itself.

use std::fmt;
use std::str::FromStr;

use crate::error::ColocError;
use crate::prepare::{Preparation, PreparationPreset};

pub(crate) mod cosine;
pub(crate) mod dice;
pub(crate) mod jaccard;
pub(crate) mod manders;
pub(crate) mod nmi;
pub(crate) mod pearson;
pub(crate) mod smooth_pearson;
pub(crate) mod spearman;
pub(crate) mod ssim;
pub(crate) mod tfidf;

/// A measure of how alike two images are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Measure {
    /// Cosine of the images after their lower half is set to 0 and they are median-filtered.
    #[default]
    MedianThresholdedCosine,
    /// Cosine of the images as vectors of pixels.
    Cosine,
    /// Cosine of the images with pixels weighted down that have signal in many images.
    TfidfCosine,
    /// Pearson's correlation, prepared as for the first.
    Pearson,
    /// Spearman's correlation of ranks, prepared as for the first.
    Spearman,
    /// Pearson's correlation of smoothed images.
    SmoothPearson,
    /// Structural similarity.
    Ssim,
    /// Pixels of both among pixels of either, above the median.
    Jaccard,
    /// Pixels of both, twice, among pixels of each, above the median.
    Dice,
    /// Share of the first image's intensity where the second has signal, above the median.
    MandersM1,
    /// Share of the second image's intensity where the first has signal, above the median.
    MandersM2,
    /// Mutual information of the pixels above the median, normalized.
    Nmi,
}

/// Quantile below which intensities count as background.
const BACKGROUND: f64 = 0.5;

impl Measure {
    /// All measures; the default one first.
    pub const ALL: [Self; 12] = [
        Self::MedianThresholdedCosine,
        Self::Cosine,
        Self::TfidfCosine,
        Self::Pearson,
        Self::Spearman,
        Self::SmoothPearson,
        Self::Ssim,
        Self::Jaccard,
        Self::Dice,
        Self::MandersM1,
        Self::MandersM2,
        Self::Nmi,
    ];

    /// Its name on a command line and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MedianThresholdedCosine => "median_thresholded_cosine",
            Self::Cosine => "cosine",
            Self::TfidfCosine => "tfidf_cosine",
            Self::Pearson => "pearson",
            Self::Spearman => "spearman",
            Self::SmoothPearson => "smooth_pearson",
            Self::Ssim => "ssim",
            Self::Jaccard => "jaccard",
            Self::Dice => "dice",
            Self::MandersM1 => "manders_m1",
            Self::MandersM2 => "manders_m2",
            Self::Nmi => "nmi",
        }
    }

    /// Whether (i, j) and (j, i) score the same.
    pub const fn is_symmetric(self) -> bool {
        !matches!(self, Self::MandersM1 | Self::MandersM2)
    }

    /// The least and the largest score there can be.
    pub const fn range(self) -> (f32, f32) {
        match self {
            Self::Pearson | Self::Spearman | Self::SmoothPearson | Self::Ssim => (-1.0, 1.0),
            _ => (0.0, 1.0),
        }
    }

    /// How images are prepared for it.
    pub const fn preparation(self, preset: PreparationPreset) -> Preparation {
        let base = Preparation::of(preset);
        match self {
            Self::Cosine | Self::TfidfCosine | Self::Ssim => base,
            Self::MedianThresholdedCosine | Self::Pearson | Self::Spearman => Preparation {
                threshold: Some(BACKGROUND),
                is_median_filtered: true,
                ..base
            },
            Self::SmoothPearson => Preparation {
                is_smoothed: true,
                ..base
            },
            Self::Jaccard | Self::Dice | Self::MandersM1 | Self::MandersM2 | Self::Nmi => {
                Preparation {
                    threshold: Some(BACKGROUND),
                    ..base
                }
            }
        }
    }

    /// Score of a pair from the product of its rows.
    pub(crate) fn score(self, product: f32, a: RowFacts, b: RowFacts, n_columns: usize) -> f32 {
        if a.is_empty || b.is_empty {
            return 0.0;
        }
        let (low, high) = self.range();
        let score = match self {
            Self::Jaccard => jaccard::score(product, a.n_mask, b.n_mask),
            Self::Dice => dice::score(product, a.n_mask, b.n_mask),
            Self::Nmi => nmi::score(product, a.n_mask, b.n_mask, n_columns),
            _ => product,
        };
        score.clamp(low, high)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Measure {
    type Err = ColocError;

    fn from_str(name: &str) -> Result<Self, ColocError> {
        Self::ALL
            .into_iter()
            .find(|measure| measure.name() == name)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::name).join(", ");
                ColocError::UnknownMeasure {
                    name: name.into(),
                    known,
                }
            })
    }
}

/// What of a row is needed besides its products.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowFacts {
    /// Whether the prepared image has no signal.
    pub(crate) is_empty: bool,
    /// Places with signal.
    pub(crate) n_mask: u32,
}

impl Default for RowFacts {
    /// Of a row without values.
    fn default() -> Self {
        Self {
            is_empty: true,
            n_mask: 0,
        }
    }
}

impl RowFacts {
    pub(crate) fn of(row: &[f32]) -> Self {
        let count = || row.iter().map(|&value| u32::from(value > 0.0)).sum();
        let n_mask = pulp::Arch::new().dispatch(count);
        Self {
            is_empty: n_mask == 0,
            n_mask,
        }
    }
}

/// Replaces signal by 1.
pub(crate) fn mask(row: &mut [f32]) {
    for value in &mut *row {
        *value = if *value > 0.0 { 1.0 } else { 0.0 };
    }
}
