//! The method on one page: candidates → patterns → images → metrics → scores → FDR.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use ms_core::image::{IonImage, Raster};
use ms_core::ion::Charge;
use ms_core::progress::{Progress, check};
use ms_core::spectra::{HeldPeaks, SpectraIndex};
use ms_core::tolerance::Window;
use rayon::prelude::*;

use crate::candidates::{Ion, SearchSpace};
use crate::config::AnnotateConfig;
use crate::error::AnnotateError;
use crate::imager::{Canvas, Windows, images, window_image, windows_of};
use crate::indices::IonIdx;
use crate::metrics::{Evaluator, UnitScores};
use crate::patterns::{NoCache, PatternCache, PatternTable};
use crate::plan::{Unit, plan};
use crate::ranking::{Ranked, rank};
use crate::scoring::Scoring;
use crate::slide::{Peaks, Sliding, windows_range};

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
    let ranked = rank(space, &scores, scoring, work.config);
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
                let (ions, patterns) = (unit.ions.clone(), patterns_of_unit(work, unit)?);
                let below = distances_below(work, ions.clone());
                let windows = Windows::find(index, &patterns, work.config.ppm, &below)?;
                Ok(score(&windows, work, ions, &patterns, evaluator, progress))
            },
        )
        .collect::<Result<_, AnnotateError>>()?;
    (peaks.look)(index)?;
    Ok(scores)
}

/// Ions of a part of a unit, so that there are enough parts for all threads while few peaks are held.
const PART_IONS: usize = 256;

/// Some ions of a unit.
#[derive(Clone)]
struct Part {
    /// Place of the unit.
    unit: usize,
    /// Rows of its patterns.
    rows: Range<usize>,
    /// Lowest and highest m/z of their windows; nothing where no ion has a pattern.
    span: Option<(f64, f64)>,
}

/// Some rows of a unit's patterns.
fn part(unit: usize, rows: Range<usize>, patterns: &PatternTable, config: &AnnotateConfig) -> Part {
    let span = windows_range(patterns, rows.clone(), config.ppm, config.reach_below());
    Part { unit, rows, span }
}

/// Cuts units into parts.
fn parts(patterns: &[PatternTable], config: &AnnotateConfig) -> Vec<Part> {
    let of_unit = |(unit, patterns): (usize, &PatternTable)| {
        let n_rows = patterns.n_ions();
        let rows = (0..n_rows).step_by(PART_IONS);
        let rows = rows.map(|start| start..n_rows.min(start + PART_IONS));
        rows.map(|rows| part(unit, rows, patterns, config))
            .collect::<Vec<_>>()
    };
    patterns.iter().enumerate().flat_map(of_unit).collect()
}

