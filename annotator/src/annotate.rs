//! The method on one page: candidates → patterns → images → metrics → scores → FDR.

use std::ops::Range;

use ms_core::image::{IonImage, Raster};
use ms_core::progress::{Progress, check};
use ms_core::spectra::SpectraIndex;
use rayon::prelude::*;

use crate::candidates::{Ion, SearchSpace};
use crate::config::AnnotateConfig;
use crate::error::AnnotateError;
use crate::imager::{Canvas, Windows, images, parts};
use crate::indices::IonIdx;
use crate::metrics::{Evaluator, UnitScores};
use crate::patterns::{NoCache, PatternCache, PatternTable};
use crate::plan::{UNIT_PEAKS, Unit, plan};
use crate::ranking::{Ranked, rank};
use crate::scoring::Scoring;

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
        f.debug_struct("Work")
            .field("n_ions", &self.ions.len())
            .finish_non_exhaustive()
    }
}

/// Plans the units, measures their ions, ranks them and estimates FDR: everything but the images.
///
/// # Errors
/// An ion without a pattern, an index that cannot be read, or a stop from outside.
pub fn annotate(
    work: Work<'_>,
    space: &SearchSpace,
    scoring: &Scoring,
    progress: &dyn Progress,
) -> Result<(Vec<UnitScores>, Ranked), AnnotateError> {
    let ions = 0..work.ions.len();
    let units = plan(work.ions, ions, work.config.pattern.charge, work.mz_range);
    let scores = score_units(work, &units, progress)?;
    let ranked = rank(space, &scores, scoring, work.config);
    Ok((scores, ranked))
}

/// A unit and the patterns of its ions.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitPatterns {
    /// The unit.
    pub unit: Unit,
    /// A row for each of its ions.
    pub patterns: PatternTable,
}

impl UnitPatterns {
    fn find(work: Work<'_>, unit: &Unit) -> Result<Self, AnnotateError> {
        let ions = &work.ions[unit.ions.clone()];
        let patterns = PatternTable::of(ions, work.config.pattern, work.cache)?;
        Ok(Self {
            unit: unit.clone(),
            patterns,
        })
    }
}

/// The patterns of units, side by side: what they need of the index is known then.
///
/// # Errors
/// An ion without a pattern, or a stop from outside.
pub fn patterns_of_units(
    work: Work<'_>,
    units: &[Unit],
    progress: &dyn Progress,
) -> Result<Vec<UnitPatterns>, AnnotateError> {
    units
        .par_iter()
        .map(|unit| {
            check(progress)?;
            UnitPatterns::find(work, unit)
        })
        .collect()
}

/// Scores the ions of units, side by side; the scores come in the order of the units.
///
/// # Errors
/// As [`annotate`].
pub fn score_units(
    work: Work<'_>,
    units: &[Unit],
    progress: &dyn Progress,
) -> Result<Vec<UnitScores>, AnnotateError> {
    progress.begin(
        "searching ions",
        units.iter().map(|unit| unit.ions.len() as u64).sum(),
    );
    units
        .par_iter()
        .map_init(
            || Evaluator::new(work.raster, work.config),
            |evaluator, unit| {
                check(progress)?;
                score(work, &UnitPatterns::find(work, unit)?, evaluator, progress)
            },
        )
        .collect()
}

/// Scores the ions of units whose patterns are known, as [`score_units`] does.
///
/// # Errors
/// As [`annotate`].
pub fn score_patterns(
    work: Work<'_>,
    units: &[UnitPatterns],
    progress: &dyn Progress,
) -> Result<Vec<UnitScores>, AnnotateError> {
    units
        .par_iter()
        .map_init(
            || Evaluator::new(work.raster, work.config),
            |evaluator, unit| {
                check(progress)?;
                score(work, unit, evaluator, progress)
            },
        )
        .collect()
}

fn score(
    work: Work<'_>,
    UnitPatterns { unit, patterns }: &UnitPatterns,
    evaluator: &mut Evaluator<'_>,
    progress: &dyn Progress,
) -> Result<UnitScores, AnnotateError> {
    let mut result = UnitScores::default();
    for rows in parts(work.index, patterns, work.config.ppm, UNIT_PEAKS) {
        let ions = unit.ions.start + rows.start..unit.ions.start + rows.end;
        score_part(work, ions, &patterns.rows(rows), evaluator, &mut result)?;
    }
    progress.advance(unit.ions.len() as u64);
    Ok(result)
}

/// Scores ions whose peaks are looked at together.
fn score_part(
    work: Work<'_>,
    ions: Range<usize>,
    patterns: &PatternTable,
    evaluator: &mut Evaluator<'_>,
    result: &mut UnitScores,
) -> Result<(), AnnotateError> {
    let windows = Windows::find(work.index, patterns, work.config.ppm)?;
    evaluator.start_unit();
    for (row, ion) in ions.enumerate() {
        let ion = IonIdx::at(ion);
        if !patterns.has_pattern(row) {
            result.without_pattern.push(ion);
            continue;
        }
        let is_within = |&mz: &f64| mz > work.mz_range.0 && mz < work.mz_range.1;
        if !patterns.mzs_of(row).iter().any(is_within) {
            continue;
        }
        result.n_searched += 1;
        result.n_targets_searched += u64::from(work.ions[ion.usize()].is_target);
        if let Some((scores, details)) = evaluator.evaluate(&windows, patterns, row, ion) {
            result.scores.push(scores);
            result.details.extend(details);
        }
    }
    Ok(())
}

/// The patterns of some ions, a row for each, in the order given.
///
/// # Errors
/// An ion without a pattern.
pub fn patterns_of(work: Work<'_>, ions: &[IonIdx]) -> Result<PatternTable, AnnotateError> {
    let chosen: Vec<Ion> = ions
        .iter()
        .map(|ion| work.ions[ion.usize()].clone())
        .collect();
    PatternTable::of(&chosen, work.config.pattern, &NoCache)
}

/// The isotopic images of some ions, each in the order given.
///
/// # Errors
/// As [`annotate`].
pub fn ion_images(
    work: Work<'_>,
    ions: &[IonIdx],
    progress: &dyn Progress,
) -> Result<Vec<Vec<IonImage>>, AnnotateError> {
    let patterns = patterns_of(work, ions)?;
    let windows = Windows::find(work.index, &patterns, work.config.ppm)?;
    let mut canvas = Canvas::new(work.raster.n_pixels());
    let min_px = work.config.min_px;
    (0..ions.len())
        .map(|row| {
            check(progress)?;
            Ok(images(&windows, row, min_px, &mut canvas))
        })
        .collect()
}
