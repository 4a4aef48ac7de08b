//! Regions of a dataset: the whole, its tissue, a polygon, a segment, or what a file holds.
//!
//! | written as | is |
//! |---|---|
//! | `whole` or nothing | every pixel that has a spectrum |
//! | `tissue` | what `pixels.parquet` has as tissue |
//! | `segment:2` | a segment of `segments.parquet` beside the results |
//! | `cortex` | the polygon of that name in `regions.geojson` beside the results |
//! | `FILE:cortex`, `FILE` | a region of a GeoJSON, PNG or CSV; FILE as seen from the results folder |

use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_results::regions::{REGIONS_GEOJSON, polygon_mask, read_regions};
use metaspace_results::{read_segments, read_tissue};
use ms_core::image::Raster;
use serde_json::Value;

use crate::error::ExploreError;

/// Name of the region that has every pixel.
pub const WHOLE: &str = "whole";

/// Name of the region that has the pixels on the tissue.
const TISSUE: &str = "tissue";

/// What begins the name of a segment.
const SEGMENT: &str = "segment:";

/// A polygon or several, with a name; corners in units of pixels.
struct Polygons {
    name: String,
    rings: Vec<Vec<[f64; 2]>>,
}

/// Names of the polygons beside the results, in the order of their file; none if there is no file.
///
/// # Errors
/// The file cannot be read or understood.
pub fn names_beside(results: &Path) -> Result<Vec<String>, ExploreError> {
    let path = results.join(REGIONS_GEOJSON);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let regions = read_geojson(&path)?;
    Ok(regions.into_iter().map(|region| region.name).collect())
}

/// A region of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Whether each pixel of the raster is in it.
    pub mask: Vec<bool>,
}

impl Region {
    /// Its pixels.
    pub fn n_pixels(&self) -> usize {
        self.mask.iter().filter(|inside| **inside).count()
    }
}

/// The regions that a text names: all of a file, as seen from the current folder, or the one that
/// [`mask`] finds. Regions of one name are one.
///
/// # Errors
/// As [`mask`], also of each region of a file.
pub fn regions(results: &Path, text: &str, raster: &Raster) -> Result<Vec<Region>, ExploreError> {
    let path = Path::new(text);
    if path.extension().is_none() || !path.is_file() {
        let mask = mask(results, text, raster)?;
        let name = text.into();
        return Ok(vec![Region { name, mask }]);
    }
    let mut regions: Vec<Region> = Vec::new();
    for (name, mask) in read_file(path, raster)? {
        match regions.iter_mut().find(|region| region.name == name) {
            Some(region) => join(&mut region.mask, &mask),
            None => regions.push(Region { name, mask }),
        }
    }
    if let Some(empty) = regions.iter().find(|region| region.n_pixels() == 0) {
        return Err(ExploreError::EmptyRegion {
            results: results.into(),
            region: empty.name.clone(),
            n_pixels: raster.n_pixels(),
        });
    }
    Ok(regions)
}

/// Which pixels a region has, a flag a pixel of the raster.
///
/// # Errors
/// There is no such region, its file cannot be understood, or it has no pixel.
pub fn mask(results: &Path, region: &str, raster: &Raster) -> Result<Vec<bool>, ExploreError> {
    let mask = find(results, region, raster)?;
    if !mask.contains(&true) {
        return Err(ExploreError::EmptyRegion {
            results: results.into(),
            region: region.into(),
            n_pixels: raster.n_pixels(),
        });
    }
    Ok(mask)
}

