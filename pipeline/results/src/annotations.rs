//! `annotations.parquet` and `annotations.csv`: what was found.

use std::path::Path;
use std::sync::Arc;

use annotator::indices::IonIdx;
use annotator::metrics::{Details, Scores};
use annotator::ranking::Annotation;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray, UInt32Array};
use metaspace_machine::error::FileError;

use crate::error::ResultsError;
use crate::table::{Columns, TableWriter, f32_lists, f64_lists, text_lists};
use crate::text::{csv_adduct, csv_text};

/// An annotation with everything that a reader of it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotationRow {
    /// Name of its molecule table.
    pub table: String,
    /// The molecule's formula.
    pub formula: String,
    /// Modification, loss and adduct as one text.
    pub modifier: String,
    /// The molecule's formula, its modifier, and the sign of its charge.
    pub ion: String,
    /// The ion's formula.
    pub ion_formula: String,
    /// Place in the search space's ions.
    pub ion_idx: IonIdx,
    /// Scores and FDR.
    pub annotation: Annotation,
    /// The three scores.
    pub scores: Scores,
    /// Per-isotope values.
    pub details: Details,
    /// Names of the molecules it may be.
    pub molecule_names: Vec<String>,
    /// Their identifiers.
    pub molecule_ids: Vec<String>,
    /// Their classes, empty where their table has no such column.
    pub molecule_classes: Vec<String>,
    /// Ions of other annotations that are the same ion.
    pub isomers: Vec<String>,
    /// Ions of other annotations whose first windows overlap.
    pub isobars: Vec<String>,
    /// Their scores.
    pub isobar_scores: Vec<f64>,
    /// The isobar of the best score, if that is better than its own.
    pub stronger_isobar: Option<String>,
    /// Whether its formula is entrapment.
    pub is_entrapment: bool,
    /// Ion of a MALDI matrix that is there and has its formula, or an m/z in its window.
    pub matrix_ion: Option<String>,
}

/// Values of the first isotope, as METASPACE gives them for an annotation.
impl AnnotationRow {
    fn first<T: Copy + Default>(values: &[T]) -> T {
        values.first().copied().unwrap_or_default()
    }

    /// m/z in Th of the first theoretical peak.
    pub fn mz(&self) -> f64 {
        Self::first(&self.details.theoretical_mz)
    }

    /// Absolute m/z error in ppm; 0 of an ion without a pattern.
    pub fn mz_err_ppm(&self) -> f64 {
        if self.mz() > 0.0 {
            self.details.mz_err_abs / self.mz() * 1e6
        } else {
            0.0
        }
    }
}

/// Writes the rows as Parquet and as CSV.
///
/// # Errors
/// A file cannot be written.
pub fn write_annotations(
    rows: &[AnnotationRow],
    parquet: &Path,
    csv: &Path,
) -> Result<(), ResultsError> {
    let mut writer = TableWriter::new(parquet);
    writer.write(columns(rows))?;
    writer.finish()?;
    write_csv(rows, csv)
}

