//! The ions of an export: the annotated ones up to an FDR, each once.

use std::collections::HashMap;
use std::path::Path;

use metaspace_results::{StoredAnnotation, read_annotations};

use crate::error::ExportError;
use crate::options::ColumnNames;

/// An ion, with the annotation that speaks for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ExportedIon {
    /// Its annotation of the lowest FDR; of equal ones, the first of the table. Names, identifiers and
    /// classes are those of every molecule table that has the ion, each name once.
    pub(crate) annotation: StoredAnnotation,
}

impl ExportedIon {
    /// Formula and adduct, as METASPACE's converter calls an ion: `C42H82NO8P+Na`.
    pub(crate) fn formula_adduct(&self) -> String {
        format!("{}{}", self.annotation.formula, self.annotation.adduct)
    }

    /// What its column of a matrix is called.
    pub(crate) fn header(&self, header: ColumnNames) -> String {
        let ion = &self.annotation.ion;
        match (header, self.annotation.molecule_names.first()) {
            (ColumnNames::Name, Some(name)) if !name.is_empty() => format!("{name} ({ion})"),
            _ => ion.clone(),
        }
    }
}

/// The ions of a results folder with an FDR up to a level, in the order of the annotations: best first.
/// Entrapment is left out.
///
/// # Errors
/// The annotations cannot be read, or there is no such ion.
pub(crate) fn read_exported_ions(
    results: &Path,
    fdr: f64,
) -> Result<Vec<ExportedIon>, ExportError> {
    let mut ions: Vec<ExportedIon> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for annotation in read_annotations(results)? {
        if annotation.fdr > fdr || annotation.is_entrapment {
            continue;
        }
        if let Some(&place) = places.get(&annotation.ion) {
            merge(&mut ions[place].annotation, annotation);
        } else {
            places.insert(annotation.ion.clone(), ions.len());
            ions.push(ExportedIon { annotation });
        }
    }
    if ions.is_empty() {
        return Err(ExportError::NoIons {
            results: results.into(),
            fdr,
        });
    }
    Ok(ions)
}

/// Joins two annotations of an ion.
fn merge(kept: &mut StoredAnnotation, mut other: StoredAnnotation) {
    if other.fdr < kept.fdr {
        std::mem::swap(kept, &mut other);
    }
    for (place, name) in other.molecule_names.into_iter().enumerate() {
        if kept.molecule_names.contains(&name) {
            continue;
        }
        let of = |texts: &[String]| texts.get(place).cloned().unwrap_or_default();
        kept.molecule_names.push(name);
        kept.molecule_ids.push(of(&other.molecule_ids));
        kept.molecule_classes.push(of(&other.molecule_classes));
    }
}
