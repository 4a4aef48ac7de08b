//! What tasks need of the imzML file, as bytes: rows of fixed length, so that a task reads its own.

use std::ops::Range;

use ms_core::image::Raster;
use ms_core::imzml::{
    ArrayPlace, Compression, DataType, Dataset, Mobility, Numpress, SpectrumEntry,
};

/// Bytes of a spectrum's row: pixel, number of peaks, place and length of both arrays, their types, and
/// by what its intensities are divided.
const ROW: usize = 48;

const TYPES: [DataType; 10] = [
    DataType::F32,
    DataType::F64,
    DataType::I32,
    DataType::I64,
    DataType::I8,
    DataType::I16,
    DataType::U8,
    DataType::U16,
    DataType::U32,
    DataType::U64,
];

/// By their place in the two bits above that of the type.
const COMPRESSIONS: [Compression; 3] = [Compression::None, Compression::Zlib, Compression::Zstd];
const COMPRESSION_SHIFT: u32 = 4;

/// By their place in the two bits above that, from 1.
const NUMPRESS: [Numpress; 3] = [
    Numpress::Linear,
    Numpress::PositiveInteger,
    Numpress::ShortLoggedFloat,
];
const NUMPRESS_SHIFT: u32 = 6;

/// Bytes of the rows of some spectra.
pub fn row_bytes(spectra: Range<u64>) -> Range<u64> {
    spectra.start * ROW as u64..spectra.end * ROW as u64
}

/// Bytes of a row of ion mobilities: place and length of the array, and its type. A spectrum without
/// has a length of 0.
const MOBILITY_ROW: usize = 24;

/// Bytes of the rows of ion mobilities of some spectra.
pub(crate) fn mobility_row_bytes(spectra: Range<u64>) -> Range<u64> {
    spectra.start * MOBILITY_ROW as u64..spectra.end * MOBILITY_ROW as u64
}

/// Where the ion mobilities of each spectrum lie.
pub(crate) fn encode_mobilities(mobility: &Mobility) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(mobility.arrays.len() * MOBILITY_ROW);
    for array in &mobility.arrays {
        let row = array.map_or([0; MOBILITY_ROW], |array| {
            let mut row = [0; MOBILITY_ROW];
            row[..8].copy_from_slice(&array.offset.to_le_bytes());
            row[8..16].copy_from_slice(&array.n_bytes.to_le_bytes());
            row[16] = kind(array);
            row
        });
        bytes.extend(row);
    }
    bytes
}

/// The ion mobilities of rows; nothing if they are none.
pub(crate) fn decode_mobilities(bytes: &[u8]) -> Option<Vec<Option<ArrayPlace>>> {
    let (rows, rest) = bytes.as_chunks::<MOBILITY_ROW>();
    let array = |row: &[u8; MOBILITY_ROW]| {
        let (words, _) = row.as_chunks::<8>();
        let (offset, n_bytes) = (u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1]));
        if n_bytes == 0 {
            return Some(None);
        }
        place(offset, n_bytes, row[16]).map(Some)
    };
    let arrays: Option<Vec<_>> = rows.iter().map(array).collect();
    arrays.filter(|_| rest.is_empty())
}

/// Type and compression of an array as a byte.
fn kind(array: ArrayPlace) -> u8 {
    let number = (0..)
        .zip(TYPES)
        .find(|(_, known)| *known == array.data_type);
    let packed = (0..)
        .zip(COMPRESSIONS)
        .find(|(_, known)| *known == array.compression);
    let numpress = (1..)
        .zip(NUMPRESS)
        .find(|(_, known)| Some(*known) == array.numpress);
    let [number, packed, numpress] = [
        number.map(|(n, _)| n),
        packed.map(|(n, _)| n),
        numpress.map(|(n, _)| n),
    ]
    .map(|found: Option<u8>| found.unwrap_or_default());
    number | packed << COMPRESSION_SHIFT | numpress << NUMPRESS_SHIFT
}

