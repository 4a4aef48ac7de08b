//! Where results go in the end: a folder of this machine, or a place in S3.

use std::fs::{self, File};
use std::io::{self, Write};

use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::FileRecord;
use metaspace_results::{RUN_JSON, ResultsError, ResultsFolder, hash_files};
use metaspace_storage::{Location, ObjectWriter, Store};
use tempfile::TempDir;

use crate::error::RunError;

/// Results being written. In S3 the record goes last: what has one is complete.
#[derive(Debug)]
pub struct Destination {
    folder: ResultsFolder,
    location: Location,
    upload: Option<Upload>,
}

/// Where the files go when they are all written.
#[derive(Debug)]
struct Upload {
    store: Store,
    /// Holds the folder until then.
    room: TempDir,
    /// Files that are there but for their end.
    begun: Vec<HashedUpload>,
}

/// A file on its way to S3, hashed as it goes.
#[derive(Debug)]
pub struct HashedUpload {
    name: String,
    hasher: blake3::Hasher,
    object: ObjectWriter,
}

/// A file of the results that goes straight to where they go, however large it is.
#[derive(Debug)]
pub enum ResultFile {
    /// In the folder.
    Here(File),
    /// In S3, where it appears when the results are finished.
    Upload(Box<HashedUpload>),
}

impl Write for ResultFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Here(file) => file.write(bytes),
            Self::Upload(upload) => {
                let n = upload.object.write(bytes)?;
                upload.hasher.update(&bytes[..n]);
                Ok(n)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Here(file) => file.flush(),
            Self::Upload(upload) => upload.object.flush(),
        }
    }
}

impl Destination {
    /// Starts a folder, on this machine in any case.
    ///
    /// # Errors
    /// There are results already and they are not to be overwritten, or nothing can be written.
    pub fn start(location: &Location, force: bool) -> Result<Self, RunError> {
        let Location::Path(path) = location else {
            return Self::start_upload(location, force);
        };
        let folder = ResultsFolder::start(path, force)?;
        Ok(Self {
            folder,
            location: location.clone(),
            upload: None,
        })
    }

    fn start_upload(location: &Location, force: bool) -> Result<Self, RunError> {
        let store = Store::open(location)?;
        if !force && store.has(RUN_JSON)? {
            let path = location.to_path();
            return Err(ResultsError::Exists { path }.into());
        }
        let room = tempfile::tempdir().map_err(FileError::at("make", std::env::temp_dir()))?;
        let folder = ResultsFolder::start(&room.path().join("results"), false)?;
        Ok(Self {
            folder,
            location: location.clone(),
            upload: Some(Upload {
                store,
                room,
                begun: Vec::new(),
            }),
        })
    }

    /// The folder to write to.
    pub fn folder(&self) -> &ResultsFolder {
        &self.folder
    }

    /// Begins a file of a name; to be given back to [`Destination::keep`].
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(&self, name: &str) -> Result<ResultFile, RunError> {
        let Some(Upload { store, .. }) = &self.upload else {
            let path = self.folder.file(name);
            let file = File::create(&path).map_err(FileError::at("write", path))?;
            return Ok(ResultFile::Here(file));
        };
        Ok(ResultFile::Upload(Box::new(HashedUpload {
            name: name.into(),
            hasher: blake3::Hasher::new(),
            object: store.writer(name)?,
        })))
    }

    /// Keeps a file that is written.
    pub fn keep(&mut self, file: ResultFile) {
        if let (ResultFile::Upload(file), Some(upload)) = (file, &mut self.upload) {
            upload.begun.push(*file);
        }
    }

    /// The files that are written so far, by name, as `run.json` has them.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn files(&self) -> Result<Vec<FileRecord>, RunError> {
        let mut files = hash_files(self.folder.scratch())?;
        let begun = self.upload.iter().flat_map(|upload| &upload.begun);
        files.extend(begun.map(|file| FileRecord {
            name: file.name.clone(),
            bytes: file.hasher.count(),
            blake3: file.hasher.finalize().to_string(),
        }));
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// Gives the results their final place.
    ///
    /// # Errors
    /// They cannot be written there.
    pub fn finish(self) -> Result<Location, RunError> {
        let folder = self.folder.finish()?;
        let Some(Upload { store, room, begun }) = self.upload else {
            return Ok(self.location);
        };
        // Whatever was there is not complete from here on until the end.
        store.delete(RUN_JSON)?;
        for file in begun {
            file.object.finish()?;
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(FileError::at("read", &folder))? {
            let entry = entry.map_err(FileError::at("read", &folder))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort_by_key(|name| (name == RUN_JSON, name.clone()));
        for name in names {
            store.put_file(&name, &folder.join(&name))?;
        }
        drop(room);
        Ok(self.location)
    }
}

/// Where the results of a dataset go: `NAME-results` in the current folder; the place that the user
/// names; or, where it is one of several, `NAME` in that place.
///
/// # Errors
/// The place is none, or the dataset has no name.
pub fn results_path(
    imzml: &Location,
    is_one_of_several: bool,
    options: &AnnotateOptions,
) -> Result<Location, RunError> {
    let name = || {
        imzml
            .stem()
            .ok_or_else(|| OptionError::new("DATASET", format!("`{imzml}` has no name")))
    };
    Ok(match &options.out {
        None => Location::Path(format!("{}-results", name()?).into()),
        Some(out) if is_one_of_several => Location::of(out)?.join(name()?),
        // A slash at the end changes nothing, not even the plan and its id.
        Some(out) => match Location::of(out)? {
            Location::Path(path) => Location::Path(path.components().collect()),
            object @ Location::Object { .. } => object,
        },
    })
}
