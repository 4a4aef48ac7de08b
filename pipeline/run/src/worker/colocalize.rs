//! A share of the images, compared with all, to partners and scores.

use std::path::PathBuf;
use std::sync::Arc;

use metaspace_machine::error::FileError;
use metaspace_results::{
    ImageFile, LevelPartners, ResultsFolder, StoredImages, read_partners_part, read_scores_part,
    shrinker, write_partners_part, write_scores_part,
};
use metaspace_storage::ObjectRanges;
use ms_core::bytes::{RangeRead, index};
use ms_core::progress::Progress;

use crate::config::coloc_preset;
use crate::partners::{Compared, MAX_COMPARED_BYTES, Partners};
use crate::plan::{Stage, Task};
use crate::worker::job::Job;
use crate::worker::kinds::{IMAGES, PARTNERS, SCORES, SHRUNK_IMAGES};
use crate::worker::rank::compared_ions;
use crate::worker::report::{TaskError, TaskOutput};

pub(crate) fn compare(
    job: &Job,
    task: &Task,
    progress: &dyn Progress,
) -> Result<TaskOutput, TaskError> {
    let images = images(job)?;
    let shares = (
        index(task.from)..index(task.to),
        job.tasks(Stage::Colocalize).len(),
    );
    let preset = coloc_preset(job.config().preset);
    let Compared { levels, scores } =
        Partners::new(&images).compare(preset, MAX_COMPARED_BYTES, shares, progress)?;
    let file = tempfile::NamedTempFile::new().map_err(FileError::at("make", "a file"))?;
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
    Ok(TaskOutput::new(
        levels.iter().map(n_partners).sum(),
        vec![scores, partners],
    ))
}

/// Joins what the shares have found and writes its tables; returns what the user should know.
pub(crate) fn join(job: &Job, folder: &ResultsFolder) -> Result<Option<String>, TaskError> {
    let images = images(job)?;
    let partners = Partners::new(&images);
    let mut compared = partners.nothing();
    let room = tempfile::tempdir().map_err(FileError::at("make", "a folder"))?;
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
        SHRUNK_IMAGES
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
