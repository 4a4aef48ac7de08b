//! SDF, as LIPID MAPS and HMDB offer their tables: records of a structure and named values.

use std::io::BufRead;

use crate::moldb::columns::{Use, plain_name};
use crate::moldb::error::MoldbError;
use crate::moldb::lines::{LineError, Lines, MAX_LINE};
use crate::moldb::rows::{Row, Rows};

/// What ends a record.
const END: &[u8] = b"$$$$";

/// Values of a record at most; what has more is no record of a molecule.
const MAX_VALUES: usize = 1_000;

/// A record as far as it is read.
#[derive(Default)]
struct Record {
    /// First line.
    line: u64,
    /// What stands in it.
    title: String,
    /// Plain names of the values.
    names: Vec<String>,
    values: Vec<String>,
    /// Whether the line that comes belongs to the last value.
    is_in_value: bool,
}

impl Record {
    /// The first value for a use that is not empty.
    fn value(&self, column: Use) -> Option<&str> {
        let place = column.find(&self.names)?;
        Some(&*self.values[place]).filter(|value| !value.is_empty())
    }

    fn take_line(&mut self, line: u64, text: &str) {
        if self.line == 0 {
            self.line = line;
            text.clone_into(&mut self.title);
        } else if let Some(name) = value_name(text) {
            self.is_in_value = self.names.len() < MAX_VALUES;
            if self.is_in_value {
                self.names.push(plain_name(name));
                self.values.push(String::new());
            }
        } else if text.is_empty() {
            self.is_in_value = false;
        } else if let Some(value) = self.values.last_mut().filter(|_| self.is_in_value) {
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(text);
        }
    }

    fn add_to(&self, rows: &mut Rows) -> Result<(), MoldbError> {
        let title = Some(&*self.title).filter(|title| !title.is_empty());
        let row = Row {
            line: self.line,
            id: self.value(Use::Id).or(title),
            name: self.value(Use::Name),
            formula: self.value(Use::Formula).unwrap_or_default(),
            extra: vec![self.value(Use::Class).unwrap_or_default().into()],
            ..Row::default()
        };
        if self.value(Use::Formula).is_none() {
            rows.refuse(&row, "the record has no value FORMULA");
            return Ok(());
        }
        rows.add(row)
    }
}

/// The name in `> <NAME>` or `>  <NAME>  (12)`.
fn value_name(line: &str) -> Option<&str> {
    let (_, rest) = line.strip_prefix('>')?.split_once('<')?;
    rest.split_once('>').map(|(name, _)| name)
}

/// Reads all records.
pub(super) fn read(text: impl BufRead, rows: &mut Rows) -> Result<(), MoldbError> {
    let table = rows.table.name.clone();
    let told = |error| match error {
        LineError::Read(source) => MoldbError::Read {
            table: table.clone(),
            source,
        },
        LineError::Long(line) => MoldbError::Line {
            table: table.clone(),
            line,
            limit: MAX_LINE,
        },
    };
    rows.table.extra_columns = vec!["class".into()];
    let mut lines = Lines::new(text).map_err(|error| told(LineError::Read(error)))?;
    let mut record = Record::default();
    while let Some((number, line)) = lines.next().map_err(told)? {
        if line.trim_ascii_end() == END {
            record.add_to(rows)?;
            record = Record::default();
        } else {
            let text = rows.text(number, &line);
            record.take_line(number, &text);
        }
    }
    // The last one may lack its end.
    if record.names.is_empty() {
        return Ok(());
    }
    record.add_to(rows)
}
