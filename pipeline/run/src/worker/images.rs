//! A share of the imaged ions to their images.

use ms_core::bytes::index;
use std::collections::BTreeSet;
use std::ops::Range;

use annotator::annotate::patterns_of;
use annotator::indices::IonIdx;
use annotator::patterns::NoCache;
use annotator::plan::Unit;
use annotator::slide::{Needs, Step, steps, windows_range};
use coloc::images::Shrinker;
use metaspace_machine::error::FileError;
use metaspace_results::{ImagesWriter, ROW_GROUP_IONS, ResultsError, content_of_images, shrinker};
use ms_core::image::{IonImage, Raster};
use ms_core::progress::Progress;
use ms_core::tolerance::Window;
use tempfile::NamedTempFile;

use crate::error::RunError;
use crate::plan::held::HeldSizes;
use crate::plan::{Stage, Task};
use crate::worker::job::{Job, TaskPeaks};
use crate::worker::kinds::{IMAGES, SHRUNK_IMAGES};
use crate::worker::rank;
use crate::worker::rank::compared_ions;
use crate::worker::report::{TaskError, TaskOutput};

pub(crate) fn draw(
    job: &Job,
    task: &Task,
    progress: &dyn Progress,
) -> Result<TaskOutput, TaskError> {
    let (molecules, raster) = (job.molecules()?, job.raster()?);
    let ions = &molecules.space.ions;
    let imaged = &*rank::imaged(job, ions.len())?;
    let n_shares = job.tasks(Stage::Images).len();
    let imaged = share(imaged, index(task.from)..index(task.to), n_shares);
    let (charge, ppm) = (
        job.config().annotate.pattern.charge,
        job.config().annotate.ppm,
    );
    let intervals = imaged.iter().map(|&ion| {
        let ion = ion.usize();
        let (low, high) = Unit { ions: ion..ion + 1 }.mz_range(ions, charge);
        Window { low, high }
    });
    let TaskPeaks {
        index: mut peaks,
        mz_range,
    } = job.index(&Window::joined(intervals), progress)?;
    let file = NamedTempFile::new().map_err(FileError::at("make", "a file"))?;
    let mut writer = ImagesWriter::new(file.path())?;
    let mut shrunk = Shrunk::new(job, &raster)?;
    let work = job.work(mz_range, &raster, &molecules, &NoCache);
    let patterns = patterns_of(work, imaged).map_err(RunError::from)?;
    let intervals: Vec<_> = (0..imaged.len())
        .map(|row| windows_range(&patterns, row..row + 1, ppm, 0.0))
        .collect();
    let max_held = HeldSizes::of(job.plan()).n_peaks();
    for Step { members, needs } in steps(&peaks, &intervals, max_held) {
        if let Needs::Interval(low, high) = needs {
            peaks.hold_for_images(low, high).map_err(RunError::from)?;
        }
        let mut look = |formula: &str, images: &[IonImage]| match &mut shrunk {
            Some(shrunk) => shrunk.add(formula, images),
            None => Ok(()),
        };
        writer.draw(&peaks, work, &imaged[members], &mut look, progress)?;
    }
    let rows = writer.finish()?;
    let content = content_of_images(file.path())?;
    let mut parts = vec![job.keep_as(task, IMAGES, file.path(), content)?];
    if let Some(shrunk) = shrunk {
        parts.push(job.keep(task, SHRUNK_IMAGES, shrunk.finish()?.path())?);
    }
    Ok(TaskOutput::new(rows, parts))
}

/// First images scaled down for co-localization, where they are too large for it as they are: what
/// it reads is bounded however large the dataset is.
struct Shrunk {
    formulas: BTreeSet<String>,
    shrinker: Shrinker,
    file: NamedTempFile,
    writer: ImagesWriter,
}

impl Shrunk {
    /// Nothing where images are compared as they are, or not at all.
    fn new(job: &Job, raster: &Raster) -> Result<Option<Self>, TaskError> {
        if job.plan().options.no_coloc {
            return Ok(None);
        }
        let ions = compared_ions(job)?;
        let Some(shrinker) = shrinker(raster, ions.len()) else {
            return Ok(None);
        };
        let formulas = ions.into_iter().map(|ion| ion.ion_formula).collect();
        let file = NamedTempFile::new().map_err(FileError::at("make", "a file"))?;
        let writer = ImagesWriter::new(file.path())?;
        Ok(Some(Self {
            formulas,
            shrinker,
            file,
            writer,
        }))
    }

    /// Adds the first of an ion's images, if the ion is compared.
    fn add(&mut self, formula: &str, images: &[IonImage]) -> Result<(), ResultsError> {
        let first = images.first().filter(|_| self.formulas.contains(formula));
        let Some(first) = first else { return Ok(()) };
        self.writer.add(formula, &[self.shrinker.shrink(first)])
    }

    fn finish(self) -> Result<NamedTempFile, RunError> {
        self.writer.finish()?;
        Ok(self.file)
    }
}

/// The imaged ions of some of so many shares, cut where row groups end in any case.
fn share(imaged: &[IonIdx], shares: Range<usize>, n_shares: usize) -> &[IonIdx] {
    let n_blocks = imaged.len().div_ceil(ROW_GROUP_IONS);
    let bound = |share: usize| {
        let block = share as u128 * n_blocks as u128 / n_shares.max(1) as u128;
        let place = usize::try_from(block)
            .unwrap_or(usize::MAX)
            .saturating_mul(ROW_GROUP_IONS);
        place.min(imaged.len())
    };
    &imaged[bound(shares.start)..bound(shares.end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_all_ions_and_begin_where_row_groups_do() {
        for n_ions in [0, 1, 31, 32, 33, 1_000] {
            let imaged: Vec<IonIdx> = (0..n_ions).map(IonIdx).collect();
            for n_shares in [1, 3, 7, 100] {
                let shares: Vec<&[IonIdx]> = (0..n_shares)
                    .map(|i| share(&imaged, i..i + 1, n_shares))
                    .collect();
                assert_eq!(shares.concat(), imaged);
                let starts = shares.iter().filter_map(|share| share.first());
                let is_start = |ion: &IonIdx| ion.usize().is_multiple_of(ROW_GROUP_IONS);
                assert!(starts.into_iter().all(is_start));
            }
        }
        let few = [5, 6].map(IonIdx);
        assert_eq!(share(&few, 0..3, 3), few);
    }
}
