//! Some ions of the search space to their metrics.

use annotator::annotate::score_units;
use annotator::plan::{Unit, plan_range};
use ms_core::progress::Progress;

use super::TaskError;
use super::cache::StoreCache;
use super::job::Job;
use crate::error::RunError;
use crate::plan::{Stage, Task};
use crate::results::write_metrics_part;

pub(super) fn search(job: &Job, task: &Task, progress: &dyn Progress) -> Result<u64, TaskError> {
    let (molecules, raster) = (job.molecules()?, job.raster()?);
    let ions = &molecules.space.ions;
    let place = |bound: u64| usize::try_from(bound).unwrap_or(usize::MAX).min(ions.len());
    let range = place(task.from)..place(task.to);
    let charge = job.config().annotate.pattern.charge;
    let interval = Unit { ions: range.clone() }.mz_range(ions, charge);
    let peaks = job.index(&[interval], progress)?;
    let cache = StoreCache::new(&job.store);
    let work = job.work(&peaks, &raster, &molecules, &cache);
    let units = plan_range(ions, range, charge, (work.index, work.mz_range));
    let scores = score_units(work, &units, progress).map_err(RunError::from)?;
    let file = tempfile::NamedTempFile::new().map_err(RunError::file("make", "a file"))?;
    write_metrics_part(&scores, ions, file.path())?;
    job.keep(&job.key(Stage::Ions, task.task, "parquet"), file.path())?;
    Ok(scores.iter().map(|unit| unit.scores.len() as u64).sum())
}
