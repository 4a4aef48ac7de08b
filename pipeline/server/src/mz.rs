//! `/datasets/{id}/mz`: the image of any m/z, annotated or not.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use metaspace_render::Tone;
use ms_core::image::IonImage;
use ms_core::tolerance::Ppm;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::annotations::MAX_MZ;
use crate::library::Results;
use crate::pictures::{
    PictureRequest, PixelFormat, PixelPlaces, ScaleName, divided, places, write_pixels,
};
use crate::problem::Problem;
use crate::reply::{ConditionalRequest, Reply, Work};
use crate::request::{Path, Query, nothing_here, within};
use crate::state::Server;

/// Widest tolerance that can be asked for, in ppm.
const MAX_PPM: f64 = 100_000.0;

/// Narrowest tolerance that can be asked for, in ppm.
const MIN_PPM: f64 = 0.001;

/// Lowest m/z that can be asked for, in Th.
const MIN_MZ: f64 = 1.0;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MzImageQuery {
    /// Mass tolerance in ppm, to each side; that of the annotation where nothing is said.
    #[param(nullable = false, minimum = 0.001, maximum = 100_000)]
    ppm: Option<f64>,
    /// Colours: viridis, magma, inferno, cividis, grey, each with `-reversed` after it for the other way; or grey16 for levels of 16 bits.
    #[param(
        nullable = false,
        default = "viridis",
        pattern = "^((viridis|magma|inferno|cividis|grey)(-reversed)?|grey16)$"
    )]
    colormap: Option<String>,
    /// How colours follow intensities.
    #[param(nullable = false, inline)]
    scale: Option<ScaleName>,
    /// Quantile at which hotspots are clipped; 1 clips nothing.
    #[param(nullable = false, minimum = 0, maximum = 1, default = json!(Tone::default().hotspot))]
    hotspot: Option<f64>,
    /// By what intensities are divided before: the ion current of their pixel (`tic`), its root mean square (`rms`), the median of the annotated ions there (`median`), or the intensity there of an ion (`ion=ION`) or of a window of m/z (`mz=MZ`).
    #[param(
        nullable = false,
        default = "none",
        pattern = "^(none|tic|rms|median|ion=.+|mz=[0-9.]+)$"
    )]
    normalization: Option<String>,
    /// Longer side of the picture at most: a larger image is scaled down by means over squares of 2, 3, … pixels.
    #[param(nullable = false, minimum = 1, maximum = 65_535)]
    max_side: Option<u64>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MzPixelQuery {
    /// Mass tolerance in ppm, to each side; that of the annotation where nothing is said.
    #[param(nullable = false, minimum = 0.001, maximum = 100_000)]
    ppm: Option<f64>,
    /// By what intensities are divided before, as those of pictures.
    #[param(
        nullable = false,
        default = "none",
        pattern = "^(none|tic|rms|median|ion=.+|mz=[0-9.]+)$"
    )]
    normalization: Option<String>,
    /// JSON, CSV, or an array for NumPy.
    #[param(nullable = false, inline)]
    format: Option<PixelFormat>,
}

/// The pixels that have a signal in a window of m/z.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MzPixelAnswer {
    /// Id of the dataset.
    dataset: String,
    /// m/z in Th.
    mz: f64,
    /// Mass tolerance in ppm, to each side.
    ppm: f64,
    /// The pixels.
    #[serde(flatten)]
    places: PixelPlaces,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MzErrorQuery {
    /// Mass tolerance in ppm, to each side; that of the annotation where nothing is said.
    #[param(nullable = false, minimum = 0.001, maximum = 100_000)]
    ppm: Option<f64>,
}

/// How far peaks are from an m/z.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MzErrorAnswer {
    /// Id of the dataset.
    dataset: String,
    /// m/z in Th.
    mz: f64,
    /// Mass tolerance in ppm, to each side.
    ppm: f64,
    /// Columns of the bounding box.
    width: u32,
    /// Rows of the bounding box.
    height: u32,
    /// Column of each pixel that has a peak.
    x: Vec<u32>,
    /// Row of each pixel.
    y: Vec<u32>,
    /// Measured less theoretical m/z in each pixel, in ppm.
    error_ppm: Vec<f32>,
}