fn find(results: &Path, region: &str, raster: &Raster) -> Result<Vec<bool>, ExploreError> {
    let missing = |known: String| ExploreError::NoRegion {
        results: results.into(),
        region: region.into(),
        known,
    };
    if region == WHOLE {
        return Ok(vec![true; raster.n_pixels()]);
    }
    if region == TISSUE {
        let tissue = read_tissue(results)?;
        let hint = "no slide is seen around the tissue; `whole` has every pixel";
        return tissue.ok_or_else(|| missing(hint.into()));
    }
    if let Some(number) = region.strip_prefix(SEGMENT) {
        return segment(results, number, raster, &missing);
    }
    let (file, name) = match region.split_once(':') {
        Some((file, name)) => (file, Some(name)),
        None if Path::new(region).extension().is_some() && results.join(region).is_file() => {
            (region, None)
        }
        None => (REGIONS_GEOJSON, Some(region)),
    };
    let path = results.join(file);
    if !path.is_file() {
        return Err(missing(format!(
            "there is no `{}`; `{WHOLE}` has every pixel",
            path.display()
        )));
    }
    let regions = read_file(&path, raster)?;
    let known = regions.iter().map(|(name, _)| format!("`{name}`"));
    let known = format!(
        "`{}` has {}",
        path.display(),
        known.collect::<Vec<_>>().join(", ")
    );
    let mut found = regions
        .into_iter()
        .filter(|(of, _)| name.is_none_or(|name| name == of));
    let (_, mut mask) = found.next().ok_or_else(|| missing(known))?;
    // Several polygons of one name are one region.
    for (_, other) in found {
        join(&mut mask, &other);
    }
    Ok(mask)
}

/// Name and pixels of each region of a file, in its order.
fn read_file(path: &Path, raster: &Raster) -> Result<Vec<(String, Vec<bool>)>, ExploreError> {
    let is_json = path
        .extension()
        .is_some_and(|extension| extension == "geojson" || extension == "json");
    if !is_json {
        return Ok(read_regions(path, raster)?);
    }
    let of = |polygons: Polygons| (polygons.name, inside(&polygons.rings, raster));
    Ok(read_geojson(path)?.into_iter().map(of).collect())
}

fn join(mask: &mut [bool], other: &[bool]) {
    for (pixel, is_inside) in mask.iter_mut().zip(other) {
        *pixel |= is_inside;
    }
}

fn segment(
    results: &Path,
    number: &str,
    raster: &Raster,
    missing: &dyn Fn(String) -> ExploreError,
) -> Result<Vec<bool>, ExploreError> {
    if !results.join("segments.parquet").is_file() {
        let hint = "`metaspace coloc RESULTS --segment --out RESULTS/segments.parquet` writes them";
        return Err(missing(hint.into()));
    }
    let segments = read_segments(results)?;
    let mut numbers: Vec<u32> = segments.iter().map(|segment| segment.segment).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let wanted = number.trim().parse::<u32>().ok();
    let wanted = wanted
        .filter(|number| numbers.contains(number))
        .ok_or_else(|| {
            let known: Vec<String> = numbers.iter().map(u32::to_string).collect();
            missing(format!("its segments are {}", known.join(", ")))
        })?;
    let mut places: Vec<u32> = segments
        .iter()
        .filter(|pixel| pixel.segment == wanted && pixel.x < raster.width)
        .map(|pixel| pixel.y * raster.width + pixel.x)
        .collect();
    places.sort_unstable();
    let is_inside = |place: &u32| places.binary_search(place).is_ok();
    Ok(raster.places.iter().map(is_inside).collect())
}

/// Pixels inside an odd number of rings: a ring within another is a hole.
fn inside(rings: &[Vec<[f64; 2]>], raster: &Raster) -> Vec<bool> {
    let mut mask = vec![false; raster.n_pixels()];
    for ring in rings {
        for (pixel, is_inside) in mask.iter_mut().zip(polygon_mask(raster, ring)) {
            *pixel ^= is_inside;
        }
    }
    mask
}

