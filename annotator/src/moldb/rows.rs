//! Rows of whatever kind of file, to a molecule table and what is to be told of it.

use std::borrow::Cow;
use std::collections::HashSet;

use encoding_rs::WINDOWS_1252;
use ms_core::elements::Element;
use ms_core::formula::{Formula, Repeats};
use ms_core::ion::Charge;
use ms_core::species::Species;

use crate::moldb::error::MoldbError;
use crate::moldb::table::{BadRow, MAX_MOLECULES, MoleculeTable};

/// Most characters of a reason.
const MAX_REASON: usize = 300;

/// A molecule as a file has it.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    /// Its line, from 1.
    pub(super) line: u64,
    /// Its identifier; nothing where the file has none for any.
    pub(super) id: Option<&'a str>,
    /// Its name; nothing where the file has none for any.
    pub(super) name: Option<&'a str>,
    /// Its formula.
    pub(super) formula: &'a str,
    /// Where the formula is that at a pH: the charge there.
    pub(super) at_ph: Option<AtPh<'a>>,
    /// Values of the other columns.
    pub(super) extra: Vec<String>,
}

/// What is known besides of a molecule whose formula is the one at a pH.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtPh<'a> {
    /// Its charge there.
    pub(super) charge: &'a str,
    /// Mass in Da of the neutral molecule, where it is known.
    pub(super) neutral_mass: &'a str,
}

/// How often something was met, and where first.
#[derive(Debug, Default)]
struct Met {
    n: u64,
    first: String,
}

impl Met {
    fn add(&mut self, line: u64, text: &str) {
        if self.n == 0 {
            self.first = format!("line {line}: {text}");
        }
        self.n += 1;
    }

    fn note(&self, what: &str) -> Option<String> {
        let Self { n, first } = self;
        (*n > 0).then(|| format!("{n} {what}, the first in {first}"))
    }
}

/// Takes the rows of a file.
pub(super) struct Rows {
    pub(super) table: MoleculeTable,
    repeats: Repeats,
    n_read: u64,
    /// Rows of more than one part.
    joined: Met,
    charged: Met,
    neutralized: Met,
    literal_quotes: Met,
    windows_1252: Met,
    /// Rows that are no others than the first.
    known: Option<HashSet<(String, String, String)>>,
}

impl Rows {
    pub(super) fn new(name: &str, repeats: Repeats) -> Self {
        Self {
            table: MoleculeTable::new(name),
            repeats,
            n_read: 0,
            joined: Met::default(),
            charged: Met::default(),
            neutralized: Met::default(),
            literal_quotes: Met::default(),
            windows_1252: Met::default(),
            known: None,
        }
    }

    /// From now on a molecule that is there already is not added once more.
    pub(super) fn once_each(&mut self) {
        self.known = Some(HashSet::new());
    }

    /// The rule for elements that a formula has twice.
    pub(super) fn repeats(&self) -> Repeats {
        self.repeats
    }

