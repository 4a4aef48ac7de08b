//! Work that a Python thread waits for: without the GIL, with progress, stopped by Ctrl-C.
//!
//! The work runs on threads of its own, which end with it. The thread that called looks now and then
//! for signals and tells the callback how far the work is, so that Python is called from nowhere else.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metaspace_machine::error::OptionError;
use ms_core::progress::Progress;
use pyo3::prelude::*;

use crate::error::CallError;

/// How often signals are looked for and progress is told.
const PERIOD: Duration = Duration::from_millis(50);

/// What the work has to say.
enum Event {
    /// A stage of so many steps begins.
    Begin(&'static str, u64),
    /// A line for the user.
    Note(String),
}

/// What both sides see.
#[derive(Default)]
struct Shared {
    n_done: AtomicU64,
    is_cancelled: AtomicBool,
}

/// Where the work tells how far it is.
struct Teller<'a> {
    events: Sender<Event>,
    shared: &'a Shared,
}

impl Teller<'_> {
    fn tell(&self, event: Event) {
        // Nobody listens only when the call has ended.
        drop(self.events.send(event));
    }
}

impl Progress for Teller<'_> {
    fn begin(&self, stage: &'static str, total: u64) {
        self.shared.n_done.store(0, Ordering::Relaxed);
        self.tell(Event::Begin(stage, total));
    }

    fn advance(&self, steps: u64) {
        self.shared.n_done.fetch_add(steps, Ordering::Relaxed);
    }

    fn note(&self, text: &str) {
        self.tell(Event::Note(text.into()));
    }

    fn is_cancelled(&self) -> bool {
        self.shared.is_cancelled.load(Ordering::Relaxed)
    }
}

/// Where Python hears of it.
struct Listener<'py> {
    /// Called with stage, steps done and steps in all.
    callback: Option<Bound<'py, PyAny>>,
    /// Called with a line of text.
    note: Option<Bound<'py, PyAny>>,
    stage: Option<(&'static str, u64)>,
}

impl Listener<'_> {
    fn hear(&mut self, event: Event, n_done: u64) -> PyResult<()> {
        match event {
            Event::Begin(stage, total) => {
                self.end()?;
                self.stage = Some((stage, total));
                self.show(0)
            }
            Event::Note(text) => {
                if let Some(note) = &self.note {
                    note.call1((text,))?;
                }
                self.show(n_done)
            }
        }
    }

    fn show(&self, n_done: u64) -> PyResult<()> {
        if let (Some(callback), Some((stage, total))) = (&self.callback, self.stage) {
            callback.call1((stage, n_done.min(total), total))?;
        }
        Ok(())
    }

    /// A stage that has ended is done, however its steps were counted.
    fn end(&mut self) -> PyResult<()> {
        let total = self.stage.map_or(0, |(_, total)| total);
        self.show(total)?;
        self.stage = None;
        Ok(())
    }
}

/// Does work on threads of its own while the calling thread waits without the GIL.
///
/// `callback(stage, done, total)` and `note(text)` are called by the calling thread. What one of them
/// raises, and what a signal raises, such as `KeyboardInterrupt`, stops the work, and is raised when
/// the work has ended.
pub(crate) fn watched<T: Send, E: Into<CallError> + Send>(
    py: Python<'_>,
    callback: Option<Bound<'_, PyAny>>,
    note: Option<Bound<'_, PyAny>>,
    n_threads: Option<usize>,
    work: impl FnOnce(&dyn Progress) -> Result<T, E> + Send,
) -> PyResult<T> {
    let shared = Shared::default();
    let (sender, events) = channel();
    let events = Mutex::new(events);
    let teller = Teller {
        events: sender,
        shared: &shared,
    };
    let mut listener = Listener {
        callback,
        note,
        stage: None,
    };
    let (outcome, stopped) = std::thread::scope(|scope| {
        // The teller ends with the work, and the listener with the teller.
        let worker = scope.spawn(move || in_threads(n_threads, || work(&teller)));
        let stopped = listen(py, &events, &shared, &mut listener);
        if stopped.is_err() {
            shared.is_cancelled.store(true, Ordering::Relaxed);
        }
        (py.detach(|| worker.join()), stopped)
    });
    stopped?;
    match outcome {
        Ok(outcome) => {
            let done = outcome?;
            listener.end()?;
            Ok(done)
        }
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Listens until the work has ended, or Python wants it to stop.
fn listen(
    py: Python<'_>,
    events: &Mutex<Receiver<Event>>,
    shared: &Shared,
    listener: &mut Listener<'_>,
) -> PyResult<()> {
    loop {
        let event = py.detach(|| {
            // The lock is free: this thread alone listens. It lets the receiver be named while the
            // GIL is another's.
            let events = events.lock().unwrap_or_else(PoisonError::into_inner);
            events.recv_timeout(PERIOD)
        });
        py.check_signals()?;
        let n_done = shared.n_done.load(Ordering::Relaxed);
        match event {
            Ok(event) => listener.hear(event, n_done)?,
            Err(RecvTimeoutError::Timeout) => listener.show(n_done)?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// Does work on so many threads, or one a processor.
fn in_threads<T: Send, E: Into<CallError> + Send>(
    n_threads: Option<usize>,
    work: impl FnOnce() -> Result<T, E> + Send,
) -> Result<T, CallError> {
    if n_threads == Some(0) {
        return Err(OptionError::new("--threads", "must be at least 1").into());
    }
    let n_threads = n_threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .build()
        .map_err(|source| CallError::Threads { n_threads, source })?;
    pool.install(work).map_err(Into::into)
}
