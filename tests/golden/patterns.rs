//! Isotopic patterns.

use ms_core::formula::{Formula, Repeats};
use ms_core::ion::Charge;
use ms_core::isotopes::{CentroidRule, Instrument, PatternConfig, PatternGenerator, PeakWidth};

use crate::shared::Table;

/// Relative tolerance of m/z, and of intensities in per cent.
const MZ: f64 = 1e-9;
const INTENSITY: f64 = 1e-4;

fn check(file: &str, width: PeakWidth, charge: i64, reach: u8) {
    let table = Table::read(&format!("golden/{file}.tsv.gz"));
    let mut generator = PatternGenerator::new(PatternConfig {
        width,
        charge: Charge::new(charge).unwrap(),
        n_peaks: 4,
        rule: CentroidRule::Grid { reach },
    });
    for row in &table.rows {
        let ion = table.text(row, "ion_formula");
        let found = generator
            .pattern(&Formula::parse(ion, Repeats::Add).unwrap())
            .unwrap();
        for k in 0..4 {
            let mz = table.number(row, &format!("mz{k}"));
            let intensity = table.number(row, &format!("int{k}"));
            let Some(peak) = found.get(k) else {
                assert!(mz == 0.0, "{ion} has no peak {k} at {mz}");
                continue;
            };
            assert!(
                (peak.mz / mz - 1.0).abs() <= MZ,
                "{ion} peak {k}: {} for {mz}",
                peak.mz
            );
            let difference = (f64::from(peak.intensity) - intensity).abs();
            assert!(
                difference <= INTENSITY,
                "{ion} peak {k}: {} for {intensity}",
                peak.intensity
            );
        }
    }
    assert_eq!(table.rows.len(), 6_000);
}

fn analyzer(instrument: Instrument, sigma: f64) -> PeakWidth {
    let resolving_power = PeakWidth::resolving_power_of_sigma(sigma);
    PeakWidth::Analyzer {
        instrument,
        resolving_power,
    }
}

#[test]
fn patterns_v3_orbitrap() {
    let width = analyzer(Instrument::Orbitrap, 0.001_238);
    check("centroids-v3-orbitrap-sigma0.001238-charge+1", width, 1, 6);
}

#[test]
fn patterns_v3_fticr() {
    let width = analyzer(Instrument::Fticr, 0.000_619);
    check("centroids-v3-fticr-sigma0.000619-charge+1", width, 1, 6);
}

#[test]
fn patterns_v3_tof() {
    let width = analyzer(Instrument::Tof, 0.001_699);
    check("centroids-v3-tof-sigma0.001699-charge-1", width, -1, 6);
}

#[test]
fn patterns_v1() {
    check(
        "centroids-v1-sigma0.000619-charge+1",
        PeakWidth::AtIon { sigma: 0.000_619 },
        1,
        12,
    );
}
