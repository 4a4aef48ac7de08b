//! Regions that a user drew, kept as `regions.geojson` in a results folder: a GeoJSON (RFC 7946)
//! feature collection whose coordinates are pixels, not degrees.
//!
//! The pixel at column x and row y reaches from (x, y) to (x + 1, y + 1), rows downward. A feature is
//! a `Polygon` or a `MultiPolygon` with the properties `name` and `color`; others are not kept.

use std::fs;
use std::path::{Path, PathBuf};

use metaspace_machine::error::FileError;
use ms_core::image::Raster;
use serde::{Deserialize, Serialize};

use crate::error::ResultsError;
use crate::files::write_whole;
use crate::regions::rings_mask;

/// Name of the file in a results folder.
pub const REGIONS_GEOJSON: &str = "regions.geojson";

/// Regions of a file, at most.
pub const MAX_REGIONS: usize = 64;

/// Corners of a region, at most.
const MAX_CORNERS: usize = 1_000_000;

/// Letters of a name, at most.
const MAX_NAME: usize = 200;

/// Name of a region that has none.
const UNNAMED: &str = "region";

/// Colour of a region that has none.
const COLOR: &str = "#ffffff";

/// A ring of corners, each a column and a row in pixels; it closes itself.
type Ring = Vec<[f64; 2]>;

/// The regions of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegionSet {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    kind: CollectionType,
    /// The regions.
    pub features: Vec<RegionFeature>,
}

/// What the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum CollectionType {
    /// Features one after another.
    FeatureCollection,
}

/// A region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegionFeature {
    /// `Feature`.
    #[serde(rename = "type")]
    kind: FeatureType,
    /// Where it is.
    pub geometry: RegionGeometry,
    /// What it is called.
    #[serde(default)]
    pub properties: RegionProperties,
}

/// What a member of the collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum FeatureType {
    /// A region.
    Feature,
}

/// Where a region is. Its pixels are those whose middle lies within, by the even–odd rule over all
/// rings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "coordinates")]
pub enum RegionGeometry {
    /// An outline, and those of its holes.
    Polygon(
        /// Rings of corners, each a column and a row.
        Vec<Vec<Vec<f64>>>,
    ),
    /// Several of them.
    MultiPolygon(
        /// Polygons.
        Vec<Vec<Vec<Vec<f64>>>>,
    ),
}

/// What a region is called, and how it is drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionProperties {
    /// Its name; `region` where there is none.
    pub name: Option<String>,
    /// Its colour as `#rrggbb`; white where there is none.
    pub color: Option<String>,
}

impl RegionSet {
    /// No region.
    pub fn empty() -> Self {
        Self {
            kind: CollectionType::FeatureCollection,
            features: Vec::new(),
        }
    }

    /// Reads GeoJSON; the path is that of messages.
    ///
    /// Every region gets a name and a colour.
    ///
    /// # Errors
    /// It is no such JSON; a ring has fewer than three corners, or a corner is no pair of numbers; a
    /// colour is none; or there are too many regions or corners.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, ResultsError> {
        let mut set: Self = serde_json::from_slice(bytes)
            .map_err(|error| wrong(path, format!("is no GeoJSON of regions: {error}")))?;
        if set.features.len() > MAX_REGIONS {
            let n = set.features.len();
            return Err(wrong(
                path,
                format!("has {n} regions, and {MAX_REGIONS} are kept"),
            ));
        }
        for feature in &mut set.features {
            feature.check(path)?;
        }
        Ok(set)
    }

    /// The regions of a results folder; none where there is no file.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn read(folder: &Path) -> Result<Self, ResultsError> {
        let path = folder.join(REGIONS_GEOJSON);
        if !path.is_file() {
            return Ok(Self::empty());
        }
        let bytes = fs::read(&path).map_err(FileError::at("read", &path))?;
        Self::parse(&bytes, &path)
    }

    /// Writes the regions to a results folder. Who reads the file never sees half of it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, ResultsError> {
        let path = folder.join(REGIONS_GEOJSON);
        let text = serde_json::to_vec(self)
            .map_err(|error| wrong(&path, format!("cannot be written: {error}")))?;
        write_whole(&path, &text)?;
        Ok(path)
    }

    /// Name of each region, and which pixels that have a spectrum are in it.
    pub fn masks(&self, raster: &Raster) -> Vec<(String, Vec<bool>)> {
        let mask = |feature: &RegionFeature| {
            let mask = rings_mask(raster, &feature.rings());
            (feature.name().to_owned(), mask)
        };
        self.features.iter().map(mask).collect()
    }
}

impl RegionFeature {
    /// What it is called.
    pub fn name(&self) -> &str {
        self.properties.name.as_deref().unwrap_or(UNNAMED)
    }

