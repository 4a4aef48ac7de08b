//! Terms: sets of molecules that share something.
//!
//! Those of our own follow from the molecules: their class, and of lipids the carbons and double
//! bonds of the chains and whether there is an ether. Others come from a GMT or CSV file; their
//! members match molecules by identifier, by name, or by formula.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use datasets::lipid_name::LipidName;
use metaspace_explore::text_table::TextTable;
use ms_core::formula::{Formula, Repeats};

use crate::error::ExperimentError;
use crate::ions::IonMolecule;
use crate::options::TermSource;

/// Double bonds from which lipids are one term.
const MANY_DOUBLE_BONDS: u32 = 6;

/// Terms, and which of some molecules each has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Names of the terms, by name.
    pub names: Vec<String>,
    /// Numbers of the terms of each molecule, ascending.
    pub of_molecule: Vec<Vec<usize>>,
    /// Members of all terms.
    pub n_members: usize,
    /// Members that are none of the molecules.
    pub n_unmatched: usize,
}

impl Terms {
    /// Terms of some molecules.
    ///
    /// # Errors
    /// The file cannot be read or understood, or no member is one of the molecules.
    pub fn new(source: &TermSource, molecules: &[IonMolecule]) -> Result<Self, ExperimentError> {
        match source {
            TermSource::Classes => Ok(Self::by_construction(molecules)),
            TermSource::File(path) => {
                let table = TextTable::read(path)?;
                let members = if path.extension().is_some_and(|extension| extension == "gmt") {
                    read_gmt(&table.text, path)?
                } else {
                    read_table(&table, path)?
                };
                Self::of_members(&members, molecules, source)
            }
        }
    }

    /// Terms that follow from class and name.
    fn by_construction(molecules: &[IonMolecule]) -> Self {
        let texts: Vec<Vec<String>> = molecules.iter().map(constructed).collect();
        let names: BTreeSet<&String> = texts.iter().flatten().collect();
        let names: Vec<String> = names.into_iter().cloned().collect();
        let number = |text: &String| names.binary_search(text).ok();
        let of_molecule: Vec<Vec<usize>> = texts
            .iter()
            .map(|texts| {
                let mut numbers: Vec<usize> = texts.iter().filter_map(number).collect();
                numbers.sort_unstable();
                numbers
            })
            .collect();
        Self {
            n_members: of_molecule.iter().map(Vec::len).sum(),
            n_unmatched: 0,
            names,
            of_molecule,
        }
    }

    fn of_members(
        members: &BTreeMap<String, BTreeSet<String>>,
        molecules: &[IonMolecule],
        source: &TermSource,
    ) -> Result<Self, ExperimentError> {
        let keys = Keys::new(molecules);
        let mut terms = Self {
            names: members.keys().cloned().collect(),
            of_molecule: vec![Vec::new(); molecules.len()],
            n_members: 0,
            n_unmatched: 0,
        };
        for (number, members) in members.values().enumerate() {
            terms.n_members += members.len();
            for member in members {
                let found = keys.find(member);
                terms.n_unmatched += usize::from(found.is_empty());
                for &molecule in found {
                    let of_molecule = &mut terms.of_molecule[molecule];
                    if of_molecule.last() != Some(&number) {
                        of_molecule.push(number);
                    }
                }
            }
        }
        if terms.n_unmatched == terms.n_members {
            return Err(ExperimentError::NothingMatched {
                terms: format!("`{source}`"),
                n_terms: terms.names.len(),
                n_members: terms.n_members,
            });
        }
        Ok(terms)
    }

    /// Molecules without any term.
    pub fn n_without(&self) -> usize {
        self.of_molecule
            .iter()
            .filter(|terms| terms.is_empty())
            .count()
    }
}

