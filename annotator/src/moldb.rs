//! Molecule tables: what people have as lists of molecules, to unique formulas.
//!
//! ```text
//! bytes ─▶ content (gzip, encodings, kinds) ─▶ delimited | sdf | hmdb ─▶ rows ─▶ MoleculeTable
//! ```

use std::io::Read;

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

#[cfg(test)]
mod tests;
