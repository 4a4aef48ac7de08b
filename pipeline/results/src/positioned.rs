//! A Parquet file that is read at any place, wherever it lies.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use metaspace_machine::files::FileRanges;
use ms_core::bytes::RangeRead;
use parquet::file::reader::{ChunkReader, Length};

use crate::error::ResultsError;

/// A file that several threads read at places of their own.
#[derive(Clone)]
pub(crate) struct Positioned {
    bytes: Arc<dyn RangeRead>,
}

impl Positioned {
    pub(crate) fn open(path: &Path) -> Result<Self, ResultsError> {
        Ok(Self::new(Arc::new(FileRanges::open(path)?)))
    }

    pub(crate) fn new(bytes: Arc<dyn RangeRead>) -> Self {
        Self { bytes }
    }

    /// Fills `out` with the bytes from `offset` on.
    pub(crate) fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read_at(offset, out)
    }
}

impl std::fmt::Debug for Positioned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Positioned")
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl Length for Positioned {
    fn len(&self) -> u64 {
        self.bytes.len()
    }
}

impl ChunkReader for Positioned {
    type T = io::BufReader<Tail>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(io::BufReader::new(Tail {
            bytes: Arc::clone(&self.bytes),
            at: start,
        }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        // A damaged file may state any length.
        if start.saturating_add(length as u64) > self.bytes.len() {
            return Err(parquet::errors::ParquetError::EOF(
                "a chunk ends beyond the file".into(),
            ));
        }
        let mut bytes = vec![0; length];
        self.bytes.read_at(start, &mut bytes)?;
        Ok(bytes.into())
    }
}

/// The bytes of a file from a place on.
pub(crate) struct Tail {
    bytes: Arc<dyn RangeRead>,
    at: u64,
}

impl Read for Tail {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes.len().saturating_sub(self.at);
        let n = usize::try_from(left).map_or(out.len(), |left| left.min(out.len()));
        self.bytes.read_at(self.at, &mut out[..n])?;
        self.at += n as u64;
        Ok(n)
    }
}
