//! What can be wrong with images, regions and settings.

/// Why something cannot be computed of images.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ColocError {
    /// Ids and images do not pair up.
    #[error("{n_images} images have {n_ids} ids")]
    Ids {
        /// Number of ids.
        n_ids: usize,
        /// Number of images.
        n_images: usize,
    },
    /// Two images have the same id.
    #[error("two images have the id `{id}`")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// An image and its intensities differ in length.
    #[error("image `{id}` has {n_pixels} pixels and {n_intensities} intensities")]
    Intensities {
        /// Whose image.
        id: String,
        /// Number of pixels.
        n_pixels: usize,
        /// Number of intensities.
        n_intensities: usize,
    },
    /// A pixel that does not exist, or is out of order.
    #[error("image `{id}`: pixels must ascend and be below {n_pixels}, not {pixel}")]
    Pixel {
        /// Whose image.
        id: String,
        /// Pixels of the raster.
        n_pixels: usize,
        /// The pixel.
        pixel: u32,
    },
    /// An intensity that is none.
    #[error(
        "image `{id}`: intensity of pixel {pixel} must be finite and not negative, not {value}"
    )]
    Intensity {
        /// Whose image.
        id: String,
        /// The pixel.
        pixel: u32,
        /// The intensity.
        value: f32,
    },
    /// Places of the raster are out of order or beyond it.
    #[error("places of a raster of {width} × {height} must ascend and lie within it, not {place}")]
    Place {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// The place.
        place: u32,
    },
    /// A measure of a name that is not known.
    #[error("no measure is called `{name}`; known are {known}")]
    UnknownMeasure {
        /// The name.
        name: String,
        /// Names of all.
        known: String,
    },
    /// A setting outside of its range.
    #[error("{setting} must {range}, not {found}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What is allowed.
        range: &'static str,
        /// What was given.
        found: f64,
    },
    /// A mask or list of another length than there are pixels or ions.
    #[error("{what} has {found} values where {expected} are needed")]
    Length {
        /// What has the wrong length.
        what: &'static str,
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A region that holds no pixel, or all.
    #[error("a region needs pixels inside and outside; {n_inside} of {n_pixels} pixels are inside")]
    Region {
        /// Pixels inside.
        n_inside: usize,
        /// All pixels.
        n_pixels: usize,
    },
    /// Too few of something.
    #[error("{purpose} needs at least {needed} {what}, not {found}")]
    TooFew {
        /// For what.
        purpose: &'static str,
        /// Of what.
        what: &'static str,
        /// How many it takes.
        needed: usize,
        /// How many there are.
        found: usize,
    },
}
