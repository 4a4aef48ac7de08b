//! The Python package: what the crates do, as the module `metaspace._native`.
//!
//! Nothing is computed here. A call takes its arguments apart, lets Python go on with other threads,
//! calls a crate, and makes an array, a table or an exception of what comes back. What users see is
//! written in Python, in `python/metaspace`.
//!
//! No thread is started when the module is loaded, and none outlives a call but those that speak to
//! S3, so that a process that has not done so may fork between calls.

#![expect(
    clippy::result_large_err,
    reason = "a call fails once, and its error becomes an exception at once"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "what Python hands over is owned, so that it is there when other threads go on"
)]

use pyo3::prelude::*;

mod annotate;
mod arrays;
mod dataset;
mod error;
mod optical;
mod options;
mod program;
mod results;
mod table;
mod tools;
mod watch;

/// The module that Python loads.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::annotate::annotate;
    #[pymodule_export]
    use crate::dataset::Dataset;
    #[pymodule_export]
    use crate::options::annotate_options;
    #[pymodule_export]
    use crate::program::main;
    #[pymodule_export]
    use crate::results::Results;
    #[pymodule_export]
    use crate::table::Table;
    #[pymodule_export]
    use crate::tools::{colocalization_matrix, evaluate, isotopes, simulate, version};
}
