//! Results that lie in S3, brought to a folder of this machine.

use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_results::record::RunRecord;
use metaspace_results::{RUN_JSON, ResultsError};
use metaspace_storage::{Location, Store};
use ms_core::progress::{Progress, check};

use crate::error::RunError;

/// Copies the files of a results folder, as its record names them, to a folder that is there.
///
/// # Errors
/// There is no record, a file that it names is not there or has no plain name, nothing can be written
/// here, or `progress` says to stop.
pub fn fetch_results(
    results: &Location,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let store = Store::open(results)?;
    if !store.has(RUN_JSON)? {
        let path = results.to_path();
        return Err(ResultsError::NotResults { path }.into());
    }
    copy(&store, RUN_JSON, folder)?;
    let record = RunRecord::read(folder)?;
    progress.begin("fetch results", record.files.len() as u64);
    for file in &record.files {
        check(progress)?;
        copy(&store, &file.name, folder)?;
        progress.advance(1);
    }
    Ok(())
}

fn copy(store: &Store, name: &str, folder: &Path) -> Result<(), RunError> {
    // A record may name anything; a file goes to the folder and nowhere else.
    if Path::new(name).file_name() != Some(name.as_ref()) {
        return Err(ResultsError::Changed {
            path: store.name_of(RUN_JSON).into(),
            why: format!("`{name}` is no name of a file"),
        }
        .into());
    }
    let path = folder.join(name);
    let bytes = store.get(name)?;
    Ok(std::fs::write(&path, bytes).map_err(FileError::at("write", path))?)
}
