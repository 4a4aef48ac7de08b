//! Results that lie in S3, brought to a folder of this machine.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_results::record::RunRecord;
use metaspace_results::regions::REGIONS_GEOJSON;
use metaspace_results::{RUN_JSON, ResultsError};
use metaspace_storage::{Location, Store};
use ms_core::progress::{Progress, check};

use crate::error::RunError;

/// Bytes that are copied at a time.
const PIECE: u64 = 16 << 20;

/// Copies the files of a results folder, as its record names them, to a folder that is there.
///
/// # Errors
/// As [`fetch_files`].
pub fn fetch_results(
    results: &Location,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    fetch_files(&Store::open(results)?, folder, |_| true, progress)
}

/// Copies the record of a results folder, and those files that are wanted of the ones that it names and
/// of the regions that people drew, to a folder that is there.
///
/// # Errors
/// There is no record, a file that it names is not there or has no plain name, nothing can be written
/// here, or `progress` says to stop.
pub fn fetch_files(
    store: &Store,
    folder: &Path,
    is_wanted: impl Fn(&str) -> bool,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    if !store.has(RUN_JSON)? {
        let path = store.location().to_path();
        return Err(ResultsError::NotResults { path }.into());
    }
    copy(store, RUN_JSON, folder, progress)?;
    let record = RunRecord::read(folder)?;
    let files: Vec<&str> = record.files.iter().map(|file| &*file.name).collect();
    progress.begin("fetch results", files.len() as u64);
    for name in files.into_iter().filter(|name| is_wanted(name)) {
        copy(store, name, folder, progress)?;
        progress.advance(1);
    }
    // What people draw is no file of the run.
    if is_wanted(REGIONS_GEOJSON) && store.has(REGIONS_GEOJSON)? {
        copy(store, REGIONS_GEOJSON, folder, progress)?;
    }
    Ok(())
}

fn copy(store: &Store, name: &str, folder: &Path, progress: &dyn Progress) -> Result<(), RunError> {
    // A record may name anything; a file goes to the folder and nowhere else.
    if Path::new(name).file_name() != Some(name.as_ref()) {
        return Err(ResultsError::Changed {
            path: store.name_of(RUN_JSON).into(),
            why: format!("`{name}` is no name of a file"),
        }
        .into());
    }
    let path = folder.join(name);
    let mut file = File::create(&path).map_err(FileError::at("make", &path))?;
    let length = store.length(name)?;
    let mut start = 0;
    while start < length {
        check(progress)?;
        let end = length.min(start + PIECE);
        file.write_all(&store.read(name, start..end)?)
            .map_err(FileError::at("write", &path))?;
        start = end;
    }
    Ok(())
}
