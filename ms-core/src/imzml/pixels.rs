//! Coordinates of spectra to a raster of pixels.

use super::error::ImzmlError;
use super::oddity::Oddity;
use super::spectrum::SpectrumEntry;
use crate::image::{MAX_FRAMED_AREA, Raster};

/// Pixel of a spectrum that lies on another plane.
pub const OTHER_PLANE: u32 = u32::MAX;

/// A bounding box up to this many pixels is believed whatever the number of spectra …
const BELIEVED_AREA: u64 = 10_000_000;

/// … and so is one of up to this many pixels for each spectrum.
const BELIEVED_AREA_PER_SPECTRUM: u64 = 1_000;

/// Empty rows between two planes: more than the closing of spatial chaos bridges.
pub const PLANE_GAP: u32 = 3;

/// Where the spectra of a plane lie, or of all planes, laid under each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelTable {
    /// The pixels that have a spectrum.
    pub raster: Raster,
    /// Pixel of each spectrum in file order, [`OTHER_PLANE`] for those of another plane.
    pub pixel_of_spectrum: Vec<u32>,
    /// Spectra at the pixel of each spectrum, where intensities are averaged over them; else empty.
    pub n_at_pixel: Vec<u16>,
    /// Coordinates of the first column and row, as written, or in steps where those go in steps.
    pub origin: (u32, u32),
    /// By how much neighbouring columns and rows differ as written; 1 in nearly all files.
    pub step: (u32, u32),
    /// Columns and rows without a spectrum that are left out between tissues which lie far apart.
    pub n_left_out: (u32, u32),
    /// The planes in the raster, ascending, from top to bottom.
    pub z: Vec<u32>,
    /// Every plane of the dataset, ascending.
    pub planes: Vec<u32>,
    /// Rows of each plane in the raster; [`PLANE_GAP`] empty ones follow.
    pub rows_of_plane: u32,
}

impl PixelTable {
    /// The pixels of the spectra that are looked at: on the plane at `z` or on all of them, and chosen
    /// by `is_chosen`, in file order.
    pub(super) fn new(
        spectra: &[SpectrumEntry],
        is_chosen: &[bool],
        z: Option<u32>,
        file: &str,
    ) -> Result<Self, ImzmlError> {
        let chosen = || {
            let all = spectra.iter().zip(is_chosen);
            all.filter(|(_, is_chosen)| **is_chosen)
                .map(|(entry, _)| entry)
        };
        let mut planes: Vec<u32> = chosen().map(|entry| entry.z).collect();
        planes.sort_unstable();
        planes.dedup();
        if planes.is_empty() {
            return Err(ImzmlError::NoSpectra { file: file.into() });
        }
        if let Some(z) = z
            && !planes.contains(&z)
        {
            let file = file.into();
            return Err(ImzmlError::NoPlane { file, z, planes });
        }
        let shown = z.map_or_else(|| planes.clone(), |z| vec![z]);
        let is_shown = |entry: &SpectrumEntry| z.is_none_or(|z| entry.z == z);
        let of_plane = || chosen().filter(|entry| is_shown(entry));
        let mut columns = Axis::new(of_plane().map(|entry| entry.x));
        let mut rows = Axis::new(of_plane().map(|entry| entry.y));
        if !is_believed(columns.length, rows.length, of_plane().count() as u64) {
            columns.leave_out_gaps();
            rows.leave_out_gaps();
        }
        check_area(spectra, &columns, &rows, of_plane().count() as u64, file)?;
        let (width, rows_of_plane) = (columns.length, rows.length);
        let n_planes = u32::try_from(shown.len()).unwrap_or(u32::MAX);
        let pitch = u64::from(rows_of_plane) + u64::from(PLANE_GAP);
        let height = u32::try_from(u64::from(n_planes) * pitch - u64::from(PLANE_GAP))
            .ok()
            .filter(|height| (u64::from(*height) + 2) * (u64::from(width) + 2) <= MAX_FRAMED_AREA);
        if height.is_none() {
            return Err(ImzmlError::Stack {
                file: file.into(),
                n_planes: shown.len(),
                width,
                height: rows_of_plane,
            });
        }
        // There are fewer rows than numbers.
        #[expect(clippy::cast_possible_truncation, reason = "of the height")]
        let above = |z: u32| shown.partition_point(|&plane| plane < z) as u32;
        let place_of = |entry: &SpectrumEntry| {
            let row = above(entry.z) * (rows_of_plane + PLANE_GAP) + rows.place(entry.y);
            row * width + columns.place(entry.x)
        };
        let mut occupied: Vec<u32> = of_plane().map(place_of).collect();
        occupied.sort_unstable();
        occupied.dedup();
        // The place is one of them, and there are fewer of them than numbers.
        #[expect(clippy::cast_possible_truncation, reason = "MAX_FRAMED_AREA")]
        let pixel_of = |place: u32| occupied.partition_point(|&occupied| occupied < place) as u32;
        let pixel_of_spectrum = spectra
            .iter()
            .zip(is_chosen)
            .map(|(entry, &is_chosen)| {
                if is_chosen && is_shown(entry) {
                    pixel_of(place_of(entry))
                } else {
                    OTHER_PLANE
                }
            })
            .collect();
        // Down to the last row with a spectrum: that of a lower plane may be shorter than others.
        let height = occupied.last().map_or(0, |last| last / width + 1);
        let raster = Raster {
            width,
            height,
            places: occupied,
        };
        Ok(Self {
            raster,
            pixel_of_spectrum,
            n_at_pixel: Vec::new(),
            origin: (columns.first / columns.step, rows.first / rows.step),
            step: (columns.step, rows.step),
            n_left_out: (columns.n_left_out, rows.n_left_out),
            z: shown,
            planes,
            rows_of_plane,
        })
    }

