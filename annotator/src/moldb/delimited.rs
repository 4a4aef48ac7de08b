//! TSV, CSV and CSV with semicolons, as spreadsheets, scripts and METASPACE write them.

use std::io::BufRead;

use ms_core::species::Species;

use crate::moldb::columns::{Use, plain_name};
use crate::moldb::error::MoldbError;
use crate::moldb::fields::Fields;
use crate::moldb::lines::{Line, LineError, Lines, MAX_LINE};
use crate::moldb::rows::{AtPh, Row, Rows};

/// Lines that a quoted field may go over at most. One that goes on for longer was never closed.
const MAX_FIELD_LINES: usize = 100;

/// What stands between names and identifiers that METASPACE writes into one field.
const LIST_SEPARATOR: &str = ", ";

/// Where the columns are.
struct Columns {
    n: usize,
    formula: usize,
    id: Option<usize>,
    name: Option<usize>,
    /// Those of the charge at a pH and of the mass of the neutral molecule.
    at_ph: Option<(usize, Option<usize>)>,
    extra: Vec<usize>,
    /// Whether names and identifiers are lists, as METASPACE writes them.
    has_lists: bool,
}

impl Columns {
    /// Finds the columns by their names; nothing without formulas.
    fn find(names: &[String]) -> Option<Self> {
        let plain_names: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
        let place = |name: &str| plain_names.iter().position(|plain| plain == name);
        let formula = Use::Formula.find(&plain_names)?;
        let (id, name) = (Use::Id.find(&plain_names), Use::Name.find(&plain_names));
        let used = [Some(formula), id, name];
        let at_ph = place("chargeph73").filter(|_| plain_names[formula] == "formulaph73");
        Some(Self {
            n: names.len(),
            formula,
            id,
            name,
            at_ph: at_ph.map(|charge| (charge, place("exactmassneutralform"))),
            extra: (0..names.len())
                .filter(|&i| !used.contains(&Some(i)))
                .collect(),
            has_lists: [id, name] == [place("moleculeids"), place("moleculenames")] && id.is_some(),
        })
    }
}

/// Reads all rows.
pub(super) fn read(text: impl BufRead, rows: &mut Rows) -> Result<(), MoldbError> {
    let name = rows.table.name.clone();
    let told = |error| match error {
        LineError::Read(source) => MoldbError::Read {
            table: name.clone(),
            source,
        },
        LineError::Long(line) => MoldbError::Line {
            table: name.clone(),
            line,
            limit: MAX_LINE,
        },
    };
    let lines = Lines::new(text).map_err(|error| told(LineError::Read(error)))?;
    let Header {
        mut lines,
        columns,
        names,
        separator,
    } = Header::read(lines, rows).map_err(told)?;
    let Some(columns) = columns else {
        return Err(MoldbError::Column {
            table: name,
            column: "formula",
            found: if names.is_empty() {
                "none, as it has no line".into()
            } else {
                names.join(", ")
            },
        });
    };
    rows.table.extra_columns = columns.extra.iter().map(|&i| names[i].clone()).collect();
    if columns.has_lists {
        rows.once_each();
    }
    let mut fields = Fields::default();
    while let Some(line) = lines.next().map_err(told)? {
        fields.split(&line.1, separator);
        if fields.open.is_some()
            && !close(&mut lines, &line, &columns, separator, &mut fields, rows).map_err(told)?
        {
            unclosed(&line, &columns, &names, separator, &mut fields, rows)?;
            continue;
        }
        if !fields.are_blank() {
            add(&line, &columns, &fields, rows)?;
        }
    }
    Ok(())
}

/// The first line that is none of a comment's, and what stands before it.
struct Header<R> {
    lines: Lines<R>,
    columns: Option<Columns>,
    names: Vec<String>,
    separator: u8,
}

impl<R: BufRead> Header<R> {
    fn read(mut lines: Lines<R>, rows: &mut Rows) -> Result<Self, LineError> {
        let mut stated = None;
        let mut fields = Fields::default();
        while let Some((number, line)) = lines.next()? {
            // As Excel writes it, and asks for it.
            let is_first = number == 1;
            if let Some([separator]) = line.strip_prefix(b"sep=").filter(|_| is_first) {
                stated = Some(*separator);
                continue;
            }
            let is_comment = line.starts_with(b"#");
            let line = line.strip_prefix(b"#").unwrap_or(&line);
            let separator = stated.unwrap_or_else(|| sniff_separator(line));
            fields.split(line, separator);
            if fields.are_blank() {
                continue;
            }
            let names: Vec<String> = (0..fields.len())
                .map(|i| rows.text(number, fields.get(i)).into_owned())
                .collect();
            let columns = Columns::find(&names);
            // `#id<TAB>formula` is a header, and a sentence with the word formula is none.
            let is_header = |columns: &Columns| columns.id.or(columns.name).is_some();
            if is_comment && !columns.as_ref().is_some_and(is_header) {
                continue;
            }
            return Ok(Self {
                lines,
                columns,
                names,
                separator,
            });
        }
        Ok(Self {
            lines,
            columns: None,
            names: Vec::new(),
            separator: b',',
        })
    }
}

