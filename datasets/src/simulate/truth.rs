//! What is really in a simulated tissue.

use ms_core::formula::Formula;
use ms_core::image::{IonImage, Raster};
use rayon::prelude::*;

use super::chemistry::MoleculeIon;
use super::config::SimulationConfig;
use super::matrix::MatrixCluster;
use super::sample::Sample;
use super::source::Source;
use super::unknown::UnknownIon;

/// What is in the tissue: ions of molecules, ions of the matrix, and the anatomy.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Ions of the chosen molecules, by molecule and in the order of the adducts; also those too
    /// weak to be detected anywhere.
    pub ions: Vec<TrueIon>,
    /// Ions of matrix clusters: they are measured, but are no part of the tissue. Some may have the
    /// formula of a molecule's ion, as that of gentisic acid has.
    pub matrix_ions: Vec<OtherIon>,
    /// Ions of compounds that the table lacks. Fragments and dimers are not among them: what explains
    /// them as a molecule is wrong.
    pub unknown_ions: Vec<OtherIon>,
    /// Places that have a spectrum; images are over them.
    pub raster: Raster,
    /// Region of each place of the image, in order of rows, with spectrum or without; 0 is the
    /// slide around the tissue.
    pub regions: Vec<u8>,
    /// Names of the regions.
    pub region_names: Vec<&'static str>,
}

/// An ion that is in the tissue.
#[derive(Debug, Clone, PartialEq)]
pub struct TrueIon {
    /// Index of its molecule in the table given to the simulation.
    pub molecule: usize,
    /// Formula of the neutral molecule.
    pub formula: String,
    /// Adduct as configured: `+H`.
    pub adduct: String,
    /// Formula of the ion.
    pub ion_formula: String,
    /// m/z in Th of its strongest isotopic peak.
    pub mz: f64,
    /// Mean intensity over the pixels of its image, 0 if there is none.
    pub level: f64,
    /// Co-localization group, from 0: ions of equal group have the same anatomy up to 30 % in each
    /// region.
    pub group: usize,
    /// Number of pixels of its image.
    pub n_pixels_detected: usize,
    /// Noiseless intensity of its strongest isotopic peak where that is at least the detection
    /// limit: without counting noise, yield and hot pixels.
    pub image: IonImage,
}

/// An ion that is measured and of no molecule of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherIon {
    /// Formula of the ion.
    pub ion_formula: String,
    /// m/z in Th of its strongest isotopic peak.
    pub mz: f64,
    /// Mean intensity over the pixels of its image, 0 if there is none.
    pub level: f64,
    /// Noiseless image, as that of a [`TrueIon`].
    pub image: IonImage,
}

/// Reads the truth off the sample; its first sources are those of `ions`.
pub(super) fn of_sample(
    config: &SimulationConfig,
    sample: &Sample,
    raster: Raster,
    ions: &[MoleculeIon],
    clusters: &[MatrixCluster],
    unknown: &[UnknownIon],
) -> Truth {
    let true_ions = ions
        .par_iter()
        .map(|ion| true_ion(config, sample, &raster, ion))
        .collect();
    let other_ion = |ion: &Formula, source: &Source| {
        let image = image(config, sample, &raster, source);
        OtherIon {
            ion_formula: ion.to_string(),
            mz: source.strongest_mz(),
            level: level(&image),
            image,
        }
    };
    let of_matrix = |cluster: &MatrixCluster| other_ion(&cluster.ion, &cluster.source);
    let of_compound = |unknown: &UnknownIon| other_ion(&unknown.ion, &unknown.source);
    Truth {
        ions: true_ions,
        matrix_ions: clusters.par_iter().map(of_matrix).collect(),
        unknown_ions: unknown.par_iter().map(of_compound).collect(),
        regions: sample.tissue.regions.clone(),
        region_names: sample.tissue.names.clone(),
        raster,
    }
}

fn true_ion(
    config: &SimulationConfig,
    sample: &Sample,
    raster: &Raster,
    ion: &MoleculeIon,
) -> TrueIon {
    let image = image(config, sample, raster, &ion.source);
    TrueIon {
        molecule: ion.molecule,
        formula: ion.formula.to_string(),
        adduct: ion.adduct.to_string(),
        ion_formula: ion.ion.to_string(),
        mz: ion.source.strongest_mz(),
        level: level(&image),
        group: ion.source.profile_idx,
        n_pixels_detected: image.pixels.len(),
        image,
    }
}

/// Noiseless image of a source, where it reaches the detection limit.
fn image(config: &SimulationConfig, sample: &Sample, raster: &Raster, source: &Source) -> IonImage {
    let mut image = IonImage::default();
    for (pixel_idx, &place) in (0..).zip(&raster.places) {
        let intensity = sample.intensity(source, place as usize);
        if f64::from(intensity) >= config.detection_limit {
            image.pixels.push(pixel_idx);
            image.intensities.push(intensity);
        }
    }
    image
}

/// Mean intensity over the pixels of an image, 0 if there is none.
fn level(image: &IonImage) -> f64 {
    let sum = image
        .intensities
        .iter()
        .fold(0.0, |sum, &intensity| sum + f64::from(intensity));
    sum / image.pixels.len().max(1) as f64
}
