//! Isotopic patterns kept on disk between runs.
//!
//! A file's name is the hash of what its patterns depend on, and its first bytes are the hash of
//! the rest, so that a damaged file is computed anew. Deleting any of it is safe. The oldest files
//! go when the folder grows past [`MAX_BYTES`].

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use annotator::patterns::PatternCache;

/// The folder is not left larger than this.
pub const MAX_BYTES: u64 = 1 << 30;

const HASH_BYTES: usize = blake3::OUT_LEN;
const EXTENSION: &str = "patterns";

/// A folder of patterns.
#[derive(Debug)]
pub struct DiskCache {
    folder: PathBuf,
    n_hits: AtomicU64,
    n_misses: AtomicU64,
    n_failed: AtomicU64,
}

impl DiskCache {
    /// A cache in a folder, which is made when something is stored.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            n_hits: AtomicU64::new(0),
            n_misses: AtomicU64::new(0),
            n_failed: AtomicU64::new(0),
        }
    }

    /// Units found, units computed, and units that could not be stored.
    pub fn counts(&self) -> (u64, u64, u64) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (
            load(&self.n_hits),
            load(&self.n_misses),
            load(&self.n_failed),
        )
    }

    /// Removes the oldest files until no more than `max_bytes` are left.
    pub fn shrink(&self, max_bytes: u64) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let mut files: Vec<(SystemTime, PathBuf, u64)> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().extension().is_some_and(|e| e == EXTENSION))
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, entry.path(), metadata.len()))
            })
            .collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, _, length)| length).sum();
        for (_, path, length) in files {
            if total <= max_bytes {
                break;
            }
            // Another run may have removed it already: gone is gone.
            drop(fs::remove_file(path));
            total -= length;
        }
    }

    fn path(&self, description: &[u8]) -> PathBuf {
        let name = blake3::hash(description).to_hex();
        self.folder.join(name.as_str()).with_extension(EXTENSION)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(blake3::hash(bytes).as_bytes())?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    }
}

impl PatternCache for DiskCache {
    fn load(&self, description: &[u8]) -> Option<Vec<u8>> {
        let stored = fs::read(self.path(description)).ok();
        let checked = stored.and_then(|mut bytes| {
            let (hash, rest) = bytes.split_at_checked(HASH_BYTES)?;
            (blake3::hash(rest).as_bytes() == hash).then(|| bytes.split_off(HASH_BYTES))
        });
        let counter = if checked.is_some() {
            &self.n_hits
        } else {
            &self.n_misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        checked
    }

    fn store(&self, description: &[u8], bytes: &[u8]) {
        if self.write(&self.path(description), bytes).is_err() {
            self.n_failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_is_found_and_damage_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::new(folder.path());
        assert_eq!(cache.load(b"x"), None);
        cache.store(b"x", b"patterns");
        assert_eq!(cache.load(b"x").as_deref(), Some(&b"patterns"[..]));
        let path = cache.path(b"x");
        let mut bytes = fs::read(&path).unwrap();
        bytes[40 - 3] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(cache.load(b"x"), None);
        fs::write(&path, b"short").unwrap();
        assert_eq!(cache.load(b"x"), None);
        assert_eq!(cache.counts(), (1, 3, 0));
    }

    #[test]
    fn the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::new(folder.path());
        for (i, name) in [b"a", b"b", b"c"].into_iter().enumerate() {
            cache.store(name, &[0; 100]);
            let file = fs::File::options()
                .write(true)
                .open(cache.path(name))
                .unwrap();
            let seconds = std::time::Duration::from_secs(1_000 * (i as u64 + 1));
            file.set_modified(SystemTime::UNIX_EPOCH + seconds).unwrap();
        }
        cache.shrink(300);
        assert!(
            cache.load(b"a").is_none() && cache.load(b"b").is_some() && cache.load(b"c").is_some()
        );
    }

    #[test]
    fn a_folder_that_cannot_be_written_only_costs_time() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let cache = DiskCache::new(&file.path().join("below"));
        cache.store(b"x", b"patterns");
        assert_eq!(cache.counts().2, 1);
    }
}
