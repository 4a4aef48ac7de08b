//! Writes on the condition that nobody has written before.

use bytes::Bytes;
use object_store::{PutMode, PutPayload};

use crate::StoreError;
use crate::network::runtime;
use crate::store::Store;

impl Store {
    /// Writes an object if there is none; says whether it did. Some servers ignore the condition
    /// and always do.
    ///
    /// # Errors
    /// As [`Store::put`].
    pub fn put_if_absent(&self, key: &str, bytes: impl Into<Bytes>) -> Result<bool, StoreError> {
        /// Writes at once with another's, of which S3 says 409 and may have kept none.
        const CONFLICTS: usize = 8;
        let (path, bytes) = (self.key(key)?, bytes.into());
        for _ in 0..CONFLICTS {
            self.traffic.add_writes(1, 0);
            let payload = PutPayload::from_bytes(bytes.clone());
            let put = self.inner.put_opts(&path, payload, PutMode::Create.into());
            match runtime()?.block_on(put) {
                Ok(_) => return Ok(true),
                Err(object_store::Error::AlreadyExists { .. }) if self.has(key)? => {
                    return Ok(false);
                }
                Err(object_store::Error::AlreadyExists { .. }) => {}
                Err(error) => return Err(StoreError::of("write", self.name_of(key))(error)),
            }
        }
        Ok(false)
    }

    /// Whether the server heeds conditions, found out by writing a key twice.
    ///
    /// # Errors
    /// As [`Store::put`].
    pub fn heeds_conditions(&self, key: &str) -> Result<bool, StoreError> {
        self.put(key, Bytes::new())?;
        let is_written_again = self.put_if_absent(key, Bytes::new())?;
        self.delete(key)?;
        Ok(!is_written_again)
    }
}
