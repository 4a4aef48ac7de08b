//! Images encoded for a measure, and the scores of a block of pairs.

use std::ops::Range;

use ms_core::image::{IonImage, Raster};

use crate::error::ColocError;
use crate::images::ImageSet;
use crate::measures::{
    Measure, RowFacts, cosine, manders, mask, pearson, smooth_pearson, spearman, ssim, tfidf,
};
use crate::panels::{Panels, height};
use crate::prepare::{Domain, Preparation, PreparationBuffers, PreparationPreset, prepare};
use crate::source::ImageSource;

/// Prepared and encoded images of neighbouring ions: what scores are computed from.
///
/// Memory: `n_ions × n_pixels` values of 4 bytes; twice that for Manders' coefficients, four times
/// for structural similarity.
#[derive(Debug)]
pub struct Features {
    measure: Measure,
    /// Number of the first ion among those of the source.
    first: usize,
    facts: Vec<RowFacts>,
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

/// How images become rows for a measure.
#[derive(Debug)]
pub(crate) struct Encoder {
    pub(crate) measure: Measure,
    preparation: Preparation,
    /// Of columns, where the measure weighs them.
    weights: Vec<f32>,
}

impl Encoder {
    /// Reads all images once where the measure weighs pixels by them.
    pub(crate) fn new<S: ImageSource>(
        source: &S,
        measure: Measure,
        mut preparation: Preparation,
    ) -> Result<Self, S::Error> {
        if measure == Measure::Ssim {
            // Windows need neighbours.
            preparation.domain = Domain::BoundingBox;
        }
        let weights = match measure {
            Measure::TfidfCosine => tfidf::weights(source, &preparation)?,
            _ => Vec::new(),
        };
        Ok(Self {
            measure,
            preparation,
            weights,
        })
    }

    /// Values of a row.
    pub(crate) fn n_columns(&self, raster: &Raster) -> usize {
        self.preparation.n_columns(raster)
    }

    fn encode(
        &self,
        raster: &Raster,
        image: &IonImage,
        buffers: &mut EncodingBuffers,
        row: &mut [f32],
    ) -> RowFacts {
        prepare(
            raster,
            image,
            &self.preparation,
            &mut buffers.preparing,
            row,
        );
        let facts = RowFacts::of(row);
        match self.measure {
            Measure::MedianThresholdedCosine | Measure::Cosine => {
                cosine::encode(row);
            }
            Measure::TfidfCosine => tfidf::encode(row, &self.weights),
            Measure::Pearson => pearson::encode(row),
            Measure::SmoothPearson => smooth_pearson::encode(row),
            Measure::Spearman => spearman::encode(row, &mut buffers.order),
            Measure::Jaccard | Measure::Dice | Measure::Nmi => mask(row),
            Measure::MandersM1 | Measure::MandersM2 => manders::encode(row),
            Measure::Ssim => {}
        }
        facts
    }
}

impl Features {
    /// Prepares images as a measure has them prepared, and encodes them for it.
    pub fn new(images: &ImageSet, measure: Measure, preset: PreparationPreset) -> Self {
        Self::of_all(images, measure, measure.preparation(preset))
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
        Ok(Self::of_all(images, measure, preparation))
    }

    fn of_all(images: &ImageSet, measure: Measure, preparation: Preparation) -> Self {
        let made = Encoder::new(images, measure, preparation)
            .and_then(|encoder| Self::read(images, &encoder, 0..images.len()));
        match made {
            Ok(features) => features,
            Err(never) => match never {},
        }
    }

