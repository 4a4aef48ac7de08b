//! What the report and the viewer show of a results folder's tables, read back.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, UInt16Type, UInt32Type};
use arrow_array::{Array, RecordBatch};
use serde::Serialize;
use utoipa::ToSchema;

use super::reading::Table;
use crate::error::RunError;

/// An annotation as `annotations.parquet` has it, in the memory of the report and of the server, and
/// in the server's answers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Annotation)]
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
    /// Theoretical m/z of each isotope, in Th; 0 where there is none.
    pub isotope_mz: Vec<f64>,
    /// Theoretical intensity of each isotope; the largest is 100.
    pub isotope_intensity: Vec<f32>,
    /// Sum of each isotopic image; 0 of an absent one.
    pub isotope_total_intensity: Vec<f64>,
    /// Mean measured m/z of each isotope, in Th; the theoretical one where there is no image.
    pub isotope_mz_mean: Vec<f64>,
}

const ANNOTATION_COLUMNS: [&str; 26] = [
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
    "isotopeMz",
    "isotopeIntensity",
    "isotopeTotalIntensity",
    "isotopeMzMean",
];

/// The annotations, in the order of the table.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_annotations(folder: &Path) -> Result<Vec<StoredAnnotation>, RunError> {
    let table = Table::open(folder, "annotations.parquet")?;
    let mut rows = Vec::new();
    for batch in table.read(&ANNOTATION_COLUMNS, None)? {
        add_annotations(&table, &table.batch(batch)?, &mut rows)?;
    }
    Ok(rows)
}

