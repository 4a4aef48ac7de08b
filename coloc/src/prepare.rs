//! Images to rows of numbers: quantize, scale, clip hotspots, threshold, smooth.

use std::num::NonZeroU8;

use ms_core::image::{IonImage, Raster};
use pulp::Arch;

use crate::error::ColocError;
use crate::images::narrow;

mod blur;
mod median;
mod quantile;

pub(crate) use blur::Blur;
pub use median::{Filter, median_filter};
use quantile::Quantiles;
pub use quantile::quantile;

/// Which places of the bounding box count, in quantiles and in measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Those that have a spectrum.
    Sampled,
    /// All; absent ones are 0, as the METASPACE engine has it.
    BoundingBox,
}

/// How intensities are made less skewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntensityScale {
    /// As they are.
    Linear,
    /// Their square root.
    Sqrt,
    /// ln(1 + v), which keeps 0 at 0. It depends on the unit of the intensities.
    Log,
}

/// What is done with an image before it is compared, in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preparation {
    /// Which places count.
    pub domain: Domain,
    /// Levels to which intensities are reduced, as a power of two.
    pub quantize_bits: Option<NonZeroU8>,
    /// Log or square root.
    pub scale: IntensityScale,
    /// Values above this quantile of the image become the quantile; where that is 0, nothing does.
    pub clip: Option<f64>,
    /// Values below this quantile of the image become 0.
    pub threshold: Option<f64>,
    /// Each value becomes the median of its 3 × 3 neighbourhood.
    pub is_median_filtered: bool,
    /// Each value becomes the mean of its surroundings under a Gaussian window (σ = 1.5 pixels, cut at
    /// 3.5 σ, the border reflected) over the places that count.
    pub is_smoothed: bool,
}

/// Where an image comes from before a measure prepares it further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PreparationPreset {
    /// Full precision, hotspots clipped at the 99th percentile of the pixels that have a spectrum.
    #[default]
    Default,
    /// As the METASPACE engine: 8 bits, clipped at the 99th percentile of the bounding box.
    Metaspace,
}

/// Bits of an image of the METASPACE engine: the upper half of a 16-bit PNG.
const METASPACE_BITS: NonZeroU8 = NonZeroU8::new(8).unwrap();

/// Bits of a pixel of the engine's PNG, before the lower ones are dropped.
const PNG_BITS: u8 = 16;

/// Quantile at which hotspots are clipped.
pub const HOTSPOT: f64 = 0.99;

impl Preparation {
    /// What a preset does to every image, whatever the measure.
    pub const fn of(preset: PreparationPreset) -> Self {
        let (domain, quantize_bits) = match preset {
            PreparationPreset::Default => (Domain::Sampled, None),
            PreparationPreset::Metaspace => (Domain::BoundingBox, Some(METASPACE_BITS)),
        };
        Self {
            domain,
            quantize_bits,
            scale: IntensityScale::Linear,
            clip: Some(HOTSPOT),
            threshold: None,
            is_median_filtered: false,
            is_smoothed: false,
        }
    }

    /// Makes sure that quantiles are between 0 and 1.
    ///
    /// # Errors
    /// One is not.
    pub fn check(&self) -> Result<(), ColocError> {
        for (setting, value) in [
            ("the clipped quantile", self.clip),
            ("the threshold quantile", self.threshold),
        ] {
            if let Some(found) = value.filter(|q| !(0.0..=1.0).contains(q)) {
                return Err(ColocError::Setting {
                    setting,
                    range: "lie between 0 and 1",
                    found,
                });
            }
        }
        Ok(())
    }

    /// Values of a row: pixels or places.
    pub fn n_columns(&self, raster: &Raster) -> usize {
        match self.domain {
            Domain::Sampled => raster.n_pixels(),
            Domain::BoundingBox => raster.width as usize * raster.height as usize,
        }
    }
}

/// Buffers that preparing one image after another needs.
#[derive(Debug, Default)]
pub(crate) struct PreparationBuffers {
    values: Vec<f32>,
    quantiles: Quantiles,
    filter: Filter,
    blur: Blur,
    places: Vec<f32>,
    /// Share of each place's window that counts, where images are smoothed.
    coverage: Vec<f32>,
}

/// Writes a prepared image as a row of [`Preparation::n_columns`] values.
pub(crate) fn prepare(
    raster: &Raster,
    image: &IonImage,
    preparation: &Preparation,
    buffers: &mut PreparationBuffers,
    row: &mut [f32],
) {
    let n_columns = row.len();
    buffers.values.clear();
    buffers.values.extend_from_slice(&image.intensities);
    if let Some(bits) = preparation.quantize_bits {
        quantize(&mut buffers.values, n_columns, bits);
    }
    match preparation.scale {
        IntensityScale::Linear => {}
        IntensityScale::Sqrt => buffers
            .values
            .iter_mut()
            .for_each(|value| *value = value.sqrt()),
        IntensityScale::Log => buffers
            .values
            .iter_mut()
            .for_each(|value| *value = value.ln_1p()),
    }
    clip_and_threshold(buffers, n_columns, preparation);
    let is_placed = preparation.domain == Domain::BoundingBox || raster.is_full();
    if preparation.is_median_filtered {
        place_filtered(raster, image, buffers, is_placed, row);
        return;
    }
    row.fill(0.0);
    for (&pixel, &value) in image.pixels.iter().zip(&buffers.values) {
        let column = if is_placed {
            raster.places[pixel as usize]
        } else {
            pixel
        };
        row[column as usize] = value;
    }
    if preparation.is_smoothed {
        smooth(raster, buffers, is_placed, row);
    }
}

