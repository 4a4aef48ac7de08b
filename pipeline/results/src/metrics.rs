//! `ion_metrics.parquet`: every ion that was evaluated, decoys included.

use std::path::Path;
use std::sync::Arc;

use annotator::candidates::Ion;
use annotator::metrics::{Details, Scores, UnitScores};
use arrow_array::{BooleanArray, Float64Array, StringArray, UInt32Array};

use crate::error::ResultsError;
use crate::table::{Columns, TableWriter, f32_lists, f64_lists};

/// Rows written at once: the bytes of the file do not depend on how the ions were cut into units.
const BATCH: usize = 1 << 13;

/// An ion's scores, and its details where its MSM is above 0.
type Row<'a> = (&'a Scores, Option<&'a Details>);

/// Writes the scores of all units in plan order, that is by m/z.
///
/// # Errors
/// The file cannot be written.
pub fn write_metrics(scores: &[UnitScores], ions: &[Ion], path: &Path) -> Result<(), ResultsError> {
    write(scores, TableWriter::new(path), |rows| columns(rows, ions))
}

pub(crate) fn write(
    scores: &[UnitScores],
    mut writer: TableWriter,
    columns: impl Fn(&[Row<'_>]) -> Columns,
) -> Result<(), ResultsError> {
    let rows: Vec<Row<'_>> = scores.iter().flat_map(rows).collect();
    writer.write(columns(&[]))?;
    for batch in rows.chunks(BATCH) {
        writer.write(columns(batch))?;
    }
    writer.finish()
}

/// Details stand beside the scores of MSM > 0 alone.
fn rows(unit: &UnitScores) -> impl Iterator<Item = Row<'_>> {
    let mut rest = unit.details.iter();
    let details = move |scores: &Scores| if scores.msm > 0.0 { rest.next() } else { None };
    unit.scores
        .iter()
        .scan(details, |details, scores| Some((scores, details(scores))))
}

/// The columns of `ion_metrics.parquet`.
pub(crate) fn columns(rows: &[Row<'_>], ions: &[Ion]) -> Columns {
    let scores: Vec<&Scores> = rows.iter().map(|(scores, _)| *scores).collect();
    let details: Vec<Option<&Details>> = rows.iter().map(|(_, details)| *details).collect();
    let ion = |scores: &Scores| &ions[scores.ion.usize()];
    let formulas = scores.iter().map(|scores| ion(scores).text());
    let number = |f: &dyn Fn(&Scores) -> f64| {
        Float64Array::from_iter_values(scores.iter().map(|scores| f(scores)))
    };
    let error = |f: &dyn Fn(&Details) -> f64| -> Float64Array {
        details.iter().map(|details| details.map(f)).collect()
    };
    let f64s = |f: &dyn Fn(&Details) -> &Vec<f64>| {
        f64_lists(
            details
                .iter()
                .map(|details| details.map(|details| &f(details)[..])),
        )
    };
    let f32s = |f: &dyn Fn(&Details) -> &Vec<f32>| {
        f32_lists(
            details
                .iter()
                .map(|details| details.map(|details| &f(details)[..])),
        )
    };
    let chaos: Float64Array = scores.iter().map(|scores| scores.chaos).collect();
    let is_target: Vec<bool> = scores.iter().map(|scores| ion(scores).is_target).collect();
    let n_pixels = UInt32Array::from_iter_values(scores.iter().map(|scores| scores.n_pixels));
    vec![
        (
            "ionFormula",
            Arc::new(StringArray::from_iter_values(formulas)),
            false,
        ),
        ("mz", Arc::new(number(&|scores| ion(scores).mz)), false),
        ("isTarget", Arc::new(BooleanArray::from(is_target)), false),
        ("nPixels", Arc::new(n_pixels), false),
        (
            "rhoSpatial",
            Arc::new(number(&|scores| scores.spatial)),
            false,
        ),
        (
            "rhoSpectral",
            Arc::new(number(&|scores| scores.spectral)),
            false,
        ),
        ("rhoChaos", Arc::new(chaos), true),
        ("msm", Arc::new(number(&|scores| scores.msm)), false),
        (
            "mzErrAbs",
            Arc::new(error(&|details| details.mz_err_abs)),
            true,
        ),
        (
            "mzErrRel",
            Arc::new(error(&|details| details.mz_err_rel)),
            true,
        ),
        (
            "parentRatio",
            Arc::new(error(&|details| details.parent.ratio)),
            true,
        ),
        (
            "parentCorrelation",
            Arc::new(error(&|details| details.parent.correlation)),
            true,
        ),
        ("isotopeMz", f64s(&|details| &details.theoretical_mz), true),
        (
            "isotopeIntensity",
            f32s(&|details| &details.theoretical_intensity),
            true,
        ),
        (
            "isotopeTotalIntensity",
            f64s(&|details| &details.total_intensity),
            true,
        ),
        (
            "isotopeMinIntensity",
            f32s(&|details| &details.min_intensity),
            true,
        ),
        (
            "isotopeMaxIntensity",
            f32s(&|details| &details.max_intensity),
            true,
        ),
        ("isotopeMzMean", f64s(&|details| &details.mz_mean), true),
        ("isotopeMzStddev", f64s(&|details| &details.mz_stddev), true),
    ]
}
