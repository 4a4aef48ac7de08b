//! Tasks on threads of this process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use metaspace_run::worker::{Failure, FailureKind, Jobs, TaskLimits};
use rayon::ThreadPoolBuilder;

use crate::engine::{Attempt, DoTask, Ended, Engine, OutcomeSender};
use crate::error::EngineError;

/// Threads that each do one task at a time.
#[derive(Debug)]
pub struct Threads {
    n_threads: usize,
    work: Sender<(Attempt, OutcomeSender)>,
}

impl Threads {
    /// Starts so many threads; they end with this value.
    ///
    /// # Errors
    /// They cannot be started.
    pub fn new(n_threads: usize, do_task: DoTask) -> Result<Self, EngineError> {
        let (work, queue) = channel();
        let (queue, jobs) = (Arc::new(Mutex::new(queue)), Arc::new(Jobs::default()));
        for _ in 0..n_threads {
            // A task is work for one processor, here as elsewhere.
            let pool = ThreadPoolBuilder::new().num_threads(1).build();
            let pool = pool.map_err(|source| EngineError::Threads { n_threads, source })?;
            let (queue, jobs) = (Arc::clone(&queue), Arc::clone(&jobs));
            std::thread::spawn(move || pool.install(|| work_off(&queue, &jobs, do_task)));
        }
        Ok(Self { n_threads, work })
    }
}

type Queue = Mutex<Receiver<(Attempt, OutcomeSender)>>;

fn work_off(queue: &Queue, jobs: &Jobs, do_task: DoTask) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((attempt, ended)) = next else { return };
        let limits = TaskLimits {
            memory_mb: attempt.memory_mb,
            is_bound: false,
            time: None,
        };
        let done = catch_unwind(AssertUnwindSafe(|| do_task(jobs, &attempt.task, limits)));
        let outcome = match done {
            Ok(Ok(report)) => Ok(report),
            Ok(Err(error)) => Err(Failure::from(&error)),
            Err(_) => Err(Failure::new(FailureKind::Crash, "the task panicked")),
        };
        ended.tell(Ended { attempt, outcome });
    }
}

impl Engine for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn capacity(&self) -> usize {
        self.n_threads
    }

    fn memory_mb(&self, needed_mb: u32) -> Option<u32> {
        Some(needed_mb)
    }

    fn start(&self, attempts: Vec<Attempt>, ended: &OutcomeSender) -> Result<(), EngineError> {
        for attempt in attempts {
            let name = attempt.task.name();
            let sent = self.work.send((attempt, ended.clone()));
            sent.map_err(|_| EngineError::Engine {
                engine: "threads",
                reason: format!("no thread is left for {name}"),
            })?;
        }
        Ok(())
    }
}
