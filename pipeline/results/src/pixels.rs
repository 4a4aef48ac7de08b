//! `pixels.parquet`: where each pixel lies, and how much was measured there.

use std::path::Path;
use std::sync::Arc;

use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{BooleanArray, Float64Array, UInt32Array};
use ms_core::image::{MAX_FRAMED_AREA, Raster};
use ms_core::imzml::{PLANE_GAP, PixelTable};
use ms_core::spectra::Census;
use serde::{Deserialize, Serialize};

use crate::error::ResultsError;
use crate::parquet_file::ParquetFile;
use crate::table::TableWriter;

/// The pixels of a dataset as they are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPixels {
    /// Those that have a spectrum, on their bounding box.
    pub raster: Raster,
    /// Where they lie in the imzML.
    pub origin: ImzmlOrigin,
    /// Total ion current of each.
    pub tic: Vec<f64>,
    /// Root mean square of the intensities of each.
    pub rms: Vec<f64>,
    /// Peaks of each.
    pub n_peaks: Vec<u32>,
}

/// Where the raster of a dataset lies in the coordinates of its imzML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImzmlOrigin {
    /// The first column.
    pub left: u32,
    /// The first row of each plane.
    pub top: u32,
    /// z of the planes, which lie under each other, from top to bottom.
    pub planes: Vec<u32>,
    /// Rows of each; [`PLANE_GAP`] empty ones follow.
    pub rows_of_plane: u32,
}

impl ImzmlOrigin {
    /// z and first row in the raster of each plane, from top to bottom.
    pub fn tops_of_planes(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let pitch = self.rows_of_plane + PLANE_GAP;
        (0..)
            .zip(&self.planes)
            .map(move |(place, &z)| (z, place * pitch))
    }

    /// x, y and z in the imzML of a column and row of the raster.
    pub fn coordinates(&self, (column, row): (u32, u32)) -> (u32, u32, u32) {
        let pitch = self.rows_of_plane + PLANE_GAP;
        let z = self
            .planes
            .get((row / pitch) as usize)
            .or(self.planes.last());
        (
            self.left + column,
            self.top + row % pitch,
            z.copied().unwrap_or(ONLY_PLANE),
        )
    }
}

impl From<&PixelTable> for ImzmlOrigin {
    fn from(pixels: &PixelTable) -> Self {
        Self {
            left: pixels.origin.0,
            top: pixels.origin.1,
            planes: pixels.z.clone(),
            rows_of_plane: pixels.rows_of_plane,
        }
    }
}

/// Plane of results of versions that do not say it.
const ONLY_PLANE: u32 = 1;

/// Writes one row a pixel that has a spectrum, in raster order. `origin` says where they lie in the
/// imzML; `is_tissue` tells tissue from the slide around it, where that is seen.
///
/// # Errors
/// The file cannot be written.
pub fn write_pixels(
    raster: &Raster,
    origin: &ImzmlOrigin,
    census: &Census,
    is_tissue: Option<&[bool]>,
    path: &Path,
) -> Result<(), ResultsError> {
    let positions = || raster.pixels().map(|pixel| raster.position(pixel));
    let column = |values: &mut dyn Iterator<Item = u32>| UInt32Array::from_iter_values(values);
    let in_imzml = || positions().map(|position| origin.coordinates(position));
    let numbers = raster.pixels().map(|pixel| pixel.0);
    let places = 0..raster.n_pixels();
    let tissue: BooleanArray = places
        .map(|pixel| is_tissue.map(|is_tissue| is_tissue[pixel]))
        .collect();
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("pixel", Arc::new(column(&mut numbers.into_iter())), false),
        (
            "x",
            Arc::new(column(&mut positions().map(|(x, _)| x))),
            false,
        ),
        (
            "y",
            Arc::new(column(&mut positions().map(|(_, y)| y))),
            false,
        ),
        (
            "imzmlX",
            Arc::new(column(&mut in_imzml().map(|(x, _, _)| x))),
            false,
        ),
        (
            "imzmlY",
            Arc::new(column(&mut in_imzml().map(|(_, y, _)| y))),
            false,
        ),
        (
            "imzmlZ",
            Arc::new(column(&mut in_imzml().map(|(_, _, z)| z))),
            false,
        ),
        (
            "tic",
            Arc::new(Float64Array::from(census.tic.clone())),
            false,
        ),
        (
            "rms",
            Arc::new(Float64Array::from(census.rms.clone())),
            false,
        ),
        (
            "nPeaks",
            Arc::new(UInt32Array::from(census.n_peaks_of_pixel.clone())),
            false,
        ),
        ("isTissue", Arc::new(tissue), true),
    ])?;
    writer.finish()
}