    /// Leaves out all spectra but the first of each pixel; the number of those that are left out.
    pub(super) fn keep_first(&mut self) -> u64 {
        let mut is_taken = vec![false; self.raster.n_pixels()];
        let mut n_left_out = 0;
        for pixel in &mut self.pixel_of_spectrum {
            if let Some(taken) = is_taken.get_mut(*pixel as usize)
                && std::mem::replace(taken, true)
            {
                *pixel = OTHER_PLANE;
                n_left_out += 1;
            }
        }
        n_left_out
    }

    /// Has intensities averaged over the spectra of a pixel, if any pixel has several.
    pub(super) fn average(&mut self) {
        let mut n_at = vec![0_u16; self.raster.n_pixels()];
        for pixel in &self.pixel_of_spectrum {
            if let Some(n) = n_at.get_mut(*pixel as usize) {
                *n = n.saturating_add(1);
            }
        }
        if n_at.iter().all(|n| *n == 1) {
            return;
        }
        let pixels = self.pixel_of_spectrum.iter();
        self.n_at_pixel = pixels
            .map(|pixel| n_at.get(*pixel as usize).copied().unwrap_or(1))
            .collect();
    }

    /// Number of spectra in the raster.
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
                is_averaged: !self.n_at_pixel.is_empty(),
            });
        }
        let rows = self.z.len() as u64 * u64::from(self.rows_of_plane);
        let area = u64::from(self.raster.width) * rows;
        if area > n_pixels as u64 {
            odd.push(Oddity::MissingPixels {
                n_pixels: area - n_pixels as u64,
            });
        }
        if self.step != (1, 1) {
            let (x, y) = self.step;
            odd.push(Oddity::Steps { x, y });
        }
        if self.n_left_out != (0, 0) {
            let (columns, rows) = self.n_left_out;
            odd.push(Oddity::FarApart { columns, rows });
        }
        match self.z[..] {
            [z] if self.planes.len() > 1 => {
                let others = self.planes.iter().copied().filter(|&other| other != z);
                odd.push(Oddity::OtherPlanes {
                    z,
                    others: others.collect(),
                });
            }
            [_] => {}
            _ => odd.push(Oddity::Stack {
                planes: self.z.clone(),
                rows: self.rows_of_plane,
            }),
        }
        odd
    }
}

/// Columns or rows that keep their place where those without a spectrum are left out between tissues.
const KEPT_GAP: u32 = 5;

/// A gap between tissues is at least so wide.
const MIN_GAP: u32 = 100;

/// Spectra of a tissue, at the least.
const MIN_TISSUE: usize = 20;

/// Coordinates on one axis, as written, to places in the raster.
struct Axis {
    /// The lowest coordinate.
    first: u32,
    /// The highest coordinate.
    last: u32,
    /// By how much coordinates differ.
    step: u32,
    /// Places from the first to the last.
    length: u32,
    /// First places after gaps, with how many places are left out before; empty until gaps are left
    /// out.
    starts: Vec<(u32, u32)>,
    /// Places that are left out.
    n_left_out: u32,
    /// The coordinates of all spectra, ascending.
    values: Vec<u32>,
}

