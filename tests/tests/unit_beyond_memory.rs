//! Ions searched beyond memory: the scores are those of an index in memory, however few peaks may be held.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io;
use std::sync::Mutex;

use annotator::annotate::{Peaks, Work, score_units};
use annotator::candidates::{Ion, SearchSpace};
use annotator::config::{AnnotateConfig, DecoyCount, Preset};
use annotator::imager::{Canvas, window_image};
use annotator::metrics::UnitScores;
use annotator::moldb::MoleculeTable;
use annotator::patterns::{NoCache, PatternTable};
use annotator::plan::plan;
use ms_core::bytes::Scratch;
use ms_core::formula::{Formula, Repeats};
use ms_core::imzml::Dataset;
use ms_core::ion::Charge;
use ms_core::isotopes::{CentroidRule, PatternConfig, PeakWidth};
use ms_core::progress::Silent;
use ms_core::spectra::{BuildOptions, SpectraIndex};
use ms_core::tolerance::{Ppm, Window};
use tests::written::{Spectrum, dataset, index};

/// Columns and rows: enough pixels for more than one run.
const SIDE: u32 = 40;

#[derive(Default)]
struct InMemory(Mutex<Vec<u8>>);

impl Scratch for InMemory {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let (start, mut all) = (usize::try_from(offset).unwrap(), self.0.lock().unwrap());
        let end = start + bytes.len();
        if all.len() < end {
            all.resize(end, 0);
        }
        all[start..end].copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        out.copy_from_slice(&self.0.lock().unwrap()[start..start + out.len()]);
        Ok(())
    }
}

fn config() -> AnnotateConfig {
    AnnotateConfig {
        adducts: vec!["+H".parse().unwrap(), "+Na".parse().unwrap()],
        chem_mods: Vec::new(),
        neutral_losses: Vec::new(),
        pattern: PatternConfig {
            width: PeakWidth::AtIon { sigma: 0.001 },
            charge: Charge::new(1).unwrap(),
            n_peaks: 4,
            rule: CentroidRule::Exact,
        },
        ppm: Ppm(3.0),
        mz_limits: (0.0, f64::INFINITY),
        min_px: 1,
        n_levels: 30,
        decoys: DecoyCount::Sample(5),
        seed: 42,
        matrices: Vec::new(),
        rules: Preset::Default.rules(),
    }
}

/// Acids of 8 to 47 carbons, so that many patterns lie close together.
fn space(config: &AnnotateConfig) -> SearchSpace {
    let mut table = MoleculeTable::new("acids");
    for n in 8..48 {
        for double_bonds in 0..3 {
            let text = format!("C{n}H{}O2", 2 * n - 2 * double_bonds);
            let formula = Formula::parse(&text, Repeats::Add).unwrap();
            table.push(text.clone(), text, formula, Vec::new());
        }
    }
    SearchSpace::new(&[table], config).unwrap()
}

/// A tissue of every third ion of a molecule: its isotopic pattern in the pixels of one side, and of each
/// fourth of them an image of the same pixels that lies one isotope below and is stronger.
fn tissue(space: &SearchSpace, config: &AnnotateConfig) -> Vec<Spectrum> {
    let of_molecules = space.ions.iter().filter(|ion| ion.is_target);
    let ions: Vec<Ion> = of_molecules.step_by(3).cloned().collect();
    let patterns = PatternTable::of(&ions, config.pattern, &NoCache).unwrap();
    let spectrum = |place: u32| -> Spectrum {
        let (x, y) = (place % SIDE, place / SIDE);
        let mut peaks = Vec::new();
        for row in 0..patterns.n_ions() {
            let level = if (row % 2 == 0) == (x < SIDE / 2) {
                1e4
            } else {
                1e2
            };
            let pattern = patterns
                .mzs_of(row)
                .iter()
                .zip(patterns.intensities_of(row));
            for (k, (&mz, &share)) in pattern.enumerate().filter(|(_, (mz, _))| **mz > 0.0) {
                let noise = (place as usize * 31 + row * 17 + k * 7) % 101;
                let ppm = (noise as f64 - 50.0) * 0.02;
                let intensity = level * share * (1.0 + noise as f32 * 0.002);
                peaks.push((mz * (1.0 + ppm * 1e-6), intensity));
                if k == 0 && row % 4 == 0 {
                    peaks.push((mz - 1.003_355, 3.0 * intensity));
                }
            }
        }
        peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mzs, intensities) = peaks.into_iter().unzip();
        (x + 1, y + 1, mzs, intensities)
    };
    (0..SIDE * SIDE).map(spectrum).collect()
}

