//! Coordinates of spectra to a raster of pixels.

use super::Oddity;
use super::error::ImzmlError;
use super::spectrum::SpectrumEntry;
use crate::image::{MAX_FRAMED_AREA, Raster};

/// Pixel of a spectrum that lies on another plane.
pub const OTHER_PLANE: u32 = u32::MAX;

/// A bounding box up to this many pixels is believed whatever the number of spectra …
const BELIEVED_AREA: u64 = 10_000_000;

/// … and so is one of up to this many pixels for each spectrum.
const BELIEVED_AREA_PER_SPECTRUM: u64 = 1_000;

/// Where the spectra of a plane lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelTable {
    /// The pixels that have a spectrum.
    pub raster: Raster,
    /// Pixel of each spectrum in file order, [`OTHER_PLANE`] for those of another plane.
    pub pixel_of_spectrum: Vec<u32>,
    /// Coordinates, as written, of the first column and row.
    pub origin: (u32, u32),
    /// The plane.
    pub z: u32,
    /// Every plane of the dataset, ascending.
    pub planes: Vec<u32>,
}

impl PixelTable {
    /// The pixels of the plane at `z`, or of the first.
    pub(super) fn new(
        spectra: &[SpectrumEntry],
        z: Option<u32>,
        file: &str,
    ) -> Result<Self, ImzmlError> {
        let mut planes: Vec<u32> = spectra.iter().map(|entry| entry.z).collect();
        planes.sort_unstable();
        planes.dedup();
        let Some(&first) = planes.first() else {
            return Err(ImzmlError::NoSpectra { file: file.into() });
        };
        let z = z.unwrap_or(first);
        let coordinates = || {
            spectra
                .iter()
                .filter(|entry| entry.z == z)
                .map(|entry| (entry.x, entry.y))
        };
        let (Some(left), Some(right), Some(top), Some(bottom)) = (
            coordinates().map(|(x, _)| x).min(),
            coordinates().map(|(x, _)| x).max(),
            coordinates().map(|(_, y)| y).min(),
            coordinates().map(|(_, y)| y).max(),
        ) else {
            return Err(ImzmlError::NoPlane {
                file: file.into(),
                z,
                planes,
            });
        };
        let (width, height) = (right - left + 1, bottom - top + 1);
        check_area(spectra, (width, height), (right, bottom), file)?;
        let place_of = |entry: &SpectrumEntry| (entry.y - top) * width + (entry.x - left);
        let mut occupied: Vec<u32> = spectra
            .iter()
            .filter(|entry| entry.z == z)
            .map(place_of)
            .collect();
        occupied.sort_unstable();
        occupied.dedup();
        // The place is one of them, and there are fewer of them than numbers.
        #[expect(clippy::cast_possible_truncation, reason = "MAX_FRAMED_AREA")]
        let pixel_of = |place: u32| occupied.partition_point(|&occupied| occupied < place) as u32;
        let pixel_of_spectrum = spectra
            .iter()
            .map(|entry| {
                if entry.z == z {
                    pixel_of(place_of(entry))
                } else {
                    OTHER_PLANE
                }
            })
            .collect();
        let raster = Raster {
            width,
            height,
            places: occupied,
        };
        Ok(Self {
            raster,
            pixel_of_spectrum,
            origin: (left, top),
            z,
            planes,
        })
    }

    /// Number of spectra on the plane.
    pub fn n_spectra(&self) -> usize {
        self.pixel_of_spectrum
            .iter()
            .filter(|&&pixel| pixel != OTHER_PLANE)
            .count()
    }

    pub(super) fn oddities(&self) -> Vec<Oddity> {
        let mut odd = Vec::new();
        let here = self.n_spectra();
        let n_pixels = self.raster.n_pixels();
        if here > n_pixels {
            odd.push(Oddity::DuplicatePixels {
                n_spectra: (here - n_pixels) as u64,
            });
        }
        let area = u64::from(self.raster.width) * u64::from(self.raster.height);
        if area > n_pixels as u64 {
            odd.push(Oddity::MissingPixels {
                n_pixels: area - n_pixels as u64,
            });
        }
        if self.planes.len() > 1 {
            let others = self
                .planes
                .iter()
                .copied()
                .filter(|&z| z != self.z)
                .collect();
            let n_spectra = (self.pixel_of_spectrum.len() - here) as u64;
            odd.push(Oddity::OtherPlanes {
                z: self.z,
                others,
                n_spectra,
            });
        }
        odd
    }
}

