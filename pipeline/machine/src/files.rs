//! Files of this machine as ranges of bytes, temporary files, and where the ibd of an imzML lies.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ms_core::bytes::{RangeRead, Scratch};
use ms_core::progress::{Progress, check};

use crate::error::FileError;

/// A file read at any place.
#[derive(Debug)]
pub struct FileRanges {
    file: File,
    length: u64,
}

impl FileRanges {
    /// Opens a file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let file = File::open(path).map_err(FileError::at("open", path))?;
        let length = file.metadata().map_err(FileError::at("read", path))?.len();
        Ok(Self { file, length })
    }
}

impl RangeRead for FileRanges {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }
}

/// A temporary file that vanishes with the process.
#[derive(Debug)]
pub struct TemporaryFile {
    file: File,
}

impl TemporaryFile {
    /// Makes one in a folder.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(folder)?,
        })
    }
}

impl TemporaryFile {
    /// Makes one in a folder where so many bytes are free.
    ///
    /// # Errors
    /// It cannot be made, or has not the room.
    pub fn with_room(folder: &Path, needed: u64) -> io::Result<Self> {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("`{}`: {error}", folder.display()))
        };
        let free = free_bytes(folder).map_err(named)?;
        if free < needed {
            let text = format!(
                "needs {} in `{}`, {} are free\nhint: name a folder of another disk with --scratch DIR, \
                 or allow more memory with --memory SIZE",
                size(needed),
                folder.display(),
                size(free)
            );
            return Err(io::Error::new(io::ErrorKind::StorageFull, text));
        }
        Self::new(folder).map_err(named)
    }
}

/// Bytes that this user may still write to the disk of a folder.
fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// A number of bytes for people.
fn size(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        format!("{} MB", bytes / 1_000_000)
    } else {
        format!("{:.1} GB", bytes as f64 / 1e9)
    }
}

impl Scratch for TemporaryFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }
}

/// Gives a temporary file its final name, readable for others as any new file.
///
/// # Errors
/// It cannot be renamed.
pub fn publish(file: tempfile::NamedTempFile, path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::PermissionsExt;
    let readable = std::fs::Permissions::from_mode(0o644);
    file.as_file()
        .set_permissions(readable)
        .map_err(FileError::at("write", path))?;
    file.persist(path)
        .map_err(|error| FileError::at("write", path)(error.error))?;
    Ok(())
}

/// A reader that fails as soon as the work should stop.
pub struct Stoppable<'a, R> {
    /// What is read.
    pub reader: R,
    /// Says whether to stop.
    pub progress: &'a dyn Progress,
}

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        check(self.progress).map_err(io::Error::other)?;
        self.reader.read(out)
    }
}

impl<R> std::fmt::Debug for Stoppable<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stoppable").finish_non_exhaustive()
    }
}

/// The ibd of an imzML file: beside it, under the same name, `ibd` in any case.
///
/// # Errors
/// There is none.
pub fn find_ibd(imzml: &Path) -> Result<PathBuf, FileError> {
    let folder = imzml
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let stem = imzml
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let wanted = format!("{stem}.ibd");
    let entries = std::fs::read_dir(folder).map_err(FileError::at("read", folder))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .eq_ignore_ascii_case(&wanted)
        })
        .map(|entry| entry.path())
        .collect();
    // Of several that differ in case, the one spelt like the imzML.
    found.sort_by_key(|path| (path.file_stem() != imzml.file_stem(), path.clone()));
    let looked_for = format!("{wanted} in any case");
    found.into_iter().next().ok_or(FileError::NoIbd {
        imzml: imzml.into(),
        looked_for,
    })
}

/// A reader of which all that passes is hashed.
#[derive(Debug)]
pub struct Hashing<R> {
    reader: R,
    hasher: blake3::Hasher,
    length: u64,
}

impl<R: Read> Hashing<R> {
    /// Of a reader from where it is.
    pub fn new(reader: R) -> Self {
        let hasher = blake3::Hasher::new();
        let length = 0;
        Self {
            reader,
            hasher,
            length,
        }
    }

    /// Reads the rest; length in bytes and BLAKE3 hash, in hexadecimal digits, of everything.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn finish(mut self) -> io::Result<(u64, String)> {
        io::copy(&mut self, &mut io::sink())?;
        Ok((self.length, self.hasher.finalize().to_string()))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(out)?;
        self.hasher.update(&out[..n]);
        self.length += n as u64;
        Ok(n)
    }
}

/// Length in bytes and BLAKE3 hash, in hexadecimal digits, of all that a reader gives.
///
/// # Errors
/// It cannot be read.
pub fn hash(mut reader: impl Read) -> io::Result<(u64, String)> {
    Hashing::new(&mut reader).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_room_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = TemporaryFile::with_room(folder.path(), 1_000).unwrap();
        file.write_at(5, b"peaks").unwrap();
        let mut read = [0; 5];
        Scratch::read_at(&file, 5, &mut read).unwrap();
        assert_eq!(&read, b"peaks");
        let error = TemporaryFile::with_room(folder.path(), u64::MAX / 2).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let text = error.to_string();
        assert!(text.starts_with("needs 9223372036.9 GB in "), "{text}");
        assert!(
            text.contains(" are free\nhint: ") && text.contains("--scratch DIR"),
            "{text}"
        );
        assert!(TemporaryFile::with_room(&folder.path().join("none"), 1).is_err());
    }
}
