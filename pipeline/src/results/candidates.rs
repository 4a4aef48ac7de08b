//! `candidates.parquet`: the targets and decoys of MSM > 0, from which FDR is estimated.

use std::path::Path;
use std::sync::Arc;

use annotator::annotate::UnitScores;
use annotator::candidates::SearchSpace;
use annotator::moldb::MoleculeTable;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray, UInt16Array};

use super::table::TableWriter;
use crate::error::RunError;

/// A target or decoy of MSM > 0.
struct Candidate<'a> {
    table: &'a str,
    formula: String,
    target_modifier: &'a str,
    modifier: &'a str,
    ion: u32,
    draw: Option<u16>,
    msm: f64,
}

/// Writes the candidates: by table, targets first, then as they were drawn.
///
/// # Errors
/// The file cannot be written.
pub fn write_candidates(
    scores: &[UnitScores],
    space: &SearchSpace,
    tables: &[MoleculeTable],
    path: &Path,
) -> Result<(), RunError> {
    let mut msm_of_ion = vec![0.0; space.ions.len()];
    for scores in scores.iter().flat_map(|unit| &unit.scores) {
        msm_of_ion[scores.ion as usize] = scores.msm;
    }
    let mut found = Vec::new();
    for (table, of_table) in tables.iter().zip(&space.tables) {
        let formula = |i: u32| table.formulas[i as usize].to_string();
        let target_modifier = |i: u16| space.modifiers[usize::from(i)].text();
        found.extend(of_table.targets.iter().filter_map(|target| {
            let msm = msm_of_ion[target.ion as usize];
            (msm > 0.0).then(|| Candidate {
                table: &table.name,
                formula: formula(target.formula),
                target_modifier: target_modifier(target.modifier),
                modifier: target_modifier(target.modifier),
                ion: target.ion,
                draw: None,
                msm,
            })
        }));
        found.extend(of_table.decoys.iter().filter_map(|decoy| {
            let ion = decoy.ion?;
            let msm = msm_of_ion[ion as usize];
            (msm > 0.0).then(|| Candidate {
                table: &table.name,
                formula: formula(decoy.formula),
                target_modifier: target_modifier(decoy.target_modifier),
                modifier: space.decoy_modifiers[usize::from(decoy.modifier)].text(),
                ion,
                draw: Some(decoy.draw),
                msm,
            })
        }));
    }
    write(&found, space, path)
}

fn write(found: &[Candidate<'_>], space: &SearchSpace, path: &Path) -> Result<(), RunError> {
    let text = |f: &dyn Fn(&Candidate<'_>) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(found.iter().map(f)))
    };
    let is_target: Vec<bool> = found.iter().map(|candidate| candidate.draw.is_none()).collect();
    let draw: UInt16Array = found.iter().map(|candidate| candidate.draw).collect();
    let msm = Float64Array::from_iter_values(found.iter().map(|candidate| candidate.msm));
    let ion = |candidate: &Candidate<'_>| space.ions[candidate.ion as usize].formula.to_string();
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("database", text(&|candidate| candidate.table.to_owned()), false),
        ("formula", text(&|candidate| candidate.formula.clone()), false),
        ("targetAdduct", text(&|candidate| candidate.target_modifier.to_owned()), false),
        ("adduct", text(&|candidate| candidate.modifier.to_owned()), false),
        ("ionFormula", text(&ion), false),
        ("isTarget", Arc::new(BooleanArray::from(is_target)), false),
        ("draw", Arc::new(draw), true),
        ("msm", Arc::new(msm), false),
    ])?;
    writer.finish()
}
