//! Opening a dataset to annotate it, and what `run.json` says of it.

use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_machine::files::{Stoppable, hash};
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::DatasetRecord;
use metaspace_storage::{Location, ibd_of, open_ranges, open_reader};
use ms_core::imzml::{Dataset, Names, Representation};
use ms_core::progress::{Progress, check};

use crate::config::RunConfig;
use crate::error::RunError;

/// Opens a dataset and makes sure that it can be annotated.
///
/// # Errors
/// It is wrong, its checksum differs, or its spectra are profiles.
pub fn open(
    imzml: &Path,
    options: &AnnotateOptions,
    progress: &dyn Progress,
) -> Result<Dataset, RunError> {
    let dataset = open_dataset(imzml, options.ibd.as_deref(), options.z, progress)?;
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
    Ok(dataset)
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
    let imzml = Location::of(imzml)?;
    let mut xml = Stoppable {
        reader: open_reader(&imzml)?,
        progress,
    };
    let ibd = ibd_of(&imzml, ibd)?;
    let names = Names {
        imzml: imzml.to_string(),
        ibd: ibd.to_string(),
    };
    let opened = Dataset::open(&mut xml, open_ranges(&ibd)?, names, z);
    // A reader that was stopped looks like one that failed.
    check(progress)?;
    Ok(opened?)
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
///
/// # Errors
/// The imzML cannot be read to hash it.
pub fn describe(
    dataset: &Dataset,
    imzml: &Path,
    options: &AnnotateOptions,
) -> Result<DatasetRecord, RunError> {
    let (length, hash) = hash_file(&Location::of(imzml)?)?;
    let raster = &dataset.pixels.raster;
    let checksum = dataset.header.checksum.as_ref();
    Ok(DatasetRecord {
        imzml: dataset.names.imzml.clone(),
        ibd: dataset.names.ibd.clone(),
        imzml_bytes: length,
        ibd_bytes: dataset.ibd().len(),
        uuid: dataset.header.uuid.clone(),
        imzml_blake3: hash,
        ibd_checksum: checksum.map(|c| format!("{} {}", c.algorithm, c.digits)),
        is_checksum_verified: options.verify,
        width: raster.width,
        height: raster.height,
        pixel_size_um: dataset.header.pixel_size_um,
        n_pixels: raster.n_pixels(),
        n_spectra: dataset.spectra.len(),
        n_peaks: 0,
        mz_range: None,
        peaks: None,
    })
}

/// Length in bytes and BLAKE3 hash of a file, wherever it is.
fn hash_file(location: &Location) -> Result<(u64, String), RunError> {
    let path = location.to_path();
    Ok(hash(open_reader(location)?).map_err(FileError::at("read", path))?)
}
