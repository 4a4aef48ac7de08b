//! What can go wrong with one annotation.

use std::path::PathBuf;

use annotator::error::AnnotateError;
use annotator::moldb::MoldbError;
use annotator::scoring::catboost::ModelError;
use datasets::simulate::SimulateError;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::ResultsError;
use metaspace_storage::StoreError;
use ms_core::imzml::ImzmlError;
use ms_core::ion::{ChargeError, ModifierError};
use ms_core::isotopes::InstrumentError;
use ms_core::profile::PeakIntensityError;
use ms_core::progress::Cancelled;
use ms_core::recalibration::CurveError;
use ms_core::spectra::IndexError;

/// Why a dataset was not annotated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An option whose value makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Results could not be written or read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// The dataset is wrong.
    #[error(transparent)]
    Imzml(#[from] ImzmlError),
    /// A molecule table is wrong.
    #[error(transparent)]
    Moldb(#[from] MoldbError),
    /// A scoring model that cannot be used.
    #[error("cannot use scoring model `{}`", path.display())]
    ScoringModel {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ModelError,
    },
    /// The annotation failed.
    #[error(transparent)]
    Annotate(#[from] AnnotateError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Profile spectra in which no peak can be.
    #[error(
        "`{file}` has profile spectra, and none of them has two points\nhint: --assume-centroid takes each point for a peak"
    )]
    Profile {
        /// The dataset.
        file: String,
    },
    /// A path that leads to no imzML file.
    #[error("`{}` {what}\nhint: {hint}", path.display())]
    NotImzml {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// What to give in its place.
        hint: String,
    },
    /// A dataset of which no peak would be left.
    #[error("no peak of `{file}` is left{}", between(*mz_limits))]
    NothingKept {
        /// The dataset.
        file: String,
        /// Lowest and highest m/z that were asked for.
        mz_limits: (Option<f64>, Option<f64>),
    },
    /// A file that does not hold what was written to it.
    #[error("`{}` does not read back as it was written\nhint: the disk may be full or failing", path.display())]
    ReadBack {
        /// The file.
        path: PathBuf,
    },
    /// A way to measure peaks that is none.
    #[error("--peak-by")]
    PeakIntensity(#[from] PeakIntensityError),
    /// The polarity is nowhere.
    #[error(
        "`{file}` does not say its polarity{detail}\nhint: add --polarity positive or --polarity negative"
    )]
    NoPolarity {
        /// The dataset.
        file: String,
        /// More of it.
        detail: &'static str,
    },
    /// A modifier that is none.
    #[error("{option}: cannot read `{value}`")]
    Modifier {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
        /// Why.
        source: Box<ModifierError>,
    },
    /// A charge that is none.
    #[error(transparent)]
    Charge(#[from] ChargeError),
    /// An instrument that is none.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// A correction of m/z that is none.
    #[error(transparent)]
    Recalibration(#[from] CurveError),
    /// A settings file that cannot be understood.
    #[error("cannot understand settings file `{}`", path.display())]
    Settings {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// A tissue could not be simulated.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// Images cannot be compared.
    #[error(transparent)]
    Coloc(#[from] coloc::error::ColocError),
    /// A record could not be written as JSON.
    #[error("cannot write `{}`", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl RunError {
    /// Whether it is a stop from outside and no failure.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Annotate(
                AnnotateError::Cancelled(_) | AnnotateError::Index(IndexError::Cancelled(_)),
            )
            | Self::Index(IndexError::Cancelled(_))
            | Self::Simulate(SimulateError::Cancelled(_)) => true,
            Self::Results(error) => error.is_cancelled(),
            _ => false,
        }
    }
}

impl From<Cancelled> for RunError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Annotate(AnnotateError::Cancelled(cancelled))
    }
}

/// Limits of m/z in words.
fn between(limits: (Option<f64>, Option<f64>)) -> String {
    match limits {
        (None, None) => String::new(),
        (Some(low), None) => format!(" from m/z {low}"),
        (None, Some(high)) => format!(" up to m/z {high}"),
        (Some(low), Some(high)) => format!(" between m/z {low} and {high}"),
    }
}
