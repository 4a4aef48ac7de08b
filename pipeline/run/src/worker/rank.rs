//! All rankings to annotations and their tables, and to the list of imaged ions.

use annotator::indices::IonIdx;
use metaspace_machine::error::FileError;
use metaspace_results::record::{AdaptiveRecord, Counts, DecoyRecord};
use metaspace_results::{FoundIon, ResultsFolder, read_ions};
use ms_core::progress::Progress;
use serde::{Deserialize, Serialize};

use crate::finish::{count, imaged_ions, without_pattern, write_tables};
use crate::partners::highest_fdr;
use crate::plan::{Stage, Task};
use crate::rows::rows;
use crate::worker::fdr::{Rankings, all_rankings, read_scores};
use crate::worker::job::{Job, Molecules};
use crate::worker::kinds::{ANNOTATIONS, IMAGED, RANKED, TABLES};
use crate::worker::parts::Done;
use crate::worker::report::{TaskError, TaskOutput};

/// What is passed on besides the tables.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RankedRecord {
    /// Counts, without those of images.
    pub(crate) counts: Counts,
    /// Formulas of ions too complex to have a pattern.
    pub(crate) without_pattern: Vec<String>,
    /// What the adaptive score learned.
    pub(crate) adaptive: Option<AdaptiveRecord>,
    /// Decoys, and what depends on their draw.
    pub(crate) decoys: DecoyRecord,
}

pub(crate) fn rank(
    job: &Job,
    task: &Task,
    progress: &dyn Progress,
) -> Result<TaskOutput, TaskError> {
    let molecules = job.molecules()?;
    let scores = read_scores(job, progress)?;
    let Rankings {
        annotations,
        candidates,
        adaptive,
    } = all_rankings(job, &scores, progress)?;
    let Molecules {
        space,
        tables,
        records,
        ..
    } = &*molecules;
    let config = &job.config().annotate;
    let rows = rows(&annotations, &scores, space, tables, config)?;
    let room = tempfile::tempdir().map_err(FileError::at("make", "a folder"))?;
    let folder = ResultsFolder::start(&room.path().join("tables"), false)?;
    write_tables(&folder, space, tables, &scores, &candidates, &rows)?;
    let mut parts = Vec::new();
    for name in TABLES {
        parts.push(job.keep(task, name, &folder.file(name))?);
    }
    let imaged: Vec<u32> = imaged_ions(&annotations).iter().map(|ion| ion.0).collect();
    parts.push(job.put_json(task, IMAGED, &imaged)?);
    let mut counts = count(space, &scores, &rows);
    counts.n_imaged_ions = imaged.len();
    let record = RankedRecord {
        counts,
        without_pattern: without_pattern(space, &scores),
        decoys: DecoyRecord::new(&candidates, space, records, config, adaptive.is_some()),
        adaptive,
    };
    parts.push(job.put_json(task, RANKED, &record)?);
    Ok(TaskOutput::new(rows.len() as u64, parts))
}

/// The task that has ranked.
pub(crate) fn ranked(job: &Job) -> Result<Done, TaskError> {
    let done = job.done(Stage::Rank)?.pop();
    done.ok_or_else(|| job.damaged(Stage::Rank.name(), "the plan has no task of it"))
}

/// Ions whose images are to be made: places in the search space, ascending.
pub(crate) fn imaged(job: &Job, n_ions: usize) -> Result<Vec<IonIdx>, TaskError> {
    let part = ranked(job)?.part(IMAGED)?;
    let imaged: Vec<u32> = job.read_json(&part)?;
    let ascends = imaged.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascends || imaged.last().is_some_and(|&last| last as usize >= n_ions) {
        return Err(job.damaged(&part.key, "it is no list of ions"));
    }
    Ok(imaged.into_iter().map(IonIdx).collect())
}

/// The ions that are compared.
pub(crate) fn compared_ions(job: &Job) -> Result<Vec<FoundIon>, TaskError> {
    let room = tempfile::tempdir().map_err(FileError::at("make", "a folder"))?;
    let ranked = ranked(job)?;
    job.fetch(&ranked.part(ANNOTATIONS)?, room.path(), ANNOTATIONS)?;
    Ok(read_ions(room.path(), highest_fdr())?)
}
