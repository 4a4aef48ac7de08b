//! All rankings to annotations and their tables, and to the list of imaged ions.

use ms_core::progress::Progress;
use serde::{Deserialize, Serialize};

use super::fdr::{Rankings, all_rankings, read_scores};
use super::job::{Job, Molecules};
use super::parts::Done;
use super::{TaskError, Written};
use crate::error::RunError;
use crate::plan::{Stage, Task};
use crate::provenance::{AdaptiveRecord, Counts, DecoyRecord};
use crate::results::{ResultsFolder, rows};
use crate::run::{count, imaged_ions, without_pattern, write_tables};

/// Kinds of what the task writes besides tables: the list of imaged ions, and what is recorded.
const IMAGED: &str = "imaged.json";
pub(super) const RANKED: &str = "ranked.json";

/// The table that says which ions are compared.
pub(super) const ANNOTATIONS: &str = "annotations.parquet";

/// Tables that are finished by ranking.
pub(super) const TABLES: [&str; 4] = [
    "annotations.csv",
    ANNOTATIONS,
    "candidates.parquet",
    "ion_metrics.parquet",
];

/// What is passed on besides the tables.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RankedRecord {
    /// Counts, without those of images.
    pub(super) counts: Counts,
    /// Formulas of ions too complex to have a pattern.
    pub(super) without_pattern: Vec<String>,
    /// What the adaptive score learned.
    pub(super) adaptive: Option<AdaptiveRecord>,
    /// Decoys, and what depends on their draw.
    pub(super) decoys: DecoyRecord,
}

pub(super) fn rank(job: &Job, task: &Task, progress: &dyn Progress) -> Result<Written, TaskError> {
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
    let room = tempfile::tempdir().map_err(RunError::file("make", "a folder"))?;
    let folder = ResultsFolder::start(&room.path().join("tables"), false)?;
    write_tables(&folder, space, tables, (&scores, &candidates), &rows)?;
    let mut parts = Vec::new();
    for name in TABLES {
        parts.push(job.keep(task, name, &folder.file(name))?);
    }
    let imaged = imaged_ions(&annotations);
    parts.push(job.put_json(task, IMAGED, &imaged)?);
    let mut counts = count(space, &scores, &rows);
    counts.n_imaged_ions = imaged.len();
    let record = RankedRecord {
        counts,
        without_pattern: without_pattern(space, &scores),
        adaptive,
        decoys: DecoyRecord::new(&candidates, space, records, config),
    };
    parts.push(job.put_json(task, RANKED, &record)?);
    Ok(Written::new(rows.len() as u64, parts))
}

/// The task that has ranked.
pub(super) fn ranked(job: &Job) -> Result<Done, TaskError> {
    let done = job.done(Stage::Rank)?.pop();
    done.ok_or_else(|| job.damaged(Stage::Rank.name(), "the plan has no task of it"))
}

/// Ions whose images are to be made: places in the search space, ascending.
pub(super) fn imaged(job: &Job, n_ions: usize) -> Result<Vec<u32>, TaskError> {
    let part = ranked(job)?.part(IMAGED)?;
    let imaged: Vec<u32> = job.read_json(&part)?;
    let ascends = imaged.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascends || imaged.last().is_some_and(|&last| last as usize >= n_ions) {
        return Err(job.damaged(&part.key, "it is no list of ions"));
    }
    Ok(imaged)
}
