//! Ordering the peaks of a dataset by m/z.

#![expect(clippy::unwrap_used, reason = "benches")]

use divan::Bencher;
use divan::counter::ItemsCount;
use ms_core::imzml::{Dataset, ImzmlWriter, Mode, Names, WriteOptions};
use ms_core::progress::Silent;
use ms_core::spectra::SpectraIndex;

const WIDTH: u32 = 160;
const HEIGHT: u32 = 125;
const PEAKS_PER_PIXEL: u32 = 100;
const N_PEAKS: u64 = 2_000_000;

fn main() {
    divan::main();
}

/// Scrambles a number: the splitmix64 step.
fn scrambled(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Spectra of 100 peaks anywhere between m/z 100 and 1,100, m/z as `f64`, intensities as `f32`.
fn dataset() -> Dataset {
    let options = WriteOptions::new([38; 16], Mode::Processed);
    let mut writer = ImzmlWriter::new(Vec::new(), options).unwrap();
    let intensities = vec![1.0; PEAKS_PER_PIXEL as usize];
    for pixel in 0..WIDTH * HEIGHT {
        let first = u64::from(pixel) * u64::from(PEAKS_PER_PIXEL);
        let mz = |i| 100.0 + (scrambled(first + i) % 1_000_000_000) as f64 * 1e-6;
        let mut mzs: Vec<f64> = (0..u64::from(PEAKS_PER_PIXEL)).map(mz).collect();
        mzs.sort_by(f64::total_cmp);
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

fn build(dataset: &Dataset) -> SpectraIndex {
    SpectraIndex::build_in_memory(dataset, &Silent).unwrap().0
}

/// 20,000 spectra of 100 peaks in memory, by threads.
#[divan::bench(args = [1, 2], sample_count = 20)]
fn index_of_2m_peaks(bencher: Bencher, n_threads: usize) {
    let dataset = dataset();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .build()
        .unwrap();
    let index = pool.install(|| build(&dataset));
    let slab = index.load(0.0, f64::MAX).unwrap();
    assert_eq!(slab.len() as u64, N_PEAKS);
    let peaks: Vec<_> = slab.peaks(0..slab.len()).collect();
    assert!(peaks.is_sorted_by(|a, b| (a.mz, a.pixel) <= (b.mz, b.pixel)));
    bencher.counter(ItemsCount::new(N_PEAKS)).bench_local(|| {
        let index = pool.install(|| build(&dataset));
        assert_eq!(index.n_peaks(), N_PEAKS);
        index
    });
}
