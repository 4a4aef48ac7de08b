//! A dataset written anew: peaks picked, m/z corrected, cut to a region or a range of m/z.

use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use metaspace_machine::error::FileError;
use metaspace_machine::files::{FileRanges, publish};
use metaspace_results::ResultsError;
use ms_core::imzml::{
    DataType, Dataset, ImzmlError, ImzmlWriter, Mode, Names, OTHER_PLANE, Processing,
    Representation, SpectrumEntry, SpectrumIdx, WriteOptions,
};
use ms_core::progress::{Progress, check};

use crate::error::RunError;

/// By what intensities are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Divisor {
    /// The sum of the intensities of their spectrum, over the mean of all spectra's.
    Tic,
    /// The root mean square of the intensities of their spectrum.
    Rms,
}

/// What a dataset is cut to, and how it is written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConvertOptions {
    /// Lowest and highest m/z in Th, both included, after correction.
    pub mz_limits: (Option<f64>, Option<f64>),
    /// Whether each pixel, in raster order, is kept; nothing for all.
    pub pixels: Option<Vec<bool>>,
    /// By what intensities are divided; nothing to leave them.
    pub normalize: Option<Divisor>,
    /// Whether arrays are compressed with zlib.
    pub is_compressed: bool,
    /// Whether existing files are written over.
    pub force: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The imzML file.
    pub imzml: PathBuf,
    /// The ibd file.
    pub ibd: PathBuf,
    /// Spectra.
    pub n_spectra: u64,
    /// Peaks.
    pub n_peaks: u64,
    /// Points of the original that are no peaks of the new one.
    pub n_left_out: u64,
    /// Bytes of the new ibd.
    pub ibd_bytes: u64,
}

/// Writes the spectra of a dataset's plane that are looked at to a new imzML and ibd, one after
/// another, and reads them back. Points of intensity 0 or less are left out. Memory: some spectra,
/// and 64 bytes for each.
///
/// # Errors
/// A spectrum is wrong, the files exist or cannot be written, or `progress` says to stop; neither
/// file is there then.
pub fn convert(
    dataset: &Dataset,
    imzml: &Path,
    options: &ConvertOptions,
    progress: &dyn Progress,
) -> Result<Converted, RunError> {
    let ibd = imzml.with_extension("ibd");
    if let Some(path) = [imzml, &ibd].into_iter().find(|path| path.exists())
        && !options.force
    {
        return Err(ResultsError::Exists { path: path.into() }.into());
    }
    let folder = imzml
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(FileError::at("make", folder))?;
    let new = || tempfile::NamedTempFile::new_in(folder);
    let (xml, binary) = (
        new().map_err(FileError::at("write", imzml))?,
        new().map_err(FileError::at("write", &ibd))?,
    );
    let file = binary.reopen().map_err(FileError::at("write", &ibd))?;
    let writer = ImzmlWriter::new(BufWriter::new(file), write_options(dataset, options));
    let mut writer = writer.map_err(FileError::at("write", &ibd))?;
    let scale = match options.normalize {
        Some(divisor) => Some(mean_divisor(dataset, divisor, progress)?),
        None => None,
    };
    let mut converted = Converted {
        imzml: imzml.into(),
        ibd: ibd.clone(),
        n_spectra: 0,
        n_peaks: 0,
        n_left_out: 0,
        ibd_bytes: 0,
    };
    copy_spectra(
        dataset,
        options,
        scale,
        &mut writer,
        &mut converted,
        progress,
    )?;
    if converted.n_spectra == 0 {
        let file = dataset.names.imzml.clone();
        return Err(ImzmlError::NoSpectra { file }.into());
    }
    if converted.n_peaks == 0 {
        return Err(RunError::NothingKept {
            file: dataset.names.imzml.clone(),
            mz_limits: options.mz_limits,
        });
    }
    let mut buffer = BufWriter::new(&xml);
    writer
        .finish(&mut buffer)
        .and_then(|mut ibd| ibd.flush())
        .map_err(FileError::at("write", imzml))?;
    buffer.flush().map_err(FileError::at("write", imzml))?;
    drop(buffer);
    read_back(xml.path(), binary.path(), &converted)?;
    let length = binary.as_file().metadata();
    converted.ibd_bytes = length.map_err(FileError::at("read", &ibd))?.len();
    publish(binary, &ibd)?;
    publish(xml, imzml)?;
    Ok(converted)
}

