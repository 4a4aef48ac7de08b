#![expect(clippy::cast_possible_truncation, reason = "small numbers")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::image::PixelIdx;
use crate::progress::Silent;
use crate::spectra::segment::sort;
use crate::spectra::{PEAK_BYTES, Slab, SortedRun, SpectraIndex};
use proptest::prelude::*;

struct InMemory(Vec<Vec<u8>>);

impl RunStore for InMemory {
    fn read(&self, places: &[(usize, Range<u64>)], out: &mut [u8]) -> io::Result<()> {
        let mut rest = out;
        for (run, places) in places {
            let byte = |place: u64| (Directory::BYTES + place * PEAK_BYTES) as usize;
            let bytes = self.0[*run].get(byte(places.start)..byte(places.end));
            let bytes = bytes.ok_or(io::ErrorKind::UnexpectedEof)?;
            let (here, after) = rest.split_at_mut(bytes.len());
            here.copy_from_slice(bytes);
            rest = after;
        }
        Ok(())
    }
}

fn run(mzs: &[f64], first_pixel: u32) -> SortedRun {
    let mut records: Vec<Record> = (first_pixel..)
        .zip(mzs)
        .map(|(pixel, &mz)| {
            Peak {
                mz,
                intensity: 1.0,
                pixel: PixelIdx(pixel),
            }
            .pack()
        })
        .collect();
    sort(&mut records, &mut Spare::default());
    SortedRun::of_records(records)
}

fn encoded(run: &SortedRun) -> Vec<u8> {
    let mut bytes = Vec::new();
    run.write(&mut bytes).unwrap();
    bytes
}

fn stored(runs: &[SortedRun], n_pixels: u32) -> SpectraIndex {
    let bytes: Vec<Vec<u8>> = runs.iter().map(encoded).collect();
    let directory = |run: &Vec<u8>| Directory::decode(&run[..Directory::BYTES as usize]);
    let directories = bytes.iter().map(|run| directory(run).unwrap()).collect();
    SpectraIndex::of_runs(SortedRuns::new(
        directories,
        n_pixels,
        Box::new(InMemory(bytes)),
    ))
}

/// The same as they lie in scratch.
fn sampled(runs: &[SortedRun]) -> SortedRuns {
    let directories = runs.iter().map(SortedRun::directory).collect();
    let samples = runs.iter().map(|run| run.sample(64)).collect();
    let store = Box::new(InMemory(runs.iter().map(encoded).collect()));
    SortedRuns::of_scratch(directories, samples, store)
}

fn peaks(slab: &Slab<'_>) -> Vec<Peak> {
    slab.peaks(0..slab.len()).collect()
}

/// Counts what is read of it.
struct Counted(InMemory, AtomicU64);

impl RunStore for Arc<Counted> {
    fn read(&self, places: &[(usize, Range<u64>)], out: &mut [u8]) -> io::Result<()> {
        self.1.fetch_add(out.len() as u64, Ordering::Relaxed);
        self.0.read(places, out)
    }
}

#[test]
fn peaks_that_are_held_are_read_once() {
    let mzs: Vec<f64> = (0..2_000).map(|i| 100.0 + f64::from(i) * 0.25).collect();
    let run = encoded(&run(&mzs, 0));
    let directory = Directory::decode(&run[..Directory::BYTES as usize]).unwrap();
    let store = Arc::new(Counted(InMemory(vec![run]), AtomicU64::new(0)));
    let runs = SortedRuns::new(vec![directory], 2_000, Box::new(Arc::clone(&store)));
    let mut index = SpectraIndex::of_runs(runs);
    for low in (100..600).step_by(10) {
        index.hold(f64::from(low), f64::from(low) + 25.0).unwrap();
        index
            .load(f64::from(low) + 5.0, f64::from(low) + 20.0)
            .unwrap();
    }
    index.mean_spectrum((590.0, 600.0), 2_000, &Silent).unwrap();
    assert_eq!(store.1.load(Ordering::Relaxed), 2_000 * PEAK_BYTES);
    // Of what lies before, nothing is held any more.
    index.load(100.0, 101.0).unwrap();
    assert!(store.1.load(Ordering::Relaxed) > 2_000 * PEAK_BYTES);
}

