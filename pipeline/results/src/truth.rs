//! `truth.parquet`: what a simulated tissue consists of.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, ListBuilder, UInt32Builder};
use arrow_array::{ArrayRef, Float64Array, StringArray, UInt32Array};
use datasets::simulate::{OtherIon, TrueIon, Truth};
use ms_core::formula::Formula;
use ms_core::image::IonImage;

use crate::DATASET_UUID;
use crate::error::ResultsError;
use crate::table::TableWriter;

/// An ion of a molecule, of the matrix, or of a compound that the table lacks.
#[derive(Clone, Copy)]
enum Row<'a> {
    Molecule(&'a TrueIon),
    Matrix(&'a OtherIon),
    Unknown(&'a OtherIon),
}

impl<'a> Row<'a> {
    fn molecule(self) -> Option<&'a TrueIon> {
        match self {
            Self::Molecule(ion) => Some(ion),
            Self::Matrix(_) | Self::Unknown(_) => None,
        }
    }

    fn origin(self) -> &'static str {
        match self {
            Self::Molecule(_) => "molecule",
            Self::Matrix(_) => "matrix",
            Self::Unknown(_) => "unknown",
        }
    }

    fn ion_formula(self) -> &'a str {
        match self {
            Self::Molecule(ion) => &ion.ion_formula,
            Self::Matrix(ion) | Self::Unknown(ion) => &ion.ion_formula,
        }
    }

    fn mz(self) -> f64 {
        match self {
            Self::Molecule(ion) => ion.mz,
            Self::Matrix(ion) | Self::Unknown(ion) => ion.mz,
        }
    }

    fn level(self) -> f64 {
        match self {
            Self::Molecule(ion) => ion.level,
            Self::Matrix(ion) | Self::Unknown(ion) => ion.level,
        }
    }

    fn image(self) -> &'a IonImage {
        match self {
            Self::Molecule(ion) => &ion.image,
            Self::Matrix(ion) | Self::Unknown(ion) => &ion.image,
        }
    }
}

/// Writes one row a true ion, those of molecules before those of the matrix and of compounds that the
/// table lacks, its noiseless image as
/// lists of pixels and intensities. `uuid` is the dataset's.
///
/// # Errors
/// The file cannot be written.
pub fn write_truth(
    truth: &Truth,
    molecules: &[(String, Formula)],
    uuid: [u8; 16],
    path: &Path,
) -> Result<(), ResultsError> {
    let of_molecules = truth.ions.iter().map(Row::Molecule);
    let rows: Vec<Row<'_>> = of_molecules
        .chain(truth.matrix_ions.iter().map(Row::Matrix))
        .chain(truth.unknown_ions.iter().map(Row::Unknown))
        .collect();
    let texts = |f: &dyn Fn(&TrueIon) -> String| -> ArrayRef {
        let values = rows.iter().map(|row| row.molecule().map(f));
        Arc::new(values.collect::<StringArray>())
    };
    let number = |f: &dyn Fn(Row<'_>) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(
            rows.iter().map(|&row| f(row)),
        ))
    };
    let whole = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let groups = rows
        .iter()
        .map(|row| row.molecule().map(|ion| whole(ion.group)));
    let groups: UInt32Array = groups.collect();
    let n_pixels = rows.iter().map(|row| whole(row.image().pixels.len()));
    let n_pixels = UInt32Array::from_iter_values(n_pixels);
    let origins = StringArray::from_iter_values(rows.iter().map(|row| row.origin()));
    let ion_formulas = StringArray::from_iter_values(rows.iter().map(|row| row.ion_formula()));
    let mut pixels = ListBuilder::new(UInt32Builder::new());
    let mut intensities = ListBuilder::new(Float32Builder::new());
    for row in &rows {
        pixels.values().append_slice(&row.image().pixels);
        pixels.append(true);
        intensities.values().append_slice(&row.image().intensities);
        intensities.append(true);
    }
    let mut writer = TableWriter::new(path);
    writer.describe(DATASET_UUID, format!("{:032x}", u128::from_be_bytes(uuid)));
    writer.write(vec![
        ("origin", Arc::new(origins), false),
        (
            "molecule",
            texts(&|ion| molecules[ion.molecule].0.clone()),
            true,
        ),
        ("formula", texts(&|ion| ion.formula.clone()), true),
        ("adduct", texts(&|ion| ion.adduct.clone()), true),
        ("ionFormula", Arc::new(ion_formulas), false),
        ("mz", number(&|row| row.mz()), false),
        ("level", number(&|row| row.level()), false),
        ("group", Arc::new(groups), true),
        ("nPixelsDetected", Arc::new(n_pixels), false),
        ("pixels", Arc::new(pixels.finish()), false),
        ("intensities", Arc::new(intensities.finish()), false),
    ])?;
    writer.finish()
}
