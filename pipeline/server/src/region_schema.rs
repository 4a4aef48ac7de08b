//! What regions are in requests and answers: the GeoJSON of [`metaspace_results::regions`], described.

#![expect(dead_code, reason = "these describe bodies; nothing is made of them")]

use serde::Deserialize;
use utoipa::ToSchema;

/// The regions of a dataset.
#[derive(Deserialize, ToSchema)]
#[schema(as = RegionSet)]
pub(crate) struct RegionSetBody {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    kind: CollectionType,
    /// The regions.
    features: Vec<RegionFeatureBody>,
}

/// What the file is.
#[derive(Deserialize, ToSchema)]
enum CollectionType {
    /// Features one after another.
    FeatureCollection,
}

/// A region.
#[derive(Deserialize, ToSchema)]
#[schema(as = RegionFeature)]
struct RegionFeatureBody {
    /// `Feature`.
    #[serde(rename = "type")]
    kind: FeatureType,
    /// Where it is.
    geometry: RegionGeometryBody,
    /// What it is called.
    #[serde(default)]
    properties: RegionPropertiesBody,
}

/// What a member of the collection is.
#[derive(Deserialize, ToSchema)]
enum FeatureType {
    /// A region.
    Feature,
}

/// Where a region is. Its pixels are those whose middle lies within, by the even–odd rule over all
/// rings.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", content = "coordinates")]
#[schema(as = RegionGeometry)]
enum RegionGeometryBody {
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
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RegionProperties)]
struct RegionPropertiesBody {
    /// Its name; `region` where there is none.
    #[schema(nullable = false)]
    name: Option<String>,
    /// Its colour as `#rrggbb`; white where there is none.
    #[schema(nullable = false)]
    color: Option<String>,
}
