//! `bad_rows.tsv`: the rows of molecule tables that could not be used.

use std::io::{BufWriter, Write};
use std::path::Path;

use annotator::moldb::MoleculeTable;
use metaspace_machine::error::FileError;

use crate::error::ResultsError;

/// What the file is called.
pub const BAD_ROWS_TSV: &str = "bad_rows.tsv";

/// Writes all refused rows, by table and line; no file if there is none.
///
/// # Errors
/// The file cannot be written.
pub fn write_bad_rows(tables: &[MoleculeTable], path: &Path) -> Result<(), ResultsError> {
    if tables.iter().all(|table| table.bad_rows.is_empty()) {
        return Ok(());
    }
    let written = std::fs::File::create(path).and_then(|file| {
        let mut file = BufWriter::new(file);
        writeln!(file, "database\tline\tid\tname\treason")?;
        for table in tables {
            for row in &table.bad_rows {
                let texts =
                    [&row.id, &row.name, &row.reason].map(|text| text.replace(['\t', '\n'], " "));
                writeln!(file, "{}\t{}\t{}", table.name, row.line, texts.join("\t"))?;
            }
        }
        file.flush()
    });
    Ok(written.map_err(FileError::at("write", path))?)
}
