use ms_core::formula::Repeats;
use ms_core::ion::Modifier;
use ms_core::progress::Silent;

use super::*;

/// m/z and intensities of a spectrum at its column and row.
type Owned = (u32, u32, Vec<f64>, Vec<f32>);

/// About 550 formulas: fatty acids, lysolipids, lipids of two chains, sugars.
fn molecules() -> Vec<(String, Formula)> {
    let mut texts = Vec::new();
    for (head, carbons) in [
        ("NO8P", 30..46),
        ("NO7P", 30..46),
        ("O5", 30..46),
        ("O13P", 34..46),
    ] {
        for c in carbons {
            texts.extend((0..7).map(|d| format!("C{}H{}{head}", c + 8, 2 * c + 16 - 2 * d)));
        }
    }
    texts.extend((4..30).flat_map(|c| (0..4).map(move |d| format!("C{c}H{}O2", 2 * c - 2 * d))));
    texts.extend((2..9).map(|n| format!("C{}H{}O{}", 6 * n, 10 * n + 2, 5 * n + 1)));
    let parsed = |text: String| (text.clone(), Formula::parse(&text, Repeats::Add).unwrap());
    texts
        .into_iter()
        .filter(|text| !text.contains("H0"))
        .map(parsed)
        .collect()
}

fn run(config: &SimulationConfig) -> (Truth, Vec<Owned>) {
    run_with(config, &molecules())
}

fn run_with(config: &SimulationConfig, table: &[(String, Formula)]) -> (Truth, Vec<Owned>) {
    let mut spectra = Vec::new();
    let truth = simulate(config, table, &Silent, &mut |s| {
        spectra.push((s.x, s.y, s.mzs.to_vec(), s.intensities.to_vec()));
        Ok(())
    });
    (truth.unwrap(), spectra)
}

fn reduced(name: &str) -> SimulationConfig {
    let base = preset(name).unwrap();
    SimulationConfig {
        width: 40,
        height: 30,
        ..base
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let config = SimulationConfig {
        width: 45,
        ..SimulationConfig::demo()
    };
    let on = |n| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap()
    };
    let one = on(1).install(|| run(&config));
    assert_eq!(one, on(3).install(|| run(&config)));
    let other = run(&SimulationConfig { seed: 11, ..config });
    assert_ne!(one.1, other.1);
}

#[test]
fn every_preset_gives_valid_spectra_of_the_wanted_size() {
    for name in PRESETS {
        let config = reduced(name);
        let (truth, spectra) = run(&config);
        for (x, y, mzs, intensities) in &spectra {
            assert!((1..=40).contains(x) && (1..=30).contains(y));
            assert_eq!(mzs.len(), intensities.len());
            assert!(mzs.is_sorted() && mzs.first().is_none_or(|&mz| mz > 0.0));
            assert!(intensities.iter().all(|&i| i > 0.0 && i.is_finite()));
        }
        let n_peaks: usize = spectra.iter().map(|spectrum| spectrum.2.len()).sum();
        let ratio = n_peaks as f64 / spectra.len() as f64 / config.peaks_per_pixel as f64;
        assert!((0.7..1.3).contains(&ratio), "{name}: {ratio}");
        let n_seen = truth
            .ions
            .iter()
            .filter(|ion| ion.n_pixels_detected > 60)
            .count();
        assert!(
            n_seen * 2 > truth.ions.len(),
            "{name}: {n_seen} of {}",
            truth.ions.len()
        );
        assert!(truth.matrix_ions.len() > 10, "{name}");
        assert_eq!(truth.regions.len(), 1_200);
    }
}

#[test]
fn pixels_are_missing_and_duplicate_as_configured() {
    let config = SimulationConfig {
        share_missing: 0.02,
        share_duplicate: 0.03,
        peaks_per_pixel: 50,
        n_molecules: 20,
        ..SimulationConfig::demo()
    };
    let (truth, spectra) = run(&config);
    let places: Vec<u32> = spectra
        .iter()
        .map(|s| (s.1 - 1) * config.width + s.0 - 1)
        .collect();
    assert!(places.is_sorted());
    let mut distinct = places.clone();
    distinct.dedup();
    assert_eq!(distinct, truth.raster.places);
    assert_eq!(distinct.len(), 48 * 36 - 35);
    assert_eq!(places.len() - distinct.len(), 52);
    let twice = places
        .windows(2)
        .position(|pair| pair[0] == pair[1])
        .unwrap();
    assert_ne!(spectra[twice].2, spectra[twice + 1].2);
}

