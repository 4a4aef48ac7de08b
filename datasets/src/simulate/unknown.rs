//! Compounds that no table has, and what ions of molecules make besides: in-source fragments and
//! dimers. Every real sample has them, and they look like molecules in all but their formulas.

use std::collections::HashSet;

use ms_core::formula::{Formula, Repeats};
use ms_core::ion::{Modifier, ion_formula};
use ms_core::isotopes::PatternGenerator;
use rand::RngExt;
use rayon::prelude::*;

use super::chemistry::{MoleculeIon, PatternSettings, peaks_of};
use super::config::{SimulationConfig, known_modifier};
use super::error::SimulateError;
use super::profile::{Profiles, vary};
use super::random::{Purpose, factor, generator, intensity};
use super::source::Source;

/// What turns a molecule of the table into a compound that it may lack; each is applied one to three
/// times in turn.
const CHANGES: [&str; 8] = ["+CH2", "+H2", "-H2", "+O", "+C2H2O", "+NH", "-CO", "+CO2"];

/// Formulas that are tried for a compound.
const MAX_TRIES: u64 = 50;

/// Losses of ions in the source, and the share of the molecules' ions that have each.
const LOSSES: [(&str, f64); 3] = [("-H2O", 0.3), ("-NH3", 0.1), ("-CO2", 0.1)];

/// Median share of a fragment in the intensity of its ion, and its spread, natural logarithm.
const FRAGMENT_SHARE: (f32, f64) = (0.15, 0.7);

/// Share of the molecules' ions that have a dimer, and the dimer's median share in the intensity.
const DIMER: (f64, f32) = (0.05, 0.05);

/// Spread between regions, natural logarithm.
const REGION_SIGMA: f64 = 0.25;

/// An ion of a compound that no table has.
#[derive(Debug)]
pub(super) struct UnknownIon {
    pub(super) ion: Formula,
    pub(super) source: Source,
}

/// Ions of `config.n_unknown` compounds with their adducts. None has a formula of `known` molecules.
pub(super) fn draw_ions(
    config: &SimulationConfig,
    known: &[(String, Formula)],
    profiles: &Profiles,
) -> Result<Vec<UnknownIon>, SimulateError> {
    let settings = PatternSettings::new(config);
    let listed: HashSet<&Formula> = known.iter().map(|(_, formula)| formula).collect();
    let ions: Result<Vec<Vec<UnknownIon>>, SimulateError> = (0..config.n_unknown as u64)
        .into_par_iter()
        .map(|id| compound(config, known, &listed, profiles, &settings, id))
        .collect();
    Ok(ions?.into_iter().flatten().collect())
}

/// Fragments and dimers of the molecules' ions, where there are unknown compounds too.
pub(super) fn draw_companions(
    config: &SimulationConfig,
    ions: &[MoleculeIon],
) -> Result<Vec<Source>, SimulateError> {
    if config.n_unknown == 0 {
        return Ok(Vec::new());
    }
    let settings = PatternSettings::new(config);
    let numbered: Vec<(u64, &MoleculeIon)> = (0..).zip(ions).collect();
    let sources: Result<Vec<Vec<Source>>, SimulateError> = numbered
        .into_par_iter()
        .map(|(id, ion)| companions(config, ion, &settings, id))
        .collect();
    Ok(sources?.into_iter().flatten().collect())
}

/// The ions of a compound that no table has.
fn compound(
    config: &SimulationConfig,
    known: &[(String, Formula)],
    listed: &HashSet<&Formula>,
    profiles: &Profiles,
    settings: &PatternSettings,
    id: u64,
) -> Result<Vec<UnknownIon>, SimulateError> {
    let mut rng = generator(config.seed, Purpose::Unknown, id);
    let mut patterns = PatternGenerator::new(settings.config);
    for _ in 0..MAX_TRIES {
        let mut formula = known[rng.random_range(0..known.len())].1.clone();
        for _ in 0..rng.random_range(1..=3) {
            let change = known_modifier(CHANGES[rng.random_range(0..CHANGES.len())]);
            formula = ion_formula(&formula, &change).unwrap_or(formula);
        }
        let is_seen = |adduct: &Modifier| {
            ion_formula(&formula, adduct).is_some_and(|ion| settings.is_measured(&ion))
        };
        let is_new = !listed.contains(&formula);
        if !is_new || !config.adducts.iter().any(|(adduct, _)| is_seen(adduct)) {
            continue;
        }
        let profile_idx = rng.random_range(0..profiles.n_groups());
        let level = intensity(&mut rng, config.median_level, config.level_decades);
        let base = profiles.get(profile_idx).levels;
        let mut ions = Vec::new();
        for (adduct, share) in &config.adducts {
            #[expect(clippy::cast_possible_truncation, reason = "a share of 1")]
            let level = level * *share as f32 * factor(&mut rng, FRAGMENT_SHARE.1);
            let levels = vary(&mut rng, &base, level, REGION_SIGMA);
            let ion = ion_formula(&formula, adduct).filter(|ion| settings.is_measured(ion));
            if let Some(ion) = ion {
                let source = Source {
                    profile_idx,
                    levels,
                    peaks: peaks_of(&mut patterns, &ion)?,
                };
                ions.push(UnknownIon { ion, source });
            }
        }
        return Ok(ions);
    }
    Ok(Vec::new())
}

/// Fragments and dimers of a molecule's ion.
fn companions(
    config: &SimulationConfig,
    ion: &MoleculeIon,
    settings: &PatternSettings,
    id: u64,
) -> Result<Vec<Source>, SimulateError> {
    let mut rng = generator(config.seed, Purpose::Companion, id);
    let mut patterns = PatternGenerator::new(settings.config);
    let mut made: Vec<(Option<Formula>, f32)> = Vec::new();
    for (loss, probability) in LOSSES {
        let is_lost = rng.random_bool(probability);
        let share = FRAGMENT_SHARE.0 * factor(&mut rng, FRAGMENT_SHARE.1);
        if is_lost {
            made.push((ion_formula(&ion.ion, &known_modifier(loss)), share));
        }
    }
    let is_dimer = rng.random_bool(DIMER.0);
    let share = DIMER.1 * factor(&mut rng, FRAGMENT_SHARE.1);
    if is_dimer {
        let dimer = Formula::parse(&ion.formula.to_string(), Repeats::Add).ok();
        made.push((dimer.map(|molecule| ion.ion.plus(&molecule, 1)), share));
    }
    let mut sources = Vec::new();
    for (formula, share) in made {
        let Some(formula) = formula.filter(|formula| settings.is_measured(formula)) else {
            continue;
        };
        sources.push(Source {
            profile_idx: ion.source.profile_idx,
            levels: ion.source.levels.map(|level| level * share),
            peaks: peaks_of(&mut patterns, &formula)?,
        });
    }
    Ok(sources)
}
