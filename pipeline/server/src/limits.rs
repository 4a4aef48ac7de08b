//! Bounds of what requests take together: work at once, time, and bytes of bodies.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use ms_core::bytes::index;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::Bounds;
use crate::problem::{Problem, kind};

/// Bytes that one permit for bodies stands for.
const BODY_UNIT: u64 = 1 << 10;

/// Permits for work and bodies.
#[derive(Debug)]
pub(crate) struct RequestLimits {
    bounds: Bounds,
    readers: Arc<Semaphore>,
    comparisons: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
}

/// A body, and the permit for its bytes, which lasts as long as the body is worked on.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    pub(crate) permit: OwnedSemaphorePermit,
}

impl RequestLimits {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let n_units = index(bounds.all_body_bytes / BODY_UNIT);
        Self {
            bounds,
            readers: Arc::new(Semaphore::new(bounds.n_readers)),
            comparisons: Arc::new(Semaphore::new(bounds.n_comparisons)),
            bodies: Arc::new(Semaphore::new(n_units.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// Bytes that one comparison may take.
    pub(crate) fn comparison_bytes(&self) -> u64 {
        self.bounds.comparison_bytes
    }

    /// Does work that reads and encodes, on a thread of its own.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.work(&self.readers, work).await
    }

    /// Does work that takes all processors and much memory.
    pub(crate) async fn compare<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.work(&self.comparisons, work).await
    }

    async fn work<T: Send + 'static>(
        &self,
        of: &Arc<Semaphore>,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = self.permit(of, 1).await?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            // Work whose client has gone keeps its permit until it ends.
            drop(permit);
            done
        });
        match timeout(self.bounds.work, done).await {
            Ok(Ok(done)) => done,
            Ok(Err(panicked)) => Err(Problem::internal(&panicked)),
            Err(_) => {
                let seconds = self.bounds.work.as_secs();
                Err(Problem::new(
                    kind::LONG,
                    format!("the work takes more than {seconds} s"),
                ))
            }
        }
    }

    async fn permit(&self, of: &Arc<Semaphore>, n: u32) -> Result<OwnedSemaphorePermit, Problem> {
        let wanted = Arc::clone(of).acquire_many_owned(n);
        let busy = || {
            let detail = "too much is being worked on; try again in a few seconds";
            Problem::new(kind::BUSY, detail).with_header(header::RETRY_AFTER, "5")
        };
        timeout(self.bounds.wait, wanted)
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or_else(busy)
    }

    /// Receives a body of at most so many bytes, if that is less than what any body may have.
    pub(crate) async fn receive(
        &self,
        headers: &HeaderMap,
        body: Body,
        n_bytes: u64,
    ) -> Result<Received, Problem> {
        if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
            let encoding = encoding.to_str().unwrap_or("?");
            let detail = format!("bodies are not unpacked; send it without `{encoding}`");
            return Err(Problem::new(kind::TYPE, detail));
        }
        let allowed = self.bounds.body_bytes.min(n_bytes);
        let too_large =
            || Problem::new(kind::LARGE, format!("a body may have {allowed} bytes here"));
        let stated = body.size_hint().exact();
        if stated.is_some_and(|stated| stated > allowed) {
            return Err(too_large());
        }
        let expected = stated.unwrap_or(allowed);
        let n_units = u32::try_from(expected.div_ceil(BODY_UNIT)).unwrap_or(u32::MAX);
        let permit = self.permit(&self.bodies, n_units).await?;
        let grace = self.bounds.body.as_secs() + expected / Bounds::BODY_RATE;
        let until = Instant::now() + std::time::Duration::from_secs(grace);
        let limit = index(allowed);
        match timeout_at(until, axum::body::to_bytes(body, limit)).await {
            Ok(Ok(bytes)) => Ok(Received { bytes, permit }),
            // The limit is the only failure of a body whose client is still there to be told.
            Ok(Err(_)) => Err(too_large()),
            Err(_) => {
                let rate = Bounds::BODY_RATE >> 10;
                let detail = format!("a body must arrive at {rate} KiB a second or faster");
                Err(Problem::new(kind::SLOW, detail).with_header(header::CONNECTION, "close"))
            }
        }
    }
}
