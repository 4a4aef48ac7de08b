//! What the user sees while a command works, and how it is stopped.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use metaspace_machine::interrupt::is_interrupted;
use ms_core::progress::Progress;

/// How much is shown on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Nothing but errors.
    Quiet,
    /// Stages, notes and warnings.
    Normal,
}

/// Shows stages on stderr: as bars on a terminal, otherwise a line when a stage begins and when it ends.
#[derive(Debug)]
pub(crate) struct Terminal {
    verbosity: Verbosity,
    shows_bars: bool,
    stage: Mutex<Option<Stage>>,
}

#[derive(Debug)]
struct Stage {
    name: &'static str,
    started: Instant,
    bar: ProgressBar,
}

impl Terminal {
    /// A terminal on stderr.
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        Self {
            verbosity,
            shows_bars: std::io::stderr().is_terminal(),
            stage: Mutex::new(None),
        }
    }

    /// Says something on stderr, unless quiet.
    pub(crate) fn say(&self, text: &str) {
        if self.verbosity == Verbosity::Normal {
            // There is nobody to tell that stderr is closed.
            drop(writeln!(std::io::stderr().lock(), "{text}"));
        }
    }

    /// Ends the stage that is shown.
    pub(crate) fn finish(&self) {
        if let Some(stage) = self.lock().take() {
            stage.bar.finish_and_clear();
            self.say(&format!(
                "{:<18} {:>7.2} s",
                stage.name,
                stage.started.elapsed().as_secs_f64()
            ));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Stage>> {
        self.stage
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Progress for Terminal {
    fn begin(&self, name: &'static str, total: u64) {
        self.finish();
        let bar = if self.shows_bars && self.verbosity == Verbosity::Normal {
            let bar = ProgressBar::new(total);
            if let Ok(style) =
                ProgressStyle::with_template("{msg:<18} {wide_bar} {percent:>3} % {eta:>4}")
            {
                bar.set_style(style);
            }
            bar.set_message(name);
            bar
        } else {
            ProgressBar::hidden()
        };
        *self.lock() = Some(Stage {
            name,
            started: Instant::now(),
            bar,
        });
    }

    fn advance(&self, steps: u64) {
        if let Some(stage) = &*self.lock() {
            stage.bar.inc(steps);
        }
    }

    fn is_cancelled(&self) -> bool {
        is_interrupted()
    }

    fn note(&self, text: &str) {
        self.say(text);
    }
}
