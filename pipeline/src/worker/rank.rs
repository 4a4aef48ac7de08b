//! The metrics of all ions to scores, FDR and annotations, and to the list of imaged ions.

use std::path::Path;

use annotator::annotate::UnitScores;
use annotator::ranking::rank;
use serde::{Deserialize, Serialize};

use super::TaskError;
use super::job::{Job, Molecules};
use crate::error::RunError;
use crate::plan::Stage;
use crate::provenance::{AdaptiveRecord, Counts, DecoyRecord};
use crate::results::{ResultsFolder, read_metrics_part, rows};
use crate::run::{count, imaged_ions, not_learned, without_pattern, write_tables};
use crate::scoring_model::record_learned;

/// Tables that are finished by ranking.
pub(super) const TABLES: [&str; 4] =
    ["annotations.csv", "annotations.parquet", "candidates.parquet", "ion_metrics.parquet"];

/// What is passed on besides the tables.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RankedRecord {
    /// Counts, without those of images.
    pub(super) counts: Counts,
    /// Formulas of ions too complex to have a pattern.
    pub(super) without_pattern: Vec<String>,
    /// Why no adaptive score was learned.
    pub(super) not_learned: Option<String>,
    /// What the adaptive score learned.
    pub(super) adaptive: Option<AdaptiveRecord>,
    /// Decoys, and what depends on their draw.
    pub(super) decoys: DecoyRecord,
}

pub(super) fn rank_all(job: &Job) -> Result<u64, TaskError> {
    let molecules = job.molecules()?;
    let room = tempfile::tempdir().map_err(RunError::file("make", "a folder"))?;
    let scores = read_scores(job, room.path())?;
    let (scoring, _) = job.scoring()?;
    let Molecules { space, tables, records, .. } = &*molecules;
    let config = &job.config().annotate;
    let ranked = rank(space, &scores, &scoring, config);
    let rows = rows(&ranked.annotations, &scores, space, tables, config)?;
    let folder = ResultsFolder::start(&room.path().join("tables"), false)?;
    write_tables(&folder, space, tables, (&scores, &ranked), &rows)?;
    for name in TABLES {
        job.keep(&key(job, name), &folder.file(name))?;
    }
    let imaged = imaged_ions(&ranked.annotations);
    put(job, "imaged.json", &imaged)?;
    let mut counts = count(space, &scores, &rows);
    counts.n_imaged_ions = imaged.len();
    let record = RankedRecord {
        counts,
        without_pattern: without_pattern(space, &scores),
        not_learned: not_learned(&ranked),
        adaptive: ranked.learned.as_ref().map(record_learned),
        decoys: DecoyRecord::new(&ranked, space, records, config),
    };
    put(job, "ranked.json", &record)?;
    Ok(rows.len() as u64)
}

/// Key of something that ranking passes on.
pub(super) fn key(job: &Job, name: &str) -> String {
    format!("runs/{}/{}/{name}", job.run(), Stage::Rank.name())
}

fn put(job: &Job, name: &str, value: &impl Serialize) -> Result<(), TaskError> {
    let json = serde_json::to_vec(value);
    let json = json.map_err(|source| RunError::Json { path: name.into(), source })?;
    Ok(job.store.put(&key(job, name), json)?)
}

/// Reads what ranking passed on as JSON.
pub(super) fn read<T: for<'de> Deserialize<'de>>(job: &Job, name: &str) -> Result<T, TaskError> {
    let bytes = job.store.get(&key(job, name))?;
    let value = serde_json::from_slice(&bytes);
    Ok(value.map_err(|source| RunError::Record { path: name.into(), source })?)
}

/// Ions whose images are to be made: places in the search space, ascending.
pub(super) fn imaged(job: &Job, n_ions: usize) -> Result<Vec<u32>, TaskError> {
    let imaged: Vec<u32> = read(job, "imaged.json")?;
    let ascends = imaged.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascends || imaged.last().is_some_and(|&last| last as usize >= n_ions) {
        return Err(job.damaged(&key(job, "imaged.json"), "it is no list of ions"));
    }
    Ok(imaged)
}

fn read_scores(job: &Job, room: &Path) -> Result<Vec<UnitScores>, TaskError> {
    let mut scores = Vec::new();
    for task in job.tasks(Stage::Ions) {
        let part = job.fetch(&job.key(Stage::Ions, task.task, "parquet"), room, "part")?;
        let bound = |bound: u64| usize::try_from(bound).unwrap_or(usize::MAX);
        scores.push(read_metrics_part(&part, bound(task.from)..bound(task.to))?);
    }
    Ok(scores)
}
