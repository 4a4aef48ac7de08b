//! The method on one page: candidates → patterns → images → metrics → scores → FDR.

use std::ops::Range;

use ms_core::image::{IonImage, Raster};
use ms_core::progress::{Progress, check};
use ms_core::spectra::{IndexError, SpectraIndex};
use rayon::prelude::*;

use crate::beyond_memory::score_sliding;
use crate::candidates::{Ion, SearchSpace};
use crate::config::AnnotateConfig;
use crate::error::AnnotateError;
use crate::imager::{Canvas, Canvases, Windows, images, window_image};
use crate::indices::IonIdx;
use crate::metrics::{Evaluator, UnitScores};
use crate::parents::Waiting;
use crate::patterns::{NoCache, PatternCache, PatternTable};
use crate::plan::{Unit, plan};
use crate::ranking::{Ranked, rank};
use crate::scoring::Scoring;

/// What a unit of work reads beside the peaks: the dataset's pixels, the ions, the settings.
#[derive(Clone, Copy)]
pub struct Work<'a> {
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

/// All peaks of the dataset by m/z, of which those that are worked on are held.
pub struct Peaks<'a> {
    /// The peaks.
    pub index: &'a mut SpectraIndex,
    /// Peaks that may be held at once where the index is not in memory.
    pub max_held: u64,
    /// Called whenever others are held than before, and at the end: for what is made of all peaks
    /// while they are there.
    pub look: &'a mut dyn FnMut(&SpectraIndex) -> Result<(), IndexError>,
}

impl std::fmt::Debug for Peaks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peaks")
            .field("index", &self.index)
            .field("max_held", &self.max_held)
            .finish_non_exhaustive()
    }
}

/// Plans the units, measures their ions, ranks them and estimates FDR: everything but the images.
///
/// # Errors
/// An ion without a pattern, an index that cannot be read, or a stop from outside.
pub fn annotate(
    peaks: Peaks<'_>,
    work: Work<'_>,
    space: &SearchSpace,
    scoring: &Scoring,
    progress: &dyn Progress,
) -> Result<(Vec<UnitScores>, Ranked), AnnotateError> {
    let ions = 0..work.ions.len();
    let units = plan(work.ions, ions, work.config.pattern.charge, work.mz_range);
    let scores = score_units(peaks, work, &units, progress)?;
    let n_pixels = work.raster.n_pixels();
    let ranked = rank(space, &scores, scoring, work.config, n_pixels);
    Ok((scores, ranked))
}

/// Scores the ions of units, side by side; the scores come in the order of the units.
///
/// # Errors
/// As [`annotate`].
pub fn score_units(
    peaks: Peaks<'_>,
    work: Work<'_>,
    units: &[Unit],
    progress: &dyn Progress,
) -> Result<Vec<UnitScores>, AnnotateError> {
    let n_ions = units.iter().map(|unit| unit.ions.len() as u64).sum();
    progress.begin("searching ions", n_ions);
    if peaks.index.is_spilled() {
        return score_sliding(peaks, work, units, progress);
    }
    let index = &*peaks.index;
    let scores = units
        .par_iter()
        .map_init(
            || Evaluator::new(work.raster, work.config),
            |evaluator, unit| {
                check(progress)?;
                let patterns = patterns_of_unit(work, unit)?;
                score(
                    index,
                    work,
                    unit.ions.clone(),
                    &patterns,
                    evaluator,
                    progress,
                )
            },
        )
        .collect::<Result<_, AnnotateError>>()?;
    (peaks.look)(index)?;
    Ok(scores)
}

pub(crate) fn patterns_of_unit(work: Work<'_>, unit: &Unit) -> Result<PatternTable, AnnotateError> {
    let ions = &work.ions[unit.ions.clone()];
    PatternTable::of(ions, work.config.pattern, work.cache)
}

/// Scores ions whose peaks are looked at together.
pub(crate) fn score(
    index: &SpectraIndex,
    work: Work<'_>,
    ions: Range<usize>,
    patterns: &PatternTable,
    evaluator: &mut Evaluator<'_>,
    progress: &dyn Progress,
) -> Result<UnitScores, AnnotateError> {
    let mut result = UnitScores::default();
    let n_ions = ions.len() as u64;
    let windows = Windows::find(index, patterns, work.config.ppm)?;
    evaluator.start_unit();
    let mut waiting = Waiting::default();
    for (row, place) in ions.enumerate() {
        let (idx, ion) = (IonIdx::at(place), &work.ions[place]);
        if !patterns.has_pattern(row) {
            result.without_pattern.push(idx);
            continue;
        }
        let is_within = |&mz: &f64| mz > work.mz_range.0 && mz < work.mz_range.1;
        if !patterns.mzs_of(row).iter().any(is_within) {
            continue;
        }
        result.n_searched += 1;
        result.n_targets_searched += u64::from(ion.is_target);
        evaluator.expect(ion);
        let Some((scores, details)) = evaluator.evaluate(&windows, patterns, row, idx) else {
            continue;
        };
        result.scores.push(scores);
        if let Some(mut details) = details {
            let (first_mz, place) = (patterns.mzs_of(row)[0], result.details.len());
            details.parent =
                waiting.look(index, work.config, evaluator, ion, first_mz, row, place)?;
            result.details.push(details);
        }
    }
    waiting.finish(index, &windows, &mut result.details, evaluator)?;
    progress.advance(n_ions);
    Ok(result)
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

/// The isotopic images of some ions, each in the order given, drawn on a canvas of some.
///
/// # Errors
/// As [`annotate`].
pub fn ion_images(
    index: &SpectraIndex,
    work: Work<'_>,
    ions: &[IonIdx],
    canvases: &Canvases,
    progress: &dyn Progress,
) -> Result<Vec<Vec<IonImage>>, AnnotateError> {
    canvases.with(work.raster.n_pixels(), |canvas| {
        draw_ions(index, work, ions, canvas, progress)
    })
}

fn draw_ions(
    index: &SpectraIndex,
    work: Work<'_>,
    ions: &[IonIdx],
    canvas: &mut Canvas,
    progress: &dyn Progress,
) -> Result<Vec<Vec<IonImage>>, AnnotateError> {
    let patterns = patterns_of(work, ions)?;
    let (ppm, min_px) = (work.config.ppm, work.config.min_px);
    if index.is_spilled() {
        // One window after another: those of an ion may be a peak for each of millions of pixels.
        let mut image = |&mz: &f64| -> Result<IonImage, AnnotateError> {
            check(progress)?;
            if mz > 0.0 {
                Ok(window_image(
                    index,
                    ppm.window(mz),
                    min_px,
                    canvas,
                    progress,
                )?)
            } else {
                Ok(IonImage::default())
            }
        };
        let of_ion = |row| patterns.mzs_of(row).iter().map(&mut image).collect();
        return (0..ions.len()).map(of_ion).collect();
    }
    let windows = Windows::find(index, &patterns, ppm)?;
    (0..ions.len())
        .map(|row| {
            check(progress)?;
            Ok(images(&windows, row, min_px, canvas))
        })
        .collect()
}
