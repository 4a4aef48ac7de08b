//! The results folders that are served, each under an id.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use metaspace_explore::coloc::find_ion;
use metaspace_explore::error::ExploreError;
use metaspace_explore::factors::factors_of_medians;
use metaspace_explore::mz_images::MzImages;
use metaspace_explore::normalize::{Factors, Normalization};
use metaspace_explore::pixel_spectra::{DatasetFiles, SpectraError};
use metaspace_machine::error::FileError;
use metaspace_machine::files::TemporaryFile;
use metaspace_render::png::PixelSize;
use metaspace_results::record::RunRecord;
use metaspace_results::{
    AnnotationTable, ImageTable, ImzmlOrigin, KeptPeaks, PEAKS_PARQUET, RUN_JSON, ResultsError,
    StoredAnnotation, StoredPixels, check_results, read_mean_spectrum, read_pixels,
};
use ms_core::bytes::Scratch;
use ms_core::image::{IonImage, Raster};
use ms_core::imzml::{Choice, Dataset};
use ms_core::progress::Silent;
use ms_core::spectra::{BuildOptions, MeanPeak};
use ms_core::tolerance::{Ppm, Window};

use crate::config::ServeConfig;
use crate::error::ServeError;
use crate::lru_cache::LruCache;
use crate::problem::{Problem, kind};

/// Bytes that a pixel of a sparse image takes.
pub(crate) const PIXEL_BYTES: u64 = 8;

/// The results folders that are served.
pub(crate) struct Library {
    folders_served: Vec<ServedFolder>,
    images: LruCache<(String, Stamp, String, u8), Option<IonImage>>,
    /// Images of windows, by the bits of m/z and ppm.
    mz_images: LruCache<(String, Stamp, u64, u64), IonImage>,
    /// Factors of the medians of annotated ions.
    medians: LruCache<(String, Stamp), Factors>,
    /// Mean spectra of regions, by the hash of which pixels they have.
    region_spectra: LruCache<(String, Stamp, blake3::Hash), Vec<MeanPeak>>,
    /// Bytes of buffers while a dataset is read for one.
    buffer_bytes: u64,
    spectra_folders: Vec<PathBuf>,
    pub(crate) experiments: Vec<ServedExperiment>,
}

/// One folder, and what was read of it last.
struct ServedFolder {
    id: String,
    folder: PathBuf,
    results: Mutex<Arc<Results>>,
}

/// What tells a results folder from the one that was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    inode: u64,
    length: u64,
    seconds: i64,
    nanoseconds: i64,
}

/// A results folder as it was when it was opened.
pub(crate) struct Results {
    pub(crate) id: String,
    pub(crate) folder: PathBuf,
    pub(crate) stamp: Stamp,
    pub(crate) record: RunRecord,
    pub(crate) raster: Raster,
    /// Where its pixels lie in the imzML.
    pub(crate) origin: ImzmlOrigin,
    pub(crate) annotations: AnnotationTable,
    images: ImageTable,
    /// Place of the best annotation of each ion.
    ions: BTreeMap<String, usize>,
    spectra: Mutex<Option<Arc<Dataset>>>,
    /// Peaks that the run kept, if it did.
    kept: Mutex<Option<Arc<MzImages>>>,
    /// The mean spectrum, once it was asked for.
    mean: Mutex<Option<Arc<Vec<MeanPeak>>>>,
    /// Side of a pixel in µm that was given.
    given_pixel_um: Option<f64>,
    /// Held while something is written into the folder.
    written: Mutex<()>,
}

/// The folder of an experiment, whose report is served.
pub(crate) struct ServedExperiment {
    pub(crate) id: String,
    pub(crate) folder: PathBuf,
}

impl ServedExperiment {
    fn all(folders: &[PathBuf]) -> Result<Vec<Self>, FileError> {
        let mut all: Vec<Self> = Vec::new();
        for folder in folders {
            let folder = folder
                .canonicalize()
                .map_err(FileError::at("open", folder))?;
            let taken = |id: &str| all.iter().any(|served| served.id == id);
            let id = free_id(&folder, taken);
            all.push(Self { id, folder });
        }
        Ok(all)
    }
}