proptest! {
    #[test]
    fn runs_equal_one_stable_sort(
        mzs in prop::collection::vec(1_u32..400, 0..300), cuts in prop::collection::vec(0_usize..300, 0..4),
        low in 0_u32..400, width in 0_u32..100,
    ) {
        let mzs: Vec<f64> = mzs.into_iter().map(|mz| f64::from(mz) * 2.5).collect();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(mzs.len())).collect();
        cuts.extend([0, mzs.len()]);
        cuts.sort_unstable();
        let runs: Vec<SortedRun> =
            cuts.windows(2).map(|cut| run(&mzs[cut[0]..cut[1]], cut[0] as u32)).collect();
        let mut index = stored(&runs, 300);
        let (low, high) = (f64::from(low) * 2.5, f64::from(low + width) * 2.5);
        let slab = index.load(low, high).unwrap();
        prop_assert!(slab.len() as u64 <= index.count_at_most(low, high));
        let found: Vec<Peak> = slab.peaks(slab.seek(0, low)..slab.seek_past(0, high)).collect();
        let windows = [Window { low, high }, Window { low: high, high: high + 7.5 }];
        let in_windows = |index: &SpectraIndex| {
            let slab = index.load_windows(&windows).unwrap();
            let range = slab.seek(0, low)..slab.seek_past(0, high + 7.5);
            slab.peaks(range).collect::<Vec<Peak>>()
        };
        let whole = run(&mzs, 0).into_records();
        let wanted = whole.iter().map(|&record| Peak::unpack(record));
        let wanted: Vec<Peak> = wanted.filter(|p| p.mz >= low && p.mz <= high).collect();
        prop_assert_eq!(found, wanted);
        let sampled = SpectraIndex::of_runs(sampled(&runs));
        let in_memory = in_windows(&SpectraIndex::of_run(run(&mzs, 0)));
        prop_assert_eq!(&in_windows(&index), &in_memory);
        prop_assert_eq!(&in_windows(&sampled), &in_memory);
        let mean = |index: &SpectraIndex| {
            index.mean_spectrum((0.0, f64::INFINITY), 3, &Silent).unwrap()
        };
        let whole = SpectraIndex::of_run(run(&mzs, 0));
        prop_assert_eq!(mean(&index), mean(&whole));
        // What is held is what would be loaded, and intervals may follow each other anyhow.
        for (low, high) in [(low, high), (low + 30.0, high + 60.0), (0.0, 400.0)] {
            let loaded: Vec<Peak> = peaks(&index.load(low, high).unwrap());
            index.hold(low, high).unwrap();
            let held = index.held();
            prop_assert!(held.0 <= low && high < held.1);
            prop_assert_eq!(peaks(&index.load(low, high).unwrap()), loaded);
            prop_assert_eq!(mean(&index), mean(&whole));
        }
    }

    #[test]
    fn damage_is_no_panic(at in 0_usize..41_100, byte in 0_u8..=255) {
        let mut bytes = encoded(&run(&[100.0, 200.0, 300.0], 0));
        let at = at % bytes.len();
        bytes[at] = byte;
        let Ok(directory) = Directory::decode(&bytes[..Directory::BYTES as usize]) else {
            return Ok(());
        };
        let store = Box::new(InMemory(vec![bytes]));
        if directory.n_peaks() == 3 {
            drop(SortedRuns::new(vec![directory], 3, store).load(0.0, 1e9));
        }
    }
}

#[test]
fn a_directory_knows_the_cells_without_peaks() {
    let few = run(&[100.0, 100.0, 300.0], 0);
    let directory = few.directory();
    assert_eq!(directory.n_peaks(), 3);
    let places = |low: f64, high: f64| directory.places(&cells_of(low, high));
    assert_eq!(places(1.0, 50.0), 0..0);
    assert_eq!(places(100.0, 100.0), 0..2);
    assert_eq!(places(200.0, 200.0), 2..2);
    assert_eq!(places(300.0, 300.0), 2..3);
    assert_eq!(places(400.0, 1e6), 3..3);
    assert_eq!(places(0.0, f64::INFINITY), 0..3);
    let stored = encoded(&few);
    let stored = Directory::decode(&stored[..Directory::BYTES as usize]);
    assert_eq!(stored.unwrap(), directory);
    let empty = run(&[], 0).directory();
    assert_eq!(empty.places(&(0..N_CELLS)), 0..0);
}