/// The terms of a molecule that follow from what it is.
fn constructed(molecule: &IonMolecule) -> Vec<String> {
    let mut terms = Vec::new();
    if !molecule.class.is_empty() {
        terms.push(format!("class: {}", molecule.class));
    }
    if let Some(lipid) = LipidName::parse(&molecule.name) {
        if molecule.class.is_empty() {
            let ether = if lipid.is_ether { " O-" } else { "" };
            terms.push(format!("class: {}{ether}", lipid.class));
        }
        terms.push(format!("chain carbons: {}", lipid.carbons));
        terms.push(match lipid.double_bonds {
            n if n >= MANY_DOUBLE_BONDS => format!("double bonds: {MANY_DOUBLE_BONDS} or more"),
            n => format!("double bonds: {n}"),
        });
        if lipid.is_ether {
            terms.push("ether lipids".into());
        }
    }
    terms
}

/// By what molecules are found.
struct Keys {
    ids: HashMap<String, Vec<usize>>,
    names: HashMap<String, Vec<usize>>,
    formulas: HashMap<String, Vec<usize>>,
}

impl Keys {
    fn new(molecules: &[IonMolecule]) -> Self {
        let mut keys = Self {
            ids: HashMap::new(),
            names: HashMap::new(),
            formulas: HashMap::new(),
        };
        for (number, molecule) in molecules.iter().enumerate() {
            keys.ids
                .entry(molecule.id.clone())
                .or_default()
                .push(number);
            let name = plain_name(&molecule.name);
            keys.names.entry(name).or_default().push(number);
            if let Some(formula) = plain_formula(&molecule.formula) {
                keys.formulas.entry(formula).or_default().push(number);
            }
        }
        keys
    }

