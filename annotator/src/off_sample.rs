//! Whether an ion lies on the tissue or off it.
//!
//! ```text
//! images of the leading ions ─▶ where most of them are ─▶ outline ─▶ of each ion: how much is inside, how much outside
//! ```

use ms_core::image::{IonImage, Raster};

/// An image counts up to this quantile of its intensities.
const CLIPPED: f64 = 0.95;

/// Intensities are sorted into so many bins to tell tissue from slide.
const N_BINS: usize = 256;

/// Share of the pixels that tissue and slide have at the least.
const MIN_SHARE: f64 = 0.03;

/// The leading ions are so many times weaker on the slide, at the least.
const MIN_CONTRAST: f64 = 4.0;

/// Leading ions that an outline is made of, at the least.
const MIN_IONS: usize = 5;

/// Part of the larger mean intensity that is added to both.
const SMALL: f64 = 0.01;

/// Adds up the images of leading ions, each as much as any other.
#[derive(Debug, Clone)]
pub struct Outliner {
    sums: Vec<f64>,
    n_ions: usize,
}

impl Outliner {
    /// For so many pixels.
    pub fn new(n_pixels: usize) -> Self {
        Self {
            sums: vec![0.0; n_pixels],
            n_ions: 0,
        }
    }

    /// Adds the image of a leading ion.
    pub fn add(&mut self, image: &IonImage) {
        let most = clip(image);
        if most <= 0.0 {
            return;
        }
        self.n_ions += 1;
        for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
            self.sums[pixel as usize] += (f64::from(intensity) / most).min(1.0);
        }
    }

    /// Which pixels are tissue; nothing where the images show no slide around it.
    pub fn tissue(&self, raster: &Raster) -> Option<Vec<bool>> {
        if self.n_ions < MIN_IONS {
            return None;
        }
        let smooth = smooth(&self.sums, raster);
        let threshold = threshold(&smooth)?;
        let mut is_tissue: Vec<bool> = smooth.iter().map(|&sum| sum > threshold).collect();
        fill_holes(&mut is_tissue, raster);
        let mean = |of: bool| {
            let here = || {
                is_tissue
                    .iter()
                    .zip(&self.sums)
                    .filter(|(is, _)| **is == of)
            };
            let sum: f64 = here().map(|(_, sum)| sum).sum();
            (sum / here().count().max(1) as f64, here().count())
        };
        let ((inside, n_inside), (outside, n_outside)) = (mean(true), mean(false));
        let least = MIN_SHARE * is_tissue.len() as f64;
        let is_outline = n_inside as f64 >= least
            && n_outside as f64 >= least
            && inside >= MIN_CONTRAST * outside;
        is_outline.then_some(is_tissue)
    }
}

/// Probability that an ion lies off the tissue: 1 / (1 + q²), with q the ratio of its mean intensities
/// inside and outside.
pub fn off_sample(image: &IonImage, is_tissue: &[bool]) -> f64 {
    let most = clip(image);
    let mut sums = [0.0, 0.0];
    for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
        sums[usize::from(is_tissue[pixel as usize])] += f64::from(intensity).min(most);
    }
    let n_inside = is_tissue.iter().filter(|&&is| is).count();
    let outside = sums[0] / (is_tissue.len() - n_inside).max(1) as f64;
    let inside = sums[1] / n_inside.max(1) as f64;
    let small = SMALL * inside.max(outside);
    if small <= 0.0 {
        return 0.5;
    }
    let ratio = (inside + small) / (outside + small);
    1.0 / (1.0 + ratio * ratio)
}

/// The quantile up to which intensities count.
fn clip(image: &IonImage) -> f64 {
    let mut values = image.intensities.clone();
    if values.is_empty() {
        return 0.0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of their number"
    )]
    let place = (values.len() as f64 * CLIPPED) as usize;
    let place = place.min(values.len() - 1);
    f64::from(*values.select_nth_unstable_by(place, f32::total_cmp).1)
}

/// Means over the 3 × 3 places around each pixel that have one.
fn smooth(values: &[f64], raster: &Raster) -> Vec<f64> {
    let (width, height) = (raster.width as usize, raster.height as usize);
    let mut at_place: Vec<Option<f64>> = vec![None; width * height];
    let positions: Vec<(usize, usize)> = raster
        .pixels()
        .map(|pixel| raster.position(pixel))
        .map(|(x, y)| (x as usize, y as usize))
        .collect();
    for (&(x, y), &value) in positions.iter().zip(values) {
        at_place[y * width + x] = Some(value);
    }
    let mean = |&(x, y): &(usize, usize)| {
        let rows = y.saturating_sub(1)..(y + 2).min(height);
        let near = rows.flat_map(|y| {
            let columns = x.saturating_sub(1)..(x + 2).min(width);
            columns.map(move |x| y * width + x)
        });
        let found: Vec<f64> = near.filter_map(|place| at_place[place]).collect();
        found.iter().sum::<f64>() / found.len().max(1) as f64
    };
    positions.iter().map(mean).collect()
}

