//! Ion images to pictures: intensities → levels from 0 to 1 → colours → PNG or TIFF.
//!
//! [`Levels::new`] does what depends on intensities, [`Levels::indices`] what depends on colours;
//! [`png`] and [`tiff`] are the encoders. A place without a spectrum has no level and is
//! transparent everywhere; a pixel without signal has level 0.

use ms_core::image::{IonImage, Raster};

pub mod colormap;
pub mod composite;
pub mod npy;
pub mod outline;
pub mod png;
pub mod scale;
pub mod scalebar;
pub mod stretch;
pub mod tiff;
pub mod vector;

use colormap::N_COLORS;
use scale::Scale;

/// How intensities become levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// How levels grow with intensity.
    pub scale: Scale,
    /// Values above this quantile of the pixels that have a spectrum become the quantile; 1 clips
    /// nothing.
    pub hotspot: f64,
}

impl Default for Tone {
    /// Linear, clipped at the 99th percentile, as the METASPACE platform shows images.
    fn default() -> Self {
        Self {
            scale: Scale::Linear,
            hotspot: coloc::prepare::HOTSPOT,
        }
    }
}

/// An image as levels from 0 to 1 over a bounding box, `width × height`, row-major; NaN where there
/// is no spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The levels.
    pub values: Vec<f32>,
    /// Intensity of level 1: the quantile at which hotspots were clipped, or the maximum; 0 for an
    /// image without signal.
    pub ceiling: f32,
}

impl Levels {
    /// Clips an image and scales it. Intensities must be finite and ≥ 0.
    ///
    /// If the quantile is 0, which it is where fewer pixels have a signal than are above it, nothing
    /// is clipped. An image without signal has level 0 throughout.
    pub fn new(raster: &Raster, image: &IonImage, tone: Tone) -> Self {
        Self::of_pixels(raster, by_pixel(raster, image), tone)
    }

    /// The same for a value of each pixel of the raster.
    pub fn of_pixels(raster: &Raster, mut pixels: Vec<f32>, tone: Tone) -> Self {
        let ceiling = ceiling(&pixels, tone.hotspot);
        tone.scale.apply(&mut pixels, ceiling);
        let values = by_place(raster, &pixels);
        Self {
            width: raster.width,
            height: raster.height,
            values,
            ceiling,
        }
    }

    /// The same with the intensity of level 1 given, so that several images have one scale.
    pub fn up_to(raster: &Raster, image: &IonImage, scale: Scale, ceiling: f32) -> Self {
        let mut pixels = by_pixel(raster, image);
        scale.apply(&mut pixels, ceiling);
        Self {
            width: raster.width,
            height: raster.height,
            values: by_place(raster, &pixels),
            ceiling,
        }
    }

    /// Places in a table of colours, row-major: 0 where there is no spectrum, else
    /// `1 + round(level · 254)`.
    pub fn indices(&self) -> Vec<u8> {
        self.values
            .iter()
            .map(|&level| color_index(level))
            .collect()
    }

    /// Levels as 16 bits and an alpha of 0 or 65,535, interleaved, row-major.
    pub fn grey16(&self) -> Vec<u16> {
        let pixel = |&level: &f32| {
            if level.is_nan() {
                [0, 0]
            } else {
                [rounded(level, u16::MAX.into()), u16::MAX]
            }
        };
        self.values.iter().flat_map(pixel).collect()
    }

    /// Side of the squares that [`Self::shrunk`] makes one place of, so that no side of the image is
    /// longer than this; 1 where none is.
    pub fn factor_within(&self, longest: u32) -> u32 {
        self.width.max(self.height).div_ceil(longest.max(1)).max(1)
    }

    /// The image at a smaller size: means over squares of `factor × factor` places, without those
    /// that have no spectrum. Squares at the right and lower border may be cut.
    #[must_use]
    pub fn shrunk(&self, factor: u32) -> Self {
        let factor = factor.max(1);
        let (width, height) = (self.width.div_ceil(factor), self.height.div_ceil(factor));
        let mut values = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            for x in 0..width {
                values.push(self.mean_of(x * factor, y * factor, factor));
            }
        }
        Self {
            width,
            height,
            values,
            ceiling: self.ceiling,
        }
    }

    fn mean_of(&self, left: u32, top: u32, side: u32) -> f32 {
        let (mut sum, mut n) = (0.0, 0_u16);
        for y in top..(top + side).min(self.height) {
            let row = y as usize * self.width as usize;
            for x in left..(left + side).min(self.width) {
                let level = self.values[row + x as usize];
                if !level.is_nan() {
                    (sum, n) = (sum + level, n.saturating_add(1));
                }
            }
        }
        if n == 0 { f32::NAN } else { sum / f32::from(n) }
    }
}

