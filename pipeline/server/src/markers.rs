//! `POST /markers`: the ions of regions that the client draws.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use coloc::measures::Measure;
use metaspace_explore::coloc::{Comparison, RegionRow, region_markers};
use metaspace_explore::options::FDR;
use metaspace_results::regions::{RegionFormat, parse_regions, polygon_mask};
use ms_core::image::Raster;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::comparisons::Wanted;
use crate::pictures::normalization;
use crate::problem::{Problem, kind};
use crate::region_schema::RegionSetBody;
use crate::regions::{GEOJSON, parsed};
use crate::reply::Reply;
use crate::request::{Corner, PixelPlace, Query, Whole, count, within};
use crate::score::content_type;
use crate::state::Server;

/// Regions of a request at most.
const MAX_REGIONS: usize = 32;

/// Corners of a polygon at most.
const MAX_CORNERS: usize = 10_000;

/// Bytes of a drawing at most.
const MAX_BYTES: u64 = 16 << 20;

/// Markers of a region where nothing is said, and at most.
const LIMIT: u64 = 1_000;
const MAX_LIMIT: u64 = 100_000;

/// Name of a region that has none.
const NAME: &str = "region";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MarkerQuery {
    /// Id of the dataset; may be left out where there is one.
    #[param(nullable = false)]
    dataset: Option<String>,
    /// FDR up to which ions are looked at.
    #[param(minimum = 0, maximum = 1, default = json!(FDR), nullable = false)]
    fdr: Option<f64>,
    /// Markers of a region at most, 1 to 100,000.
    #[param(minimum = 1, maximum = 100_000, default = json!(LIMIT), nullable = false)]
    limit: Option<u64>,
    /// By what intensities are divided before: the ion current of their pixel (`tic`), its root mean square (`rms`), the median of the annotated ions there (`median`), or the intensity there of an ion (`ion=ION`) or of a window of m/z (`mz=MZ`).
    #[param(
        nullable = false,
        default = "none",
        pattern = "^(none|tic|rms|median|ion=.+|mz=[0-9.]+)$"
    )]
    normalization: Option<String>,
}

/// Regions that were drawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drawing {
    /// The regions, at most 32.
    #[schema(min_items = 1, max_items = 32)]
    regions: Vec<DrawnRegion>,
}

/// A region: a polygon or pixels, one of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DrawnRegion {
    /// Its name.
    #[serde(default = "unnamed")]
    #[schema(default = "region")]
    name: String,
    /// Corners in pixels: the pixel at column x and row y reaches from (x, y) to (x + 1, y + 1), and is inside if its middle is, by the even–odd rule.
    #[schema(min_items = 3, max_items = 10_000, nullable = false)]
    polygon: Option<Vec<Corner>>,
    /// Column and row of each pixel, from 0.
    #[schema(nullable = false)]
    pixels: Option<Vec<PixelPlace>>,
}

fn unnamed() -> String {
    NAME.into()
}

/// The markers of regions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MarkerAnswer {
    /// What was compared.
    #[serde(flatten)]
    comparison: Comparison,
    /// The regions.
    regions: Vec<RegionRow>,
}

/// The ions that lie inside of regions rather than outside: what `metaspace coloc --markers` says. Regions are polygons or pixels as JSON, or what the command line takes: GeoJSON in pixels, a PNG of the size of the dataset, or a CSV with x, y and perhaps region.
#[utoipa::path(
    post,
    path = "/api/v1/markers",
    tag = "colocalization",
    params(MarkerQuery),
    request_body(description = "The regions", content(
        (Drawing = "application/json"),
        (RegionSetBody = "application/geo+json"),
        (String = "text/csv"),
        (String = "image/png"),
    )),
    responses((status = 200, description = "Markers of each region", body = MarkerAnswer))
)]
pub(crate) async fn drawn_markers(
    State(server): State<Arc<Server>>,
    Query(query): Query<MarkerQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let content_type = content_type(&headers);
    if !["application/json", GEOJSON, "text/csv", "image/png"].contains(&content_type.as_str()) {
        let detail =
            "regions are read from application/json, application/geo+json, text/csv and image/png";
        return Err(Problem::new(kind::TYPE, detail));
    }
    let received = server.limits.receive(&headers, body, MAX_BYTES).await?;
    let working = Arc::clone(&server);
    let reply = server.limits.compare(move || {
        let reply = answer(&working, &query, &content_type, &received.bytes);
        drop(received.permit);
        reply
    });
    Ok(reply.await?.into_response())
}