impl Library {
    /// Opens the folders, and those of experiments.
    ///
    /// # Errors
    /// One is no results folder, or a table of it is wrong.
    pub(crate) fn open(
        folders: &[PathBuf],
        experiments: &[PathBuf],
        config: &ServeConfig,
    ) -> Result<Self, ServeError> {
        let mut folders_served: Vec<ServedFolder> = Vec::new();
        for folder in folders {
            check_results(folder)?;
            let folder = folder
                .canonicalize()
                .map_err(FileError::at("open", folder))?;
            let taken = |id: &str| folders_served.iter().any(|served| served.id == id);
            let id = free_id(&folder, taken);
            let results = Results::open(&id, &folder, config.pixel_size_um)?;
            let results = Mutex::new(Arc::new(results));
            folders_served.push(ServedFolder {
                id,
                folder,
                results,
            });
        }
        let bounds = &config.bounds;
        Ok(Self {
            folders_served,
            experiments: ServedExperiment::all(experiments)?,
            images: LruCache::new(bounds.image_bytes / 2),
            mz_images: LruCache::new(bounds.image_bytes / 4),
            medians: LruCache::new(bounds.image_bytes / 8),
            region_spectra: LruCache::new(bounds.image_bytes / 4),
            buffer_bytes: bounds.comparison_bytes,
            spectra_folders: config.spectra.clone(),
        })
    }

    /// All results, in the order of the command line. A folder that was written anew since is read
    /// anew; blocking.
    pub(crate) fn all(&self) -> Result<Vec<Arc<Results>>, Problem> {
        self.folders_served
            .iter()
            .map(ServedFolder::current)
            .collect()
    }

    /// The results of an id, or the only ones; blocking.
    pub(crate) fn results(&self, id: Option<&str>) -> Result<Arc<Results>, Problem> {
        let ids = || {
            let ids: Vec<&str> = self
                .folders_served
                .iter()
                .map(|of| of.id.as_str())
                .collect();
            ids.join(", ")
        };
        match (id, &self.folders_served[..]) {
            (Some(id), folders_served) => {
                let found = folders_served.iter().find(|served| served.id == id);
                let unknown = || {
                    let detail = format!("no dataset has this id\nhint: there are {}", ids());
                    Problem::new(kind::DATASET, detail)
                };
                found.ok_or_else(unknown)?.current()
            }
            (None, [only]) => only.current(),
            (None, _) => {
                let reason = format!("is needed, as there are several: {}", ids());
                Err(Problem::parameter("dataset", &reason))
            }
        }
    }

    /// An isotopic image of an ion; blocking.
    pub(crate) fn image(
        &self,
        results: &Results,
        ion: &StoredAnnotation,
        isotope: u8,
    ) -> Result<Arc<Option<IonImage>>, Problem> {
        let n_isotopes = results.images.n_isotopes();
        if isotope >= n_isotopes {
            let detail = format!(
                "ions have images of isotopes 0 to {}",
                n_isotopes.max(1) - 1
            );
            return Err(Problem::new(kind::IMAGE, detail));
        }
        let key = (
            results.id.clone(),
            results.stamp,
            ion.ion_formula.clone(),
            isotope,
        );
        self.images.get(&key, || {
            let image = results.images.image(&ion.ion_formula, isotope)?;
            let n_pixels = image.as_ref().map_or(0, |image| image.pixels.len());
            // The key and the entry count too, so that empty images have their price.
            Ok((image, n_pixels as u64 * PIXEL_BYTES + 256))
        })
    }

    /// The image of a window of m/z: of the peaks that the run kept, or of the dataset; blocking.
    pub(crate) fn mz_image(
        &self,
        results: &Results,
        mz: f64,
        ppm: Ppm,
    ) -> Result<Arc<IonImage>, Problem> {
        let key = (
            results.id.clone(),
            results.stamp,
            mz.to_bits(),
            ppm.0.to_bits(),
        );
        self.mz_images.get(&key, || {
            let window = ppm.window(mz);
            let image = self.peaks_within(results, window)?.image(window)?;
            let n_bytes = image.pixels.len() as u64 * PIXEL_BYTES + 256;
            Ok((image, n_bytes))
        })
    }

    /// The factors of the medians of annotated ions, made once; blocking.
    pub(crate) fn median_factors(&self, results: &Results) -> Result<Arc<Factors>, Problem> {
        let key = (results.id.clone(), results.stamp);
        self.medians.get(&key, || {
            let factors = factors_of_medians(&results.folder)?;
            let n_bytes = results.raster.n_pixels() as u64 * 4 + 256;
            Ok((factors, n_bytes))
        })
    }