/// Replaces the values of a row by their means under the window.
fn smooth(raster: &Raster, buffers: &mut PreparationBuffers, is_placed: bool, row: &mut [f32]) {
    let width = raster.width as usize;
    if is_placed {
        // All places count.
        buffers.blur.apply(row, width);
        return;
    }
    let n_places = width * raster.height as usize;
    if buffers.coverage.len() != n_places {
        buffers.coverage = vec![0.0; n_places];
        raster
            .places
            .iter()
            .for_each(|&place| buffers.coverage[place as usize] = 1.0);
        buffers.blur.apply(&mut buffers.coverage, width);
    }
    buffers.places.clear();
    buffers.places.resize(n_places, 0.0);
    for (&place, &value) in raster.places.iter().zip(&*row) {
        buffers.places[place as usize] = value;
    }
    buffers.blur.apply(&mut buffers.places, width);
    for (value, &place) in row.iter_mut().zip(&raster.places) {
        *value = buffers.places[place as usize] / buffers.coverage[place as usize];
    }
}

/// Writes the median-filtered values of an image to their columns.
fn place_filtered(
    raster: &Raster,
    image: &IonImage,
    buffers: &mut PreparationBuffers,
    is_placed: bool,
    row: &mut [f32],
) {
    let (width, height) = (raster.width as usize, raster.height as usize);
    let places = image
        .pixels
        .iter()
        .map(|&pixel| raster.places[pixel as usize] as usize);
    buffers
        .filter
        .fill(width, height, places.zip(buffers.values.iter().copied()));
    if is_placed {
        buffers.filter.write(row);
        return;
    }
    buffers.places.resize(width * height, 0.0);
    buffers.filter.write(&mut buffers.places);
    for (value, &place) in row.iter_mut().zip(&raster.places) {
        *value = buffers.places[place as usize];
    }
}

/// Steps 2 and 3 on the values of an image, of which `n_columns − values` more are 0.
///
/// Clipping keeps the order of the values, so that one look at it is enough for both quantiles.
fn clip_and_threshold(
    buffers: &mut PreparationBuffers,
    n_columns: usize,
    preparation: &Preparation,
) {
    if preparation.clip.is_none() && preparation.threshold.is_none() {
        return;
    }
    let PreparationBuffers {
        values, quantiles, ..
    } = buffers;
    quantiles.count(values, n_columns - values.len());
    let mut ceiling = f32::INFINITY;
    if let Some(level) = preparation.clip.map(|q| quantiles.at(values, q, ceiling)) {
        ceiling = if level > 0.0 { level } else { ceiling };
    }
    let level = preparation
        .threshold
        .map(|q| quantiles.at(values, q, ceiling));
    let level = level.unwrap_or_default();
    Arch::new().dispatch(|| {
        for value in &mut *values {
            let clipped = value.min(ceiling);
            *value = if clipped < level { 0.0 } else { clipped };
        }
    });
}

/// Reduces values to levels of their range: `floor((v − min) / (max − min) · (2^16 − 1))` without
/// its lower bits, divided by the largest level. An image of one value throughout becomes 0.
fn quantize(values: &mut [f32], n_columns: usize, bits: NonZeroU8) {
    let max = values.iter().copied().fold(0.0_f32, f32::max);
    let is_everywhere = values.len() == n_columns;
    let min = if is_everywhere {
        values.iter().copied().fold(max, f32::min)
    } else {
        0.0
    };
    let range = max - min;
    let levels = f32::from(u16::MAX);
    let dropped = f32::from(1_u16 << (PNG_BITS - bits.get().min(PNG_BITS)).min(15));
    let top = (levels / dropped).floor();
    for value in values {
        let level = if range > 0.0 {
            (*value - min) / range * levels
        } else {
            0.0
        };
        *value = (level.floor() / dropped).floor() / top;
    }
}

/// Sum of the squares of the values as `f64`, in eight interleaved sums, so that several are added at
/// once.
fn sum_of_squares(row: &[f32]) -> f64 {
    let (chunks, rest) = row.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(value) * f64::from(value);
        }
    }
    let rest: f64 = rest
        .iter()
        .map(|&value| f64::from(value) * f64::from(value))
        .sum();
    sums.iter().sum::<f64>() + rest
}

