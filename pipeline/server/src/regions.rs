//! `/datasets/{id}/regions`, `/segments` and `/tissue`: regions that stay, and those that the data suggest.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use coloc::segment::{Method, SegmentConfig, segment};
use metaspace_explore::normalize::Normalization;
use metaspace_explore::options::{FDR, MAX_SEGMENTS, N_COMPONENTS, SEED, SMOOTHING};
use metaspace_render::outline::places_inside;
use metaspace_results::read_tissue;
use metaspace_results::regions::{REGIONS_GEOJSON, RegionSet};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::comparisons::Wanted;
use crate::datasets::Nothing;
use crate::library::Results;
use crate::limits::Received;
use crate::problem::{Problem, kind};
use crate::region_schema::RegionSetBody;
use crate::reply::{ConditionalRequest, Reply, Work};
use crate::request::{Path, Query, count, within};
use crate::score::content_type;
use crate::state::Server;

/// The type of GeoJSON.
pub(crate) const GEOJSON: &str = "application/geo+json";

/// Bytes of regions at most.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SegmentQuery {
    /// Segments, 1 to 64; the number up to 10 with the lowest BIC where nothing is said.
    #[param(minimum = 1, maximum = 64, nullable = false)]
    n: Option<u64>,
    /// FDR up to which ions are looked at.
    #[param(minimum = 0, maximum = 1, default = json!(FDR), nullable = false)]
    fdr: Option<f64>,
}

/// Pixels grouped by their ions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SegmentAnswer {
    /// Id of the dataset.
    dataset: String,
    /// Columns of the bounding box.
    width: u32,
    /// Rows of the bounding box.
    height: u32,
    /// Pixels of each segment.
    sizes: Vec<usize>,
    /// Segment of each place of the bounding box, row by row, from 1; 0 where there is no spectrum.
    segments: Vec<usize>,
}

/// Where the tissue is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TissueAnswer {
    /// Id of the dataset.
    dataset: String,
    /// Columns of the bounding box.
    width: u32,
    /// Rows of the bounding box.
    height: u32,
    /// Lengths of the runs of places row by row that are not tissue and are, in turns; null where no
    /// slide is seen around the tissue.
    runs: Option<Vec<u64>>,
}

/// The regions that were drawn in a dataset, as GeoJSON in pixels: `regions.geojson` of the results folder.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/regions",
    tag = "regions",
    params(("id" = String, Path, description = "Id of the dataset")),
    responses((status = 200, description = "The regions", content(
        (RegionSetBody = "application/geo+json"),
    )))
)]
pub(crate) async fn regions(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, Problem> {
    let working = Arc::clone(&server);
    let reply = server.limits.read(move || {
        let results = working.library.results(Some(&id))?;
        let set = RegionSet::read(&results.folder)?;
        let bytes = serde_json::to_vec(&set).map_err(|error| Problem::internal(&error))?;
        let name = format!("{}-{REGIONS_GEOJSON}", results.id);
        Ok(Reply::new(GEOJSON, bytes).named(name))
    });
    Ok(reply.await?.into_response())
}

/// Keeps regions in place of those that there were, in `regions.geojson` of the results folder. A server that was started with `--read-only` refuses.
#[utoipa::path(
    put,
    path = "/api/v1/datasets/{id}/regions",
    tag = "regions",
    params(("id" = String, Path, description = "Id of the dataset")),
    request_body(description = "All regions of the dataset", content((RegionSetBody = "application/geo+json"))),
    responses((status = 200, description = "The regions as they are kept", content(
        (RegionSetBody = "application/geo+json"),
    )))
)]
pub(crate) async fn keep_regions(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    server.check_writable("no regions")?;
    let received = region_body(&server, &headers, body).await?;
    let working = Arc::clone(&server);
    let reply = server.limits.read(move || {
        let results = working.library.results(Some(&id))?;
        let set = parsed(&received.bytes)?;
        results.write("export the regions to keep them", |folder| {
            set.write(folder)
        })?;
        drop(received.permit);
        let bytes = serde_json::to_vec(&set).map_err(|error| Problem::internal(&error))?;
        Ok(Reply::new(GEOJSON, bytes))
    });
    Ok(reply.await?.into_response())
}

/// The tissue in segments: pixels grouped by their ions, as `metaspace coloc --segment` does.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/segments",
    tag = "regions",
    params(("id" = String, Path, description = "Id of the dataset"), SegmentQuery),
    responses((status = 200, description = "The segments", body = SegmentAnswer))
)]
pub(crate) async fn segments(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path(id): Path<String>,
    Query(query): Query<SegmentQuery>,
) -> Result<Response, Problem> {
    let work = move |server: &Server, results: &Arc<Results>| segmented(server, results, &query);
    server.reply(asked, Some(id), Work::Comparing, work).await
}

