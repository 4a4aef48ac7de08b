//! Images encoded for a measure, and the scores of a block of pairs.

use crate::error::ColocError;
use crate::images::ImageSet;
use crate::measures::{Measure, RowFacts, cosine, manders, mask, pearson, spearman, ssim, tfidf};
use crate::panels::Panels;
use crate::prepare::{Domain, Preparation, Preset, Room, prepare};

/// Prepared and encoded images of all ions: what scores are computed from.
///
/// Memory: `n_ions × n_pixels` values of 4 bytes; twice that for Manders' coefficients, three times
/// for structural similarity.
#[derive(Debug)]
pub struct Features {
    pub(crate) measure: Measure,
    pub(crate) facts: Vec<RowFacts>,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    /// The product of two rows tells the score.
    Products(Panels),
    /// The product of a row of values and a row of the mask tells the score.
    Shares {
        values: Panels,
        masks: Panels,
    },
    Maps(ssim::Maps),
}

impl Features {
    /// Prepares images as a measure has them prepared, and encodes them for it.
    pub fn new(images: &ImageSet, measure: Measure, preset: Preset) -> Self {
        Self::encode(images, measure, measure.preparation(preset))
    }

    /// Prepares images as told, and encodes them for a measure.
    ///
    /// # Errors
    /// A quantile of the preparation is not between 0 and 1.
    pub fn with_preparation(
        images: &ImageSet,
        measure: Measure,
        preparation: Preparation,
    ) -> Result<Self, ColocError> {
        preparation.check()?;
        Ok(Self::encode(images, measure, preparation))
    }

    fn encode(images: &ImageSet, measure: Measure, mut preparation: Preparation) -> Self {
        if measure == Measure::Ssim {
            // Windows need neighbours.
            preparation.domain = Domain::BoundingBox;
        }
        let weights = match measure {
            Measure::TfidfCosine => tfidf::weights(images, &preparation),
            _ => Vec::new(),
        };
        let (n_ions, n_columns) = (images.len(), preparation.n_columns(images));
        let facts: Vec<std::sync::OnceLock<RowFacts>> = vec![std::sync::OnceLock::new(); n_ions];
        let values = Panels::build(n_ions, n_columns, |room: &mut EncodingRoom, ion, row| {
            prepare(images, ion, &preparation, &mut room.preparing, row);
            facts[ion].get_or_init(|| RowFacts::of(row));
            match measure {
                Measure::MedianThresholdedCosine | Measure::Cosine => cosine::encode(row),
                Measure::TfidfCosine => tfidf::encode(row, &weights),
                Measure::Pearson => pearson::encode(row),
                Measure::Spearman => spearman::encode(row, &mut room.order),
                Measure::Jaccard | Measure::Dice | Measure::Nmi => mask(row),
                Measure::MandersM1 | Measure::MandersM2 => manders::encode(row),
                Measure::Ssim => {}
            }
        });
        let rows = match measure {
            Measure::Ssim => Rows::Maps(ssim::Maps::new(values, images.raster().width as usize)),
            Measure::MandersM1 | Measure::MandersM2 => {
                let mut masks = values.clone();
                masks.for_each_row(mask);
                Rows::Shares { values, masks }
            }
            _ => Rows::Products(values),
        };
        let facts = facts.into_iter().map(|facts| facts.into_inner().unwrap_or_default()).collect();
        Self { measure, facts, rows }
    }

    /// Number of ions.
    pub fn n_ions(&self) -> usize {
        self.facts.len()
    }

    /// The measure that the images are encoded for.
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// Whether the prepared image of an ion has no signal.
    pub fn is_empty(&self, ion: usize) -> bool {
        self.facts[ion].is_empty
    }

    fn panels(&self) -> &Panels {
        match &self.rows {
            Rows::Products(values) | Rows::Shares { values, .. } => values,
            Rows::Maps(maps) => &maps.values,
        }
    }

    pub(crate) fn n_panels(&self) -> usize {
        self.panels().n_panels()
    }

    pub(crate) fn ions(&self, panel: usize) -> std::ops::Range<usize> {
        self.panels().rows(panel)
    }

    /// The panel of an ion, and its place there.
    pub(crate) fn place(&self, ion: usize) -> (usize, usize) {
        self.panels().place(ion)
    }

    /// Scores of all pairs of two panels' ions, `ions of i × ions of j`.
    pub(crate) fn tile(&self, i: usize, j: usize, out: &mut [f32]) {
        match &self.rows {
            Rows::Products(values) if i == j => values.square(i, out),
            Rows::Products(values) => values.product(i, values, j, out),
            Rows::Shares { values, masks } if self.measure == Measure::MandersM1 => {
                values.product(i, masks, j, out);
            }
            Rows::Shares { values, masks } => masks.product(i, values, j, out),
            Rows::Maps(maps) => maps.tile(i, j, out),
        }
        let n_columns = self.panels().n_columns();
        let n = self.ions(j).len();
        for (a, scores) in self.ions(i).zip(out.chunks_exact_mut(n)) {
            for (b, score) in self.ions(j).zip(scores) {
                let (of_a, of_b) = (self.facts[a], self.facts[b]);
                *score = if a == b && !of_a.is_empty {
                    1.0
                } else {
                    self.measure.score(*score, of_a, of_b, n_columns)
                };
            }
        }
    }
}

/// Room that encoding one image after another needs.
#[derive(Debug, Default)]
struct EncodingRoom {
    preparing: Room,
    order: Vec<u32>,
}
