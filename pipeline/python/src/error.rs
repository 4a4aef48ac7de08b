//! What can go wrong in a call, and the exception that it becomes.

use annotator::error::AnnotateError;
use metaspace_explore::error::ExploreError;
use metaspace_explore::pixel_spectra::SpectraError;
use metaspace_machine::error::{Explanation, FileError, OptionError};
use metaspace_report::error::ReportError;
use metaspace_results::ResultsError;
use metaspace_run::error::RunError;
use metaspace_storage::StoreError;
use ms_core::imzml::ImzmlError;
use ms_core::spectra::IndexError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyModule;

/// The module that has the exceptions.
const EXCEPTIONS: &str = "metaspace.errors";

/// Why a call has failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An option whose value makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Options that cannot be understood.
    #[error("cannot understand the options")]
    Options(#[source] serde_json::Error),
    /// A store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Results could not be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// A question to results has no answer.
    #[error(transparent)]
    Explore(#[from] ExploreError),
    /// A dataset was not annotated.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A report was not written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Images cannot be compared.
    #[error(transparent)]
    Coloc(#[from] coloc::error::ColocError),
    /// Something that was read cannot be handed over as JSON.
    #[error("cannot write the record as JSON")]
    Json(#[source] serde_json::Error),
    /// Columns of a table do not fit together.
    #[error("cannot build a table")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// Threads could not be started.
    #[error("cannot start {n_threads} threads")]
    Threads {
        /// How many.
        n_threads: usize,
        /// Why.
        source: rayon::ThreadPoolBuildError,
    },
}

impl From<SpectraError> for CallError {
    fn from(error: SpectraError) -> Self {
        match error {
            SpectraError::Explore(error) => error.into(),
            other => OptionError::new("x, y", other.to_string()).into(),
        }
    }
}

impl CallError {
    /// Name of its class.
    fn class(&self) -> &'static str {
        match self {
            Self::File(_) => "FileError",
            Self::Option(_) | Self::Options(_) => "OptionError",
            Self::Store(error) => of_store(error),
            Self::Results(error) => of_results(error),
            Self::Explore(error) => of_explore(error),
            Self::Run(error) => of_run(error),
            Self::Report(error) => of_report(error),
            Self::Coloc(_) => "ColocalizationError",
            Self::Json(_) | Self::Arrow(_) | Self::Threads { .. } => "MetaspaceError",
        }
    }
}

fn of_store(error: &StoreError) -> &'static str {
    match error {
        StoreError::File(_) => "FileError",
        _ => "StoreError",
    }
}

fn of_annotate(error: &AnnotateError) -> &'static str {
    match error {
        AnnotateError::Setting { .. } | AnnotateError::TooManyModifiers { .. } => "OptionError",
        AnnotateError::Index(error) => of_index(error),
        _ => "AnnotateError",
    }
}

fn of_results(error: &ResultsError) -> &'static str {
    match error {
        ResultsError::File(_) => "FileError",
        ResultsError::Option(_) => "OptionError",
        ResultsError::Annotate(error) => of_annotate(error),
        ResultsError::Index(error) => of_index(error),
        ResultsError::Coloc(_) | ResultsError::Region { .. } => "ColocalizationError",
        _ => "ResultsError",
    }
}

fn of_index(error: &IndexError) -> &'static str {
    match error {
        IndexError::Imzml(_) => "ImzmlError",
        _ => "AnnotateError",
    }
}

fn of_explore(error: &ExploreError) -> &'static str {
    match error {
        ExploreError::File(_) => "FileError",
        ExploreError::Option(_) => "OptionError",
        ExploreError::Results(error) => of_results(error),
        ExploreError::Index(error) => of_index(error),
        ExploreError::Imzml(_) => "ImzmlError",
        ExploreError::UnknownIon { .. } => "UnknownIonError",
        ExploreError::Coloc(_) | ExploreError::Shrunk { .. } => "ColocalizationError",
        _ => "ResultsError",
    }
}

fn of_run(error: &RunError) -> &'static str {
    match error {
        RunError::File(_) => "FileError",
        RunError::Option(_)
        | RunError::PeakIntensity(_)
        | RunError::Modifier { .. }
        | RunError::Charge(_)
        | RunError::Instrument(_)
        | RunError::Recalibration(_)
        | RunError::Settings { .. } => "OptionError",
        RunError::Store(error) => of_store(error),
        RunError::Results(error) => of_results(error),
        RunError::Imzml(_)
        | RunError::Profile { .. }
        | RunError::NotImzml { .. }
        | RunError::NoPolarity { .. } => "ImzmlError",
        RunError::Moldb(_) => "MoleculeTableError",
        RunError::ScoringModel { .. } => "ScoringModelError",
        RunError::Annotate(error) => of_annotate(error),
        RunError::Index(error) => of_index(error),
        RunError::Coloc(_) => "ColocalizationError",
        RunError::Simulate(_) => "SimulateError",
        _ => "AnnotateError",
    }
}

fn of_report(error: &ReportError) -> &'static str {
    match error {
        ReportError::File(_) => "FileError",
        ReportError::Option(_) => "OptionError",
        ReportError::Results(error) => of_results(error),
        ReportError::Explore(error) => of_explore(error),
        _ => "ReportError",
    }
}

impl From<ImzmlError> for CallError {
    fn from(error: ImzmlError) -> Self {
        Self::Run(error.into())
    }
}

impl From<CallError> for PyErr {
    /// The exception of the error's kind, with the text that the command prints behind `error: `.
    fn from(error: CallError) -> Self {
        let text = Explanation::of(&error).lines();
        Python::attach(|py| {
            let exception = exceptions(py)
                .and_then(|module| module.getattr(error.class()))
                .and_then(|class| class.call1((text,)));
            match exception {
                Ok(exception) => Self::from_value(exception),
                Err(other) => other,
            }
        })
    }
}

/// The module that has the exceptions.
fn exceptions(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import(EXCEPTIONS).map(Bound::unbind))?;
    Ok(module.bind(py))
}
