//! `/datasets/{id}/optical`: an optical image of the section, and where it lies on the ion images.

use std::io::BufReader;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use metaspace_explore::optical::{attach, prepare};
use metaspace_machine::error::Explanation;
use metaspace_results::ResultsError;
use metaspace_results::optical::{OpticalImage, PictureFormat, Placement};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::datasets::Nothing;
use crate::library::Results;
use crate::problem::{Problem, kind};
use crate::reply::Reply;
use crate::request::{Path, Query};
use crate::score::content_type;
use crate::state::Server;

/// Types of pictures that are read; which it is, its bytes say.
const TYPES: [&str; 6] = [
    "image/png",
    "image/jpeg",
    "image/tiff",
    "image/bmp",
    "image/webp",
    "application/octet-stream",
];

/// Name of a picture that has none.
const UNNAMED: &str = "picture";

/// Letters of a name, at most.
const MAX_NAME: usize = 200;

/// What to do where a folder cannot be written.
const HINT: &str = "let whoever runs the server write to its results folders";

/// Bytes of a picture, at most: whole slides have some 500 MB.
const MAX_PICTURE: u64 = 4 << 30;

/// Bytes of a placement, at most.
const MAX_PLACEMENT: u64 = 64 << 10;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PictureQuery {
    /// Name of the file, to be shown.
    #[param(max_length = 200, nullable = false)]
    name: Option<String>,
}

/// The optical image of a dataset.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpticalAnswer {
    /// Id of the dataset.
    dataset: String,
    /// Its optical image; null where it has none.
    optical: Option<OpticalRow>,
}

/// An optical image.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OpticalRow {
    /// Name of the file that it came from.
    name: String,
    /// Columns of that file.
    width: u32,
    /// Rows of that file.
    height: u32,
    /// Where it lies: the six numbers a, b, c, d, e, f of x = a·u + c·v + e, y = b·u + d·v + f, from its pixels (u, v) to those of the ion images (x, y).
    #[schema(min_items = 6, max_items = 6)]
    placement: Vec<f64>,
}

/// Where an optical image lies.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlacementBody {
    /// The six numbers, see the answer.
    #[schema(min_items = 6, max_items = 6)]
    placement: Vec<f64>,
}

/// The optical image of a dataset, and where it lies: `optical.json` of the results folder.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/optical",
    tag = "optical",
    params(("id" = String, Path, description = "Id of the dataset")),
    responses((status = 200, description = "The optical image", body = OpticalAnswer))
)]
pub(crate) async fn optical(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, Problem> {
    let working = Arc::clone(&server);
    let reply = server.limits.read(move || {
        let results = working.library.results(Some(&id))?;
        answer(&results, OpticalImage::read(&results.folder)?)
    });
    Ok(reply.await?.into_response())
}

/// The picture of a dataset's optical image, of at most 4,096 pixels a side.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/optical/picture",
    tag = "optical",
    params(("id" = String, Path, description = "Id of the dataset")),
    responses((status = 200, description = "The picture", content(
        (String = "image/jpeg"),
        (String = "image/png"),
    )))
)]
pub(crate) async fn optical_picture(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, Problem> {
    let working = Arc::clone(&server);
    let reply = server.limits.read(move || {
        let results = working.library.results(Some(&id))?;
        // Another picture removes this one's file.
        results.hold(|folder| {
            let optical = OpticalImage::read(folder)?.ok_or_else(|| no_picture(&results))?;
            let kind = optical.format().unwrap_or(PictureFormat::Jpeg);
            Ok(Reply::new(kind.content_type(), optical.bytes(folder)?))
        })
    });
    Ok(reply.await?.into_response())
}

/// Puts a picture beside the results of a dataset in place of the one that there was, as large as fits into the ion images: PNG, JPEG, TIFF, BMP or WebP. A server that was started with `--read-only` refuses.
#[utoipa::path(
    put,
    path = "/api/v1/datasets/{id}/optical/picture",
    tag = "optical",
    params(("id" = String, Path, description = "Id of the dataset"), PictureQuery),
    request_body(description = "The picture", content(
        (String = "image/png"),
        (String = "image/jpeg"),
        (String = "image/tiff"),
        (String = "image/bmp"),
        (String = "image/webp"),
        (String = "application/octet-stream"),
    )),
    responses((status = 200, description = "The optical image", body = OpticalAnswer))
)]
pub(crate) async fn keep_picture(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(query): Query<PictureQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    server.check_writable("no picture")?;
    let name = query.name.unwrap_or_else(|| UNNAMED.into());
    if name.chars().count() > MAX_NAME {
        let detail = format!("name has more than {MAX_NAME} letters");
        return Err(Problem::new(kind::PARAMETER, detail));
    }
    if !TYPES.contains(&&*content_type(&headers)) {
        let detail = format!("pictures are read from {}", TYPES.join(", "));
        return Err(Problem::new(kind::TYPE, detail));
    }
    let received = server
        .limits
        .receive_file(&headers, body, MAX_PICTURE)
        .await?;
    let working = Arc::clone(&server);
    let reply = server.limits.compare(move || {
        let results = working.library.results(Some(&id))?;
        let max_bytes = working.limits.comparison_bytes();
        let picture = prepare(BufReader::new(received.file), name.as_ref(), max_bytes)
            .map_err(|error| Problem::new(kind::IMPOSSIBLE, Explanation::of(&error).line()))?;
        drop(received.permit);
        let kept = results.write(HINT, |folder| attach(folder, &picture, None))?;
        answer(&results, Some(kept))
    });
    Ok(reply.await?.into_response())
}

