//! Ion images: intensities over the pixels of a dataset.

/// Places of a bounding box at most, with a frame of one place on each side: they are numbered by
/// 32 bits. Checked where coordinates are read.
pub const MAX_FRAMED_AREA: u64 = u32::MAX as u64;

/// A pixel that has a spectrum: its place among them in raster order.
///
/// Columns of tables and arrays of kernels hold the plain numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PixelIdx(pub u32);

impl PixelIdx {
    /// The place, to index with.
    pub const fn usize(self) -> usize {
        self.0 as usize
    }
}

/// Pixels of a dataset on their bounding box, which has at most [`MAX_FRAMED_AREA`] places.
///
/// Pixels are numbered in raster order, without those of the bounding box that have no spectrum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// Columns of the bounding box.
    pub width: u32,
    /// Rows of the bounding box.
    pub height: u32,
    /// `y·width + x` of each pixel that has a spectrum, ascending.
    pub places: Vec<u32>,
}

impl Raster {
    /// Number of pixels that have a spectrum.
    pub fn n_pixels(&self) -> usize {
        self.places.len()
    }

    /// Whether every place of the bounding box has a spectrum.
    pub fn is_full(&self) -> bool {
        self.places.len() as u64 == u64::from(self.width) * u64::from(self.height)
    }

    /// The pixels in raster order.
    pub fn pixels(&self) -> impl Iterator<Item = PixelIdx> + use<> {
        (0..).map(PixelIdx).take(self.n_pixels())
    }

    /// Column and row of a pixel, from 0.
    pub fn position(&self, pixel: PixelIdx) -> (u32, u32) {
        let place = self.places[pixel.usize()];
        (place % self.width, place / self.width)
    }
}

/// A sparse image: intensities of some pixels, each pixel at most once, in raster order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IonImage {
    /// The pixels: bare numbers of [`PixelIdx`], as kernels and tables take them.
    pub pixels: Vec<u32>,
    /// Their intensities, > 0.
    pub intensities: Vec<f32>,
}