/// One strong molecule and no noise: its error is the sum of drift, slope and scatter.
#[test]
fn a_strong_ion_is_measured_within_the_stated_errors() {
    let config = SimulationConfig {
        n_molecules: 1,
        adducts: vec![("+H".parse::<Modifier>().unwrap(), 1.0)],
        median_level: 1e6,
        level_decades: 0.0,
        peaks_per_pixel: 0,
        n_groups: 1,
        ..SimulationConfig::demo()
    };
    let table = [(
        "lipid".to_owned(),
        Formula::parse("C42H82NO8P", Repeats::Add).unwrap(),
    )];
    let (truth, spectra) = run_with(&config, &table);
    let ion = &truth.ions[0];
    assert_eq!(
        (ion.adduct.as_str(), ion.ion_formula.as_str()),
        ("+H", "C42H83NO8P")
    );
    let slope = config.ppm_slope * (ion.mz - 200.0) / 1_000.0;
    let ppm = |mz: f64| (mz / ion.mz - 1.0) * 1e6 - slope;
    let near = |s: &Owned| s.2.iter().map(|&mz| ppm(mz)).find(|ppm| ppm.abs() < 10.0);
    let errors: Vec<f64> = spectra.iter().filter_map(near).collect();
    assert!(errors.len() >= ion.n_pixels_detected);
    assert!(
        errors
            .iter()
            .all(|e| e.abs() < config.ppm_drift + 6.0 * config.ppm_sigma)
    );
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    assert!(mean.abs() < config.ppm_drift, "{mean}");
    let steps = errors
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).powi(2))
        .sum::<f64>();
    let sigma = (steps / 2.0 / errors.len() as f64).sqrt();
    assert!(
        (0.95..1.15).contains(&(sigma / config.ppm_sigma)),
        "{sigma}"
    );
}

#[test]
fn measured_images_follow_the_truth() {
    let config = SimulationConfig {
        share_duplicate: 0.0,
        ..SimulationConfig::demo()
    };
    let (truth, spectra) = run(&config);
    let strongest = |a: &&TrueIon, b: &&TrueIon| a.level.total_cmp(&b.level);
    let ion = truth
        .ions
        .iter()
        .filter(|ion| ion.n_pixels_detected > 400)
        .max_by(strongest);
    let ion = ion.unwrap();
    for (&pixel, &expected) in ion.image.pixels.iter().zip(&ion.image.intensities) {
        let (_, _, mzs, intensities) = &spectra[pixel as usize];
        let is_near = |&(&mz, _): &(&f64, &f32)| (mz / ion.mz - 1.0).abs() < 5e-6;
        let found: f32 = mzs
            .iter()
            .zip(intensities)
            .filter(is_near)
            .map(|(_, &i)| i)
            .sum();
        if expected > 20_000.0 {
            assert!(found > 0.3 * expected, "{found} of {expected} at {pixel}");
        }
    }
}

#[test]
fn ions_of_a_group_are_in_the_same_regions() {
    let (truth, _) = run(&SimulationConfig::demo());
    let dense = |ion: &TrueIon| {
        let mut values = vec![0.0; truth.raster.n_pixels()];
        for (&pixel, &value) in ion.image.pixels.iter().zip(&ion.image.intensities) {
            values[pixel as usize] = f64::from(value);
        }
        values
    };
    let cosine = |a: &[f64], b: &[f64]| {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let seen: Vec<&TrueIon> = truth.ions.iter().filter(|ion| ion.level > 1e4).collect();
    let mut sums = [(0.0, 0.0); 2];
    for (i, a) in seen.iter().enumerate() {
        for b in &seen[i + 1..] {
            let sum = &mut sums[usize::from(a.group == b.group)];
            *sum = (sum.0 + cosine(&dense(a), &dense(b)), sum.1 + 1.0);
        }
    }
    let [other, same] = sums.map(|(sum, n)| sum / n);
    assert!(
        same > 0.9 && other < same - 0.15,
        "same {same}, other {other}"
    );
}

#[test]
fn refuses_small_tables_and_passes_failures_on() {
    let config = SimulationConfig::demo();
    let small = simulate(&config, &molecules()[..5], &Silent, &mut |_| Ok(()));
    assert!(matches!(
        small,
        Err(SimulateError::TooFewMolecules {
            wanted: 60,
            found: 5
        })
    ));
    let full = simulate(&config, &molecules(), &Silent, &mut |s| match s.y {
        3 => Err(io::Error::other("disk full")),
        _ => Ok(()),
    });
    assert!(
        matches!(full, Err(SimulateError::Sink { x: 1, y: 3, .. })),
        "{full:?}"
    );
}
