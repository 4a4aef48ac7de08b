//! Molecules of the tissue: which are there, how much, where, and as which ions.

use std::collections::HashSet;

use ms_core::formula::Formula;
use ms_core::imzml::Polarity;
use ms_core::ion::{Charge, Modifier, ion_formula};
use ms_core::isotopes::{CentroidRule, PatternConfig, PatternGenerator, PatternPeak, PeakWidth};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::config::SimulationConfig;
use super::error::SimulateError;
use super::profile::{Profiles, vary};
use super::random::{Purpose, factor, generator, intensity};
use super::source::{Source, SourcePeak};
use super::tissue::{ByRegion, OFF_SAMPLE};

/// Isotopic peaks of an ion.
const N_PEAKS: usize = 8;

/// Spread of a molecule's level in a region around that of its group, natural logarithm.
const REGION_SIGMA: f64 = 0.25;

/// Further spread of the ions of one molecule, which salt content and suppression cause.
const ION_SIGMA: f64 = 0.1;

/// Spread of adduct shares between molecules, natural logarithm.
const ADDUCT_SIGMA: f64 = 0.8;

/// Share of molecules that are washed from the tissue onto the slide, and their level there.
const LEAK: (f64, f32) = (0.15, 0.03);

/// An ion of a chosen molecule.
#[derive(Debug)]
pub(super) struct MoleculeIon {
    /// Index of the molecule in the table.
    pub(super) molecule: usize,
    pub(super) formula: Formula,
    pub(super) adduct: Modifier,
    pub(super) ion: Formula,
    pub(super) source: Source,
}

/// A molecule that was chosen.
#[derive(Debug)]
struct Chosen<'a> {
    molecule: usize,
    formula: &'a Formula,
    group: usize,
    /// Intensity of all its ions together in each region.
    levels: ByRegion,
    rng: ChaCha8Rng,
}

/// Draws molecules and their ions, by molecule and in the order of the adducts.
pub(super) fn draw_ions(
    config: &SimulationConfig,
    molecules: &[(String, Formula)],
    profiles: &Profiles,
) -> Result<Vec<MoleculeIon>, SimulateError> {
    let patterns = PatternSettings::new(config);
    let ions: Result<Vec<Vec<MoleculeIon>>, SimulateError> = choose(config, molecules, &patterns)?
        .into_par_iter()
        .map_init(
            || PatternGenerator::new(patterns.config),
            |generator, molecule| {
                let chosen = draw_molecule(config, profiles, molecule, &molecules[molecule].1);
                ions_of(config, chosen, &patterns, generator)
            },
        )
        .collect();
    Ok(ions?.into_iter().flatten().collect())
}

/// How isotopic patterns are computed, and which m/z are measured.
#[derive(Debug)]
pub(super) struct PatternSettings {
    pub(super) config: PatternConfig,
    mz_range: (f64, f64),
}

impl PatternSettings {
    /// Those of the instrument.
    pub(super) fn new(config: &SimulationConfig) -> Self {
        let charge = charge_of(config.polarity);
        let width = PeakWidth::Analyzer {
            instrument: config.instrument,
            resolving_power: config.resolving_power,
        };
        let rule = CentroidRule::Exact;
        let pattern = PatternConfig {
            width,
            charge,
            n_peaks: N_PEAKS,
            rule,
        };
        Self {
            config: pattern,
            mz_range: config.mz_range,
        }
    }

    /// Whether this m/z is measured.
    pub(super) fn is_in_range(&self, mz: f64) -> bool {
        (self.mz_range.0..=self.mz_range.1).contains(&mz)
    }

    /// Whether the ion of principal isotopes is measured.
    pub(super) fn is_measured(&self, ion: &Formula) -> bool {
        self.is_in_range(self.config.charge.mz(ion.principal_mass_da()))
    }
}

/// Isotopic peaks of an ion by m/z, the strongest at 1.
pub(super) fn peaks_of(
    generator: &mut PatternGenerator,
    ion: &Formula,
) -> Result<Vec<SourcePeak>, SimulateError> {
    let pattern = generator
        .pattern(ion)
        .map_err(|source| SimulateError::Pattern {
            ion: ion.to_string(),
            source,
        })?;
    let peak = |peak: &PatternPeak| SourcePeak {
        mz: peak.mz,
        relative: peak.intensity / 100.0,
    };
    Ok(pattern.iter().map(peak).collect())
}