#[test]
fn many_peaks_are_merged_in_parts() {
    // More than are sorted at once, with many of equal m/z, in runs of unlike length.
    let mz = |i: u32| 100.0 + f64::from((i.wrapping_mul(2_654_435_761) >> 12) % 90_000) * 0.001;
    let mzs: Vec<f64> = (0..300_000).map(mz).collect();
    let cuts = [0, 10, 90_000, 300_000];
    let runs: Vec<SortedRun> = cuts
        .windows(2)
        .map(|cut| run(&mzs[cut[0]..cut[1]], cut[0] as u32))
        .collect();
    let whole = SpectraIndex::of_run(run(&mzs, 0));
    let mut index = SpectraIndex::of_runs(sampled(&runs));
    index.hold(0.0, 1e6).unwrap();
    let everything = |index: &SpectraIndex| peaks(&index.load(0.0, 1e6).unwrap());
    assert!(everything(&index) == everything(&whole));
    let windows = [110.0, 120.0, 180.0].map(|mz| Window {
        low: mz,
        high: mz + 0.01,
    });
    let index = SpectraIndex::of_runs(sampled(&runs));
    let slab = index.load_windows(&windows).unwrap();
    assert!(slab.len() < 1_000);
    for Window { low, high } in windows {
        let range = |slab: &Slab<'_>| slab.seek(0, low)..slab.seek_past(0, high);
        let of = |slab: &Slab<'_>| slab.peaks(range(slab)).collect::<Vec<Peak>>();
        assert_eq!(of(&slab), of(&whole.load(low, high).unwrap()));
        assert!(!range(&slab).is_empty());
    }
}

#[test]
fn runs_of_other_pixels_are_shown_as_they_are_stored() {
    let mzs: Vec<f64> = (0..9_000)
        .map(|i| 500.0 + f64::from(i * 7 % 9_001) * 1e-5)
        .collect();
    let pieces = [0..4_000, 4_000..4_010, 4_010..9_000];
    let runs = pieces
        .clone()
        .map(|piece| run(&mzs[piece.clone()], piece.start as u32));
    let window = Window {
        low: 500.002,
        high: 500.07,
    };
    let shown_of = |index: &SpectraIndex| {
        let (mut n_shown, mut pixels) = (0, Vec::new());
        let each = |slab: &Slab<'_>, places: Range<usize>| {
            n_shown += 1;
            pixels.extend(slab.peaks(places).map(|peak| peak.pixel.0));
            Ok::<(), IndexError>(())
        };
        index.for_each_within(window, &Silent, each).unwrap();
        pixels.sort_unstable();
        (n_shown, pixels)
    };
    let shown = |runs: SortedRuns| shown_of(&SpectraIndex::of_runs(runs));
    let (n_merged, merged) = shown(sampled(&runs));
    assert_eq!((n_merged, merged.len()), (1, 6_801));
    let known = |pixel_of_spectrum: &[u32]| {
        let shared = SharedPixels::new(&pieces, pixel_of_spectrum, mzs.len());
        let mut runs = sampled(&runs).with_shared_pixels(shared);
        // Fewer than any but the second has.
        runs.stretch_peaks = 100;
        runs
    };
    // The last piece is that of the pixels in several runs.
    let mut pixels: Vec<u32> = (0..9_000).collect();
    assert_eq!(shown(known(&pixels)), (4, merged.clone()));
    // As if two of the first run were in the last one again, and one of no pixel were there.
    (pixels[8_000], pixels[8_001], pixels[8_002]) = (2_000, 3_000, u32::MAX);
    let (n_shown, with_shared) = shown(known(&pixels));
    assert_eq!(with_shared, merged);
    assert!(n_shown > 4, "{n_shown}");
    // The same while more than the window is held, wherever it was held from before.
    let mut index = SpectraIndex::of_runs(known(&pixels));
    for (low, high) in [(400.0, 500.01), (500.0, 500.08), (500.001, 500.075)] {
        index.hold_for_images(low, high).unwrap();
    }
    assert_eq!(shown_of(&index).1, merged);
    index.hold_for_images(499.0, 500.08).unwrap();
    assert_eq!(shown_of(&index).1, merged);
}