/// Refuses a bounding box that so few spectra cannot mean; nothing of its size is allocated before.
fn check_area(
    spectra: &[SpectrumEntry],
    (width, height): (u32, u32),
    (right, bottom): (u32, u32),
    file: &str,
) -> Result<(), ImzmlError> {
    let area = u64::from(width) * u64::from(height);
    let n_spectra = spectra.len() as u64;
    let believed = BELIEVED_AREA.max(n_spectra.saturating_mul(BELIEVED_AREA_PER_SPECTRUM));
    let framed = (u64::from(width) + 2) * (u64::from(height) + 2);
    if area <= believed && framed <= MAX_FRAMED_AREA {
        return Ok(());
    }
    let is_far = |entry: &&SpectrumEntry| {
        if width >= height {
            entry.x == right
        } else {
            entry.y == bottom
        }
    };
    let (number, entry) = (1..)
        .zip(spectra)
        .find(|(_, entry)| is_far(entry))
        .unwrap_or((1, &spectra[0]));
    Err(ImzmlError::Scattered {
        file: file.into(),
        n_spectra,
        width: width.into(),
        height: height.into(),
        spectrum: number,
        x: entry.x,
        y: entry.y,
    })
}

#[cfg(test)]
mod tests {
    use super::super::spectrum::{ArrayPlace, DataType};
    use super::*;
    use crate::image::PixelIdx;

    fn spectra(places: &[(u32, u32, u32)]) -> Vec<SpectrumEntry> {
        let array = ArrayPlace {
            offset: 16,
            n_bytes: 0,
            data_type: DataType::F32,
            is_zlib: false,
        };
        let entry = |&(x, y, z)| SpectrumEntry {
            x,
            y,
            z,
            n_peaks: 0,
            mz: array,
            intensity: array,
        };
        places.iter().map(entry).collect()
    }

    #[test]
    fn pixels_are_numbered_in_raster_order() {
        let table =
            PixelTable::new(&spectra(&[(7, 3, 1), (5, 3, 1), (5, 2, 1)]), None, "f").unwrap();
        assert_eq!((table.raster.width, table.raster.height), (3, 2));
        assert_eq!(table.raster.places, [0, 3, 5]);
        assert_eq!(table.pixel_of_spectrum, [2, 1, 0]);
        assert_eq!(table.raster.position(PixelIdx(2)), (2, 1));
        assert_eq!(table.oddities(), [Oddity::MissingPixels { n_pixels: 3 }]);
    }

    #[test]
    fn duplicates_share_a_pixel_and_planes_are_kept_apart() {
        let all = spectra(&[(0, 0, 1), (0, 0, 1), (9, 9, 2)]);
        let table = PixelTable::new(&all, None, "f").unwrap();
        assert_eq!(table.pixel_of_spectrum, [0, 0, OTHER_PLANE]);
        assert_eq!(
            table.oddities()[0],
            Oddity::DuplicatePixels { n_spectra: 1 }
        );
        let second = PixelTable::new(&all, Some(2), "f").unwrap();
        assert_eq!(second.pixel_of_spectrum, [OTHER_PLANE, OTHER_PLANE, 0]);
        assert!(PixelTable::new(&all, Some(3), "f").is_err());
    }

    #[test]
    fn absurd_boxes_are_not_believed() {
        let error = PixelTable::new(
            &spectra(&[(0, 0, 1), (4_000_000_000, 3_999_999_999, 1)]),
            None,
            "f",
        );
        let text = error.unwrap_err().to_string();
        assert!(
            text.contains("spectrum 2 lies at (4000000000, 3999999999)"),
            "{text}"
        );
    }
}
