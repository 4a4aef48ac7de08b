//! The molecule tables of a run: those that were asked for, with what `run.json` says of them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use annotator::entrapment::add_entrapment;
use annotator::moldb::{BadRow, MoleculeTable};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{BadRowRecord, DatabaseRecord, EntrapmentRecord};
use metaspace_storage::{Location, open_reader};
use ms_core::formula::Repeats;

use crate::config::RunConfig;
use crate::error::RunError;

/// The molecule tables that were asked for, or the one that ships with the program.
pub(crate) fn read_tables(
    options: &AnnotateOptions,
    repeats: Repeats,
) -> Result<(Vec<MoleculeTable>, Vec<DatabaseRecord>), RunError> {
    let mut tables = Vec::new();
    if options.database.is_empty() && options.targeted.is_empty() {
        tables.push(builtin_table(repeats)?);
    }
    let untargeted = options.database.iter().map(|path| (path, false));
    for (path, is_targeted) in untargeted.chain(options.targeted.iter().map(|path| (path, true))) {
        let option = if is_targeted {
            "--targeted"
        } else {
            "--database"
        };
        check_file(path, option)?;
        let name = table_name(path);
        if tables
            .iter()
            .any(|(table, _): &(MoleculeTable, DatabaseRecord)| table.name == name)
        {
            let reason = format!("two molecule tables are called `{name}`; rename one");
            return Err(OptionError::new("--database", reason).into());
        }
        let location = Location::of(path)?;
        let reader: Box<dyn Read> = match &location {
            Location::Path(path) => {
                Box::new(File::open(path).map_err(FileError::at("read", path))?)
            }
            Location::Object { .. } => open_reader(&location)?,
        };
        let (mut table, mut record) = read_table(&name, reader, repeats)?;
        (table.is_targeted, record.is_targeted) = (is_targeted, is_targeted);
        tables.push((table, record));
    }
    Ok(tables.into_iter().unzip())
}

/// The table that ships with the program.
pub(crate) fn builtin_table(repeats: Repeats) -> Result<(MoleculeTable, DatabaseRecord), RunError> {
    let text = datasets::molecules::builtin_tsv();
    read_table(datasets::molecules::NAME, text.as_bytes(), repeats)
}

/// Adds the formulas that cannot be there, if they are wanted.
pub(crate) fn entrap(tables: &mut [MoleculeTable], config: &RunConfig) -> Option<EntrapmentRecord> {
    let (ratio, seed) = (config.entrapment?, config.annotate.seed);
    add_entrapment(tables, ratio, seed);
    Some(EntrapmentRecord::new(tables, ratio, seed))
}

/// What a table is called: its file without extensions.
fn table_name(path: &Path) -> String {
    let stem = |path: &Path| {
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    let name = stem(path).unwrap_or_default();
    let is_packed = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    match stem(Path::new(&name)) {
        Some(name) if is_packed => name,
        _ => name,
    }
}

/// Refuses what is no file, with what to do in its place.
fn check_file(path: &Path, option: &'static str) -> Result<(), OptionError> {
    let shown = path.display();
    let refused = |reason: String| Err(OptionError::new(option, reason));
    let text = path.to_string_lossy();
    if text.starts_with("http://") || text.starts_with("https://") {
        return refused(format!(
            "`{shown}` is not read over http\nhint: download it and give the file, or s3://BUCKET/KEY"
        ));
    }
    if text.starts_with("s3://") || path.is_file() {
        return Ok(());
    }
    if path.is_dir() {
        return refused(format!(
            "`{shown}` is a folder\nhint: give the file with the molecules"
        ));
    }
    let is_bare_name = path.components().count() == 1 && path.extension().is_none();
    if !path.exists() && is_bare_name {
        return refused(format!(
            "there is no file `{shown}`\nhint: a molecule table is a file of yours: a CSV or TSV with a column `formula`, \
             or a download as it comes: HMDB's XML, LIPID MAPS' SDF, SwissLipids' TSV (unpacked, or .gz); \
             without {option} the table that comes with the program is searched"
        ));
    }
    Ok(())
}

/// Passes bytes on, and hashes them on the way.
struct Hashed<R> {
    bytes: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.read(out)?;
        self.hasher.update(&out[..n]);
        Ok(n)
    }
}

/// Refused rows that `run.json` has; `bad_rows.tsv` has all.
const MAX_RECORDED_ROWS: usize = 100;

pub(crate) fn read_table(
    name: &str,
    bytes: impl Read,
    repeats: Repeats,
) -> Result<(MoleculeTable, DatabaseRecord), RunError> {
    let mut bytes = Hashed {
        bytes,
        hasher: blake3::Hasher::new(),
    };
    let table = MoleculeTable::read(name, &mut bytes, repeats)?;
    // What stands behind the end of a packed table is of the file too.
    let rest = io::copy(&mut bytes, &mut io::sink());
    rest.map_err(FileError::at("read", name))?;
    let bad_row = |row: &BadRow| BadRowRecord {
        line: row.line,
        reason: row.reason.clone(),
    };
    let recorded = table.bad_rows.iter().take(MAX_RECORDED_ROWS);
    let record = DatabaseRecord {
        name: name.into(),
        blake3: bytes.hasher.finalize().to_string(),
        n_molecules: table.molecules.len(),
        n_formulas: table.formulas.len(),
        is_targeted: false,
        n_bad_rows: table.bad_rows.len(),
        bad_rows: recorded.map(bad_row).collect(),
        notes: table.notes.clone(),
    };
    Ok((table, record))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_called_as_their_files() {
        for (path, name) in [
            ("a/molecules.tsv", "molecules"),
            ("molecules.tsv.gz", "molecules"),
            ("HMDB-v4.2.csv", "HMDB-v4.2"),
            ("s3://bucket/x.sdf.GZ", "x"),
            ("x.gz", "x"),
            ("x", "x"),
        ] {
            assert_eq!(table_name(Path::new(path)), name);
        }
    }
}
