//! What the tables are in answers: the same as in the results folder, as JSON.

use metaspace_results::StoredAnnotation;
use serde::Serialize;
use utoipa::ToSchema;

/// An annotation as `annotations.parquet` has it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Annotation {
    /// Molecule table.
    database: String,
    /// Formula of the neutral molecule.
    formula: String,
    /// Modification, loss and adduct as one text.
    adduct: String,
    /// Formula, adduct and sign of the charge: the id of the ion.
    ion: String,
    /// Formula of the ion.
    ion_formula: String,
    /// Theoretical m/z of the first isotope, in Th.
    mz: f64,
    /// Metabolite-signal match, 0 to 1.
    msm: f64,
    /// By what it is ranked, 0 to 1.
    score: f64,
    /// False discovery rate, 0 to 1.
    fdr: f64,
    /// Correlation of the isotopic images with the first.
    rho_spatial: f64,
    /// Likeness of the isotopic pattern.
    rho_spectral: f64,
    /// Structure of the first image.
    rho_chaos: f64,
    /// Measured less theoretical m/z of the first isotope, in ppm.
    mz_err_ppm: f64,
    /// Pixels of the first image with signal.
    n_pixels: u32,
    /// Largest intensity of the first image.
    max_intensity: f64,
    /// Sum of the first image.
    total_intensity: f64,
    /// Names of the molecules it may be.
    molecule_names: Vec<String>,
    /// Their identifiers.
    molecule_ids: Vec<String>,
    /// Their classes, empty where not known.
    molecule_classes: Vec<String>,
    /// Other annotations that are the same ion.
    isomers: Vec<String>,
    /// Other annotations whose first windows overlap.
    isobars: Vec<String>,
    /// Whether its formula is entrapment.
    is_entrapment: bool,
    /// Posterior error probability: the chance that this one is false, 0 to 1.
    pep: f64,
    /// Probability that it lies off the tissue, 0 to 1; null where no slide is seen around it.
    off_sample: Option<f64>,
    /// Ion of the MALDI matrix that it may be, or null.
    matrix_ion: Option<String>,
    /// Theoretical m/z of each isotope, in Th; 0 where there is none.
    isotope_mz: Vec<f64>,
    /// Theoretical intensity of each isotope; the largest is 100.
    isotope_intensity: Vec<f32>,
    /// Sum of each isotopic image; 0 of an absent one.
    isotope_total_intensity: Vec<f64>,
    /// Mean measured m/z of each isotope, in Th; the theoretical one where there is no image.
    isotope_mz_mean: Vec<f64>,
}

impl From<&StoredAnnotation> for Annotation {
    fn from(row: &StoredAnnotation) -> Self {
        Self {
            database: row.database.clone(),
            formula: row.formula.clone(),
            adduct: row.adduct.clone(),
            ion: row.ion.clone(),
            ion_formula: row.ion_formula.clone(),
            mz: row.mz,
            msm: row.msm,
            score: row.score,
            fdr: row.fdr,
            rho_spatial: row.rho_spatial,
            rho_spectral: row.rho_spectral,
            rho_chaos: row.rho_chaos,
            mz_err_ppm: row.mz_err_ppm,
            n_pixels: row.n_pixels,
            max_intensity: row.max_intensity,
            total_intensity: row.total_intensity,
            molecule_names: row.molecule_names.clone(),
            molecule_ids: row.molecule_ids.clone(),
            molecule_classes: row.molecule_classes.clone(),
            isomers: row.isomers.clone(),
            isobars: row.isobars.clone(),
            is_entrapment: row.is_entrapment,
            pep: row.pep,
            off_sample: row.off_sample,
            matrix_ion: row.matrix_ion.clone(),
            isotope_mz: row.isotope_mz.clone(),
            isotope_intensity: row.isotope_intensity.clone(),
            isotope_total_intensity: row.isotope_total_intensity.clone(),
            isotope_mz_mean: row.isotope_mz_mean.clone(),
        }
    }
}
