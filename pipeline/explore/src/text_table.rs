//! Small tables that users write: CSV or TSV, as spreadsheet programs save them.

use std::path::Path;

use annotator::moldb::delimited_text;
use metaspace_machine::error::FileError;

use crate::error::ExploreError;

/// Text and separator of such a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTable {
    /// Its text: UTF-8, UTF-16 or Windows-1252 in the file.
    pub text: String,
    /// Between columns: a tab, a semicolon or a comma.
    pub separator: u8,
}

impl TextTable {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is no text: a workbook, an archive.
    pub fn read(path: &Path) -> Result<Self, ExploreError> {
        let bytes = std::fs::read(path).map_err(FileError::at("read", path))?;
        let (text, separator) = delimited_text(&bytes).map_err(|kind| ExploreError::NoTable {
            path: path.into(),
            kind,
        })?;
        Ok(Self { text, separator })
    }

    /// A reader of its rows, to be completed.
    pub fn reader(&self) -> csv::ReaderBuilder {
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(self.separator).trim(csv::Trim::All);
        builder
    }
}
