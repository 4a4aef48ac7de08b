//! The results folder: Parquet tables, a CSV and `run.json`.
//!
//! Everything is written to a folder of a temporary name that is renamed at the end, so that a
//! folder of the final name is complete. Schemas are in `docs/formats`.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use metaspace_machine::error::{FileError, OptionError};

use crate::RUN_JSON;
use crate::error::ResultsError;

/// A results folder being written.
#[derive(Debug)]
pub struct ResultsFolder {
    final_path: PathBuf,
    partial: PathBuf,
    /// Held while the run lives, so that no other writes to the same place.
    lock: File,
    lock_path: PathBuf,
    is_done: bool,
}

impl ResultsFolder {
    /// Starts a folder. What a run that died left of it is removed.
    ///
    /// # Errors
    /// It exists and is not to be overwritten, is no results folder, is being written by another
    /// run, or cannot be made.
    pub fn start(final_path: &Path, force: bool) -> Result<Self, ResultsError> {
        Self::start_with(final_path, force, RUN_JSON)
    }

    /// The same of a folder whose record is called otherwise: one that is overwritten has it.
    ///
    /// # Errors
    /// As [`ResultsFolder::start`].
    pub fn start_with(
        final_path: &Path,
        force: bool,
        record_name: &str,
    ) -> Result<Self, ResultsError> {
        check_overwrite(final_path, force, record_name)?;
        let name = final_path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| {
            OptionError::new(
                "--out",
                format!("`{}` is no name of a folder", final_path.display()),
            )
        })?;
        let parent = final_path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(FileError::at("make", parent))?;
        let partial = parent.join(format!(".{name}.partial"));
        let lock_path = parent.join(format!(".{name}.lock"));
        let lock = lock(&lock_path, final_path)?;
        // From here on, dropping it removes what it made.
        let folder = Self {
            final_path: final_path.into(),
            partial,
            lock,
            lock_path,
            is_done: false,
        };
        if folder.partial.exists() {
            fs::remove_dir_all(&folder.partial)
                .map_err(FileError::at("remove", &folder.partial))?;
        }
        fs::create_dir(&folder.partial).map_err(FileError::at("make", &folder.partial))?;
        Ok(folder)
    }

    /// Path of a file while it is written.
    pub fn file(&self, name: &str) -> PathBuf {
        self.partial.join(name)
    }

    /// Where temporary files may be made: beside the results, where there is room for them.
    pub fn scratch(&self) -> &Path {
        &self.partial
    }

    /// Gives the folder its final name. The one that was there, if any, goes last.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub fn finish(mut self) -> Result<PathBuf, ResultsError> {
        for entry in fs::read_dir(&self.partial).map_err(FileError::at("read", &self.partial))? {
            let path = entry.map_err(FileError::at("read", &self.partial))?.path();
            let file = File::open(&path).map_err(FileError::at("open", &path))?;
            file.sync_all().map_err(FileError::at("write", &path))?;
        }
        let old = self.partial.with_extension("old");
        if self.final_path.exists() {
            // Left by a run that was killed when it had all but finished.
            if old.exists() {
                fs::remove_dir_all(&old).map_err(FileError::at("remove", &old))?;
            }
            fs::rename(&self.final_path, &old)
                .map_err(FileError::at("rename", &self.final_path))?;
        }
        fs::rename(&self.partial, &self.final_path)
            .map_err(FileError::at("rename", &self.partial))?;
        self.is_done = true;
        if old.exists() {
            fs::remove_dir_all(&old).map_err(FileError::at("remove", &old))?;
        }
        Ok(self.final_path.clone())
    }
}

impl Drop for ResultsFolder {
    fn drop(&mut self) {
        // Nothing can be done where even removing fails; the next run tries again.
        if !self.is_done {
            drop(fs::remove_dir_all(&self.partial));
        }
        drop(fs::remove_file(&self.lock_path));
        drop(self.lock.unlock());
    }
}

/// Locks a place for this run. The file that is locked must be the one that still has the name:
/// another run may have removed it in between.
fn lock(path: &Path, results: &Path) -> Result<File, ResultsError> {
    loop {
        let file = File::create(path).map_err(FileError::at("write", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ResultsError::Busy {
                    path: results.into(),
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(FileError::at("lock", path)(error).into());
            }
        }
        let locked = file.metadata().map_err(FileError::at("read", path))?;
        if fs::metadata(path).is_ok_and(|named| named.ino() == locked.ino()) {
            return Ok(file);
        }
    }
}

fn check_overwrite(path: &Path, force: bool, record_name: &str) -> Result<(), ResultsError> {
    if !path.exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(path).map_err(FileError::at("read", path))?;
    if entries.next().is_none() {
        return Ok(());
    }
    if !force {
        return Err(ResultsError::Exists { path: path.into() });
    }
    if !path.join(record_name).exists() {
        return Err(ResultsError::NotOurs { path: path.into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("out");
        let folder = ResultsFolder::start(&path, false).unwrap();
        fs::write(folder.file(RUN_JSON), "{}").unwrap();
        assert!(!path.exists());
        assert!(matches!(
            ResultsFolder::start(&path, false),
            Err(ResultsError::Busy { .. })
        ));
        folder.finish().unwrap();
        assert!(path.join(RUN_JSON).exists());
        assert!(matches!(
            ResultsFolder::start(&path, false),
            Err(ResultsError::Exists { .. })
        ));
        drop(ResultsFolder::start(&path, true).unwrap());
        assert_eq!(
            fs::read_dir(root.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn what_is_not_ours_is_not_overwritten() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("thesis.tex"), "…").unwrap();
        assert!(matches!(
            ResultsFolder::start(root.path(), true),
            Err(ResultsError::NotOurs { .. })
        ));
    }

    #[test]
    fn what_a_dead_run_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(".out.partial")).unwrap();
        fs::write(root.path().join(".out.partial/stale"), "").unwrap();
        let folder = ResultsFolder::start(&root.path().join("out"), false).unwrap();
        assert!(!folder.file("stale").exists());
    }
}
