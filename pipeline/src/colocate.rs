//! Which ions of a results folder lie together: images in, tables out.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use coloc::cluster::spectral;
use coloc::features::Features;
use coloc::images::{ImageSet, Shrinkage};
use coloc::measures::Measure;
use coloc::pairs::{best, matrix};
use coloc::prepare::Preset;
use coloc::rank::{Limits, id_order};
use ms_core::image::IonImage;
use ndarray::Array2;
use rayon::prelude::*;

use crate::error::RunError;
use crate::results::{
    FoundIon, LevelPartners, LevelSamples, read_first_images, read_ions, read_raster,
    write_partners, write_samples,
};
use crate::run::FDR_LEVELS;

mod gold;
mod ions;
mod regions;

pub use gold::{Gold, GoldPair, Predictions, read_experts};
pub use ions::find_ion;
pub use regions::read_regions;

/// What METASPACE allows an FDR to be above its level.
pub const FDR_SLACK: f64 = 1e-3;

/// Bytes that all images may take, dense, as METASPACE has it.
const MAX_BYTES: u64 = 2 << 30;

/// Ions that sample ions are chosen among, at most: the best.
const MAX_SAMPLED: usize = 1_000;

/// Measures whose partners a run writes: METASPACE's two.
const MEASURES: [Measure; 2] = [Measure::MedianThresholdedCosine, Measure::Cosine];

/// Ions of a results folder with their images.
#[derive(Debug)]
pub struct Colocated {
    /// The ions, best first.
    pub ions: Vec<FoundIon>,
    /// Their first isotopic images, by `ion`.
    pub images: ImageSet,
    /// Whether images were scaled down.
    pub shrinkage: Option<Shrinkage>,
}

impl Colocated {
    /// Reads the ions of FDR up to a level, and one more if it is named.
    ///
    /// # Errors
    /// A table is missing or wrong.
    pub fn read(folder: &Path, fdr: f64, also: Option<&str>) -> Result<Self, RunError> {
        let mut ions = read_ions(folder, f64::INFINITY)?;
        ions.retain(|ion| ion.fdr <= fdr || also == Some(ion.ion.as_str()));
        let formulas: BTreeSet<String> = ions.iter().map(|ion| ion.ion_formula.clone()).collect();
        let mut found = read_first_images(folder, &formulas)?;
        let mut n_left: HashMap<&str, usize> = HashMap::new();
        for ion in &ions {
            *n_left.entry(&ion.ion_formula).or_default() += 1;
        }
        let mut images: Vec<IonImage> = Vec::with_capacity(ions.len());
        for ion in &ions {
            // An image is copied only where ions share it.
            let n_left = n_left.entry(&ion.ion_formula).or_default();
            *n_left -= 1;
            let is_shared = *n_left > 0;
            let formula = &ion.ion_formula;
            let image = if is_shared { found.get(formula).cloned() } else { found.remove(formula) };
            images.push(image.unwrap_or_default());
        }
        let ids = ions.iter().map(|ion| ion.ion.clone()).collect();
        let images = ImageSet::new(read_raster(folder)?, ids, images)?;
        let (images, shrinkage) = images.shrunk(MAX_BYTES);
        Ok(Self { ions, images, shrinkage })
    }

    /// What the user should know of images that were scaled down.
    pub fn shrinkage_note(&self) -> Option<String> {
        self.shrinkage.map(|Shrinkage { from, to }| {
            format!(
                "images were scaled down from {} × {} to {} × {} pixels for co-localization",
                from.0, from.1, to.0, to.1
            )
        })
    }

    /// Scores of all pairs by a measure.
    pub fn scores(&self, measure: Measure, preset: Preset) -> Array2<f32> {
        matrix(&Features::new(&self.images, measure, preset))
    }
}

/// Writes `colocalization.parquet` and `sample_ions.parquet` of results being written; returns what
/// the user should know.
///
/// # Errors
/// A table cannot be read or written.
pub fn write_colocalization(folder: &Path, preset: Preset) -> Result<Option<String>, RunError> {
    let highest = FDR_LEVELS[FDR_LEVELS.len() - 1] + FDR_SLACK;
    let found = Colocated::read(folder, highest, None)?;
    let order = id_order(&found.images);
    let tier = |ion: &FoundIon| FDR_LEVELS.iter().take_while(|l| ion.fdr > **l + FDR_SLACK).count();
    let tiers: Vec<usize> = found.ions.iter().map(tier).collect();
    let mut levels = Vec::new();
    for measure in MEASURES {
        let features = Features::new(&found.images, measure, preset);
        let groups = best(&features, &tiers, FDR_LEVELS.len(), &order, Limits::METASPACE)?;
        levels.extend(FDR_LEVELS.into_iter().zip(groups).map(|(fdr, partners)| LevelPartners {
            measure,
            fdr,
            partners,
        }));
    }
    write_partners(&levels, found.images.ids(), &folder.join("colocalization.parquet"))?;
    let samples = samples(&found, &tiers, preset)?;
    write_samples(&samples, found.images.ids(), &folder.join("sample_ions.parquet"))?;
    Ok(found.shrinkage_note())
}

/// Groups of the best ions of each level.
fn samples(
    found: &Colocated,
    tiers: &[usize],
    preset: Preset,
) -> Result<Vec<LevelSamples>, RunError> {
    let images = found.images.subset(0..found.images.len().min(MAX_SAMPLED));
    let scores = matrix(&Features::new(&images, Measure::default(), preset));
    let order = id_order(&images);
    let of_level = |(level, fdr): (usize, f64)| {
        let ions: Vec<usize> = (0..images.len()).filter(|&ion| tiers[ion] <= level).collect();
        if ions.len() < 2 {
            return Ok(None);
        }
        let side = ions.len();
        let sub = Array2::from_shape_fn((side, side), |(i, j)| scores[[ions[i], ions[j]]]);
        let sub_order: Vec<usize> = ions.iter().map(|&ion| order[ion]).collect();
        let mut clusters = spectral(&sub, &sub_order)?.clusters;
        for cluster in &mut clusters {
            for ion in &mut cluster.ions {
                *ion = ions[*ion];
            }
        }
        Ok(Some(LevelSamples { fdr, clusters }))
    };
    let levels: Vec<(usize, f64)> = FDR_LEVELS.into_iter().enumerate().collect();
    let found: Result<Vec<_>, RunError> = levels.into_par_iter().map(of_level).collect();
    Ok(found?.into_iter().flatten().collect())
}
