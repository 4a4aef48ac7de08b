//! Peaks as they are stored, in memory and as bytes.

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
    /// The peak as [`crate::spectra::RunStore`] reads it: m/z, pixel and intensity, little-endian.
    pub fn to_bytes(self) -> [u8; 16] {
        let [mz, rest] = self.pack();
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mz.to_le_bytes());
        bytes[8..].copy_from_slice(&rest.to_le_bytes());
        bytes
    }

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

/// Records as the bytes in which they are stored: little-endian, as the memory of this machine.
pub(super) fn as_bytes(records: &[Record]) -> &[u8] {
    const {
        assert!(
            cfg!(target_endian = "little"),
            "a machine whose numbers begin with their lowest byte is needed"
        );
    }
    bytemuck::cast_slice(records)
}

/// See [`as_bytes`].
pub(super) fn as_bytes_mut(records: &mut [Record]) -> &mut [u8] {
    bytemuck::cast_slice_mut(records)
}
