//! A folder of objects, wherever it is: what is read and written under keys.
//!
//! Its functions wait for what they asked for; the asking itself runs on threads of its own, as
//! many requests at once as there are.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use metaspace_machine::error::FileError;
use metaspace_machine::files::FileRanges;
use ms_core::bytes::{RangeRead, index};
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};

use crate::StoreError;
use crate::location::{Location, is_plain_key};
use crate::network::{bucket_of, folder, runtime};
use crate::patience::{is_not_partial, patiently};
use crate::traffic::{Counters, Traffic};
use crate::upload::{ObjectWriter, UploadError, upload, upload_file};

/// Requests of one call under way at once.
const CONCURRENCY: usize = 16;

/// Objects under one prefix: a folder, a bucket's, or memory.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) inner: Arc<dyn ObjectStore>,
    location: Location,
    /// Prefix of all keys, with a slash at its end; empty for none.
    prefix: String,
    /// Of a folder of this machine, which large reads ask without a detour.
    folder: Option<PathBuf>,
    pub(crate) traffic: Arc<Counters>,
}

impl Store {
    /// The store at a place. A folder is made where there is none.
    ///
    /// # Errors
    /// The folder cannot be made, or there is no way to reach S3.
    pub fn open(location: &Location) -> Result<Self, StoreError> {
        Self::open_with(location, &[])
    }

    /// The same, with settings that stand over those of the environment: names as AWS's variables
    /// have them, in lower case.
    ///
    /// # Errors
    /// As [`Store::open`]; or there is no such setting.
    pub fn open_with(location: &Location, settings: &[(&str, &str)]) -> Result<Self, StoreError> {
        let (inner, prefix): (Arc<dyn ObjectStore>, _) = match location {
            Location::Path(path) => (Arc::new(folder(path)?), String::new()),
            Location::Object { bucket, key } => {
                let prefix = if key.is_empty() {
                    String::new()
                } else {
                    format!("{key}/")
                };
                (bucket_of(bucket, location, settings)?, prefix)
            }
        };
        let folder = match location {
            Location::Path(path) => Some(path.clone()),
            Location::Object { .. } => None,
        };
        Ok(Self {
            inner,
            location: location.clone(),
            prefix,
            folder,
            traffic: Arc::default(),
        })
    }

    /// An empty store in memory, which ends with its last copy.
    pub fn memory() -> Self {
        let location = Location::Path("memory".into());
        let inner = Arc::new(InMemory::new());
        Self {
            inner,
            location,
            prefix: String::new(),
            folder: None,
            traffic: Arc::default(),
        }
    }

    /// The store that a place lies in, and its key there.
    ///
    /// # Errors
    /// As [`Store::open`]; or the place is a store and no object.
    pub fn of_object(location: &Location) -> Result<(Self, String), StoreError> {
        let name = location.name().zip(location.parent());
        let (name, parent) = name.ok_or_else(|| StoreError::Key {
            key: location.to_string(),
        })?;
        Ok((Self::open(&parent)?, name.into()))
    }

    /// The same store, whose traffic is counted apart.
    #[must_use]
    pub fn counted_apart(&self) -> Self {
        Self {
            traffic: Arc::default(),
            ..self.clone()
        }
    }

    /// This store, whose traffic is counted with another's.
    #[must_use]
    pub fn counted_with(self, other: &Self) -> Self {
        Self {
            traffic: Arc::clone(&other.traffic),
            ..self
        }
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// A name for an object in messages.
    pub fn name_of(&self, key: &str) -> String {
        self.location.join(key).to_string()
    }

    /// What was asked of it and its copies so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic.traffic()
    }

    /// Length of an object in bytes.
    ///
    /// # Errors
    /// It is not there, or out of reach.
    pub fn length(&self, key: &str) -> Result<u64, StoreError> {
        let path = self.key(key)?;
        self.traffic.add_read(0);
        let found = runtime()?.block_on(self.inner.head(&path));
        found
            .map(|meta| meta.size)
            .map_err(StoreError::of("read", self.name_of(key)))
    }

