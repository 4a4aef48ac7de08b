//! An object read at any place: in blocks, the next one ahead of time.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use ms_core::bytes::{RangeRead, index};

use crate::StoreError;
use crate::network::runtime;
use crate::store::Store;

/// Bytes of a block: large enough that a request's delay weighs little.
const BLOCK: u64 = 4 << 20;

/// Blocks kept: for several readers, each with one that it reads and one ahead.
const KEPT: usize = 16;

/// A block under way or there.
type Block = Shared<BoxFuture<'static, Result<Bytes, Arc<StoreError>>>>;

/// Blocks kept, each with the number of its object and its own; the one used last at the end.
type Blocks = Arc<Mutex<VecDeque<((usize, u64), Block)>>>;

/// An object as a source of bytes, for readers that go on from where they were. Memory: 64 MiB, or
/// what it may keep for what is read again.
pub struct ObjectRanges {
    store: Store,
    key: String,
    length: u64,
    /// Number of the object among those that share their memory.
    object: usize,
    blocks: Blocks,
    /// Blocks that are kept at most.
    max_kept: AtomicUsize,
}

impl ObjectRanges {
    /// Looks how long an object is.
    ///
    /// # Errors
    /// It is not there, or out of reach.
    pub fn open(store: &Store, key: &str) -> Result<Self, StoreError> {
        let length = store.length(key)?;
        let blocks = Blocks::default();
        Ok(Self {
            store: store.clone(),
            key: key.into(),
            length,
            object: 0,
            blocks,
            max_kept: AtomicUsize::new(KEPT),
        })
    }

    /// Objects that were written, which together take the memory of one.
    ///
    /// # Errors
    /// As [`ObjectRanges::open`].
    pub fn open_all(
        store: &Store,
        keys: impl IntoIterator<Item = String>,
    ) -> Result<Vec<Self>, StoreError> {
        let blocks = Blocks::default();
        let open = |(object, key): (usize, String)| {
            let length = store.length_of_written(&key)?;
            Ok(Self {
                store: store.clone(),
                key,
                length,
                object,
                blocks: Arc::clone(&blocks),
                max_kept: AtomicUsize::new(KEPT),
            })
        };
        keys.into_iter().enumerate().map(open).collect()
    }

    /// A block, asked for if nobody has.
    fn block(&self, number: u64) -> Result<Block, StoreError> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (self.object, number);
        let place = blocks.iter().position(|(known, _)| *known == name);
        if let Some(found) = place.and_then(|place| blocks.remove(place)) {
            blocks.push_back(found.clone());
            return Ok(found.1);
        }
        let (start, store, key) = (number * BLOCK, self.store.clone(), self.key.clone());
        let end = (start + BLOCK).min(self.length);
        let is_whole = start == 0 && end == self.length;
        let read = runtime()?.spawn(async move {
            // Some servers answer a range that is everything as if there were no range.
            let read = if is_whole {
                store.read_whole(key, store.is_late()).await
            } else {
                store.read_range(key, start..end).await
            };
            read.map_err(Arc::new)
        });
        let ended = |reason: tokio::task::JoinError| {
            Arc::new(StoreError::Runtime {
                reason: reason.to_string(),
            })
        };
        let block = read.map(move |read| read.map_err(ended)?).boxed().shared();
        if blocks.len() >= self.max_kept.load(Ordering::Relaxed) {
            blocks.pop_front();
        }
        blocks.push_back((name, block.clone()));
        Ok(block)
    }

    /// The bytes of a block; one that could not be read is asked for again next time.
    fn bytes(&self, number: u64) -> io::Result<Bytes> {
        let read = runtime()?.block_on(self.block(number)?);
        read.map_err(|error| {
            let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
            blocks.retain(|(known, _)| *known != (self.object, number));
            let kind = io::Error::kind(&io::Error::other(Arc::clone(&error)));
            io::Error::new(kind, error)
        })
    }
}

impl RangeRead for ObjectRanges {
    fn len(&self) -> u64 {
        self.length
    }

