//! The spectrum of a pixel, from the dataset that results were made of, and whose peaks are in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use metaspace_machine::error::FileError;
use metaspace_machine::files::{FileRanges, find_ibd, hash};
use metaspace_results::StoredAnnotation;
use metaspace_results::record::{DatasetRecord, PickingRecord, RecalibrationRecord};
use ms_core::imzml::{Choice, Dataset, ImzmlError, Names, SpectrumIdx};
use ms_core::tolerance::Ppm;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ExploreError;

/// What `run.json` says of the dataset's files.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetFiles {
    /// The imzML file as it was given.
    pub imzml: PathBuf,
    /// The ibd file as it was found.
    pub ibd: PathBuf,
    /// Bytes of the imzML file.
    pub imzml_bytes: u64,
    /// Bytes of the ibd file.
    pub ibd_bytes: u64,
    /// BLAKE3 of the imzML file, which has the UUID of the ibd file in it.
    pub imzml_blake3: String,
    /// What the run took from their m/z, if anything.
    pub recalibration: Option<RecalibrationRecord>,
    /// How it picked peaks from them, if they are profiles.
    pub picking: Option<PickingRecord>,
}

/// Why the spectra are not at hand.
#[derive(Debug, thiserror::Error)]
pub enum SpectraError {
    /// The files are gone, or others lie where they were.
    #[error(
        "results do not hold spectra, and no `{imzml}` of {imzml_bytes} bytes with its ibd of {ibd_bytes} bytes lies where the run read it\nhint: metaspace serve --spectra DIR names a folder that has them"
    )]
    Missing {
        /// Name of the imzML file.
        imzml: String,
        /// Its bytes.
        imzml_bytes: u64,
        /// Bytes of the ibd file.
        ibd_bytes: u64,
    },
    /// No spectrum lies at a place.
    #[error("no spectrum lies at x {x}, y {y}; the dataset is {width} × {height} pixels, from 0")]
    NoPixel {
        /// Column.
        x: u32,
        /// Row.
        y: u32,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The files cannot be read.
    #[error(transparent)]
    Explore(#[from] ExploreError),
}

impl From<ImzmlError> for SpectraError {
    fn from(error: ImzmlError) -> Self {
        Self::Explore(error.into())
    }
}

impl From<&DatasetRecord> for DatasetFiles {
    fn from(record: &DatasetRecord) -> Self {
        Self {
            imzml: PathBuf::from(&record.imzml),
            ibd: PathBuf::from(&record.ibd),
            imzml_bytes: record.imzml_bytes,
            ibd_bytes: record.ibd_bytes,
            imzml_blake3: record.imzml_blake3.clone(),
            recalibration: record
                .survey
                .as_ref()
                .and_then(|survey| survey.recalibration.clone()),
            picking: record.picking.clone(),
        }
    }
}

impl DatasetFiles {
    /// Opens the dataset where the run read it, beside the results, or in one of the folders.
    ///
    /// A relative path is tried from here and from the folder that holds the results. The files
    /// must have the lengths, and the imzML the hash, that the run recorded.
    ///
    /// # Errors
    /// They are not there, or cannot be read.
    pub fn open(
        &self,
        results: &Path,
        folders: &[PathBuf],
        choice: Choice,
    ) -> Result<Dataset, SpectraError> {
        for (imzml, ibd) in self.candidates(results, folders) {
            let has = |path: &Path, n: u64| {
                fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == n)
            };
            if has(&imzml, self.imzml_bytes)
                && has(&ibd, self.ibd_bytes)
                && hash_file(&imzml)? == self.imzml_blake3
            {
                let mut dataset = open_dataset(&imzml, &ibd, choice)?;
                if let Some(taken) = &self.recalibration {
                    dataset.recalibration = taken.curves().map_err(ExploreError::from)?;
                }
                if let Some(picking) = &self.picking {
                    dataset.picking = Some(picking.picking().map_err(ExploreError::from)?);
                }
                return Ok(dataset);
            }
        }
        let name = self.imzml.file_name().unwrap_or_default();
        Err(SpectraError::Missing {
            imzml: name.to_string_lossy().into_owned(),
            imzml_bytes: self.imzml_bytes,
            ibd_bytes: self.ibd_bytes,
        })
    }

    fn candidates(&self, results: &Path, folders: &[PathBuf]) -> Vec<(PathBuf, PathBuf)> {
        let beside = results.parent().unwrap_or(results);
        let mut pairs = vec![
            (self.imzml.clone(), self.ibd.clone()),
            (beside.join(&self.imzml), beside.join(&self.ibd)),
        ];
        let Some(name) = self.imzml.file_name() else {
            return pairs;
        };
        let places = folders.iter().map(PathBuf::as_path).chain([beside]);
        for imzml in places.map(|folder| folder.join(name)) {
            if let Ok(ibd) = find_ibd(&imzml) {
                pairs.push((imzml, ibd));
            }
        }
        pairs
    }
}

/// BLAKE3 hash of a file.
fn hash_file(path: &Path) -> Result<String, ExploreError> {
    let file = File::open(path).map_err(FileError::at("open", path))?;
    let (_, hash) = hash(file).map_err(FileError::at("read", path))?;
    Ok(hash)
}

fn open_dataset(imzml: &Path, ibd: &Path, choice: Choice) -> Result<Dataset, SpectraError> {
    let read = || -> Result<_, FileError> {
        let xml = File::open(imzml).map_err(FileError::at("open", imzml))?;
        Ok((xml, FileRanges::open(ibd)?))
    };
    let (mut xml, ranges) = read().map_err(ExploreError::from)?;
    let names = Names {
        imzml: imzml.display().to_string(),
        ibd: ibd.display().to_string(),
    };
    Ok(Dataset::open_chosen(
        &mut xml,
        Box::new(ranges),
        names,
        choice,
    )?)
}

