//! `/ions`: the images of an ion, as pictures and as numbers.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use metaspace_render::colormap::Colormap;
use metaspace_render::normalize::{Factors, Normalization};
use metaspace_render::scale::Scale;
use metaspace_render::{Levels, Tone, png};
use metaspace_results::{PixelNorm, ResultsError, read_norms};
use ms_core::image::{IonImage, PixelIdx, Raster};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::library::Results;
use crate::npy;
use crate::problem::{Problem, kind};
use crate::reply::{ConditionalRequest, Reply, Work};
use crate::request::{Path, Query, count, nothing_here, within};
use crate::state::Server;

/// Longer side of a picture that can be asked for.
const MAX_SIDE: u64 = 65_535;

/// How levels grow with intensity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ScaleName {
    #[default]
    Linear,
    Sqrt,
    Log,
    Rank,
}

impl From<ScaleName> for Scale {
    fn from(name: ScaleName) -> Self {
        match name {
            ScaleName::Linear => Self::Linear,
            ScaleName::Sqrt => Self::Sqrt,
            ScaleName::Log => Self::Log,
            ScaleName::Rank => Self::Rank,
        }
    }
}

/// By what intensities are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum NormName {
    #[default]
    None,
    Tic,
    Rms,
}

impl From<NormName> for Normalization {
    fn from(name: NormName) -> Self {
        match name {
            NormName::None => Self::None,
            NormName::Tic => Self::Tic,
            NormName::Rms => Self::Rms,
        }
    }
}

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
    /// By what intensities are divided before: the ion current of their pixel, or its root mean square.
    #[param(nullable = false, inline)]
    normalization: Option<NormName>,
    /// Longer side of the picture at most: a larger image is scaled down by means over squares of 2, 3, … pixels.
    #[param(nullable = false, minimum = 1, maximum = 65_535)]
    max_side: Option<u64>,
}

/// How the numbers of an image are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PixelFormat {
    /// Columns of numbers as JSON.
    #[default]
    Json,
    /// A row a pixel with signal.
    Csv,
    /// An array of `float32` for NumPy, rows × columns, NaN where there is no spectrum.
    Npy,
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
    /// Columns of the bounding box.
    width: u32,
    /// Rows of the bounding box.
    height: u32,
    /// Column of each pixel.
    x: Vec<u32>,
    /// Row of each pixel.
    y: Vec<u32>,
    /// Its intensity.
    intensity: Vec<f32>,
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
    let hotspot = query.hotspot.unwrap_or(Tone::default().hotspot);
    let tone = Tone {
        scale: query.scale.unwrap_or_default().into(),
        hotspot: within("hotspot", hotspot, 0.0, 1.0)?,
    };
    let colormap = query.colormap.as_deref().filter(|name| *name != "grey16");
    let colormap: Colormap = colormap
        .map_or(Ok(Colormap::default()), str::parse)
        .map_err(|wrong| Problem::parameter("colormap", &wrong.to_string()))?;
    let factors = factors(results, query.normalization.unwrap_or_default().into())?;
    let (_, _, image) = found(server, results, which)?;
    let mut image = image.as_ref().clone().unwrap_or_default();
    factors.apply(&mut image);
    let (levels, factor) = sized(Levels::new(&results.raster, &image, tone), query.max_side)?;
    let size = results
        .pixel_size_um()
        .map(|(x, y)| (x * factor, y * factor));
    let mut bytes = Vec::new();
    let is_grey16 = query.colormap.as_deref() == Some("grey16");
    let written = if is_grey16 {
        png::write_grey16(&mut bytes, &levels, size)
    } else {
        png::write_indexed(&mut bytes, &levels, colormap, size)
    };
    written.map_err(|error| Problem::internal(&error))?;
    Ok(Reply::new("image/png", bytes).with_ceiling(levels.ceiling))
}

