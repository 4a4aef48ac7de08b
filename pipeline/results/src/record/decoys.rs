//! What `run.json` says of decoys.

use annotator::candidates::SearchSpace;
use annotator::config::AnnotateConfig;
use annotator::fdr::FDR_LEVELS;
use annotator::indices::{ModifierIdx, TableIdx};
use annotator::ranking::Candidate;
use annotator::spread::{LevelSpread, N_RESAMPLES, spread};
use serde::{Deserialize, Serialize};

use crate::record::DatabaseRecord;

/// Decoys for each target, and how the annotations would vary with another draw of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecoyRecord {
    /// Drawn for each target.
    pub drawn_for_each: u32,
    /// Molecule table, adduct, and decoys whose ion exists for each target whose ion exists.
    pub existing_for_each: Vec<(String, String, f64)>,
    /// Molecule table, and recombined decoys for each target; nothing where there are none.
    pub recombined_for_each: Vec<(String, Option<f64>)>,
    /// Draws that were imitated.
    pub n_resamples: u32,
    /// Annotations at each FDR over these; nothing where the rule of the FDR has no spread.
    pub annotation_spread: Option<Vec<SpreadRecord>>,
}

/// Numbers of annotations up to one FDR over imitated draws of decoys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpreadRecord {
    /// The FDR.
    pub fdr: f64,
    /// Mean number.
    pub mean: f64,
    /// Standard deviation.
    pub stddev: f64,
    /// 5th percentile.
    pub low: usize,
    /// 95th percentile.
    pub high: usize,
}

impl DecoyRecord {
    /// Of the candidates of all rankings; `is_joint` says that all adducts of a table are ranked
    /// together.
    pub fn new(
        candidates: &[Candidate],
        space: &SearchSpace,
        databases: &[DatabaseRecord],
        config: &AnnotateConfig,
        is_joint: bool,
    ) -> Self {
        let mut existing_for_each = Vec::new();
        for (table, database) in databases.iter().enumerate() {
            for (i, modifier) in space.modifiers.iter().enumerate() {
                let existing =
                    space.existing_decoys_per_target(TableIdx::at(table), ModifierIdx::at(i));
                existing_for_each.push((database.name.clone(), modifier.text().into(), existing));
            }
        }
        let recombined = |(table, database): (usize, &DatabaseRecord)| {
            let for_each = space.recombined_for_each(TableIdx::at(table));
            (database.name.clone(), for_each)
        };
        let record = |level: LevelSpread| {
            let LevelSpread {
                fdr,
                mean,
                stddev,
                low,
                high,
            } = level;
            SpreadRecord {
                fdr,
                mean,
                stddev,
                low,
                high,
            }
        };
        let levels = spread(candidates, space, config, is_joint, &FDR_LEVELS);
        Self {
            drawn_for_each: space.n_decoys,
            existing_for_each,
            recombined_for_each: databases.iter().enumerate().map(recombined).collect(),
            n_resamples: N_RESAMPLES,
            annotation_spread: levels.map(|levels| levels.into_iter().map(record).collect()),
        }
    }
}
