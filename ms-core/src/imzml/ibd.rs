//! The ibd: checks of its length, UUID and checksum, and its arrays as (f64 m/z, f32 intensity).

use std::io::Read;

use flate2::read::ZlibDecoder;
use md5::Md5;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::error::ImzmlError;
use super::header::{Checksum, ChecksumAlgorithm, Header};
use super::numpress::Numpress;
use super::packing::Compression;
use super::spectrum::{ArrayPlace, DataType, SpectrumEntry, SpectrumIdx};
use super::{Names, SpectraPart};
use crate::bytes::{RangeRead, Window, index};
use crate::profile::{PeakPicker, PickCounts};

/// Bytes of the UUID at the start of an ibd.
const UUID_BYTES: usize = 16;

/// No zlib stream unpacks to more than this many times its length.
const MAX_ZLIB_RATIO: u64 = 1_032;

/// A block of 128 KiB is packed into 4 bytes at least.
const MAX_ZSTD_RATIO: u64 = (128 << 10) / 4;

/// Refuses arrays that end beyond the ibd, or claim more values than their bytes can hold.
pub(super) fn check_places(
    spectra: &[SpectrumEntry],
    ibd_length: u64,
    file: &str,
) -> Result<(), ImzmlError> {
    let places = |entry: &SpectrumEntry| [("m/z", entry.mz), ("intensity", entry.intensity)];
    let not_empty = spectra.iter().filter(|entry| entry.n_peaks > 0);
    let ends = not_empty.flat_map(|entry| places(entry).map(|(_, place)| end_of(place)));
    let lengths = (ibd_length, ends.max().unwrap_or(0));
    for (spectrum, entry) in (1..).zip(spectra) {
        for (array, place) in places(entry) {
            check_place(place, entry.n_peaks, lengths, (file, spectrum, array))?;
        }
    }
    Ok(())
}

/// The same of ion mobilities.
pub(super) fn check_mobilities(
    spectra: &[SpectrumEntry],
    mobilities: &[Option<ArrayPlace>],
    ibd_length: u64,
    file: &str,
) -> Result<(), ImzmlError> {
    let ends = mobilities.iter().flatten().map(|place| end_of(*place));
    let lengths = (ibd_length, ends.max().unwrap_or(0));
    for ((spectrum, entry), place) in (1..).zip(spectra).zip(mobilities) {
        if let Some(place) = *place {
            check_place(place, entry.n_peaks, lengths, (file, spectrum, MOBILITY))?;
        }
    }
    Ok(())
}

/// Array of ion mobilities, in messages.
const MOBILITY: &str = "ion mobility";

/// The first byte behind an array.
fn end_of(place: ArrayPlace) -> u64 {
    place.offset.saturating_add(place.n_bytes)
}

