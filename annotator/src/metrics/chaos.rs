//! Spatial chaos: whether the first image has structure or is scattered.
//!
//! # Source
//! Alexandrov & Bartels 2013, doi:10.1093/bioinformatics/btt388, as `measure_of_chaos` of the
//! METASPACE engine computes it.
//!
//! # How
//! The level sets of an image are nested, so that dilation and erosion of all of them are one
//! maximum and one minimum filter. Most images of noise have nothing left after erosion at the
//! lowest level already; that is found with 64 pixels a word (`chaos/bits.rs`). For the rest the
//! number of components at all levels together is counted in one pass (`chaos/components.rs`).

use std::ops::Range;

use ms_core::image::Raster;

use crate::config::ChaosRule;
use crate::imager::Drawing;

mod bits;
mod components;
mod crop;
mod thresholds;

use bits::Bits;
use components::Components;
use crop::Crop;

/// The engine takes what is so near to 1 for the sign of an empty image.
const REFERENCE_NEAR_ONE: f64 = 1.001e-5;

/// Rows on each side of a signal that can change its components.
const MARGIN: u32 = 2;

/// Measures images of one raster, reusing its buffers. Memory: 1 byte a pixel and 6 a place
/// of the bounding box.
#[derive(Debug)]
pub struct Chaos<'a> {
    positions: Positions<'a>,
    /// Pixels beside one another in a row, as many as there are without a gap.
    runs: Vec<Run>,
    height: u32,
    width: u32,
    n_levels: u16,
    rule: ChaosRule,
    crop: Crop,
    bits: Bits,
    components: Components,
}

/// Column and row of each pixel of a raster.
#[derive(Debug, Clone, Copy)]
struct Positions<'a> {
    /// Place of each pixel in the bounding box, unless that is its number.
    places: Option<&'a [u32]>,
    width: u32,
    /// 1 / width: to divide takes several times as long as to multiply.
    rows_a_place: f64,
}

impl<'a> Positions<'a> {
    fn new(raster: &'a Raster) -> Self {
        Self {
            places: (!raster.is_full()).then_some(&raster.places),
            width: raster.width,
            rows_a_place: 1.0 / f64::from(raster.width),
        }
    }

    #[inline]
    fn of(self, pixel: u32) -> (u32, u32) {
        let place = self.places.map_or(pixel, |places| places[pixel as usize]);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "half a place from the next row is more than what rounding takes away"
        )]
        let row = ((f64::from(place) + 0.5) * self.rows_a_place) as u32;
        (place - row * self.width, row)
    }
}

impl<'a> Chaos<'a> {
    /// For images of a raster, with so many intensity levels.
    pub fn new(raster: &'a Raster, n_levels: u16, rule: ChaosRule) -> Self {
        Self {
            runs: runs(raster),
            positions: Positions::new(raster),
            height: raster.height,
            width: raster.width,
            n_levels,
            rule,
            crop: Crop::new(raster),
            bits: Bits::default(),
            components: Components::default(),
        }
    }

    /// 1 − (mean over the levels of the number of 4-connected components) / (number of pixels with
    /// signal), between 0 and 1; 0 where no component is left.
    ///
    /// Level j of L holds the pixels whose value is above max·j/L; each is dilated by a cross and
    /// eroded by a square of 3 × 3, places outside the image not counting.
    pub fn measure(&mut self, image: &Drawing) -> f64 {
        let n_pixels = image.n_pixels();
        if n_pixels == 0 {
            return 0.0;
        }
        let is_left = match self.rule {
            ChaosRule::Exact => self.draw_exact(image),
            ChaosRule::Reference => self.draw_cropped(image),
        };
        if !is_left {
            return 0.0;
        }
        let n_components = self.components.count();
        let mean = n_components as f64 / f64::from(self.n_levels);
        let value = 1.0 - mean / f64::from(n_pixels);
        let is_empty = match self.rule {
            ChaosRule::Exact => n_components == 0,
            ChaosRule::Reference => (value - 1.0).abs() <= REFERENCE_NEAR_ONE,
        };
        if is_empty { 0.0 } else { value.max(0.0) }
    }

