//! Formulas as plausible as those of a molecule table, that are in none: what is found of them shows
//! how often a molecule that is not there is found by chance of compounds that are.
//!
//! Each is made for a formula A of the table, as A + B − C with two other formulas of about equal
//! mass: chemistry's own differences, such as CH₂, O or C₂H₂O, put together anew. Unlike decoys with
//! implausible adducts they lie where molecules lie, also to a thousandth of a Th.

use std::hash::BuildHasher;

use ms_core::elements::Element;
use ms_core::formula::Formula;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::bits::mix;
use crate::config::AnnotateConfig;
use crate::entrapment::is_implausible;
use crate::moldb::MoleculeTable;

/// Largest difference in Da between the two formulas whose difference is added.
const MAX_DIFFERENCE_DA: f64 = 30.0;

/// Pairs that are tried for each formula that is wanted.
const MAX_TRIES: u64 = 40;

/// `config.rules.n_recombined` formulas for each of a table, one after another; an empty one where none
/// was found. None is in any of the tables. They are drawn from (seed, formula).
///
/// Cost: about 2 µs each.
pub(crate) fn recombine(
    table: &MoleculeTable,
    tables: &[MoleculeTable],
    config: &AnnotateConfig,
) -> Vec<Formula> {
    let n_wanted = config.rules.n_recombined as usize;
    if n_wanted == 0 {
        return Vec::new();
    }
    let known: FxHashSet<&Formula> = tables.iter().flat_map(|table| &table.formulas).collect();
    // Formulas that cannot be there are no source of differences.
    let n_own = table.formulas.len() - table.n_entrapment() as usize;
    let mut by_mass: Vec<(f64, &Formula)> = table.formulas[..n_own]
        .iter()
        .map(|formula| (formula.principal_mass_da(), formula))
        .collect();
    by_mass.sort_by(|a, b| a.0.total_cmp(&b.0));
    let made = |formula: &Formula| {
        let mut found: Vec<Formula> = Vec::with_capacity(n_wanted);
        let key = FxBuildHasher.hash_one((formula, config.seed));
        for number in 0..MAX_TRIES * n_wanted as u64 {
            let Some(candidate) = propose(formula, &by_mass, mix(key ^ number)) else {
                break;
            };
            if is_usable(&candidate) && !known.contains(&candidate) && !found.contains(&candidate) {
                found.push(candidate);
            }
            if found.len() == n_wanted {
                break;
            }
        }
        found.resize(n_wanted, Formula::default());
        found
    };
    table.formulas.par_iter().flat_map_iter(made).collect()
}

/// A formula and the difference of two others, drawn by random bits; nothing of an empty table.
fn propose(formula: &Formula, by_mass: &[(f64, &Formula)], bits: u64) -> Option<Formula> {
    let place = |bits: u64, n: usize| -> Option<usize> {
        let n = u64::try_from(n).ok().filter(|&n| n > 0)?;
        usize::try_from(((bits & 0xffff_ffff) * n) >> 32).ok()
    };
    let (mass, added) = by_mass[place(bits, by_mass.len())?];
    let start = by_mass.partition_point(|other| other.0 < mass - MAX_DIFFERENCE_DA);
    let end = by_mass.partition_point(|other| other.0 <= mass + MAX_DIFFERENCE_DA);
    let taken = by_mass[start + place(bits >> 32, end - start)?].1;
    Some(formula.plus(added, 1).plus(taken, -1))
}

/// Whether it can be a molecule with carbon and hydrogen in shares that compounds have.
fn is_usable(formula: &Formula) -> bool {
    let has = |symbol| Element::from_symbol(symbol).is_some_and(|e| formula.count(e) > 0);
    formula.is_possible() && has("C") && has("H") && !is_implausible(formula)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preset;
    use crate::indices::FormulaIdx;
    use ms_core::formula::Repeats;

    #[test]
    fn they_are_plausible_and_in_no_table() {
        let mut table = MoleculeTable::new("test");
        let texts: Vec<String> = (10..60)
            .flat_map(|c| {
                [
                    format!("C{c}H{}O2", 2 * c),
                    format!("C{c}H{}NO4", 2 * c - 3),
                    format!("C{c}H{}NO7P", 2 * c - 2),
                ]
            })
            .collect();
        for text in &texts {
            let formula = Formula::parse(text, Repeats::Add).unwrap();
            table.push(String::new(), String::new(), formula, Vec::new());
        }
        let config = crate::config::tests::config(Preset::Default);
        let tables = [table];
        let made = recombine(&tables[0], &tables, &config);
        let n = config.rules.n_recombined as usize;
        assert_eq!(made.len(), n * tables[0].formulas.len());
        let found: Vec<(usize, &Formula)> = made
            .iter()
            .enumerate()
            .filter(|(_, formula)| !formula.is_empty())
            .collect();
        assert!(found.len() > made.len() / 2, "{}", found.len());
        for (place, formula) in found {
            let original = &tables[0].formulas[FormulaIdx::at(place / n).usize()];
            let distance = formula.principal_mass_da() - original.principal_mass_da();
            assert!(is_usable(formula) && !tables[0].formulas.contains(formula));
            assert!(distance.abs() <= MAX_DIFFERENCE_DA, "{formula} {original}");
        }
        assert_eq!(made, recombine(&tables[0], &tables, &config));
        let other = AnnotateConfig { seed: 7, ..config };
        assert_ne!(made, recombine(&tables[0], &tables, &other));
    }
}
