//! The annotation of a dataset.

use std::ffi::OsString;
use std::path::PathBuf;

use metaspace_run::source::Input;
use metaspace_run::whole::run;
use pyo3::prelude::*;

use crate::options::read_options;
use crate::watch::watched;

/// Annotates a dataset, or kept peaks, with options as JSON; returns where the results are.
#[pyfunction]
#[pyo3(signature = (source, is_peaks, options, progress=None, note=None))]
pub(crate) fn annotate<'py>(
    py: Python<'py>,
    source: PathBuf,
    is_peaks: bool,
    options: &str,
    progress: Option<Bound<'py, PyAny>>,
    note: Option<Bound<'py, PyAny>>,
) -> PyResult<OsString> {
    let options = read_options(options)?;
    let input = if is_peaks {
        Input::Peaks(source)
    } else {
        Input::Imzml(source)
    };
    let outcome = watched(py, progress, note, options.threads, |progress| {
        run(&input, &options, progress)
    })?;
    Ok(outcome.folder.into_os_string())
}
