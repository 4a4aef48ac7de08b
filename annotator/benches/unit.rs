//! A unit of 2,048 ions on a tissue of 200 × 150 pixels: windows and scores.
//!
//! The peaks are as dense in m/z as in the simulated dataset of the large benches: some 100 of noise
//! in a window. Every 32nd ion is in the tissue.

#![expect(clippy::unwrap_used, reason = "benches")]

use annotator::candidates::Ion;
use annotator::config::{AnnotateConfig, DecoyCount, Preset};
use annotator::imager::Windows;
use annotator::indices::IonIdx;
use annotator::metrics::Evaluator;
use annotator::patterns::{NoCache, PatternTable};
use divan::Bencher;
use divan::counter::ItemsCount;
use ms_core::formula::{Formula, Repeats};
use ms_core::image::Raster;
use ms_core::imzml::{Dataset, ImzmlWriter, Mode, Names, WriteOptions};
use ms_core::ion::Charge;
use ms_core::isotopes::{Instrument, PatternConfig, PeakWidth};
use ms_core::progress::Silent;
use ms_core::spectra::SpectraIndex;
use ms_core::tolerance::Ppm;

const WIDTH: u32 = 200;
const HEIGHT: u32 = 150;
const N_IONS: usize = 2_048;
const N_ISOTOPES: usize = 4;

/// One in so many ions is in the tissue.
const PRESENT: usize = 32;

/// m/z in Th of the ions, and of the noise.
const IONS: (f64, f64) = (645.0, 700.0);
const NOISE: (f64, f64) = (640.0, 710.0);
const NOISE_PEAKS_PER_PIXEL: u64 = 55;

/// [M+H]+ of PC 32:0, the last ion, beyond the noise.
const CLEAN: &str = "C40H81NO8P";

/// Radius of the tissue in pixels, and how many there are in it.
const RADIUS: f64 = 64.0;

fn main() {
    divan::main();
}

/// What a unit works on.
struct Bench {
    raster: Raster,
    index: SpectraIndex,
    patterns: PatternTable,
    config: AnnotateConfig,
    n_tissue_pixels: usize,
}

impl Bench {
    fn new() -> Self {
        let config = config();
        let patterns = PatternTable::of(&ions(), config.pattern, &NoCache).unwrap();
        let dataset = dataset(&patterns);
        let (index, _) = SpectraIndex::build_in_memory(&dataset, &Silent).unwrap();
        let n_tissue_pixels = (0..WIDTH * HEIGHT)
            .filter(|&pixel| level(pixel) > 0.0)
            .count();
        Self {
            raster: dataset.pixels.raster.clone(),
            index,
            patterns,
            config,
            n_tissue_pixels,
        }
    }

    fn windows(&self) -> Windows<'_> {
        Windows::find(&self.index, &self.patterns, self.config.ppm).unwrap()
    }
}

fn config() -> AnnotateConfig {
    AnnotateConfig {
        adducts: vec!["+H".parse().unwrap()],
        chem_mods: Vec::new(),
        neutral_losses: Vec::new(),
        pattern: PatternConfig {
            width: PeakWidth::Analyzer {
                instrument: Instrument::Orbitrap,
                resolving_power: 140_000.0,
            },
            charge: Charge::new(1).unwrap(),
            n_peaks: N_ISOTOPES,
            rule: Preset::Default.centroids(),
        },
        ppm: Ppm(3.0),
        mz_limits: (0.0, f64::INFINITY),
        min_px: 1,
        n_levels: 30,
        decoys: DecoyCount::Sample(20),
        seed: 42,
        matrices: Vec::new(),
        rules: Preset::Default.rules(),
    }
}

/// Ions of C, H, N, O and P in order of m/z, thinned out evenly, and the clean one.
fn ions() -> Vec<Ion> {
    let charge = Charge::new(1).unwrap();
    let ion = |text: &str| {
        let formula = Formula::parse(text, Repeats::Add).unwrap();
        let mz = charge.mz(formula.principal_mass_da());
        Ion {
            formula,
            own_charge: None,
            mz,
            is_target: true,
        }
    };
    let mut all = Vec::new();
    for (c, n, o, p) in (28..44).flat_map(|c| {
        (0..6).flat_map(move |n| (1..14).flat_map(move |o| (0..2).map(move |p| (c, n, o, p))))
    }) {
        let text = |h: u32| {
            format!("C{c}H{h}N{n}O{o}P{p}")
                .replace("N0", "")
                .replace("P0", "")
        };
        all.extend((c..=2 * c + 2).map(|h| ion(&text(h))));
    }
    all.retain(|ion| (IONS.0..IONS.1).contains(&ion.mz));
    all.sort_by(|a, b| a.mz.total_cmp(&b.mz));
    let n = N_IONS - 1;
    assert!(all.len() > n);
    let mut ions: Vec<Ion> = (0..n).map(|i| all[i * all.len() / n].clone()).collect();
    ions.push(ion(CLEAN));
    ions
}

