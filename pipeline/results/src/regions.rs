//! Regions of a tissue that a user drew: a PNG, a CSV of pixels, or polygons as GeoJSON.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use metaspace_machine::error::FileError;
use ms_core::image::Raster;

use crate::error::ResultsError;

mod geojson;

pub use geojson::{MAX_REGIONS, REGIONS_GEOJSON, RegionFeature, RegionGeometry, RegionSet};

/// Brightness and opacity from which a pixel of a PNG is inside.
const INSIDE: u8 = 128;

/// Regions of a file, each with a value for each pixel that has a spectrum.
///
/// A PNG has the size of the bounding box; what is bright and opaque is inside. A CSV has columns
/// `x` and `y`, from 0 as in `pixels.parquet`, and may have `region`, the name of the pixel's. A
/// GeoJSON is one of [`RegionSet`].
///
/// # Errors
/// The file cannot be read, has another size, lacks a column, or names a place beyond the raster.
pub fn read_regions(
    path: &Path,
    raster: &Raster,
) -> Result<Vec<(String, Vec<bool>)>, ResultsError> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let format = match extension.as_deref() {
        Some("png") => RegionFormat::Png,
        Some("csv") => RegionFormat::Csv,
        Some("geojson" | "json") => RegionFormat::GeoJson,
        _ => return Err(wrong(path, "is none of .png, .csv and .geojson".into())),
    };
    let bytes = std::fs::read(path).map_err(FileError::at("open", path))?;
    parse_regions(&bytes, format, path, raster)
}

/// Which pixels lie in any region of a file.
///
/// # Errors
/// As [`read_regions`].
pub fn read_mask(path: &Path, raster: &Raster) -> Result<Vec<bool>, ResultsError> {
    let regions = read_regions(path, raster)?;
    let is_in_any = |pixel: usize| regions.iter().any(|(_, inside)| inside[pixel]);
    Ok((0..raster.n_pixels()).map(is_in_any).collect())
}

/// How regions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionFormat {
    /// A picture of the size of the bounding box.
    Png,
    /// Rows of `x`, `y` and, if there are several, `region`.
    Csv,
    /// Polygons in pixels, each with a name.
    GeoJson,
}

/// Regions of the bytes of a file; its path is that of messages, and its stem the name of a region
/// that has none.
///
/// # Errors
/// As [`read_regions`].
pub fn parse_regions(
    bytes: &[u8],
    format: RegionFormat,
    path: &Path,
    raster: &Raster,
) -> Result<Vec<(String, Vec<bool>)>, ResultsError> {
    let inside = match format {
        RegionFormat::GeoJson => return Ok(RegionSet::parse(bytes, path)?.masks(raster)),
        RegionFormat::Png => read_png(bytes, path, raster)?,
        RegionFormat::Csv => read_csv(bytes, path, raster)?,
    };
    let mask = |places: &Vec<u32>| -> Vec<bool> {
        raster
            .places
            .iter()
            .map(|place| places.binary_search(place).is_ok())
            .collect()
    };
    Ok(inside
        .iter()
        .map(|(name, places)| (name.clone(), mask(places)))
        .collect())
}

/// Which pixels have their middle within a polygon, by the even–odd rule.
///
/// Corners are in units of pixels: the pixel at column x and row y reaches from (x, y) to
/// (x + 1, y + 1). The polygon closes itself; one of fewer than three corners holds nothing. A
/// middle that lies on an edge belongs to the side to the right of it, or below.
pub fn polygon_mask(raster: &Raster, corners: &[[f64; 2]]) -> Vec<bool> {
    rings_mask(raster, &[corners.to_vec()])
}

