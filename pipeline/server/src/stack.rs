//! Images that a client sends: read, checked, and made ready to be compared.

use coloc::images::ImageSet;
use coloc::measures::Measure;
use coloc::prepare::PreparationPreset;
use metaspace_render::npy;
use ms_core::image::{IonImage, Raster};
use rayon::prelude::*;
use serde::{Deserialize, Deserializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{Problem, kind};
use crate::request::Whole;

mod arrow;

/// Images of one dataset, one after another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stack {
    /// Names of the images; empty where they have none.
    pub(crate) names: Vec<String>,
    /// Number of images.
    pub(crate) n_images: usize,
    /// Width and height, where they are known.
    pub(crate) sides: Option<(usize, usize)>,
    /// Values of one image after another; NaN where there is no pixel.
    pub(crate) values: Vec<f32>,
}

/// How images are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StackFormat {
    Json,
    Npy,
    Arrow,
}

/// Types of content that images are read from.
pub(crate) const TYPES: [(&str, StackFormat); 4] = [
    ("application/json", StackFormat::Json),
    (npy::CONTENT_TYPE, StackFormat::Npy),
    ("application/vnd.apache.arrow.stream", StackFormat::Arrow),
    ("application/vnd.apache.arrow.file", StackFormat::Arrow),
];

/// Images as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JsonStack {
    /// One list of intensities an image, row by row, all of the same length; null where there is no pixel.
    #[schema(min_items = 1)]
    images: Vec<Vec<Intensity>>,
    /// Names of the images, which must differ.
    #[serde(default)]
    names: Vec<String>,
    /// Columns of an image.
    #[schema(minimum = 1, maximum = 1_000_000, value_type = Option<u32>)]
    width: Option<Whole>,
    /// Rows of an image.
    #[schema(minimum = 1, maximum = 1_000_000, value_type = Option<u32>)]
    height: Option<Whole>,
}

/// An intensity in JSON; null is NaN, and what no `f32` holds is infinite.
#[derive(Debug, Clone, Copy)]
struct Intensity(f32);

impl<'de> Deserialize<'de> for Intensity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<f64>::deserialize(deserializer)?;
        #[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
        Ok(Self(value.map_or(f32::NAN, |value| value as f32)))
    }
}

impl PartialSchema for Intensity {
    fn schema() -> RefOr<Schema> {
        Option::<f64>::schema()
    }
}

impl ToSchema for Intensity {}

impl Stack {
    /// Reads images.
    ///
    /// # Errors
    /// They cannot be understood, or differ in length.
    pub(crate) fn read(format: StackFormat, bytes: &[u8]) -> Result<Self, Problem> {
        let wrong = |reason: String| Problem::new(kind::BODY, format!("the body {reason}"));
        match format {
            StackFormat::Json => {
                let json = serde_json::from_slice(bytes)
                    .map_err(|error| wrong(format!("is no such JSON: {error}")))?;
                Self::of_json(json)
            }
            StackFormat::Npy => Self::of_array(npy::read(bytes).map_err(wrong)?),
            StackFormat::Arrow => arrow::read(bytes),
        }
    }

    fn of_json(json: JsonStack) -> Result<Self, Problem> {
        let n_images = json.images.len();
        let length = json.images.first().map_or(0, Vec::len);
        if let Some(place) = json.images.iter().position(|image| image.len() != length) {
            let found = json.images[place].len();
            let detail = format!("image {place} has {found} values where the first has {length}");
            return Err(Problem::new(kind::IMPOSSIBLE, detail));
        }
        let sides = match (json.width, json.height) {
            (Some(width), Some(height)) => Some((width.0 as usize, height.0 as usize)),
            (None, None) => None,
            _ => {
                let detail = "width and height belong together";
                return Err(Problem::new(kind::IMPOSSIBLE, detail));
            }
        };
        let values = json
            .images
            .iter()
            .flatten()
            .map(|intensity| intensity.0)
            .collect();
        Ok(Self {
            names: json.names,
            n_images,
            sides,
            values,
        })
    }

    fn of_array(array: npy::Array) -> Result<Self, Problem> {
        let (n_images, sides) = match array.shape[..] {
            [n_images, _] => (n_images, None),
            [n_images, height, width] => (n_images, Some((width, height))),
            _ => {
                let detail = format!(
                    "the array has the shape {:?}; needed is images × pixels or images × rows × columns",
                    array.shape
                );
                return Err(Problem::new(kind::IMPOSSIBLE, detail));
            }
        };
        Ok(Self {
            names: Vec::new(),
            n_images,
            sides,
            values: array.values,
        })
    }