/// An array of which type and compression are such a byte.
fn place(offset: u64, n_bytes: u64, kind: u8) -> Option<ArrayPlace> {
    let compression = kind >> COMPRESSION_SHIFT & 3;
    let numpress = match usize::from(kind >> NUMPRESS_SHIFT).checked_sub(1) {
        Some(place) => Some(*NUMPRESS.get(place)?),
        None => None,
    };
    Some(ArrayPlace {
        offset,
        n_bytes,
        data_type: *TYPES.get(usize::from(kind & ((1 << COMPRESSION_SHIFT) - 1)))?,
        compression: *COMPRESSIONS.get(usize::from(compression))?,
        numpress,
    })
}

/// The rows of all spectra.
pub fn encode_spectra(dataset: &Dataset) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(dataset.spectra.len() * ROW);
    let mut n_at_pixel = dataset.pixels.n_at_pixel.iter().copied();
    for (entry, pixel) in dataset
        .spectra
        .iter()
        .zip(&dataset.pixels.pixel_of_spectrum)
    {
        bytes.extend(pixel.to_le_bytes());
        bytes.extend(entry.n_peaks.to_le_bytes());
        for place in [entry.mz, entry.intensity] {
            bytes.extend(place.offset.to_le_bytes());
            bytes.extend(place.n_bytes.to_le_bytes());
        }
        bytes.extend([entry.mz, entry.intensity].map(kind));
        bytes.extend(n_at_pixel.next().unwrap_or(1).to_le_bytes());
        bytes.extend([0; 4]);
    }
    bytes
}

/// Spectra of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskSpectra {
    /// Where their arrays lie.
    pub entries: Vec<SpectrumEntry>,
    /// Pixel of each.
    pub pixels: Vec<u32>,
    /// By what intensities of each are divided.
    pub n_at_pixel: Vec<u16>,
}

/// The spectra of rows; nothing if they are none, or a pixel is not of the raster.
pub fn decode_spectra(bytes: &[u8], n_pixels: usize) -> Option<TaskSpectra> {
    let (rows, rest) = bytes.as_chunks::<ROW>();
    if !rest.is_empty() {
        return None;
    }
    let mut spectra = TaskSpectra::default();
    for row in rows {
        let (words, _) = row.as_chunks::<8>();
        let long = |i: usize| u64::from_le_bytes(words[i]);
        let (halves, _) = row.as_chunks::<4>();
        let (pixel, n_peaks) = (u32::from_le_bytes(halves[0]), u32::from_le_bytes(halves[1]));
        let (mz, intensity) = (
            place(long(1), long(2), row[40])?,
            place(long(3), long(4), row[41])?,
        );
        let is_plain = |place: ArrayPlace| {
            place.compression != Compression::None
                || place.numpress.is_some()
                || place.n_bytes == u64::from(n_peaks) * place.data_type.size()
        };
        let is_known = pixel == ms_core::imzml::OTHER_PLANE || (pixel as usize) < n_pixels;
        if !(is_known && is_plain(mz) && is_plain(intensity)) {
            return None;
        }
        spectra.entries.push(SpectrumEntry {
            x: 0,
            y: 0,
            z: 1,
            n_peaks,
            mz,
            intensity,
        });
        spectra.pixels.push(pixel);
        spectra
            .n_at_pixel
            .push(u16::from_le_bytes([row[42], row[43]]));
    }
    Some(spectra)
}

/// A raster: width, height, then the places that have a spectrum, unless all have.
pub fn encode_raster(raster: &Raster) -> Vec<u8> {
    let mut bytes = raster.width.to_le_bytes().to_vec();
    bytes.extend(raster.height.to_le_bytes());
    if raster.places.len() as u64 != u64::from(raster.width) * u64::from(raster.height) {
        bytes.extend(raster.places.iter().flat_map(|place| place.to_le_bytes()));
    }
    bytes
}

