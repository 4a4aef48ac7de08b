//! Molecules by formula.

use std::collections::{BTreeMap, HashMap};

use ms_core::formula::Formula;
use ms_core::ion::Charge;
use ms_core::species::Species;

use crate::indices::FormulaIdx;

/// Molecules of a table at most, so that they and [entrapment](crate::entrapment) formulas of them
/// are numbered by 32 bits.
pub const MAX_MOLECULES: usize = 200_000_000;

/// A row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its line in the file, from 1; where it has several, the first.
    pub line: u64,
    /// Its identifier, as far as it has one.
    pub id: String,
    /// Its name, as far as it has one.
    pub name: String,
    /// Why, without characters that cannot be printed.
    pub reason: String,
}

/// A molecule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Molecule {
    /// Its identifier in the table.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Place of its formula in [`MoleculeTable::formulas`].
    pub formula: FormulaIdx,
    /// Values of the other columns, in the order of [`MoleculeTable::extra_columns`].
    pub extra: Vec<String>,
}

/// Molecules by formula.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MoleculeTable {
    /// What it is called in results.
    pub name: String,
    /// Different formulas, in order of first appearance.
    pub formulas: Vec<Formula>,
    /// In the order of the file.
    pub molecules: Vec<Molecule>,
    /// Names of the columns besides id, name and formula.
    pub extra_columns: Vec<String>,
    /// Rows that were refused.
    pub bad_rows: Vec<BadRow>,
    /// What a user should know of how it was read, in words.
    pub notes: Vec<String>,
    /// Whether each of its ions is to be reported, also without any score.
    pub is_targeted: bool,
    by_formula: HashMap<(Formula, Option<Charge>), FormulaIdx>,
    charges: BTreeMap<FormulaIdx, Charge>,
    /// Of formulas that the table spells in another way than [`Formula`] does.
    spellings: HashMap<FormulaIdx, String>,
    /// Entrapment formulas, which stand behind the others.
    n_entrapment: u32,
}

impl MoleculeTable {
    /// An empty table.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Adds a molecule that is neutral. There must be fewer than 2³² of them.
    pub fn push(&mut self, id: String, name: String, formula: Formula, extra: Vec<String>) {
        let spelling = String::new();
        let species = Species {
            formula,
            charge: None,
            n_parts: 1,
            spelling,
        };
        self.push_species(id, name, species, extra);
    }

    /// Adds a molecule that may be charged, with its formula as the table spells it.
    pub fn push_species(&mut self, id: String, name: String, species: Species, extra: Vec<String>) {
        debug_assert!(self.molecules.len() < u32::MAX as usize);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "there are fewer formulas than molecules, and those are counted when read"
        )]
        let next = FormulaIdx(self.formulas.len() as u32);
        let Species {
            formula,
            charge,
            spelling,
            ..
        } = species;
        let by_formula = &mut self.by_formula;
        let formula =
            *by_formula
                .entry((formula, charge))
                .or_insert_with_key(|(formula, charge)| {
                    // Hardly any is charged or spelled in another way.
                    if let Some(charge) = charge {
                        self.charges.insert(next, *charge);
                    }
                    if !spelling.is_empty() && spelling != formula.to_string() {
                        self.spellings.insert(next, spelling);
                    }
                    self.formulas.push(formula.clone());
                    next
                });
        self.molecules.push(Molecule {
            id,
            name,
            formula,
            extra,
        });
    }

    /// The charge of the molecules of a formula; nothing of neutral ones.
    pub fn charge(&self, formula: FormulaIdx) -> Option<Charge> {
        self.charges.get(&formula).copied()
    }

    /// The charges of all molecules that have one.
    pub fn charges(&self) -> impl Iterator<Item = Charge> + '_ {
        self.charges.values().copied()
    }

    /// A formula as the table spells it where it first has it, such as `C19H29BrO2`: what joins with
    /// the table and with what else was annotated by it.
    pub fn spelling(&self, formula: FormulaIdx) -> String {
        let spelling = self.spellings.get(&formula).cloned();
        spelling.unwrap_or_else(|| self.formulas[formula.usize()].to_string())
    }

    /// Adds a formula that cannot be there, which the table must not have yet. No molecule may be
    /// added behind it.
    pub(crate) fn push_entrapment(&mut self, id: String, name: String, formula: Formula) {
        debug_assert!(!self.by_formula.contains_key(&(formula.clone(), None)));
        let extra = vec![String::new(); self.extra_columns.len()];
        self.push(id, name, formula, extra);
        self.n_entrapment += 1;
    }

    /// Place of a column besides id, name and formula, without regard to case.
    pub fn extra_column(&self, name: &str) -> Option<usize> {
        self.extra_columns
            .iter()
            .position(|column| column.eq_ignore_ascii_case(name))
    }

    /// How many of the formulas are [entrapment](crate::entrapment).
    pub fn n_entrapment(&self) -> u32 {
        self.n_entrapment
    }

    /// Whether a formula, by its place, is entrapment and none of the table's own.
    pub fn is_entrapment(&self, formula: FormulaIdx) -> bool {
        formula.usize() + (self.n_entrapment as usize) >= self.formulas.len()
    }

    /// Numbers of the molecules of each formula, in the order of the table.
    pub fn molecules_by_formula(&self) -> Vec<Vec<u32>> {
        let mut lists = vec![Vec::new(); self.formulas.len()];
        for (i, molecule) in (0..).zip(&self.molecules) {
            lists[molecule.formula.usize()].push(i);
        }
        lists
    }
}
