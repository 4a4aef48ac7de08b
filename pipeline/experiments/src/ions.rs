//! The ions of an experiment: those that are annotated in any of its results.

use std::collections::BTreeMap;
use std::path::Path;

use metaspace_measure::request::WantedIon;
use metaspace_results::record::RunRecord;
use metaspace_results::{check_results, read_annotations};

use crate::error::ExperimentError;

/// An ion that is measured in every sample.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredIon {
    /// Formula, adduct and sign of the charge, as `ion` of `annotations.parquet`.
    pub ion: String,
    /// Formula of the ion, by which images are found.
    pub ion_formula: String,
    /// Formula of the neutral molecule.
    pub formula: String,
    /// Modification, loss and adduct as one text.
    pub adduct: String,
    /// Theoretical m/z of the first isotope, in Th.
    pub mz: f64,
    /// Results in which it is annotated.
    pub n_annotated: u32,
    /// Lowest FDR of its annotations.
    pub fdr: f64,
    /// The molecules that it may be, of every table, each once, by identifier.
    pub molecules: Vec<IonMolecule>,
}

/// A molecule that an ion may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IonMolecule {
    /// Its identifier in the table.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Formula of the neutral molecule.
    pub formula: String,
    /// Its class, empty where not known.
    pub class: String,
}

impl MeasuredIon {
    /// What measuring needs to know of it.
    pub(crate) fn wanted(&self) -> WantedIon {
        WantedIon {
            ion: self.ion.clone(),
            ion_formula: self.ion_formula.clone(),
            mz: self.mz,
        }
    }
}

/// The record of a results folder, of this version.
///
/// # Errors
/// There is none, it is of another version of the schemas, or cannot be understood.
pub(crate) fn read_record(results: &Path) -> Result<RunRecord, ExperimentError> {
    check_results(results)?;
    Ok(RunRecord::read(results)?)
}

/// Gathers ions from results, one folder after another.
#[derive(Debug, Default)]
pub struct IonList {
    ions: BTreeMap<String, MeasuredIon>,
    n_results: usize,
}

impl IonList {
    /// Adds the ions of a results folder of FDR up to a level; gives their names.
    ///
    /// Entrapment is left out. Ions of the matrix and off the tissue are in it: what they are is a
    /// column of the annotations.
    ///
    /// # Errors
    /// The annotations cannot be read.
    pub fn add(&mut self, results: &Path, fdr: f64) -> Result<Vec<String>, ExperimentError> {
        self.n_results += 1;
        let mut names = Vec::new();
        for row in read_annotations(results)? {
            if row.fdr > fdr || row.is_entrapment {
                continue;
            }
            let ion = self
                .ions
                .entry(row.ion.clone())
                .or_insert_with(|| MeasuredIon {
                    ion: row.ion.clone(),
                    ion_formula: row.ion_formula.clone(),
                    formula: row.formula.clone(),
                    adduct: row.adduct.clone(),
                    mz: row.isotope_mz.first().copied().unwrap_or(row.mz),
                    n_annotated: 0,
                    fdr: row.fdr,
                    molecules: Vec::new(),
                });
            ion.fdr = ion.fdr.min(row.fdr);
            let all = row.molecule_ids.iter().zip(&row.molecule_names);
            for (place, (id, name)) in all.enumerate() {
                let class = row.molecule_classes.get(place);
                let molecule = IonMolecule {
                    id: id.clone(),
                    name: name.clone(),
                    formula: row.formula.clone(),
                    class: class.cloned().unwrap_or_default(),
                };
                if let Err(at) = ion.molecules.binary_search(&molecule) {
                    ion.molecules.insert(at, molecule);
                }
            }
            names.push(row.ion);
        }
        names.sort_unstable();
        names.dedup();
        for name in &names {
            if let Some(ion) = self.ions.get_mut(name) {
                ion.n_annotated += 1;
            }
        }
        Ok(names)
    }

    /// The ions by m/z, then by name.
    ///
    /// # Errors
    /// There is none.
    pub fn finish(self, fdr: f64) -> Result<Vec<MeasuredIon>, ExperimentError> {
        let mut ions: Vec<MeasuredIon> = self.ions.into_values().collect();
        if ions.is_empty() {
            return Err(ExperimentError::NoIons {
                n_results: self.n_results,
                fdr,
            });
        }
        ions.sort_by(|a, b| a.mz.total_cmp(&b.mz).then_with(|| a.ion.cmp(&b.ion)));
        Ok(ions)
    }
}