fn segmented(server: &Server, results: &Results, query: &SegmentQuery) -> Result<Reply, Problem> {
    let fdr = within("fdr", query.fdr.unwrap_or(FDR), 0.0, 1.0)?;
    let n_segments = query.n.map(|n| count("n", n, 1, 64)).transpose()?;
    let wanted = Wanted {
        fdr,
        also: None,
        by: Normalization::None,
    };
    let found = server.comparisons.found(results, &wanted)?;
    if let Some(shrinkage) = found.shrinkage {
        let ((width, height), (to_width, to_height)) = (shrinkage.from, shrinkage.to);
        let detail = format!(
            "images of {width} × {height} pixels had to be scaled down to {to_width} × {to_height} to be compared\nhint: a lower FDR compares fewer ions"
        );
        return Err(Problem::new(kind::IMPOSSIBLE, detail));
    }
    let config = SegmentConfig {
        method: Method::GaussianMixture,
        n_segments,
        max_segments: MAX_SEGMENTS,
        n_components: N_COMPONENTS,
        smoothing: SMOOTHING,
        seed: SEED,
    };
    let segmentation = segment(&found.images, &config)?;
    let raster = &results.raster;
    let mut segments = vec![0; raster.width as usize * raster.height as usize];
    for (&place, label) in raster.places.iter().zip(&segmentation.labels) {
        segments[place as usize] = label + 1;
    }
    Reply::json(&SegmentAnswer {
        dataset: results.id.clone(),
        width: raster.width,
        height: raster.height,
        sizes: segmentation.sizes,
        segments,
    })
}

/// The outline of the tissue: where the leading ions are, or what the mask of the run says.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/tissue",
    tag = "regions",
    params(("id" = String, Path, description = "Id of the dataset")),
    responses((status = 200, description = "The tissue", body = TissueAnswer))
)]
pub(crate) async fn tissue(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, Problem> {
    let work = move |_: &Server, results: &Arc<Results>| tissue_of(results);
    server.reply(asked, Some(id), Work::Reading, work).await
}

fn tissue_of(results: &Results) -> Result<Reply, Problem> {
    let raster = &results.raster;
    let runs = read_tissue(&results.folder)?
        .map(|is_tissue| run_lengths(&places_inside(raster, &is_tissue)));
    Reply::json(&TissueAnswer {
        dataset: results.id.clone(),
        width: raster.width,
        height: raster.height,
        runs,
    })
}

/// Lengths of runs of `false` and `true` in turns; the first is of `false`, and 0 where none are first.
fn run_lengths(flags: &[bool]) -> Vec<u64> {
    let mut runs = Vec::new();
    if flags.first() == Some(&true) {
        runs.push(0);
    }
    runs.extend(flags.chunk_by(|a, b| a == b).map(|run| run.len() as u64));
    runs
}

/// A body of regions.
pub(crate) async fn region_body(
    server: &Server,
    headers: &HeaderMap,
    body: Body,
) -> Result<Received, Problem> {
    if content_type(headers) != GEOJSON {
        let detail = format!("regions are read from {GEOJSON}");
        return Err(Problem::new(kind::TYPE, detail));
    }
    server.limits.receive(headers, body, MAX_BYTES).await
}

/// The regions of a body.
pub(crate) fn parsed(bytes: &[u8]) -> Result<RegionSet, Problem> {
    let path = std::path::Path::new(REGIONS_GEOJSON);
    RegionSet::parse(bytes, path).map_err(|error| {
        let text = error.to_string();
        let reason = text.strip_prefix(&format!("region `{REGIONS_GEOJSON}` "));
        let detail = format!("the body {}", reason.unwrap_or(&text));
        // What is GeoJSON and no region is understood, and cannot be done.
        let is_json = !detail.contains("is no GeoJSON");
        let kind = if is_json {
            kind::IMPOSSIBLE
        } else {
            kind::BODY
        };
        Problem::new(kind, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::run_lengths;

    #[test]
    fn runs_begin_with_what_is_not_there() {
        let flags = |text: &str| -> Vec<bool> { text.bytes().map(|b| b == b'#').collect() };
        assert_eq!(run_lengths(&flags("..##.")), [2, 2, 1]);
        assert_eq!(run_lengths(&flags("#.")), [0, 1, 1]);
        assert_eq!(run_lengths(&[]), [] as [u64; 0]);
    }
}
