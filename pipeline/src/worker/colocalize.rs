//! A share of the images, compared with all, to partners and scores.

use std::path::PathBuf;
use std::sync::Arc;

use ms_core::bytes::RangeRead;
use ms_core::progress::Progress;

use super::images::{IMAGES, SHRUNK};
use super::job::Job;
use super::rank::{self, ANNOTATIONS};
use super::{TaskError, Written};
use crate::colocate::{Compared, Partners, StoredImages, highest_fdr, shrinker};
use crate::config::coloc::coloc_preset;
use crate::error::RunError;
use crate::plan::{Stage, Task};
use crate::results::{
    FoundIon, ImageFile, LevelPartners, ResultsFolder, read_ions, read_partners_part,
    read_scores_part, write_partners_part, write_scores_part,
};
use crate::run::MAX_COMPARED_BYTES;
use crate::storage::ObjectRanges;

/// Kinds of what a task writes: partners of ions, and scores among those that samples are chosen of.
const PARTNERS: &str = "partners.parquet";
const SCORES: &str = "scores.parquet";

pub(super) fn compare(
    job: &Job,
    task: &Task,
    progress: &dyn Progress,
) -> Result<Written, TaskError> {
    let images = images(job)?;
    let place = |bound: u64| usize::try_from(bound).unwrap_or(usize::MAX);
    let shares = (
        place(task.from)..place(task.to),
        job.tasks(Stage::Colocalize).len(),
    );
    let preset = coloc_preset(job.config().preset);
    let Compared { levels, scores } =
        Partners::new(&images).compare(preset, MAX_COMPARED_BYTES, shares, progress)?;
    let file = tempfile::NamedTempFile::new().map_err(RunError::file("make", "a file"))?;
    write_scores_part(&scores, file.path())?;
    let scores = job.keep(task, SCORES, file.path())?;
    write_partners_part(&levels, file.path())?;
    let partners = job.keep(task, PARTNERS, file.path())?;
    let n_partners = |level: &LevelPartners| -> u64 {
        level
            .partners
            .iter()
            .map(|partners| partners.len() as u64)
            .sum()
    };
    Ok(Written::new(
        levels.iter().map(n_partners).sum(),
        vec![scores, partners],
    ))
}

/// Joins what the shares have found and writes its tables; returns what the user should know.
pub(super) fn join(job: &Job, folder: &ResultsFolder) -> Result<Option<String>, TaskError> {
    let images = images(job)?;
    let partners = Partners::new(&images);
    let mut compared = partners.nothing();
    let room = tempfile::tempdir().map_err(RunError::file("make", "a folder"))?;
    for share in job.done(Stage::Colocalize)? {
        let part = job.fetch(&share.part(PARTNERS)?, room.path(), "part")?;
        read_partners_part(&part, &mut compared.levels)?;
        let part = job.fetch(&share.part(SCORES)?, room.path(), "part")?;
        read_scores_part(&part, &mut compared.scores)?;
    }
    Ok(partners.write(&compared, folder.scratch())?)
}

/// The first images of the ions that are compared, where the tasks that drew them have put them.
fn images(job: &Job) -> Result<StoredImages, TaskError> {
    let (ions, raster) = (compared_ions(job)?, job.raster()?);
    let kind = if shrinker(&raster, ions.len()).is_some() {
        SHRUNK
    } else {
        IMAGES
    };
    let parts = job.parts(Stage::Images, kind)?;
    let keys: Vec<String> = parts.into_iter().map(|part| part.key).collect();
    let names = keys.iter().map(|key| PathBuf::from(job.store.name_of(key)));
    let parts = ObjectRanges::open_all(&job.store, keys.clone())?;
    let parts = parts
        .into_iter()
        .map(|part| Arc::new(part) as Arc<dyn RangeRead>);
    let files: Vec<ImageFile> = names.zip(parts).collect();
    Ok(StoredImages::of_parts(ions, files, raster)?)
}

/// The ions that are compared.
pub(super) fn compared_ions(job: &Job) -> Result<Vec<FoundIon>, TaskError> {
    let room = tempfile::tempdir().map_err(RunError::file("make", "a folder"))?;
    let ranked = rank::ranked(job)?;
    job.fetch(&ranked.part(ANNOTATIONS)?, room.path(), ANNOTATIONS)?;
    Ok(read_ions(room.path(), highest_fdr())?)
}
