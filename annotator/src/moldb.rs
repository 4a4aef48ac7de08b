//! Molecule tables: what people have as lists of molecules, to unique formulas.
//!
//! ```text
//! bytes ─▶ content (gzip, encodings, kinds) ─▶ delimited | sdf | hmdb ─▶ rows ─▶ MoleculeTable
//! ```

use std::io::Read;

use encoding_rs::WINDOWS_1252;
use ms_core::formula::Repeats;

mod columns;
mod content;
mod delimited;
mod error;
mod fields;
mod hmdb;
mod lines;
mod rows;
mod sdf;
mod table;

use content::Content;
pub use content::OtherKind;
pub use error::MoldbError;
use rows::Rows;
pub use table::{BadRow, MAX_MOLECULES, Molecule, MoleculeTable};

impl MoleculeTable {
    /// Reads a table, as people have them: TSV or CSV with a column of formulas, the list of
    /// annotations that METASPACE exports, an SDF, or the XML of HMDB; also compressed by gzip. Wrong
    /// rows are kept as [`BadRow`]s, and what was taken as it was not meant in so many words as
    /// [`Self::notes`].
    ///
    /// The text is streamed: what is held is the molecules and the longest line or record.
    ///
    /// # Errors
    /// It cannot be read, is something else, lacks a column, or has no usable row or more than
    /// [`MAX_MOLECULES`].
    pub fn read(name: &str, text: impl Read, repeats: Repeats) -> Result<Self, MoldbError> {
        let error = |source| MoldbError::Read {
            table: name.into(),
            source,
        };
        let mut rows = Rows::new(name, repeats);
        match Content::of(Box::new(text)).map_err(error)? {
            Content::Other(kind) => {
                return Err(MoldbError::Kind {
                    table: name.into(),
                    kind,
                });
            }
            Content::Delimited(text) => delimited::read(text, &mut rows)?,
            Content::Sdf(text) => sdf::read(text, &mut rows)?,
            Content::Xml(text) => hmdb::read(text, &mut rows)?,
        }
        rows.finish()
    }
}

/// A small table of a user as text, and what separates its columns: tab, semicolon or comma,
/// whichever the first line has most of. Encodings and gzip are as in [`MoleculeTable::read`].
///
/// # Errors
/// It is something else, such as a workbook; the kind tells what to do.
pub fn delimited_text(bytes: &[u8]) -> Result<(String, u8), OtherKind> {
    let mut text = match Content::of(Box::new(bytes)) {
        Ok(Content::Delimited(text) | Content::Sdf(text) | Content::Xml(text)) => text,
        Ok(Content::Other(kind)) => return Err(kind),
        // A slice is always read; gzip may be broken.
        Err(_) => return Err(OtherKind::Packed("a broken gzip file")),
    };
    let mut decoded = Vec::new();
    text.read_to_end(&mut decoded)
        .map_err(|_| OtherKind::Packed("a broken gzip file"))?;
    let text = match String::from_utf8(decoded) {
        Ok(text) => text,
        Err(error) => WINDOWS_1252.decode(error.as_bytes()).0.into_owned(),
    };
    let first = text.lines().next().unwrap_or_default();
    let separator = delimited::sniff_separator(first.as_bytes());
    Ok((text, separator))
}

#[cfg(test)]
mod tests;
