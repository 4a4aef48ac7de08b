//! Molecule tables: TSV or CSV with `id`, `name` and `formula` to unique formulas.

use std::collections::HashMap;
use std::io::Read;

use ms_core::formula::{Formula, Repeats};

use crate::indices::FormulaIdx;

/// Molecules of a table at most, so that they and [entrapment](crate::entrapment) formulas of them
/// are numbered by 32 bits.
pub const MAX_MOLECULES: usize = 200_000_000;

/// A row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// A molecule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Molecule {
    /// Its identifier in the table.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Place of its formula in [`MoleculeTable::formulas`].
    pub formula: FormulaIdx,
    /// Values of the other columns, in the order of [`MoleculeTable::extra_columns`].
    pub extra: Vec<String>,
}

/// Molecules by formula.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MoleculeTable {
    /// What it is called in results.
    pub name: String,
    /// Different formulas, in order of first appearance.
    pub formulas: Vec<Formula>,
    /// In the order of the file.
    pub molecules: Vec<Molecule>,
    /// Names of the columns besides id, name and formula.
    pub extra_columns: Vec<String>,
    /// Rows that were refused.
    pub bad_rows: Vec<BadRow>,
    /// Whether each of its ions is to be reported, also without any score.
    pub is_targeted: bool,
    by_formula: HashMap<Formula, FormulaIdx>,
    /// Entrapment formulas, which stand behind the others.
    n_entrapment: u32,
}

/// Why a whole table was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoldbError {
    /// It cannot be read as a table.
    #[error("cannot read molecule table `{table}`")]
    Read {
        /// Its name.
        table: String,
        /// Why.
        source: csv::Error,
    },
    /// A column that must be there is not.
    #[error("molecule table `{table}` has no column `{column}`; its columns are {found}")]
    Column {
        /// Its name.
        table: String,
        /// The column.
        column: &'static str,
        /// Those that are there.
        found: String,
    },
    /// More molecules than can be numbered.
    #[error("molecule table `{table}` has more than {MAX_MOLECULES} usable rows")]
    TooLong {
        /// Its name.
        table: String,
    },
    /// Nothing in it can be used.
    #[error(
        "molecule table `{table}` has no usable row; the first of {n_bad} wrong ones is line {line}: {reason}"
    )]
    Empty {
        /// Its name.
        table: String,
        /// Wrong rows.
        n_bad: usize,
        /// Line of the first.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl MoleculeTable {
    /// An empty table.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Reads a table. The delimiter is the one of tab, semicolon and comma that the first line has
    /// most of; column names are matched without regard to case. Wrong rows are kept as
    /// [`BadRow`]s.
    ///
    /// # Errors
    /// It is no table, lacks a column, or has no usable row or more than [`MAX_MOLECULES`].
    pub fn read(name: &str, mut text: impl Read, repeats: Repeats) -> Result<Self, MoldbError> {
        let read_error = |source| MoldbError::Read {
            table: name.into(),
            source,
        };
        let mut bytes = Vec::new();
        text.read_to_end(&mut bytes)
            .map_err(|error| read_error(error.into()))?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let delimiter = sniff_delimiter(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(delimiter != b'\t')
            .flexible(true)
            .from_reader(bytes);
        let columns = Columns::find(name, reader.byte_headers().map_err(read_error)?)?;
        let mut table = Self::new(name);
        table.extra_columns = columns.extra.iter().map(|(_, name)| name.clone()).collect();
        let mut record = csv::ByteRecord::new();
        loop {
            let line = reader.position().line();
            if !reader.read_byte_record(&mut record).map_err(read_error)? {
                break;
            }
            if table.molecules.len() == MAX_MOLECULES {
                return Err(MoldbError::TooLong { table: name.into() });
            }
            table.add_row(
                &columns,
                &record,
                record.position().map_or(line, csv::Position::line),
                repeats,
            );
        }
        match table.bad_rows.first() {
            _ if !table.formulas.is_empty() => Ok(table),
            first => Err(MoldbError::Empty {
                table: name.into(),
                n_bad: table.bad_rows.len(),
                line: first.map_or(1, |row| row.line),
                reason: first.map_or("there are no rows".into(), |row| row.reason.clone()),
            }),
        }
    }

    /// Adds a molecule. There must be fewer than 2³² of them.
    pub fn push(&mut self, id: String, name: String, formula: Formula, extra: Vec<String>) {
        debug_assert!(self.molecules.len() < u32::MAX as usize);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "there are fewer formulas than molecules, and those are counted when read"
        )]
        let next = FormulaIdx(self.formulas.len() as u32);
        let formula = *self
            .by_formula
            .entry(formula)
            .or_insert_with_key(|formula| {
                self.formulas.push(formula.clone());
                next
            });
        self.molecules.push(Molecule {
            id,
            name,
            formula,
            extra,
        });
    }

    /// Adds a formula that cannot be there, which the table must not have yet. No molecule may be
    /// added behind it.
    pub(crate) fn push_entrapment(&mut self, id: String, name: String, formula: Formula) {
        debug_assert!(!self.by_formula.contains_key(&formula));
        let extra = vec![String::new(); self.extra_columns.len()];
        self.push(id, name, formula, extra);
        self.n_entrapment += 1;
    }

    /// Place of a column besides id, name and formula, without regard to case.
    pub fn extra_column(&self, name: &str) -> Option<usize> {
        self.extra_columns
            .iter()
            .position(|column| column.eq_ignore_ascii_case(name))
    }

    /// How many of the formulas are [entrapment](crate::entrapment).
    pub fn n_entrapment(&self) -> u32 {
        self.n_entrapment
    }

    /// Whether a formula, by its place, is entrapment and none of the table's own.
    pub fn is_entrapment(&self, formula: FormulaIdx) -> bool {
        formula.usize() + (self.n_entrapment as usize) >= self.formulas.len()
    }

    /// Numbers of the molecules of each formula, in the order of the table.
    pub fn molecules_by_formula(&self) -> Vec<Vec<u32>> {
        let mut lists = vec![Vec::new(); self.formulas.len()];
        for (i, molecule) in (0..).zip(&self.molecules) {
            lists[molecule.formula.usize()].push(i);
        }
        lists
    }

    fn add_row(&mut self, columns: &Columns, row: &csv::ByteRecord, line: u64, repeats: Repeats) {
        let field = |i: usize| {
            String::from_utf8_lossy(row.get(i).unwrap_or_default())
                .trim()
                .to_owned()
        };
        match Formula::parse(&field(columns.formula), repeats) {
            Ok(formula) => {
                let extra = columns.extra.iter().map(|&(i, _)| field(i)).collect();
                self.push(field(columns.id), field(columns.name), formula, extra);
            }
            Err(reason) => self.bad_rows.push(BadRow {
                line,
                reason: reason.to_string(),
            }),
        }
    }
}