    /// Length of an object that was written, asked for again where the store is late in showing it.
    ///
    /// # Errors
    /// As [`Store::length`].
    pub fn length_of_written(&self, key: &str) -> Result<u64, StoreError> {
        let path = self.key(key)?;
        self.traffic.add_read(0);
        let asked = patiently(|| self.inner.head(&path), self.is_late());
        let found = runtime()?.block_on(asked);
        found
            .map(|meta| meta.size)
            .map_err(StoreError::of("read", self.name_of(key)))
    }

    /// Whether there is an object.
    ///
    /// # Errors
    /// The store is out of reach.
    pub fn has(&self, key: &str) -> Result<bool, StoreError> {
        match self.length(key) {
            Ok(_) => Ok(true),
            Err(error) if error.is_missing() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A whole object.
    ///
    /// # Errors
    /// It is not there, or out of reach.
    pub fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        runtime()?.block_on(self.read_whole(key.into(), self.is_late()))
    }

    /// Whole objects, read side by side, in the order given.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn get_all(&self, keys: &[String]) -> Result<Vec<Bytes>, StoreError> {
        let reads = stream::iter(keys.iter().cloned())
            .map(|key| self.read_whole(key, self.is_late()))
            .buffered(CONCURRENCY);
        runtime()?.block_on(reads.try_collect())
    }

    /// Whether the store may be late in showing what was written, as folders are not.
    pub(crate) fn is_late(&self) -> bool {
        self.location.is_object()
    }

    /// A whole object, asked for again where it is not there but may be soon.
    pub(crate) async fn read_whole(
        &self,
        key: String,
        may_be_late: bool,
    ) -> Result<Bytes, StoreError> {
        let path = self.key(&key)?;
        let ask = || async {
            let found = self.inner.get(&path).await?;
            let size = found.meta.size;
            Ok((size, found.bytes().await?))
        };
        let read = patiently(ask, may_be_late);
        let (size, bytes) = read
            .await
            .map_err(StoreError::of("read", self.name_of(&key)))?;
        self.counted(&key, size, bytes)
    }

    /// A whole object, or nothing where there is none.
    ///
    /// # Errors
    /// It is out of reach.
    pub fn find(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        match runtime()?.block_on(self.read_whole(key.into(), false)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A range of an object.
    ///
    /// # Errors
    /// It is not there, shorter, or out of reach.
    pub fn read(&self, key: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
        let wanted = [(key.to_owned(), range)];
        Ok(self.read_all(&wanted)?.pop().unwrap_or_default())
    }

    /// Ranges of objects, read side by side, in the order given.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_all(&self, wanted: &[(String, Range<u64>)]) -> Result<Vec<Bytes>, StoreError> {
        runtime()?.block_on(self.ranges(wanted).try_collect())
    }

    /// Ranges of objects as they come, in the order given, some asked for ahead.
    fn ranges(
        &self,
        wanted: &[(String, Range<u64>)],
    ) -> impl Stream<Item = Result<Bytes, StoreError>> {
        stream::iter(wanted.iter().cloned())
            .map(|(key, range)| self.read_range(key, range))
            .buffered(CONCURRENCY)
    }

    /// Fills a buffer with ranges of objects, one after another, which together have its length.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_into(
        &self,
        wanted: &[(String, Range<u64>)],
        out: &mut [u8],
    ) -> Result<(), StoreError> {
        let length = |range: &Range<u64>| range.end.saturating_sub(range.start);
        let expected: u64 = wanted.iter().map(|(_, range)| length(range)).sum();
        if expected != out.len() as u64 {
            return Err(StoreError::Length {
                location: "a buffer".into(),
                expected,
                found: out.len() as u64,
            });
        }
        let mut rest = out;
        let mut next = |n: u64| rest.split_off_mut(..index(n)).unwrap_or_default();
        if let Some(folder) = &self.folder {
            for (key, range) in wanted {
                self.read_file(folder, key, range.start, next(length(range)))?;
            }
            return Ok(());
        }
        let copied = self.ranges(wanted).try_for_each(|bytes| {
            next(bytes.len() as u64).copy_from_slice(&bytes);
            std::future::ready(Ok(()))
        });
        runtime()?.block_on(copied)
    }