    /// Text of bytes: UTF-8, or else Windows-1252, which is counted.
    pub(super) fn text<'a>(&mut self, line: u64, bytes: &'a [u8]) -> Cow<'a, str> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return printable(text.trim());
        }
        let (text, ..) = WINDOWS_1252.decode(bytes);
        let text = printable(text.trim()).into_owned();
        self.windows_1252.add(line, &text);
        Cow::Owned(text)
    }

    /// Counts a row whose opening quote was taken for a character.
    pub(super) fn count_literal_quote(&mut self, line: u64, text: &str) {
        self.literal_quotes.add(line, text);
    }

    /// Adds a row, or what is wrong with it.
    pub(super) fn add(&mut self, row: Row<'_>) -> Result<(), MoldbError> {
        self.n_read += 1;
        let species = match Species::parse(row.formula, self.repeats) {
            Ok(species) => species,
            Err(error) => {
                self.refuse(&row, &error.to_string());
                return Ok(());
            }
        };
        let species = match row.at_ph {
            Some(at_ph) => self.neutral(species, at_ph, row.line),
            None => species,
        };
        if self.table.molecules.len() == MAX_MOLECULES {
            return Err(MoldbError::TooLong {
                table: self.table.name.clone(),
            });
        }
        if species.n_parts > 1 {
            self.joined.add(row.line, &species.spelling);
        }
        if species.charge.is_some() {
            self.charged.add(row.line, &species.spelling);
        }
        let id = row
            .id
            .map_or_else(|| format!("row-{}", self.n_read), str::to_owned);
        let name = match row.name {
            Some(name) => name.to_owned(),
            None if row.id.is_some() => id.clone(),
            None => species.spelling.clone(),
        };
        if let Some(known) = &mut self.known {
            let key = (species.spelling.clone(), id.clone(), name.clone());
            if !known.insert(key) {
                return Ok(());
            }
        }
        self.table.push_species(id, name, species, row.extra);
        Ok(())
    }

    /// Keeps a row as one that cannot be used.
    pub(super) fn refuse(&mut self, row: &Row<'_>, reason: &str) {
        let mut short: String = printable(reason).chars().take(MAX_REASON).collect();
        if short.len() < reason.len() {
            short.push('…');
        }
        self.table.bad_rows.push(BadRow {
            line: row.line,
            id: row.id.unwrap_or_default().into(),
            name: row.name.unwrap_or_default().into(),
            reason: short,
        });
    }

    /// The neutral molecule of one that has gained or lost protons at a pH. What has a charge of
    /// another origin stays charged.
    fn neutral(&mut self, species: Species, at_ph: AtPh<'_>, line: u64) -> Species {
        let number: i64 = at_ph.charge.trim().parse().unwrap_or(0);
        let (Ok(charge), None, Some(hydrogen)) = (
            Charge::new(number),
            species.charge,
            Element::from_symbol("H"),
        ) else {
            return species;
        };
        let Ok(proton) = Formula::parse(hydrogen.symbol(), Repeats::Add) else {
            return species;
        };
        let mut neutral = species.formula.clone();
        for _ in 0..charge.number().abs() {
            neutral = neutral.plus(&proton, -charge.number().signum());
        }
        let is_mass = |formula: &Formula, mass: f64| {
            (formula.principal_mass_da() - mass).abs() < MAX_MASS_ERROR_DA
        };
        let stated: Option<f64> = at_ph.neutral_mass.trim().parse().ok();
        let is_neutral = |formula: &Formula| stated.is_none_or(|mass| is_mass(formula, mass));
        if neutral.is_possible() && is_neutral(&neutral) {
            self.neutralized.add(line, &species.spelling);
            return Species {
                spelling: neutral.to_string(),
                formula: neutral,
                ..species
            };
        }
        if stated.is_some_and(|mass| is_mass(&species.formula, mass)) && charge.number() < 0 {
            return species;
        }
        let sign = if number < 0 { '-' } else { '+' };
        Species {
            charge: Some(charge),
            spelling: format!("{}{sign}{}", species.spelling, number.abs()),
            ..species
        }
    }

    /// The table, with what is to be told of it.
    pub(super) fn finish(self) -> Result<MoleculeTable, MoldbError> {
        let mut table = self.table;
        table.notes = [
            self.windows_1252
                .note("texts are no UTF-8 and were read as Windows-1252"),
            self.literal_quotes
                .note("quotes are never closed and were taken as they are"),
            self.joined
                .note("formulas are of several parts (salts, hydrates), which were added up"),
            self.charged
                .note("molecules are charged and are searched as they are, without an adduct"),
            self.neutralized
                .note("formulas of molecules as they are at pH 7.3 were made neutral"),
        ]
        .into_iter()
        .flatten()
        .collect();
        match table.bad_rows.first() {
            _ if !table.formulas.is_empty() => Ok(table),
            first => Err(MoldbError::Empty {
                table: table.name.clone(),
                n_bad: table.bad_rows.len(),
                line: first.map_or(1, |row| row.line),
                reason: first.map_or("there are no rows".into(), |row| row.reason.clone()),
            }),
        }
    }
}

/// How far a stated mass may be from that of a formula: some tables round to a hundredth of a Da.
const MAX_MASS_ERROR_DA: f64 = 0.02;

/// A text with spaces in place of characters that cannot be printed.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let is_unprintable =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.contains(is_unprintable) {
        Cow::Owned(text.replace(is_unprintable, " "))
    } else {
        Cow::Borrowed(text)
    }
}
