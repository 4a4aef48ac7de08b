//! What the report and the viewer show of a results folder's tables, read back.

use std::path::Path;

use arrow_array::Array;
use arrow_array::types::{Float32Type, Float64Type, UInt16Type, UInt32Type};

use crate::error::ResultsError;
use crate::parquet_file::{ParquetFile, Rows};

/// An annotation as `annotations.parquet` has it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAnnotation {
    /// Molecule table.
    pub database: String,
    /// Formula of the neutral molecule.
    pub formula: String,
    /// Modification, loss and adduct as one text.
    pub adduct: String,
    /// Formula, adduct and sign of the charge: the id of the ion.
    pub ion: String,
    /// Formula of the ion.
    pub ion_formula: String,
    /// Theoretical m/z of the first isotope, in Th.
    pub mz: f64,
    /// Metabolite-signal match, 0 to 1.
    pub msm: f64,
    /// By what it is ranked, 0 to 1.
    pub score: f64,
    /// False discovery rate, 0 to 1.
    pub fdr: f64,
    /// Correlation of the isotopic images with the first.
    pub rho_spatial: f64,
    /// Likeness of the isotopic pattern.
    pub rho_spectral: f64,
    /// Structure of the first image.
    pub rho_chaos: f64,
    /// Measured less theoretical m/z of the first isotope, in ppm.
    pub mz_err_ppm: f64,
    /// Pixels of the first image with signal.
    pub n_pixels: u32,
    /// Largest intensity of the first image.
    pub max_intensity: f64,
    /// Sum of the first image.
    pub total_intensity: f64,
    /// Names of the molecules it may be.
    pub molecule_names: Vec<String>,
    /// Their identifiers.
    pub molecule_ids: Vec<String>,
    /// Their classes, empty where not known.
    pub molecule_classes: Vec<String>,
    /// Other annotations that are the same ion.
    pub isomers: Vec<String>,
    /// Other annotations whose first windows overlap.
    pub isobars: Vec<String>,
    /// Whether its formula is entrapment.
    pub is_entrapment: bool,
    /// Posterior error probability, 0 to 1.
    pub pep: f64,
    /// Probability that it lies off the tissue; nothing where no slide is seen around it.
    pub off_sample: Option<f64>,
    /// Ion of a MALDI matrix that it may be.
    pub matrix_ion: Option<String>,
    /// Theoretical m/z of each isotope, in Th; 0 where there is none.
    pub isotope_mz: Vec<f64>,
    /// Theoretical intensity of each isotope; the largest is 100.
    pub isotope_intensity: Vec<f32>,
    /// Sum of each isotopic image; 0 of an absent one.
    pub isotope_total_intensity: Vec<f64>,
    /// Mean measured m/z of each isotope, in Th; the theoretical one where there is no image.
    pub isotope_mz_mean: Vec<f64>,
}

impl StoredAnnotation {
    /// Whether it is no ion of the matrix, and does not lie off the tissue rather than on it.
    pub fn is_on_sample(&self) -> bool {
        self.matrix_ion.is_none() && self.off_sample.is_none_or(|off| off <= 0.5)
    }
}

const ANNOTATION_COLUMNS: [&str; 29] = [
    "database",
    "formula",
    "adduct",
    "ion",
    "ionFormula",
    "mz",
    "msm",
    "score",
    "fdr",
    "rhoSpatial",
    "rhoSpectral",
    "rhoChaos",
    "mzErrPpm",
    "nPixels",
    "maxIntensity",
    "totalIntensity",
    "moleculeNames",
    "moleculeIds",
    "moleculeClasses",
    "isomers",
    "isobars",
    "isEntrapment",
    "pep",
    "offSample",
    "matrixIon",
    "isotopeMz",
    "isotopeIntensity",
    "isotopeTotalIntensity",
    "isotopeMzMean",
];

/// The annotations, in the order of the table.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_annotations(folder: &Path) -> Result<Vec<StoredAnnotation>, ResultsError> {
    let table = ParquetFile::open(&folder.join("annotations.parquet"))?;
    let mut annotations = Vec::new();
    for rows in table.rows(&ANNOTATION_COLUMNS)? {
        add_annotations(&rows?, &mut annotations)?;
    }
    Ok(annotations)
}

