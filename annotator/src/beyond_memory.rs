//! Units scored beyond memory: few peaks are held at a time.
//!
//! ```text
//!  patterns that lie among few enough peaks ─▶ steps: hold, score side by side, hold the next …
//!  the others ─▶ parts of few ions: read what lies in their windows, score
//! ```
//!
//! What lies one isotope below an ion ([`parents`](crate::parents)) is held with its pattern where there is room.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use ms_core::progress::{Progress, check};
use ms_core::spectra::SpectraIndex;
use rayon::prelude::*;

use crate::annotate::{Peaks, Work, patterns_of_unit, score};
use crate::error::AnnotateError;
use crate::metrics::{Evaluator, UnitScores};
use crate::patterns::PatternTable;
use crate::plan::Unit;
use crate::slide::{Needs, Step, parts, steps, window_parts, windows_range};

/// Ions of a part of a unit, so that there are enough parts for all threads while few peaks are held.
const PART_IONS: usize = 256;

/// Scores units in order of m/z, holding the peaks of few at a time, each of which is read once; then
/// those ions around whose patterns lie more peaks than may be held, by what lies in their windows.
pub(crate) fn score_sliding(
    Peaks {
        index,
        max_held,
        look,
    }: Peaks<'_>,
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
    let sliding = Sliding {
        work,
        units,
        patterns: &patterns,
        evaluators: Mutex::default(),
        progress,
    };
    let (ppm, below) = (work.config.ppm, work.config.reach_below());
    let fits = |&(low, high): &(f64, f64)| index.count_at_most(low, high) <= max_held;
    let mut by_need: Vec<(Part, Option<(f64, f64)>)> = Vec::new();
    for (unit, patterns) in patterns.iter().enumerate() {
        for rows in parts(index, patterns, ppm, PART_IONS, max_held) {
            let range = |below| windows_range(patterns, rows.clone(), ppm, below);
            // Where there is room, with what lies below, which is otherwise read for the few that need it.
            let interval = range(below).filter(fits).or_else(|| range(0.0));
            by_need.push((Part { unit, rows }, interval));
        }
    }
    // Not all patterns begin where their ion lies: in the order in which peaks are needed.
    let low = |interval: Option<(f64, f64)>| interval.map_or(0.0, |(low, _)| low);
    by_need.sort_by(|(_, a), (_, b)| low(*a).total_cmp(&low(*b)));
    let (all, intervals): (Vec<Part>, Vec<_>) = by_need.into_iter().unzip();
    let (mut found, mut apart) = (BTreeMap::new(), Vec::new());
    for Step { members, needs } in steps(index, &intervals, max_held) {
        match needs {
            Needs::Interval(low, high) => {
                index.hold(low, high)?;
                look(index)?;
            }
            Needs::Windows => {
                apart.extend_from_slice(&all[members]);
                continue;
            }
            Needs::Nothing => {}
        }
        found.extend(sliding.score_all(index, &all[members])?);
    }
    if !apart.is_empty() {
        // What was held gives its room to the windows of these.
        index.let_go();
        found.extend(sliding.score_apart(index, joined(apart), max_held)?);
    }
    let mut scores = vec![UnitScores::default(); units.len()];
    for ((unit, _), found) in found {
        scores[unit].append(found);
    }
    look(index)?;
    Ok(scores)
}

/// Scores of parts, by place.
type Found = Vec<((usize, usize), UnitScores)>;

/// Some ions of a unit: rows of its patterns.
#[derive(Clone)]
struct Part {
    unit: usize,
    rows: Range<usize>,
}

impl Part {
    /// Where its scores belong: by unit, then by row.
    fn place(&self) -> (usize, usize) {
        (self.unit, self.rows.start)
    }
}

/// Parts in the order of their units and rows; those that follow each other are one.
fn joined(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by_key(Part::place);
    parts.dedup_by(|part, last| {
        let follows = last.unit == part.unit && last.rows.end == part.rows.start;
        if follows {
            last.rows.end = part.rows.end;
        }
        follows
    });
    parts
}

/// What parts of units are scored with.
struct Sliding<'a> {
    work: Work<'a>,
    units: &'a [Unit],
    patterns: &'a [PatternTable],
    /// Kept from part to part: fresh ones of many pixels cost more than a part.
    evaluators: Mutex<Vec<Evaluator<'a>>>,
    progress: &'a dyn Progress,
}

impl Sliding<'_> {
    /// Scores parts side by side.
    fn score_all(&self, index: &SpectraIndex, parts: &[Part]) -> Result<Found, AnnotateError> {
        parts
            .par_iter()
            .map(|part| Ok((part.place(), self.score(index, part)?)))
            .collect()
    }

    /// Scores parts that read what lies in their windows, and nothing else, of as many ions at a time
    /// as there is room for: those of a single ion with many peaks one after another.
    fn score_apart(
        &self,
        index: &SpectraIndex,
        parts: Vec<Part>,
        max_held: u64,
    ) -> Result<Found, AnnotateError> {
        // Each thread has the peaks, a piece of them as it is read, and one to sort it.
        let max_peaks = max_held / (3 * rayon::current_num_threads() as u64);
        let cut = |part: Part| {
            let patterns = &self.patterns[part.unit];
            let ppm = self.work.config.ppm;
            let Part { unit, rows } = part;
            let cut = window_parts(index, patterns, rows, ppm, PART_IONS, max_peaks);
            let of_unit = |(rows, n_peaks)| (Part { unit, rows }, n_peaks);
            cut.into_iter().map(of_unit).collect::<Vec<_>>()
        };
        let parts: Vec<(Part, u64)> = parts.into_par_iter().flat_map_iter(cut).collect();
        let (large, small): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .partition(|(_, n_peaks)| *n_peaks > max_peaks);
        let parts = |of: Vec<(Part, u64)>| of.into_iter().map(|(part, _)| part);
        let mut found = self.score_all(index, &parts(small).collect::<Vec<_>>())?;
        for part in parts(large) {
            found.push((part.place(), self.score(index, &part)?));
        }
        Ok(found)
    }

    fn score(&self, index: &SpectraIndex, part: &Part) -> Result<UnitScores, AnnotateError> {
        check(self.progress)?;
        let (work, patterns) = (self.work, self.patterns[part.unit].rows(part.rows.clone()));
        let idle = || {
            let evaluators = self.evaluators.lock();
            evaluators.unwrap_or_else(PoisonError::into_inner)
        };
        let evaluator = idle().pop();
        let mut evaluator = evaluator.unwrap_or_else(|| Evaluator::new(work.raster, work.config));
        let ions = self.ions(part);
        let found = score(index, work, ions, &patterns, &mut evaluator, self.progress);
        idle().push(evaluator);
        found
    }

    /// The ions of a part.
    fn ions(&self, part: &Part) -> Range<usize> {
        let first = self.units[part.unit].ions.start;
        first + part.rows.start..first + part.rows.end
    }
}
