//! The ibd: checks of its length, UUID and checksum, and its arrays as (f64 m/z, f32 intensity).

use std::io::Read;

use flate2::read::ZlibDecoder;
use md5::Md5;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::error::ImzmlError;
use super::header::{Checksum, ChecksumAlgorithm, Header, Representation};
use super::spectrum::{ArrayPlace, DataType, SpectrumEntry, SpectrumIdx};
use super::{Dataset, Names, SpectraPart};
use crate::bytes::{RangeRead, Window, index};

/// Bytes of the UUID at the start of an ibd.
const UUID_BYTES: usize = 16;

/// No zlib stream unpacks to more than this many times its length.
const MAX_ZLIB_RATIO: u64 = 1_032;

/// Refuses arrays that end beyond the ibd, or claim more values than their bytes can hold.
pub(super) fn check_places(
    spectra: &[SpectrumEntry],
    ibd_length: u64,
    file: &str,
) -> Result<(), ImzmlError> {
    for (number, entry) in (1..).zip(spectra) {
        for (name, array) in [("m/z", entry.mz), ("intensity", entry.intensity)] {
            let end = array.offset.saturating_add(array.n_bytes);
            if end > ibd_length && entry.n_peaks > 0 {
                return Err(ImzmlError::BeyondEnd {
                    file: file.into(),
                    spectrum: number,
                    array: name,
                    ibd_length,
                    end,
                });
            }
            let unpacked = u64::from(entry.n_peaks) * array.data_type.size();
            if array.is_zlib && unpacked > array.n_bytes.saturating_mul(MAX_ZLIB_RATIO) {
                return Err(ImzmlError::Unpack {
                    file: file.into(),
                    spectrum: number,
                    array: name,
                    offset: array.offset,
                    expected: unpacked,
                });
            }
        }
    }
    Ok(())
}

/// Compares the UUIDs of the two files; false if the imzML states none.
pub(super) fn check_uuid(
    header: &Header,
    ibd: &dyn RangeRead,
    names: &Names,
) -> Result<bool, ImzmlError> {
    let mut bytes = [0; UUID_BYTES];
    ibd.read_at(0, &mut bytes)
        .map_err(|source| read_error(&names.ibd, 0, UUID_BYTES, source))?;
    let Some(expected) = header.uuid.clone().filter(|uuid| !uuid.is_empty()) else {
        return Ok(false);
    };
    let found = hex(&bytes);
    // Some writers store the first three fields little-endian, as Windows does.
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    if expected == found || expected == hex(&bytes) {
        return Ok(true);
    }
    Err(ImzmlError::Uuid {
        imzml: names.imzml.clone(),
        ibd: names.ibd.clone(),
        expected,
        found,
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('?');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn read_error(file: &str, offset: u64, length: usize, source: std::io::Error) -> ImzmlError {
    ImzmlError::ReadIbd {
        file: file.into(),
        offset,
        length: length as u64,
        source,
    }
}

pub(super) fn verify_checksum<'a>(
    header: &'a Header,
    ibd: &dyn RangeRead,
    names: &Names,
) -> Result<&'a Checksum, ImzmlError> {
    let checksum = header
        .checksum
        .as_ref()
        .ok_or_else(|| ImzmlError::NoChecksum {
            file: names.imzml.clone(),
        })?;
    let found = match checksum.algorithm {
        ChecksumAlgorithm::Md5 => digest::<Md5>(ibd, &names.ibd)?,
        ChecksumAlgorithm::Sha1 => digest::<Sha1>(ibd, &names.ibd)?,
        ChecksumAlgorithm::Sha256 => digest::<Sha256>(ibd, &names.ibd)?,
    };
    if found == checksum.digits {
        return Ok(checksum);
    }
    Err(ImzmlError::Checksum {
        imzml: names.imzml.clone(),
        ibd: names.ibd.clone(),
        algorithm: checksum.algorithm.name(),
        expected: checksum.digits.clone(),
        found,
    })
}

fn digest<D: Digest>(ibd: &dyn RangeRead, file: &str) -> Result<String, ImzmlError> {
    let mut hasher = D::new();
    let mut buffer = vec![0; 1 << 20];
    let mut offset = 0;
    while offset < ibd.len() {
        let n = index(ibd.len() - offset).min(buffer.len());
        ibd.read_at(offset, &mut buffer[..n])
            .map_err(|source| read_error(file, offset, n, source))?;
        hasher.update(&buffer[..n]);
        offset += n as u64;
    }
    Ok(hex(&hasher.finalize()))
}

/// Reads the spectra of a dataset one after another, fastest in the order of the ibd.
#[derive(Debug)]
pub struct SpectrumReader<'a> {
    part: SpectraPart<'a>,
    arrays: Arrays<'a>,
    /// The m/z array that `mzs` holds: in continuous datasets it is read once.
    current: Option<(ArrayPlace, u32)>,
    mzs: Vec<f64>,
    intensities: Vec<f32>,
    /// Whether the m/z array as written is not ascending.
    is_unsorted: bool,
    order: Vec<usize>,
    sorted: (Vec<f64>, Vec<f32>),
    corrected: Vec<f64>,
}