#[expect(
    clippy::expect_used,
    reason = "1 and -1 are charges, as a test asserts"
)]
fn charge_of(polarity: Polarity) -> Charge {
    let number = match polarity {
        Polarity::Positive => 1,
        Polarity::Negative => -1,
    };
    Charge::new(number).expect("a charge of 1 or -1")
}

/// Indices of the molecules in the tissue, ascending.
fn choose(
    config: &SimulationConfig,
    molecules: &[(String, Formula)],
    patterns: &PatternSettings,
) -> Result<Vec<usize>, SimulateError> {
    let mut seen = HashSet::new();
    let is_new = |(i, (_, formula)): (usize, &'_ (String, Formula))| {
        let is_seen = |(adduct, _): &(Modifier, f64)| {
            ion_formula(formula, adduct).is_some_and(|ion| patterns.is_measured(&ion))
        };
        (config.adducts.iter().any(is_seen) && seen.insert(formula.to_string())).then_some(i)
    };
    let mut candidates: Vec<usize> = molecules.iter().enumerate().filter_map(is_new).collect();
    if candidates.len() < config.n_molecules {
        return Err(SimulateError::TooFewMolecules {
            wanted: config.n_molecules,
            found: candidates.len(),
        });
    }
    candidates.shuffle(&mut generator(config.seed, Purpose::Choice, 0));
    candidates.truncate(config.n_molecules);
    candidates.sort_unstable();
    Ok(candidates)
}

fn draw_molecule<'a>(
    config: &SimulationConfig,
    profiles: &Profiles,
    molecule: usize,
    formula: &'a Formula,
) -> Chosen<'a> {
    let mut rng = generator(config.seed, Purpose::Molecule, molecule as u64);
    let group = rng.random_range(0..profiles.n_groups());
    let abundance = intensity(&mut rng, config.median_level, config.level_decades);
    let mut levels = vary(
        &mut rng,
        &profiles.get(group).levels,
        abundance,
        REGION_SIGMA,
    );
    if rng.random_bool(LEAK.0) {
        levels[OFF_SAMPLE] = abundance * LEAK.1 * factor(&mut rng, REGION_SIGMA);
    }
    Chosen {
        molecule,
        formula,
        group,
        levels,
        rng,
    }
}

/// Ions that the molecule can make and that are measured.
fn ions_of(
    config: &SimulationConfig,
    mut chosen: Chosen<'_>,
    patterns: &PatternSettings,
    generator: &mut PatternGenerator,
) -> Result<Vec<MoleculeIon>, SimulateError> {
    let shares = draw_adduct_shares(config, &mut chosen);
    let mut ions = Vec::new();
    for (adduct, ion, share) in shares {
        if !patterns.is_measured(&ion) {
            continue;
        }
        let peaks = peaks_of(generator, &ion)?;
        let levels = vary(&mut chosen.rng, &chosen.levels, share, ION_SIGMA);
        let source = Source {
            profile_idx: chosen.group,
            levels,
            peaks,
        };
        if !patterns.is_in_range(source.strongest_mz()) {
            continue;
        }
        let formula = chosen.formula.clone();
        ions.push(MoleculeIon {
            molecule: chosen.molecule,
            formula,
            adduct,
            ion,
            source,
        });
    }
    Ok(ions)
}

/// The possible ions with their shares, which sum to 1.
#[expect(clippy::cast_possible_truncation, reason = "shares of 1")]
fn draw_adduct_shares(
    config: &SimulationConfig,
    chosen: &mut Chosen<'_>,
) -> Vec<(Modifier, Formula, f32)> {
    let mut possible = Vec::new();
    for (adduct, mean_share) in &config.adducts {
        let share = *mean_share as f32 * factor(&mut chosen.rng, ADDUCT_SIGMA);
        if let Some(ion) = ion_formula(chosen.formula, adduct) {
            possible.push((adduct.clone(), ion, share));
        }
    }
    let sum: f32 = possible.iter().map(|&(_, _, share)| share).sum();
    for (_, _, share) in &mut possible {
        *share /= sum;
    }
    possible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_are_those_of_the_polarity() {
        assert_eq!(charge_of(Polarity::Positive).number(), 1);
        assert_eq!(charge_of(Polarity::Negative).number(), -1);
    }
}
