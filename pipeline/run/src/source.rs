//! What is annotated: a dataset, or the peaks that an earlier run kept of one.

use std::path::{Path, PathBuf};

use annotator::moldb::MoleculeTable;
use metaspace_machine::error::OptionError;
use metaspace_machine::files::TemporaryFile;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{SurveyRecord, oddity_texts};
use metaspace_results::{
    ImzmlOrigin, KeptDataset, KeptPeaks, ResultsFolder, StoredPixels, read_pixels,
};
use metaspace_storage::Location;
use ms_core::bytes::Scratch;
use ms_core::image::Raster;
use ms_core::imzml::{Dataset, Header};
use ms_core::progress::Progress;
use ms_core::spectra::{BuildOptions, Census, PEAK_BYTES, SpectraIndex};

use crate::config::RunConfig;
use crate::dataset::{describe, open};
use crate::destination::results_path;
use crate::error::RunError;
use crate::memory::MemoryShares;
use crate::polarity::take_polarity;
use crate::survey::survey_dataset;

/// Where the peaks to annotate come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The imzML file of a dataset, here or in S3.
    Imzml(PathBuf),
    /// Peaks that a run kept: its `peaks.parquet`, or its results folder.
    Peaks(PathBuf),
}

/// An input that is open.
pub(crate) struct Source {
    /// What is known of the dataset before its peaks are read.
    pub(crate) about: KeptDataset,
    /// What it says of itself.
    pub(crate) header: Header,
    /// Its pixels.
    pub(crate) raster: Raster,
    /// Where they lie in the imzML.
    pub(crate) origin: ImzmlOrigin,
    /// Folder of the kept peaks that are read, if they are.
    kept_in: Option<PathBuf>,
}

/// The peaks of an input.
pub(crate) enum SourcePeaks {
    Dataset(Box<Dataset>),
    Kept(Box<(KeptPeaks, StoredPixels)>),
}

impl Source {
    /// Opens an input and makes sure that it can be annotated.
    ///
    /// # Errors
    /// It is wrong, or an option does not go with it.
    pub(crate) fn open(
        input: &Input,
        options: &AnnotateOptions,
        progress: &dyn Progress,
    ) -> Result<(Self, SourcePeaks), RunError> {
        match input {
            Input::Imzml(imzml) => {
                let (mut dataset, hash) = open(imzml, options, progress)?;
                take_polarity(&mut dataset, options, progress)?;
                let record = describe(&dataset, hash, options);
                let source = Self {
                    about: KeptDataset::new(record, &dataset.header, oddity_texts(&dataset)),
                    header: dataset.header.clone(),
                    raster: dataset.pixels.raster.clone(),
                    origin: ImzmlOrigin::from(&dataset.pixels),
                    kept_in: None,
                };
                Ok((source, SourcePeaks::Dataset(Box::new(dataset))))
            }
            Input::Peaks(path) => {
                check_options(options)?;
                let kept = KeptPeaks::open(path)?;
                let pixels = read_pixels(kept.folder())?;
                let mut about = kept.about.clone();
                let header = about.header().ok_or_else(|| kept.wrong_dataset())?;
                if about.dataset.n_pixels != pixels.raster.n_pixels() {
                    return Err(kept.wrong_dataset().into());
                }
                about.dataset.peaks = Some(kept.path().display().to_string());
                let source = Self {
                    about,
                    header,
                    raster: pixels.raster.clone(),
                    origin: pixels.origin.clone(),
                    kept_in: Some(kept.folder().into()),
                };
                Ok((source, SourcePeaks::Kept(Box::new((kept, pixels)))))
            }
        }
    }

    /// Looks at some of the spectra, unless the run that kept the peaks has, and takes from them what
    /// the options leave to the data.
    ///
    /// # Errors
    /// A spectrum is wrong, or an option.
    pub(crate) fn settle(
        &mut self,
        peaks: &mut SourcePeaks,
        stated: &RunConfig,
        options: &AnnotateOptions,
        tables: &[MoleculeTable],
        progress: &dyn Progress,
    ) -> Result<RunConfig, RunError> {
        if let SourcePeaks::Dataset(dataset) = peaks {
            let record = survey_dataset(dataset, tables, stated, options, progress)?;
            self.about.dataset.survey = Some(record);
        }
        let nothing = SurveyRecord::default();
        let survey = self.about.dataset.survey.as_ref().unwrap_or(&nothing);
        RunConfig::with_survey(options, &self.header, &self.about.dataset.imzml, survey)
    }

