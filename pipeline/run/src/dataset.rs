//! Opening a dataset to annotate it, and what `run.json` says of it.

use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_machine::files::{Hashing, Stoppable};
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::DatasetRecord;
use metaspace_storage::{Location, ibd_of, open_ranges, open_reader};
use ms_core::imzml::{Dataset, Names, Representation};
use ms_core::progress::{Progress, check};

use crate::config::RunConfig;
use crate::error::RunError;

/// Length in bytes and BLAKE3 hash of an imzML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImzmlHash {
    n_bytes: u64,
    blake3: String,
}

/// Opens a dataset and makes sure that it can be annotated.
///
/// # Errors
/// It is wrong, its checksum differs, or its spectra are profiles.
pub fn open(
    imzml: &Path,
    options: &AnnotateOptions,
    progress: &dyn Progress,
) -> Result<(Dataset, ImzmlHash), RunError> {
    let (dataset, hash) = open_hashed(imzml, options.ibd.as_deref(), options.z, progress)?;
    if options.verify {
        let checksum = dataset.verify_checksum()?;
        progress.note(&format!(
            "the ibd has the stated {} checksum",
            checksum.algorithm
        ));
    }
    let observed = dataset.observed_representation()?;
    let (representation, why) = match (observed, dataset.header.representation) {
        (Some(observed), Some(stated)) if observed == stated => (observed, "as the file says"),
        (Some(observed), _) => (observed, "as its values show"),
        (None, stated) => (
            stated.unwrap_or(Representation::Centroid),
            "as the file says",
        ),
    };
    if representation == Representation::Profile && !options.assume_centroid {
        return Err(RunError::Profile {
            file: dataset.names.imzml,
            why,
        });
    }
    Ok((dataset, hash))
}

/// Opens the two files of a dataset.
///
/// # Errors
/// One is missing or wrong.
pub fn open_dataset(
    imzml: &Path,
    ibd: Option<&Path>,
    z: Option<u32>,
    progress: &dyn Progress,
) -> Result<Dataset, RunError> {
    Ok(open_hashed(imzml, ibd, z, progress)?.0)
}

/// The same, and what tells the imzML from every other: it is read once for both.
fn open_hashed(
    imzml: &Path,
    ibd: Option<&Path>,
    z: Option<u32>,
    progress: &dyn Progress,
) -> Result<(Dataset, ImzmlHash), RunError> {
    let imzml = Location::of(imzml)?;
    let mut xml = Hashing::new(Stoppable {
        reader: open_reader(&imzml)?,
        progress,
    });
    let ibd = ibd_of(&imzml, ibd)?;
    let names = Names {
        imzml: imzml.to_string(),
        ibd: ibd.to_string(),
    };
    let opened = Dataset::open(&mut xml, open_ranges(&ibd)?, names, z);
    // A reader that was stopped looks like one that failed.
    check(progress)?;
    let dataset = opened?;
    let hashed = xml.finish();
    check(progress)?;
    let (n_bytes, blake3) = hashed.map_err(FileError::at("read", imzml.to_path()))?;
    Ok((dataset, ImzmlHash { n_bytes, blake3 }))
}

/// Notes where settings were taken from that were not given.
pub fn note_origins(config: &RunConfig, progress: &dyn Progress) {
    for origin in &config.origins {
        progress.note(&format!(
            "{}: {} ({})",
            origin.setting, origin.value, origin.from
        ));
    }
}

/// What is known of a dataset before its peaks are read.
pub fn describe(dataset: &Dataset, imzml: ImzmlHash, options: &AnnotateOptions) -> DatasetRecord {
    let raster = &dataset.pixels.raster;
    let checksum = dataset.header.checksum.as_ref();
    DatasetRecord {
        imzml: dataset.names.imzml.clone(),
        ibd: dataset.names.ibd.clone(),
        imzml_bytes: imzml.n_bytes,
        ibd_bytes: dataset.ibd().len(),
        uuid: dataset.header.uuid.clone(),
        imzml_blake3: imzml.blake3,
        ibd_checksum: checksum.map(|c| format!("{} {}", c.algorithm, c.digits)),
        is_checksum_verified: options.verify,
        width: raster.width,
        height: raster.height,
        pixel_size_um: dataset.header.pixel_size_um,
        n_pixels: raster.n_pixels(),
        n_spectra: dataset.spectra.len(),
        n_peaks: 0,
        mz_range: None,
        survey: None,
        peaks: None,
    }
}