/// The index in runs, as it is where there is no memory.
fn in_scratch(dataset: &Dataset) -> SpectraIndex {
    let options = BuildOptions {
        memory_bytes: 0,
        buffer_bytes: 0,
        scratch: &|_| Ok(Box::<InMemory>::default()),
    };
    let (index, _) = SpectraIndex::build(dataset, &options, &Silent).unwrap();
    assert!(index.is_spilled());
    index
}

#[test]
fn images_of_runs_are_those_of_memory() {
    let config = config();
    let space = space(&config);
    // All pixels in one run each; and the first one in the first and the last run, where the order in which
    // its intensities are added up is that of m/z.
    for is_measured_twice in [false, true] {
        let mut spectra = tissue(&space, &config);
        if is_measured_twice {
            let last = spectra.last_mut().unwrap();
            (last.0, last.1) = (1, 1);
        }
        let dataset = dataset(&spectra);
        let (in_memory, _) = index(&dataset);
        let in_scratch = in_scratch(&dataset);
        let n_pixels = dataset.pixels.raster.n_pixels();
        assert_eq!(n_pixels + usize::from(is_measured_twice), spectra.len());
        let mut canvas = Canvas::new(n_pixels);
        let mut n_values = 0;
        let mut check = |window: Window| {
            let mut image = |index| window_image(index, window, 1, &mut canvas, &Silent).unwrap();
            let expected = image(&in_memory);
            assert!(image(&in_scratch) == expected, "{window:?}");
            n_values += expected.pixels.len();
        };
        for ion in space.ions.iter().step_by(5) {
            check(config.ppm.window(ion.mz));
        }
        // Many peaks of each pixel.
        check(Window {
            low: 300.0,
            high: 420.0,
        });
        assert!(n_values > 20_000, "{n_values}");
    }
}

#[test]
fn how_many_peaks_are_held_changes_no_score() {
    let config = config();
    let space = space(&config);
    let dataset = dataset(&tissue(&space, &config));
    let (mut in_memory, census) = index(&dataset);
    let work = Work {
        mz_range: census.mz_range,
        raster: &dataset.pixels.raster,
        ions: &space.ions,
        config: &config,
        cache: &NoCache,
    };
    let units = plan(
        work.ions,
        0..work.ions.len(),
        config.pattern.charge,
        census.mz_range,
    );
    let score = |index: &mut SpectraIndex, max_held: u64| -> Vec<UnitScores> {
        let look = &mut |_: &SpectraIndex| Ok(());
        let peaks = Peaks {
            index,
            max_held,
            look,
        };
        score_units(peaks, work, &units, &Silent).unwrap()
    };
    let expected = score(&mut in_memory, u64::MAX);
    let n_found = expected
        .iter()
        .map(|unit| unit.details.len())
        .sum::<usize>();
    assert!(n_found > 50, "{n_found}");
    let details = expected.iter().flat_map(|unit| &unit.details);
    let n_with_parent = details.filter(|found| found.parent.ratio > 1.0).count();
    assert!(n_with_parent > 5, "{n_with_parent}");
    let mut beyond = in_scratch(&dataset);
    // All; those of some patterns; less than any pattern has, so that ions are read by their windows,
    // some at a time or alone.
    for max_held in [u64::MAX, 60_000, 20_000, 6_000, 1] {
        assert!(score(&mut beyond, max_held) == expected, "{max_held}");
    }
}