#[test]
fn what_is_held_for_images_is_read_once() {
    let mzs: Vec<f64> = (0..4_000).map(|i| 100.0 + f64::from(i) * 0.125).collect();
    let runs = [run(&mzs[..1_500], 0), run(&mzs[1_500..], 1_500)];
    let directories: Vec<Directory> = runs.iter().map(SortedRun::directory).collect();
    let bytes = runs.iter().map(encoded).collect();
    let store = Arc::new(Counted(InMemory(bytes), AtomicU64::new(0)));
    let n_read = || store.1.load(Ordering::Relaxed) / PEAK_BYTES;
    let index = |is_once: bool| {
        let runs = SortedRuns::new(directories.clone(), 4_000, Box::new(Arc::clone(&store)));
        SpectraIndex::of_runs(if is_once {
            runs.with_each_pixel_once()
        } else {
            runs
        })
    };
    let mut n_before = 0;
    for is_once in [true, false] {
        let mut index = index(is_once);
        let mut pixels = Vec::new();
        for low in (100..600).step_by(10) {
            let (low, high) = (f64::from(low), f64::from(low) + 9.9);
            index.hold_for_images(low, high + 15.0).unwrap();
            let each = |slab: &Slab<'_>, places: Range<usize>| {
                pixels.extend(slab.peaks(places).map(|peak| peak.pixel.0));
                Ok::<(), IndexError>(())
            };
            index
                .for_each_within(Window { low, high }, &Silent, each)
                .unwrap();
        }
        pixels.sort_unstable();
        assert_eq!(pixels, (0..4_000).collect::<Vec<u32>>());
        assert_eq!(n_read() - n_before, 4_000);
        // Of what lies before, nothing is held any more.
        let window = Window {
            low: 100.0,
            high: 101.0,
        };
        let each = |_: &Slab<'_>, _: Range<usize>| Ok::<(), IndexError>(());
        index.for_each_within(window, &Silent, each).unwrap();
        assert!(n_read() - n_before > 4_000);
        n_before = n_read();
    }
}

#[test]
fn a_bin_of_many_peaks_is_read_in_pieces() {
    // A strong ion: all peaks in one bin of 0.0156 Th, most of them in its middle, some equal.
    let n = 3 << 19;
    let mz = |i: u32| {
        let x = f64::from(i.wrapping_mul(2_654_435_761) >> 16) / 65_536.0 - 0.5;
        500.008 + 0.01 * x * x * x
    };
    let mzs: Vec<f64> = (0..n).map(mz).collect();
    let half = mzs.len() / 2;
    let runs = [run(&mzs[..half], 0), run(&mzs[half..], n / 2)];
    let runs_in_scratch = sampled(&runs);
    let stretches = runs_in_scratch.stretches(0.0, f64::INFINITY, Cut::Anywhere);
    assert!(stretches.len() >= 3, "{stretches:?}");
    for &(low, high) in &stretches {
        let n_peaks = runs_in_scratch.count_sampled(low, high.next_down());
        assert!(n_peaks < 2 * stretch_peaks_of_scratch(2), "{n_peaks}");
    }
    let whole = SpectraIndex::of_run(run(&mzs, 0));
    let mut index = SpectraIndex::of_runs(runs_in_scratch);
    assert_eq!(index.stretches((0.0, f64::INFINITY)).len(), 3);
    let all = |index: &SpectraIndex| peaks(&index.load(0.0, 1e6).unwrap());
    assert!(all(&index) == all(&whole));
    index.hold(500.0, 500.1).unwrap();
    assert!(all(&index) == all(&whole));
}

