//! What a task may take, and stopping it where it would take more.

use std::time::{Duration, Instant};

use metaspace_machine::interrupt::is_interrupted;
use metaspace_machine::usage::memory_now_bytes;
use ms_core::progress::Progress;

use crate::plan::Task;
use crate::worker::report::TaskError;

/// What a worker gives a task.
#[derive(Debug, Clone, Copy)]
pub struct TaskLimits {
    /// Memory in MB by which the worker is billed.
    pub memory_mb: u32,
    /// Whether the whole process may not take more than that.
    pub is_bound: bool,
    /// Time until which the task must be done, if any.
    pub time: Option<Duration>,
}

/// Stops a task that would outgrow its worker, so that it can say so.
#[derive(Debug)]
pub struct Watchdog {
    /// When the task began.
    pub(crate) started: Instant,
    /// What it may take.
    pub(crate) limits: TaskLimits,
}

impl Watchdog {
    /// Of a task that begins now.
    pub fn new(limits: TaskLimits) -> Self {
        Self {
            started: Instant::now(),
            limits,
        }
    }

    /// Of 1,024 parts of its memory, those a process may fill before it stops.
    const FULL: u64 = 960;

    fn is_late(&self) -> bool {
        self.limits
            .time
            .is_some_and(|time| self.started.elapsed() >= time)
    }

    fn is_full(&self) -> bool {
        let allowed = u64::from(self.limits.memory_mb) * Self::FULL * 1_024;
        self.limits.is_bound && memory_now_bytes().is_some_and(|bytes| bytes > allowed)
    }

    /// A stop is told as what it was for.
    pub(crate) fn explain(&self, error: TaskError, task: &Task) -> TaskError {
        let is_stop = matches!(&error, TaskError::Run(error) if error.is_cancelled());
        if is_stop && self.is_late() {
            let seconds = self.limits.time.map_or(0, |time| time.as_secs());
            return TaskError::Time {
                task: task.name(),
                seconds,
            };
        }
        if is_stop && self.limits.is_bound {
            return TaskError::Memory {
                task: task.name(),
                memory_mb: self.limits.memory_mb,
            };
        }
        if is_stop { TaskError::Cancelled } else { error }
    }
}

impl Progress for Watchdog {
    fn begin(&self, _stage: &'static str, _total: u64) {}

    fn advance(&self, _steps: u64) {}

    fn is_cancelled(&self) -> bool {
        self.is_late() || self.is_full() || is_interrupted()
    }
}