/// Keeps where the optical image of a dataset lies, in `optical.json` of the results folder. A server that was started with `--read-only` refuses.
#[utoipa::path(
    put,
    path = "/api/v1/datasets/{id}/optical",
    tag = "optical",
    params(("id" = String, Path, description = "Id of the dataset")),
    request_body(description = "Where it lies", content((PlacementBody = "application/json"))),
    responses((status = 200, description = "The optical image", body = OpticalAnswer))
)]
pub(crate) async fn keep_placement(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    server.check_writable("no placement")?;
    if content_type(&headers) != "application/json" {
        let detail = "a placement is read from application/json";
        return Err(Problem::new(kind::TYPE, detail));
    }
    let received = server.limits.receive(&headers, body, MAX_PLACEMENT).await?;
    let working = Arc::clone(&server);
    let reply = server.limits.read(move || {
        let body: PlacementBody = serde_json::from_slice(&received.bytes)
            .map_err(|error| Problem::new(kind::BODY, error.to_string()))?;
        drop(received.permit);
        let results = working.library.results(Some(&id))?;
        let numbers: Result<[f64; 6], _> = body.placement.try_into();
        let Ok(numbers) = numbers else {
            let detail = "a placement has six numbers";
            return Err(Problem::new(kind::BODY, detail));
        };
        let placement = Placement::new(numbers)
            .map_err(|error| Problem::new(kind::IMPOSSIBLE, error.to_string()))?;
        let placed = results.write(HINT, |folder| {
            let Some(mut optical) = OpticalImage::read(folder)? else {
                return Ok(None);
            };
            optical.placement = placement;
            optical.keep(folder)?;
            Ok::<_, ResultsError>(Some(optical))
        })?;
        answer(&results, Some(placed.ok_or_else(|| no_picture(&results))?))
    });
    Ok(reply.await?.into_response())
}

/// Takes the optical image of a dataset away. A server that was started with `--read-only` refuses.
#[utoipa::path(
    delete,
    path = "/api/v1/datasets/{id}/optical",
    tag = "optical",
    params(("id" = String, Path, description = "Id of the dataset")),
    responses((status = 200, description = "No optical image", body = OpticalAnswer))
)]
pub(crate) async fn remove_optical(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, Problem> {
    server.check_writable("every picture")?;
    let working = Arc::clone(&server);
    let reply = server.limits.read(move || {
        let results = working.library.results(Some(&id))?;
        results.write(HINT, OpticalImage::remove)?;
        answer(&results, None)
    });
    Ok(reply.await?.into_response())
}

fn no_picture(results: &Results) -> Problem {
    Problem::new(kind::IMAGE, format!("{} has no optical image", results.id))
}

fn answer(results: &Results, optical: Option<OpticalImage>) -> Result<Reply, Problem> {
    Reply::json(&OpticalAnswer {
        dataset: results.id.clone(),
        optical: optical.map(|optical| OpticalRow {
            placement: optical.placement.numbers().to_vec(),
            name: optical.name,
            width: optical.width,
            height: optical.height,
        }),
    })
}
