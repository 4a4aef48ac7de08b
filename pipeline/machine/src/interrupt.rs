//! Ctrl-C, and what job limits and closed terminals send (SIGTERM, SIGHUP): they ask the work to stop,
//! and the work looks whether they came.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set when one of them came.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C, SIGTERM and SIGHUP ask the work to stop instead of ending the process.
pub fn stop_on_interrupt() {
    // Where no handler can be set, they end the process as they would anyway.
    let set = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    drop(set);
}

/// Whether one of them came.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