    /// Keeps all of the object if there is room for it: of a part, what is read again would be gone
    /// by then.
    fn keep(&self, bytes: u64) {
        let n_blocks = index(self.length.div_ceil(BLOCK));
        let max_kept = if self.length <= bytes {
            n_blocks.max(KEPT)
        } else {
            KEPT
        };
        self.max_kept.store(max_kept, Ordering::Relaxed);
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let n_beyond = blocks.len().saturating_sub(max_kept);
        blocks.drain(..n_beyond);
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let end = offset
            .checked_add(out.len() as u64)
            .filter(|&end| end <= self.length);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        let (mut at, mut filled) = (offset, 0);
        while at < end {
            let number = at / BLOCK;
            let bytes = self.bytes(number)?;
            // One that is read on will be read to its end.
            let is_read_on = at % BLOCK + (end - at) > BLOCK / 8;
            if is_read_on && (number + 1) * BLOCK < self.length {
                drop(self.block(number + 1)?);
            }
            let from = index(at % BLOCK);
            let n = bytes.len().saturating_sub(from).min(out.len() - filled);
            let piece = bytes.get(from..from + n).filter(|piece| !piece.is_empty());
            let piece = piece.ok_or(io::ErrorKind::UnexpectedEof)?;
            out[filled..filled + n].copy_from_slice(piece);
            (at, filled) = (at + n as u64, filled + n);
        }
        Ok(())
    }
}

impl std::fmt::Debug for ObjectRanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectRanges")
            .field("object", &self.store.name_of(&self.key))
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// A source read from its beginning to its end.
#[derive(Debug)]
pub struct Sequential<R> {
    source: R,
    at: u64,
}

impl<R: RangeRead> Sequential<R> {
    /// From the first byte on.
    pub fn new(source: R) -> Self {
        Self { source, at: 0 }
    }
}

impl<R: RangeRead> Read for Sequential<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = index(self.source.len() - self.at);
        let n = left.min(out.len());
        self.source.read_at(self.at, &mut out[..n])?;
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_truncation, reason = "small numbers")]

    use super::*;

    #[test]
    fn an_object_is_read_at_any_place() {
        let store = Store::memory();
        let length = 2 * BLOCK + 1_000;
        let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
        store.put("x", bytes.clone()).unwrap();
        let ranges = ObjectRanges::open(&store, "x").unwrap();
        assert_eq!(ranges.len(), length);
        for (offset, n) in [
            (0, 10),
            (BLOCK - 5, 10),
            (length - 7, 7),
            (3, 2 * BLOCK),
            (length, 0),
        ] {
            let mut out = vec![0; n as usize];
            ranges.read_at(offset, &mut out).unwrap();
            assert_eq!(out, bytes[offset as usize..(offset + n) as usize]);
        }
        assert!(ranges.read_at(length - 3, &mut [0; 4]).is_err());
        assert!(ranges.read_at(u64::MAX, &mut [0; 4]).is_err());
        let mut all = Vec::new();
        Sequential::new(ranges).read_to_end(&mut all).unwrap();
        assert_eq!(all, bytes);
    }

    #[test]
    fn what_is_read_again_is_kept_where_there_is_room() {
        let store = Store::memory();
        let length = (KEPT as u64 + 2) * BLOCK;
        store.put("x", vec![7; length as usize]).unwrap();
        let read_all = |ranges: &ObjectRanges| {
            let mut out = vec![0; BLOCK as usize];
            (0..length / BLOCK).try_for_each(|i| ranges.read_at(i * BLOCK, &mut out))
        };
        let ranges = ObjectRanges::open(&store, "x").unwrap();
        let other = ObjectRanges::open(&store, "x").unwrap();
        ranges.keep(length);
        other.keep(length - 1);
        read_all(&ranges).unwrap();
        read_all(&other).unwrap();
        store.delete("x").unwrap();
        read_all(&ranges).unwrap();
        assert!(read_all(&other).is_err());
        ranges.keep(0);
        assert_eq!(ranges.blocks.lock().unwrap().len(), KEPT);
        assert!(read_all(&ranges).is_err());
    }

    #[test]
    fn an_object_that_went_is_told_by_name() {
        let store = Store::memory();
        store.put("x", vec![1; 10]).unwrap();
        let ranges = ObjectRanges::open(&store, "x").unwrap();
        store.delete("x").unwrap();
        let error = ranges.read_at(0, &mut [0; 4]).unwrap_err();
        assert!(error.to_string().contains("memory/x"), "{error}");
        store.put("x", vec![1; 10]).unwrap();
        ranges.read_at(0, &mut [0; 4]).unwrap();
    }
}