#[test]
fn of_one_run_too_each_peak_of_a_cell_is_read_once() {
    // More than a stretch in a cell of one stored run, as kept peaks are.
    let n = 5 << 19;
    let mz = |i: u32| 500.0 + f64::from(i.wrapping_mul(2_654_435_761) >> 8) * 1e-8;
    let mzs: Vec<f64> = (0..n).map(mz).collect();
    let runs = [run(&mzs, 0)];
    let bytes = runs.iter().map(encoded).collect();
    let store = Arc::new(Counted(InMemory(bytes), AtomicU64::new(0)));
    let kept = SortedRuns::new(vec![runs[0].directory()], n, Box::new(store.clone()));
    let index = SpectraIndex::of_runs(kept.with_samples(vec![runs[0].sample(4_096)]));
    let mut seen = Vec::new();
    index
        .for_each_stretch((0.0, f64::INFINITY), &Silent, |_, places| {
            seen.push(places.len());
            Ok::<(), IndexError>(())
        })
        .unwrap();
    assert!(seen.len() > 1, "{seen:?}");
    assert_eq!(seen.iter().sum::<usize>(), mzs.len());
    let n_read = store.1.load(Ordering::Relaxed) / PEAK_BYTES;
    // Where it is cut, some are read on both sides.
    let beside = 2 * 4_096 * seen.len() as u64;
    assert!(n_read <= u64::from(n) + beside, "{n_read} of {n} peaks");
}

#[test]
fn a_cell_of_many_peaks_is_read_by_bins() {
    // A cell at m/z 500 is 0.25 Th wide and has 16 bins.
    let n = 3 << 19;
    let mz = |i: u32| 500.0 + f64::from(i.wrapping_mul(2_654_435_761) >> 8) * 1e-8;
    let mzs: Vec<f64> = (0..n).map(mz).collect();
    let half = mzs.len() / 2;
    let runs = [run(&mzs[..half], 0), run(&mzs[half..], n / 2)];
    let whole = SpectraIndex::of_run(run(&mzs, 0));
    let mut index = SpectraIndex::of_runs(sampled(&runs));
    let stretches = index.stretches((0.0, f64::INFINITY));
    assert!(stretches.len() > 3, "{stretches:?}");
    for &(low, high) in &stretches {
        let n_peaks = index.load(low, high.next_down()).unwrap().len() as u64;
        assert!(n_peaks <= stretch_peaks_of_scratch(2), "{n_peaks}");
        let counted = index.count_within(&[Window { low, high }]);
        assert!(counted.abs_diff(n_peaks) < 10_000, "{counted} {n_peaks}");
    }
    let everything = (0.0, f64::INFINITY);
    let mean = |index: &SpectraIndex| index.mean_spectrum(everything, 3, &Silent).unwrap();
    assert!(mean(&index) == mean(&whole));
    let mut seen = 0;
    index
        .for_each_stretch((0.0, f64::INFINITY), &Silent, |slab, places| {
            let expected = whole.load(500.0, 501.0).unwrap();
            let n_peaks = places.len();
            assert!(slab.peaks(places).eq(expected.peaks(seen..seen + n_peaks)));
            seen += n_peaks;
            Ok::<(), IndexError>(())
        })
        .unwrap();
    assert_eq!(seen, mzs.len());
    index.hold(500.0, 500.2).unwrap();
    assert!(peaks(&index.load(0.0, 1e6).unwrap()) == peaks(&whole.load(0.0, 1e6).unwrap()));
}

#[test]
fn an_index_of_one_run_has_segments() {
    // Equal m/z lie where a segment would end.
    let n = 100_000;
    let mz = |i: u32| {
        100.0
            + f64::from(if (32_700..33_000).contains(&i) {
                32_700
            } else {
                i
            })
    };
    let mzs: Vec<f64> = (0..n).map(mz).collect();
    let index = SpectraIndex::of_run(run(&mzs, 0));
    assert!(index.count_at_most(200.0, 300.0) < 40_000);
    for (low, high) in [
        (100.0, 100.0),
        (mz(32_700), mz(32_700)),
        (70_000.0, 90_000.0),
    ] {
        let slab = index.load(low, high).unwrap();
        let n_found = slab.seek_past(0, high) - slab.seek(0, low);
        assert_eq!(
            n_found,
            mzs.iter().filter(|&&mz| mz >= low && mz <= high).count()
        );
    }
}