fn answer(
    server: &Server,
    query: &MarkerQuery,
    content_type: &str,
    bytes: &Bytes,
) -> Result<Reply, Problem> {
    let fdr = within("fdr", query.fdr.unwrap_or(FDR), 0.0, 1.0)?;
    let limit = count("limit", query.limit.unwrap_or(LIMIT), 1, MAX_LIMIT)?;
    let results = server.library.results(query.dataset.as_deref())?;
    let file = std::path::Path::new(NAME);
    let masks = match content_type {
        "image/png" => parse_regions(bytes, RegionFormat::Png, file, &results.raster)?,
        GEOJSON => parsed(bytes)?.masks(&results.raster),
        "text/csv" => parse_regions(bytes, RegionFormat::Csv, file, &results.raster)?,
        _ => drawn(bytes, &results.raster)?,
    };
    check_number(masks.len())?;
    let wanted = Wanted {
        fdr,
        also: None,
        by: normalization(query.normalization.as_deref())?,
    };
    let found = server.comparisons.found(&results, &wanted)?;
    let mut regions = region_markers(&found, &masks)?;
    for (_, markers) in &mut regions {
        markers.truncate(limit);
    }
    let row = |(name, markers): &(String, Vec<_>)| RegionRow::new(&found, name, markers);
    Reply::json(&MarkerAnswer {
        comparison: Comparison::new(&found, Measure::default(), fdr),
        regions: regions.iter().map(row).collect(),
    })
}

fn check_number(n_regions: usize) -> Result<(), Problem> {
    if n_regions > MAX_REGIONS {
        let detail = format!("{n_regions} regions are too many; {MAX_REGIONS} are looked at");
        return Err(Problem::new(kind::LARGE, detail));
    }
    Ok(())
}

/// Which pixels that have a spectrum are in each region of a drawing.
fn drawn(bytes: &[u8], raster: &Raster) -> Result<Vec<(String, Vec<bool>)>, Problem> {
    let drawing: Drawing = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(kind::BODY, format!("the body is no such JSON: {error}")))?;
    check_number(drawing.regions.len())?;
    let impossible = |detail: String| Problem::new(kind::IMPOSSIBLE, detail);
    if drawing.regions.is_empty() {
        return Err(impossible("there is no region".into()));
    }
    let mask = |region: DrawnRegion| {
        let name = region.name;
        let mask = match (region.polygon, region.pixels) {
            (Some(corners), None) => {
                if !(3..=MAX_CORNERS).contains(&corners.len()) {
                    let n = corners.len();
                    let detail = format!("region `{name}` has {n} corners, not 3 to {MAX_CORNERS}");
                    return Err(impossible(detail));
                }
                polygon_mask(
                    raster,
                    &corners.iter().map(|corner| corner.0).collect::<Vec<_>>(),
                )
            }
            (None, Some(pixels)) => pixel_mask(raster, &pixels, &name)?,
            _ => {
                let detail = format!("region `{name}` needs either a polygon or pixels");
                return Err(impossible(detail));
            }
        };
        Ok((name, mask))
    };
    drawing.regions.into_iter().map(mask).collect()
}

fn pixel_mask(raster: &Raster, pixels: &[PixelPlace], name: &str) -> Result<Vec<bool>, Problem> {
    let mut mask = vec![false; raster.n_pixels()];
    for &PixelPlace([Whole(x), Whole(y)]) in pixels {
        if x >= raster.width || y >= raster.height {
            let (width, height) = (raster.width, raster.height);
            let detail = format!("region `{name}`: ({x}, {y}) is not within {width} × {height}");
            return Err(Problem::new(kind::IMPOSSIBLE, detail));
        }
        // A place without a spectrum is no pixel.
        if let Ok(pixel) = raster.places.binary_search(&(y * raster.width + x)) {
            mask[pixel] = true;
        }
    }
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_polygons_or_pixels() {
        let raster = Raster {
            width: 3,
            height: 2,
            places: vec![0, 1, 2, 3, 5],
        };
        let masks = |text: &str| drawn(text.as_bytes(), &raster);
        let found = masks(
            r#"{"regions": [{"name": "a", "polygon": [[0,0],[1,0],[1,2],[0,2]]}, {"pixels": [[2,1],[1,1]]}]}"#,
        );
        assert_eq!(
            found.unwrap(),
            [
                ("a".to_owned(), vec![true, false, false, true, false]),
                ("region".to_owned(), vec![false, false, false, false, true]),
            ]
        );
        let detail = |text: &str| masks(text).unwrap_err().detail().to_owned();
        assert!(detail(r#"{"regions": []}"#).contains("no region"));
        assert!(detail(r#"{"regions": [{}]}"#).contains("either"));
        assert!(detail(r#"{"regions": [{"polygon": [[0,0]], "pixels": []}]}"#).contains("either"));
        assert!(detail(r#"{"regions": [{"polygon": [[0,0]]}]}"#).contains("1 corners"));
        assert!(detail(r#"{"regions": [{"pixels": [[3,0]]}]}"#).contains("not within 3 × 2"));
        assert!(detail("{").contains("no such JSON"));
    }
}
