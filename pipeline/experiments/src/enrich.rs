//! Enrichment of a results folder, of an experiment's folder, or of a contrast at hand.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use annotator::moldb::MoleculeTable;
use metaspace_machine::error::FileError;
use metaspace_results::record::DatabaseRecord;
use ms_core::formula::Repeats;

use crate::contrasts::Contrasted;
use crate::enrichment::over_representation::{Background, over_representation};
use crate::enrichment::ranked::ranked;
use crate::enrichment::terms::Terms;
use crate::enrichment::{Candidates, EnrichedTerm};
use crate::error::ExperimentError;
use crate::ions::{IonList, IonMolecule, MeasuredIon, read_record};
use crate::options::{EnrichmentOptions, ExperimentOptions, TermSource};
use crate::tables::{Enriched, StoredTest, read_contrast, read_ions};

/// FDR up to which annotations are what was found, where that is the background: all of them.
const EVERY_FDR: f64 = 1.0;

/// Molecules by number, and those that each ion may be.
#[derive(Debug, Default)]
struct Molecules {
    all: Vec<IonMolecule>,
    numbers: HashMap<(String, String), usize>,
}

impl Molecules {
    fn of(molecules: impl IntoIterator<Item = IonMolecule>) -> Self {
        let mut found = Self::default();
        for molecule in molecules {
            found.number(&molecule);
        }
        found
    }

    /// The number of a molecule, a new one if it is not there.
    fn number(&mut self, molecule: &IonMolecule) -> usize {
        let key = (molecule.id.clone(), molecule.name.clone());
        let next = self.all.len();
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.all.push(molecule.clone());
        }
        number
    }

    /// Candidates that are drawn for each ion alone, as METASPACE has it.
    fn by_ion(&mut self, ions: &[MeasuredIon]) -> Candidates {
        let of = |ion: &MeasuredIon| {
            let numbers = ion.molecules.iter().map(|molecule| self.number(molecule));
            numbers.collect()
        };
        Candidates {
            molecules_of: ions.iter().map(of).collect(),
            keys: (0..ions.len()).collect(),
        }
    }

    /// Candidates that are drawn once for all ions of a formula: what tells its isomers apart is the
    /// same for every adduct, and adducts that were taken for different isomers would count as many.
    fn by_formula(&mut self, ions: &[MeasuredIon]) -> Candidates {
        let mut first: HashMap<&str, usize> = HashMap::new();
        let keys = ions.iter().enumerate();
        let keys = keys.map(|(number, ion)| *first.entry(&ion.formula).or_insert(number));
        Candidates {
            keys: keys.collect(),
            ..self.by_ion(ions)
        }
    }
}

/// What was enriched, and how much of the terms there was.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrichment {
    /// The terms.
    pub enriched: Vec<Enriched>,
    /// Ions that were claimed, or have a statistic.
    pub n_ions: usize,
    /// What the background is, in words.
    pub background: String,
    /// Members of the terms.
    pub n_members: usize,
    /// Members that are no molecule of the background.
    pub n_unmatched: usize,
    /// Molecules of the background, and of these those that have no term.
    pub n_molecules: (usize, usize),
}

/// What annotations of results are held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultsBackground {
    /// All molecules of the tables of the run, of which those that do not ship with the program are
    /// files.
    Tables(Vec<PathBuf>),
    /// The molecules of all annotations, whatever their FDR.
    Found,
}

/// Over-representation of the annotations of a results folder with FDR up to a level.
///
/// # Errors
/// A table cannot be read, there are no annotations, or no term matches.
pub fn enrich_results(
    results: &Path,
    fdr: f64,
    background: &ResultsBackground,
    options: &EnrichmentOptions,
) -> Result<Enrichment, ExperimentError> {
    options.check()?;
    let record = read_record(results)?;
    let mut list = IonList::default();
    list.add(results, EVERY_FDR)?;
    let ions = list.finish(EVERY_FDR)?;
    let is_claimed: Vec<bool> = ions.iter().map(|ion| ion.fdr <= fdr).collect();
    let n_ions = is_claimed.iter().filter(|is| **is).count();
    if n_ions == 0 {
        return Err(ExperimentError::NoIons { n_results: 1, fdr });
    }
    let (mut molecules, kind, text) = match background {
        ResultsBackground::Tables(files) => (
            read_tables(&record.databases, files)?,
            Background::Molecules,
            "the molecules of the tables that were searched",
        ),
        ResultsBackground::Found => (
            Molecules::default(),
            Background::Found,
            "the molecules of all annotations, whatever their FDR",
        ),
    };
    let candidates = molecules.by_ion(&ions);
    let terms = Terms::new(&options.terms, &molecules.all)?;
    let found = over_representation(&terms, &candidates, &is_claimed, kind, options);
    let name = record.dataset_name().unwrap_or_default();
    let enriched = vec![Enriched {
        of: name,
        kind: "annotated",
        terms: found,
    }];
    Ok(summary(enriched, n_ions, text, &terms, &molecules))
}

/// Enrichment of a contrast of an experiment's folder: of the ions claimed at a q, or by the
/// statistic of all.
///
/// # Errors
/// A table cannot be read, there is no such contrast, or no term matches.
pub fn enrich_experiment(
    folder: &Path,
    contrast: Option<&str>,
    is_ranked: bool,
    q: f64,
    options: &EnrichmentOptions,
) -> Result<Enrichment, ExperimentError> {
    options.check()?;
    crate::record::ExperimentRecord::read(folder)?;
    let ions = read_ions(folder)?;
    let (name, tests) = read_contrast(folder, contrast)?;
    let mut molecules = Molecules::default();
    let candidates = molecules.by_formula(&ions);
    let terms = Terms::new(&options.terms, &molecules.all)?;
    let (enriched, n_ions) = if is_ranked {
        let statistics = statistics_of(&tests);
        let n_ions = statistics.iter().flatten().count();
        let terms = ranked(&terms, &candidates, &statistics, options);
        (vec![of_kind(&name, "ranked", terms)], n_ions)
    } else {
        let claimed = |test: &StoredTest| test.q.is_some_and(|found| found <= q);
        let n_ions = tests.iter().filter(|test| claimed(test)).count();
        let enriched = by_sign(&name, &tests, q, &terms, &candidates, options);
        (enriched, n_ions)
    };
    let text = "the molecules of all ions of the experiment";
    Ok(summary(enriched, n_ions, text, &terms, &molecules))
}

