//! The molecule tables of a run: those that were asked for, with what `run.json` says of them.

use annotator::entrapment::add_entrapment;
use annotator::moldb::{BadRow, MoleculeTable};
use metaspace_machine::error::OptionError;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{BadRowRecord, DatabaseRecord, EntrapmentRecord};
use metaspace_storage::{Location, read_whole};
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
        let text = datasets::molecules::builtin_tsv();
        tables.push(read_table(
            datasets::molecules::NAME,
            text.as_bytes(),
            repeats,
        )?);
    }
    let untargeted = options.database.iter().map(|path| (path, false));
    for (path, is_targeted) in untargeted.chain(options.targeted.iter().map(|path| (path, true))) {
        let bytes = read_whole(&Location::of(path)?)?;
        let name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        if tables
            .iter()
            .any(|(table, _): &(MoleculeTable, DatabaseRecord)| table.name == name)
        {
            let reason = format!("two molecule tables are called `{name}`; rename one");
            return Err(OptionError::new("--database", reason).into());
        }
        let (mut table, mut record) = read_table(&name, &bytes, repeats)?;
        (table.is_targeted, record.is_targeted) = (is_targeted, is_targeted);
        tables.push((table, record));
    }
    Ok(tables.into_iter().unzip())
}

/// Adds the formulas that cannot be there, if they are wanted.
pub(crate) fn entrap(tables: &mut [MoleculeTable], config: &RunConfig) -> Option<EntrapmentRecord> {
    let (ratio, seed) = (config.entrapment?, config.annotate.seed);
    add_entrapment(tables, ratio, seed);
    Some(EntrapmentRecord::new(tables, ratio, seed))
}

pub(crate) fn read_table(
    name: &str,
    bytes: &[u8],
    repeats: Repeats,
) -> Result<(MoleculeTable, DatabaseRecord), RunError> {
    let table = MoleculeTable::read(name, bytes, repeats)?;
    let bad_row = |row: &BadRow| BadRowRecord {
        line: row.line,
        reason: row.reason.clone(),
    };
    let record = DatabaseRecord {
        name: name.into(),
        blake3: blake3::hash(bytes).to_string(),
        n_molecules: table.molecules.len(),
        n_formulas: table.formulas.len(),
        is_targeted: false,
        bad_rows: table.bad_rows.iter().map(bad_row).collect(),
    };
    Ok((table, record))
}
