//! Images as they are asked for: pictures and numbers.

use std::borrow::Cow;

use metaspace_explore::normalize::{Factors, Normalization, UnknownNormalization};
use metaspace_render::colormap::Colormap;
use metaspace_render::scale::Scale;
use metaspace_render::{Levels, Tone, dense, npy, png};
use metaspace_results::{PixelNorm, ResultsError, read_norms};
use ms_core::image::{IonImage, PixelIdx, Raster};
use ms_core::tolerance::Ppm;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::library::{Library, Results};
use crate::problem::{Problem, kind};
use crate::reply::Reply;
use crate::request::{count, within};

/// Longer side of a picture that can be asked for.
const MAX_SIDE: u64 = 65_535;

/// How levels grow with intensity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ScaleName {
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

/// By what intensities are to be divided.
pub(crate) fn normalization(text: Option<&str>) -> Result<Normalization, Problem> {
    let parsed = text.unwrap_or("none").parse();
    parsed.map_err(|wrong: UnknownNormalization| {
        Problem::parameter("normalization", &wrong.to_string())
    })
}

/// How the numbers of an image are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PixelFormat {
    /// Columns of numbers as JSON.
    #[default]
    Json,
    /// A row a pixel with signal.
    Csv,
    /// An array of `float32` for NumPy, rows × columns, NaN where there is no spectrum.
    Npy,
}

/// A picture that was asked for, checked.
#[derive(Debug, Clone)]
pub(crate) struct PictureRequest {
    colormap: Colormap,
    is_grey16: bool,
    tone: Tone,
    normalization: Normalization,
    max_side: Option<u64>,
}

impl PictureRequest {
    /// What was asked for, and defaults for the rest.
    pub(crate) fn new(
        colormap: Option<&str>,
        scale: Option<ScaleName>,
        hotspot: Option<f64>,
        normalization: Option<&str>,
        max_side: Option<u64>,
    ) -> Result<Self, Problem> {
        let hotspot = hotspot.unwrap_or(Tone::default().hotspot);
        let named = colormap.filter(|name| *name != "grey16");
        let chosen = named.map_or(Ok(Colormap::default()), str::parse);
        Ok(Self {
            colormap: chosen.map_err(|wrong: metaspace_render::colormap::UnknownColormap| {
                Problem::parameter("colormap", &wrong.to_string())
            })?,
            is_grey16: colormap == Some("grey16"),
            tone: Tone {
                scale: scale.unwrap_or_default().into(),
                hotspot: within("hotspot", hotspot, 0.0, 1.0)?,
            },
            normalization: self::normalization(normalization)?,
            max_side,
        })
    }

    /// The picture of an image.
    pub(crate) fn draw(
        &self,
        library: &Library,
        results: &Results,
        mut image: IonImage,
    ) -> Result<Reply, Problem> {
        factors(library, results, &self.normalization)?.apply(&mut image);
        let levels = Levels::new(&results.raster, &image, self.tone);
        let (levels, factor) = sized(levels, self.max_side)?;
        let size = results
            .pixel_size_um()
            .map(|(x, y)| (x * factor, y * factor));
        let mut bytes = Vec::new();
        let written = if self.is_grey16 {
            png::write_grey16(&mut bytes, &levels, size)
        } else {
            png::write_indexed(&mut bytes, &levels, self.colormap, size)
        };
        written.map_err(|error| Problem::internal(&error))?;
        Ok(Reply::new("image/png", bytes).with_ceiling(levels.ceiling))
    }
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

/// An image, divided as it is asked for.
pub(crate) fn divided<'a>(
    library: &Library,
    results: &Results,
    image: &'a IonImage,
    by: Option<&str>,
) -> Result<Cow<'a, IonImage>, Problem> {
    let by = normalization(by)?;
    if by == Normalization::None {
        return Ok(Cow::Borrowed(image));
    }
    let mut image = image.clone();
    factors(library, results, &by)?.apply(&mut image);
    Ok(Cow::Owned(image))
}

pub(crate) fn factors(
    library: &Library,
    results: &Results,
    normalization: &Normalization,
) -> Result<Factors, Problem> {
    let of_image = |image: &IonImage| {
        let factors = Factors::of_image(image, results.raster.n_pixels());
        let shown = normalization.label().unwrap_or_default();
        let nothing = || {
            let detail =
                format!("{shown}, by which intensities are to be divided, has none in any pixel");
            Problem::new(kind::IMPOSSIBLE, detail)
        };
        factors.ok_or_else(nothing)
    };
    let norm = match normalization {
        Normalization::None => return Ok(Factors::default()),
        Normalization::Tic => PixelNorm::Tic,
        Normalization::Rms => PixelNorm::Rms,
        Normalization::Median => return Ok(Factors::clone(&*library.median_factors(results)?)),
        Normalization::Ion(name) => {
            let image = library.image(results, results.find_ion(name)?, 0)?;
            return of_image(image.as_ref().as_ref().unwrap_or(&IonImage::default()));
        }
        Normalization::Mz(mz) => {
            return of_image(&*library.mz_image(results, *mz, Ppm(results.ppm()))?);
        }
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

/// The pixels of an image that have a signal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PixelPlaces {
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

/// The numbers of an image; `answer` says in JSON of what they are.
pub(crate) fn write_pixels<T: Serialize>(
    results: &Results,
    image: &IonImage,
    name: &str,
    format: PixelFormat,
    answer: impl FnOnce(PixelPlaces) -> T,
) -> Result<Reply, Problem> {
    let raster = &results.raster;
    match format {
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
            let mut pixels = PixelPlaces {
                width: raster.width,
                height: raster.height,
                x: Vec::with_capacity(image.pixels.len()),
                y: Vec::with_capacity(image.pixels.len()),
                intensity: Vec::with_capacity(image.pixels.len()),
            };
            for (x, y, intensity) in places(raster, image) {
                pixels.x.push(x);
                pixels.y.push(y);
                pixels.intensity.push(intensity);
            }
            Reply::json(&answer(pixels))
        }
    }
}

/// Column, row and intensity of the pixels with signal that the raster has.
pub(crate) fn places<'a>(
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
