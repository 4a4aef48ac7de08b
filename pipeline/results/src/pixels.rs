//! `pixels.parquet`: where each pixel lies, and how much was measured there.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Float64Array, UInt32Array};
use ms_core::imzml::PixelTable;
use ms_core::spectra::Census;

use crate::error::ResultsError;
use crate::table::TableWriter;

/// Writes one row a pixel that has a spectrum, in raster order.
///
/// # Errors
/// The file cannot be written.
pub fn write_pixels(pixels: &PixelTable, census: &Census, path: &Path) -> Result<(), ResultsError> {
    let raster = &pixels.raster;
    let positions = || raster.pixels().map(|pixel| raster.position(pixel));
    let column = |values: &mut dyn Iterator<Item = u32>| UInt32Array::from_iter_values(values);
    let (left, top) = pixels.origin;
    let numbers = 0..u32::try_from(raster.n_pixels()).unwrap_or(u32::MAX);
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("pixel", Arc::new(column(&mut numbers.into_iter())), false),
        (
            "x",
            Arc::new(column(&mut positions().map(|(x, _)| x))),
            false,
        ),
        (
            "y",
            Arc::new(column(&mut positions().map(|(_, y)| y))),
            false,
        ),
        (
            "imzmlX",
            Arc::new(column(&mut positions().map(|(x, _)| x + left))),
            false,
        ),
        (
            "imzmlY",
            Arc::new(column(&mut positions().map(|(_, y)| y + top))),
            false,
        ),
        (
            "tic",
            Arc::new(Float64Array::from(census.tic.clone())),
            false,
        ),
        (
            "rms",
            Arc::new(Float64Array::from(census.rms.clone())),
            false,
        ),
        (
            "nPeaks",
            Arc::new(UInt32Array::from(census.n_peaks_of_pixel.clone())),
            false,
        ),
    ])?;
    writer.finish()
}