/// The image of a window of m/z as PNG: the intensities of all peaks within it, added up in each pixel. It is made of the peaks that the run kept, or else of the imzML and ibd files that the results were made of, if they are still there, which takes as long as reading them.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/mz/{mz}.png",
    tag = "datasets",
    params(
        ("id" = String, Path, description = "Id of the dataset"),
        ("mz" = f64, Path, description = "m/z in Th", minimum = 1, maximum = 1_000_000),
        MzImageQuery,
    ),
    responses((
        status = 200, description = "The image", body = String, content_type = "image/png",
        headers(("metaspace-ceiling" = f32, description = "Intensity of the brightest colour")),
    ))
)]
pub(crate) async fn mz_image(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path((id, file)): Path<(String, String)>,
    Query(query): Query<MzImageQuery>,
) -> Result<Response, Problem> {
    let mz = file.strip_suffix(".png").ok_or_else(nothing_here)?;
    let mz = parse_mz(mz)?;
    let work = move |server: &Server, results: &Arc<Results>| {
        let wanted = PictureRequest::new(
            query.colormap.as_deref(),
            query.scale,
            query.hotspot,
            query.normalization.as_deref(),
            query.max_side,
        )?;
        let (_, image) = found(server, results, mz, query.ppm)?;
        wanted.draw(&server.library, results, image.as_ref().clone())
    };
    server.reply(asked, Some(id), Work::Comparing, work).await
}

/// The numbers of the image of a window of m/z: the pixels that have a signal.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/mz/{mz}/pixels",
    tag = "datasets",
    params(
        ("id" = String, Path, description = "Id of the dataset"),
        ("mz" = f64, Path, description = "m/z in Th", minimum = 1, maximum = 1_000_000),
        MzPixelQuery,
    ),
    responses((status = 200, description = "The pixels", content(
        (MzPixelAnswer = "application/json"),
        (String = "text/csv; charset=utf-8"),
        (String = "application/x-npy"),
    )))
)]
pub(crate) async fn mz_pixels(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path((id, mz)): Path<(String, String)>,
    Query(query): Query<MzPixelQuery>,
) -> Result<Response, Problem> {
    let mz = parse_mz(&mz)?;
    let work = move |server: &Server, results: &Arc<Results>| -> Result<Reply, Problem> {
        let (ppm, image) = found(server, results, mz, query.ppm)?;
        let by = query.normalization.as_deref();
        let image = divided(&server.library, results, &image, by)?;
        let name = format!("{}-mz{mz}", results.id);
        let format = query.format.unwrap_or_default();
        write_pixels(results, &image, &name, format, |places| MzPixelAnswer {
            dataset: results.id.clone(),
            mz,
            ppm: ppm.0,
            places,
        })
    };
    server.reply(asked, Some(id), Work::Comparing, work).await
}

/// How far peaks of a window are from its m/z in each pixel that has some: measured less theoretical m/z, in ppm, weighted by intensity.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/mz/{mz}/errors",
    tag = "datasets",
    params(
        ("id" = String, Path, description = "Id of the dataset"),
        ("mz" = f64, Path, description = "m/z in Th", minimum = 1, maximum = 1_000_000),
        MzErrorQuery,
    ),
    responses((status = 200, description = "The pixels", body = MzErrorAnswer))
)]
pub(crate) async fn mz_errors(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path((id, mz)): Path<(String, String)>,
    Query(query): Query<MzErrorQuery>,
) -> Result<Response, Problem> {
    let mz = parse_mz(&mz)?;
    let work = move |server: &Server, results: &Arc<Results>| -> Result<Reply, Problem> {
        let ppm = tolerance(results, query.ppm)?;
        let errors = server.library.mz_errors(results, mz, ppm)?;
        let mut answer = MzErrorAnswer {
            dataset: results.id.clone(),
            mz,
            ppm: ppm.0,
            width: results.raster.width,
            height: results.raster.height,
            x: Vec::new(),
            y: Vec::new(),
            error_ppm: Vec::new(),
        };
        for (x, y, error) in places(&results.raster, &errors) {
            answer.x.push(x);
            answer.y.push(y);
            answer.error_ppm.push(error);
        }
        Reply::json(&answer)
    };
    server.reply(asked, Some(id), Work::Comparing, work).await
}

fn parse_mz(text: &str) -> Result<f64, Problem> {
    let mz: f64 = text.parse().map_err(|_| nothing_here())?;
    within("mz", mz, MIN_MZ, MAX_MZ)
}

/// The image of a window, and its tolerance.
fn found(
    server: &Server,
    results: &Results,
    mz: f64,
    ppm: Option<f64>,
) -> Result<(Ppm, Arc<IonImage>), Problem> {
    let ppm = tolerance(results, ppm)?;
    Ok((ppm, server.library.mz_image(results, mz, ppm)?))
}

/// The tolerance that is asked for, or that of the annotation.
fn tolerance(results: &Results, ppm: Option<f64>) -> Result<Ppm, Problem> {
    match ppm {
        Some(ppm) => Ok(Ppm(within("ppm", ppm, MIN_PPM, MAX_PPM)?)),
        None => Ok(Ppm(results.ppm())),
    }
}
