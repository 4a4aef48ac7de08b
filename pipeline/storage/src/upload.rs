//! Writing objects: in one request, or in parts where they are large.

use std::fs::File;
use std::io::{self, Read, Write};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, TryStreamExt};
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};

use crate::StoreError;
use crate::network::runtime;
use crate::store::Store;

/// Bytes of a part. Stores want at least 5 MiB, and at most 10,000 of equal length.
const PART: usize = 16 << 20;

/// Parts under way at once.
const PARTS_AT_ONCE: usize = 4;

/// Why a file was not written.
pub(crate) enum UploadError {
    /// It cannot be read.
    File(io::Error),
    /// The store would not have it.
    Store(object_store::Error),
}

impl From<object_store::Error> for UploadError {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error)
    }
}

/// Writes bytes; returns the number of requests.
pub(crate) async fn upload(
    store: &dyn ObjectStore,
    key: &Key,
    bytes: Bytes,
) -> object_store::Result<u64> {
    if bytes.len() <= PART {
        store.put(key, PutPayload::from_bytes(bytes)).await?;
        return Ok(1);
    }
    let mut rest = bytes;
    let next = || {
        let part = rest.split_to(PART.min(rest.len()));
        Ok((!part.is_empty()).then_some(part))
    };
    match upload_parts(store, key, next).await {
        Ok(n_requests) => Ok(n_requests),
        Err(UploadError::Store(error)) => Err(error),
        Err(UploadError::File(source)) => Err(object_store::Error::Generic {
            store: "memory",
            source: source.into(),
        }),
    }
}

/// Writes a file; returns the number of requests.
pub(crate) async fn upload_file(
    store: &dyn ObjectStore,
    key: &Key,
    mut file: File,
) -> Result<u64, UploadError> {
    let mut read_part = || -> Result<Option<Bytes>, UploadError> {
        let mut part = Vec::new();
        (&mut file)
            .take(PART as u64)
            .read_to_end(&mut part)
            .map_err(UploadError::File)?;
        Ok((!part.is_empty()).then(|| part.into()))
    };
    let first = read_part()?.unwrap_or_default();
    if first.len() < PART {
        store.put(key, PutPayload::from_bytes(first)).await?;
        return Ok(1);
    }
    let mut first = Some(first);
    upload_parts(store, key, || {
        first
            .take()
            .map_or_else(&mut read_part, |part| Ok(Some(part)))
    })
    .await
}

/// Writes parts until there are no more. What was written of an object that fails is removed.
async fn upload_parts(
    store: &dyn ObjectStore,
    key: &Key,
    mut next: impl FnMut() -> Result<Option<Bytes>, UploadError>,
) -> Result<u64, UploadError> {
    let mut parts = store.put_multipart(key).await?;
    match send(&mut *parts, &mut next).await {
        Ok(n_parts) => {
            parts.complete().await?;
            Ok(n_parts + 2)
        }
        Err(error) => {
            // The first error is the one to tell; stores expire what is left half-written.
            drop(parts.abort().await);
            Err(error)
        }
    }
}

async fn send(
    parts: &mut dyn MultipartUpload,
    next: &mut impl FnMut() -> Result<Option<Bytes>, UploadError>,
) -> Result<u64, UploadError> {
    let mut under_way = FuturesUnordered::new();
    let mut n_parts = 0;
    while let Some(part) = next()? {
        under_way.push(parts.put_part(PutPayload::from_bytes(part)));
        n_parts += 1;
        if under_way.len() == PARTS_AT_ONCE {
            under_way.try_next().await?;
        }
    }
    while under_way.try_next().await?.is_some() {}
    Ok(n_parts)
}

/// An object being written from its beginning to its end. It appears when it is finished, and not
/// at all if it is dropped before. A small one takes one request.
pub struct ObjectWriter {
    store: Store,
    key: String,
    /// Of an object of more than one part.
    upload: Option<WriteMultipart>,
    /// The part that is being filled.
    part: Vec<u8>,
}

impl ObjectWriter {
    pub(crate) fn new(store: Store, key: String) -> Self {
        Self {
            store,
            key,
            upload: None,
            part: Vec::new(),
        }
    }

    /// Sends the part off, when there is room for it.
    fn send(&mut self) -> Result<(), StoreError> {
        let part = Bytes::from(std::mem::take(&mut self.part));
        if part.is_empty() {
            return Ok(());
        }
        let failed = || StoreError::of("write", self.store.name_of(&self.key));
        let runtime = runtime()?;
        let mut upload = if let Some(upload) = self.upload.take() {
            upload
        } else {
            let begun = runtime.block_on(self.store.begin_parts(&self.key)?);
            WriteMultipart::new_with_chunk_size(begun.map_err(failed())?, PART)
        };
        let waited = runtime.block_on(upload.wait_for_capacity(PARTS_AT_ONCE));
        // Parts are sent by tasks of the runtime.
        let entered = runtime.enter();
        self.store.count_writes(1, part.len() as u64);
        upload.put(part);
        drop(entered);
        self.upload = Some(upload);
        waited.map_err(failed())
    }

    /// Makes the object appear.
    ///
    /// # Errors
    /// The store refuses it or is out of reach.
    pub fn finish(mut self) -> Result<(), StoreError> {
        if self.upload.is_none() {
            return self.store.put(&self.key, std::mem::take(&mut self.part));
        }
        self.send()?;
        let Some(upload) = self.upload.take() else {
            return Ok(());
        };
        let written = runtime()?.block_on(upload.finish());
        written.map_err(StoreError::of("write", self.store.name_of(&self.key)))?;
        self.store.count_writes(2, 0);
        Ok(())
    }
}

impl Write for ObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.part.len() == PART {
            self.send()?;
        }
        let n = bytes.len().min(PART - self.part.len());
        self.part.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for ObjectWriter {
    fn drop(&mut self) {
        if let (Some(upload), Ok(runtime)) = (self.upload.take(), runtime()) {
            // Stores expire what is left half-written.
            drop(runtime.block_on(upload.abort()));
        }
    }
}

impl std::fmt::Debug for ObjectWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectWriter")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