#[test]
fn what_is_no_run_is_refused() {
    let run = run(&[100.0, 200.0], 7);
    let mut bytes = encoded(&run);
    assert!(Directory::decode(&bytes).is_err());
    bytes.truncate(Directory::BYTES as usize);
    assert_eq!(Directory::decode(&bytes).unwrap().n_peaks(), 2);
    assert!(Directory::decode(&bytes[1..]).is_err());
    let (all, records) = (0..N_CELLS, run.into_records());
    assert!(matches!(
        check(&records, Some(&all), 8),
        Err(IndexError::Damaged { .. })
    ));
    check(&records, Some(&all), 9).unwrap();
    assert!(check(&records, Some(&cells_of(50.0, 150.0)), 9).is_err());
    check(&records, Some(&cells_of(100.0, 200.0)), 9).unwrap();
    let backwards: Vec<Record> = records.iter().rev().copied().collect();
    assert!(check(&backwards, Some(&all), 9).is_err());
    check(&[], Some(&all), 9).unwrap();
    let ok = Peak {
        mz: 150.0,
        intensity: 1.0,
        pixel: PixelIdx(3),
    };
    for wrong in [-1.0, 0.0, -0.0, f64::INFINITY, f64::NAN, -f64::NAN] {
        let of_mz = Peak { mz: wrong, ..ok };
        #[expect(clippy::cast_possible_truncation, reason = "no number in between")]
        let intensity = wrong as f32;
        for peak in [of_mz, Peak { intensity, ..ok }] {
            // In any order, so that it is the peak itself that is refused.
            for records in [[ok.pack(), peak.pack()], [peak.pack(), ok.pack()]] {
                assert!(check(&records, None, 9).is_err(), "{peak:?}");
            }
        }
    }
    check(&[ok.pack(), ok.pack()], None, 9).unwrap();
}

#[test]
fn of_runs_that_are_damaged_nothing_is_merged() {
    // Two runs of 2,000 peaks each in one cell; in one of them something is wrong.
    let mzs: Vec<f64> = (0..2_000).map(|i| 500.0 + f64::from(i) * 1e-5).collect();
    let damaged = |damage: &dyn Fn(&mut Vec<u8>)| {
        let runs = [run(&mzs, 0), run(&mzs, 2_000)];
        let directories = runs.iter().map(SortedRun::directory).collect();
        let mut bytes: Vec<Vec<u8>> = runs.iter().map(encoded).collect();
        damage(&mut bytes[1]);
        let runs = SortedRuns::new(directories, 4_000, Box::new(InMemory(bytes)));
        SpectraIndex::of_runs(runs.with_each_pixel_once())
    };
    let peak = |place: u64| (Directory::BYTES + place * PEAK_BYTES) as usize;
    let fails = |damage: &dyn Fn(&mut Vec<u8>)| {
        let mut index = damaged(damage);
        let held = [
            index.hold(500.0, 500.02),
            index.hold_for_images(500.0, 500.02),
        ];
        held.iter()
            .all(|held| matches!(held, Err(IndexError::Damaged { .. })))
    };
    assert!(!fails(&|_| ()));
    // Two peaks exchanged; a pixel that is none; an m/z of another cell; one of 0.
    assert!(fails(&|bytes| {
        let (first, second) = (peak(700), peak(1_400));
        for i in 0..8 {
            bytes.swap(first + i, second + i);
        }
    }));
    assert!(fails(&|bytes| bytes[peak(900) + 8..][..4].fill(0xff)));
    let put = |place: u64, mz: f64| {
        move |bytes: &mut Vec<u8>| {
            bytes[peak(place)..][..8].copy_from_slice(&mz.to_le_bytes());
        }
    };
    assert!(fails(&put(1_999, 600.0)) && fails(&put(0, 400.0)) && fails(&put(0, 0.0)));
}