/// Enrichment of a contrast at hand, both kinds; adds to the notes what did not match.
pub(crate) fn enrich_contrast(
    ions: &[MeasuredIon],
    found: &Contrasted,
    options: &ExperimentOptions,
    notes: &mut Vec<String>,
) -> Result<Vec<Enriched>, ExperimentError> {
    let mut molecules = Molecules::default();
    let candidates = molecules.by_formula(ions);
    let options_of = &options.enrichment;
    let terms = Terms::new(&options_of.terms, &molecules.all)?;
    if let TermSource::File(path) = &options_of.terms {
        let note = format!(
            "{} of {} members of the terms of `{}` are no molecule of an ion, and {} of {} molecules \
             have no term",
            terms.n_unmatched,
            terms.n_members,
            path.display(),
            terms.n_without(),
            molecules.all.len()
        );
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    let tests: Vec<StoredTest> = found
        .ions
        .iter()
        .map(|ion| StoredTest {
            difference: Some(ion.test.difference).filter(|value| !value.is_nan()),
            statistic: ion.test.statistic,
            q: ion.q,
        })
        .collect();
    let name = found.contrast.name();
    let mut enriched = by_sign(&name, &tests, options.q, &terms, &candidates, options_of);
    let statistics = statistics_of(&tests);
    let by_rank = ranked(&terms, &candidates, &statistics, options_of);
    enriched.push(of_kind(&name, "ranked", by_rank));
    Ok(enriched)
}

/// The statistic of each ion; its fold change where no ion has a statistic.
fn statistics_of(tests: &[StoredTest]) -> Vec<Option<f64>> {
    let is_tested = tests.iter().any(|test| test.statistic.is_some());
    let of = |test: &StoredTest| {
        if is_tested {
            test.statistic
        } else {
            test.difference
        }
    };
    tests.iter().map(of).collect()
}

/// Over-representation among the claimed ions that are more, and among those that are less.
fn by_sign(
    name: &str,
    tests: &[StoredTest],
    q: f64,
    terms: &Terms,
    candidates: &Candidates,
    options: &EnrichmentOptions,
) -> Vec<Enriched> {
    let of_sign = |(kind, is_more): (&'static str, bool)| {
        let is_claimed = |test: &StoredTest| {
            let is_sign = test
                .difference
                .is_some_and(|value| (value > 0.0) == is_more);
            is_sign && test.q.is_some_and(|found| found <= q)
        };
        let is_claimed: Vec<bool> = tests.iter().map(is_claimed).collect();
        let found = if is_claimed.contains(&true) {
            over_representation(terms, candidates, &is_claimed, Background::Found, options)
        } else {
            Vec::new()
        };
        of_kind(name, kind, found)
    };
    [("more", true), ("less", false)].map(of_sign).into()
}

fn of_kind(name: &str, kind: &'static str, terms: Vec<EnrichedTerm>) -> Enriched {
    Enriched {
        of: name.into(),
        kind,
        terms,
    }
}

fn summary(
    enriched: Vec<Enriched>,
    n_ions: usize,
    background: &str,
    terms: &Terms,
    molecules: &Molecules,
) -> Enrichment {
    Enrichment {
        enriched,
        n_ions,
        background: background.into(),
        n_members: terms.n_members,
        n_unmatched: terms.n_unmatched,
        n_molecules: (molecules.all.len(), terms.n_without()),
    }
}

/// The molecules of the tables that a run searched.
fn read_tables(
    databases: &[DatabaseRecord],
    files: &[PathBuf],
) -> Result<Molecules, ExperimentError> {
    let mut all = Vec::new();
    for database in databases {
        let is_it = |path: &&PathBuf| {
            path.file_stem()
                .is_some_and(|stem| stem.to_string_lossy() == database.name)
        };
        if let Some(path) = files.iter().find(is_it) {
            all.extend(read_table(path)?);
        } else if database.name == datasets::molecules::NAME {
            all.extend(
                datasets::molecules::builtin()
                    .into_iter()
                    .map(|molecule| IonMolecule {
                        id: molecule.id,
                        name: molecule.name,
                        formula: molecule.formula.to_string(),
                        class: molecule.class,
                    }),
            );
        } else {
            return Err(ExperimentError::NoDatabase {
                database: database.name.clone(),
            });
        }
    }
    Ok(Molecules::of(all))
}

fn read_table(path: &Path) -> Result<Vec<IonMolecule>, ExperimentError> {
    let file = std::fs::File::open(path).map_err(FileError::at("open", path))?;
    let table = MoleculeTable::read(&path.display().to_string(), file, Repeats::Add)?;
    let class = table.extra_column("class");
    let molecule = |row: &annotator::moldb::Molecule| IonMolecule {
        id: row.id.clone(),
        name: row.name.clone(),
        formula: table.formulas[row.formula.usize()].to_string(),
        class: class
            .and_then(|column| row.extra.get(column))
            .cloned()
            .unwrap_or_default(),
    };
    Ok(table.molecules.iter().map(molecule).collect())
}