/// Divides a row by its Euclidean norm, summed as `f64`; returns whether it had one.
pub(crate) fn normalize(row: &mut [f32]) -> bool {
    let norm = Arch::new().dispatch(|| sum_of_squares(row)).sqrt();
    if norm > 0.0 {
        let inverse = norm.recip();
        Arch::new().dispatch(|| {
            for value in &mut *row {
                *value = narrow(f64::from(*value) * inverse);
            }
        });
    }
    norm > 0.0
}

#[cfg(test)]
mod tests {
    use ms_core::image::{IonImage, Raster};

    use super::*;

    fn row(places: Vec<u32>, values: &[f32], preparation: &Preparation) -> Vec<f32> {
        let raster = Raster {
            width: 3,
            height: 3,
            places,
        };
        let pixels = (0..)
            .zip(values)
            .filter(|(_, v)| **v > 0.0)
            .map(|(i, _)| i)
            .collect();
        let intensities = values.iter().copied().filter(|v| *v > 0.0).collect();
        let image = IonImage {
            pixels,
            intensities,
        };
        let mut row = vec![f32::NAN; preparation.n_columns(&raster)];
        prepare(
            &raster,
            &image,
            preparation,
            &mut PreparationBuffers::default(),
            &mut row,
        );
        row
    }

    fn plain() -> Preparation {
        Preparation {
            clip: None,
            ..Preparation::of(PreparationPreset::Default)
        }
    }

    #[test]
    fn steps_do_what_they_say() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.0];
        let all: Vec<u32> = (0..9).collect();
        let clipped = Preparation {
            clip: Some(0.5),
            ..plain()
        };
        let expected = [1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0, 0.0];
        assert_eq!(row(all.clone(), &values, &clipped), expected);
        let thresholded = Preparation {
            threshold: Some(0.5),
            ..plain()
        };
        let expected = [0.0, 0.0, 0.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.0];
        assert_eq!(row(all.clone(), &values, &thresholded), expected);
        let filtered = Preparation {
            is_median_filtered: true,
            ..plain()
        };
        let expected = [2.0, 3.0, 3.0, 4.0, 4.0, 3.0, 7.0, 6.0, 5.0];
        assert_eq!(row(all.clone(), &values, &filtered), expected);
        let sqrt = Preparation {
            scale: IntensityScale::Sqrt,
            ..plain()
        };
        assert_eq!(row(all, &[4.0, 9.0], &sqrt)[..3], [2.0, 3.0, 0.0]);
    }

    #[test]
    fn places_without_spectrum_count_only_in_the_bounding_box() {
        let places = vec![0, 4, 8];
        assert_eq!(
            row(places.clone(), &[1.0, 2.0, 3.0], &plain()),
            [1.0, 2.0, 3.0]
        );
        let boxed = Preparation {
            domain: Domain::BoundingBox,
            threshold: Some(0.8),
            ..plain()
        };
        // The quantile of six zeros and 1, 2, 3 at 0.8 is 1.4.
        let expected = [0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0];
        assert_eq!(row(places.clone(), &[1.0, 2.0, 3.0], &boxed), expected);
        let filtered = Preparation {
            is_median_filtered: true,
            ..plain()
        };
        assert_eq!(row(places, &[1.0, 2.0, 3.0], &filtered), [1.0, 0.0, 2.0]);
    }

    #[test]
    fn smoothing_leaves_places_without_spectrum_out() {
        let smoothed = Preparation {
            is_smoothed: true,
            ..plain()
        };
        let found = row(vec![0, 1, 2, 4, 8], &[2.0; 5], &smoothed);
        assert!(
            found.iter().all(|value| (value - 2.0).abs() < 1e-5),
            "{found:?}"
        );
        let found = row(vec![0, 4, 8], &[9.0], &smoothed);
        assert!(
            found[0] > found[1] && found[1] > found[2] && found[2] > 0.0,
            "{found:?}"
        );
    }

    #[test]
    fn eight_bits_are_those_of_the_engine() {
        let metaspace = Preparation {
            clip: None,
            ..Preparation::of(PreparationPreset::Metaspace)
        };
        let got = row((0..9).collect(), &[1000.0, 500.0, 3.9, 1.0], &metaspace);
        // 65,535 · 0.5 = 32,767 = 127 · 256 + 255; 65,535 · 0.0039 = 255.6: below the first level.
        assert_eq!(got[..4], [1.0, 127.0 / 255.0, 0.0, 0.0]);
    }

    #[test]
    fn a_clip_at_zero_clips_nothing() {
        let clipped = Preparation {
            clip: Some(0.5),
            ..plain()
        };
        assert_eq!(row((0..9).collect(), &[5.0], &clipped)[..1], [5.0]);
        let wrong = Preparation {
            clip: Some(1.5),
            ..plain()
        };
        assert!(matches!(wrong.check(), Err(ColocError::Setting { .. })));
    }
}