/// A spectrum: m/z in Th, ascending, with the intensity of each.
#[derive(Debug, Clone, Copy)]
pub struct Spectrum<'a> {
    /// m/z values, positive and finite.
    pub mzs: &'a [f64],
    /// Intensities, never infinite; NaN and negative ones are as written.
    pub intensities: &'a [f32],
    /// Whether it had to be sorted.
    pub was_unsorted: bool,
}

impl<'a> SpectrumReader<'a> {
    pub(super) fn new(part: SpectraPart<'a>) -> Self {
        Self {
            part,
            arrays: Arrays {
                window: Window::new(part.ibd),
                unpacked: Vec::new(),
                file: part.file,
            },
            current: None,
            mzs: Vec::new(),
            intensities: Vec::new(),
            is_unsorted: false,
            order: Vec::new(),
            sorted: (Vec::new(), Vec::new()),
            corrected: Vec::new(),
        }
    }

    /// Reads a spectrum of the part.
    ///
    /// # Errors
    /// The ibd cannot be read, an array does not unpack, an m/z is not a positive number, or an
    /// intensity is infinite.
    pub fn read(&mut self, spectrum: SpectrumIdx) -> Result<Spectrum<'_>, ImzmlError> {
        let entry = self.part.entries[spectrum.0];
        let number = self.part.n_before + spectrum.0 as u64 + 1;
        let n = entry.n_peaks;
        if self.current != Some((entry.mz, n)) {
            self.current = None;
            let bytes = self.arrays.read(entry.mz, n, number, "m/z")?;
            decode(bytes, entry.mz.data_type, &mut self.mzs, |v| v, f64::from);
            self.check_mzs(number)?;
            self.is_unsorted = !is_ascending(&self.mzs);
            self.current = Some((entry.mz, n));
        }
        let bytes = self.arrays.read(entry.intensity, n, number, "intensity")?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "intensities are kept as f32"
        )]
        decode(
            bytes,
            entry.intensity.data_type,
            &mut self.intensities,
            |v| v as f32,
            |v| v,
        );
        // Looked for at once before it is looked for where.
        let is_infinite = |v: &f32| v.is_infinite();
        if self
            .intensities
            .iter()
            .fold(false, |any, v| any | is_infinite(v))
        {
            let at = self
                .intensities
                .iter()
                .position(is_infinite)
                .unwrap_or_default();
            return Err(self.bad_peak(number, "intensity", at, f64::from(self.intensities[at])));
        }
        let was_unsorted = self.is_unsorted;
        if was_unsorted {
            self.sort();
        }
        let (measured, intensities) = if was_unsorted {
            (&self.sorted.0, &self.sorted.1)
        } else {
            (&self.mzs, &self.intensities)
        };
        let recalibration = self.part.recalibration;
        let mzs = if recalibration.is_nothing() {
            measured
        } else {
            self.corrected.clear();
            recalibration.correct(number - 1, measured, &mut self.corrected);
            &self.corrected
        };
        Ok(Spectrum {
            mzs,
            intensities,
            was_unsorted,
        })
    }

    fn check_mzs(&self, spectrum: u64) -> Result<(), ImzmlError> {
        let is_good = |mz: &f64| *mz > 0.0 && *mz < f64::INFINITY;
        if self.mzs.iter().fold(true, |all, mz| all & is_good(mz)) {
            return Ok(());
        }
        let at = self
            .mzs
            .iter()
            .position(|mz| !is_good(mz))
            .unwrap_or_default();
        Err(self.bad_peak(spectrum, "m/z", at, self.mzs[at]))
    }

    fn bad_peak(&self, spectrum: u64, array: &'static str, at: usize, value: f64) -> ImzmlError {
        let file = self.part.file.to_owned();
        ImzmlError::BadPeak {
            file,
            spectrum,
            array,
            found: at as u64 + 1,
            value,
        }
    }

    /// Sorts a spectrum by m/z; equal ones stay in file order.
    fn sort(&mut self) {
        self.order.clear();
        self.order.extend(0..self.mzs.len());
        self.order
            .sort_by(|&a, &b| self.mzs[a].total_cmp(&self.mzs[b]));
        let (mzs, intensities) = &mut self.sorted;
        mzs.clear();
        mzs.extend(self.order.iter().map(|&i| self.mzs[i]));
        intensities.clear();
        intensities.extend(self.order.iter().map(|&i| self.intensities[i]));
    }
}

