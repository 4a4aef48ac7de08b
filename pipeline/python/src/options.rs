//! Options of an annotation as they come from Python: JSON with the names of a settings file.

use metaspace_results::options::AnnotateOptions;
use pyo3::prelude::*;

use crate::error::CallError;

/// The options that a JSON object has; the others are not given.
///
/// # Errors
/// A name is not known, or a value is of another type.
pub(crate) fn read_options(json: &str) -> Result<AnnotateOptions, CallError> {
    serde_json::from_str(json).map_err(CallError::Options)
}

/// All options as JSON, none of them given.
#[pyfunction]
pub(crate) fn annotate_options() -> PyResult<String> {
    let options = serde_json::to_string(&AnnotateOptions::default());
    Ok(options.map_err(CallError::Json)?)
}
