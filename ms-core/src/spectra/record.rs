//! Peaks as they are stored, in memory and as bytes.

use super::error::IndexError;
use crate::bytes::{Scratch, index};
use crate::image::PixelIdx;

/// Bytes of a peak in the index.
pub const PEAK_BYTES: u64 = 16;

/// A peak as it is stored: the bits of its m/z; then those of its intensity, and its pixel.
pub(super) type Record = [u64; 2];

/// A measured peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// m/z in Th.
    pub mz: f64,
    /// Intensity, > 0.
    pub intensity: f32,
    /// Its pixel.
    pub pixel: PixelIdx,
}

impl Peak {
    pub(super) fn pack(self) -> Record {
        [
            self.mz.to_bits(),
            u64::from(self.intensity.to_bits()) << 32 | u64::from(self.pixel.0),
        ]
    }

    pub(super) fn unpack([mz, rest]: Record) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the two halves are taken apart"
        )]
        let (intensity, pixel) = ((rest >> 32) as u32, rest as u32);
        Self {
            mz: f64::from_bits(mz),
            intensity: f32::from_bits(intensity),
            pixel: PixelIdx(pixel),
        }
    }
}

pub(super) fn write_records(
    scratch: &dyn Scratch,
    start: u64,
    records: &[Record],
) -> Result<(), IndexError> {
    let offset = start * PEAK_BYTES;
    let bytes = encode_records(records);
    scratch.write_at(offset, &bytes).map_err(|source| {
        let length = bytes.len() as u64;
        IndexError::Scratch {
            action: "write",
            offset,
            length,
            source,
        }
    })
}

pub(super) fn read_records(
    scratch: &dyn Scratch,
    start: u64,
    end: u64,
) -> Result<Vec<Record>, IndexError> {
    let offset = start * PEAK_BYTES;
    let length = (end - start) * PEAK_BYTES;
    let mut bytes = vec![0; index(length)];
    scratch
        .read_at(offset, &mut bytes)
        .map_err(|source| IndexError::Scratch {
            action: "read",
            offset,
            length,
            source,
        })?;
    Ok(decode_records(&bytes).collect())
}

/// Records of their bytes; what is left over at the end is passed over.
pub(super) fn decode_records(bytes: &[u8]) -> impl ExactSizeIterator<Item = Record> + '_ {
    let (records, _) = bytes.as_chunks::<16>();
    let word = |bytes: &[u8; 16], from: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[from..from + 8]);
        u64::from_le_bytes(word)
    };
    records
        .iter()
        .map(move |bytes| [word(bytes, 0), word(bytes, 8)])
}

/// Records as bytes, 16 a peak.
pub(super) fn encode_records(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(records));
    bytes.extend(records.iter().flatten().flat_map(|word| word.to_le_bytes()));
    bytes
}
