//! What is held of an index while ions are looked for: it changes nothing of what is found.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io;
use std::sync::Mutex;

use annotator::annotate::{Work, score_units};
use annotator::candidates::Ion;
use annotator::config::{AnnotateConfig, DecoyCount, Preset};
use annotator::metrics::UnitScores;
use annotator::patterns::NoCache;
use annotator::plan::plan;
use annotator::slide::{Needs, Peaks, Step, steps};
use ms_core::bytes::Scratch;
use ms_core::formula::{Formula, Repeats};
use ms_core::imzml::Dataset;
use ms_core::ion::Charge;
use ms_core::isotopes::{CentroidRule, PatternConfig, PatternGenerator, PeakWidth};
use ms_core::progress::Silent;
use ms_core::spectra::{BuildOptions, SpectraIndex};
use ms_core::tolerance::Ppm;
use tests::written::{dataset, index};

/// The index of one spectrum with a peak at every 0.01 Th, of which 65,536 make a segment.
fn one_spectrum() -> SpectraIndex {
    let mzs: Vec<f64> = (0..400_000).map(|i| 100.0 + f64::from(i) * 0.01).collect();
    let intensities = vec![1.0; mzs.len()];
    index(&dataset(&[(1, 1, mzs, intensities)])).0
}

/// Scratch that lies in memory.
#[derive(Default)]
struct InMemory(Mutex<Vec<u8>>);

impl Scratch for InMemory {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let (start, mut all) = (usize::try_from(offset).unwrap(), self.0.lock().unwrap());
        let end = start + bytes.len();
        let length = all.len().max(end);
        all.resize(length, 0);
        all[start..end].copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        out.copy_from_slice(&self.0.lock().unwrap()[start..start + out.len()]);
        Ok(())
    }
}

/// The same peaks as they lie beyond memory.
fn in_scratch(dataset: &Dataset) -> SpectraIndex {
    let options = BuildOptions {
        memory_bytes: 0,
        buffer_bytes: 0,
        scratch: &|_| Ok(Box::new(InMemory::default())),
    };
    let (index, _) = SpectraIndex::build(dataset, &options, &Silent).unwrap();
    assert!(index.is_spilled());
    index
}

fn config() -> AnnotateConfig {
    AnnotateConfig {
        adducts: Vec::new(),
        chem_mods: Vec::new(),
        neutral_losses: Vec::new(),
        pattern: PatternConfig {
            width: PeakWidth::AtIon { sigma: 0.001 },
            charge: Charge::new(1).unwrap(),
            n_peaks: 4,
            rule: CentroidRule::Exact,
        },
        ppm: Ppm(20.0),
        mz_limits: (0.0, f64::INFINITY),
        min_px: 1,
        n_levels: 30,
        decoys: DecoyCount::Sample(1),
        seed: 42,
        matrices: Vec::new(),
        // They look below ions, too.
        rules: Preset::Default.rules(),
    }
}

/// Ions of 170 to 790 Th, more than are searched as one.
fn ions(config: &AnnotateConfig) -> Vec<Ion> {
    let mut ions = Vec::new();
    for carbons in 10..40 {
        for oxygens in 2..14 {
            let text = format!("C{carbons}H{}O{oxygens}", 2 * carbons);
            let formula = Formula::parse(&text, Repeats::Add).unwrap();
            let mz = config.pattern.charge.mz(formula.principal_mass_da());
            ions.push(Ion {
                formula,
                own_charge: None,
                mz,
                is_target: true,
            });
        }
    }
    ions.sort_by(|a, b| a.mz.total_cmp(&b.mz));
    ions
}

/// Four by four pixels with the isotopic patterns of every second ion, and peaks between them.
fn tissue(ions: &[Ion], config: &AnnotateConfig) -> Dataset {
    let mut generator = PatternGenerator::new(config.pattern);
    let mut peaks = Vec::new();
    for ion in ions.iter().step_by(2) {
        let pattern = generator.pattern(&ion.formula).unwrap();
        peaks.extend(pattern.iter().map(|peak| (peak.mz, peak.intensity)));
    }
    peaks.extend((0..700).map(|i| (200.0 + f64::from(i), 5.0)));
    peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let spectrum = |pixel: u32| {
        let shift = 1.0 + 1e-6 * f64::from(pixel);
        let mzs: Vec<f64> = peaks.iter().map(|(mz, _)| mz * shift).collect();
        let factor = 1.0 + (pixel % 5) as f32;
        let intensities = peaks.iter().map(|(_, value)| value * factor).collect();
        (pixel % 4 + 1, pixel / 4 + 1, mzs, intensities)
    };
    dataset(&(0..16).map(spectrum).collect::<Vec<_>>())
}

/// Scores of ions while so many peaks may be held.
fn scored(index: &mut SpectraIndex, work: Work<'_>, max_held: u64) -> Vec<UnitScores> {
    let charge = work.config.pattern.charge;
    let units = plan(work.ions, 0..work.ions.len(), charge, work.mz_range);
    let peaks = Peaks {
        index,
        max_held,
        look: &mut |_| Ok(()),
    };
    score_units(peaks, work, &units, &Silent).unwrap()
}

#[test]
fn scores_are_the_same_however_few_peaks_are_held() {
    let config = config();
    let ions = ions(&config);
    assert!(ions.len() > 300);
    let dataset = tissue(&ions, &config);
    let (mut in_memory, census) = index(&dataset);
    let work = Work {
        mz_range: census.mz_range,
        raster: &dataset.pixels.raster,
        ions: &ions,
        config: &config,
        cache: &NoCache,
    };
    let whole = scored(&mut in_memory, work, 0);
    let n_scored: usize = whole.iter().map(|unit| unit.scores.len()).sum();
    assert!(
        n_scored >= ions.len() / 2 && n_scored < ions.len(),
        "{n_scored}"
    );
    // All at once; some, so that they slide; fewer than an ion's.
    for max_held in [u64::MAX, 5_000, 1] {
        let found = scored(&mut in_scratch(&dataset), work, max_held);
        assert_eq!(found, whole, "{max_held} peaks are held");
    }
}

#[test]
fn steps_ascend_and_hold_no_more_than_they_may() {
    let index = one_spectrum();
    // The third reaches below the second, the fourth needs nothing, the fifth is too wide for any.
    let intervals = [
        Some((200.0, 210.0)),
        Some((900.0, 910.0)),
        Some((890.0, 905.0)),
        None,
        Some((1_000.0, 3_900.0)),
        Some((2_000.0, 3_950.0)),
        Some((3_960.0, 3_961.0)),
    ];
    let of = |max_peaks| {
        let steps = steps(&index, &intervals, max_peaks);
        let step = |Step { members, needs }: Step| (members, needs);
        steps.into_iter().map(step).collect::<Vec<_>>()
    };
    assert_eq!(of(u64::MAX), [(0..7, Needs::Interval(200.0, 3_961.0))]);
    assert_eq!(
        of(150_000),
        [
            (0..4, Needs::Interval(200.0, 910.0)),
            (4..6, Needs::Windows),
            (6..7, Needs::Interval(3_960.0, 3_961.0)),
        ]
    );
    assert_eq!(
        steps(&index, &intervals[1..4], 1 << 17),
        [Step {
            members: 0..3,
            needs: Needs::Interval(890.0, 910.0)
        }]
    );
}