fn read_geojson(path: &Path) -> Result<Vec<Polygons>, ExploreError> {
    let text = std::fs::read(path).map_err(FileError::at("read", path))?;
    let json: Value = serde_json::from_slice(&text).map_err(|source| ExploreError::RegionJson {
        path: path.into(),
        source,
    })?;
    let wrong = |reason: String| ExploreError::RegionFile {
        path: path.into(),
        reason,
    };
    let features = match (&json["features"], json["type"].as_str()) {
        (Value::Array(features), _) => features.clone(),
        (_, Some("Feature")) => vec![json.clone()],
        // QuPath writes an array of features where no collection was asked for.
        _ => json
            .as_array()
            .cloned()
            .ok_or_else(|| wrong("is no FeatureCollection".into()))?,
    };
    let mut regions = Vec::new();
    for (number, feature) in (1..).zip(&features) {
        let properties = &feature["properties"];
        let name = properties["name"]
            .as_str()
            .or_else(|| properties["classification"]["name"].as_str());
        let name = name.ok_or_else(|| wrong(format!("feature {number} has no name")))?;
        let geometry = &feature["geometry"];
        let coordinates = &geometry["coordinates"];
        let rings = match geometry["type"].as_str() {
            Some("Polygon") => rings_of(coordinates),
            Some("MultiPolygon") => coordinates.as_array().and_then(|polygons| {
                let rings: Option<Vec<Vec<_>>> = polygons.iter().map(rings_of).collect();
                rings.map(|rings| rings.concat())
            }),
            other => {
                let kind = other.unwrap_or("nothing");
                let reason = format!("`{name}` is {kind}, neither Polygon nor MultiPolygon");
                return Err(wrong(reason));
            }
        };
        let rings = rings.ok_or_else(|| {
            wrong(format!(
                "`{name}` has coordinates that are no pairs of numbers"
            ))
        })?;
        regions.push(Polygons {
            name: name.into(),
            rings,
        });
    }
    Ok(regions)
}

fn rings_of(coordinates: &Value) -> Option<Vec<Vec<[f64; 2]>>> {
    let corner = |corner: &Value| Some([corner.get(0)?.as_f64()?, corner.get(1)?.as_f64()?]);
    let ring = |ring: &Value| ring.as_array()?.iter().map(corner).collect();
    coordinates.as_array()?.iter().map(ring).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster() -> Raster {
        Raster {
            width: 4,
            height: 4,
            places: (0..16).collect(),
        }
    }

    fn of(json: &str, region: &str) -> Result<Vec<usize>, ExploreError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(REGIONS_GEOJSON), json).unwrap();
        let mask = mask(folder.path(), region, &raster())?;
        Ok((0..16).filter(|pixel| mask[*pixel]).collect())
    }

    const RING: &str = r#"{"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": "ring"}, "geometry": {"type": "Polygon",
         "coordinates": [[[0,0],[4,0],[4,4],[0,4],[0,0]], [[1,1],[3,1],[3,3],[1,3],[1,1]]]}},
        {"type": "Feature", "properties": {"classification": {"name": "dot"}},
         "geometry": {"type": "MultiPolygon", "coordinates": [[[[0,0],[1,0],[1,1],[0,1]]], [[[3,3],[4,3],[4,4]]]]}},
        {"type": "Feature", "properties": {"name": "far"}, "geometry": {"type": "Polygon",
         "coordinates": [[[90,90],[91,90],[91,91]]]}}]}"#;

    #[test]
    fn polygons_have_holes_and_parts() {
        assert_eq!(of(RING, WHOLE).unwrap().len(), 16);
        assert_eq!(
            of(RING, "ring").unwrap(),
            [0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 14, 15]
        );
        assert_eq!(of(RING, "dot").unwrap()[0], 0);
        assert_eq!(of(RING, "regions.geojson:dot").unwrap()[0], 0);
    }

    #[test]
    fn a_region_that_is_not_there_is_refused_with_those_that_are() {
        for (region, part) in [
            ("cortex", "`ring`, `dot`, `far`"),
            ("far", "none of its 16 pixels"),
            ("other.geojson:x", "there is no"),
            ("segment:1", "coloc RESULTS --segment"),
        ] {
            let said = of(RING, region).unwrap_err().to_string();
            assert!(said.contains(part), "{said}");
        }
        assert!(
            of("{}", "x")
                .unwrap_err()
                .to_string()
                .contains("FeatureCollection")
        );
    }
}