/// An image scaled down to a longer side, and the side of the squares that became one pixel.
fn sized(levels: Levels, max_side: Option<u64>) -> Result<(Levels, f64), Problem> {
    let Some(side) = max_side else {
        return Ok((levels, 1.0));
    };
    let side = count("maxSide", side, 1, MAX_SIDE)?;
    let factor = levels.factor_within(u32::try_from(side).unwrap_or(u32::MAX));
    Ok((
        if factor > 1 {
            levels.shrunk(factor)
        } else {
            levels
        },
        factor.into(),
    ))
}

fn factors(results: &Results, normalization: Normalization) -> Result<Factors, Problem> {
    let norm = match normalization {
        Normalization::None => return Ok(Factors::default()),
        Normalization::Tic => PixelNorm::Tic,
        Normalization::Rms => PixelNorm::Rms,
    };
    match read_norms(&results.folder, norm) {
        Ok(norms) => Ok(Factors::new(&norms)),
        Err(ResultsError::Column { column, .. }) => {
            let detail = format!("these results are of a version without `{column}` of pixels");
            Err(Problem::new(kind::IMPOSSIBLE, detail))
        }
        Err(error) => Err(error.into()),
    }
}

fn numbers(
    server: &Server,
    results: &Results,
    ion: &str,
    query: &PixelQuery,
) -> Result<Reply, Problem> {
    let isotope = query.isotope.unwrap_or(0);
    let (ion, isotope, image) = found(server, results, (ion, isotope.into()))?;
    let image = image.as_ref().as_ref();
    let (raster, none) = (&results.raster, IonImage::default());
    let image = image.unwrap_or(&none);
    let name = format!("{}-{ion}-{isotope}", results.id);
    match query.format.unwrap_or_default() {
        PixelFormat::Npy => {
            let shape = [raster.height as usize, raster.width as usize];
            let bytes = npy::write(&shape, dense(raster, image).into_iter());
            Ok(Reply::new(npy::CONTENT_TYPE, bytes).named(format!("{name}.npy")))
        }
        PixelFormat::Csv => Reply::csv(format!("{name}.csv"), |writer| {
            writer.write_record(["x", "y", "intensity"])?;
            for (x, y, intensity) in places(raster, image) {
                writer.write_record([x.to_string(), y.to_string(), intensity.to_string()])?;
            }
            Ok(())
        }),
        PixelFormat::Json => {
            let mut answer = PixelAnswer {
                dataset: results.id.clone(),
                ion,
                isotope,
                width: raster.width,
                height: raster.height,
                x: Vec::with_capacity(image.pixels.len()),
                y: Vec::with_capacity(image.pixels.len()),
                intensity: Vec::with_capacity(image.pixels.len()),
            };
            for (x, y, intensity) in places(raster, image) {
                answer.x.push(x);
                answer.y.push(y);
                answer.intensity.push(intensity);
            }
            Reply::json(&answer)
        }
    }
}

/// Column, row and intensity of the pixels with signal that the raster has.
fn places<'a>(
    raster: &'a Raster,
    image: &'a IonImage,
) -> impl Iterator<Item = (u32, u32, f32)> + 'a {
    let pixels = image.pixels.iter().zip(&image.intensities);
    let is_there = |(pixel, _): &(&u32, &f32)| (**pixel as usize) < raster.n_pixels();
    pixels.filter(is_there).map(|(&pixel, &intensity)| {
        let (x, y) = raster.position(PixelIdx(pixel));
        (x, y, intensity)
    })
}

/// Intensities over the bounding box, NaN where there is no spectrum.
fn dense(raster: &Raster, image: &IonImage) -> Vec<f32> {
    let mut values = vec![f32::NAN; raster.width as usize * raster.height as usize];
    for &place in &raster.places {
        values[place as usize] = 0.0;
    }
    for (x, y, intensity) in places(raster, image) {
        values[(y * raster.width + x) as usize] = intensity;
    }
    values
}
