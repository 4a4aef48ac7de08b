//! Bounds of what requests take together: work at once, time, and bytes of bodies.

use std::fs::File;
use std::io::ErrorKind;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use ms_core::bytes::index;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::Bounds;
use crate::problem::{Problem, kind};

/// Bytes that one permit for bodies stands for.
const BODY_UNIT: u64 = 1 << 10;

/// Bodies in files at once.
const N_FILES: usize = 2;

/// Permits for work and bodies.
#[derive(Debug)]
pub(crate) struct RequestLimits {
    bounds: Bounds,
    readers: Arc<Semaphore>,
    comparisons: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    files: Arc<Semaphore>,
}

/// A body, and the permit for its bytes, which lasts as long as the body is worked on.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    pub(crate) permit: OwnedSemaphorePermit,
}

/// A body in a file, and the permit for it, which lasts as long as it is worked on.
#[derive(Debug)]
pub(crate) struct ReceivedFile {
    pub(crate) file: File,
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
            files: Arc::new(Semaphore::new(N_FILES)),
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
        check_encoding(headers)?;
        let allowed = self.bounds.body_bytes.min(n_bytes);
        let expected = expected_bytes(&body, allowed)?;
        let n_units = u32::try_from(expected.div_ceil(BODY_UNIT)).unwrap_or(u32::MAX);
        let permit = self.permit(&self.bodies, n_units).await?;
        let limit = index(allowed);
        let until = self.latest_end(expected);
        match timeout_at(until, axum::body::to_bytes(body, limit)).await {
            Ok(Ok(bytes)) => Ok(Received { bytes, permit }),
            // The limit is the only failure of a body whose client is still there to be told.
            Ok(Err(_)) => Err(too_large(allowed)),
            Err(_) => Err(too_slow()),
        }
    }

    /// Receives a body of at most so many bytes to a file that goes when it is closed: it takes no memory.
    pub(crate) async fn receive_file(
        &self,
        headers: &HeaderMap,
        body: Body,
        allowed: u64,
    ) -> Result<ReceivedFile, Problem> {
        check_encoding(headers)?;
        let expected = expected_bytes(&body, allowed)?;
        let permit = self.permit(&self.files, 1).await?;
        let file = tempfile::tempfile().map_err(|error| Problem::internal(&error))?;
        let mut file = tokio::fs::File::from_std(file);
        let copied = copy_body(body, &mut file, allowed);
        timeout_at(self.latest_end(expected), copied)
            .await
            .map_err(|_| too_slow())??;
        Ok(ReceivedFile {
            file: file.into_std().await,
            permit,
        })
    }

    /// Until when a body of so many bytes must have arrived.
    fn latest_end(&self, n_bytes: u64) -> Instant {
        let seconds = self.bounds.body.as_secs() + n_bytes / Bounds::BODY_RATE;
        Instant::now() + std::time::Duration::from_secs(seconds)
    }
}

/// Makes sure that a body is as it is.
fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(encoding) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(());
    };
    let encoding = encoding.to_str().unwrap_or("?");
    let detail = format!("bodies are not unpacked; send it without `{encoding}`");
    Err(Problem::new(kind::TYPE, detail))
}

/// Bytes that a body says to have, or else those that it may have.
fn expected_bytes(body: &Body, allowed: u64) -> Result<u64, Problem> {
    match body.size_hint().exact() {
        Some(stated) if stated > allowed => Err(too_large(allowed)),
        stated => Ok(stated.unwrap_or(allowed)),
    }
}

/// Writes a body to a file, and goes back to its start.
async fn copy_body(body: Body, file: &mut tokio::fs::File, allowed: u64) -> Result<(), Problem> {
    let not_written = |error: std::io::Error| match error.kind() {
        ErrorKind::StorageFull => Problem::new(
            kind::LARGE,
            "the disk of the server has no room for the body",
        ),
        _ => Problem::internal(&error),
    };
    let mut n_bytes = 0;
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        // Nobody is there to be told that the client went away.
        let part = part.map_err(|_| too_slow())?;
        n_bytes += part.len() as u64;
        if n_bytes > allowed {
            return Err(too_large(allowed));
        }
        file.write_all(&part).await.map_err(not_written)?;
    }
    file.flush().await.map_err(not_written)?;
    file.rewind().await.map_err(not_written)?;
    Ok(())
}

fn too_large(allowed: u64) -> Problem {
    Problem::new(kind::LARGE, format!("a body may have {allowed} bytes here"))
}

fn too_slow() -> Problem {
    let rate = Bounds::BODY_RATE >> 10;
    let detail = format!("a body must arrive at {rate} KiB a second or faster");
    Problem::new(kind::SLOW, detail).with_header(header::CONNECTION, "close")
}