/// Scores units in order of m/z, holding the peaks in the windows of few at a time, each of which is
/// read once.
fn score_sliding(
    peaks: Peaks<'_>,
    work: Work<'_>,
    units: &[Unit],
    progress: &dyn Progress,
) -> Result<Vec<UnitScores>, AnnotateError> {
    let patterns: Vec<PatternTable> = units
        .par_iter()
        .map(|unit| {
            check(progress)?;
            patterns_of_unit(work, unit)
        })
        .collect::<Result<_, _>>()?;
    let ppm = work.config.ppm;
    let windows: Vec<Vec<Window>> = (units.par_iter().zip(&patterns))
        .map(|(unit, patterns)| {
            let below = distances_below(work, unit.ions.clone());
            Window::joined(windows_of(patterns, ppm, &below))
        })
        .collect();
    let mut sliding = Sliding::new(peaks, windows.into_iter().flatten());
    // Kept from step to step: fresh ones of many pixels cost more than a step.
    let evaluators: Mutex<Vec<Evaluator<'_>>> = Mutex::default();
    let idle = || evaluators.lock().unwrap_or_else(PoisonError::into_inner);
    let measure = |unit: usize, rows: Range<usize>, place: Place<'_>| {
        check(progress)?;
        let first = units[unit].ions.start;
        let ions = first + rows.start..first + rows.end;
        let patterns = patterns[unit].rows(rows);
        let windows = match place {
            Place::Held(held) => Windows::among(held.slab(), &patterns, ppm),
            Place::Index(index) => {
                let below = distances_below(work, ions.clone());
                Windows::find(index, &patterns, ppm, &below)?
            }
        };
        let evaluator = idle().pop();
        let mut evaluator = evaluator.unwrap_or_else(|| Evaluator::new(work.raster, work.config));
        let found = score(&windows, work, ions, &patterns, &mut evaluator, progress);
        idle().push(evaluator);
        Ok(found)
    };
    let mut scores = vec![UnitScores::default(); units.len()];
    // The next one last.
    let mut rest = parts(&patterns, work.config);
    rest.reverse();
    while let Some(next) = rest.last() {
        let lows = rest.iter().filter_map(|part| part.span).map(|(low, _)| low);
        if let Some(lowest) = lows.reduce(f64::min) {
            sliding.hold_from(lowest)?;
        }
        let held = sliding.held();
        let is_held = |part: &&Part| part.span.is_none_or(|(_, high)| high < held.end());
        let n_held = rest.iter().rev().take_while(is_held).count();
        let (now, place) = match (n_held, next.rows.len()) {
            (0, 1) => (vec![next.clone()], Place::Index(sliding.index())),
            (0, n_rows) => {
                // More lies in its windows than may be held: fewer ions may need less.
                let (unit, rows) = (next.unit, next.rows.clone());
                let middle = rows.start + n_rows / 2;
                let part = |rows| part(unit, rows, &patterns[unit], work.config);
                rest.pop();
                rest.extend([part(middle..rows.end), part(rows.start..middle)]);
                continue;
            }
            _ => {
                let now = rest.split_off(rest.len() - n_held);
                (now.into_iter().rev().collect(), Place::Held(held))
            }
        };
        if n_held == 0 {
            rest.pop();
        }
        let of_part = |part: &Part| measure(part.unit, part.rows.clone(), place);
        let found: Vec<UnitScores> =
            (now.par_iter().map(of_part)).collect::<Result<_, AnnotateError>>()?;
        for (part, found) in now.iter().zip(found) {
            scores[part.unit].append(found);
        }
    }
    sliding.finish()?;
    Ok(scores)
}

/// Where the peaks of some ions are.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// In memory, with those of others.
    Held(&'a HeldPeaks),
    /// Wherever the index has them.
    Index(&'a SpectraIndex),
}

fn patterns_of_unit(work: Work<'_>, unit: &Unit) -> Result<PatternTable, AnnotateError> {
    let ions = &work.ions[unit.ions.clone()];
    PatternTable::of(ions, work.config.pattern, work.cache)
}

/// The distances below ions, in Th, at which images are looked for of which theirs may be isotopes'.
fn distances_below(work: Work<'_>, ions: Range<usize>) -> Vec<f64> {
    let of_settings = work.config.pattern.charge;
    let charges = work.ions[ions].iter().map(|ion| ion.charge(of_settings));
    let charges: BTreeSet<Charge> = charges.collect();
    charges
        .into_iter()
        .flat_map(|charge| work.config.parent_distances(charge))
        .collect()
}

/// Scores ions whose peaks are looked at together.
fn score(
    windows: &Windows<'_>,
    work: Work<'_>,
    ions: Range<usize>,
    patterns: &PatternTable,
    evaluator: &mut Evaluator<'_>,
    progress: &dyn Progress,
) -> UnitScores {
    let mut result = UnitScores::default();
    let n_ions = ions.len() as u64;
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
        evaluator.set_charge(work.ions[ion.usize()].charge(work.config.pattern.charge));
        if let Some((scores, details)) = evaluator.evaluate(windows, patterns, row, ion) {
            result.scores.push(scores);
            result.details.extend(details);
        }
    }
    progress.advance(n_ions);
    result
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
    index: &SpectraIndex,
    work: Work<'_>,
    ions: &[IonIdx],
    progress: &dyn Progress,
) -> Result<Vec<Vec<IonImage>>, AnnotateError> {
    let patterns = patterns_of(work, ions)?;
    let mut canvas = Canvas::new(work.raster.n_pixels());
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
                    &mut canvas,
                    progress,
                )?)
            } else {
                Ok(IonImage::default())
            }
        };
        let of_ion = |row| patterns.mzs_of(row).iter().map(&mut image).collect();
        return (0..ions.len()).map(of_ion).collect();
    }
    let windows = Windows::find(index, &patterns, ppm, &[])?;
    (0..ions.len())
        .map(|row| {
            check(progress)?;
            Ok(images(&windows, row, min_px, &mut canvas))
        })
        .collect()
}
