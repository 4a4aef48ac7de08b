//! Parts of tables, as the tasks of a run pass them on: the tables themselves, and what it takes to
//! join them.

use std::path::Path;
use std::sync::Arc;

use annotator::candidates::Ion;
use annotator::indices::IonIdx;
use annotator::metrics::{Details, Parent, Scores, UnitScores};
use arrow_array::types::{Float32Type, Float64Type, UInt32Type};
use arrow_array::{Array, Float32Array, UInt32Array};
use coloc::rank::Partner;
use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::LevelPartners;
use crate::error::ResultsError;
use crate::metrics::{columns, write};
use crate::parquet_file::{ParquetFile, Rows};
use crate::table::{TableWriter, f32_lists};

/// Metadata of a part of the metrics: what was searched besides the ions that have a row.
const SEARCHED: &str = "metaspace.searched";

/// What was searched.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Searched {
    n_ions: u64,
    n_targets: u64,
    without_pattern: Vec<u32>,
}

/// Writes scores as `ion_metrics.parquet` with a column `ion`, the place in the search space.
///
/// # Errors
/// The file cannot be written.
pub fn write_metrics_part(
    scores: &[UnitScores],
    ions: &[Ion],
    path: &Path,
) -> Result<(), ResultsError> {
    let sum = |count: fn(&UnitScores) -> u64| scores.iter().map(count).sum();
    let searched = Searched {
        n_ions: sum(|unit| unit.n_searched),
        n_targets: sum(|unit| unit.n_targets_searched),
        without_pattern: scores
            .iter()
            .flat_map(|unit| unit.without_pattern.iter().map(|ion| ion.0))
            .collect(),
    };
    let json = serde_json::to_string(&searched).map_err(|source| ResultsError::Json {
        path: path.into(),
        source,
    })?;
    let mut writer = TableWriter::new(path);
    writer.describe(SEARCHED, json);
    write(scores, writer, |rows| {
        let places = UInt32Array::from_iter_values(rows.iter().map(|(scores, _)| scores.ion.0));
        let mut columns = columns(rows, ions);
        columns.insert(0, ("ion", Arc::new(places), false));
        let groups = rows
            .iter()
            .map(|(_, details)| details.map(|details| &details.groups[..]));
        columns.push((GROUPS, f32_lists(groups), true));
        columns
    })
}

/// Reads such a part. Its ions must ascend and lie within a range of the search space.
///
/// # Errors
/// It cannot be read, or is not such a part.
pub fn read_metrics_part(
    path: &Path,
    ions: std::ops::Range<usize>,
) -> Result<UnitScores, ResultsError> {
    let part = ParquetFile::open(path)?;
    let described = part.described(SEARCHED).ok_or_else(|| part.wrong("ion"))?;
    let searched: Searched =
        serde_json::from_str(described).map_err(|source| ResultsError::Record {
            path: path.into(),
            source,
        })?;
    let is_here = |ion: &u32| ions.contains(&(*ion as usize));
    if !searched.without_pattern.iter().all(is_here) {
        return Err(part.wrong("ion"));
    }
    let mut unit = UnitScores {
        n_searched: searched.n_ions,
        n_targets_searched: searched.n_targets,
        without_pattern: searched.without_pattern.into_iter().map(IonIdx).collect(),
        ..UnitScores::default()
    };
    for rows in part.rows(&METRICS)? {
        add_metrics(&rows?, &mut unit)?;
    }
    let places: Vec<u32> = unit.scores.iter().map(|scores| scores.ion.0).collect();
    if !places.iter().all(is_here) || places.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(part.wrong("ion"));
    }
    Ok(unit)
}

/// Writes the partners that a share of the comparisons has found, by numbers.
///
/// # Errors
/// The file cannot be written.
pub fn write_partners_part(levels: &[LevelPartners], path: &Path) -> Result<(), ResultsError> {
    let rows = || {
        (0_u32..).zip(levels).flat_map(|(level, found)| {
            (0_u32..)
                .zip(&found.partners)
                .flat_map(move |(ion, partners)| {
                    partners.iter().map(move |partner| (level, ion, partner))
                })
        })
    };
    let other = |partner: &Partner| u32::try_from(partner.ion).unwrap_or(u32::MAX);
    let numbers = |values: &mut dyn Iterator<Item = u32>| UInt32Array::from_iter_values(values);
    let scores = Float32Array::from_iter_values(rows().map(|(.., partner)| partner.score));
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        (
            "level",
            Arc::new(numbers(&mut rows().map(|(level, ..)| level))),
            false,
        ),
        (
            "ion",
            Arc::new(numbers(&mut rows().map(|(_, ion, _)| ion))),
            false,
        ),
        (
            "other",
            Arc::new(numbers(&mut rows().map(|(.., partner)| other(partner)))),
            false,
        ),
        ("score", Arc::new(scores), false),
    ])?;
    writer.finish()
}

/// Reads such a part and adds its partners to those of other shares.
///
/// # Errors
/// It cannot be read, or is not such a part.
pub fn read_partners_part(path: &Path, levels: &mut [LevelPartners]) -> Result<(), ResultsError> {
    let part = ParquetFile::open(path)?;
    for rows in part.rows(&["level", "ion", "other", "score"])? {
        let rows = rows?;
        let numbers = |name| rows.numbers::<UInt32Type>(name);
        let (level, ion, other) = (numbers("level")?, numbers("ion")?, numbers("other")?);
        let scores = rows.numbers::<Float32Type>("score")?;
        for row in 0..rows.n_rows() {
            let level = levels.get_mut(level[row] as usize);
            let level = level.ok_or_else(|| part.wrong("level"))?;
            let n_ions = level.partners.len();
            let partner = Partner {
                ion: other[row] as usize,
                score: scores[row],
            };
            if partner.ion >= n_ions || !partner.score.is_finite() {
                return Err(part.wrong("other"));
            }
            let partners = level.partners.get_mut(ion[row] as usize);
            partners.ok_or_else(|| part.wrong("ion"))?.push(partner);
        }
    }
    Ok(())
}