/// Intensities of an image over its bounding box, row-major, NaN where there is no spectrum; those
/// above the quantile of the pixels that have a spectrum become the quantile, which stands beside.
pub fn clipped(raster: &Raster, image: &IonImage, hotspot: f64) -> (Vec<f32>, f32) {
    let mut pixels = by_pixel(raster, image);
    let ceiling = ceiling(&pixels, hotspot);
    for value in &mut pixels {
        *value = value.min(ceiling);
    }
    (by_place(raster, &pixels), ceiling)
}

/// Intensities of an image over its bounding box, row-major, NaN where there is no spectrum.
pub fn dense(raster: &Raster, image: &IonImage) -> Vec<f32> {
    by_place(raster, &by_pixel(raster, image))
}

/// A value for each pixel that has a spectrum.
fn by_pixel(raster: &Raster, image: &IonImage) -> Vec<f32> {
    let mut pixels = vec![0.0_f32; raster.n_pixels()];
    for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
        // What a damaged table names beyond the raster has no place in the picture.
        if let Some(value) = pixels.get_mut(pixel as usize) {
            *value = intensity;
        }
    }
    pixels
}

/// A value for each place of the bounding box, NaN where there is no pixel.
fn by_place(raster: &Raster, pixels: &[f32]) -> Vec<f32> {
    let mut values = vec![f32::NAN; raster.width as usize * raster.height as usize];
    for (&place, &value) in raster.places.iter().zip(pixels) {
        values[place as usize] = value;
    }
    values
}

/// The intensity of level 1.
fn ceiling(pixels: &[f32], hotspot: f64) -> f32 {
    let quantile = if hotspot < 1.0 {
        coloc::prepare::quantile(pixels, hotspot)
    } else {
        0.0
    };
    if quantile > 0.0 {
        quantile
    } else {
        pixels.iter().copied().fold(0.0, f32::max)
    }
}

/// The place of a level in a table of colours.
#[expect(clippy::cast_possible_truncation, reason = "at most 254")]
fn color_index(level: f32) -> u8 {
    if level.is_nan() {
        0
    } else {
        1 + rounded(level, (N_COLORS - 1) as f32) as u8
    }
}

/// `level · largest` to the nearest whole number, halves upward.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 ≤ level ≤ 1"
)]
fn rounded(level: f32, largest: f32) -> u16 {
    (level.clamp(0.0, 1.0) * largest + 0.5) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster() -> Raster {
        // The last place of the first row has no spectrum.
        Raster {
            width: 3,
            height: 2,
            places: vec![0, 1, 3, 4, 5],
        }
    }

    fn image() -> IonImage {
        IonImage {
            pixels: vec![1, 2, 4],
            intensities: vec![4.0, 1.0, 2.0],
        }
    }

    #[test]
    fn levels_lie_where_their_pixels_are() {
        let tone = Tone {
            scale: Scale::Linear,
            hotspot: 1.0,
        };
        let levels = Levels::new(&raster(), &image(), tone);
        assert_eq!(levels.indices(), [1, 255, 0, 65, 1, 128]);
        assert_eq!(levels.grey16()[..6], [0, 65_535, 65_535, 65_535, 0, 0]);
        assert!((levels.ceiling - 4.0).abs() < 1e-6);
    }

    #[test]
    fn hotspots_are_clipped_at_the_quantile_of_the_sampled_pixels() {
        // Sorted 0, 0, 1, 2, 4: the 0.75 quantile is 2.
        let tone = Tone {
            scale: Scale::Linear,
            hotspot: 0.75,
        };
        let levels = Levels::new(&raster(), &image(), tone);
        assert!((levels.ceiling - 2.0).abs() < 1e-6);
        assert_eq!(levels.indices(), [1, 255, 0, 128, 1, 255]);
        // The median of 0, 0, 0, 0, 3 is 0: nothing is clipped.
        let one = IonImage {
            pixels: vec![0],
            intensities: vec![3.0],
        };
        let levels = Levels::new(
            &raster(),
            &one,
            Tone {
                scale: Scale::Linear,
                hotspot: 0.5,
            },
        );
        assert!((levels.ceiling - 3.0).abs() < 1e-6);
    }

    #[test]
    fn an_image_without_signal_is_level_0() {
        let levels = Levels::new(&raster(), &IonImage::default(), Tone::default());
        assert_eq!(levels.indices(), [1, 1, 0, 1, 1, 1]);
    }

    #[test]
    fn a_smaller_image_has_the_means_of_what_is_there() {
        let tone = Tone {
            scale: Scale::Linear,
            hotspot: 1.0,
        };
        let levels = Levels::new(&raster(), &image(), tone);
        assert_eq!(
            [1, 2, 3, 4, 0].map(|longest| levels.factor_within(longest)),
            [3, 2, 1, 1, 3]
        );
        let small = levels.shrunk(2);
        assert_eq!((small.width, small.height), (2, 1));
        // (0 + 1 + 0.25 + 0) / 4; the right square has one place with a spectrum.
        assert!((small.values[0] - 0.3125).abs() < 1e-6 && (small.values[1] - 0.5).abs() < 1e-6);
    }
}
