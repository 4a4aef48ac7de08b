//! What a command prints at its end, and its exit code.

/// Exit code of a command that did not do all that it should.
pub(crate) const INCOMPLETE: u8 = 3;

/// What a command has to say on stdout.
pub(crate) struct Output {
    pub(crate) text: String,
    pub(crate) json: serde_json::Value,
}

/// What a command has to say, and its exit code.
pub(crate) struct Finished {
    pub(crate) output: Output,
    pub(crate) code: u8,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self { output, code: 0 }
    }
}
