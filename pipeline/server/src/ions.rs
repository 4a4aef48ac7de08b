//! `/ions`: the images of an ion, as pictures and as numbers.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use metaspace_render::Tone;
use ms_core::image::IonImage;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::library::Results;
use crate::pictures::{PictureRequest, PixelFormat, PixelPlaces, ScaleName, divided, write_pixels};
use crate::problem::Problem;
use crate::reply::{ConditionalRequest, Reply, Work};
use crate::request::{Path, Query, nothing_here};
use crate::state::Server;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImageQuery {
    /// Id of the dataset; may be left out where there is one.
    #[param(nullable = false)]
    dataset: Option<String>,
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

impl ImageQuery {
    fn wanted(&self) -> Result<PictureRequest, Problem> {
        PictureRequest::new(
            self.colormap.as_deref(),
            self.scale,
            self.hotspot,
            self.normalization.as_deref(),
            self.max_side,
        )
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PixelQuery {
    /// Id of the dataset; may be left out where there is one.
    #[param(nullable = false)]
    dataset: Option<String>,
    /// Which isotope, from 0.
    #[param(nullable = false, minimum = 0, default = 0)]
    isotope: Option<u32>,
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

/// The pixels of an image that have a signal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PixelAnswer {
    /// Id of the dataset.
    dataset: String,
    /// The ion.
    ion: String,
    /// The isotope, from 0.
    isotope: u8,
    /// The pixels.
    #[serde(flatten)]
    places: PixelPlaces,
}

/// An isotopic image of an ion as PNG, a pixel a pixel; places without a spectrum are transparent.
#[utoipa::path(
    get,
    path = "/api/v1/ions/{ion}/images/{isotope}.png",
    tag = "ions",
    params(
        ("ion" = String, Path, description = "The ion, as `ion` of an annotation, percent-encoded"),
        ("isotope" = u32, Path, description = "Which isotope, from 0"),
        ImageQuery,
    ),
    responses((
        status = 200, description = "The image", body = String, content_type = "image/png",
        headers(("metaspace-ceiling" = f32, description = "Intensity of the brightest colour")),
    ))
)]
pub(crate) async fn image(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path((ion, file)): Path<(String, String)>,
    Query(query): Query<ImageQuery>,
) -> Result<Response, Problem> {
    let isotope = file.strip_suffix(".png").ok_or_else(nothing_here)?;
    let isotope: u64 = isotope.parse().map_err(|_| nothing_here())?;
    let dataset = query.dataset.clone();
    let work = move |server: &Server, results: &Arc<Results>| {
        picture(server, results, (&ion, isotope), &query)
    };
    server.reply(asked, dataset, Work::Reading, work).await
}

/// The numbers of an isotopic image: the pixels that have a signal, as the results have them.
#[utoipa::path(
    get,
    path = "/api/v1/ions/{ion}/pixels",
    tag = "ions",
    params(
        ("ion" = String, Path, description = "The ion, as `ion` of an annotation, percent-encoded"),
        PixelQuery,
    ),
    responses((status = 200, description = "The pixels", content(
        (PixelAnswer = "application/json"),
        (String = "text/csv; charset=utf-8"),
        (String = "application/x-npy"),
    )))
)]
pub(crate) async fn pixels(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path(ion): Path<String>,
    Query(query): Query<PixelQuery>,
) -> Result<Response, Problem> {
    let dataset = query.dataset.clone();
    let work =
        move |server: &Server, results: &Arc<Results>| numbers(server, results, &ion, &query);
    server.reply(asked, dataset, Work::Reading, work).await
}

fn found(
    server: &Server,
    results: &Results,
    (ion, isotope): (&str, u64),
) -> Result<(String, u8, Arc<Option<IonImage>>), Problem> {
    let row = results.find_ion(ion)?;
    // What is no isotope at all is said by the library, with those that there are.
    let isotope = u8::try_from(isotope).unwrap_or(u8::MAX);
    Ok((
        row.ion.clone(),
        isotope,
        server.library.image(results, row, isotope)?,
    ))
}

fn picture(
    server: &Server,
    results: &Results,
    which: (&str, u64),
    query: &ImageQuery,
) -> Result<Reply, Problem> {
    let wanted = query.wanted()?;
    let (_, _, image) = found(server, results, which)?;
    wanted.draw(
        &server.library,
        results,
        image.as_ref().clone().unwrap_or_default(),
    )
}

fn numbers(
    server: &Server,
    results: &Results,
    ion: &str,
    query: &PixelQuery,
) -> Result<Reply, Problem> {
    let isotope = query.isotope.unwrap_or(0);
    let (ion, isotope, image) = found(server, results, (ion, isotope.into()))?;
    let none = IonImage::default();
    let image = image.as_ref().as_ref().unwrap_or(&none);
    let by = query.normalization.as_deref();
    let image = divided(&server.library, results, image, by)?;
    let name = format!("{}-{ion}-{isotope}", results.id);
    let format = query.format.unwrap_or_default();
    write_pixels(results, &image, &name, format, |places| PixelAnswer {
        dataset: results.id.clone(),
        ion,
        isotope,
        places,
    })
}
