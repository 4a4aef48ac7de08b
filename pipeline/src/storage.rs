//! Files and objects as ranges of bytes, and temporary room.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ms_core::bytes::{RangeRead, Scratch};
use ms_core::progress::{Progress, check};

use crate::error::RunError;

mod conditions;
mod error;
mod location;
mod names;
mod network;
mod patience;
mod ranges;
mod source;
mod store;
mod traffic;
mod upload;

pub use error::StoreError;
pub use location::{Location, is_plain_key};
pub use names::resolve_names_without_c_library;
pub(crate) use names::resolver;
pub use network::{runtime, use_ring};
pub use ranges::{ObjectRanges, Sequential};
pub use source::{ibd_of, open_ranges, open_reader, read_whole};
pub use store::Store;
pub use traffic::Traffic;
pub use upload::ObjectWriter;

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
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let file = File::open(path).map_err(RunError::file("open", path))?;
        let length = file.metadata().map_err(RunError::file("read", path))?.len();
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

impl Scratch for TemporaryFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }
}

/// A reader that fails as soon as the work should stop.
pub struct Stoppable<'a, R> {
    /// What is read.
    pub reader: R,
    /// Says whether to stop.
    pub progress: &'a dyn Progress,
}

impl<R: io::Read> io::Read for Stoppable<'_, R> {
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
pub fn find_ibd(imzml: &Path) -> Result<PathBuf, RunError> {
    let folder = imzml
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let stem = imzml
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let wanted = format!("{stem}.ibd");
    let entries = std::fs::read_dir(folder).map_err(RunError::file("read", folder))?;
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
    found.into_iter().next().ok_or(RunError::NoIbd {
        imzml: imzml.into(),
        looked_for,
    })
}
