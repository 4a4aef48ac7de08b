//! What the adaptive score is told of a target or decoy.

use ms_core::formula::Formula;
use ms_core::ion::Charge;

use crate::indices::{FormulaIdx, IonIdx, TableIdx};
use crate::metrics::{Details, Scores};

/// What an entry is in its ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// The ion of a molecule.
    Target,
    /// One with an implausible adduct.
    Decoy,
    /// A target whose m/z are moved.
    Recombined,
}

/// Decoys of each kind for each target of a molecule table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecoysPerTarget {
    /// With implausible adducts.
    pub decoys: f64,
    /// Recombined; infinite where there are none.
    pub recombined: f64,
}

impl Entry<'_> {
    /// Whether it is the ion of a molecule.
    pub fn is_target(&self) -> bool {
        self.kind == EntryKind::Target
    }
}

/// A target or decoy of MSM > 0.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its ion.
    pub ion: IonIdx,
    /// Formula of the ion.
    pub ion_formula: &'a Formula,
    /// Charge of the ion.
    pub charge: Charge,
    /// Whether its modifier has a neutral loss: what it is said to be is a fragment.
    pub has_loss: bool,
    /// Number of its ranking: molecule table and target modifier.
    pub ranking: u32,
    /// Molecule table and place of the formula in it.
    pub formula: (TableIdx, FormulaIdx),
    /// What it is there.
    pub kind: EntryKind,
    /// Scores of its ion.
    pub scores: &'a Scores,
    /// Details of its ion.
    pub details: &'a Details,
}
