//! `mean_spectrum.parquet`: the mean of all spectra.

use std::path::Path;
use std::sync::Arc;

use arrow_array::types::{Float64Type, UInt64Type};
use arrow_array::{Float64Array, UInt64Array};
use ms_core::spectra::MeanPeak;

use crate::error::ResultsError;
use crate::parquet_file::ParquetFile;
use crate::table::TableWriter;

/// Writes one row a bin of m/z that has peaks.
///
/// # Errors
/// The file cannot be written.
pub fn write_mean_spectrum(peaks: &[MeanPeak], path: &Path) -> Result<(), ResultsError> {
    let number = |f: &dyn Fn(&MeanPeak) -> f64| Float64Array::from_iter_values(peaks.iter().map(f));
    let n_peaks = UInt64Array::from_iter_values(peaks.iter().map(|peak| peak.n_peaks));
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("mz", Arc::new(number(&|peak| peak.mz)), false),
        ("intensity", Arc::new(number(&|peak| peak.intensity)), false),
        ("nPeaks", Arc::new(n_peaks), false),
    ])?;
    writer.finish()
}

/// Reads the table back.
///
/// # Errors
/// It cannot be read or lacks a column.
pub fn read_mean_spectrum(folder: &Path) -> Result<Vec<MeanPeak>, ResultsError> {
    let table = ParquetFile::open(&folder.join("mean_spectrum.parquet"))?;
    let mut peaks = Vec::new();
    for rows in table.rows(&["mz", "intensity", "nPeaks"])? {
        let rows = rows?;
        let (mz, intensity) = (
            rows.numbers::<Float64Type>("mz")?,
            rows.numbers::<Float64Type>("intensity")?,
        );
        let n_peaks = rows.numbers::<UInt64Type>("nPeaks")?;
        for row in 0..rows.n_rows() {
            peaks.push(MeanPeak {
                mz: mz[row],
                intensity: intensity[row],
                n_peaks: n_peaks[row],
            });
        }
    }
    Ok(peaks)
}