    /// Molecules of an identifier; if there are none of a name; if there are none of a formula.
    fn find(&self, member: &str) -> &[usize] {
        let by_formula = || plain_formula(member).and_then(|formula| self.formulas.get(&formula));
        self.ids
            .get(member)
            .or_else(|| self.names.get(&plain_name(member)))
            .or_else(by_formula)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// A lipid in one spelling, any other name in small letters.
fn plain_name(name: &str) -> String {
    match LipidName::parse(name) {
        Some(lipid) => lipid.to_string(),
        None => name.trim().to_lowercase(),
    }
}

fn plain_formula(text: &str) -> Option<String> {
    let formula = Formula::parse(text.trim(), Repeats::Add).ok()?;
    Some(formula.to_string())
}

/// Reads a GMT: a line a term, of its name, a description and its members, separated by tabs.
fn read_gmt(
    text: &str,
    path: &Path,
) -> Result<BTreeMap<String, BTreeSet<String>>, ExperimentError> {
    let mut terms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (line, row) in (1..).zip(text.lines()) {
        if row.trim().is_empty() {
            continue;
        }
        let mut cells = row.split('\t').map(str::trim);
        let name = cells.next().filter(|name| !name.is_empty());
        let members: BTreeSet<String> = cells
            .skip(1)
            .filter(|member| !member.is_empty())
            .map(str::to_owned)
            .collect();
        match name {
            Some(name) if !members.is_empty() => {
                terms.entry(name.into()).or_default().extend(members);
            }
            _ => {
                return Err(ExperimentError::Line {
                    path: path.into(),
                    line,
                    reason: "is not a term, a description and members, separated by tabs".into(),
                });
            }
        }
    }
    Ok(terms)
}

/// Columns of a CSV or TSV that name a member, of which the first that is there counts.
const MEMBER_COLUMNS: [&str; 4] = ["molecule", "id", "name", "formula"];

/// Reads a CSV or TSV with the columns `term` and one of [`MEMBER_COLUMNS`].
fn read_table(
    table: &TextTable,
    path: &Path,
) -> Result<BTreeMap<String, BTreeSet<String>>, ExperimentError> {
    let bad = |source| ExperimentError::Rows {
        path: path.into(),
        source,
    };
    let mut reader = table.reader().from_reader(table.text.as_bytes());
    let found: Vec<String> = reader
        .headers()
        .map_err(bad)?
        .iter()
        .map(str::to_owned)
        .collect();
    let column = |name: &str| found.iter().position(|header| header == name);
    let missing = |name: &str| ExperimentError::Column {
        path: path.into(),
        column: name.into(),
        found: found.clone(),
    };
    let term = column("term").ok_or_else(|| missing("term"))?;
    let member = MEMBER_COLUMNS.iter().find_map(|name| column(name));
    let member = member.ok_or_else(|| missing(MEMBER_COLUMNS[0]))?;
    let mut terms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let cell = |column: usize| record.get(column).unwrap_or_default();
        if cell(term).is_empty() || cell(member).is_empty() {
            return Err(ExperimentError::Line {
                path: path.into(),
                line: record.position().map_or(0, csv::Position::line),
                reason: format!("{} or {} is empty", found[term], found[member]),
            });
        }
        terms
            .entry(cell(term).into())
            .or_default()
            .insert(cell(member).into());
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn molecule(id: &str, name: &str, formula: &str, class: &str) -> IonMolecule {
        IonMolecule {
            id: id.into(),
            name: name.into(),
            formula: formula.into(),
            class: class.into(),
        }
    }

    fn molecules() -> Vec<IonMolecule> {
        vec![
            molecule("pc-34-1", "PC 34:1", "C42H82NO8P", "Phosphatidylcholine"),
            molecule("X1", "PE P-38:4", "C43H78NO7P", ""),
            molecule("glc", "Glucose", "C6H12O6", "Sugar"),
        ]
    }

    #[test]
    fn lipids_say_what_they_are() {
        let terms = Terms::new(&TermSource::Classes, &molecules()).unwrap();
        let of = |molecule: usize| -> Vec<&str> {
            let numbers = terms.of_molecule[molecule].iter();
            numbers.map(|&number| &*terms.names[number]).collect()
        };
        assert_eq!(
            of(0),
            [
                "chain carbons: 34",
                "class: Phosphatidylcholine",
                "double bonds: 1"
            ]
        );
        assert_eq!(
            of(1),
            [
                "chain carbons: 38",
                "class: PE O-",
                "double bonds: 5",
                "ether lipids"
            ]
        );
        assert_eq!(of(2), ["class: Sugar"]);
    }

    #[test]
    fn members_match_by_identifier_name_or_formula_and_others_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terms.gmt");
        let text =
            "a\tsaid\tpc-34-1\tPC(16:0/18:1)\tPE(P-18:0/20:4)\nb\t\tGLUCOSE\tC6H12O6\tnobody\n";
        std::fs::write(&path, text).unwrap();
        let terms = Terms::new(&TermSource::File(path.clone()), &molecules()).unwrap();
        assert_eq!(terms.of_molecule, [vec![0], vec![0], vec![1]]);
        assert_eq!(
            (terms.n_members, terms.n_unmatched, terms.n_without()),
            (6, 1, 0)
        );
        std::fs::write(&path, "a\tsaid\n").unwrap();
        let said = Terms::new(&TermSource::File(path.clone()), &molecules()).unwrap_err();
        assert!(said.to_string().contains("line 1"), "{said}");
        std::fs::write(&path, "a\tsaid\tnobody\n").unwrap();
        let said = Terms::new(&TermSource::File(path), &molecules()).unwrap_err();
        assert!(said.to_string().contains("none of the 1 members"), "{said}");
        let path = folder.path().join("terms.csv");
        std::fs::write(&path, "term,formula\nsugars,O6C6H12\n").unwrap();
        let terms = Terms::new(&TermSource::File(path.clone()), &molecules()).unwrap();
        assert_eq!(terms.of_molecule[2], [0]);
        std::fs::write(&path, "term,mass\nsugars,180\n").unwrap();
        let said = Terms::new(&TermSource::File(path), &molecules()).unwrap_err();
        assert!(said.to_string().contains("no column `molecule`"), "{said}");
    }
}
