//! The command line, in the process of Python.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs a command of the program `metaspace`; returns its exit code. `arguments` begin with the name of
/// the program. Python's own handling of Ctrl-C has ended afterwards: the process is to end, too.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| pipeline::cli::exit_code(arguments))
}