impl Axis {
    fn new(coordinates: impl Iterator<Item = u32>) -> Self {
        let mut values: Vec<u32> = coordinates.collect();
        values.sort_unstable();
        let (first, last) = (
            values.first().copied().unwrap_or_default(),
            values.last().copied().unwrap_or_default(),
        );
        let common = values.iter().fold(0, |common, value| {
            greatest_common_divisor(common, value - first)
        });
        // Of few coordinates any may happen to be a multiple of something.
        let n_different = 1 + values.windows(2).filter(|pair| pair[0] < pair[1]).count();
        let step = if n_different >= MIN_STEPPED {
            common.max(1)
        } else {
            1
        };
        Self {
            first,
            last,
            step,
            length: (last - first) / step + 1,
            starts: Vec::new(),
            n_left_out: 0,
            values,
        }
    }

    /// Brings tissues that lie far apart together; nothing if a few spectra lie apart, whose
    /// coordinates may be wrong.
    fn leave_out_gaps(&mut self) {
        let place = |value: u32| (value - self.first) / self.step;
        let mut n_left_out = 0;
        let mut starts = vec![(0, 0)];
        let mut first = 0;
        for (next, pair) in (1..).zip(self.values.windows(2)) {
            let gap = (place(pair[1]) - place(pair[0])).saturating_sub(1);
            if gap >= MIN_GAP {
                if next - first < MIN_TISSUE {
                    return;
                }
                first = next;
                n_left_out += gap - KEPT_GAP;
                starts.push((place(pair[1]), n_left_out));
            }
        }
        if self.values.len() - first < MIN_TISSUE {
            return;
        }
        self.starts = starts;
        self.n_left_out = n_left_out;
        self.length -= n_left_out;
    }

    /// Place of a coordinate.
    fn place(&self, value: u32) -> u32 {
        let place = (value - self.first) / self.step;
        let after = self.starts.partition_point(|(start, _)| *start <= place);
        let left_out = after
            .checked_sub(1)
            .map_or(0, |before| self.starts[before].1);
        place - left_out
    }
}

/// Coordinates on an axis whose common step is believed, at the least.
const MIN_STEPPED: usize = 4;

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Whether so many spectra can mean a bounding box.
fn is_believed(width: u32, height: u32, n_spectra: u64) -> bool {
    let area = u64::from(width) * u64::from(height);
    let believed = BELIEVED_AREA.max(n_spectra.saturating_mul(BELIEVED_AREA_PER_SPECTRUM));
    let framed = (u64::from(width) + 2) * (u64::from(height) + 2);
    area <= believed && framed <= MAX_FRAMED_AREA
}