    /// The mean spectrum of some pixels divided by something, which `make` makes if it is not known; blocking.
    pub(crate) fn region_spectrum(
        &self,
        results: &Results,
        mask: &[bool],
        by: &Normalization,
        make: impl FnOnce() -> Result<Vec<MeanPeak>, Problem>,
    ) -> Result<Arc<Vec<MeanPeak>>, Problem> {
        let flags = mask.iter().map(|is_in| u8::from(*is_in));
        let bytes: Vec<u8> = flags.chain(by.to_string().bytes()).collect();
        let key = (results.id.clone(), results.stamp, blake3::hash(&bytes));
        self.region_spectra.get(&key, || {
            let mean = make()?;
            let n_bytes = size_of_val(&mean[..]) as u64 + 256;
            Ok((mean, n_bytes))
        })
    }

    /// How far the peaks of a window are from its m/z in each pixel, in ppm; blocking.
    pub(crate) fn mz_errors(
        &self,
        results: &Results,
        mz: f64,
        ppm: Ppm,
    ) -> Result<IonImage, Problem> {
        let window = ppm.window(mz);
        Ok(self.peaks_within(results, window)?.errors(mz, window)?)
    }

    /// The peaks of a window at least: those that the run kept, or else those of the dataset.
    fn peaks_within(&self, results: &Results, window: Window) -> Result<Arc<MzImages>, Problem> {
        if let Some(kept) = results.kept()? {
            return Ok(kept);
        }
        let dataset = self.spectra(results)?;
        let scratch = |needed: u64| -> std::io::Result<Box<dyn Scratch>> {
            let folder = std::env::temp_dir();
            Ok(Box::new(TemporaryFile::with_room(&folder, needed)?))
        };
        let options = BuildOptions {
            memory_bytes: self.buffer_bytes,
            buffer_bytes: self.buffer_bytes,
            scratch: &scratch,
        };
        let peaks = MzImages::of_dataset(&dataset, &[window], &options, &Silent)?;
        Ok(Arc::new(peaks))
    }

    /// The dataset that results were made of, opened once; blocking.
    pub(crate) fn spectra(&self, results: &Results) -> Result<Arc<Dataset>, SpectraError> {
        let mut opened = results
            .spectra
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(dataset) = &*opened {
            return Ok(Arc::clone(dataset));
        }
        let dataset = Arc::new(results.dataset_files().open(
            &results.folder,
            &self.spectra_folders,
            results.choice()?,
        )?);
        *opened = Some(Arc::clone(&dataset));
        Ok(dataset)
    }
}

impl ServedFolder {
    fn current(&self) -> Result<Arc<Results>, Problem> {
        let gone = |error: ServeError| {
            drop(Problem::internal(&error));
            Problem::new(
                kind::DATASET,
                format!("the results of `{}` cannot be read now", self.id),
            )
        };
        let stamp = Stamp::of(&self.folder).map_err(gone)?;
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        if results.stamp != stamp {
            let given_um = results.given_pixel_um;
            let opened = Results::open(&self.id, &self.folder, given_um);
            *results = Arc::new(opened.map_err(gone)?);
        }
        Ok(Arc::clone(&results))
    }
}

impl Stamp {
    fn of(folder: &Path) -> Result<Self, ServeError> {
        let path = folder.join(RUN_JSON);
        let found = fs::metadata(&path).map_err(FileError::at("read", &path))?;
        Ok(Self {
            inode: found.ino(),
            length: found.len(),
            seconds: found.mtime(),
            nanoseconds: found.mtime_nsec(),
        })
    }
}

impl Results {
    fn open(id: &str, folder: &Path, given_pixel_um: Option<f64>) -> Result<Self, ServeError> {
        let stamp = Stamp::of(folder)?;
        let record = RunRecord::read(folder)?;
        let StoredPixels { raster, origin, .. } = read_pixels(folder)?;
        let annotations = AnnotationTable::read(folder)?;
        let mut ions: BTreeMap<String, usize> = BTreeMap::new();
        for (place, row) in annotations.rows.iter().enumerate() {
            let best = ions.entry(row.ion.clone()).or_insert(place);
            if row.fdr < annotations.rows[*best].fdr {
                *best = place;
            }
        }
        Ok(Self {
            id: id.into(),
            folder: folder.into(),
            stamp,
            record,
            raster,
            origin,
            annotations,
            images: ImageTable::open(folder)?,
            ions,
            spectra: Mutex::new(None),
            kept: Mutex::new(None),
            mean: Mutex::new(None),
            given_pixel_um,
            written: Mutex::new(()),
        })
    }