/// Makes sure that an array of so many values can lie where it is said to, in an ibd of a length, which
/// all arrays need another of; in messages it is that of a file, a spectrum and a name.
fn check_place(
    place: ArrayPlace,
    n_values: u32,
    (ibd_length, needed): (u64, u64),
    (file, spectrum, array): (&str, u64, &'static str),
) -> Result<(), ImzmlError> {
    let end = end_of(place);
    if end > ibd_length && n_values > 0 {
        return Err(ImzmlError::BeyondEnd {
            file: file.into(),
            spectrum,
            array,
            ibd_length,
            end,
            needed,
        });
    }
    let unpacked = match place.compression {
        Compression::None => place.n_bytes,
        Compression::Zlib => place.n_bytes.saturating_mul(MAX_ZLIB_RATIO),
        Compression::Zstd => place.n_bytes.saturating_mul(MAX_ZSTD_RATIO),
    };
    let n_values = u64::from(n_values);
    let expected = n_values * place.data_type.size();
    let is_too_much = match place.numpress {
        Some(_) => n_values > Numpress::max_values(unpacked),
        // A plain array has been compared already.
        None => place.compression != Compression::None && expected > unpacked,
    };
    if is_too_much {
        return Err(ImzmlError::Unpack {
            file: file.into(),
            spectrum,
            array,
            offset: place.offset,
            expected,
        });
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
    /// Ion mobility of each point, where only those of a range are looked at.
    mobilities: Vec<f64>,
    /// Whether the m/z array as written is not ascending.
    is_unsorted: bool,
    /// Whether it has values that are no m/z; exporters pad spectra with them.
    has_padding: bool,
    order: Vec<usize>,
    sorted: (Vec<f64>, Vec<f32>),
    corrected: Vec<f64>,
    averaged: Vec<f32>,
    picker: Option<PeakPicker>,
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
    /// Points left out that have no m/z and no intensity.
    pub n_padding: u32,
}

impl<'a> SpectrumReader<'a> {
    pub(super) fn new(part: SpectraPart<'a>) -> Self {
        Self {
            part,
            arrays: Arrays {
                window: Window::new(part.ibd),
                unpacked: Vec::new(),
                decoded: Vec::new(),
                file: part.file,
            },
            current: None,
            mzs: Vec::new(),
            intensities: Vec::new(),
            mobilities: Vec::new(),
            is_unsorted: false,
            has_padding: false,
            order: Vec::new(),
            sorted: (Vec::new(), Vec::new()),
            corrected: Vec::new(),
            averaged: Vec::new(),
            picker: part.picking.copied().map(PeakPicker::new),
        }
    }

    /// Reads a spectrum of the part: its peaks, picked and corrected where the dataset says so. Points
    /// of intensity 0 and of no m/z, with which exporters pad spectra, are left out.
    ///
    /// # Errors
    /// The ibd cannot be read, an array does not unpack, an m/z is not a positive number, or an
    /// intensity is infinite.
    pub fn read(&mut self, spectrum: SpectrumIdx) -> Result<Spectrum<'_>, ImzmlError> {
        let number = self.part.n_before + spectrum.0 as u64 + 1;
        self.read_arrays(self.part.entries[spectrum.0], number)?;
        self.read_mobilities(spectrum, number)?;
        let was_unsorted = self.is_unsorted;
        let is_tidied = was_unsorted || self.has_padding || self.part.mobility.is_some();
        let n_padding = if is_tidied { self.tidy(number)? } else { 0 };
        let (mut mzs, mut intensities) = if is_tidied {
            (self.sorted.0.as_slice(), self.sorted.1.as_slice())
        } else {
            (self.mzs.as_slice(), self.intensities.as_slice())
        };
        if let Some(picker) = &mut self.picker {
            // What is left out may differ from spectrum to spectrum.
            if is_tidied {
                picker.change_axis();
            }
            (mzs, intensities) = picker.pick(mzs, intensities);
        }
        if let Some(&n @ 2..) = self.part.n_at_pixel.get(spectrum.0) {
            let share = f32::from(n);
            self.averaged.clear();
            self.averaged
                .extend(intensities.iter().map(|value| value / share));
            intensities = &self.averaged;
        }
        let recalibration = self.part.recalibration;
        if !recalibration.is_nothing() {
            self.corrected.clear();
            recalibration.correct(number - 1, mzs, &mut self.corrected);
            mzs = &self.corrected;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "of at most u32::MAX points"
        )]
        let n_padding = n_padding as u32;
        Ok(Spectrum {
            mzs,
            intensities,
            was_unsorted,
            n_padding,
        })
    }

    /// What was picked so far, where the spectra are profiles.
    pub fn pick_counts(&self) -> Option<PickCounts> {
        self.picker.as_ref().map(|picker| picker.counts)
    }

    /// Reads the two arrays of a spectrum as they are written.
    fn read_arrays(&mut self, entry: SpectrumEntry, number: u64) -> Result<(), ImzmlError> {
        let n = entry.n_peaks;
        if self.current != Some((entry.mz, n)) {
            self.current = None;
            self.arrays.read(
                entry.mz,
                n,
                (number, "m/z"),
                &mut self.mzs,
                |v| v,
                f64::from,
            )?;
            self.has_padding = !self.mzs.iter().fold(true, |all, mz| all & is_mz(*mz));
            self.is_unsorted = !self.has_padding && !is_ascending(&self.mzs);
            self.current = Some((entry.mz, n));
            if let Some(picker) = &mut self.picker {
                picker.change_axis();
            }
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "intensities are kept as f32"
        )]
        self.arrays.read(
            entry.intensity,
            n,
            (number, "intensity"),
            &mut self.intensities,
            |v| v as f32,
            |v| v,
        )?;
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
        Ok(())
    }

    /// Reads the ion mobilities of a spectrum, where they decide.
    fn read_mobilities(&mut self, spectrum: SpectrumIdx, number: u64) -> Result<(), ImzmlError> {
        let Some(mobility) = self.part.mobility else {
            return Ok(());
        };
        self.mobilities.clear();
        let n = self.part.entries[spectrum.0].n_peaks;
        if let Some(Some(place)) = mobility.arrays.get(spectrum.0) {
            let of = (number, MOBILITY);
            self.arrays
                .read(*place, n, of, &mut self.mobilities, |v| v, f64::from)?;
        }
        Ok(())
    }

    /// Leaves out padding, and points of ion mobilities that are not looked at, and sorts by m/z; equal
    /// ones stay in file order. Returns the number of points that are padding.
    fn tidy(&mut self, number: u64) -> Result<usize, ImzmlError> {
        let is_padding = |place: usize| {
            let (mz, intensity) = (self.mzs[place], self.intensities[place]);
            (mz.is_nan() || (mz <= 0.0 && mz > f64::NEG_INFINITY))
                && (intensity <= 0.0 || intensity.is_nan())
        };
        let wrong = |place: &usize| !is_mz(self.mzs[*place]) && !is_padding(*place);
        if let Some(at) = (0..self.mzs.len()).find(wrong) {
            return Err(self.bad_peak(number, "m/z", at, self.mzs[at]));
        }
        self.order.clear();
        self.order
            .extend((0..self.mzs.len()).filter(|&place| is_mz(self.mzs[place])));
        let n_padding = self.mzs.len() - self.order.len();
        if let Some(mobility) = self.part.mobility {
            let mobilities = &self.mobilities;
            let is_wanted = |place: &usize| {
                let found = mobilities.get(*place);
                found.is_some_and(|&found| mobility.range.contains(found))
            };
            self.order.retain(is_wanted);
        }
        self.order
            .sort_by(|&a, &b| self.mzs[a].total_cmp(&self.mzs[b]));
        let (mzs, intensities) = &mut self.sorted;
        mzs.clear();
        mzs.extend(self.order.iter().map(|&i| self.mzs[i]));
        intensities.clear();
        intensities.extend(self.order.iter().map(|&i| self.intensities[i]));
        Ok(n_padding)
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
}

