//! A least-recently-used (LRU) cache of values that were costly to make, bounded in bytes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values by key; the least recently used go first.
pub(crate) struct LruCache<K, V> {
    max_bytes: u64,
    entries: Mutex<Vec<Entry<K, V>>>,
}

struct Entry<K, V> {
    key: K,
    slot: Arc<Slot<V>>,
    bytes: u64,
}

/// Locked while its value is made, so that it is made once.
struct Slot<V>(Mutex<Option<Arc<V>>>);

impl<K: Clone + PartialEq, V> LruCache<K, V> {
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes,
            entries: Mutex::new(Vec::new()),
        }
    }

    /// The value of a key: the one that is kept, or the one that `make` makes with its bytes. Who
    /// asks for the same key meanwhile waits. What is larger than everything together is not kept.
    pub(crate) fn get<E>(
        &self,
        key: &K,
        make: impl FnOnce() -> Result<(V, u64), E>,
    ) -> Result<Arc<V>, E> {
        let slot = self.slot(key);
        let mut value = lock(&slot.0);
        if let Some(value) = &*value {
            return Ok(Arc::clone(value));
        }
        let (fresh, bytes) = match make() {
            Ok((value, bytes)) => (Arc::new(value), bytes),
            Err(error) => {
                self.forget(&slot);
                return Err(error);
            }
        };
        *value = Some(Arc::clone(&fresh));
        drop(value);
        self.settle(&slot, bytes);
        Ok(fresh)
    }

    /// The value of a key, if it is kept and nobody is making it.
    pub(crate) fn peek(&self, key: &K) -> Option<Arc<V>> {
        let entries = lock(&self.entries);
        let slot = &entries.iter().find(|entry| entry.key == *key)?.slot;
        slot.0.try_lock().ok()?.clone()
    }

    /// The slot of a key, which becomes the youngest.
    fn slot(&self, key: &K) -> Arc<Slot<V>> {
        let mut entries = lock(&self.entries);
        if let Some(place) = entries.iter().position(|entry| entry.key == *key) {
            let entry = entries.remove(place);
            let slot = Arc::clone(&entry.slot);
            entries.push(entry);
            return slot;
        }
        let slot = Arc::new(Slot(Mutex::new(None)));
        entries.push(Entry {
            key: key.clone(),
            slot: Arc::clone(&slot),
            bytes: 0,
        });
        slot
    }

    fn forget(&self, slot: &Arc<Slot<V>>) {
        lock(&self.entries).retain(|entry| !Arc::ptr_eq(&entry.slot, slot));
    }

    /// Notes the bytes of a value, and lets the oldest go until all fit.
    fn settle(&self, slot: &Arc<Slot<V>>, bytes: u64) {
        let mut entries = lock(&self.entries);
        if let Some(entry) = entries
            .iter_mut()
            .find(|entry| Arc::ptr_eq(&entry.slot, slot))
        {
            entry.bytes = bytes;
        }
        let mut total: u64 = entries.iter().map(|entry| entry.bytes).sum();
        entries.retain(|entry| {
            let goes = total > self.max_bytes && entry.bytes > 0;
            if goes {
                total -= entry.bytes;
            }
            !goes
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn get(kept: &LruCache<u32, u32>, key: u32, bytes: u64) -> bool {
        let mut is_made = false;
        let make = || {
            is_made = true;
            Ok::<_, Infallible>((key * 10, bytes))
        };
        assert_eq!(kept.get(&key, make), Ok(Arc::new(key * 10)));
        is_made
    }

    #[test]
    fn the_oldest_go_first() {
        let kept = LruCache::new(10);
        assert!(get(&kept, 1, 4) && get(&kept, 2, 4));
        assert_eq!((kept.peek(&1), kept.peek(&9)), (Some(Arc::new(10)), None));
        assert!(!get(&kept, 1, 4), "kept");
        assert!(get(&kept, 3, 4), "2 goes, as 1 was asked for since");
        assert!(!get(&kept, 1, 4) && get(&kept, 2, 4));
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let kept = LruCache::new(10);
        assert!(get(&kept, 1, 11) && get(&kept, 1, 11));
    }

    #[test]
    fn what_failed_is_tried_again() {
        let kept: LruCache<u32, u32> = LruCache::new(10);
        assert_eq!(kept.get(&1, || Err("no")), Err("no"));
        assert!(get(&kept, 1, 1));
    }

    #[test]
    fn a_value_is_made_once() {
        let kept: LruCache<u32, u32> = LruCache::new(10);
        let n_made = std::sync::atomic::AtomicUsize::new(0);
        let make = || {
            n_made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok::<_, Infallible>((7, 1))
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(kept.get(&1, make), Ok(Arc::new(7))));
            }
        });
        assert_eq!(n_made.into_inner(), 1);
    }
}