/// Nothing if the bytes are no raster of so many pixels.
pub fn decode_raster(bytes: &[u8], n_pixels: usize) -> Option<Raster> {
    let (words, rest) = bytes.as_chunks::<4>();
    let (&[width, height], places) = words.split_first_chunk()?;
    let (width, height) = (u32::from_le_bytes(width), u32::from_le_bytes(height));
    let area = width.checked_mul(height)?;
    let places: Vec<u32> = if places.is_empty() {
        if area as usize != n_pixels {
            return None;
        }
        (0..area).collect()
    } else {
        places
            .iter()
            .map(|&place| u32::from_le_bytes(place))
            .collect()
    };
    let ascends = places.windows(2).all(|pair| pair[0] < pair[1]);
    let is_within = places.last().is_none_or(|&last| last < area);
    let is_whole = rest.is_empty() && places.len() == n_pixels;
    (ascends && is_within && is_whole).then_some(Raster {
        width,
        height,
        places,
    })
}

/// Which pixels are tissue, a byte a pixel.
pub(crate) fn encode_mask(is_tissue: &[bool]) -> Vec<u8> {
    is_tissue.iter().map(|&is| u8::from(is)).collect()
}

/// Nothing if the bytes say something else of so many pixels.
pub(crate) fn decode_mask(bytes: &[u8], n_pixels: usize) -> Option<Vec<bool>> {
    let is_tissue = |byte: &u8| match byte {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    };
    let mask: Option<Vec<bool>> = bytes.iter().map(is_tissue).collect();
    mask.filter(|mask| mask.len() == n_pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ms_core::imzml::MobilityRange;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rasters_are_read_back(width in 1_u32..9, height in 1_u32..9, mask in any::<u64>()) {
            let places: Vec<u32> =
                (0..width * height).filter(|place| mask >> (place % 64) & 1 == 1).collect();
            prop_assume!(!places.is_empty());
            let raster = Raster { width, height, places };
            let n = raster.n_pixels();
            prop_assert_eq!(decode_raster(&encode_raster(&raster), n), Some(raster));
        }

        #[test]
        fn ion_mobilities_are_read_back(
            arrays in prop::collection::vec(
                prop::option::of((
                    any::<u64>(), 1_u64.., 0..TYPES.len(), 0..COMPRESSIONS.len(), 0..=NUMPRESS.len(),
                )),
                0..9,
            ),
        ) {
            let array = |(offset, n_bytes, data_type, compression, numpress): (u64, u64, usize, usize, usize)| ArrayPlace {
                offset,
                n_bytes,
                data_type: TYPES[data_type],
                compression: COMPRESSIONS[compression],
                numpress: NUMPRESS.get(numpress).copied(),
            };
            let arrays: Vec<_> = arrays.into_iter().map(|found| found.map(array)).collect();
            let mobility = Mobility { range: MobilityRange { low: 0.0, high: 1.0 }, arrays };
            let bytes = encode_mobilities(&mobility);
            let rows = mobility_row_bytes(0..mobility.arrays.len() as u64);
            prop_assert_eq!(rows.end, bytes.len() as u64);
            prop_assert_eq!(decode_mobilities(&bytes), Some(mobility.arrays));
        }

        #[test]
        fn what_is_no_table_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(decode_raster(&bytes, 5));
            if let Some(found) = decode_spectra(&bytes, 5) {
                let n = found.entries.len();
                prop_assert_eq!((n, n), (found.pixels.len(), found.n_at_pixel.len()));
                prop_assert_eq!(n * ROW, bytes.len());
            }
        }
    }

    #[test]
    fn damage_of_a_raster_is_seen() {
        let raster = Raster {
            width: 3,
            height: 2,
            places: vec![0, 4],
        };
        let bytes = encode_raster(&raster);
        assert_eq!(decode_raster(&bytes, 2), Some(raster));
        assert_eq!(decode_raster(&bytes, 3), None);
        assert_eq!(decode_raster(&bytes[..11], 2), None);
        let mut beyond = bytes.clone();
        beyond[12] = 6;
        assert_eq!(decode_raster(&beyond, 2), None);
        beyond[12] = 0;
        assert_eq!(decode_raster(&beyond, 2), None);
    }
}
