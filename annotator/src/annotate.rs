//! The method on one page: candidates → patterns → images → metrics → FDR.

use ms_core::image::{IonImage, Raster};
use ms_core::progress::{Progress, check};
use ms_core::spectra::SpectraIndex;
use rayon::prelude::*;

use crate::candidates::{Ion, SearchSpace};
use crate::config::AnnotateConfig;
use crate::error::AnnotateError;
use crate::fdr::{DecoyScores, fdr};
use crate::imager::{Canvas, Windows, images};
use crate::metrics::{Details, Evaluator, Scores};
use crate::patterns::{PatternCache, PatternTable};
use crate::plan::{Unit, plan};

/// What a unit of work reads: the dataset's peaks and pixels, the ions, the settings.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// All peaks by m/z.
    pub index: &'a SpectraIndex,
    /// Lowest and highest m/z of the dataset in Th.
    pub mz_range: (f64, f64),
    /// The pixels.
    pub raster: &'a Raster,
    /// The ions.
    pub ions: &'a [Ion],
    /// The settings.
    pub config: &'a AnnotateConfig,
    /// Patterns of earlier runs.
    pub cache: &'a dyn PatternCache,
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("n_ions", &self.ions.len()).finish_non_exhaustive()
    }
}

/// Scores of a unit's ions, in order of m/z: those that have a first isotopic image.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnitScores {
    /// Ions with a theoretical peak within the dataset's m/z range.
    pub n_searched: u64,
    /// Of them, ions of molecules.
    pub n_targets_searched: u64,
    /// Ions too complex to have a pattern.
    pub without_pattern: Vec<u32>,
    /// Their scores.
    pub scores: Vec<Scores>,
    /// Details of those of MSM > 0, in the same order.
    pub details: Vec<Details>,
}

/// An annotation: a molecule's formula and modifier found in the dataset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annotation {
    /// Number of its molecule table.
    pub table: u16,
    /// Place in the table's formulas.
    pub formula: u32,
    /// Place in [`SearchSpace::modifiers`].
    pub modifier: u16,
    /// Place in [`SearchSpace::ions`].
    pub ion: u32,
    /// The score it was ranked by.
    pub msm: f64,
    /// Its false discovery rate.
    pub fdr: f64,
}

/// Plans the units, scores them, and estimates FDR: everything but the images.
///
/// # Errors
/// An ion without a pattern, an index that cannot be read, or a stop from outside.
pub fn annotate(
    work: Work<'_>,
    space: &SearchSpace,
    progress: &dyn Progress,
) -> Result<(Vec<UnitScores>, Vec<Annotation>), AnnotateError> {
    let units = plan(work.ions, work.config.pattern.charge, work.index, work.mz_range);
    progress.begin("searching ions", units.iter().map(|unit| unit.ions.len() as u64).sum());
    let scores: Vec<UnitScores> = units
        .par_iter()
        .map_init(
            || Evaluator::new(work.raster, work.config),
            |evaluator, unit| score_unit(work, unit, evaluator, progress),
        )
        .collect::<Result<_, _>>()?;
    let annotations = rank(space, &scores, work.config);
    Ok((scores, annotations))
}

/// Scores the ions of one unit.
///
/// # Errors
/// As [`annotate`].
pub fn score_unit(
    work: Work<'_>,
    unit: &Unit,
    evaluator: &mut Evaluator<'_>,
    progress: &dyn Progress,
) -> Result<UnitScores, AnnotateError> {
    check(progress)?;
    let patterns =
        PatternTable::of(&work.ions[unit.ions.clone()], work.config.pattern, work.cache)?;
    let windows = Windows::find(work.index, &patterns, work.config.ppm)?;
    evaluator.start_unit();
    let mut result = UnitScores::default();
    for (row, ion) in unit.ions.clone().enumerate() {
        let ion = u32::try_from(ion).unwrap_or(u32::MAX);
        if !patterns.has_pattern(row) {
            result.without_pattern.push(ion);
            continue;
        }
        let is_within = |&mz: &f64| mz > work.mz_range.0 && mz < work.mz_range.1;
        if !patterns.mzs_of(row).iter().any(is_within) {
            continue;
        }
        result.n_searched += 1;
        result.n_targets_searched += u64::from(work.ions[ion as usize].is_target);
        if let Some((scores, details)) = evaluator.evaluate(&windows, &patterns, row, ion) {
            result.scores.push(scores);
            result.details.extend(details);
        }
    }
    progress.advance(unit.ions.len() as u64);
    Ok(result)
}

