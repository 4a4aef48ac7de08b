//! The programs of metaspace: the command line, one command a file, and the worker of its engines.

pub mod cli;
pub mod worker;