    /// All its rings.
    fn rings(&self) -> Vec<Ring> {
        let polygons = match &self.geometry {
            RegionGeometry::Polygon(rings) => std::slice::from_ref(rings),
            RegionGeometry::MultiPolygon(polygons) => polygons,
        };
        let corner = |corner: &Vec<f64>| match corner[..] {
            [x, y, ..] => Some([x, y]),
            _ => None,
        };
        let rings = polygons.iter().flatten();
        rings
            .map(|ring| ring.iter().filter_map(corner).collect())
            .collect()
    }

    /// Makes sure that it is a region, and gives it what it lacks.
    fn check(&mut self, path: &Path) -> Result<(), ResultsError> {
        let name = self.name().trim().to_owned();
        let name = if name.is_empty() {
            UNNAMED.to_owned()
        } else {
            name
        };
        if name.chars().count() > MAX_NAME {
            let reason = format!("has a region whose name is longer than {MAX_NAME} letters");
            return Err(wrong(path, reason));
        }
        let color = self.properties.color.clone().unwrap_or(COLOR.to_owned());
        let is_hex =
            |digits: &str| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        if !color.strip_prefix('#').is_some_and(is_hex) {
            let reason =
                format!("has region `{name}` whose color must be like #1f77b4, not `{color}`");
            return Err(wrong(path, reason));
        }
        let polygons = match &self.geometry {
            RegionGeometry::Polygon(rings) => std::slice::from_ref(rings),
            RegionGeometry::MultiPolygon(polygons) => polygons,
        };
        let rings: Vec<&Vec<Vec<f64>>> = polygons.iter().flatten().collect();
        let is_corner =
            |corner: &Vec<f64>| corner.len() >= 2 && corner.iter().all(|at| at.is_finite());
        let n_corners: usize = rings.iter().map(|ring| ring.len()).sum();
        if rings.is_empty() || rings.iter().any(|ring| ring.len() < 3) {
            let reason = format!("has region `{name}` with a ring of fewer than three corners");
            return Err(wrong(path, reason));
        }
        if n_corners > MAX_CORNERS {
            let reason =
                format!("has region `{name}` of {n_corners} corners, and {MAX_CORNERS} are kept");
            return Err(wrong(path, reason));
        }
        if !rings.iter().all(|ring| ring.iter().all(is_corner)) {
            let reason = format!("has region `{name}` with a corner that is no pair of numbers");
            return Err(wrong(path, reason));
        }
        self.properties.name = Some(name);
        self.properties.color = Some(color.to_ascii_lowercase());
        Ok(())
    }
}

fn wrong(path: &Path, reason: String) -> ResultsError {
    ResultsError::Region {
        path: path.into(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r##"{"type":"FeatureCollection","features":[
        {"type":"Feature","geometry":{"type":"Polygon","coordinates":[
            [[0,0],[3,0],[3,3],[0,3],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]},
         "properties":{"name":"ring","color":"#FF0000","other":1}},
        {"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[
            [[[0,0],[1,0],[1,1],[0,1]]],[[[2,2],[3,2],[3,3],[2,3]]]]},"properties":{}}]}"##;

    fn parse(text: &str) -> Result<RegionSet, String> {
        RegionSet::parse(text.as_bytes(), Path::new("x.geojson")).map_err(|error| error.to_string())
    }

    #[test]
    fn regions_have_holes_and_parts() {
        let raster = Raster {
            width: 3,
            height: 3,
            places: (0..9).collect(),
        };
        let masks = parse(TWO).unwrap().masks(&raster);
        let inside =
            |mask: &[bool]| -> Vec<usize> { (0..9).filter(|pixel| mask[*pixel]).collect() };
        assert_eq!(masks[0].0, "ring");
        assert_eq!(inside(&masks[0].1), [0, 1, 2, 3, 5, 6, 7, 8]);
        assert_eq!(masks[1].0, "region");
        assert_eq!(inside(&masks[1].1), [0, 8]);
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(RegionSet::read(folder.path()).unwrap(), RegionSet::empty());
        let set = parse(TWO).unwrap();
        set.write(folder.path()).unwrap();
        assert_eq!(RegionSet::read(folder.path()).unwrap(), set);
        assert_eq!(set.features[0].properties.color.as_deref(), Some("#ff0000"));
    }

    #[test]
    fn what_is_no_region_is_refused() {
        for (from, to, reason) in [
            ("FeatureCollection", "Topology", "no GeoJSON of regions"),
            ("#FF0000", "red", "color must be like #1f77b4, not `red`"),
            (
                "[[0,0],[3,0],[3,3],[0,3],[0,0]]",
                "[[0,0],[3,0]]",
                "fewer than three",
            ),
            ("[3,0]", "[3]", "no pair of numbers"),
        ] {
            let error = parse(&TWO.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