/// Whether numbers ascend; looks at all of them, many at once, as nearly all spectra need it.
fn is_ascending(mzs: &[f64]) -> bool {
    let after = mzs.get(1..).unwrap_or_default();
    mzs.iter().zip(after).filter(|(mz, next)| mz > next).count() == 0
}

/// Reads arrays from the ibd and unpacks them.
#[derive(Debug)]
struct Arrays<'a> {
    window: Window<'a>,
    unpacked: Vec<u8>,
    /// Name of the ibd.
    file: &'a str,
}

impl Arrays<'_> {
    /// The bytes of an array, unpacked.
    fn read(
        &mut self,
        place: ArrayPlace,
        n_values: u32,
        spectrum: u64,
        array: &'static str,
    ) -> Result<&[u8], ImzmlError> {
        if n_values == 0 {
            return Ok(&[]);
        }
        let file = self.file;
        let length = index(place.n_bytes);
        let bytes = self
            .window
            .read(place.offset, length)
            .map_err(|source| read_error(file, place.offset, length, source))?;
        if !place.is_zlib {
            return Ok(bytes);
        }
        let expected = u64::from(n_values) * place.data_type.size();
        self.unpacked.clear();
        let unpacked = ZlibDecoder::new(bytes)
            .take(expected + 1)
            .read_to_end(&mut self.unpacked);
        if unpacked.is_ok_and(|n| n as u64 == expected) {
            return Ok(&self.unpacked);
        }
        let (file, offset) = (file.to_owned(), place.offset);
        Err(ImzmlError::Unpack {
            file,
            spectrum,
            array,
            offset,
            expected,
        })
    }
}

/// Decodes little-endian values.
fn decode<T>(
    bytes: &[u8],
    data_type: DataType,
    out: &mut Vec<T>,
    from_f64: impl Fn(f64) -> T,
    from_f32: impl Fn(f32) -> T,
) {
    out.clear();
    let (words, _) = bytes.as_chunks::<4>();
    let (doubles, _) = bytes.as_chunks::<8>();
    match data_type {
        DataType::F32 => out.extend(words.iter().map(|&b| from_f32(f32::from_le_bytes(b)))),
        DataType::F64 => out.extend(doubles.iter().map(|&b| from_f64(f64::from_le_bytes(b)))),
        DataType::I32 => {
            out.extend(
                words
                    .iter()
                    .map(|&b| from_f64(f64::from(i32::from_le_bytes(b)))),
            );
        }
        DataType::I64 => {
            out.extend(
                doubles
                    .iter()
                    .map(|&b| from_f64(i64::from_le_bytes(b) as f64)),
            );
        }
    }
}

/// Spectra looked at to tell peaks from a sampled signal.
const N_LOOKED_AT: usize = 16;

/// Spectra of fewer points tell nothing.
const MIN_POINTS: usize = 30;

/// Widest step between points of a sampled signal, in Th.
const MAX_PROFILE_STEP: f64 = 0.25;

/// How much neighbouring steps of a sampled signal may differ.
const MAX_STEP_RATIO: f64 = 1.2;

pub(super) fn observed_representation(
    dataset: &Dataset,
) -> Result<Option<Representation>, ImzmlError> {
    let mut reader = dataset.reader();
    let (mut n_regular, mut n_steps) = (0_u64, 0_u64);
    let candidates: Vec<usize> = (0..dataset.spectra.len())
        .filter(|&i| dataset.spectra[i].n_peaks as usize >= MIN_POINTS)
        .collect();
    for i in candidates
        .iter()
        .step_by(candidates.len().div_ceil(N_LOOKED_AT).max(1))
    {
        let spectrum = reader.read(SpectrumIdx(*i))?;
        for points in spectrum.mzs.windows(3) {
            let (a, b) = (points[1] - points[0], points[2] - points[1]);
            let (small, large) = (a.min(b), a.max(b));
            let is_regular =
                small > 0.0 && large < MAX_PROFILE_STEP && large <= MAX_STEP_RATIO * small;
            n_regular += u64::from(is_regular);
            n_steps += 1;
        }
    }
    Ok(match (n_regular, n_steps) {
        (_, 0) => None,
        (regular, steps) if 2 * regular > steps => Some(Representation::Profile),
        _ => Some(Representation::Centroid),
    })
}