/// The same of several rings together: what an even number of them holds, as a hole, is outside.
///
/// Takes a step for each row and edge, and for each pixel.
fn rings_mask(raster: &Raster, rings: &[Vec<[f64; 2]>]) -> Vec<bool> {
    let edges: Vec<([f64; 2], [f64; 2])> = rings
        .iter()
        .flat_map(|ring| {
            let next = ring.iter().copied().cycle().skip(1);
            ring.iter().copied().zip(next)
        })
        .filter(|(a, b)| a[1].total_cmp(&b[1]).is_ne())
        .collect();
    let mut mask = vec![false; raster.n_pixels()];
    let mut first = 0;
    for row in raster
        .places
        .chunk_by(|a, b| a / raster.width == b / raster.width)
    {
        let y = f64::from(row[0] / raster.width) + 0.5;
        let mut crossings: Vec<f64> = edges
            .iter()
            .filter(|(a, b)| (a[1] <= y) != (b[1] <= y))
            .map(|(a, b)| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
            .collect();
        crossings.sort_by(f64::total_cmp);
        for (place, inside) in row.iter().zip(&mut mask[first..]) {
            let x = f64::from(place % raster.width) + 0.5;
            let n_before = crossings.partition_point(|crossing| *crossing <= x);
            *inside = n_before % 2 == 1;
        }
        first += row.len();
    }
    mask
}

fn wrong(path: &Path, reason: String) -> ResultsError {
    ResultsError::Region {
        path: path.into(),
        reason,
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Places inside, ascending, of each region.
type Regions = BTreeMap<String, Vec<u32>>;

fn read_png(bytes: &[u8], path: &Path, raster: &Raster) -> Result<Regions, ResultsError> {
    let bad = |error: png::DecodingError| wrong(path, error.to_string());
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(bad)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if (width, height) != (raster.width, raster.height) {
        let reason = format!(
            "has {width} × {height} pixels where the dataset has {} × {}",
            raster.width, raster.height
        );
        return Err(wrong(path, reason));
    }
    let n_bytes = reader
        .output_buffer_size()
        .ok_or_else(|| wrong(path, "is too large".into()))?;
    let mut bytes = vec![0; n_bytes];
    let info = reader.next_frame(&mut bytes).map_err(bad)?;
    let (n_channels, has_alpha) = (
        info.color_type.samples(),
        info.color_type.samples() % 2 == 0,
    );
    let is_inside = |pixel: &&[u8]| {
        let (colours, alpha) = pixel.split_at(n_channels - usize::from(has_alpha));
        colours.iter().any(|c| *c >= INSIDE) && alpha.iter().all(|a| *a >= INSIDE)
    };
    let pixels = (0..).zip(bytes.chunks_exact(n_channels));
    let places = pixels
        .filter(|(_, pixel)| is_inside(pixel))
        .map(|(place, _)| place)
        .collect();
    Ok(BTreeMap::from([(stem(path), places)]))
}

fn read_csv(bytes: &[u8], path: &Path, raster: &Raster) -> Result<Regions, ResultsError> {
    let bad = |source| ResultsError::ReadCsv {
        path: path.into(),
        source,
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let headers = reader.headers().map_err(bad)?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let (Some(x), Some(y)) = (column("x"), column("y")) else {
        return Err(wrong(path, "has no columns `x` and `y`".into()));
    };
    let region = column("region");
    let mut regions = Regions::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let line = record.position().map_or(0, csv::Position::line);
        let number = |column: usize, below: u32| -> Result<u32, ResultsError> {
            let text = record.get(column).unwrap_or_default();
            text.parse()
                .ok()
                .filter(|number| *number < below)
                .ok_or_else(|| {
                    let name = &headers[column];
                    wrong(
                        path,
                        format!("line {line}: {name} must be below {below}, not `{text}`"),
                    )
                })
        };
        let place = number(y, raster.height)? * raster.width + number(x, raster.width)?;
        let name = region
            .and_then(|column| record.get(column))
            .map(str::to_owned);
        regions
            .entry(name.unwrap_or_else(|| stem(path)))
            .or_default()
            .push(place);
    }
    if regions.is_empty() {
        return Err(wrong(path, "has no rows".into()));
    }
    for places in regions.values_mut() {
        places.sort_unstable();
    }
    Ok(regions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(corners: &[[f64; 2]]) -> Vec<usize> {
        let raster = Raster {
            width: 4,
            height: 3,
            places: (0..12).filter(|p| *p != 5).collect(),
        };
        let mask = polygon_mask(&raster, corners);
        (0..mask.len()).filter(|pixel| mask[*pixel]).collect()
    }

    #[test]
    fn a_polygon_holds_the_pixels_whose_middle_it_holds() {
        let square = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]];
        // Place 5 has no spectrum.
        assert_eq!(inside(&square), [0, 1, 4]);
        let turned: Vec<[f64; 2]> = square.iter().rev().copied().collect();
        assert_eq!(inside(&turned), inside(&square));
        assert_eq!(inside(&[[0.4, 0.4], [0.6, 0.4], [0.5, 0.6]]), [0]);
        assert_eq!(inside(&[[0.0, 0.0], [4.0, 3.0]]), [] as [usize; 0]);
        assert_eq!(inside(&[]), [] as [usize; 0]);
        assert_eq!(
            inside(&[[-9.0, -9.0], [9.0, -9.0], [9.0, 9.0], [-9.0, 9.0]]).len(),
            11
        );
    }

    #[test]
    fn neighbours_that_share_an_edge_share_no_pixel() {
        let left = inside(&[[0.0, 0.0], [1.5, 0.0], [1.5, 3.0], [0.0, 3.0]]);
        let right = inside(&[[1.5, 0.0], [4.0, 0.0], [4.0, 3.0], [1.5, 3.0]]);
        assert_eq!(left.len() + right.len(), 11);
    }
}
