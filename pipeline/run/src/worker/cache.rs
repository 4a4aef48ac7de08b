//! Patterns kept in the working folder, by content: later runs beside it find them.

use std::sync::{Mutex, PoisonError};

use annotator::patterns::PatternCache;
use metaspace_storage::Store;

const HASH_BYTES: usize = blake3::OUT_LEN;

/// Patterns under `patterns/`, each behind the hash of itself.
pub(crate) struct StoreCache {
    store: Store,
    /// What a store that fails has said once is enough.
    is_out_of_reach: Mutex<bool>,
}

impl StoreCache {
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            store: store.clone(),
            is_out_of_reach: Mutex::new(false),
        }
    }

    fn key(description: &[u8]) -> String {
        format!("patterns/{}", blake3::hash(description).to_hex())
    }

    fn give_up(&self) {
        *self
            .is_out_of_reach
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
    }

    fn has_given_up(&self) -> bool {
        *self
            .is_out_of_reach
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl PatternCache for StoreCache {
    fn load(&self, description: &[u8]) -> Option<Vec<u8>> {
        if self.has_given_up() {
            return None;
        }
        let Ok(found) = self.store.find(&Self::key(description)) else {
            self.give_up();
            return None;
        };
        let mut bytes = found?.to_vec();
        let (hash, rest) = bytes.split_at_checked(HASH_BYTES)?;
        (blake3::hash(rest).as_bytes() == hash).then(|| bytes.split_off(HASH_BYTES))
    }

    fn store(&self, description: &[u8], bytes: &[u8]) {
        if self.has_given_up() {
            return;
        }
        let mut content = blake3::hash(bytes).as_bytes().to_vec();
        content.extend_from_slice(bytes);
        if self.store.put(&Self::key(description), content).is_err() {
            self.give_up();
        }
    }
}
