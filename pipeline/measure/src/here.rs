//! Measuring by the threads of this process.

use std::path::PathBuf;

use metaspace_results::check_results;
use metaspace_results::record::RunRecord;
use ms_core::progress::{Progress, check};
use rayon::prelude::*;

use crate::amounts::DatasetAmounts;
use crate::dataset::{MeasuredDataset, SpectraOptions};
use crate::error::MeasureError;
use crate::images::DatasetImages;
use crate::measurer::Measurer;
use crate::request::{MeasureRequest, WantedResults};

/// The threads of this process, a results folder a thread.
#[derive(Debug, Clone)]
pub struct Here {
    /// Folders in which datasets are looked for that do not lie where they were annotated.
    pub spectra: Vec<PathBuf>,
    /// Memory of reading datasets, in bytes, of all threads together.
    pub memory_bytes: u64,
}

impl Here {
    /// What each results folder gives, in their order.
    fn of_each<T: Send>(
        &self,
        request: &MeasureRequest,
        progress: &dyn Progress,
        give: impl Fn(&MeasuredDataset, &WantedResults, &SpectraOptions) -> Result<T, MeasureError>
        + Sync,
    ) -> Result<Vec<T>, MeasureError> {
        let n_threads = rayon::current_num_threads().max(1) as u64;
        let spectra = SpectraOptions {
            folders: self.spectra.clone(),
            memory_bytes: self.memory_bytes / n_threads,
        };
        let of_results = |wanted: &WantedResults| {
            check(progress)?;
            check_results(&wanted.local)?;
            let record = RunRecord::read(&wanted.local)?;
            let masks = wanted.masks()?;
            let dataset = MeasuredDataset::open(&wanted.local, record, masks, request.norm)?;
            let given = give(&dataset, wanted, &spectra)?;
            progress.advance(1);
            Ok(given)
        };
        // The first that went wrong is told, whichever thread was faster.
        let all: Vec<Result<T, MeasureError>> =
            request.results.par_iter().map(of_results).collect();
        all.into_iter().collect()
    }
}

impl Measurer for Here {
    fn amounts(
        &self,
        request: &MeasureRequest,
        progress: &dyn Progress,
    ) -> Result<Vec<DatasetAmounts>, MeasureError> {
        progress.begin("measuring ions", request.results.len() as u64);
        self.of_each(request, progress, |dataset, _, spectra| {
            dataset.amounts(&request.ions, spectra, progress)
        })
    }

    fn images(
        &self,
        request: &MeasureRequest,
        progress: &dyn Progress,
    ) -> Result<Vec<DatasetImages>, MeasureError> {
        progress.begin("drawing images", request.results.len() as u64);
        self.of_each(request, progress, |dataset, wanted, spectra| {
            let factors: Vec<f64> = wanted.regions.iter().map(|region| region.factor).collect();
            dataset.images(&request.ions, &factors, spectra, progress)
        })
    }
}
