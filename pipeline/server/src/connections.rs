//! Connections: accepted, bounded in number and patience, and ended without cutting requests.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use ms_core::progress::Progress;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep, timeout};

use crate::config::Bounds;

/// How often Ctrl-C is looked for.
const GLANCE: Duration = Duration::from_millis(50);

/// How long nothing is accepted when the machine has no room for another connection.
const BREATH: Duration = Duration::from_millis(100);

/// Bytes of a request's head at most.
const MAX_HEAD: usize = 64 << 10;

/// Answers requests until it is told to stop, then lets those that are being answered end.
///
/// Returns whether all of them did within [`Bounds::drain`].
pub(crate) async fn answer(
    listener: TcpListener,
    app: Router,
    bounds: Bounds,
    progress: &dyn Progress,
) -> io::Result<bool> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(MAX_HEAD)
        .half_close(false);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(bounds.n_connections));
    let mut stop = pin!(stopped(progress)?);
    loop {
        let accepted = accept(&listener, &room);
        let Some((stream, permit)) = first(&mut stop, pin!(accepted)).await else {
            break;
        };
        let io = TokioIo::new(Patient::new(stream, bounds.stall));
        let service = TowerToHyperService::new(app.clone());
        let connection = graceful.watch(http.serve_connection(io, service));
        tokio::spawn(async move {
            // A client that breaks off is no news.
            drop(connection.await);
            drop(permit);
        });
    }
    drop(listener);
    Ok(timeout(bounds.drain, graceful.shutdown()).await.is_ok())
}

/// The next connection that there is room for.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let permit = Arc::clone(room).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers go at once; where that cannot be had they go a little later.
                drop(stream.set_nodelay(true));
                return (stream, permit);
            }
            // A client that has gone again, or no free file descriptor.
            Err(_) => sleep(BREATH).await,
        }
    }
}

/// Ends with Ctrl-C or the signal to terminate.
fn stopped(progress: &dyn Progress) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        while !progress.is_cancelled() {
            if timeout(GLANCE, terminate.recv()).await.is_ok() {
                return;
            }
        }
    })
}

/// What `next` comes to, or nothing if `stop` ends before.
async fn first<T>(
    stop: &mut Pin<&mut impl Future<Output = ()>>,
    mut next: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    std::future::poll_fn(|context| {
        if stop.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        next.as_mut().poll(context).map(Some)
    })
    .await
}

/// A stream that fails when its client takes nothing for too long.
struct Patient {
    stream: TcpStream,
    patience: Duration,
    /// When patience ends, while something waits to be taken.
    until: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            until: None,
        }
    }

    fn wait<T>(&mut self, context: &mut Context<'_>, tried: Poll<T>) -> Poll<Result<T, io::Error>> {
        if let Poll::Ready(done) = tried {
            self.until = None;
            return Poll::Ready(Ok(done));
        }
        let patience = self.patience;
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(until.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let tried = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wait(context, tried).map(|done| done?)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let tried = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wait(context, tried).map(|done| done?)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
