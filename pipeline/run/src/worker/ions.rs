//! Some ions of the search space to their metrics, and the mean spectrum around them.

use ms_core::bytes::index;
use std::ops::Range;

use annotator::annotate::{UnitPatterns, patterns_of_units, score_patterns};
use annotator::candidates::Ion;
use annotator::imager::{Group, groups, windows_range};
use annotator::metrics::UnitScores;
use annotator::plan::{UNIT_PEAKS, Unit, plan};
use metaspace_machine::error::FileError;
use metaspace_results::record::pattern_warning;
use metaspace_results::{write_mean_spectrum, write_metrics_part};
use ms_core::progress::Progress;
use ms_core::spectra::{MeanPeak, bin_start};

use crate::error::RunError;
use crate::finish::without_pattern;
use crate::plan::Task;
use crate::worker::cache::StoreCache;
use crate::worker::job::{Job, Peaks};
use crate::worker::kinds::{MEAN_SPECTRUM, METRICS};
use crate::worker::report::{TaskError, Written};

pub(crate) fn search(
    job: &Job,
    task: &Task,
    progress: &dyn Progress,
) -> Result<Written, TaskError> {
    let (molecules, raster) = (job.molecules()?, job.raster()?);
    let ions = &molecules.space.ions;
    let place = |bound: u64| index(bound).min(ions.len());
    let range = place(task.from)..place(task.to);
    let (charge, ppm) = (
        job.config().annotate.pattern.charge,
        job.config().annotate.ppm,
    );
    let stretch = stretch(ions, &range);
    let (low, high) = Unit {
        ions: range.clone(),
    }
    .mz_range(ions, charge);
    let interval = (low.min(stretch.0), high.max(stretch.1));
    let mut peaks = job.index(&[interval], progress)?;
    let cache = StoreCache::new(&job.store);
    let units = plan(ions, range, charge, peaks.mz_range);
    let work = job.work(&peaks, &raster, &molecules, &cache);
    let sought = patterns_of_units(work, &units, progress).map_err(RunError::from)?;
    let intervals = sought
        .iter()
        .map(|UnitPatterns { patterns, .. }| windows_range(patterns, 0..patterns.n_ions(), ppm));
    let (mut scores, mut mean): (Vec<UnitScores>, _) = (Vec::new(), Mean::new(stretch));
    for Group { members, interval } in groups(&peaks.index, intervals, UNIT_PEAKS) {
        peaks.hold(interval)?;
        mean.extend(&peaks, peaks.index.held().1, raster.n_pixels(), progress)?;
        let work = job.work(&peaks, &raster, &molecules, &cache);
        let found = score_patterns(work, &sought[members], progress).map_err(RunError::from)?;
        scores.extend(found);
    }
    mean.extend(&peaks, stretch.1, raster.n_pixels(), progress)?;
    let file = tempfile::NamedTempFile::new().map_err(FileError::at("make", "a file"))?;
    write_mean_spectrum(&mean.peaks, file.path())?;
    let mean = job.keep(task, MEAN_SPECTRUM, file.path())?;
    write_metrics_part(&scores, ions, file.path())?;
    let metrics = job.keep(task, METRICS, file.path())?;
    let n_scored = scores.iter().map(|unit| unit.scores.len() as u64).sum();
    let without_pattern = without_pattern(&molecules.space, &scores);
    Ok(Written::new(n_scored, vec![mean, metrics]).with(pattern_warning(&without_pattern)))
}

/// The mean spectrum of a task's stretch of m/z, made of peaks while they are held.
struct Mean {
    /// What is still to come of the stretch.
    rest: (f64, f64),
    peaks: Vec<MeanPeak>,
}

impl Mean {
    fn new(stretch: (f64, f64)) -> Self {
        Self {
            rest: stretch,
            peaks: Vec::new(),
        }
    }

    /// Goes on up to a bound, which is one of bins, as those of what is held are.
    fn extend(
        &mut self,
        peaks: &Peaks,
        bound: f64,
        n_pixels: usize,
        progress: &dyn Progress,
    ) -> Result<(), TaskError> {
        let bound = bound.clamp(self.rest.0, self.rest.1);
        let mean = peaks
            .index
            .mean_spectrum((self.rest.0, bound), n_pixels, progress);
        self.peaks.extend(mean.map_err(RunError::from)?);
        self.rest.0 = bound;
        Ok(())
    }
}

/// The m/z that a range of ions stands for, from the bin of its first ion to that of the ion after
/// its last: those of all ranges together are all m/z, each once.
fn stretch(ions: &[Ion], range: &Range<usize>) -> (f64, f64) {
    let start = |place: usize| match ions.get(place) {
        _ if place == 0 => 0.0,
        Some(ion) => bin_start(ion.mz),
        None => f64::INFINITY,
    };
    (start(range.start), start(range.end))
}