/// The value that divides two groups best: the largest variance between them.
///
/// # Source
/// Otsu 1979, doi:10.1109/TSMC.1979.4310076.
fn threshold(values: &[f64]) -> Option<f64> {
    let highest = values.iter().copied().fold(0.0, f64::max);
    if highest <= 0.0 {
        return None;
    }
    let mut bins = vec![0.0; N_BINS];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the number of bins"
    )]
    let bin = |value: f64| ((value / highest * N_BINS as f64) as usize).min(N_BINS - 1);
    for &value in values {
        bins[bin(value)] += 1.0;
    }
    let n: f64 = bins.iter().sum();
    let total: f64 = bins
        .iter()
        .enumerate()
        .map(|(i, count)| i as f64 * count)
        .sum();
    let (mut n_below, mut sum_below) = (0.0, 0.0);
    let mut best = (0.0, None);
    for (i, count) in bins.iter().enumerate().take(N_BINS - 1) {
        n_below += count;
        sum_below += i as f64 * count;
        let n_above = n - n_below;
        if n_below > 0.0 && n_above > 0.0 {
            let distance = sum_below / n_below - (total - sum_below) / n_above;
            let variance = n_below * n_above * distance * distance;
            if variance > best.0 {
                best = (variance, Some((i + 1) as f64 / N_BINS as f64 * highest));
            }
        }
    }
    best.1
}

/// Makes tissue of what is surrounded by it: only what reaches the edge of the image is slide.
fn fill_holes(is_tissue: &mut [bool], raster: &Raster) {
    let (width, height) = (raster.width as usize, raster.height as usize);
    let mut blocked = vec![false; width * height];
    let mut place_of = Vec::with_capacity(is_tissue.len());
    for (pixel, &is) in raster.pixels().zip(is_tissue.iter()) {
        let (x, y) = raster.position(pixel);
        let place = y as usize * width + x as usize;
        blocked[place] = is;
        place_of.push(place);
    }
    let mut reached = vec![false; width * height];
    let is_edge = |place: usize| {
        let (x, y) = (place % width, place / width);
        x == 0 || y == 0 || x + 1 == width || y + 1 == height
    };
    let mut waiting: Vec<usize> = (0..width * height)
        .filter(|&place| is_edge(place) && !blocked[place])
        .collect();
    for &place in &waiting {
        reached[place] = true;
    }
    while let Some(place) = waiting.pop() {
        let (x, y) = (place % width, place / width);
        let near = [
            (x > 0).then(|| place - 1),
            (x + 1 < width).then(|| place + 1),
            (y > 0).then(|| place - width),
            (y + 1 < height).then(|| place + width),
        ];
        for next in near.into_iter().flatten() {
            if !blocked[next] && !reached[next] {
                reached[next] = true;
                waiting.push(next);
            }
        }
    }
    for (is, place) in is_tissue.iter_mut().zip(place_of) {
        *is = !reached[place];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: u32 = 30;
    const HEIGHT: u32 = 20;

    fn raster() -> Raster {
        Raster {
            width: WIDTH,
            height: HEIGHT,
            places: (0..WIDTH * HEIGHT).collect(),
        }
    }

    /// An image of the pixels for which `intensity` is above 0.
    fn image(intensity: impl Fn(u32, u32) -> f32) -> IonImage {
        let mut image = IonImage::default();
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let value = intensity(x, y);
                if value > 0.0 {
                    image.pixels.push(y * WIDTH + x);
                    image.intensities.push(value);
                }
            }
        }
        image
    }

    fn is_inside(x: u32, y: u32) -> bool {
        (8..25).contains(&x) && (4..16).contains(&y)
    }

    /// A tissue with a hole in it.
    fn tissue(x: u32, y: u32) -> f32 {
        let is_hole = (14..17).contains(&x) && (8..11).contains(&y);
        if is_hole {
            0.1
        } else if is_inside(x, y) {
            10.0
        } else {
            0.2
        }
    }

    #[test]
    fn the_outline_is_that_of_most_ions() {
        let mut outliner = Outliner::new((WIDTH * HEIGHT) as usize);
        for i in 0..6_u8 {
            outliner.add(&image(|x, y| tissue(x, y) * (1.0 + f32::from(i))));
        }
        outliner.add(&image(|x, y| if is_inside(x, y) { 0.5 } else { 10.0 }));
        let found = outliner.tissue(&raster()).unwrap();
        let expected = |i: u32| is_inside(i % WIDTH, i / WIDTH);
        let wrong = (0..)
            .zip(&found)
            .filter(|&(i, &is)| is != expected(i))
            .count();
        assert!(wrong <= 4, "{wrong} pixels are wrong");
        let on = off_sample(&image(tissue), &found);
        let off = off_sample(
            &image(|x, y| if is_inside(x, y) { 1.0 } else { 10.0 }),
            &found,
        );
        let corner = off_sample(
            &image(|x, y| {
                if x < 12 && y > 12 && is_inside(x, y) {
                    3.0
                } else {
                    0.0
                }
            }),
            &found,
        );
        assert!(
            on < 0.01 && off > 0.9 && corner < 0.01,
            "{on} {off} {corner}"
        );
        let even = off_sample(&image(|_, _| 1.0), &found);
        assert!((even - 0.5).abs() < 1e-9, "{even}");
    }

    #[test]
    fn without_slide_there_is_no_outline() {
        let mut outliner = Outliner::new((WIDTH * HEIGHT) as usize);
        for i in 0..8 {
            outliner.add(&image(|x, y| 5.0 + ((x + y + i) % 7) as f32));
        }
        assert_eq!(outliner.tissue(&raster()), None);
        let few = Outliner::new(600);
        assert_eq!(few.tissue(&raster()), None);
    }
}