    /// Reads and encodes the images of some ions. The first one begins a panel.
    pub(crate) fn read<S: ImageSource>(
        source: &S,
        encoder: &Encoder,
        ions: Range<usize>,
    ) -> Result<Self, S::Error> {
        let raster = source.raster();
        let n_columns = encoder.n_columns(raster);
        let height = height(source.n_ions(), n_columns);
        let write = |buffers: &mut EncodingBuffers, chunk: Range<usize>, rows: &mut [f32]| {
            let images = source.read(ions.start + chunk.start..ions.start + chunk.end)?;
            let rows = rows.chunks_exact_mut(n_columns.max(1));
            let encode = |(image, row)| encoder.encode(raster, image, buffers, row);
            Ok(images
                .iter()
                .zip(rows)
                .map(encode)
                .collect::<Vec<RowFacts>>())
        };
        let (values, facts) = Panels::build((ions.len(), n_columns), height, write)?;
        let rows = match encoder.measure {
            Measure::Ssim => Rows::Maps(ssim::Maps::new(values, raster.width as usize)),
            Measure::MandersM1 | Measure::MandersM2 => {
                let mut masks = values.clone();
                masks.for_each_row(mask);
                Rows::Shares { values, masks }
            }
            _ => Rows::Products(values),
        };
        let mut facts = facts.concat();
        // Without a pixel there is no row to tell that it is empty.
        facts.resize(ions.len(), RowFacts::default());
        Ok(Self {
            measure: encoder.measure,
            first: ions.start,
            facts,
            rows,
        })
    }

    /// Number of ions.
    pub fn n_ions(&self) -> usize {
        self.facts.len()
    }

    /// Number of the first ion among those of the source.
    pub(crate) fn first(&self) -> usize {
        self.first
    }

    /// The measure that the images are encoded for.
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// Whether the prepared image of an ion has no signal.
    pub fn is_empty(&self, ion: usize) -> bool {
        self.facts[ion - self.first].is_empty
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

    /// Numbers of the ions of a panel.
    pub(crate) fn ions(&self, panel: usize) -> Range<usize> {
        let rows = self.panels().rows(panel);
        self.first + rows.start..self.first + rows.end
    }

    /// The panel of an ion, and its place there.
    pub fn place(&self, ion: usize) -> (usize, usize) {
        self.panels().place(ion - self.first)
    }

    /// A panel of them.
    pub(crate) fn panel(&self, panel: usize) -> Panel<'_> {
        Panel {
            features: self,
            panel,
        }
    }

    /// Scores of all pairs of a panel's ions with those of a panel of the same or other features,
    /// `ions of i × ions of j`.
    pub(crate) fn tile(&self, i: usize, other: &Self, j: usize, out: &mut [f32]) {
        match (&self.rows, &other.rows) {
            (Rows::Products(values), Rows::Products(others)) => {
                if self.ions(i) == other.ions(j) {
                    values.square(i, out);
                } else {
                    values.product(i, others, j, out);
                }
            }
            (
                Rows::Shares { values, masks },
                Rows::Shares {
                    values: others,
                    masks: at,
                },
            ) => {
                if self.measure == Measure::MandersM1 {
                    values.product(i, at, j, out);
                } else {
                    masks.product(i, others, j, out);
                }
            }
            (Rows::Maps(maps), Rows::Maps(others)) => maps.tile(i, others, j, out),
            // Features of two measures have no score.
            _ => out.fill(0.0),
        }
        let n_columns = self.panels().n_columns();
        let columns = other.ions(j);
        for (a, scores) in self.ions(i).zip(out.chunks_exact_mut(columns.len())) {
            let of_a = self.facts[a - self.first];
            let facts = &other.facts[columns.start - other.first..];
            for ((b, score), of_b) in columns.clone().zip(scores).zip(facts) {
                *score = if a == b && !of_a.is_empty {
                    1.0
                } else {
                    self.measure.score(*score, of_a, *of_b, n_columns)
                };
            }
        }
    }
}

/// One panel of features, by its number.
#[derive(Clone, Copy)]
pub(crate) struct Panel<'a> {
    pub(crate) features: &'a Features,
    pub(crate) panel: usize,
}

impl Panel<'_> {
    /// The ions in it.
    pub(crate) fn ions(&self) -> Range<usize> {
        self.features.ions(self.panel)
    }
}

/// Buffers that encoding one image after another needs.
#[derive(Debug, Default)]
struct EncodingBuffers {
    preparing: PreparationBuffers,
    order: Vec<u32>,
}
