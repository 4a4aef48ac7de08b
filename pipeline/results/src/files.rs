//! The files of a results folder, hashed when they are written and compared when asked for.

use std::fs::{self, File};
use std::path::Path;

use metaspace_machine::error::FileError;

use crate::RUN_JSON;
use crate::error::ResultsError;
use crate::record::{FileRecord, RunRecord};

/// The files of a folder but for its record, by name.
///
/// # Errors
/// One cannot be read.
pub fn hash_files(folder: &Path) -> Result<Vec<FileRecord>, ResultsError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(FileError::at("read", folder))? {
        let entry = entry.map_err(FileError::at("read", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != RUN_JSON && entry.path().is_file() {
            files.push(hash_file(&entry.path(), name)?);
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn hash_file(path: &Path, name: String) -> Result<FileRecord, ResultsError> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(FileError::at("open", path))?;
    let read = hasher.update_reader(file).map(drop);
    read.map_err(FileError::at("read", path))?;
    Ok(FileRecord {
        name,
        bytes: hasher.count(),
        blake3: hasher.finalize().to_string(),
    })
}

/// Compares the files of a results folder with its record.
///
/// # Errors
/// [`ResultsError::Changed`] of the first that is not as it was written or not there, and
/// [`ResultsError::NotHashed`] where the record has no hashes.
pub fn verify_files(folder: &Path, record: &RunRecord) -> Result<(), ResultsError> {
    if record.files.is_empty() {
        return Err(ResultsError::NotHashed {
            path: folder.into(),
        });
    }
    for written in &record.files {
        let path = folder.join(&written.name);
        let changed = |why: String| ResultsError::Changed {
            path: path.clone(),
            why,
        };
        if !path.is_file() {
            return Err(changed("it is not there".into()));
        }
        let found = hash_file(&path, written.name.clone())?;
        if found.bytes != written.bytes {
            let (found, expected) = (found.bytes, written.bytes);
            return Err(changed(format!(
                "it has {found} bytes in place of {expected}"
            )));
        }
        if found != *written {
            return Err(changed(format!(
                "its BLAKE3 is {} in place of {}",
                found.blake3, written.blake3
            )));
        }
    }
    Ok(())
}

/// Writes a file of a results folder of which nobody sees half.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ResultsError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.partial"));
    fs::write(&partial, bytes).map_err(FileError::at("write", &partial))?;
    Ok(fs::rename(&partial, path).map_err(FileError::at("write", path))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_changes_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.parquet"), "12345").unwrap();
        fs::write(folder.path().join("a.csv"), "").unwrap();
        fs::write(folder.path().join(RUN_JSON), "{}").unwrap();
        let before = hash_files(folder.path()).unwrap();
        let names: Vec<&str> = before.iter().map(|file| &*file.name).collect();
        assert_eq!((names, before[1].bytes), (vec!["a.csv", "b.parquet"], 5));
        fs::write(folder.path().join("b.parquet"), "12346").unwrap();
        let after = hash_files(folder.path()).unwrap();
        assert!(after[0] == before[0] && after[1] != before[1]);
    }
}
