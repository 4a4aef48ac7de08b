//! `truth.parquet`: what a simulated tissue consists of.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, ListBuilder, UInt32Builder};
use arrow_array::{ArrayRef, Float64Array, StringArray, UInt32Array};
use datasets::simulate::{TrueIon, Truth};
use ms_core::formula::Formula;

use super::table::TableWriter;
use crate::error::RunError;

/// Writes one row a true ion, its noiseless image as lists of pixels and intensities.
///
/// # Errors
/// The file cannot be written.
pub fn write_truth(
    truth: &Truth,
    molecules: &[(String, Formula)],
    path: &Path,
) -> Result<(), RunError> {
    let ions = &truth.ions;
    let text = |f: &dyn Fn(&TrueIon) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(ions.iter().map(f)))
    };
    let number = |f: &dyn Fn(&TrueIon) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(ions.iter().map(f)))
    };
    let whole = |f: &dyn Fn(&TrueIon) -> usize| -> ArrayRef {
        let values = ions.iter().map(|ion| u32::try_from(f(ion)).unwrap_or(u32::MAX));
        Arc::new(UInt32Array::from_iter_values(values))
    };
    let mut pixels = ListBuilder::new(UInt32Builder::new());
    let mut intensities = ListBuilder::new(Float32Builder::new());
    for ion in ions {
        pixels.values().append_slice(&ion.image.pixels);
        pixels.append(true);
        intensities.values().append_slice(&ion.image.intensities);
        intensities.append(true);
    }
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("molecule", text(&|ion| molecules[ion.molecule].0.clone()), false),
        ("formula", text(&|ion| ion.formula.clone()), false),
        ("adduct", text(&|ion| ion.adduct.clone()), false),
        ("ionFormula", text(&|ion| ion.ion_formula.clone()), false),
        ("mz", number(&|ion| ion.mz), false),
        ("level", number(&|ion| ion.level), false),
        ("group", whole(&|ion| ion.group), false),
        ("nPixelsDetected", whole(&|ion| ion.n_pixels_detected), false),
        ("pixels", Arc::new(pixels.finish()), false),
        ("intensities", Arc::new(intensities.finish()), false),
    ])?;
    writer.finish()
}