    /// Draws the rows from the first with a signal to the last, and a margin: the others are empty.
    /// False if nothing is left of the image after erosion; that is not looked for in an image with a
    /// signal at most pixels.
    fn draw_exact(&mut self, image: &Drawing) -> bool {
        let positions = self.positions;
        // Pixels are in raster order.
        let Some((first, last)) = image.ends() else {
            return false;
        };
        let top = positions.of(first).1.saturating_sub(MARGIN);
        let bottom = (positions.of(last).1 + MARGIN).min(self.height - 1);
        let size = ((bottom - top + 1) as usize, self.width as usize);
        let place = |pixel: u32| {
            let (column, row) = positions.of(pixel);
            ((row - top) as usize, column as usize)
        };
        let start = self.runs.partition_point(|run| run.end() <= first);
        let end = self.runs.partition_point(|run| run.pixel <= last);
        let runs = self.runs[start..end].iter();
        let runs = runs.map(|run| (run.range(), place(run.pixel)));
        let (bits, components) = (&mut self.bits, &mut self.components);
        if image.is_dense() {
            components.draw_runs(size, self.n_levels, image.raster(), runs);
            return true;
        }
        bits.start(size);
        if bits.n_words() < image.pixels().len() {
            runs.for_each(|(run, place)| bits.set_run(image.set(), run, place));
        } else {
            let pixels = image.pixels().iter();
            pixels.for_each(|&pixel| bits.set(place(pixel)));
        }
        bits.survives() && {
            components.draw_list(size, self.n_levels, image, place);
            true
        }
    }

    /// Draws the rows and columns that the engine looks at; false as above.
    fn draw_cropped(&mut self, image: &Drawing) -> bool {
        let positions = self.positions;
        let pixels = image.pixels().iter();
        self.crop.find(pixels.map(|&pixel| positions.of(pixel)));
        let place = |pixel: u32| self.crop.place(positions.of(pixel));
        let size = self.crop.size();
        let (bits, components) = (&mut self.bits, &mut self.components);
        if image.is_dense() {
            let raster = image.raster();
            let pixels = (0..).take(raster.len());
            components.draw(size, self.n_levels, raster, pixels, place);
            return true;
        }
        bits.start(size);
        let pixels = image.pixels().iter();
        pixels.for_each(|&pixel| bits.set(place(pixel)));
        bits.survives() && {
            components.draw_list(size, self.n_levels, image, place);
            true
        }
    }
}

/// Pixels beside one another in a row.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// The first.
    pixel: u32,
    length: u32,
}

impl Run {
    /// The pixel after the last.
    fn end(self) -> u32 {
        self.pixel + self.length
    }

    fn range(self) -> Range<usize> {
        self.pixel as usize..self.end() as usize
    }
}