/// Refuses a bounding box that so few spectra cannot mean; nothing of its size is allocated before.
fn check_area(
    spectra: &[SpectrumEntry],
    columns: &Axis,
    rows: &Axis,
    n_spectra: u64,
    file: &str,
) -> Result<(), ImzmlError> {
    let (width, height) = (columns.length, rows.length);
    if is_believed(width, height, n_spectra) {
        return Ok(());
    }
    let is_far = |entry: &&SpectrumEntry| {
        if width >= height {
            entry.x == columns.last
        } else {
            entry.y == rows.last
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
    use super::super::packing::Compression;
    use super::super::spectrum::{ArrayPlace, DataType};
    use super::*;
    use crate::image::PixelIdx;

    fn spectra(places: &[(u32, u32, u32)]) -> Vec<SpectrumEntry> {
        let array = ArrayPlace {
            offset: 16,
            n_bytes: 0,
            data_type: DataType::F32,
            compression: Compression::None,
            numpress: None,
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

    fn table(spectra: &[SpectrumEntry], z: Option<u32>) -> Result<PixelTable, ImzmlError> {
        PixelTable::new(spectra, &vec![true; spectra.len()], z, "f")
    }

    #[test]
    fn coordinates_in_steps_are_columns_and_rows() {
        let places: Vec<(u32, u32, u32)> = (0..5)
            .flat_map(|x| (0..4).map(move |y| (150 + 50 * x, 100 + 2 * y, 1)))
            .collect();
        let table = table(&spectra(&places), None).unwrap();
        assert_eq!((table.raster.width, table.raster.height), (5, 4));
        assert!(table.raster.is_full());
        assert_eq!(table.origin, (3, 50));
        assert_eq!(table.oddities(), [Oddity::Steps { x: 50, y: 2 }]);
    }

    #[test]
    fn tissues_far_apart_are_brought_together() {
        let tissue =
            |x0: u32, y0: u32| (0..12).flat_map(move |x| (0..10).map(move |y| (x0 + x, y0 + y, 1)));
        let places: Vec<_> = tissue(1, 1).chain(tissue(49_000, 59_000)).collect();
        let table = table(&spectra(&places), None).unwrap();
        let kept = KEPT_GAP;
        assert_eq!(
            (table.raster.width, table.raster.height),
            (24 + kept, 20 + kept)
        );
        assert_eq!(table.raster.n_pixels(), 240);
        let (x, y) = table.raster.position(PixelIdx(239));
        assert_eq!((x, y), (23 + kept, 19 + kept));
        let odd = table.oddities();
        assert!(matches!(odd[1], Oddity::FarApart { .. }), "{odd:?}");
    }

    #[test]
    fn pixels_are_numbered_in_raster_order() {
        let table = table(&spectra(&[(7, 3, 1), (5, 3, 1), (5, 2, 1)]), None).unwrap();
        assert_eq!((table.raster.width, table.raster.height), (3, 2));
        assert_eq!(table.raster.places, [0, 3, 5]);
        assert_eq!(table.pixel_of_spectrum, [2, 1, 0]);
        assert_eq!(table.raster.position(PixelIdx(2)), (2, 1));
        assert_eq!(table.oddities(), [Oddity::MissingPixels { n_pixels: 3 }]);
    }

    #[test]
    fn duplicates_share_a_pixel_and_planes_are_kept_apart() {
        let all = spectra(&[(0, 0, 1), (0, 0, 1), (9, 9, 2)]);
        let first = table(&all, Some(1)).unwrap();
        assert_eq!(first.pixel_of_spectrum, [0, 0, OTHER_PLANE]);
        assert_eq!(
            first.oddities()[0],
            Oddity::DuplicatePixels {
                n_spectra: 1,
                is_averaged: false
            }
        );
        let second = table(&all, Some(2)).unwrap();
        assert_eq!(second.pixel_of_spectrum, [OTHER_PLANE, OTHER_PLANE, 0]);
        assert!(table(&all, Some(3)).is_err());
    }

    #[test]
    fn a_shorter_plane_below_ends_the_raster() {
        let all = spectra(&[(1, 1, 1), (1, 4, 1), (1, 2, 2)]);
        let table = table(&all, None).unwrap();
        let second = 4 + PLANE_GAP;
        assert_eq!(table.raster.places, [0, 3, second + 1]);
        assert_eq!((table.raster.height, table.rows_of_plane), (second + 2, 4));
    }

    #[test]
    fn planes_are_laid_under_each_other() {
        let all = spectra(&[(4, 1, 2), (5, 2, 2), (4, 1, 7), (5, 1, 7), (9, 9, 9)]);
        let is_chosen = [true, true, true, true, false];
        let table = PixelTable::new(&all, &is_chosen, None, "f").unwrap();
        // The second plane has one row.
        let height = 2 + PLANE_GAP + 1;
        assert_eq!((table.raster.width, table.raster.height), (2, height));
        assert_eq!((&table.z[..], table.rows_of_plane), (&[2, 7][..], 2));
        let second = 2 * (2 + PLANE_GAP);
        assert_eq!(table.raster.places, [0, 3, second, second + 1]);
        assert_eq!(table.pixel_of_spectrum, [0, 1, 2, 3, OTHER_PLANE]);
        assert_eq!(
            table.oddities(),
            [
                Oddity::MissingPixels { n_pixels: 4 },
                Oddity::Stack {
                    planes: vec![2, 7],
                    rows: 2
                }
            ]
        );
    }

    #[test]
    fn absurd_boxes_are_not_believed() {
        let error = table(
            &spectra(&[(0, 0, 1), (4_000_000_000, 3_999_999_999, 1)]),
            None,
        );
        let text = error.unwrap_err().to_string();
        assert!(
            text.contains("spectrum 2 lies at (4000000000, 3999999999)"),
            "{text}"
        );
    }
}