    /// The peaks that the run kept, if it did; opened once, blocking.
    pub(crate) fn kept(&self) -> Result<Option<Arc<MzImages>>, ExploreError> {
        let mut opened = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.is_none() && self.folder.join(PEAKS_PARQUET).is_file() {
            let kept = KeptPeaks::open(&self.folder)?;
            *opened = Some(Arc::new(MzImages::of_kept(&kept)?));
        }
        Ok(opened.clone())
    }

    /// Whether the run kept its peaks, so that images of any m/z take milliseconds.
    pub(crate) fn has_peaks(&self) -> bool {
        self.folder.join(PEAKS_PARQUET).is_file()
    }

    /// The mean spectrum; read once, blocking.
    pub(crate) fn mean_spectrum(&self) -> Result<Arc<Vec<MeanPeak>>, ResultsError> {
        let mut read = self.mean.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mean) = &*read {
            return Ok(Arc::clone(mean));
        }
        let mean = Arc::new(read_mean_spectrum(&self.folder)?);
        *read = Some(Arc::clone(&mean));
        Ok(mean)
    }

    /// Does something with the folder while no request writes into it; blocking.
    pub(crate) fn hold<T>(&self, work: impl FnOnce(&Path) -> T) -> T {
        let _held = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        work(&self.folder)
    }

    /// Writes into the folder, one request after another; blocking. `hint` says what to do where it
    /// cannot be written.
    pub(crate) fn write<T, E: std::error::Error + 'static>(
        &self,
        hint: &str,
        write: impl FnOnce(&Path) -> Result<T, E>,
    ) -> Result<T, Problem> {
        self.hold(write).map_err(|error| {
            // Whoever runs the server is told why.
            drop(Problem::internal(&error));
            let detail = format!("the results folder cannot be written\nhint: {hint}");
            Problem::new(kind::READ_ONLY, detail)
        })
    }

    /// The best annotation of the ion that a text names.
    pub(crate) fn find_ion(&self, text: &str) -> Result<&StoredAnnotation, Problem> {
        if let Some(ion) = self.ion(text) {
            return Ok(ion);
        }
        Ok(find_ion(self.ions(), text)?)
    }

    /// An ion by its exact name.
    pub(crate) fn ion(&self, name: &str) -> Option<&StoredAnnotation> {
        self.ions
            .get(name)
            .map(|&place| &self.annotations.rows[place])
    }

    /// Annotations of each ion once, the one of the lowest FDR.
    pub(crate) fn ions(&self) -> impl Iterator<Item = &StoredAnnotation> {
        self.ions
            .values()
            .map(|&place| &self.annotations.rows[place])
    }

    /// Isotopes that ions have images of.
    pub(crate) fn n_isotopes(&self) -> u8 {
        self.images.n_isotopes()
    }

    /// Half-width in ppm of the windows that the ions were searched in.
    pub(crate) fn ppm(&self) -> f64 {
        self.record.settings.ppm
    }

    /// What the dataset is called: the imzML file without its extension.
    pub(crate) fn name(&self) -> String {
        self.record
            .dataset_name()
            .unwrap_or_else(|| self.id.clone())
    }

    /// Width and height of a pixel in µm.
    pub(crate) fn pixel_size_um(&self) -> PixelSize {
        let given = self.given_pixel_um.map(|um| (um, um));
        given.or(self.record.pixel_size_um())
    }

    /// Which spectra of the dataset were annotated.
    fn choice(&self) -> Result<Choice, ExploreError> {
        Ok(self.record.options.choice()?)
    }

    fn dataset_files(&self) -> DatasetFiles {
        DatasetFiles::from(&self.record.dataset)
    }
}

/// The name of a folder as an id that needs no escape in an address, and that no other has.
fn free_id(folder: &Path, taken: impl Fn(&str) -> bool) -> String {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(plain).collect();
    let name = if name.is_empty() {
        "results".into()
    } else {
        name
    };
    if !taken(&name) {
        return name;
    }
    let mut number = 2;
    while taken(&format!("{name}-{number}")) {
        number += 1;
    }
    format!("{name}-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_and_differ() {
        let id = |path: &str, taken: &[&str]| free_id(Path::new(path), |id| taken.contains(&id));
        assert_eq!(id("/data/brain results", &[]), "brain-results");
        assert_eq!(id("/data/Größe", &[]), "Gr--e");
        assert_eq!(id("/", &[]), "results");
        assert_eq!(id("/a/results", &["results", "results-2"]), "results-3");
    }
}
