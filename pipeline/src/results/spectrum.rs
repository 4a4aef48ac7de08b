//! `mean_spectrum.parquet`: the mean of all spectra.

use std::path::Path;
use std::sync::Arc;

use arrow_array::types::UInt64Type;
use arrow_array::{Float64Array, UInt64Array};
use ms_core::spectra::MeanPeak;

use super::reading::Table;
use super::table::TableWriter;
use crate::error::RunError;

/// Writes one row a bin of m/z that has peaks.
///
/// # Errors
/// The file cannot be written.
pub fn write_mean_spectrum(peaks: &[MeanPeak], path: &Path) -> Result<(), RunError> {
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
pub fn read_mean_spectrum(folder: &Path) -> Result<Vec<MeanPeak>, RunError> {
    let table = Table::open(folder, "mean_spectrum.parquet")?;
    let mut peaks = Vec::new();
    for batch in table.read(&["mz", "intensity", "nPeaks"], None)? {
        let batch = table.batch(batch)?;
        let (mz, intensity) = (
            table.numbers(&batch, "mz")?,
            table.numbers(&batch, "intensity")?,
        );
        let n_peaks = table.primitive::<UInt64Type>(&batch, "nPeaks")?;
        let rows = mz.into_iter().zip(intensity).zip(n_peaks);
        peaks.extend(rows.map(|((mz, intensity), n_peaks)| MeanPeak {
            mz,
            intensity,
            n_peaks,
        }));
    }
    Ok(peaks)
}