fn columns(rows: &[AnnotationRow]) -> Columns {
    let text = |f: &dyn Fn(&AnnotationRow) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(f)))
    };
    let number = |f: &dyn Fn(&AnnotationRow) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(rows.iter().map(f)))
    };
    let first = |f: &dyn Fn(&AnnotationRow) -> f32| number(&|row| f64::from(f(row)));
    let f64s =
        |f: &dyn Fn(&AnnotationRow) -> &[f64]| f64_lists(rows.iter().map(|row| Some(f(row))));
    let f32s =
        |f: &dyn Fn(&AnnotationRow) -> &[f32]| f32_lists(rows.iter().map(|row| Some(f(row))));
    let is_entrapment: Vec<bool> = rows.iter().map(|row| row.is_entrapment).collect();
    let is_matrix: Vec<bool> = rows.iter().map(|row| row.matrix_ion.is_some()).collect();
    let stronger: StringArray = rows
        .iter()
        .map(|row| row.stronger_isobar.as_deref())
        .collect();
    let n_pixels = UInt32Array::from_iter_values(rows.iter().map(|row| row.scores.n_pixels));
    vec![
        ("database", text(&|row| row.table.clone()), false),
        ("formula", text(&|row| row.formula.clone()), false),
        ("adduct", text(&|row| row.modifier.clone()), false),
        ("ion", text(&|row| row.ion.clone()), false),
        ("ionFormula", text(&|row| row.ion_formula.clone()), false),
        ("mz", number(&AnnotationRow::mz), false),
        ("msm", number(&|row| row.annotation.msm), false),
        ("score", number(&|row| row.annotation.score), false),
        ("fdr", number(&|row| row.annotation.fdr), false),
        ("pep", number(&|row| row.annotation.pep), false),
        ("rhoSpatial", number(&|row| row.scores.spatial), false),
        ("rhoSpectral", number(&|row| row.scores.spectral), false),
        (
            "rhoChaos",
            number(&|row| row.scores.chaos.unwrap_or(0.0)),
            false,
        ),
        ("mzErrAbs", number(&|row| row.details.mz_err_abs), false),
        ("mzErrRel", number(&|row| row.details.mz_err_rel), false),
        ("mzErrPpm", number(&AnnotationRow::mz_err_ppm), false),
        ("nPixels", Arc::new(n_pixels), false),
        (
            "minIntensity",
            first(&|row| AnnotationRow::first(&row.details.min_intensity)),
            false,
        ),
        (
            "maxIntensity",
            first(&|row| AnnotationRow::first(&row.details.max_intensity)),
            false,
        ),
        (
            "totalIntensity",
            number(&|row| AnnotationRow::first(&row.details.total_intensity)),
            false,
        ),
        (
            "moleculeNames",
            text_lists(rows.iter().map(|row| &row.molecule_names[..])),
            false,
        ),
        (
            "moleculeIds",
            text_lists(rows.iter().map(|row| &row.molecule_ids[..])),
            false,
        ),
        (
            "moleculeClasses",
            text_lists(rows.iter().map(|row| &row.molecule_classes[..])),
            false,
        ),
        (
            "isomers",
            text_lists(rows.iter().map(|row| &row.isomers[..])),
            false,
        ),
        (
            "isobars",
            text_lists(rows.iter().map(|row| &row.isobars[..])),
            false,
        ),
        ("isobarScores", f64s(&|row| &row.isobar_scores), false),
        ("strongerIsobar", Arc::new(stronger), true),
        (
            "isEntrapment",
            Arc::new(BooleanArray::from(is_entrapment)),
            false,
        ),
        ("isMatrix", Arc::new(BooleanArray::from(is_matrix)), false),
        (
            "matrixIon",
            text(&|row| row.matrix_ion.clone().unwrap_or_default()),
            false,
        ),
        ("isotopeMz", f64s(&|row| &row.details.theoretical_mz), false),
        (
            "isotopeIntensity",
            f32s(&|row| &row.details.theoretical_intensity),
            false,
        ),
        (
            "isotopeTotalIntensity",
            f64s(&|row| &row.details.total_intensity),
            false,
        ),
        (
            "isotopeMaxIntensity",
            f32s(&|row| &row.details.max_intensity),
            false,
        ),
        ("isotopeMzMean", f64s(&|row| &row.details.mz_mean), false),
        (
            "isotopeMzStddev",
            f64s(&|row| &row.details.mz_stddev),
            false,
        ),
    ]
}

fn write_csv(rows: &[AnnotationRow], path: &Path) -> Result<(), ResultsError> {
    let error = |source| ResultsError::Csv {
        path: path.into(),
        source,
    };
    let mut writer = csv::Writer::from_path(path).map_err(error)?;
    let header = [
        "database",
        "formula",
        "adduct",
        "ion",
        "mz",
        "msm",
        "score",
        "fdr",
        "pep",
        "rhoSpatial",
        "rhoSpectral",
        "rhoChaos",
        "mzErrAbs",
        "mzErrRel",
        "mzErrPpm",
        "nPixels",
        "minIntensity",
        "maxIntensity",
        "totalIntensity",
        "moleculeNames",
        "moleculeIds",
        "isomers",
        "isobars",
        "isobarScores",
        "strongerIsobar",
        "isEntrapment",
        "isMatrix",
        "matrixIon",
    ];
    writer.write_record(header).map_err(error)?;
    for row in rows {
        let numbers = [
            row.mz(),
            row.annotation.msm,
            row.annotation.score,
            row.annotation.fdr,
            row.annotation.pep,
            row.scores.spatial,
            row.scores.spectral,
            row.scores.chaos.unwrap_or(0.0),
            row.details.mz_err_abs,
            row.details.mz_err_rel,
            row.mz_err_ppm(),
            f64::from(row.scores.n_pixels),
            f64::from(AnnotationRow::first(&row.details.min_intensity)),
            f64::from(AnnotationRow::first(&row.details.max_intensity)),
            AnnotationRow::first(&row.details.total_intensity),
        ];
        let lists = [
            &row.molecule_names,
            &row.molecule_ids,
            &row.isomers,
            &row.isobars,
        ];
        let texts = [
            row.table.clone(),
            row.formula.clone(),
            csv_adduct(&row.modifier),
            row.ion.clone(),
        ];
        let record = texts
            .into_iter()
            .map(|text| csv_text(&text))
            .chain(numbers.iter().map(ToString::to_string))
            .chain(lists.iter().map(|list| csv_text(&list.join(", "))))
            .chain([
                row.isobar_scores
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
                csv_text(row.stronger_isobar.as_deref().unwrap_or_default()),
                row.is_entrapment.to_string(),
                row.matrix_ion.is_some().to_string(),
                csv_text(row.matrix_ion.as_deref().unwrap_or_default()),
            ]);
        writer.write_record(record).map_err(error)?;
    }
    Ok(writer.flush().map_err(FileError::at("write", path))?)
}
