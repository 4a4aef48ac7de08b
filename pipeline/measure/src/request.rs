//! What is to be measured, and in which results.

use std::path::PathBuf;

use metaspace_explore::regions::mask;
use metaspace_results::{PixelNorm, read_raster};
use serde::{Deserialize, Serialize};

use crate::error::MeasureError;

/// What is to be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureRequest {
    /// The ions.
    pub ions: Vec<WantedIon>,
    /// The results.
    pub results: Vec<WantedResults>,
    /// By what the intensities of each pixel are divided.
    pub norm: Option<PixelNorm>,
}

/// An ion, as far as measuring needs to know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WantedIon {
    /// Formula, adduct and sign of the charge, as `ion` of `annotations.parquet`.
    pub ion: String,
    /// Formula of the ion, by which images are found.
    pub ion_formula: String,
    /// Theoretical m/z of the first isotope, in Th.
    pub mz: f64,
}

/// A results folder, and its regions.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedResults {
    /// The folder, or its address in a store.
    pub results: PathBuf,
    /// A folder of this machine with its record and its tables of pixels and regions: the same, or
    /// where they were brought.
    pub local: PathBuf,
    /// The regions.
    pub regions: Vec<WantedRegion>,
}

impl WantedResults {
    /// Which pixels each region has, a flag a pixel.
    ///
    /// # Errors
    /// The raster cannot be read, or a region is not there.
    pub(crate) fn masks(&self) -> Result<Vec<Vec<bool>>, MeasureError> {
        let raster = read_raster(&self.local)?;
        let regions = self.regions.iter();
        regions
            .map(|region| Ok(mask(&self.local, &region.name, &raster)?))
            .collect()
    }
}

/// A region of results.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedRegion {
    /// Its name, as [`metaspace_explore::regions::mask`] knows it.
    pub name: String,
    /// By what the intensities of its images are divided.
    pub factor: f64,
}
