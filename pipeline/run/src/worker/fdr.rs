//! Some rankings, each of a molecule table and a target modifier, to scores and FDR.

use annotator::metrics::UnitScores;
use annotator::ranking::{Annotation, Candidate, order, rank_some};
use metaspace_machine::error::FileError;
use metaspace_results::record::AdaptiveRecord;
use metaspace_results::{
    read_annotations_part, read_candidates_part, read_metrics_part, write_annotations_part,
    write_candidates_part,
};
use ms_core::bytes::index;
use ms_core::progress::{Progress, check};

use crate::error::RunError;
use crate::plan::{Stage, Task};
use crate::scoring_model::record_learned;
use crate::worker::job::{Job, Molecules};
use crate::worker::kinds::{LEARNED, METRICS, RANKED_ANNOTATIONS, RANKED_CANDIDATES};
use crate::worker::report::{TaskError, TaskOutput};

/// What rankings have found, in order.
pub(crate) struct Rankings {
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) candidates: Vec<Candidate>,
    /// What the adaptive score learned; nothing of other scores.
    pub(crate) adaptive: Option<AdaptiveRecord>,
}

pub(crate) fn estimate(
    job: &Job,
    task: &Task,
    progress: &dyn Progress,
) -> Result<TaskOutput, TaskError> {
    let scores = read_scores(job, progress)?;
    let found = rankings(job, &scores, index(task.from)..index(task.to), progress)?;
    let file = tempfile::NamedTempFile::new().map_err(FileError::at("make", "a file"))?;
    write_annotations_part(&found.annotations, file.path())?;
    let mut parts = vec![job.keep(task, RANKED_ANNOTATIONS, file.path())?];
    write_candidates_part(&found.candidates, file.path())?;
    parts.push(job.keep(task, RANKED_CANDIDATES, file.path())?);
    parts.push(job.put_json(task, LEARNED, &found.adaptive)?);
    Ok(TaskOutput::new(found.annotations.len() as u64, parts))
}

/// What all rankings have found: by the tasks that did them, or found here where there are none.
pub(crate) fn all_rankings(
    job: &Job,
    scores: &[UnitScores],
    progress: &dyn Progress,
) -> Result<Rankings, TaskError> {
    let molecules = job.molecules()?;
    let space = &molecules.space;
    if job.tasks(Stage::Fdr).is_empty() {
        return rankings(job, scores, 0..space.n_rankings(), progress);
    }
    let room = tempfile::tempdir().map_err(FileError::at("make", "a folder"))?;
    let mut all = Rankings {
        annotations: Vec::new(),
        candidates: Vec::new(),
        adaptive: None,
    };
    for (i, done) in job.done(Stage::Fdr)?.iter().enumerate() {
        check(progress).map_err(RunError::from)?;
        let part = job.fetch(&done.part(RANKED_ANNOTATIONS)?, room.path(), "part")?;
        all.annotations.extend(read_annotations_part(&part, space)?);
        let part = job.fetch(&done.part(RANKED_CANDIDATES)?, room.path(), "part")?;
        all.candidates.extend(read_candidates_part(&part, space)?);
        let part = done.part(LEARNED)?;
        let learned = job.read_json(&part)?;
        if i > 0 && learned != all.adaptive {
            return Err(job.damaged(&part.key, "another task has learned something else"));
        }
        all.adaptive = learned;
    }
    order(&mut all.annotations, &mut all.candidates);
    Ok(all)
}

/// What some rankings find.
fn rankings(
    job: &Job,
    scores: &[UnitScores],
    rankings: std::ops::Range<usize>,
    progress: &dyn Progress,
) -> Result<Rankings, TaskError> {
    check(progress).map_err(RunError::from)?;
    let molecules = job.molecules()?;
    let Molecules { space, .. } = &*molecules;
    let (scoring, _) = job.scoring()?;
    let (config, n_pixels) = (&job.config().annotate, job.raster()?.n_pixels());
    let found = rank_some(space, scores, &scoring, config, n_pixels, rankings);
    check(progress).map_err(RunError::from)?;
    Ok(Rankings {
        annotations: found.annotations,
        candidates: found.candidates,
        adaptive: found.learned.as_ref().map(record_learned),
    })
}

/// The metrics of all ions.
pub(crate) fn read_scores(
    job: &Job,
    progress: &dyn Progress,
) -> Result<Vec<UnitScores>, TaskError> {
    let room = tempfile::tempdir().map_err(FileError::at("make", "a folder"))?;
    let mut scores = Vec::new();
    for (part, task) in job
        .parts(Stage::Ions, METRICS)?
        .iter()
        .zip(job.tasks(Stage::Ions))
    {
        check(progress).map_err(RunError::from)?;
        let part = job.fetch(part, room.path(), "part")?;
        scores.push(read_metrics_part(&part, index(task.from)..index(task.to))?);
    }
    Ok(scores)
}
