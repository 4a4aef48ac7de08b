//! Isotopic patterns of lipids, by either rule of centroids.

#![expect(clippy::unwrap_used, reason = "benches")]

use divan::Bencher;
use divan::counter::ItemsCount;
use ms_core::formula::{Formula, Repeats};
use ms_core::ion::{Charge, Modifier, ion_formula};
use ms_core::isotopes::{CentroidRule, Instrument, PatternConfig, PatternGenerator, PeakWidth};

/// Ions of a bench.
const N_IONS: usize = 2_880;

/// Heads and chain carbons of some lipid classes: FA, CAR, DG, TG, PC, PE, SM, `HexCer`.
const CLASSES: [(&str, [u32; 2]); 8] = [
    ("O2", [12, 26]),
    ("C7H13NO4", [8, 22]),
    ("C3H4O5", [28, 44]),
    ("C3H2O6", [42, 60]),
    ("C8H16NO8P", [28, 44]),
    ("C5H10NO8P", [28, 44]),
    ("C5H13N2O6P", [30, 44]),
    ("C6H11NO8", [32, 44]),
];

/// Adducts of targets, and three of decoys, which are most of what is searched.
const ADDUCTS: [&str; 6] = ["+H", "+Na", "+K", "+Li", "+Fe", "+Ir"];

fn main() {
    divan::main();
}

/// The ions of all species with up to three double bonds.
fn ions() -> Vec<Formula> {
    let parse = |text: &str| Formula::parse(text, Repeats::Add).unwrap();
    let modifiers = ADDUCTS.map(|adduct| adduct.parse::<Modifier>().unwrap());
    let mut ions = Vec::new();
    for (head, [first, end]) in CLASSES {
        for carbons in first..end {
            for double_bonds in 0..4 {
                let chain = parse(&format!("C{carbons}H{}", 2 * (carbons - double_bonds)));
                let molecule = parse(head).plus(&chain, 1);
                ions.extend(
                    modifiers
                        .iter()
                        .filter_map(|adduct| ion_formula(&molecule, adduct)),
                );
            }
        }
    }
    ions
}

fn config(rule: CentroidRule) -> PatternConfig {
    PatternConfig {
        width: PeakWidth::Analyzer {
            instrument: Instrument::Orbitrap,
            resolving_power: 140_000.0,
        },
        charge: Charge::new(1).unwrap(),
        n_peaks: 4,
        rule,
    }
}

/// Number of peaks of the patterns of all ions.
fn count_peaks(ions: &[Formula], rule: CentroidRule) -> usize {
    let mut generator = PatternGenerator::new(config(rule));
    ions.iter()
        .map(|ion| generator.pattern(ion).unwrap().len())
        .sum()
}

/// [M+H]+ of PC 34:1 is at m/z 760.5851 (LIPID MAPS, LMGP01010005), and the grid is near.
#[track_caller]
fn check_known_mz(rule: CentroidRule, tolerance_ppm: f64) {
    let ion = Formula::parse("C42H83NO8P", Repeats::Add).unwrap();
    let mut generator = PatternGenerator::new(config(rule));
    let mz = generator.pattern(&ion).unwrap()[0].mz;
    assert!((mz / 760.585_1 - 1.0).abs() < tolerance_ppm * 1e-6, "{mz}");
}

fn bench(bencher: Bencher, rule: CentroidRule, tolerance_ppm: f64) {
    check_known_mz(rule, tolerance_ppm);
    let ions = ions();
    assert_eq!(ions.len(), N_IONS);
    bencher.counter(ItemsCount::new(N_IONS)).bench_local(|| {
        assert_eq!(count_peaks(&ions, rule), 4 * N_IONS);
    });
}

/// 2,880 lipid ions, four peaks each, centroids at the maxima of the envelope.
#[divan::bench(sample_count = 20)]
fn exact_patterns_of_2880_ions(bencher: Bencher) {
    bench(bencher, CentroidRule::Exact, 0.1);
}

/// The same ions on the METASPACE engine's grid.
#[divan::bench(sample_count = 20)]
fn grid_patterns_of_2880_ions(bencher: Bencher) {
    bench(bencher, CentroidRule::Grid { reach: 6 }, 3.3);
}