fn add_annotations(
    rows: &Rows<'_>,
    annotations: &mut Vec<StoredAnnotation>,
) -> Result<(), ResultsError> {
    let number = |name| rows.numbers::<Float64Type>(name);
    let (database, formula) = (rows.texts("database")?, rows.texts("formula")?);
    let (adduct, ion) = (rows.texts("adduct")?, rows.texts("ion")?);
    let ion_formula = rows.texts("ionFormula")?;
    let (mz, mz_err_ppm) = (number("mz")?, number("mzErrPpm")?);
    let (msm, score, fdr) = (number("msm")?, number("score")?, number("fdr")?);
    let (rho_spatial, rho_spectral) = (number("rhoSpatial")?, number("rhoSpectral")?);
    let rho_chaos = number("rhoChaos")?;
    let (max_intensity, total_intensity) = (number("maxIntensity")?, number("totalIntensity")?);
    let n_pixels = rows.numbers::<UInt32Type>("nPixels")?;
    let is_entrapment = rows.flags("isEntrapment")?;
    let (pep, matrix_ion) = (number("pep")?, rows.texts("matrixIon")?);
    let off_sample = rows.optional_numbers::<Float64Type>("offSample")?;
    let (molecule_names, molecule_ids) = (rows.lists("moleculeNames")?, rows.lists("moleculeIds")?);
    let molecule_classes = rows.lists("moleculeClasses")?;
    let (isomers, isobars) = (rows.lists("isomers")?, rows.lists("isobars")?);
    let isotope_mz = rows.lists("isotopeMz")?;
    let isotope_intensity = rows.lists("isotopeIntensity")?;
    let isotope_total_intensity = rows.lists("isotopeTotalIntensity")?;
    let isotope_mz_mean = rows.lists("isotopeMzMean")?;
    for row in 0..rows.n_rows() {
        annotations.push(StoredAnnotation {
            database: database.value(row).into(),
            formula: formula.value(row).into(),
            adduct: adduct.value(row).into(),
            ion: ion.value(row).into(),
            ion_formula: ion_formula.value(row).into(),
            mz: mz[row],
            msm: msm[row],
            score: score[row],
            fdr: fdr[row],
            rho_spatial: rho_spatial[row],
            rho_spectral: rho_spectral[row],
            rho_chaos: rho_chaos[row],
            mz_err_ppm: mz_err_ppm[row],
            n_pixels: n_pixels[row],
            max_intensity: max_intensity[row],
            total_intensity: total_intensity[row],
            molecule_names: molecule_names.texts(row)?,
            molecule_ids: molecule_ids.texts(row)?,
            molecule_classes: molecule_classes.texts(row)?,
            isomers: isomers.texts(row)?,
            isobars: isobars.texts(row)?,
            is_entrapment: is_entrapment.value(row),
            pep: pep[row],
            off_sample: off_sample.is_valid(row).then(|| off_sample.value(row)),
            matrix_ion: Some(matrix_ion.value(row).to_owned()).filter(|name| !name.is_empty()),
            isotope_mz: isotope_mz.numbers::<Float64Type>(row)?,
            isotope_intensity: isotope_intensity.numbers::<Float32Type>(row)?,
            isotope_total_intensity: isotope_total_intensity.numbers::<Float64Type>(row)?,
            isotope_mz_mean: isotope_mz_mean.numbers::<Float64Type>(row)?,
        });
    }
    Ok(())
}

/// A row of `candidates.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCandidate {
    /// Adduct of the target, or of the target that the decoy stands against.
    pub target_adduct: String,
    /// Target or decoy.
    pub is_target: bool,
    /// Which of the draws of its formula a decoy is; nothing of a target.
    pub draw: Option<u16>,
    /// By what it is ranked.
    pub score: f64,
}

/// The candidates, in the order of the table.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_candidates(folder: &Path) -> Result<Vec<StoredCandidate>, ResultsError> {
    let table = ParquetFile::open(&folder.join("candidates.parquet"))?;
    let mut candidates = Vec::new();
    for rows in table.rows(&["targetAdduct", "isTarget", "draw", "score"])? {
        let rows = rows?;
        let target_adduct = rows.texts("targetAdduct")?;
        let score = rows.numbers::<Float64Type>("score")?;
        let is_target = rows.flags("isTarget")?;
        let draw = rows.optional_numbers::<UInt16Type>("draw")?;
        for (row, &score) in score.iter().enumerate() {
            candidates.push(StoredCandidate {
                target_adduct: target_adduct.value(row).into(),
                is_target: is_target.value(row),
                draw: draw.is_valid(row).then(|| draw.value(row)),
                score,
            });
        }
    }
    Ok(candidates)
}