/// Writes the spectra that are kept, and counts them.
fn copy_spectra(
    dataset: &Dataset,
    options: &ConvertOptions,
    mean_divisor: Option<f64>,
    writer: &mut ImzmlWriter<impl Write>,
    converted: &mut Converted,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let (mut mzs, mut intensities) = (Vec::new(), Vec::new());
    let low = options.mz_limits.0.unwrap_or(0.0);
    let high = options.mz_limits.1.unwrap_or(f64::INFINITY);
    let mut reader = dataset.reader();
    progress.begin("writing spectra", dataset.spectra.len() as u64);
    for (place, entry) in dataset.spectra.iter().enumerate() {
        check(progress)?;
        progress.advance(1);
        let pixel = dataset.pixels.pixel_of_spectrum[place];
        let is_kept = |pixels: &Vec<bool>| pixels.get(pixel as usize) == Some(&true);
        if pixel == OTHER_PLANE || !options.pixels.as_ref().is_none_or(is_kept) {
            continue;
        }
        let spectrum = reader.read(SpectrumIdx(place))?;
        let divided_by = match (options.normalize, mean_divisor) {
            (Some(divisor), Some(mean)) => divisor.of(spectrum.intensities) / mean,
            _ => 1.0,
        };
        mzs.clear();
        intensities.clear();
        for (&mz, &intensity) in spectrum.mzs.iter().zip(spectrum.intensities) {
            if intensity > 0.0 && (low..=high).contains(&mz) {
                mzs.push(mz);
                #[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
                intensities.push((f64::from(intensity) / divided_by) as f32);
            }
        }
        let position = (entry.x, entry.y, entry.z);
        let written = writer.spectrum(position, &mzs, &intensities);
        written.map_err(FileError::at("write", &converted.ibd))?;
        converted.n_spectra += 1;
        converted.n_peaks += mzs.len() as u64;
        converted.n_left_out += u64::from(entry.n_peaks) - mzs.len() as u64;
    }
    Ok(())
}

impl Divisor {
    /// What the intensities of a spectrum are divided by; 1 where nothing is above 0.
    fn of(self, intensities: &[f32]) -> f64 {
        let kept = || {
            intensities
                .iter()
                .filter(|v| **v > 0.0)
                .map(|v| f64::from(*v))
        };
        let value = match self {
            Self::Tic => kept().sum::<f64>(),
            Self::Rms => (kept().map(|v| v * v).sum::<f64>() / kept().count().max(1) as f64).sqrt(),
        };
        if value > 0.0 { value } else { 1.0 }
    }
}

/// The mean of what spectra are divided by, so that intensities stay about as they are.
fn mean_divisor(
    dataset: &Dataset,
    divisor: Divisor,
    progress: &dyn Progress,
) -> Result<f64, RunError> {
    let mut reader = dataset.reader();
    let (mut sum, mut n) = (0.0, 0_u64);
    progress.begin("reading spectra", dataset.spectra.len() as u64);
    for place in 0..dataset.spectra.len() {
        check(progress)?;
        progress.advance(1);
        if dataset.pixels.pixel_of_spectrum[place] != OTHER_PLANE {
            sum += divisor.of(reader.read(SpectrumIdx(place))?.intensities);
            n += 1;
        }
    }
    Ok(sum / n.max(1) as f64)
}

fn write_options(dataset: &Dataset, options: &ConvertOptions) -> WriteOptions {
    let header = &dataset.header;
    let is_corrected = !dataset.recalibration.is_nothing();
    let is_picked = dataset.picking.is_some();
    let is_cut = options.pixels.is_some() || options.mz_limits != (None, None);
    let steps = [
        (is_picked, Processing::PeakPicking),
        (is_corrected, Processing::Recalibration),
        (options.normalize.is_some(), Processing::Normalization),
        (is_cut, Processing::Filtering),
    ];
    let steps = steps.into_iter().filter(|(is_done, _)| *is_done);
    // m/z that are as they were need no more digits than they had.
    let is_single = |entry: &SpectrumEntry| entry.mz.data_type == DataType::F32;
    let is_as_single = !is_corrected && !is_picked && dataset.spectra.iter().all(is_single);
    let mut uuid = [0; 16];
    let content = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        header.uuid, header.checksum, dataset.picking, dataset.recalibration, options
    );
    uuid.copy_from_slice(&blake3::hash(content.as_bytes()).as_bytes()[..16]);
    WriteOptions {
        uuid,
        mode: Mode::Processed,
        mz_type: if is_as_single {
            DataType::F32
        } else {
            DataType::F64
        },
        intensity_type: DataType::F32,
        is_zlib: options.is_compressed,
        // What was only inferred is not stated as if the file had said it.
        polarity: header.polarity.filter(|_| !header.is_polarity_from_data),
        representation: Some(Representation::Centroid),
        instrument: header.analyzer.as_ref().map(|analyzer| analyzer.instrument),
        pixel_size_um: header.pixel_size_um,
        processing: steps.map(|(_, step)| step).collect(),
    }
}

/// Makes sure that what was written is a dataset of as many spectra and peaks, whole and unharmed.
fn read_back(imzml: &Path, ibd: &Path, converted: &Converted) -> Result<(), RunError> {
    let file = std::fs::File::open(imzml).map_err(FileError::at("open", imzml))?;
    let mut xml = std::io::BufReader::new(file);
    let names = Names {
        imzml: converted.imzml.display().to_string(),
        ibd: converted.ibd.display().to_string(),
    };
    let xml: &mut dyn Read = &mut xml;
    let written = Dataset::open(xml, Box::new(FileRanges::open(ibd)?), names, None)?;
    written.verify_checksum()?;
    let n_peaks: u64 = written
        .spectra
        .iter()
        .map(|entry| u64::from(entry.n_peaks))
        .sum();
    if (written.spectra.len() as u64, n_peaks) == (converted.n_spectra, converted.n_peaks) {
        return Ok(());
    }
    Err(RunError::ReadBack {
        path: converted.imzml.clone(),
    })
}