/// Writes the rows of scores of a share that are not all 0.
///
/// # Errors
/// The file cannot be written.
pub fn write_scores_part(scores: &Array2<f32>, path: &Path) -> Result<(), ResultsError> {
    let rows: Vec<(u32, Vec<f32>)> = (0..)
        .zip(scores.rows())
        .filter(|(_, row)| row.iter().any(|score| *score != 0.0))
        .map(|(ion, row)| (ion, row.to_vec()))
        .collect();
    let ions = UInt32Array::from_iter_values(rows.iter().map(|(ion, _)| *ion));
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("ion", Arc::new(ions), false),
        (
            "scores",
            f32_lists(rows.iter().map(|(_, row)| Some(row.as_slice()))),
            false,
        ),
    ])?;
    writer.finish()
}

/// Reads such a part and fills in its rows.
///
/// # Errors
/// It cannot be read, or is not such a part.
pub fn read_scores_part(path: &Path, scores: &mut Array2<f32>) -> Result<(), ResultsError> {
    let part = ParquetFile::open(path)?;
    for rows in part.rows(&["ion", "scores"])? {
        let rows = rows?;
        let (ions, lists) = (rows.numbers::<UInt32Type>("ion")?, rows.lists("scores")?);
        for (row, &ion) in ions.iter().enumerate() {
            let values = lists.numbers::<Float32Type>(row)?;
            let ion = ion as usize;
            if ion >= scores.nrows() || values.len() != scores.ncols() {
                return Err(part.wrong("scores"));
            }
            scores.row_mut(ion).assign(&ArrayView1::from(&values));
        }
    }
    Ok(())
}

/// Sums of the first image in groups of pixels, a column that the table for users has not.
const GROUPS: &str = "groups";

/// Columns of a part of the metrics.
const METRICS: [&str; 18] = [
    "ion",
    "nPixels",
    "rhoSpatial",
    "rhoSpectral",
    "rhoChaos",
    "msm",
    "mzErrAbs",
    "mzErrRel",
    "parentRatio",
    "parentCorrelation",
    "isotopeMz",
    "isotopeIntensity",
    "isotopeTotalIntensity",
    "isotopeMinIntensity",
    "isotopeMaxIntensity",
    "isotopeMzMean",
    "isotopeMzStddev",
    GROUPS,
];

/// Only ions of a score above 0 have details.
fn add_metrics(rows: &Rows<'_>, unit: &mut UnitScores) -> Result<(), ResultsError> {
    let ions = rows.numbers::<UInt32Type>("ion")?;
    let n_pixels = rows.numbers::<UInt32Type>("nPixels")?;
    let spatial = rows.numbers::<Float64Type>("rhoSpatial")?;
    let spectral = rows.numbers::<Float64Type>("rhoSpectral")?;
    let msm = rows.numbers::<Float64Type>("msm")?;
    let chaos = rows.optional_numbers::<Float64Type>("rhoChaos")?;
    let mz_err_abs = rows.optional_numbers::<Float64Type>("mzErrAbs")?;
    let mz_err_rel = rows.optional_numbers::<Float64Type>("mzErrRel")?;
    let parent_ratio = rows.optional_numbers::<Float64Type>("parentRatio")?;
    let parent_correlation = rows.optional_numbers::<Float64Type>("parentCorrelation")?;
    let (mz, intensity) = (rows.lists("isotopeMz")?, rows.lists("isotopeIntensity")?);
    let total = rows.lists("isotopeTotalIntensity")?;
    let least = rows.lists("isotopeMinIntensity")?;
    let most = rows.lists("isotopeMaxIntensity")?;
    let (mean, deviation) = (rows.lists("isotopeMzMean")?, rows.lists("isotopeMzStddev")?);
    let groups = rows.lists(GROUPS)?;
    for row in 0..rows.n_rows() {
        let scores = Scores {
            ion: IonIdx(ions[row]),
            n_pixels: n_pixels[row],
            chaos: chaos.is_valid(row).then(|| chaos.value(row)),
            spatial: spatial[row],
            spectral: spectral[row],
            msm: msm[row],
        };
        unit.scores.push(scores);
        if scores.msm > 0.0 {
            unit.details.push(Details {
                mz_err_abs: mz_err_abs.value(row),
                mz_err_rel: mz_err_rel.value(row),
                parent: Parent {
                    ratio: parent_ratio.value(row),
                    correlation: parent_correlation.value(row),
                },
                groups: groups.numbers::<Float32Type>(row)?,
                theoretical_mz: mz.numbers::<Float64Type>(row)?,
                theoretical_intensity: intensity.numbers::<Float32Type>(row)?,
                total_intensity: total.numbers::<Float64Type>(row)?,
                min_intensity: least.numbers::<Float32Type>(row)?,
                max_intensity: most.numbers::<Float32Type>(row)?,
                mz_mean: mean.numbers::<Float64Type>(row)?,
                mz_stddev: deviation.numbers::<Float64Type>(row)?,
            });
        }
    }
    Ok(())
}