/// A row of `colocalization.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPartner {
    /// The ion.
    pub ion: String,
    /// Its partner.
    pub other_ion: String,
    /// How alike they are.
    pub score: f32,
}

/// Partners by a measure at an FDR level, those of an ion from the best, up to a rank.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_partners(
    folder: &Path,
    measure: &str,
    fdr_level: f64,
    most: u32,
) -> Result<Vec<StoredPartner>, ResultsError> {
    let table = ParquetFile::open(&folder.join("colocalization.parquet"))?;
    let mut partners = Vec::new();
    let columns = ["measure", "fdrLevel", "ion", "rank", "otherIon", "score"];
    for rows in table.rows(&columns)? {
        let rows = rows?;
        let (names, levels) = (
            rows.texts("measure")?,
            rows.numbers::<Float64Type>("fdrLevel")?,
        );
        let (ions, others) = (rows.texts("ion")?, rows.texts("otherIon")?);
        let ranks = rows.numbers::<UInt32Type>("rank")?;
        let scores = rows.numbers::<Float32Type>("score")?;
        for row in 0..rows.n_rows() {
            let is_level = (levels[row] - fdr_level).abs() < 1e-9;
            if is_level && ranks[row] <= most && names.value(row) == measure {
                partners.push(StoredPartner {
                    ion: ions.value(row).into(),
                    other_ion: others.value(row).into(),
                    score: scores[row],
                });
            }
        }
    }
    Ok(partners)
}

/// A row of `sample_ions.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredGroup {
    /// The FDR level.
    pub fdr_level: f64,
    /// The representative.
    pub ion: String,
    /// Mean score of the ions with it.
    pub cohesion: f64,
    /// The ions, the most typical first.
    pub ions: Vec<String>,
}

/// The groups of ions, in the order of the table.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_groups(folder: &Path) -> Result<Vec<StoredGroup>, ResultsError> {
    let table = ParquetFile::open(&folder.join("sample_ions.parquet"))?;
    let mut groups = Vec::new();
    for rows in table.rows(&["fdrLevel", "ion", "cohesion", "ions"])? {
        let rows = rows?;
        let (ion, ions) = (rows.texts("ion")?, rows.lists("ions")?);
        let fdr_level = rows.numbers::<Float64Type>("fdrLevel")?;
        let cohesion = rows.numbers::<Float64Type>("cohesion")?;
        for row in 0..rows.n_rows() {
            groups.push(StoredGroup {
                fdr_level: fdr_level[row],
                ion: ion.value(row).into(),
                cohesion: cohesion[row],
                ions: ions.texts(row)?,
            });
        }
    }
    Ok(groups)
}

/// A row of `segments.parquet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredSegment {
    /// Column of the pixel, from 0.
    pub x: u32,
    /// Row of the pixel, from 0.
    pub y: u32,
    /// Number of its segment, from 0.
    pub segment: u32,
}

/// The segment of each pixel.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_segments(folder: &Path) -> Result<Vec<StoredSegment>, ResultsError> {
    let table = ParquetFile::open(&folder.join("segments.parquet"))?;
    let mut segments = Vec::new();
    for rows in table.rows(&["x", "y", "segment"])? {
        let rows = rows?;
        let column = |name| rows.numbers::<UInt32Type>(name);
        let (x, y, segment) = (column("x")?, column("y")?, column("segment")?);
        for row in 0..rows.n_rows() {
            segments.push(StoredSegment {
                x: x[row],
                y: y[row],
                segment: segment[row],
            });
        }
    }
    Ok(segments)
}

/// Peaks of each pixel.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_peak_counts(folder: &Path) -> Result<Vec<u32>, ResultsError> {
    let table = ParquetFile::open(&folder.join("pixels.parquet"))?;
    let mut counts = Vec::new();
    for rows in table.rows(&["nPeaks"])? {
        counts.extend_from_slice(rows?.numbers::<UInt32Type>("nPeaks")?);
    }
    Ok(counts)
}
