//! Opening a dataset to annotate it, and what `run.json` says of it.

use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_machine::files::{Hashing, Stoppable};
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{DatasetRecord, PickingRecord};
use metaspace_storage::{Location, ibd_of, open_ranges, open_reader};
use ms_core::imzml::{Choice, Dataset, Names};
use ms_core::progress::{Progress, check};

use crate::config::RunConfig;
use crate::error::RunError;
use crate::picking::pick_peaks;

/// Length in bytes and BLAKE3 hash of an imzML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImzmlHash {
    n_bytes: u64,
    blake3: String,
}

/// Opens a dataset and makes sure that it can be annotated.
///
/// # Errors
/// It is wrong, or its checksum differs.
pub fn open(
    imzml: &Path,
    options: &AnnotateOptions,
    progress: &dyn Progress,
) -> Result<(Dataset, ImzmlHash), RunError> {
    let (mut dataset, hash) =
        open_hashed(imzml, options.ibd.as_deref(), options.choice()?, progress)?;
    if options.verify {
        let checksum = dataset.verify_checksum()?;
        progress.note(&format!(
            "the ibd has the stated {} checksum",
            checksum.algorithm
        ));
    }
    pick_peaks(&mut dataset, options, progress)?;
    Ok((dataset, hash))
}

/// Opens the two files of a dataset.
///
/// # Errors
/// One is missing or wrong.
pub fn open_dataset(
    imzml: &Path,
    ibd: Option<&Path>,
    choice: Choice,
    progress: &dyn Progress,
) -> Result<Dataset, RunError> {
    Ok(open_hashed(imzml, ibd, choice, progress)?.0)
}

/// The same, and what tells the imzML from every other: it is read once for both.
fn open_hashed(
    imzml: &Path,
    ibd: Option<&Path>,
    choice: Choice,
    progress: &dyn Progress,
) -> Result<(Dataset, ImzmlHash), RunError> {
    let imzml = Location::of(imzml)?;
    check_kind(&imzml)?;
    let mut xml = Hashing::new(Stoppable {
        reader: open_reader(&imzml)?,
        progress,
    });
    let ibd = ibd_of(&imzml, ibd)?;
    let names = Names {
        imzml: imzml.to_string(),
        ibd: ibd.to_string(),
    };
    let opened = Dataset::open_chosen(&mut xml, open_ranges(&ibd)?, names, choice);
    // A reader that was stopped looks like one that failed.
    check(progress)?;
    let dataset = opened?;
    let hashed = xml.finish();
    check(progress)?;
    let (n_bytes, blake3) = hashed.map_err(FileError::at("read", imzml.to_path()))?;
    Ok((dataset, ImzmlHash { n_bytes, blake3 }))
}

/// Refuses what is no imzML by its kind or name, with what to give in its place.
fn check_kind(imzml: &Location) -> Result<(), RunError> {
    let Location::Path(path) = imzml else {
        return Ok(());
    };
    let wrong = |what, hint| RunError::NotImzml {
        path: path.clone(),
        what,
        hint,
    };
    if path.is_dir() {
        let mut inside: Vec<String> = std::fs::read_dir(path)
            .map_err(FileError::at("read", path))?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|e| e.eq_ignore_ascii_case("imzml"))
            })
            .map(|path| path.display().to_string())
            .collect();
        inside.sort();
        let hint = match inside.as_slice() {
            [] => "it has no imzML file in it; name the imzML file of the dataset".into(),
            [only] => format!("name the imzML file in it: {only}"),
            [first, ..] => format!(
                "name one or more of the {} imzML files in it, such as {first}",
                inside.len()
            ),
        };
        return Err(wrong("is a folder", hint));
    }
    if path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("ibd"))
    {
        let hint = format!(
            "name its imzML file: {}",
            path.with_extension("imzML").display()
        );
        return Err(wrong("is an ibd", hint));
    }
    Ok(())
}

/// Notes where settings were taken from that were not given.
pub fn note_origins(config: &RunConfig, progress: &dyn Progress) {
    for origin in &config.origins {
        progress.note(&origin.line());
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
        picking: dataset.picking.as_ref().map(PickingRecord::from),
        survey: None,
        peaks: None,
    }
}
