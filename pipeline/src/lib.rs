//! The programs of metaspace: the command line, one command a file, and the worker of its engines.

#[cfg(feature = "command")]
pub mod cli;
pub mod worker;
