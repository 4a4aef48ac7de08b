//! Ions that were evaluated, annotated or not: what `ion_metrics.parquet` and `candidates.parquet` say of
//! those near an m/z.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{Array, Float64Array};
use ms_core::tolerance::Window;

use crate::error::ResultsError;
use crate::parquet_file::ParquetFile;

/// The column of the ion whose fragment another is taken for; older tables lack it.
const FRAGMENT_OF: &str = "fragmentOf";

/// The ion of a molecule that was evaluated, whatever came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateIon {
    /// Formula of the ion.
    pub ion_formula: String,
    /// m/z of the ion made of the most abundant isotopes, in Th.
    pub mz: f64,
    /// Pixels of the first image with signal.
    pub n_pixels: u32,
    /// Correlation of the isotopic images with the first.
    pub rho_spatial: f64,
    /// Likeness of the isotopic pattern.
    pub rho_spectral: f64,
    /// Structure of the first image; nothing where the others decided.
    pub rho_chaos: Option<f64>,
    /// Their product.
    pub msm: f64,
    /// As what it was ranked; none where it was not.
    pub targets: Vec<RankedTarget>,
}

/// A molecule and adduct that an ion was ranked as.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedTarget {
    /// Molecule table.
    pub database: String,
    /// Formula of the neutral molecule.
    pub formula: String,
    /// Modification, loss and adduct as one text.
    pub adduct: String,
    /// By what it was ranked, 0 to 1; 0 is not ranked.
    pub score: f64,
    /// Formula of the ion whose fragment it is taken for.
    pub fragment_of: Option<String>,
}

/// The ions of molecules within a window of m/z, in the order of m/z.
///
/// # Errors
/// A table cannot be read or lacks a column.
pub fn read_candidate_ions(
    folder: &Path,
    window: Window,
) -> Result<Vec<CandidateIon>, ResultsError> {
    let table = ParquetFile::open(&folder.join("ion_metrics.parquet"))?;
    let mut ions = Vec::new();
    for rows in table.rows(&[
        "ionFormula",
        "mz",
        "isTarget",
        "nPixels",
        "rhoSpatial",
        "rhoSpectral",
        "rhoChaos",
        "msm",
    ])? {
        let rows = rows?;
        let (formulas, is_target) = (rows.texts("ionFormula")?, rows.flags("isTarget")?);
        let number = |name| rows.numbers::<Float64Type>(name);
        let (mzs, msm) = (number("mz")?, number("msm")?);
        let (spatial, spectral) = (number("rhoSpatial")?, number("rhoSpectral")?);
        let chaos: &Float64Array = rows.optional_numbers::<Float64Type>("rhoChaos")?;
        let n_pixels = rows.numbers::<UInt32Type>("nPixels")?;
        // The rows ascend by m/z.
        let first = mzs.partition_point(|mz| *mz < window.low);
        let end = mzs.partition_point(|mz| *mz <= window.high);
        for row in (first..end).filter(|row| is_target.value(*row)) {
            ions.push(CandidateIon {
                ion_formula: formulas.value(row).to_owned(),
                mz: mzs[row],
                n_pixels: n_pixels[row],
                rho_spatial: spatial[row],
                rho_spectral: spectral[row],
                rho_chaos: chaos.is_valid(row).then(|| chaos.value(row)),
                msm: msm[row],
                targets: Vec::new(),
            });
        }
    }
    let formulas: BTreeSet<String> = ions.iter().map(|ion| ion.ion_formula.clone()).collect();
    let mut targets = read_targets(folder, &formulas)?;
    for ion in &mut ions {
        ion.targets = targets.remove(&ion.ion_formula).unwrap_or_default();
    }
    Ok(ions)
}

/// As what some ions were ranked.
fn read_targets(
    folder: &Path,
    of: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<RankedTarget>>, ResultsError> {
    let mut found: BTreeMap<String, Vec<RankedTarget>> = BTreeMap::new();
    if of.is_empty() {
        return Ok(found);
    }
    let table = ParquetFile::open(&folder.join("candidates.parquet"))?;
    let mut columns = Vec::from([
        "database",
        "formula",
        "adduct",
        "ionFormula",
        "isTarget",
        "score",
    ]);
    let has_fragments = table.has_column(FRAGMENT_OF);
    columns.extend(has_fragments.then_some(FRAGMENT_OF));
    for rows in table.rows(&columns)? {
        let rows = rows?;
        let fragment_of = if has_fragments {
            Some(rows.optional_texts(FRAGMENT_OF)?)
        } else {
            None
        };
        let (database, formula) = (rows.texts("database")?, rows.texts("formula")?);
        let (adduct, ion_formula) = (rows.texts("adduct")?, rows.texts("ionFormula")?);
        let is_target = rows.flags("isTarget")?;
        let score = rows.numbers::<Float64Type>("score")?;
        for row in (0..rows.n_rows()).filter(|row| is_target.value(*row)) {
            let ion_formula = ion_formula.value(row);
            if !of.contains(ion_formula) {
                continue;
            }
            found
                .entry(ion_formula.to_owned())
                .or_default()
                .push(RankedTarget {
                    database: database.value(row).to_owned(),
                    formula: formula.value(row).to_owned(),
                    adduct: adduct.value(row).to_owned(),
                    score: score[row],
                    fragment_of: fragment_of
                        .filter(|texts| texts.is_valid(row))
                        .map(|texts| texts.value(row).to_owned()),
                });
        }
    }
    Ok(found)
}