fn add_annotations(
    table: &Table,
    batch: &RecordBatch,
    rows: &mut Vec<StoredAnnotation>,
) -> Result<(), RunError> {
    let [database, formula, adduct, ion, ion_formula] = texts(
        table,
        batch,
        ["database", "formula", "adduct", "ion", "ionFormula"],
    )?;
    let [mz, msm, score, fdr] = numbers(table, batch, ["mz", "msm", "score", "fdr"])?;
    let [rho_spatial, rho_spectral, rho_chaos] =
        numbers(table, batch, ["rhoSpatial", "rhoSpectral", "rhoChaos"])?;
    let [mz_err_ppm, max_intensity, total_intensity] =
        numbers(table, batch, ["mzErrPpm", "maxIntensity", "totalIntensity"])?;
    let n_pixels = table.primitive::<UInt32Type>(batch, "nPixels")?;
    let is_entrapment = flags(table, batch, "isEntrapment")?;
    for row in 0..batch.num_rows() {
        let list = |name| table.text_list(batch, name, row);
        rows.push(StoredAnnotation {
            database: database[row].clone(),
            formula: formula[row].clone(),
            adduct: adduct[row].clone(),
            ion: ion[row].clone(),
            ion_formula: ion_formula[row].clone(),
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
            molecule_names: list("moleculeNames")?,
            molecule_ids: list("moleculeIds")?,
            molecule_classes: list("moleculeClasses")?,
            isomers: list("isomers")?,
            isobars: list("isobars")?,
            is_entrapment: is_entrapment[row],
            isotope_mz: table.list::<Float64Type>(batch, "isotopeMz", row)?,
            isotope_intensity: table.list::<Float32Type>(batch, "isotopeIntensity", row)?,
            isotope_total_intensity: table.list::<Float64Type>(
                batch,
                "isotopeTotalIntensity",
                row,
            )?,
            isotope_mz_mean: table.list::<Float64Type>(batch, "isotopeMzMean", row)?,
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
pub fn read_candidates(folder: &Path) -> Result<Vec<StoredCandidate>, RunError> {
    let table = Table::open(folder, "candidates.parquet")?;
    let mut rows = Vec::new();
    for batch in table.read(&["targetAdduct", "isTarget", "draw", "score"], None)? {
        let batch = table.batch(batch)?;
        let [adduct] = texts(&table, &batch, ["targetAdduct"])?;
        let [score] = numbers(&table, &batch, ["score"])?;
        let is_target = flags(&table, &batch, "isTarget")?;
        let draw = batch.column_by_name("draw");
        let draw = draw.and_then(|column| column.as_primitive_opt::<UInt16Type>());
        let draw = draw.ok_or_else(|| table.wrong("draw"))?;
        for (row, target_adduct) in adduct.into_iter().enumerate() {
            rows.push(StoredCandidate {
                target_adduct,
                is_target: is_target[row],
                draw: draw.is_valid(row).then(|| draw.value(row)),
                score: score[row],
            });
        }
    }
    Ok(rows)
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
) -> Result<Vec<StoredPartner>, RunError> {
    let table = Table::open(folder, "colocalization.parquet")?;
    let mut rows = Vec::new();
    let columns = ["measure", "fdrLevel", "ion", "rank", "otherIon", "score"];
    for batch in table.read(&columns, None)? {
        let batch = table.batch(batch)?;
        let names = table.texts(&batch, "measure")?;
        let (ions, others) = (
            table.texts(&batch, "ion")?,
            table.texts(&batch, "otherIon")?,
        );
        let levels = table.numbers(&batch, "fdrLevel")?;
        let ranks = table.primitive::<UInt32Type>(&batch, "rank")?;
        let scores = table.primitive::<Float32Type>(&batch, "score")?;
        for row in 0..batch.num_rows() {
            let is_level = (levels[row] - fdr_level).abs() < 1e-9;
            if is_level && ranks[row] <= most && names.value(row) == measure {
                rows.push(StoredPartner {
                    ion: ions.value(row).into(),
                    other_ion: others.value(row).into(),
                    score: scores[row],
                });
            }
        }
    }
    Ok(rows)
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
pub fn read_groups(folder: &Path) -> Result<Vec<StoredGroup>, RunError> {
    let table = Table::open(folder, "sample_ions.parquet")?;
    let mut rows = Vec::new();
    for batch in table.read(&["fdrLevel", "ion", "cohesion", "ions"], None)? {
        let batch = table.batch(batch)?;
        let [ions] = texts(&table, &batch, ["ion"])?;
        let [fdr_level, cohesion] = numbers(&table, &batch, ["fdrLevel", "cohesion"])?;
        for (row, ion) in ions.into_iter().enumerate() {
            let ions = table.text_list(&batch, "ions", row)?;
            let (fdr_level, cohesion) = (fdr_level[row], cohesion[row]);
            rows.push(StoredGroup {
                fdr_level,
                ion,
                cohesion,
                ions,
            });
        }
    }
    Ok(rows)
}

/// Column, row and segment of each pixel of `segments.parquet`.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_segments(folder: &Path) -> Result<Vec<(u32, u32, u32)>, RunError> {
    let table = Table::open(folder, "segments.parquet")?;
    let mut rows = Vec::new();
    for batch in table.read(&["x", "y", "segment"], None)? {
        let batch = table.batch(batch)?;
        let column = |name| table.primitive::<UInt32Type>(&batch, name);
        let (x, y, segment) = (column("x")?, column("y")?, column("segment")?);
        rows.extend(
            x.into_iter()
                .zip(y)
                .zip(segment)
                .map(|((x, y), segment)| (x, y, segment)),
        );
    }
    Ok(rows)
}

/// Peaks of each pixel.
///
/// # Errors
/// The table cannot be read or lacks a column.
pub fn read_peak_counts(folder: &Path) -> Result<Vec<u32>, RunError> {
    let table = Table::open(folder, "pixels.parquet")?;
    let mut counts = Vec::new();
    for batch in table.read(&["nPeaks"], None)? {
        counts.extend(table.primitive::<UInt32Type>(&table.batch(batch)?, "nPeaks")?);
    }
    Ok(counts)
}

fn texts<const N: usize>(
    table: &Table,
    batch: &RecordBatch,
    names: [&str; N],
) -> Result<[Vec<String>; N], RunError> {
    let mut columns = [const { Vec::new() }; N];
    for (column, name) in columns.iter_mut().zip(names) {
        *column = table
            .texts(batch, name)?
            .iter()
            .flatten()
            .map(str::to_owned)
            .collect();
        if column.len() != batch.num_rows() {
            return Err(table.wrong(name));
        }
    }
    Ok(columns)
}

fn numbers<const N: usize>(
    table: &Table,
    batch: &RecordBatch,
    names: [&str; N],
) -> Result<[Vec<f64>; N], RunError> {
    let mut columns = [const { Vec::new() }; N];
    for (column, name) in columns.iter_mut().zip(names) {
        *column = table.numbers(batch, name)?;
    }
    Ok(columns)
}

fn flags(table: &Table, batch: &RecordBatch, name: &str) -> Result<Vec<bool>, RunError> {
    let column = batch
        .column_by_name(name)
        .and_then(|column| column.as_boolean_opt());
    let column = column.ok_or_else(|| table.wrong(name))?;
    Ok(column.iter().map(Option::unwrap_or_default).collect())
}