    /// Fills a buffer from a place of an object on, which is a file of this machine.
    fn read_file(
        &self,
        folder: &Path,
        key: &str,
        start: u64,
        out: &mut [u8],
    ) -> Result<(), StoreError> {
        if out.is_empty() {
            return Ok(());
        }
        let path = folder.join(self.key(key)?.as_ref());
        let file = match FileRanges::open(&path) {
            Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                let location = self.name_of(key);
                return Err(StoreError::Missing { location });
            }
            opened => opened?,
        };
        let (length, found) = (out.len() as u64, file.len().saturating_sub(start));
        if found < length {
            return Err(StoreError::Length {
                location: self.name_of(key),
                expected: length,
                found,
            });
        }
        let read = file.read_at(start, out);
        read.map_err(FileError::at("read", &path))?;
        self.traffic.add_read(length);
        Ok(())
    }

    pub(crate) async fn read_range(
        &self,
        key: String,
        range: Range<u64>,
    ) -> Result<Bytes, StoreError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let path = self.key(&key)?;
        let ask = || self.inner.get_range(&path, range.clone());
        let bytes = match patiently(ask, self.is_late()).await {
            Err(error) if is_not_partial(&error) => {
                return cut(&self.read_whole(key, self.is_late()).await?, range);
            }
            read => read.map_err(StoreError::of("read", self.name_of(&key)))?,
        };
        self.counted(&key, range.end - range.start, bytes)
    }

    /// Writes an object; it appears whole or not at all. Large ones go in parts.
    ///
    /// # Errors
    /// The store refuses it or is out of reach.
    pub fn put(&self, key: &str, bytes: impl Into<Bytes>) -> Result<(), StoreError> {
        let (path, bytes) = (self.key(key)?, bytes.into());
        let length = bytes.len() as u64;
        let written = runtime()?.block_on(upload(&*self.inner, &path, bytes));
        let n_requests = written.map_err(StoreError::of("write", self.name_of(key)))?;
        self.traffic.add_writes(n_requests, length);
        Ok(())
    }

    /// An object to be written from its beginning to its end, of any length.
    ///
    /// # Errors
    /// The key is none.
    pub fn writer(&self, key: &str) -> Result<ObjectWriter, StoreError> {
        self.key(key)?;
        Ok(ObjectWriter::new(self.clone(), key.into()))
    }

    /// Begins an object of parts.
    pub(crate) fn begin_parts(
        &self,
        key: &str,
    ) -> Result<impl Future<Output = object_store::Result<Box<dyn MultipartUpload>>> + '_, StoreError>
    {
        let path = self.key(key)?;
        Ok(async move { self.inner.put_multipart(&path).await })
    }

    pub(crate) fn count_writes(&self, n_requests: u64, n_bytes: u64) {
        self.traffic.add_writes(n_requests, n_bytes);
    }

    /// Writes a file of this machine as an object.
    ///
    /// # Errors
    /// The file cannot be read, or as [`Store::put`].
    pub fn put_file(&self, key: &str, file: &Path) -> Result<(), StoreError> {
        let path = self.key(key)?;
        let source = std::fs::File::open(file).map_err(FileError::at("read", file))?;
        let length = source
            .metadata()
            .map_err(FileError::at("read", file))?
            .len();
        let written = runtime()?.block_on(upload_file(&*self.inner, &path, source));
        let n_requests = match written {
            Ok(n_requests) => n_requests,
            Err(UploadError::File(source)) => {
                return Err(FileError::at("read", file)(source).into());
            }
            Err(UploadError::Store(source)) => {
                return Err(StoreError::of("write", self.name_of(key))(source));
            }
        };
        self.traffic.add_writes(n_requests, length);
        Ok(())
    }

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// The store refuses or is out of reach.
    pub fn delete(&self, key: &str) -> Result<(), StoreError> {
        let path = self.key(key)?;
        self.traffic.add_writes(1, 0);
        match runtime()?.block_on(self.inner.delete(&path)) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(StoreError::of("delete", self.name_of(key))(error)),
        }
    }

    /// Removes objects, many in a request where the store can; those that are not there are removed
    /// already.
    ///
    /// # Errors
    /// The store refuses or is out of reach.
    pub fn delete_all(&self, keys: &[String]) -> Result<(), StoreError> {
        /// Objects that S3 removes in one request.
        const AT_ONCE: u64 = 1_000;
        let paths: Vec<Key> = keys
            .iter()
            .map(|key| self.key(key))
            .collect::<Result<_, _>>()?;
        self.traffic
            .add_writes((paths.len() as u64).div_ceil(AT_ONCE), 0);
        // Done twice it is the same, so that an answer that was cut short is asked for again.
        let ask = || async {
            let paths = stream::iter(paths.clone().into_iter().map(Ok));
            let mut deleted = self.inner.delete_stream(paths.boxed());
            while let Some(deleted) = deleted.next().await {
                match deleted {
                    Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        let deleted = runtime()?.block_on(patiently(ask, false));
        deleted.map_err(StoreError::of("delete", self.location.to_string()))
    }

    /// Keys that begin with a text, in order. Not for work that is done often.
    ///
    /// # Errors
    /// The store refuses or is out of reach.
    pub fn list(&self, start: &str) -> Result<Vec<String>, StoreError> {
        self.traffic.add_writes(1, 0);
        let folder = format!(
            "{}{}",
            self.prefix,
            start.rsplit_once('/').map_or("", |(f, _)| f)
        );
        let folder = Key::parse(folder.trim_end_matches('/'))
            .map_err(|_| StoreError::Key { key: start.into() })?;
        let ask = || self.inner.list(Some(&folder)).try_collect::<Vec<_>>();
        let found = runtime()?.block_on(patiently(ask, false));
        let found = found.map_err(StoreError::of("list", self.name_of(start)))?;
        let mut keys: Vec<String> = found
            .iter()
            .filter_map(|meta| meta.location.as_ref().strip_prefix(&self.prefix))
            .filter(|key| key.starts_with(start))
            .map(String::from)
            .collect();
        keys.sort();
        Ok(keys)
    }

    pub(crate) fn key(&self, key: &str) -> Result<Key, StoreError> {
        let wrong = || StoreError::Key { key: key.into() };
        if !is_plain_key(key) {
            return Err(wrong());
        }
        Key::parse(format!("{}{key}", self.prefix)).map_err(|_| wrong())
    }

    fn counted(&self, key: &str, expected: u64, bytes: Bytes) -> Result<Bytes, StoreError> {
        let found = bytes.len() as u64;
        self.traffic.add_read(found);
        if found != expected {
            return Err(StoreError::Length {
                location: self.name_of(key),
                expected,
                found,
            });
        }
        Ok(bytes)
    }
}

/// A range of a whole object; one that ends beyond it is no range.
fn cut(bytes: &Bytes, range: Range<u64>) -> Result<Bytes, StoreError> {
    let (expected, found) = (range.end, bytes.len() as u64);
    let start = usize::try_from(range.start).ok();
    let end = usize::try_from(range.end)
        .ok()
        .filter(|&end| end <= bytes.len());
    let wanted = start.zip(end).map(|(start, end)| bytes.slice(start..end));
    wanted.ok_or(StoreError::Length {
        location: "a range".into(),
        expected,
        found,
    })
}