/// All pixels of a raster, those beside one another together.
fn runs(raster: &Raster) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut next = None;
    for pixel in raster.pixels() {
        let position = raster.position(pixel);
        match runs.last_mut() {
            Some(run) if next == Some(position) => run.length += 1,
            _ => runs.push(Run {
                pixel: pixel.0,
                length: 1,
            }),
        }
        next = Some((position.0 + 1, position.1));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn raster(width: u32, height: u32) -> Raster {
        Raster {
            width,
            height,
            places: (0..width * height).collect(),
        }
    }

    fn measure(image: &[f32], width: u32, rule: ChaosRule) -> f64 {
        let height = u32::try_from(image.len()).unwrap() / width;
        let raster = raster(width, height);
        Chaos::new(&raster, 30, rule).measure(&Drawing::of_raster(image))
    }

    /// Level by level, pixel by pixel.
    fn naive(image: &[f32], width: usize) -> f64 {
        let height = image.len() / width;
        let n_pixels = image.iter().filter(|v| **v > 0.0).count();
        let max = image.iter().copied().fold(0.0, f32::max);
        let near = |i: usize, limit: usize| i.saturating_sub(1)..=(i + 1).min(limit - 1);
        let mut sum = 0;
        for level in 0..30_u8 {
            let above: Vec<bool> = image
                .iter()
                .map(|&v| v > max * f32::from(level) / 30.0)
                .collect();
            let at = |set: &[bool], y: usize, x: usize| set[y * width + x];
            let cell = |f: &dyn Fn(usize, usize) -> bool| -> Vec<bool> {
                (0..height * width)
                    .map(|i| f(i / width, i % width))
                    .collect()
            };
            let dilated = cell(&|y, x| {
                near(y, height).any(|v| at(&above, v, x))
                    || near(x, width).any(|u| at(&above, y, u))
            });
            let mut eroded =
                cell(&|y, x| near(y, height).all(|v| near(x, width).all(|u| at(&dilated, v, u))));
            for start in 0..eroded.len() {
                if !eroded[start] {
                    continue;
                }
                sum += 1;
                let mut stack = vec![start];
                while let Some(i) = stack.pop() {
                    if !std::mem::replace(&mut eroded[i], false) {
                        continue;
                    }
                    let (y, x) = (i / width, i % width);
                    stack.extend(near(y, height).map(|v| v * width + x));
                    stack.extend(near(x, width).map(|u| y * width + u));
                }
            }
        }
        if sum == 0 {
            0.0
        } else {
            1.0 - f64::from(sum) / 30.0 / n_pixels as f64
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn what_was_not_measured_is_as_without_a_signal(
            width in 1_u32..80, image in prop::collection::vec((any::<bool>(), 0_u8..9), 1..900),
        ) {
            let height = u32::try_from(image.len()).unwrap().div_ceil(width);
            let mut all = vec![0.0; (width * height) as usize];
            let (mut places, mut measured) = (Vec::new(), Vec::new());
            for (place, (is_measured, value)) in (0_u32..).zip(image) {
                if is_measured {
                    let value = f32::from(value.saturating_sub(4));
                    all[place as usize] = value;
                    places.push(place);
                    measured.push(value);
                }
            }
            let raster = Raster { width, height, places };
            let image = Drawing::of_raster(&measured);
            for rule in [ChaosRule::Exact, ChaosRule::Reference] {
                let found = Chaos::new(&raster, 30, rule).measure(&image);
                prop_assert!((found - measure(&all, width, rule)).abs() < 1e-12);
            }
        }

        #[test]
        fn equals_the_naive_count(
            width in 1_u32..80, height in 1_usize..12, seed in any::<u64>(), density in 1_u64..10,
        ) {
            let mut state = seed;
            let mut next = |n: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % n
            };
            let image: Vec<f32> = (0..width as usize * height)
                .map(|_| if next(10) < density { next(60) as f32 + 0.5 } else { 0.0 })
                .collect();
            let expected = naive(&image, width as usize);
            prop_assert!((measure(&image, width, ChaosRule::Exact) - expected).abs() < 1e-12);
        }
    }

    proptest! {
        #[test]
        fn positions_are_those_of_whole_numbers(width in 1_u32..70_000, seed in any::<u32>()) {
            let raster = raster(width, 1);
            let positions = Positions::new(&raster);
            let row = seed / width;
            for place in [seed, row * width, (row * width).saturating_sub(1), u32::MAX] {
                prop_assert_eq!(positions.of(place), (place % width, place / width));
            }
        }
    }

    #[test]
    fn a_solid_image_is_no_chaos_whatever_its_size() {
        let solid = vec![1.0; 330 * 330];
        assert!(measure(&solid, 330, ChaosRule::Exact) > 0.999_99);
        assert!(measure(&solid, 330, ChaosRule::Reference).abs() < f64::EPSILON);
        assert!(measure(&solid[..300 * 300], 300, ChaosRule::Reference) > 0.999_9);
    }

    #[test]
    fn spots_on_a_raster_beyond_the_cache_are_counted() {
        let (width, height) = (1_100, 1_000);
        let is_spot = |pixel: u32| pixel % width % 40 < 10 && pixel / width % 40 < 10;
        let image: Vec<f32> = (0..width * height)
            .map(|pixel| if is_spot(pixel) { 1.0 } else { 0.0 })
            .collect();
        // One component of 100 pixels, at each level.
        let found = measure(&image, width, ChaosRule::Exact);
        assert!((found - 0.99).abs() < 1e-12, "{found}");
    }

    #[test]
    fn scattered_pixels_are_chaos() {
        let mut image = vec![0.0; 100];
        for i in [0, 5, 33, 38, 71, 76] {
            image[i] = 1.0;
        }
        assert!(measure(&image, 10, ChaosRule::Exact).abs() < f64::EPSILON);
        assert!(measure(&[0.0; 9], 3, ChaosRule::Exact).abs() < f64::EPSILON);
    }
}