/// Whether a number can be an m/z.
fn is_mz(mz: f64) -> bool {
    mz > 0.0 && mz < f64::INFINITY
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
    decoded: Vec<f64>,
    /// Name of the ibd.
    file: &'a str,
}

impl Arrays<'_> {
    /// The values of an array, of the spectrum of a number, in place of those of `out`.
    fn read<T>(
        &mut self,
        place: ArrayPlace,
        n_values: u32,
        (spectrum, array): (u64, &'static str),
        out: &mut Vec<T>,
        from_f64: impl Fn(f64) -> T,
        from_f32: impl Fn(f32) -> T,
    ) -> Result<(), ImzmlError> {
        out.clear();
        if n_values == 0 {
            return Ok(());
        }
        let file = self.file;
        let length = index(place.n_bytes);
        let bytes = self
            .window
            .read(place.offset, length)
            .map_err(|source| read_error(file, place.offset, length, source))?;
        let expected = u64::from(n_values) * place.data_type.size();
        let wrong = || ImzmlError::Unpack {
            file: file.to_owned(),
            spectrum,
            array,
            offset: place.offset,
            expected,
        };
        let most = match place.numpress {
            Some(numpress) => numpress.max_bytes(n_values.into()),
            None => expected,
        };
        self.unpacked.clear();
        // One byte more shows that there is too much.
        let mut unpack =
            |stream: &mut dyn Read| stream.take(most + 1).read_to_end(&mut self.unpacked);
        let unpacked = match place.compression {
            Compression::None => None,
            Compression::Zlib => Some(unpack(&mut ZlibDecoder::new(bytes))),
            Compression::Zstd => Some(
                zstd::stream::read::Decoder::with_buffer(bytes)
                    .and_then(|mut stream| unpack(&mut stream)),
            ),
        };
        let bytes = match unpacked {
            None => bytes,
            Some(Ok(_)) => &self.unpacked,
            Some(Err(_)) => return Err(wrong()),
        };
        if let Some(numpress) = place.numpress {
            self.decoded.clear();
            let decoded = numpress.decode(bytes, n_values as usize, &mut self.decoded);
            decoded.ok_or_else(wrong)?;
            out.extend(self.decoded.iter().map(|&value| from_f64(value)));
            return Ok(());
        }
        if bytes.len() as u64 != expected {
            return Err(wrong());
        }
        decode(bytes, place.data_type, out, from_f64, from_f32);
        Ok(())
    }
}

/// Appends little-endian values.
fn decode<T>(
    bytes: &[u8],
    data_type: DataType,
    out: &mut Vec<T>,
    from_f64: impl Fn(f64) -> T,
    from_f32: impl Fn(f32) -> T,
) {
    let (pairs, _) = bytes.as_chunks::<2>();
    let (words, _) = bytes.as_chunks::<4>();
    let (doubles, _) = bytes.as_chunks::<8>();
    match data_type {
        DataType::F32 => out.extend(words.iter().map(|&b| from_f32(f32::from_le_bytes(b)))),
        DataType::F64 => out.extend(doubles.iter().map(|&b| from_f64(f64::from_le_bytes(b)))),
        DataType::I8 => out.extend(
            bytes
                .iter()
                .map(|&b| from_f64(i8::from_le_bytes([b]).into())),
        ),
        DataType::U8 => out.extend(bytes.iter().map(|&b| from_f64(b.into()))),
        DataType::I16 => {
            out.extend(
                pairs
                    .iter()
                    .map(|&b| from_f64(i16::from_le_bytes(b).into())),
            );
        }
        DataType::U16 => {
            out.extend(
                pairs
                    .iter()
                    .map(|&b| from_f64(u16::from_le_bytes(b).into())),
            );
        }
        DataType::I32 => {
            out.extend(
                words
                    .iter()
                    .map(|&b| from_f64(i32::from_le_bytes(b).into())),
            );
        }
        DataType::U32 => {
            out.extend(
                words
                    .iter()
                    .map(|&b| from_f64(u32::from_le_bytes(b).into())),
            );
        }
        DataType::I64 => {
            out.extend(
                doubles
                    .iter()
                    .map(|&b| from_f64(i64::from_le_bytes(b) as f64)),
            );
        }
        DataType::U64 => {
            out.extend(
                doubles
                    .iter()
                    .map(|&b| from_f64(u64::from_le_bytes(b) as f64)),
            );
        }
    }
}
