//! The XML of HMDB: an element `metabolite` for each molecule.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use crate::moldb::content::OtherKind;
use crate::moldb::error::MoldbError;
use crate::moldb::rows::{Row, Rows, printable};

/// The element of a molecule.
const MOLECULE: &str = "metabolite";

/// Paths within it of what is read; nothing else of that name is.
const ID: [&str; 1] = ["accession"];
const NAME: [&str; 1] = ["name"];
const FORMULA: [&str; 1] = ["chemical_formula"];
const CLASS: [&str; 2] = ["taxonomy", "class"];

/// Most bytes of a value.
const MAX_VALUE: usize = 1 << 16;

/// Deepest nesting of elements.
const MAX_DEPTH: usize = 100;

/// Counts the lines that were read.
struct Counted<R> {
    text: R,
    n_lines: Rc<Cell<u64>>,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.text.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.text.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        let buffered = self.text.fill_buf().unwrap_or_default();
        let consumed = &buffered[..n.min(buffered.len())];
        let n_ends = consumed.split(|&byte| byte == b'\n').count() - 1;
        self.n_lines.set(self.n_lines.get() + n_ends as u64);
        self.text.consume(n);
    }
}

/// A molecule as far as it is read.
#[derive(Default)]
struct Molecule {
    line: u64,
    id: String,
    name: String,
    formula: String,
    class: String,
}

impl Molecule {
    /// The value that stands at a path.
    fn value(&mut self, path: &[String]) -> Option<&mut String> {
        if path == ID {
            Some(&mut self.id)
        } else if path == NAME {
            Some(&mut self.name)
        } else if path == FORMULA {
            Some(&mut self.formula)
        } else if path == CLASS {
            Some(&mut self.class)
        } else {
            None
        }
    }

    fn add_to(&self, rows: &mut Rows) -> Result<(), MoldbError> {
        let [id, name, formula, class] =
            [&self.id, &self.name, &self.formula, &self.class].map(|text| printable(text.trim()));
        let row = Row {
            line: self.line,
            id: Some(&id),
            name: Some(&name),
            formula: &formula,
            extra: vec![class.into_owned()],
            ..Row::default()
        };
        if formula.is_empty() {
            rows.refuse(&row, "the metabolite has no chemical_formula");
            return Ok(());
        }
        rows.add(row)
    }
}

/// The character that `&lt;` or `&#945;` stands for; the text itself where it is none.
fn resolved(reference: &BytesRef<'_>) -> String {
    let known = match &**reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok().flatten(),
    };
    known.map_or_else(|| format!("&{};", &**reference), String::from)
}

/// Reads all molecules.
pub(super) fn read(text: impl BufRead, rows: &mut Rows) -> Result<(), MoldbError> {
    let table = rows.table.name.clone();
    rows.table.extra_columns = vec!["class".into()];
    let n_lines = Rc::new(Cell::new(1));
    let mut reader = Reader::from_reader(Counted {
        text,
        n_lines: Rc::clone(&n_lines),
    });
    let (mut buffer, mut has_molecules) = (Vec::new(), false);
    let mut molecule: Option<Molecule> = None;
    // Names of the open elements within the molecule.
    let mut path: Vec<String> = Vec::new();
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        let event = event.map_err(|source| MoldbError::Xml {
            table: table.clone(),
            line: n_lines.get(),
            source,
        })?;
        let added = match (event, &mut molecule) {
            (Event::Start(element), None) => {
                if element.local_name().as_ref() == MOLECULE {
                    has_molecules = true;
                    molecule = Some(Molecule {
                        line: n_lines.get(),
                        ..Molecule::default()
                    });
                }
                continue;
            }
            (Event::Start(element), Some(_)) => {
                if path.len() < MAX_DEPTH {
                    path.push(element.local_name().as_ref().to_owned());
                }
                continue;
            }
            (Event::End(_), Some(_)) if !path.is_empty() => {
                path.pop();
                continue;
            }
            (Event::End(_), Some(whole)) => {
                whole.add_to(rows)?;
                molecule = None;
                continue;
            }
            (Event::Text(text), Some(_)) => text.xml10_content().into_owned(),
            (Event::CData(text), Some(_)) => text.xml10_content().into_owned(),
            (Event::GeneralRef(reference), Some(_)) => resolved(&reference),
            (Event::Eof, _) => break,
            _ => continue,
        };
        let value = molecule.as_mut().and_then(|molecule| molecule.value(&path));
        if let Some(value) = value.filter(|value| value.len() < MAX_VALUE) {
            value.push_str(&added);
        }
    }
    if !has_molecules {
        let kind = OtherKind::Known("XML without an element `metabolite`, as HMDB has it");
        return Err(MoldbError::Kind { table, kind });
    }
    Ok(())
}
