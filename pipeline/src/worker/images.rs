//! A share of the imaged ions to their images.

use annotator::plan::Unit;
use ms_core::progress::Progress;

use super::cache::StoreCache;
use super::job::Job;
use super::{TaskError, rank};
use crate::error::RunError;
use crate::plan::{Stage, Task};
use crate::results::write_images;

pub(super) fn draw(job: &Job, task: &Task, progress: &dyn Progress) -> Result<u64, TaskError> {
    let (molecules, raster) = (job.molecules()?, job.raster()?);
    let ions = &molecules.space.ions;
    let imaged = rank::imaged(job, ions.len())?;
    let n_shares = job.tasks(Stage::Images).len() as u64;
    let bound = |share: u64| {
        let place = u128::from(share) * imaged.len() as u128 / u128::from(n_shares.max(1));
        usize::try_from(place).unwrap_or(usize::MAX)
    };
    let imaged = &imaged[bound(task.from)..bound(task.to)];
    let charge = job.config().annotate.pattern.charge;
    let intervals = imaged.iter().map(|&ion| {
        let ion = ion as usize;
        Unit { ions: ion..ion + 1 }.mz_range(ions, charge)
    });
    let peaks = job.index(&joined(intervals), progress)?;
    let cache = StoreCache::new(&job.store);
    let work = job.work(&peaks, &raster, &molecules, &cache);
    let file = tempfile::NamedTempFile::new().map_err(RunError::file("make", "a file"))?;
    let n_pixels = write_images(work, imaged, file.path(), progress)?;
    job.keep(&job.key(Stage::Images, task.task, "parquet"), file.path())?;
    Ok(n_pixels)
}

/// Intervals as few that ascend and do not touch.
fn joined(intervals: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut intervals: Vec<(f64, f64)> = intervals.collect();
    intervals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for (low, high) in intervals {
        match joined.last_mut().filter(|last| last.1 >= low) {
            Some(last) => last.1 = last.1.max(high),
            None => joined.push((low, high)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_that_touch_are_joined() {
        let intervals = [(5.0, 6.0), (1.0, 2.0), (2.0, 3.0), (2.5, 2.6), (8.0, 9.0)];
        assert_eq!(joined(intervals.into_iter()), [(1.0, 3.0), (5.0, 6.0), (8.0, 9.0)]);
    }
}
