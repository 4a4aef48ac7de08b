//! Where an export goes: a temporary name beside the final one until it is whole.

use std::fs;
use std::path::{Path, PathBuf};

use metaspace_machine::error::{FileError, OptionError};
use metaspace_machine::files::publish;
use tempfile::{NamedTempFile, TempDir};

use crate::error::ExportError;

/// What a Zarr group has in it.
pub(crate) const ZARR_GROUP: &str = "zarr.json";

/// The folder that holds a path, and the beginning of temporary names in it.
fn beside(path: &Path) -> Result<(PathBuf, String), ExportError> {
    let Some(name) = path.file_name() else {
        let reason = format!("`{}` is no name of a file", path.display());
        return Err(OptionError::new("--out", reason).into());
    };
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(FileError::at("make", parent))?;
    Ok((
        parent.into(),
        format!(".{}.partial-", name.to_string_lossy()),
    ))
}

/// A file that appears when it is whole.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl NewFile {
    /// Starts a file.
    ///
    /// # Errors
    /// It exists and is not to be overwritten, is a folder, or cannot be made.
    pub(crate) fn start(path: &Path, force: bool) -> Result<Self, ExportError> {
        if path.is_dir() {
            return Err(ExportError::NotOurs {
                path: path.into(),
                what: "file",
            });
        }
        if path.exists() && !force {
            return Err(ExportError::Exists { path: path.into() });
        }
        let (parent, prefix) = beside(path)?;
        let file = tempfile::Builder::new()
            .prefix(&prefix)
            .tempfile_in(&parent)
            .map_err(FileError::at("write", path))?;
        Ok(Self {
            path: path.into(),
            file,
        })
    }

    /// What is written to.
    pub(crate) fn file(&self) -> &fs::File {
        self.file.as_file()
    }

    /// Gives the file its name; its length in bytes.
    ///
    /// # Errors
    /// It cannot be written or renamed.
    pub(crate) fn finish(self) -> Result<u64, ExportError> {
        let file = self.file.as_file();
        file.sync_all()
            .map_err(FileError::at("write", &self.path))?;
        let metadata = file.metadata().map_err(FileError::at("read", &self.path))?;
        publish(self.file, &self.path)?;
        Ok(metadata.len())
    }
}

/// A Zarr group that appears when it is whole.
#[derive(Debug)]
pub(crate) struct NewZarr {
    path: PathBuf,
    folder: TempDir,
}

impl NewZarr {
    /// Starts a folder.
    ///
    /// # Errors
    /// It exists and is not to be overwritten, is no Zarr group, or cannot be made.
    pub(crate) fn start(path: &Path, force: bool) -> Result<Self, ExportError> {
        if path.exists() {
            if !force {
                return Err(ExportError::Exists { path: path.into() });
            }
            if !path.join(ZARR_GROUP).is_file() {
                return Err(ExportError::NotOurs {
                    path: path.into(),
                    what: "Zarr group",
                });
            }
        }
        let (parent, prefix) = beside(path)?;
        let folder = tempfile::Builder::new()
            .prefix(&prefix)
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir_in(&parent)
            .map_err(FileError::at("make", path))?;
        Ok(Self {
            path: path.into(),
            folder,
        })
    }

    /// The folder while it is written.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the folder its name, after that of one that was there; bytes of its files.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub(crate) fn finish(self) -> Result<u64, ExportError> {
        let n_bytes = sync(self.folder.path())?;
        let (parent, prefix) = beside(&self.path)?;
        // What was there goes to a folder that vanishes at the end.
        let old = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(&parent)
            .map_err(FileError::at("make", &parent))?;
        if self.path.exists() {
            fs::rename(&self.path, old.path().join("old"))
                .map_err(FileError::at("rename", &self.path))?;
        }
        fs::rename(self.folder.keep(), &self.path).map_err(FileError::at("rename", &self.path))?;
        old.close().map_err(FileError::at("remove", &parent))?;
        Ok(n_bytes)
    }
}

/// Brings the files of a folder to the disk; their bytes.
fn sync(folder: &Path) -> Result<u64, ExportError> {
    let mut n_bytes = 0;
    for entry in fs::read_dir(folder).map_err(FileError::at("read", folder))? {
        let path = entry.map_err(FileError::at("read", folder))?.path();
        if path.is_dir() {
            n_bytes += sync(&path)?;
        } else {
            let file = fs::File::open(&path).map_err(FileError::at("open", &path))?;
            file.sync_all().map_err(FileError::at("write", &path))?;
            n_bytes += file.metadata().map_err(FileError::at("read", &path))?.len();
        }
    }
    Ok(n_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_group_appears_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.zarr");
        let group = NewZarr::start(&path, false).unwrap();
        fs::write(group.folder().join(ZARR_GROUP), "one").unwrap();
        assert!(!path.exists());
        drop(group);
        assert!(names(root.path()).is_empty());
        for text in ["one", "two"] {
            let group = NewZarr::start(&path, true).unwrap();
            fs::write(group.folder().join(ZARR_GROUP), text).unwrap();
            assert_eq!(group.finish().unwrap(), 3);
            assert_eq!(fs::read_to_string(path.join(ZARR_GROUP)).unwrap(), text);
            assert_eq!(names(root.path()), ["a.zarr"]);
        }
        let error = NewZarr::start(&path, false).unwrap_err();
        assert!(matches!(error, ExportError::Exists { .. }));
    }

    #[test]
    fn what_is_no_export_is_not_overwritten() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("thesis.tex"), "…").unwrap();
        let error = NewZarr::start(root.path(), true).unwrap_err();
        assert!(matches!(error, ExportError::NotOurs { .. }));
        let error = NewFile::start(root.path(), true).unwrap_err();
        assert!(matches!(error, ExportError::NotOurs { .. }));
        let path = root.path().join("thesis.tex");
        let error = NewFile::start(&path, false).unwrap_err();
        assert!(matches!(error, ExportError::Exists { .. }));
    }
}