/// The spectrum of a pixel: all spectra there, by m/z.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PixelSpectrum {
    /// m/z in Th, ascending.
    pub mzs: Vec<f64>,
    /// Intensity of each.
    pub intensities: Vec<f32>,
}

/// Reads the spectrum at a place of the bounding box, from 0.
///
/// # Errors
/// No spectrum lies there, or it cannot be read.
pub fn read_spectrum(dataset: &Dataset, x: u32, y: u32) -> Result<PixelSpectrum, SpectraError> {
    let raster = &dataset.pixels.raster;
    let (width, height) = (raster.width, raster.height);
    let is_within = x < width && y < height;
    let pixel = is_within
        .then(|| raster.places.binary_search(&(y * width + x)).ok())
        .flatten();
    let pixel = pixel.ok_or(SpectraError::NoPixel {
        x,
        y,
        width,
        height,
    })?;
    let spectra = dataset.pixels.pixel_of_spectrum.iter().enumerate();
    let mut peaks: Vec<(f64, f32)> = Vec::new();
    let mut reader = dataset.reader();
    for (spectrum, _) in spectra.filter(|(_, of)| usize::try_from(**of) == Ok(pixel)) {
        let read = reader.read(SpectrumIdx(spectrum))?;
        peaks.extend(
            read.mzs
                .iter()
                .copied()
                .zip(read.intensities.iter().copied()),
        );
    }
    // As in an annotation, only what was measured counts.
    peaks.retain(|(_, intensity)| *intensity > 0.0);
    peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mzs, intensities) = peaks.into_iter().unzip();
    Ok(PixelSpectrum { mzs, intensities })
}

/// A peak that an annotated ion explains.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedPeak {
    /// m/z as measured, in Th.
    pub mz: f64,
    /// Its intensity.
    pub intensity: f32,
    /// The ion.
    pub ion: String,
    /// The likeliest molecule that it may be; null where none has a name.
    pub molecule_name: Option<String>,
    /// Which of its isotopes, from 0.
    pub isotope: usize,
    /// m/z as it should be.
    pub theoretical_mz: f64,
    /// Measured less theoretical m/z, in ppm.
    pub error_ppm: f64,
    /// False discovery rate of the annotation.
    pub fdr: f64,
}

impl PixelSpectrum {
    /// The peaks within the windows of annotated ions, by m/z, then ion.
    pub fn explained<'a>(
        &self,
        annotations: impl Iterator<Item = &'a StoredAnnotation>,
        ppm: Ppm,
    ) -> Vec<ExplainedPeak> {
        let mut found: Vec<ExplainedPeak> = Vec::new();
        for annotation in annotations {
            let isotopes = annotation.isotope_mz.iter().enumerate();
            for (isotope, &theoretical_mz) in isotopes.filter(|(_, mz)| **mz > 0.0) {
                let window = ppm.window(theoretical_mz);
                let first = self.mzs.partition_point(|mz| *mz < window.low);
                let end = self.mzs.partition_point(|mz| *mz <= window.high);
                found.extend((first..end).map(|peak| ExplainedPeak {
                    mz: self.mzs[peak],
                    intensity: self.intensities[peak],
                    ion: annotation.ion.clone(),
                    molecule_name: annotation.molecule_names.first().cloned(),
                    isotope,
                    theoretical_mz,
                    error_ppm: (self.mzs[peak] / theoretical_mz - 1.0) * 1e6,
                    fdr: annotation.fdr,
                }));
            }
        }
        found.sort_by(|a, b| {
            a.mz.total_cmp(&b.mz)
                .then_with(|| a.ion.cmp(&b.ion))
                .then(a.isotope.cmp(&b.isotope))
                .then(a.fdr.total_cmp(&b.fdr))
        });
        // An ion of several molecule tables explains a peak once.
        found.dedup_by(|b, a| {
            a.mz.total_cmp(&b.mz).is_eq() && a.ion == b.ion && a.isotope == b.isotope
        });
        found
    }

    /// The peaks of an m/z range; of more than `limit` the most intense ones.
    #[must_use]
    pub fn part(&self, mz_min: f64, mz_max: f64, limit: usize) -> Self {
        let first = self.mzs.partition_point(|mz| *mz < mz_min);
        let end = self.mzs.partition_point(|mz| *mz <= mz_max).max(first);
        let mut peaks: Vec<usize> = (first..end).collect();
        if peaks.len() > limit {
            let by_intensity = |a: &usize, b: &usize| {
                self.intensities[*b]
                    .total_cmp(&self.intensities[*a])
                    .then(a.cmp(b))
            };
            peaks.sort_by(by_intensity);
            peaks.truncate(limit);
            peaks.sort_unstable();
        }
        Self {
            mzs: peaks.iter().map(|&peak| self.mzs[peak]).collect(),
            intensities: peaks.iter().map(|&peak| self.intensities[peak]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spectrum() -> PixelSpectrum {
        PixelSpectrum {
            mzs: vec![100.0, 200.0, 200.0004, 300.0],
            intensities: vec![1.0, 5.0, 2.0, 4.0],
        }
    }

    #[test]
    fn a_part_keeps_the_most_intense_in_order() {
        assert_eq!(spectrum().part(0.0, 400.0, 2).mzs, [200.0, 300.0]);
        assert_eq!(spectrum().part(150.0, 250.0, 9).mzs, [200.0, 200.0004]);
        assert_eq!(spectrum().part(400.0, 100.0, 9).mzs, [] as [f64; 0]);
    }
}