/// How much there is of the molecules in a pixel: most in the middle of a round tissue, none outside.
fn level(pixel: u32) -> f64 {
    let x = f64::from(pixel % WIDTH) - f64::from(WIDTH) / 2.0;
    let y = f64::from(pixel / WIDTH) - f64::from(HEIGHT) / 2.0;
    let distance = x.hypot(y) / RADIUS;
    if distance < 1.0 {
        1_000.0 * (2.0 - distance)
    } else {
        0.0
    }
}

/// Scrambles a number: the splitmix64 step.
fn scrambled(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn dataset(patterns: &PatternTable) -> Dataset {
    let options = WriteOptions::new([38; 16], Mode::Processed);
    let mut writer = ImzmlWriter::new(Vec::new(), options).unwrap();
    for pixel in 0..WIDTH * HEIGHT {
        let mut peaks = Vec::new();
        for i in 0..NOISE_PEAKS_PER_PIXEL {
            let share = (scrambled(u64::from(pixel) << 8 | i) >> 40) as f64 / f64::from(1 << 24);
            peaks.push((NOISE.0 + share * (NOISE.1 - NOISE.0), 10.0));
        }
        let level = level(pixel);
        if level > 0.0 {
            for row in (PRESENT - 1..N_IONS).step_by(PRESENT) {
                let (mzs, shares) = (patterns.mzs_of(row), patterns.intensities_of(row));
                peaks.extend(
                    mzs.iter()
                        .zip(shares)
                        .map(|(&mz, &s)| (mz, level * f64::from(s))),
                );
            }
        }
        peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mzs: Vec<f64> = peaks.iter().map(|peak| peak.0).collect();
        #[expect(clippy::cast_possible_truncation, reason = "intensities are stored so")]
        let intensities: Vec<f32> = peaks.iter().map(|peak| peak.1 as f32).collect();
        writer
            .spectrum(
                (pixel % WIDTH + 1, pixel / WIDTH + 1, 1),
                &mzs,
                &intensities,
            )
            .unwrap();
    }
    let mut xml = Vec::new();
    let ibd = writer.finish(&mut xml).unwrap();
    let names = Names {
        imzml: "bench.imzML".into(),
        ibd: "bench.ibd".into(),
    };
    Dataset::open(&mut &*xml, Box::new(ibd), names, None).unwrap()
}

/// The four windows of each of 2,048 ions among 5 million peaks.
#[divan::bench]
fn windows_of_2048_ions(bencher: Bencher) {
    let bench = Bench::new();
    bencher
        .counter(ItemsCount::new(N_IONS * N_ISOTOPES))
        .bench_local(|| {
            let windows = bench.windows();
            for range in windows.of(N_IONS - 1) {
                assert_eq!(range.len(), bench.n_tissue_pixels);
            }
        });
}

/// All scores of 2,048 ions, of which 64 are in the tissue and look like it.
#[divan::bench(sample_count = 20)]
fn scores_of_2048_ions(bencher: Bencher) {
    let bench = Bench::new();
    let windows = bench.windows();
    let mut evaluator = Evaluator::new(&bench.raster, &bench.config);
    bencher.counter(ItemsCount::new(N_IONS)).bench_local(|| {
        evaluator.start_unit();
        let mut n_present = 0;
        for row in 0..N_IONS {
            let ion = IonIdx::at(row);
            let found = evaluator.evaluate(&windows, &bench.patterns, row, ion);
            let is_present = found.is_some_and(|(scores, _)| scores.spatial > 0.9);
            n_present += usize::from(is_present && (row + 1).is_multiple_of(PRESENT));
        }
        assert_eq!(n_present, N_IONS / PRESENT);
    });
}

/// Spatial and spectral score of an ion whose four images have 12,849 pixels each and are multiples
/// of one another; chaos is known from the first time on.
#[divan::bench]
fn spatial_score_of_51k_peaks(bencher: Bencher) {
    let bench = Bench::new();
    let windows = bench.windows();
    let mut evaluator = Evaluator::new(&bench.raster, &bench.config);
    let row = N_IONS - 1;
    let n_peaks = N_ISOTOPES * bench.n_tissue_pixels;
    bencher.counter(ItemsCount::new(n_peaks)).bench_local(|| {
        let (scores, _) = evaluator
            .evaluate(&windows, &bench.patterns, row, IonIdx(0))
            .unwrap();
        assert!((scores.spatial - 1.0).abs() < 1e-9, "{scores:?}");
    });
}
