//! All pairs of many ions, the 100 best partners of each kept, preparation included.
//!
//!     cargo bench -p coloc --bench pairs -- [IONS [WIDTH [HEIGHT [MEASURE]]]]
//!
//! Prints seconds, speed and peak memory as one line of JSON; `bench/coloc.sh` compares it with
//! numpy. Some scores are checked against sums in `f64`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]

use std::time::Instant;

use coloc::features::Features;
use coloc::images::ImageSet;
use coloc::measures::Measure;
use coloc::pairs::{Selection, best};
use coloc::prepare::{PreparationPreset, median_filter, quantile};
use coloc::rank::{Partner, PartnerLimits, id_order};
use ms_core::image::{IonImage, Raster};
use rayon::prelude::*;

/// Ion images of some soft regions, with noise: half of the pixels have a signal.
fn images(n_ions: usize, width: u32, height: u32) -> ImageSet {
    let raster = Raster {
        width,
        height,
        places: (0..width * height).collect(),
    };
    let made = (0..n_ions).into_par_iter().map(|ion| {
        let mut state = ion as u64 + 1;
        let mut random = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695);
            (state >> 40) as f32 / (1_u64 << 24) as f32
        };
        let (fx, fy, phase) = (
            1.0 + (ion % 5) as f32,
            1.0 + (ion % 7) as f32,
            (ion % 11) as f32,
        );
        let mut image = IonImage::default();
        for place in 0..width * height {
            let (x, y) = (place % width, place / width);
            let angle = fx * x as f32 / width as f32 + fy * y as f32 / height as f32;
            let value = (6.0 * angle + phase).sin() + random() - 0.5;
            if value > 0.0 {
                image.pixels.push(place);
                image.intensities.push(1e4 * value);
            }
        }
        image
    });
    let ids = (0..n_ions).map(|ion| format!("ion {ion:05}")).collect();
    ImageSet::new(raster, ids, made.collect()).unwrap()
}

/// The default measure of a pair, step by step in `f64`.
fn naive(images: &ImageSet, a: usize, b: usize) -> f64 {
    let prepared = |ion| {
        let mut row = images.dense(ion);
        let hotspot = quantile(&row, 0.99);
        row = row.into_iter().map(|v| v.min(hotspot)).collect();
        let median = quantile(&row, 0.5);
        row = row
            .into_iter()
            .map(|v| if v < median { 0.0 } else { v })
            .collect();
        median_filter(&row, images.raster().width as usize)
    };
    let (a, b) = (prepared(a), prepared(b));
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
}

/// Peak resident memory in MB, where the system tells.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? * 1024.0 / 1e6)
}

/// Seconds of processor time so far, where the system tells: clock ticks of 10 ms.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(2);
    Some(
        fields
            .filter_map(|ticks| ticks.parse::<f64>().ok())
            .sum::<f64>()
            / 100.0,
    )
}

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let number = |at: usize, default: u32| args.get(at).map_or(default, |a| a.parse().unwrap());
    let n_ions = number(0, 1_000) as usize;
    let images = images(n_ions, number(1, 200), number(2, 100));
    let measure: Measure = args
        .get(3)
        .map_or(Measure::default(), |name| name.parse().unwrap());
    let order = id_order(&images);
    let (started, cpu) = (Instant::now(), cpu_seconds().unwrap_or_default());
    let features = Features::new(&images, measure, PreparationPreset::Default);
    let prepared = started.elapsed().as_secs_f64();
    let tiers = vec![0; images.len()];
    let limits = PartnerLimits {
        n_best: 100,
        min_score: 0.0,
    };
    let selection = Selection {
        tiers: &tiers,
        n_groups: 1,
        order: &order,
        limits,
    };
    let found = best(&features, selection).unwrap().remove(0);
    let seconds = started.elapsed().as_secs_f64();
    let cpu = cpu_seconds().unwrap_or_default() - cpu;
    let flops = (n_ions * n_ions * images.n_places()) as f64;
    let peak = peak_mb();
    if measure == Measure::default() {
        for ion in [0, n_ions / 2, n_ions - 1] {
            for Partner { ion: other, score } in found[ion].iter().step_by(17) {
                assert!((f64::from(*score) - naive(&images, ion, *other)).abs() < 1e-5);
            }
        }
    }
    assert!(
        found
            .iter()
            .all(|partners| partners.len() == 100.min(n_ions - 1))
    );
    println!(
        "{{\"ions\": {n_ions}, \"pixels\": {}, \"measure\": \"{measure}\", \"seconds\": {seconds:.3}, \
         \"cpu_seconds\": {cpu:.2}, \"prepare_seconds\": {prepared:.3}, \"gflops\": {:.0}, \"peak_mb\": {:.0}}}",
        images.n_places(),
        flops / (seconds - prepared) / 1e9,
        peak.unwrap_or_default(),
    );
}
