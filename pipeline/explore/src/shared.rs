//! Which ions several results share: of datasets, or of one dataset searched in several ways.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_results::StoredAnnotation;
use metaspace_results::text::{csv_adduct, csv_text};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ExploreError;

/// Results folders that can be compared.
pub const MAX_COMPARED: usize = 32;

/// Ions that are annotated in any of some results.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SharedIons {
    /// FDR up to which an ion counts as annotated.
    pub fdr: f64,
    /// The results, in the order in which they were given.
    pub results: Vec<String>,
    /// How many ions have exactly these results in common, those of most results first.
    pub combinations: Vec<Combination>,
    /// The ions: those of most results first, then by the best FDR.
    pub ions: Vec<SharedIon>,
}

/// Results that some ions are annotated in, and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Combination {
    /// Names of the results.
    pub results: Vec<String>,
    /// Ions that are annotated in each of them and nowhere else.
    pub n_ions: usize,
}

/// An ion, and what each of the results says of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SharedIon {
    /// Formula, adduct and sign of the charge.
    pub ion: String,
    /// Formula of the neutral molecule.
    pub formula: String,
    /// Modification, loss and adduct as one text.
    pub adduct: String,
    /// Theoretical m/z of the first isotope, in Th.
    pub mz: f64,
    /// Names of the molecules that it may be.
    pub molecule_names: Vec<String>,
    /// Its lowest FDR in each of the results; null where it is not annotated at any FDR below 1.
    pub fdr: Vec<Option<f64>>,
    /// Its score there.
    pub score: Vec<Option<f64>>,
}

impl SharedIon {
    /// In which results it is annotated up to an FDR.
    fn is_in(&self, fdr: f64) -> Vec<bool> {
        let found = self.fdr.iter();
        found.map(|own| own.is_some_and(|own| own <= fdr)).collect()
    }
}

impl SharedIons {
    /// Writes a row for each ion, with a column for its FDR and its score in each of the results.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_csv(&self, path: &Path) -> Result<(), ExploreError> {
        let failed = |source: csv::Error| FileError::at("write", path)(source.into());
        let mut head: Vec<String> = ["ion", "formula", "adduct", "mz", "moleculeNames"]
            .map(str::to_owned)
            .to_vec();
        head.extend(self.results.iter().map(|name| format!("fdr {name}")));
        head.extend(self.results.iter().map(|name| format!("score {name}")));
        let number = |value: &Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let mut writer = csv::Writer::from_path(path).map_err(failed)?;
        writer.write_record(head).map_err(failed)?;
        for ion in &self.ions {
            let mut row = vec![
                ion.ion.clone(),
                ion.formula.clone(),
                csv_adduct(&ion.adduct),
                ion.mz.to_string(),
                csv_text(&ion.molecule_names.join(", ")),
            ];
            row.extend(ion.fdr.iter().chain(&ion.score).map(number));
            writer.write_record(row).map_err(failed)?;
        }
        Ok(writer.flush().map_err(FileError::at("write", path))?)
    }
}

/// Compares the annotations of results, each with a name, up to an FDR. Entrapment does not count.
pub fn shared_ions(results: &[(String, &[StoredAnnotation])], fdr: f64) -> SharedIons {
    let mut ions: BTreeMap<&str, SharedIon> = BTreeMap::new();
    let nowhere = vec![None; results.len()];
    for (number, (_, rows)) in results.iter().enumerate() {
        for row in rows.iter().filter(|row| !row.is_entrapment) {
            let ion = ions.entry(&row.ion).or_insert_with(|| SharedIon {
                ion: row.ion.clone(),
                formula: row.formula.clone(),
                adduct: row.adduct.clone(),
                mz: row.mz,
                molecule_names: row.molecule_names.clone(),
                fdr: nowhere.clone(),
                score: nowhere.clone(),
            });
            // Several tables may have it.
            if ion.fdr[number].is_none_or(|known| row.fdr < known) {
                ion.fdr[number] = Some(row.fdr);
                ion.score[number] = Some(row.score);
            }
        }
    }
    let mut ions: Vec<SharedIon> = ions
        .into_values()
        .filter(|ion| ion.is_in(fdr).contains(&true))
        .collect();
    let n_results = |ion: &SharedIon| ion.is_in(fdr).iter().filter(|is| **is).count();
    let best = |ion: &SharedIon| ion.fdr.iter().flatten().copied().fold(1.0, f64::min);
    // Numbers from 0 to 1 have the order of their bits.
    ions.sort_by_cached_key(|ion| (Reverse(n_results(ion)), best(ion).to_bits()));
    let mut counts: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    for ion in &ions {
        *counts.entry(ion.is_in(fdr)).or_default() += 1;
    }
    let name = |is_in: &[bool]| -> Vec<String> {
        let of = results.iter().zip(is_in).filter(|(_, is)| **is);
        of.map(|((name, _), _)| name.clone()).collect()
    };
    let mut combinations: Vec<Combination> = counts
        .iter()
        .rev()
        .map(|(is_in, &n_ions)| Combination {
            results: name(is_in),
            n_ions,
        })
        .collect();
    combinations.sort_by_key(|of| Reverse(of.results.len()));
    SharedIons {
        fdr,
        results: results.iter().map(|(name, _)| name.clone()).collect(),
        combinations,
        ions,
    }
}
