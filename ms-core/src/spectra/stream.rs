//! The spectra of a part of a dataset, one after another.

use super::error::IndexError;
use crate::image::PixelIdx;
use crate::imzml::{OTHER_PLANE, SpectraPart, Spectrum, SpectrumIdx};
use crate::progress::{Progress, check};

/// Spectra between two looks at progress.
const STRIDE: usize = 128;

/// Calls `each` for the spectra of a part that lie on the plane, with their pixel.
pub(super) fn for_each_spectrum(
    part: SpectraPart<'_>,
    progress: &dyn Progress,
    mut each: impl FnMut(PixelIdx, Spectrum<'_>) -> Result<(), IndexError>,
) -> Result<(), IndexError> {
    let mut reader = part.reader();
    let (mut start, n_spectra) = (0, part.entries.len());
    while start < n_spectra {
        check(progress)?;
        let end = n_spectra.min(start + STRIDE);
        for spectrum_idx in start..end {
            let pixel = part.pixels[spectrum_idx];
            if pixel != OTHER_PLANE {
                each(PixelIdx(pixel), reader.read(SpectrumIdx(spectrum_idx))?)?;
            }
        }
        progress.advance((end - start) as u64);
        start = end;
    }
    Ok(())
}
