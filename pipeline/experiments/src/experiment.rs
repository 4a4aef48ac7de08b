//! What an experiment found.

use crate::contrasts::Contrasted;
use crate::matrix::SampleMatrix;
use crate::table::SampleTable;
use crate::tables::Enriched;

/// What an experiment found.
#[derive(Debug)]
pub struct Experiment {
    /// The samples.
    pub table: SampleTable,
    /// Ions × samples, normalized.
    pub matrix: SampleMatrix,
    /// The tests.
    pub contrasts: Vec<Contrasted>,
    /// The enrichment of each.
    pub enriched: Vec<Enriched>,
    /// What the user should know.
    pub notes: Vec<String>,
}