/// Where the columns are.
struct Columns {
    id: usize,
    name: usize,
    formula: usize,
    extra: Vec<(usize, String)>,
}

impl Columns {
    fn find(table: &str, header: &csv::ByteRecord) -> Result<Self, MoldbError> {
        let names: Vec<String> = header
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        let find = |column: &'static str| {
            let place = names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(column));
            place.ok_or_else(|| MoldbError::Column {
                table: table.into(),
                column,
                found: names.join(", "),
            })
        };
        let (id, name, formula) = (find("id")?, find("name")?, find("formula")?);
        let is_extra = |&(i, _): &(usize, String)| ![id, name, formula].contains(&i);
        let extra = names.iter().cloned().enumerate().filter(is_extra).collect();
        Ok(Self {
            id,
            name,
            formula,
            extra,
        })
    }
}

fn sniff_delimiter(bytes: &[u8]) -> u8 {
    let line = bytes
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let count = |delimiter: u8| line.split(|&byte| byte == delimiter).count();
    // The last of equals wins: a tab is never part of a name.
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|&delimiter| count(delimiter))
        .unwrap_or(b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<MoleculeTable, MoldbError> {
        MoleculeTable::read("test", text.as_bytes(), Repeats::Add)
    }

    #[test]
    fn delimiters_are_sniffed_and_extra_columns_kept() {
        let tsv = "id\tname\tformula\tclass\n1\tGlucose, D\tC6H12O6\tsugar\n2\tFructose\tC6H12O6\tsugar\n";
        let table = read(tsv).unwrap();
        assert_eq!(table.formulas.len(), 1);
        assert_eq!(table.molecules[0].name, "Glucose, D");
        assert_eq!(table.extra_columns, ["class"]);
        assert_eq!(
            (table.extra_column("Class"), table.extra_column("mass")),
            (Some(0), None)
        );
        assert_eq!(table.molecules_by_formula(), [[0, 1]]);
        let csv = "\u{feff}ID,Name,Formula\n1,\"Glucose, D\",C6H12O6\n";
        assert_eq!(read(csv).unwrap().molecules[0].name, "Glucose, D");
    }

    #[test]
    fn bad_rows_are_told_by_line() {
        let table =
            read("id\tname\tformula\n1\ta\tC6H12O6\n2\tb\tC6(H2)\n3\tc\t\n4\td\tH2O\n").unwrap();
        let lines: Vec<u64> = table.bad_rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [3, 4]);
        assert!(
            table.bad_rows[0].reason.contains("'('"),
            "{:?}",
            table.bad_rows
        );
    }

    #[test]
    fn a_table_without_use_is_refused() {
        assert!(
            read("id\tname\n")
                .unwrap_err()
                .to_string()
                .contains("`formula`")
        );
        assert!(
            read("id\tname\tformula\n1\tx\t??\n")
                .unwrap_err()
                .to_string()
                .contains("line 2")
        );
        assert!(read("").is_err());
    }
}
