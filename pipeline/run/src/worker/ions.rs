//! Some ions of the search space to their metrics, and the mean spectrum around them.

use std::ops::Range;

use annotator::annotate::{Peaks, score_units};
use annotator::candidates::Ion;
use annotator::plan::{Unit, plan};
use metaspace_machine::error::FileError;
use metaspace_results::record::pattern_warning;
use metaspace_results::{write_mean_spectrum, write_metrics_part};
use ms_core::bytes;
use ms_core::progress::Progress;
use ms_core::spectra::bin_start;
use ms_core::tolerance::Window;

use crate::error::RunError;
use crate::finish::without_pattern;
use crate::mean::MeanSpectrum;
use crate::plan::Task;
use crate::plan::held::HeldSizes;
use crate::worker::cache::StoreCache;
use crate::worker::job::{Job, TaskPeaks};
use crate::worker::kinds::{MEAN_SPECTRUM, METRICS};
use crate::worker::report::{TaskError, TaskOutput};

pub(crate) fn search(
    job: &Job,
    task: &Task,
    progress: &dyn Progress,
) -> Result<TaskOutput, TaskError> {
    let (molecules, raster) = (job.molecules()?, job.raster()?);
    let ions = &molecules.space.ions;
    let place = |bound: u64| bytes::index(bound).min(ions.len());
    let range = place(task.from)..place(task.to);
    let charge = job.config().annotate.pattern.charge;
    let stretch = stretch(ions, &range);
    let (low, high) = Unit {
        ions: range.clone(),
    }
    .mz_range(ions, charge);
    let interval = Window {
        low: low.min(stretch.0),
        high: high.max(stretch.1),
    };
    let TaskPeaks {
        mut index,
        mz_range,
    } = job.index(&[interval], progress)?;
    let cache = StoreCache::new(&job.store);
    let units = plan(ions, range, charge, mz_range);
    let work = job.work(mz_range, &raster, &molecules, &cache);
    let mut mean = MeanSpectrum::new(stretch, raster.n_pixels(), progress);
    let peaks = Peaks {
        index: &mut index,
        max_held: HeldSizes::of(job.plan()).n_peaks(),
        look: &mut |index| mean.look(index),
    };
    let scores = score_units(peaks, work, &units, progress).map_err(RunError::from)?;
    let mean = mean.finish(&index).map_err(RunError::from)?;
    let file = tempfile::NamedTempFile::new().map_err(FileError::at("make", "a file"))?;
    write_mean_spectrum(&mean, file.path())?;
    let mean = job.keep(task, MEAN_SPECTRUM, file.path())?;
    write_metrics_part(&scores, ions, file.path())?;
    let metrics = job.keep(task, METRICS, file.path())?;
    let n_scored = scores.iter().map(|unit| unit.scores.len() as u64).sum();
    let without_pattern = without_pattern(&molecules.space, &scores);
    Ok(TaskOutput::new(n_scored, vec![mean, metrics]).with(pattern_warning(&without_pattern)))
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
