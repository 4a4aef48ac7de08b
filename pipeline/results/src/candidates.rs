//! `candidates.parquet`: the targets and decoys of MSM > 0, from which FDR is estimated.

use std::path::Path;
use std::sync::Arc;

use annotator::candidates::SearchSpace;
use annotator::indices::{IonIdx, ModifierIdx};
use annotator::moldb::MoleculeTable;
use annotator::ranking::{Candidate, Role};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray, UInt16Array};

use crate::error::ResultsError;
use crate::table::TableWriter;

/// A candidate with its names.
struct Row<'a> {
    table: &'a str,
    formula: String,
    target_modifier: &'a str,
    modifier: &'a str,
    draw: Option<u16>,
    is_entrapment: bool,
    candidate: Candidate,
}

/// Writes the candidates in the order given: by table, targets first, then as they were drawn.
///
/// # Errors
/// The file cannot be written.
pub fn write_candidates(
    candidates: &[Candidate],
    space: &SearchSpace,
    tables: &[MoleculeTable],
    path: &Path,
) -> Result<(), ResultsError> {
    let row = |candidate: &Candidate| row(*candidate, space, tables);
    write(&candidates.iter().map(row).collect::<Vec<_>>(), space, path)
}

fn row<'a>(candidate: Candidate, space: &'a SearchSpace, tables: &'a [MoleculeTable]) -> Row<'a> {
    let table = candidate.table.usize();
    let (table, of_table) = (&tables[table], &space.tables[table]);
    let target_modifier = |i: ModifierIdx| space.modifiers[i.usize()].text();
    let mut recombined_formula = None;
    let (formula, target_modifier, modifier, draw) = match candidate.role {
        Role::Recombined(place) => {
            let recombined = of_table.recombined[place];
            let target = &of_table.targets[recombined.target as usize];
            let modifier = target_modifier(target.modifier);
            recombined_formula = of_table
                .recombined_formulas
                .get(recombined.formula as usize);
            (target.formula, modifier, modifier, None)
        }
        Role::Target(place) => {
            let target = &of_table.targets[place];
            let modifier = target_modifier(target.modifier);
            (target.formula, modifier, modifier, None)
        }
        Role::Decoy(place) => {
            let decoy = &of_table.decoys[place];
            let modifier = space.decoy_modifiers[decoy.modifier.usize()].text();
            (
                decoy.formula,
                target_modifier(decoy.target_modifier),
                modifier,
                Some(decoy.draw),
            )
        }
    };
    let is_entrapment = table.is_entrapment(formula);
    let formula = recombined_formula.map_or_else(|| table.spelling(formula), ToString::to_string);
    Row {
        table: &table.name,
        formula,
        target_modifier,
        modifier,
        draw,
        is_entrapment,
        candidate,
    }
}

fn write(rows: &[Row<'_>], space: &SearchSpace, path: &Path) -> Result<(), ResultsError> {
    let text = |f: &dyn Fn(&Row<'_>) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(f)))
    };
    let number = |f: &dyn Fn(&Candidate) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(
            rows.iter().map(|row| f(&row.candidate)),
        ))
    };
    let is_target = rows
        .iter()
        .map(|row| matches!(row.candidate.role, Role::Target(_)));
    let is_target: Vec<bool> = is_target.collect();
    let is_entrapment: Vec<bool> = rows.iter().map(|row| row.is_entrapment).collect();
    let draw: UInt16Array = rows.iter().map(|row| row.draw).collect();
    let is_recombined = |row: &Row<'_>| matches!(row.candidate.role, Role::Recombined(_));
    let is_recombined: Vec<bool> = rows.iter().map(is_recombined).collect();
    let doubt: Float64Array = rows.iter().map(|row| row.candidate.doubt).collect();
    let text_of = |ion: IonIdx| space.ions[ion.usize()].text();
    let ion = |row: &Row<'_>| text_of(row.candidate.ion);
    let precursor = |row: &Row<'_>| row.candidate.fragment_of.map(text_of);
    let fragment_of: StringArray = rows.iter().map(precursor).collect();
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("database", text(&|row| row.table.to_owned()), false),
        ("formula", text(&|row| row.formula.clone()), false),
        (
            "targetAdduct",
            text(&|row| row.target_modifier.to_owned()),
            false,
        ),
        ("adduct", text(&|row| row.modifier.to_owned()), false),
        ("ionFormula", text(&ion), false),
        ("isTarget", Arc::new(BooleanArray::from(is_target)), false),
        ("draw", Arc::new(draw), true),
        (
            "isRecombined",
            Arc::new(BooleanArray::from(is_recombined)),
            false,
        ),
        ("msm", number(&|candidate| candidate.msm), false),
        ("score", number(&|candidate| candidate.score), false),
        ("doubt", Arc::new(doubt), true),
        (
            "isEntrapment",
            Arc::new(BooleanArray::from(is_entrapment)),
            false,
        ),
        ("fragmentOf", Arc::new(fragment_of), true),
    ])?;
    writer.finish()
}
