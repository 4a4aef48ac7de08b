//! Ctrl-C: it asks the work to stop, and the work looks whether it was pressed.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set by Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C ask the work to stop instead of ending the process.
pub fn stop_on_interrupt() {
    // Where no handler can be set, Ctrl-C ends the process as it would anyway.
    let set = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    drop(set);
}

/// Whether Ctrl-C was pressed.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
