//! Which ions of a results folder lie together: images in, tables out.

use std::collections::HashMap;
use std::path::Path;

use coloc::features::Features;
use coloc::images::{ImageSet, Shrinkage};
use coloc::measures::Measure;
use coloc::pairs::matrix;
use coloc::prepare::PreparationPreset;
use metaspace_results::{FirstImages, FoundIon, MAX_BYTES, read_ions, read_raster, shrinkage_note};
use ms_core::image::IonImage;
use ms_core::progress::{Progress, Silent, check};
use ms_core::spectra::IndexError;
use ndarray::Array2;
use rayon::prelude::*;

use crate::error::ExploreError;
use crate::factors::factors_of;
use crate::normalize::{Factors, Normalization};

mod answers;
mod gold;
mod ions;

pub use answers::{
    Comparison, MarkerRow, PartnerList, PartnerRow, RegionRow, partner_list, region_markers,
};
pub use gold::{Gold, GoldPair, Predictions, read_experts};
pub use ions::{NamedIon, find_ion};

/// Images read by one thread at a time.
const CHUNK: usize = 32;

/// Ions of a results folder with their images.
#[derive(Debug)]
pub struct Colocated {
    /// The ions, best first.
    pub ions: Vec<FoundIon>,
    /// Their first isotopic images, by `ion`.
    pub images: ImageSet,
    /// By what their intensities were divided.
    pub by: Normalization,
    /// Whether images were scaled down.
    pub shrinkage: Option<Shrinkage>,
}

impl Colocated {
    /// Reads the ions of FDR up to a level, and one more if it is named, and divides their intensities.
    ///
    /// # Errors
    /// A table is missing or wrong, or there is nothing to divide by.
    pub fn read(
        folder: &Path,
        fdr: f64,
        also: Option<&str>,
        by: &Normalization,
    ) -> Result<Self, ExploreError> {
        let mut ions = read_ions(folder, f64::INFINITY)?;
        ions.retain(|ion| ion.fdr <= fdr || also == Some(ion.ion.as_str()));
        let table = FirstImages::open(
            folder,
            &ions.iter().map(|ion| ion.ion_formula.as_str()).collect(),
        )?;
        let rows: Vec<Option<usize>> = ions.iter().map(|ion| table.row(&ion.ion_formula)).collect();
        let ids = ions.iter().map(|ion| ion.ion.clone()).collect();
        let factors = factors_of(folder, by)?;
        let mut images = read_rows(&table, &rows, &Silent)?;
        for image in &mut images {
            divide(image, &factors);
        }
        let images = ImageSet::new(read_raster(folder)?, ids, images)?;
        let (images, shrinkage) = images.shrunk(MAX_BYTES);
        Ok(Self {
            ions,
            images,
            by: by.clone(),
            shrinkage,
        })
    }

    /// What the user should know of images that were scaled down.
    pub fn shrinkage_note(&self) -> Option<String> {
        self.shrinkage.map(shrinkage_note)
    }

    /// Scores of all pairs by a measure.
    pub fn scores(&self, measure: Measure, preset: PreparationPreset) -> Array2<f32> {
        matrix(&Features::new(&self.images, measure, preset))
    }
}

/// Divides the intensities of an image; pixels of which nothing is left are in it no more.
fn divide(image: &mut IonImage, factors: &Factors) {
    factors.apply(image);
    if image.intensities.contains(&0.0) {
        let values = image
            .pixels
            .iter()
            .copied()
            .zip(image.intensities.iter().copied());
        (image.pixels, image.intensities) = values.filter(|(_, value)| *value > 0.0).unzip();
    }
}

/// The image of each row; an empty one where there is no row.
pub(crate) fn read_rows(
    table: &FirstImages,
    rows: &[Option<usize>],
    progress: &dyn Progress,
) -> Result<Vec<IonImage>, ExploreError> {
    let mut sorted: Vec<usize> = rows.iter().flatten().copied().collect();
    sorted.sort_unstable();
    let mut n_left: HashMap<usize, usize> = HashMap::new();
    for &row in &sorted {
        *n_left.entry(row).or_default() += 1;
    }
    sorted.dedup();
    let chunks: Result<Vec<Vec<IonImage>>, ExploreError> = sorted
        .par_chunks(CHUNK)
        .map(|rows| {
            check(progress).map_err(IndexError::from)?;
            Ok(table.read(rows)?)
        })
        .collect();
    let mut found: HashMap<usize, IonImage> = sorted
        .iter()
        .copied()
        .zip(chunks?.into_iter().flatten())
        .collect();
    let mut take = |row: usize| {
        // An image is copied only where ions share it.
        let n_left = n_left.entry(row).or_default();
        *n_left = n_left.saturating_sub(1);
        if *n_left > 0 {
            found.get(&row).cloned()
        } else {
            found.remove(&row)
        }
    };
    Ok(rows
        .iter()
        .map(|row| row.and_then(&mut take).unwrap_or_default())
        .collect())
}
