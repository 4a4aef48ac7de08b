//! stub
use crate::{Experiment, error::ExperimentError, options::ExperimentOptions};
use metaspace_results::ResultsFolder;
use ms_core::progress::Progress;
/// x
pub fn write(_: &ResultsFolder, _: &Experiment, _: &ExperimentOptions, _: &dyn Progress) -> Result<(), ExperimentError> { Ok(()) }