/// The one of tab, semicolon and comma that a line has most of outside quotes.
pub(super) fn sniff_separator(line: &[u8]) -> u8 {
    let mut fields = Fields::default();
    let mut count = |separator: u8| {
        fields.split(line, separator);
        fields.len()
    };
    // The last of equals wins: a tab is never part of a name.
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|&separator| count(separator))
        .unwrap_or(b'\t')
}

/// Reads on to the end of a quoted field that goes over several lines. If there is none, or a line
/// on the way is a row of its own, the lines are given back and the quote was never closed.
fn close<R: BufRead>(
    lines: &mut Lines<R>,
    (_, line): &Line,
    columns: &Columns,
    separator: u8,
    fields: &mut Fields,
    rows: &Rows,
) -> Result<bool, LineError> {
    let (mut joined, mut taken) = (line.clone(), Vec::new());
    while taken.len() < MAX_FIELD_LINES && (joined.len() as u64) < MAX_LINE {
        let Some(next) = lines.next()? else { break };
        fields.split(&next.1, separator);
        let is_row = is_row(columns, fields, rows);
        joined.push(b'\n');
        joined.extend_from_slice(&next.1);
        taken.push(next);
        if is_row {
            break;
        }
        fields.split(&joined, separator);
        if fields.open.is_none() {
            return Ok(true);
        }
    }
    lines.give_back(taken);
    Ok(false)
}

/// Whether fields are a whole row with a formula.
fn is_row(columns: &Columns, fields: &Fields, rows: &Rows) -> bool {
    let formula = || std::str::from_utf8(fields.get(columns.formula)).unwrap_or_default();
    fields.open.is_none()
        && fields.len() == columns.n
        && Species::parse(formula(), rows.repeats()).is_ok()
}

/// A row whose quote is never closed. In a TSV, where a quote may be a character like any other, it is
/// one if that makes a whole row; else the row is refused.
fn unclosed(
    line: &Line,
    columns: &Columns,
    names: &[String],
    separator: u8,
    fields: &mut Fields,
    rows: &mut Rows,
) -> Result<(), MoldbError> {
    fields.split(&line.1, separator);
    let open = fields.open.and_then(|place| names.get(place));
    let column = open.map_or("a column", String::as_str);
    let reason = format!("the quote that opens in `{column}` is never closed");
    fields.split_plainly(&line.1, separator);
    if separator == b'\t' && is_row(columns, fields, rows) {
        let text = String::from_utf8_lossy(fields.get(columns.name.unwrap_or_default()));
        rows.count_literal_quote(line.0, &text);
        return add(line, columns, fields, rows);
    }
    let id = columns.id.map(|i| rows.text(line.0, fields.get(i)));
    let name = columns.name.map(|i| rows.text(line.0, fields.get(i)));
    let row = Row {
        line: line.0,
        id: id.as_deref(),
        name: name.as_deref(),
        ..Row::default()
    };
    rows.refuse(&row, &reason);
    Ok(())
}

fn add(
    (number, line): &Line,
    columns: &Columns,
    fields: &Fields,
    rows: &mut Rows,
) -> Result<(), MoldbError> {
    let formula = rows.text(*number, fields.get(columns.formula));
    // A comment between rows, unless it is a row whose identifier begins so.
    if line.starts_with(b"#") && Species::parse(&formula, rows.repeats()).is_err() {
        return Ok(());
    }
    let id = columns.id.map(|i| rows.text(*number, fields.get(i)));
    let name = columns.name.map(|i| rows.text(*number, fields.get(i)));
    let extra = columns.extra.iter().map(|&i| fields.get(i));
    let extra: Vec<String> = extra
        .map(|field| rows.text(*number, field).into_owned())
        .collect();
    let of = |i: usize| std::str::from_utf8(fields.get(i)).unwrap_or_default();
    let row = |id: Option<&str>, name: Option<&str>, rows: &mut Rows| {
        rows.add(Row {
            line: *number,
            id,
            name,
            formula: &formula,
            at_ph: columns.at_ph.map(|(charge, mass)| AtPh {
                charge: of(charge),
                neutral_mass: mass.map_or("", of),
            }),
            extra: extra.clone(),
        })
    };
    let lists = id.as_deref().zip(name.as_deref());
    match lists.filter(|_| columns.has_lists) {
        Some((ids, names)) => {
            let ids: Vec<&str> = ids.split(LIST_SEPARATOR).collect();
            let of_ids: Vec<&str> = names.split(LIST_SEPARATOR).collect();
            if ids.len() != of_ids.len() {
                // Some name has the separator in it.
                return row(id.as_deref(), name.as_deref(), rows);
            }
            let mut pairs = ids.into_iter().zip(of_ids);
            pairs.try_for_each(|(id, name)| row(Some(id), Some(name), rows))
        }
        None => row(id.as_deref(), name.as_deref(), rows),
    }
}
