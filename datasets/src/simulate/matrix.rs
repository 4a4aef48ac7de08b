//! Matrix clusters: ions of one to five matrix molecules with salts, on and off the tissue.

use ms_core::formula::{Formula, Repeats};
use ms_core::imzml::Polarity;
use ms_core::ion::ion_formula;
use ms_core::isotopes::PatternGenerator;

use super::chemistry::{PatternSettings, peaks_of};
use super::config::{Matrix, SimulationConfig, known_modifier};
use super::error::SimulateError;
use super::profile::{Profiles, vary};
use super::random::{Purpose, generator, intensity};
use super::source::Source;

/// Most matrix molecules in a cluster.
const MAX_MOLECULES: u32 = 5;

/// Median level of an ion of one matrix molecule, in median levels of the tissue's molecules.
const LEVEL: f64 = 5.0;

/// Spread of levels, decimal logarithm.
const LEVEL_DECADES: f64 = 0.4;

/// Spread between regions, natural logarithm.
const REGION_SIGMA: f64 = 0.2;

/// What makes a cluster a cation.
const POSITIVE: [&str; 8] = [
    "[M]+", "+H", "+Na", "+K", "-H2O+H", "-H+Na2", "-H+K2", "-H+Na+K",
];

/// What makes a cluster an anion.
const NEGATIVE: [&str; 6] = ["[M]-", "-H", "+Cl", "-H2O-H", "-H2+Na", "-H2+K"];

/// An ion of the matrix.
#[derive(Debug)]
pub(super) struct MatrixCluster {
    pub(super) ion: Formula,
    pub(super) source: Source,
}

/// All clusters whose ions are measured, by number of molecules; their level falls with it as
/// n^−1.5.
pub(super) fn draw_clusters(
    config: &SimulationConfig,
    profiles: &Profiles,
) -> Result<Vec<MatrixCluster>, SimulateError> {
    let patterns = PatternSettings::new(config);
    let mut patterns_of = PatternGenerator::new(patterns.config);
    let profile_idx = profiles.matrix_idx();
    let mut clusters = Vec::new();
    for (id, (n_molecules, ion)) in (1..).zip(ions(config)) {
        if !patterns.is_measured(&ion) {
            continue;
        }
        let peaks = peaks_of(&mut patterns_of, &ion)?;
        let mut rng = generator(config.seed, Purpose::Matrix, id);
        let median = LEVEL * config.median_level / f64::from(n_molecules).powf(1.5);
        let level = intensity(&mut rng, median, LEVEL_DECADES);
        let levels = vary(
            &mut rng,
            &profiles.get(profile_idx).levels,
            level,
            REGION_SIGMA,
        );
        clusters.push(MatrixCluster {
            ion,
            source: Source {
                profile_idx,
                levels,
                peaks,
            },
        });
    }
    Ok(clusters)
}

/// Formulas of clusters with their numbers of molecules.
fn ions(config: &SimulationConfig) -> Vec<(u32, Formula)> {
    let molecule = matrix_formula(config.matrix);
    let texts = match config.polarity {
        Polarity::Positive => &POSITIVE[..],
        Polarity::Negative => &NEGATIVE[..],
    };
    let mut cluster = Formula::default();
    let mut ions = Vec::new();
    for n_molecules in 1..=MAX_MOLECULES {
        cluster = cluster.plus(&molecule, 1);
        let of_text = |&text: &&'static str| ion_formula(&cluster, &known_modifier(text));
        ions.extend(
            texts
                .iter()
                .filter_map(of_text)
                .map(|ion| (n_molecules, ion)),
        );
    }
    ions
}

#[expect(clippy::expect_used, reason = "constants, each parsed by a test")]
fn matrix_formula(matrix: Matrix) -> Formula {
    let text = match matrix {
        Matrix::Dhb => "C7H6O4",
        Matrix::Chca => "C10H7NO3",
        Matrix::Dan => "C10H10N2",
    };
    Formula::parse(text, Repeats::Add).expect("a constant formula")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_matrix_has_clusters_of_both_signs() {
        for matrix in [Matrix::Dhb, Matrix::Chca, Matrix::Dan] {
            for polarity in [Polarity::Positive, Polarity::Negative] {
                let config = SimulationConfig {
                    polarity,
                    matrix,
                    ..SimulationConfig::demo()
                };
                assert!(ions(&config).len() >= 25);
            }
        }
        let dhb = ions(&SimulationConfig::demo());
        assert!(
            dhb.iter()
                .any(|(n, ion)| *n == 2 && ion.to_string() == "C14H12O8Na")
        );
    }
}
