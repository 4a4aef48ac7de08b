//! Parts of what rankings have found, as the tasks of a run pass them on: by numbers.

use std::path::Path;
use std::sync::Arc;

use annotator::candidates::SearchSpace;
use annotator::indices::{FormulaIdx, IonIdx, ModifierIdx, TableIdx};
use annotator::ranking::{Annotation, Candidate, Role};
use arrow_array::types::{Float64Type, UInt16Type, UInt32Type};
use arrow_array::{Array, ArrayRef, Float64Array, UInt16Array, UInt32Array};

use crate::error::ResultsError;
use crate::parquet_file::ParquetFile;
use crate::table::TableWriter;

/// Writes annotations by their numbers.
///
/// # Errors
/// The file cannot be written.
pub fn write_annotations_part(annotations: &[Annotation], path: &Path) -> Result<(), ResultsError> {
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
        ("table", small(|found| found.table.0), false),
        ("formula", number(|found| found.formula.0), false),
        ("modifier", small(|found| found.modifier.0), false),
        ("ion", number(|found| found.ion.0), false),
        ("msm", value(|found| found.msm), false),
        ("score", value(|found| found.score), false),
        ("fdr", value(|found| found.fdr), false),
        ("pep", value(|found| found.pep), false),
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
) -> Result<Vec<Annotation>, ResultsError> {
    let part = ParquetFile::open(path)?;
    let mut annotations = Vec::new();
    let columns = [
        "table", "formula", "modifier", "ion", "msm", "score", "fdr", "pep",
    ];
    for rows in part.rows(&columns)? {
        let rows = rows?;
        let small = |name| rows.numbers::<UInt16Type>(name);
        let number = |name| rows.numbers::<UInt32Type>(name);
        let value = |name| rows.numbers::<Float64Type>(name);
        let (table, modifier) = (small("table")?, small("modifier")?);
        let (formula, ion) = (number("formula")?, number("ion")?);
        let (msm, score) = (value("msm")?, value("score")?);
        let (fdr, pep) = (value("fdr")?, value("pep")?);
        for row in 0..rows.n_rows() {
            let found = Annotation {
                table: TableIdx(table[row]),
                formula: FormulaIdx(formula[row]),
                modifier: ModifierIdx(modifier[row]),
                ion: IonIdx(ion[row]),
                msm: msm[row],
                score: score[row],
                fdr: fdr[row],
                pep: pep[row],
            };
            let of_table = space.tables.get(found.table.usize());
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
    }
    Ok(annotations)
}

/// Numbers of kinds of candidates.
const TARGET: u16 = 0;
const DECOY: u16 = 1;
const RECOMBINED: u16 = 2;

/// Writes candidates by their numbers.
///
/// # Errors
/// The file cannot be written.
pub fn write_candidates_part(candidates: &[Candidate], path: &Path) -> Result<(), ResultsError> {
    let place = |candidate: &Candidate| {
        let (Role::Target(place) | Role::Decoy(place) | Role::Recombined(place)) = candidate.role;
        u32::try_from(place).unwrap_or(u32::MAX)
    };
    let kinds = candidates.iter().map(|candidate| match candidate.role {
        Role::Target(_) => TARGET,
        Role::Decoy(_) => DECOY,
        Role::Recombined(_) => RECOMBINED,
    });
    let kinds = UInt16Array::from_iter_values(kinds);
    let tables = UInt16Array::from_iter_values(candidates.iter().map(|one| one.table.0));
    let numbers = |of: fn(&Candidate) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(candidates.iter().map(of)))
    };
    let values = |of: fn(&Candidate) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(candidates.iter().map(of)))
    };
    let doubts: Float64Array = candidates.iter().map(|candidate| candidate.doubt).collect();
    let precursor = |candidate: &Candidate| candidate.fragment_of.map(|ion| ion.0);
    let precursors: UInt32Array = candidates.iter().map(precursor).collect();
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("table", Arc::new(tables), false),
        ("kind", Arc::new(kinds), false),
        ("place", numbers(place), false),
        ("ion", numbers(|candidate| candidate.ion.0), false),
        ("msm", values(|candidate| candidate.msm), false),
        ("score", values(|candidate| candidate.score), false),
        ("doubt", Arc::new(doubts), true),
        ("fragmentOf", Arc::new(precursors), true),
    ])?;
    writer.finish()
}

/// Reads such a part, of a search space.
///
/// # Errors
/// It cannot be read, or is not such a part.
pub fn read_candidates_part(
    path: &Path,
    space: &SearchSpace,
) -> Result<Vec<Candidate>, ResultsError> {
    let part = ParquetFile::open(path)?;
    let mut candidates = Vec::new();
    let columns = [
        "table",
        "kind",
        "place",
        "ion",
        "msm",
        "score",
        "doubt",
        "fragmentOf",
    ];
    for rows in part.rows(&columns)? {
        let rows = rows?;
        let tables = rows.numbers::<UInt16Type>("table")?;
        let kind = rows.numbers::<UInt16Type>("kind")?;
        let numbers = |name| rows.numbers::<UInt32Type>(name);
        let (places, ions) = (numbers("place")?, numbers("ion")?);
        let values = |name| rows.numbers::<Float64Type>(name);
        let (msm, score) = (values("msm")?, values("score")?);
        let doubts = rows.optional_numbers::<Float64Type>("doubt")?;
        let precursors = rows.optional_numbers::<UInt32Type>("fragmentOf")?;
        for row in 0..rows.n_rows() {
            let (table, place) = (TableIdx(tables[row]), places[row] as usize);
            let role = match kind[row] {
                TARGET => Role::Target(place),
                DECOY => Role::Decoy(place),
                RECOMBINED => Role::Recombined(place),
                _ => return Err(part.wrong("kind")),
            };
            let ion = IonIdx(ions[row]);
            if ion_of(space, table, role) != Some(ion) {
                return Err(part.wrong("ion"));
            }
            let (msm, score) = (msm[row], score[row]);
            let doubt = doubts.is_valid(row).then(|| doubts.value(row));
            let precursor = precursors.is_valid(row).then(|| precursors.value(row));
            if precursor.is_some_and(|ion| ion as usize >= space.ions.len()) {
                return Err(part.wrong("fragmentOf"));
            }
            candidates.push(Candidate {
                table,
                role,
                ion,
                msm,
                score,
                doubt,
                fragment_of: precursor.map(IonIdx),
            });
        }
    }
    Ok(candidates)
}

/// The ion of a target or decoy of a table, if there is one.
fn ion_of(space: &SearchSpace, table: TableIdx, role: Role) -> Option<IonIdx> {
    let table = space.tables.get(table.usize())?;
    match role {
        Role::Target(place) => Some(table.targets.get(place)?.ion),
        Role::Decoy(place) => table.decoys.get(place)?.ion,
        Role::Recombined(place) => Some(table.recombined.get(place)?.ion),
    }
}
