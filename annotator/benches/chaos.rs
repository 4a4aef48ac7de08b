//! Spatial chaos of images of 200 × 150 pixels whose answer is known.

use annotator::config::ChaosRule;
use annotator::imager::Drawing;
use annotator::metrics::chaos::Chaos;
use divan::Bencher;
use divan::counter::ItemsCount;
use ms_core::image::Raster;

const WIDTH: u32 = 200;
const HEIGHT: u32 = 150;
const N_PIXELS: u32 = WIDTH * HEIGHT;
const N_LEVELS: u16 = 30;

fn main() {
    divan::main();
}

/// An image with the values of some pixels.
fn image(values: impl Iterator<Item = (u32, f32)>) -> Drawing {
    let mut raster = vec![0.0; N_PIXELS as usize];
    values.for_each(|(pixel, value)| raster[pixel as usize] = value);
    Drawing::of_raster(&raster)
}

fn bench(bencher: Bencher, image: &Drawing, expected: f64) {
    let raster = Raster {
        width: WIDTH,
        height: HEIGHT,
        places: (0..N_PIXELS).collect(),
    };
    let mut chaos = Chaos::new(&raster, N_LEVELS, ChaosRule::Exact);
    bencher
        .counter(ItemsCount::new(image.n_pixels()))
        .bench_local(|| {
            let found = chaos.measure(image);
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        });
}

/// 97 scattered pixels, as noise leaves in an m/z window; no two are near, so that none survives.
#[divan::bench]
fn noise_of_97_pixels(bencher: Bencher) {
    let scattered = (0..97_u16).map(|i| (u32::from(i) * 307, 1.0 + f32::from(i)));
    bench(bencher, &image(scattered), 0.0);
}

/// 30,000 pixels that grow brighter from left to right: one component at each level.
#[divan::bench]
fn ramp_of_30k_pixels(bencher: Bencher) {
    let brightness = (1..=200_u8).map(f32::from);
    let ramp = (0..N_PIXELS).zip(brightness.cycle());
    bench(bencher, &image(ramp), 1.0 - 1.0 / f64::from(N_PIXELS));
}

/// 30,000 pixels, dim but for 300 spots of 4 × 4 that reach to one of the 30 levels each.
///
/// The lowest level is one component; above level j are the ten spots of each of 30 − j heights.
#[divan::bench]
fn spots_on_30k_pixels(bencher: Bencher) {
    let value = |pixel: u32| {
        let (column, row) = (pixel % WIDTH, pixel / WIDTH);
        let is_spot = (3..7).contains(&(column % 10)) && (3..7).contains(&(row % 10));
        match (row / 10 * (WIDTH / 10) + column / 10) % u32::from(N_LEVELS) {
            _ if !is_spot => 0.25,
            29 => 30.0,
            height => height as f32 + 0.5,
        }
    };
    let n_components: u32 = 1 + (1..30).map(|level| 10 * (30 - level)).sum::<u32>();
    let expected = 1.0 - f64::from(n_components) / f64::from(N_LEVELS) / f64::from(N_PIXELS);
    bench(
        bencher,
        &image((0..N_PIXELS).map(|pixel| (pixel, value(pixel)))),
        expected,
    );
}