    /// Where the results go.
    pub(crate) fn results_path(
        &self,
        input: &Input,
        options: &AnnotateOptions,
    ) -> Result<Location, RunError> {
        let dataset = match input {
            Input::Imzml(imzml) => Location::of(imzml)?,
            Input::Peaks(_) => Location::of(Path::new(&self.about.dataset.imzml))?,
        };
        let results = results_path(&dataset, false, options)?;
        if let (Location::Path(results), Some(folder)) = (&results, &self.kept_in)
            && let Ok(folder) = folder.canonicalize()
            && results
                .canonicalize()
                .is_ok_and(|results| results == folder)
        {
            let reason = "would remove the peaks that are read: name another folder";
            return Err(OptionError::new("--out", reason).into());
        }
        Ok(results)
    }
}

impl SourcePeaks {
    /// Keeps what is read of an ibd in a store until there is an index, where there is room beside that: the
    /// survey reads some of the spectra, and an index in memory all of them twice.
    pub(crate) fn keep_what_is_read(&self, shares: MemoryShares) {
        if let Self::Dataset(dataset) = self {
            let needed = dataset.max_peaks().saturating_mul(PEAK_BYTES);
            dataset.ibd().keep(shares.index.saturating_sub(needed));
        }
    }

    /// The peaks by m/z, and what they amount to. What is known of single spectra is let go.
    pub(crate) fn index(
        self,
        options: &AnnotateOptions,
        shares: MemoryShares,
        folder: &ResultsFolder,
        progress: &dyn Progress,
    ) -> Result<(SpectraIndex, Census), RunError> {
        match self {
            Self::Dataset(dataset) => index_of_dataset(&dataset, options, shares, folder, progress),
            Self::Kept(kept) => {
                let (peaks, pixels) = &*kept;
                let index = peaks.index(pixels.raster.n_pixels())?;
                let index = if peaks.n_peaks().saturating_mul(PEAK_BYTES) <= shares.index {
                    index.into_memory()?
                } else {
                    index
                };
                Ok((index, census(peaks, pixels)))
            }
        }
    }
}

/// Options that speak of files which are not read.
fn check_options(options: &AnnotateOptions) -> Result<(), OptionError> {
    let given = [
        ("--ibd", options.ibd.is_some()),
        ("--verify", options.verify),
        ("--z", options.z.is_some()),
        ("--duplicates", options.duplicates.is_some()),
        ("--mobility-min", options.mobility_min.is_some()),
        ("--mobility-max", options.mobility_max.is_some()),
        ("--ignore-uuid", options.ignore_uuid),
        ("--snr", options.snr.is_some()),
        ("--peak-by", options.peak_by.is_some()),
        ("--recalibrate", options.recalibrate.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(OptionError::new(
            option,
            "is about an imzML and its ibd, and with --peaks neither is read",
        )),
        None => Ok(()),
    }
}

/// What peaks amounted to when they were kept.
fn census(peaks: &KeptPeaks, pixels: &StoredPixels) -> Census {
    Census {
        n_peaks: peaks.n_peaks(),
        n_dropped: peaks.about.n_dropped,
        n_unsorted: peaks.about.n_unsorted,
        mz_range: peaks.mz_range(),
        tic: pixels.tic.clone(),
        rms: pixels.rms.clone(),
        n_peaks_of_pixel: pixels.n_peaks.clone(),
    }
}

fn index_of_dataset(
    dataset: &Dataset,
    options: &AnnotateOptions,
    shares: MemoryShares,
    folder: &ResultsFolder,
    progress: &dyn Progress,
) -> Result<(SpectraIndex, Census), RunError> {
    let scratch_folder = options.scratch.as_deref().unwrap_or(folder.scratch());
    let scratch = |needed: u64| -> std::io::Result<Box<dyn Scratch>> {
        Ok(Box::new(TemporaryFile::with_room(scratch_folder, needed)?))
    };
    let build = BuildOptions {
        memory_bytes: shares.index,
        buffer_bytes: shares.buffers,
        scratch: &scratch,
    };
    let indexed = SpectraIndex::build(dataset, &build, progress);
    dataset.ibd().keep(0);
    Ok(indexed?)
}