/// Turns the scores of all units into annotations: targets of MSM > 0 and FDR < 1, by table, then
/// from the best score; ties by modifier and ion.
pub fn rank(
    space: &SearchSpace,
    scores: &[UnitScores],
    config: &AnnotateConfig,
) -> Vec<Annotation> {
    let mut msm_of_ion = vec![0.0; space.ions.len()];
    for scores in scores.iter().flat_map(|unit| &unit.scores) {
        msm_of_ion[scores.ion as usize] = scores.msm;
    }
    let mut annotations = Vec::new();
    for table in 0..space.tables.len() {
        for modifier in 0..space.modifiers.len() {
            annotations.extend(rank_modifier(space, (table, modifier), &msm_of_ion, config));
        }
    }
    annotations.sort_by(|a: &Annotation, b| {
        let by_score = b.msm.total_cmp(&a.msm);
        let by_id = || (a.modifier, a.ion, a.formula).cmp(&(b.modifier, b.ion, b.formula));
        a.table.cmp(&b.table).then(by_score).then_with(by_id)
    });
    annotations
}

/// Ranks the targets of one molecule table and modifier against their decoys.
fn rank_modifier(
    space: &SearchSpace,
    (table_idx, modifier): (usize, usize),
    msm_of_ion: &[f64],
    config: &AnnotateConfig,
) -> Vec<Annotation> {
    let table = &space.tables[table_idx];
    let msm = |ion: u32| msm_of_ion[ion as usize];
    let mut found = Vec::new();
    let (mut n_targets, mut n_decoys) = (0_u64, 0_u64);
    for target in table.targets.iter().filter(|target| usize::from(target.modifier) == modifier) {
        n_targets += 1;
        if msm(target.ion) > 0.0 {
            found.push(target);
        }
    }
    let mut decoys = Vec::new();
    for decoy in table.decoys.iter().filter(|d| usize::from(d.target_modifier) == modifier) {
        let Some(ion) = decoy.ion else { continue };
        n_decoys += 1;
        if msm(ion) > 0.0 {
            decoys.push((msm(ion), decoy.draw));
        }
    }
    let scores: Vec<f64> = found.iter().map(|target| msm(target.ion)).collect();
    let decoys = DecoyScores {
        scores: &decoys,
        n_drawn: space.n_decoys,
        n_existing: n_decoys as f64 / n_targets.max(1) as f64,
    };
    let fdrs = fdr(&scores, decoys, config.rules.fdr);
    let annotation = |(target, fdr): (&&crate::candidates::Target, f64)| Annotation {
        table: u16::try_from(table_idx).unwrap_or(u16::MAX),
        formula: target.formula,
        modifier: target.modifier,
        ion: target.ion,
        msm: msm(target.ion),
        fdr,
    };
    found.iter().zip(fdrs).map(annotation).filter(|found| found.fdr < 1.0).collect()
}

/// The isotopic images of some ions, each in the order given.
///
/// # Errors
/// As [`annotate`].
pub fn ion_images(
    work: Work<'_>,
    ions: &[u32],
    progress: &dyn Progress,
) -> Result<Vec<Vec<IonImage>>, AnnotateError> {
    let chosen: Vec<Ion> = ions.iter().map(|&ion| work.ions[ion as usize].clone()).collect();
    let patterns = PatternTable::of(&chosen, work.config.pattern, &crate::patterns::NoCache)?;
    let windows = Windows::find(work.index, &patterns, work.config.ppm)?;
    let mut canvas = Canvas::new(work.raster.n_pixels());
    let min_px = work.config.min_px;
    (0..chosen.len())
        .map(|row| {
            check(progress)?;
            Ok(images(&windows, row, min_px, &mut canvas))
        })
        .collect()
}
