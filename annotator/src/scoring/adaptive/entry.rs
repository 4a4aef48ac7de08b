//! What the adaptive score is told of a target or decoy.

use ms_core::formula::Formula;

use crate::indices::{FormulaIdx, IonIdx, TableIdx};
use crate::metrics::{Details, Scores};

/// A target or decoy of MSM > 0.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its ion.
    pub ion: IonIdx,
    /// Formula of the ion.
    pub ion_formula: &'a Formula,
    /// Number of its ranking: molecule table and target modifier.
    pub ranking: u32,
    /// Molecule table and place of the formula in it.
    pub formula: (TableIdx, FormulaIdx),
    /// Whether it is a target.
    pub is_target: bool,
    /// Scores of its ion.
    pub scores: &'a Scores,
    /// Details of its ion.
    pub details: &'a Details,
}
