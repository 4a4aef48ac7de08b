//! Parts of what rankings have found, as the tasks of a run pass them on: by numbers.

use std::path::Path;
use std::sync::Arc;

use annotator::candidates::SearchSpace;
use annotator::ranking::{Annotation, Candidate, Role};
use arrow_array::types::{Float64Type, UInt16Type, UInt32Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, UInt16Array, UInt32Array};

use super::parts::PartFile;
use super::table::TableWriter;
use crate::error::RunError;

/// Writes annotations by their numbers.
///
/// # Errors
/// The file cannot be written.
pub fn write_annotations_part(annotations: &[Annotation], path: &Path) -> Result<(), RunError> {
    let small = |of: fn(&Annotation) -> u16| -> ArrayRef {
        Arc::new(UInt16Array::from_iter_values(annotations.iter().map(of)))
    };
    let number = |of: fn(&Annotation) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(annotations.iter().map(of)))
    };
    let value = |of: fn(&Annotation) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(annotations.iter().map(of)))
    };
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("table", small(|found| found.table), false),
        ("formula", number(|found| found.formula), false),
        ("modifier", small(|found| found.modifier), false),
        ("ion", number(|found| found.ion), false),
        ("msm", value(|found| found.msm), false),
        ("score", value(|found| found.score), false),
        ("fdr", value(|found| found.fdr), false),
    ])?;
    writer.finish()
}

/// Reads such a part, of a search space.
///
/// # Errors
/// It cannot be read, or is not such a part.
pub fn read_annotations_part(
    path: &Path,
    space: &SearchSpace,
) -> Result<Vec<Annotation>, RunError> {
    let part = PartFile::new(path);
    let mut annotations = Vec::new();
    part.for_each_batch(|batch| {
        let small = |name| part.numbers::<UInt16Type>(batch, name);
        let number = |name| part.numbers::<UInt32Type>(batch, name);
        let value = |name| part.numbers::<Float64Type>(batch, name);
        let (table, modifier) = (small("table")?, small("modifier")?);
        let (formula, ion) = (number("formula")?, number("ion")?);
        let (msm, score, fdr) = (value("msm")?, value("score")?, value("fdr")?);
        for row in 0..batch.num_rows() {
            let found = Annotation {
                table: table.value(row),
                formula: formula.value(row),
                modifier: modifier.value(row),
                ion: ion.value(row),
                msm: msm.value(row),
                score: score.value(row),
                fdr: fdr.value(row),
            };
            let of_table = space.tables.get(usize::from(found.table));
            let targets = of_table.map_or(&[][..], |table| &table.targets);
            let place = targets.binary_search_by_key(&(found.formula, found.modifier), |target| {
                (target.formula, target.modifier)
            });
            if place
                .ok()
                .is_none_or(|place| targets[place].ion != found.ion)
            {
                return Err(part.wrong("ion"));
            }
            annotations.push(found);
        }
        Ok(())
    })?;
    Ok(annotations)
}

/// Writes candidates by their numbers.
///
/// # Errors
/// The file cannot be written.
pub fn write_candidates_part(candidates: &[Candidate], path: &Path) -> Result<(), RunError> {
    let place = |candidate: &Candidate| {
        let (Role::Target(place) | Role::Decoy(place)) = candidate.role;
        u32::try_from(place).unwrap_or(u32::MAX)
    };
    let is_target: Vec<bool> = candidates
        .iter()
        .map(|candidate| matches!(candidate.role, Role::Target(_)))
        .collect();
    let tables = UInt16Array::from_iter_values(candidates.iter().map(|one| one.table));
    let numbers = |of: fn(&Candidate) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(candidates.iter().map(of)))
    };
    let values = |of: fn(&Candidate) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(candidates.iter().map(of)))
    };
    let doubts: Float64Array = candidates.iter().map(|candidate| candidate.doubt).collect();
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("table", Arc::new(tables), false),
        ("isTarget", Arc::new(BooleanArray::from(is_target)), false),
        ("place", numbers(place), false),
        ("ion", numbers(|candidate| candidate.ion), false),
        ("msm", values(|candidate| candidate.msm), false),
        ("score", values(|candidate| candidate.score), false),
        ("doubt", Arc::new(doubts), true),
    ])?;
    writer.finish()
}

/// Reads such a part, of a search space.
///
/// # Errors
/// It cannot be read, or is not such a part.
pub fn read_candidates_part(path: &Path, space: &SearchSpace) -> Result<Vec<Candidate>, RunError> {
    let part = PartFile::new(path);
    let mut candidates = Vec::new();
    part.for_each_batch(|batch| {
        let tables = part.numbers::<UInt16Type>(batch, "table")?;
        let is_target = part.flags(batch, "isTarget")?;
        let numbers = |name| part.numbers::<UInt32Type>(batch, name);
        let (places, ions) = (numbers("place")?, numbers("ion")?);
        let values = |name| part.numbers::<Float64Type>(batch, name);
        let (msm, score) = (values("msm")?, values("score")?);
        let doubts = part.optional(batch, "doubt")?;
        for row in 0..batch.num_rows() {
            let (table, place) = (tables.value(row), places.value(row) as usize);
            let role = if is_target.value(row) {
                Role::Target(place)
            } else {
                Role::Decoy(place)
            };
            let ion = ions.value(row);
            if ion_of(space, table, role) != Some(ion) {
                return Err(part.wrong("ion"));
            }
            let (msm, score) = (msm.value(row), score.value(row));
            let doubt = doubts.is_valid(row).then(|| doubts.value(row));
            candidates.push(Candidate {
                table,
                role,
                ion,
                msm,
                score,
                doubt,
            });
        }
        Ok(())
    })?;
    Ok(candidates)
}

/// The ion of a target or decoy of a table, if there is one.
fn ion_of(space: &SearchSpace, table: u16, role: Role) -> Option<u32> {
    let table = space.tables.get(usize::from(table))?;
    match role {
        Role::Target(place) => Some(table.targets.get(place)?.ion),
        Role::Decoy(place) => table.decoys.get(place)?.ion,
    }
}