/// Reads the table of a results folder.
///
/// # Errors
/// It cannot be read, lacks a column, or its pixels are not in raster order.
pub fn read_pixels(folder: &Path) -> Result<StoredPixels, ResultsError> {
    let table = ParquetFile::open(&folder.join("pixels.parquet"))?;
    let mut positions: Vec<(u32, u32)> = Vec::new();
    let mut origin = None;
    let (mut tic, mut rms, mut n_peaks) = (Vec::new(), Vec::new(), Vec::new());
    let mut columns = vec!["x", "y", "imzmlX", "imzmlY", "tic", "rms", "nPeaks"];
    // Tables of earlier programs have none.
    let has_planes = table.has_column("imzmlZ");
    columns.extend(has_planes.then_some("imzmlZ"));
    let mut planes: Vec<u32> = Vec::new();
    // Row of a pixel of the second plane, in the raster and in the imzML.
    let mut in_second = None;
    for rows in table.rows(&columns)? {
        let rows = rows?;
        let number = |name: &str| rows.numbers::<UInt32Type>(name);
        let (x, y) = (number("x")?, number("y")?);
        if let (None, Some((x, y)), Some((left, top))) = (
            origin,
            x.first().zip(y.first()),
            number("imzmlX")?.first().zip(number("imzmlY")?.first()),
        ) {
            let before = left.checked_sub(*x).zip(top.checked_sub(*y));
            origin = Some(before.ok_or_else(|| table.wrong("imzmlX"))?);
        }
        if has_planes {
            let rows_in_imzml = number("imzmlY")?;
            for (place, &z) in number("imzmlZ")?.iter().enumerate() {
                if planes.last() != Some(&z) {
                    planes.push(z);
                    if planes.len() == 2 {
                        in_second = Some((y[place], rows_in_imzml[place]));
                    }
                }
            }
        }
        positions.extend(x.iter().copied().zip(y.iter().copied()));
        tic.extend_from_slice(rows.numbers::<Float64Type>("tic")?);
        rms.extend_from_slice(rows.numbers::<Float64Type>("rms")?);
        n_peaks.extend_from_slice(number("nPeaks")?);
    }
    let raster = raster_of(&positions).ok_or_else(|| table.wrong("x"))?;
    if planes.is_empty() {
        planes.push(ONLY_PLANE);
    }
    let (left, top) = origin.unwrap_or_default();
    let rows_of_plane = match in_second {
        Some((row, row_in_imzml)) => row_in_imzml
            .checked_sub(top)
            .and_then(|within| row.checked_sub(within)?.checked_sub(PLANE_GAP))
            .ok_or_else(|| table.wrong("imzmlY"))?,
        None => raster.height,
    };
    let origin = ImzmlOrigin {
        left,
        top,
        planes,
        rows_of_plane,
    };
    Ok(StoredPixels {
        raster,
        origin,
        tic,
        rms,
        n_peaks,
    })
}

/// Which pixels are tissue, as a results folder has it; nothing where no slide is seen around it.
///
/// # Errors
/// The table cannot be read or lacks the column.
pub fn read_tissue(folder: &Path) -> Result<Option<Vec<bool>>, ResultsError> {
    let table = ParquetFile::open(&folder.join("pixels.parquet"))?;
    let mut is_tissue = Vec::new();
    for rows in table.rows(&["isTissue"])? {
        is_tissue.extend(rows?.optional_flags("isTissue")?);
    }
    Ok(is_tissue.into_iter().collect())
}

/// Columns and rows of pixels in raster order, on their bounding box from 0; nothing if they are not
/// in that order, or lie farther apart than there can be places.
pub(crate) fn raster_of(positions: &[(u32, u32)]) -> Option<Raster> {
    let side = |of: &dyn Fn(&(u32, u32)) -> u32| {
        let longest = positions.iter().map(of).max();
        longest.map_or(Some(0), |last| last.checked_add(1))
    };
    let (width, height) = (side(&|(x, _)| *x)?, side(&|(_, y)| *y)?);
    if u64::from(width) * u64::from(height) > MAX_FRAMED_AREA {
        return None;
    }
    let places: Vec<u32> = positions.iter().map(|(x, y)| y * width + x).collect();
    let is_ordered = places.is_sorted_by(|a, b| a < b);
    is_ordered.then_some(Raster {
        width,
        height,
        places,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_imzml_are_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pixels.parquet");
        // The second plane has two rows less.
        let raster = Raster {
            width: 2,
            height: 7,
            places: vec![1, 5, 12, 13],
        };
        let origin = ImzmlOrigin {
            left: 5,
            top: 9,
            planes: vec![3, 8],
            rows_of_plane: 3,
        };
        let positions = raster.pixels().map(|pixel| raster.position(pixel));
        let coordinates: Vec<_> = positions.map(|place| origin.coordinates(place)).collect();
        assert_eq!(coordinates, [(6, 9, 3), (6, 11, 3), (5, 9, 8), (6, 9, 8)]);
        let census = Census {
            tic: vec![1.0; 4],
            rms: vec![1.0; 4],
            n_peaks_of_pixel: vec![1; 4],
            ..Census::merge(0, [])
        };
        write_pixels(&raster, &origin, &census, None, &path).unwrap();
        let stored = read_pixels(folder.path()).unwrap();
        assert_eq!((stored.raster, stored.origin), (raster, origin));
    }
}
