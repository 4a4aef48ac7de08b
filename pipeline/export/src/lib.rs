//! Results as what other programs read: a matrix of ions and pixels as CSV or Parquet, AnnData and
//! SpatialData as Zarr.
//!
//! Every export has the first isotopic images of the annotated ions up to an FDR, each ion once. Images
//! are read some at a time; what is written has a temporary name until it is whole.

mod anndata;
mod destination;
mod error;
mod geoparquet;
mod intensities;
mod ions;
mod matrix;
mod options;
mod spatialdata;
mod zarr;

pub use anndata::write_anndata;
pub use error::ExportError;
pub use matrix::write_matrix;
pub use options::{ColumnNames, ExportOptions, FDR};
pub use spatialdata::write_spatialdata;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The file or folder.
    pub path: std::path::PathBuf,
    /// Ions.
    pub n_ions: usize,
    /// Rows of intensities: pixels, or regions.
    pub n_rows: usize,
    /// Bytes of all files.
    pub n_bytes: u64,
}