    /// The images ready to be compared by a measure.
    ///
    /// # Errors
    /// There is none, or none has a value; the sides do not fit; a measure that looks at neighbours
    /// does not know them; a pixel is missing in some images alone; an intensity is negative or
    /// infinite; two names are the same.
    pub(crate) fn images(self, measure: Measure) -> Result<ImageSet, Problem> {
        let impossible = |detail: String| Problem::new(kind::IMPOSSIBLE, detail);
        let n_places = self.values.len().checked_div(self.n_images).unwrap_or(0);
        if n_places == 0 {
            return Err(impossible("there is no image with a value".into()));
        }
        let is_blurred = measure
            .preparation(PreparationPreset::Default)
            .is_median_filtered;
        let (width, height) = match self.sides {
            Some((width, height)) if width.checked_mul(height) == Some(n_places) => (width, height),
            Some((width, height)) => {
                let detail = format!("images of {n_places} values are not {width} × {height}");
                return Err(impossible(detail));
            }
            None if is_blurred || measure == Measure::Ssim => {
                let detail = format!(
                    "{measure} looks at neighbours, so it needs to know the width and height\nhint: send an array of images × rows × columns, or the parameters width and height"
                );
                return Err(impossible(detail));
            }
            None => (n_places, 1),
        };
        let side = |side: usize| {
            u32::try_from(side).map_err(|_| impossible("the images are too wide or high".into()))
        };
        let (width, height) = (side(width)?, side(height)?);
        let names = self.checked_names()?;
        let places: Vec<u32> = (0..)
            .zip(&self.values[..n_places])
            .filter(|(_, v)| !v.is_nan())
            .map(|(p, _)| p)
            .collect();
        let images: Result<Vec<IonImage>, Problem> = self
            .values
            .par_chunks_exact(n_places)
            .enumerate()
            .map(|(number, values)| sparse(number, values, &places))
            .collect();
        Ok(ImageSet::new(
            Raster {
                width,
                height,
                places,
            },
            names,
            images?,
        )?)
    }

    fn checked_names(&self) -> Result<Vec<String>, Problem> {
        if self.names.is_empty() {
            // As many digits as the largest has, so that they sort as numbers do.
            let n_digits = self.n_images.to_string().len();
            return Ok((0..self.n_images)
                .map(|n| format!("{n:0n_digits$}"))
                .collect());
        }
        if self.names.len() != self.n_images {
            let detail = format!("{} images have {} names", self.n_images, self.names.len());
            return Err(Problem::new(kind::IMPOSSIBLE, detail));
        }
        Ok(self.names.clone())
    }
}

/// The pixels of an image that have a signal.
fn sparse(number: usize, values: &[f32], places: &[u32]) -> Result<IonImage, Problem> {
    let n_there: usize = values
        .iter()
        .map(|value| usize::from(!value.is_nan()))
        .sum();
    if n_there != places.len() || places.iter().any(|&place| values[place as usize].is_nan()) {
        let detail = format!("image {number} lacks other pixels than the first one");
        return Err(Problem::new(kind::IMPOSSIBLE, detail));
    }
    let mut image = IonImage::default();
    for (pixel, &place) in (0..).zip(places) {
        let value = values[place as usize];
        // What is negative or infinite is kept, to be refused with its place.
        if value != 0.0 {
            image.pixels.push(pixel);
            image.intensities.push(value);
        }
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Result<Stack, Problem> {
        Stack::read(StackFormat::Json, text.as_bytes())
    }

    fn detail(text: &str, measure: Measure) -> String {
        match json(text).and_then(|stack| stack.images(measure)) {
            Ok(_) => "nothing is wrong".into(),
            Err(problem) => problem.detail().into(),
        }
    }

    #[test]
    fn images_of_json() {
        let stack =
            json(r#"{"images": [[0, 1.5, null, 2], [3, 0, null, 0]], "width": 2, "height": 2}"#);
        let images = stack.unwrap().images(Measure::Cosine).unwrap();
        assert_eq!(images.ids(), ["0", "1"]);
        assert_eq!(images.raster().places, [0, 1, 3]);
        assert_eq!(images.dense(0), [0.0, 1.5, 2.0]);
        assert_eq!(images.dense(1), [3.0, 0.0, 0.0]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cosine = |text| detail(text, Measure::Cosine);
        assert!(cosine("[]").contains("no such JSON"));
        assert!(cosine(r#"{"images": [[1], [1, 2]]}"#).contains("image 1 has 2 values"));
        assert!(cosine(r#"{"images": []}"#).contains("no image"));
        assert!(cosine(r#"{"images": [[1, 2]], "width": 2}"#).contains("belong together"));
        assert!(cosine(r#"{"images": [[1, 2]], "width": 2, "height": 2}"#).contains("not 2 × 2"));
        assert!(cosine(r#"{"images": [[-1, 2]]}"#).contains("not negative"));
        assert!(cosine(r#"{"images": [[null, 2], [1, 2]]}"#).contains("other pixels"));
        assert!(cosine(r#"{"images": [[1], [1]], "names": ["a", "a"]}"#).contains("id `a`"));
        assert!(cosine(r#"{"images": [[1], [1]], "names": ["a"]}"#).contains("1 names"));
        let text = r#"{"images": [[1, 2]]}"#;
        assert!(detail(text, Measure::Ssim).contains("neighbours"));
        assert!(detail(text, Measure::default()).contains("neighbours"));
        assert_eq!(cosine(text), "nothing is wrong");
    }
}
