//! Some ions of the search space to their metrics, and the mean spectrum around them.

use std::ops::Range;

use annotator::annotate::score_units;
use annotator::candidates::Ion;
use annotator::plan::{Unit, plan};
use ms_core::progress::Progress;
use ms_core::spectra::{SpectraIndex, bin_start};

use super::TaskError;
use super::cache::StoreCache;
use super::job::Job;
use crate::error::RunError;
use crate::plan::{Stage, Task};
use crate::results::{write_mean_spectrum, write_metrics_part};

/// Extension of what a task writes of the mean spectrum.
pub(crate) const MEAN: &str = "mean.parquet";

pub(super) fn search(job: &Job, task: &Task, progress: &dyn Progress) -> Result<u64, TaskError> {
    let (molecules, raster) = (job.molecules()?, job.raster()?);
    let ions = &molecules.space.ions;
    let place = |bound: u64| usize::try_from(bound).unwrap_or(usize::MAX).min(ions.len());
    let range = place(task.from)..place(task.to);
    let charge = job.config().annotate.pattern.charge;
    let stretch = stretch(ions, &range);
    let (low, high) = Unit { ions: range.clone() }.mz_range(ions, charge);
    let interval = (low.min(stretch.0), high.max(stretch.1));
    let peaks = job.index(&[interval], progress)?;
    write_mean(job, task, (&peaks.0, stretch, raster.n_pixels()), progress)?;
    let cache = StoreCache::new(&job.store);
    let work = job.work(&peaks, &raster, &molecules, &cache);
    let units = plan(ions, range, charge, work.mz_range);
    let scores = score_units(work, &units, progress).map_err(RunError::from)?;
    let file = tempfile::NamedTempFile::new().map_err(RunError::file("make", "a file"))?;
    write_metrics_part(&scores, ions, file.path())?;
    job.keep(&job.key(Stage::Ions, task.task, "parquet"), file.path())?;
    Ok(scores.iter().map(|unit| unit.scores.len() as u64).sum())
}

/// Stores the mean spectrum of a task's stretch of m/z.
fn write_mean(
    job: &Job,
    task: &Task,
    (index, stretch, n_pixels): (&SpectraIndex, (f64, f64), usize),
    progress: &dyn Progress,
) -> Result<(), TaskError> {
    let mean = index.mean_spectrum(stretch, n_pixels, progress).map_err(RunError::from)?;
    let file = tempfile::NamedTempFile::new().map_err(RunError::file("make", "a file"))?;
    write_mean_spectrum(&mean, file.path())?;
    job.keep(&job.key(Stage::Ions, task.task, MEAN), file.path())
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
