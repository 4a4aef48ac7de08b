//! The search space: formulas × modifications × losses × adducts, targets and decoys.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use hashbrown::HashTable;
use ms_core::formula::Formula;
use ms_core::ion::{Charge, Modifier, ion_formula};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::config::{
    AnnotateConfig, DecoyCount, DecoyDraw, ModifierCounts, ion_forms, polarity_of,
};
use crate::decoys::DecoyDraws;
use crate::error::AnnotateError;
use crate::indices::{DecoyModifierIdx, FormulaIdx, IonIdx, ModifierIdx, TableIdx};
use crate::moldb::MoleculeTable;
use crate::recombined::recombine;

/// An ion to be searched, once however many molecules and tables it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Ion {
    /// Its formula.
    pub formula: Formula,
    /// Its charge, where that is not the one of the settings.
    pub own_charge: Option<Charge>,
    /// m/z in Th of its most abundant isotopes.
    pub mz: f64,
    /// Whether it is the ion of a molecule, and not of a decoy alone.
    pub is_target: bool,
}

impl Ion {
    /// Its charge, which is that of the settings where it has none of its own.
    pub fn charge(&self, of_settings: Charge) -> Charge {
        self.own_charge.unwrap_or(of_settings)
    }

    /// How it is named in tables of results: by its formula, with its own charge where it has one, as
    /// in `[C6H14O6]2+`.
    pub fn text(&self) -> String {
        match self.own_charge {
            None => self.formula.to_string(),
            Some(charge) => Modifier::charged(charge).ion_text(&self.formula.to_string(), charge),
        }
    }
}

/// A decoy with a target's own modifier, and a formula as plausible as those of the molecule table that
/// is in none: it finds what a target that is not there finds by chance of compounds that are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recombined {
    /// Place of the target that it is drawn for among those of its table.
    pub target: u32,
    /// Place of its formula in [`TableSpace::recombined_formulas`].
    pub formula: u32,
    /// Place in [`SearchSpace::ions`].
    pub ion: IonIdx,
}

/// A molecule's formula with a target modifier, as an ion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Place in the table's formulas.
    pub formula: FormulaIdx,
    /// Place in [`SearchSpace::modifiers`].
    pub modifier: ModifierIdx,
    /// Place in [`SearchSpace::ions`].
    pub ion: IonIdx,
}

/// A decoy that stands against a formula and target modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoy {
    /// Place in the table's formulas.
    pub formula: FormulaIdx,
    /// Place of the target modifier in [`SearchSpace::modifiers`].
    pub target_modifier: ModifierIdx,
    /// Place of its own modifier in [`SearchSpace::decoy_modifiers`].
    pub modifier: DecoyModifierIdx,
    /// Which of the draws of its formula it is, from 0.
    pub draw: u16,
    /// Place in [`SearchSpace::ions`], or nothing if the ion cannot exist.
    pub ion: Option<IonIdx>,
}

/// Targets and decoys of one molecule table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableSpace {
    /// By formula, then modifier; those whose ion can exist.
    pub targets: Vec<Target>,
    /// By formula, then target modifier, in the order of the draw.
    pub decoys: Vec<Decoy>,
    /// Formulas made of the differences between those of the table, by the one that each is made for.
    pub recombined_formulas: Vec<Formula>,
    /// By formula, then target modifier; those whose ion can exist and is no target's.
    pub recombined: Vec<Recombined>,
    /// Whether every target is an annotation, also without any score.
    pub is_targeted: bool,
}

/// Every ion to be searched.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchSpace {
    /// Target modifiers: every (none or modification) × (none or loss) × adduct. Behind the adducts
    /// of the settings stands `[M]+` or the like for molecules that are charged already.
    pub modifiers: Vec<Modifier>,
    /// For each number of molecules and charge of the targets' ions: their modifications and losses
    /// followed by each decoy adduct.
    pub decoy_modifiers: Vec<Modifier>,
    /// Decoy adducts.
    pub n_decoy_adducts: u16,
    /// By m/z, then formula.
    pub ions: Vec<Ion>,
    /// One for each molecule table.
    pub tables: Vec<TableSpace>,
    /// Decoys drawn for each target.
    pub n_decoys: u32,
}

impl SearchSpace {
    /// Combines molecule tables with the modifiers of a config and draws decoys.
    ///
    /// Cost: some 100 ns an ion. Memory: about 80 bytes an ion and 20 a decoy.
    ///
    /// # Errors
    /// A table without formulas, or more ions (2³² − 1), modifiers or tables (65,535 each) than
    /// can be numbered.
    pub fn new(tables: &[MoleculeTable], config: &AnnotateConfig) -> Result<Self, AnnotateError> {
        let target_adducts = target_adducts(tables, config);
        let counts = config.count_modifiers_of(&target_adducts)?;
        if tables.len() > usize::from(u16::MAX) {
            return Err(AnnotateError::TooManyTables {
                found: tables.len(),
                limit: usize::from(u16::MAX),
            });
        }
        let prefixes = prefixes(config);
        let join = |adducts: &[Modifier]| -> Vec<Modifier> {
            let with =
                |prefix: &Modifier| adducts.iter().map(|a| prefix.then(a)).collect::<Vec<_>>();
            prefixes.iter().flat_map(with).collect()
        };
        let modifiers = join(&target_adducts);
        let adducts = config.decoy_adducts();
        let forms = ion_forms(&target_adducts, config.pattern.charge);
        let of_form = |&(n_molecules, charge): &(u8, Charge)| {
            let own =
                Some(charge).filter(|&charge| (n_molecules, charge) != (1, config.pattern.charge));
            let adducts: Vec<Modifier> = adducts
                .iter()
                .map(|adduct| adduct.with_form(n_molecules, own))
                .collect();
            join(&adducts)
        };
        let decoy_modifiers: Vec<Modifier> = forms.iter().flat_map(of_form).collect();
        let n_decoys = match config.decoys {
            DecoyCount::Sample(n) => n.min(u32::from(counts.n_decoy_adducts)),
            DecoyCount::All => u32::from(counts.n_decoy_adducts),
        };
        let n_formulas: usize = tables.iter().map(|table| table.formulas.len()).sum();
        let n_draws = if config.rules.draw == DecoyDraw::PerModifier {
            target_adducts.len()
        } else {
            1
        };
        let n_decoys_of_prefix = (n_decoys as usize * n_draws).min(adducts.len());
        let n_ions_of_formula = modifiers.len() + prefixes.len() * n_decoys_of_prefix;
        let mut builder = Builder {
            config,
            adducts: &target_adducts,
            forms: &forms,
            modifiers: &modifiers,
            decoy_modifiers: &decoy_modifiers,
            counts,
            n_decoys: n_decoys as usize,
            ions: Vec::new(),
            by_formula: HashTable::with_capacity(n_formulas * n_ions_of_formula),
        };
        let mut spaces = Vec::new();
        for table in tables {
            spaces.push(builder.table(table)?);
        }
        // When all targets are known: none of these is one.
        for (table, space) in tables.iter().zip(&mut spaces) {
            space.recombined_formulas = recombine(table, tables, config);
            builder.recombined(table, space)?;
        }
        let ions = builder.ions;
        let mut space = Self {
            modifiers,
            decoy_modifiers,
            n_decoy_adducts: counts.n_decoy_adducts,
            ions,
            tables: spaces,
            n_decoys,
        };
        space.order_ions();
        Ok(space)
    }

    /// Decoys whose ion exists for each target whose ion exists, of a table and a target modifier.
    pub fn existing_decoys_per_target(&self, table: TableIdx, modifier: ModifierIdx) -> f64 {
        let table = &self.tables[table.usize()];
        let targets = table
            .targets
            .iter()
            .filter(|target| target.modifier == modifier);
        let of_modifier = |decoy: &&Decoy| decoy.target_modifier == modifier;
        let decoys = table
            .decoys
            .iter()
            .filter(of_modifier)
            .filter(|decoy| decoy.ion.is_some());
        decoys.count() as f64 / targets.count().max(1) as f64
    }

    /// The same of all target modifiers of a table.
    pub fn existing_decoys_for_each(&self, table: TableIdx) -> f64 {
        let table = &self.tables[table.usize()];
        let decoys = table.decoys.iter().filter(|decoy| decoy.ion.is_some());
        decoys.count() as f64 / table.targets.len().max(1) as f64
    }

    /// Recombined decoys for each target of a table; nothing of a table too small to have any.
    pub fn recombined_for_each(&self, table: TableIdx) -> Option<f64> {
        let table = &self.tables[table.usize()];
        let n_targets = table.targets.len().max(1) as f64;
        (!table.recombined.is_empty()).then(|| table.recombined.len() as f64 / n_targets)
    }

    /// Number of rankings: one for each molecule table and target modifier.
    pub fn n_rankings(&self) -> usize {
        self.tables.len() * self.modifiers.len()
    }

    /// Molecule table and target modifier of a ranking.
    pub fn ranking(&self, ranking: usize) -> (TableIdx, ModifierIdx) {
        let n_modifiers = self.modifiers.len();
        (
            TableIdx::at(ranking / n_modifiers),
            ModifierIdx::at(ranking % n_modifiers),
        )
    }

    /// Number of ions of molecules.
    pub fn n_targets(&self) -> usize {
        self.ions.iter().filter(|ion| ion.is_target).count()
    }

    /// Puts the ions in order of m/z and formula, whatever the order of the tables.
    fn order_ions(&mut self) {
        let mut ions = std::mem::take(&mut self.ions);
        let mut keyed: Vec<(f64, IonIdx)> = ions
            .iter()
            .zip((0..).map(IonIdx))
            .map(|(ion, old)| (ion.mz, old))
            .collect();
        keyed.sort_unstable_by(|(a_mz, a), (b_mz, b)| {
            let text = |ion: &IonIdx| ions[ion.usize()].text();
            a_mz.total_cmp(b_mz).then_with(|| text(a).cmp(&text(b)))
        });
        let mut new_idx = vec![IonIdx::default(); keyed.len()];
        for ((_, old), new) in keyed.iter().zip((0..).map(IonIdx)) {
            new_idx[old.usize()] = new;
        }
        let nothing = || Ion {
            formula: Formula::default(),
            own_charge: None,
            mz: 0.0,
            is_target: false,
        };
        self.ions = keyed
            .into_iter()
            .map(|(_, old)| std::mem::replace(&mut ions[old.usize()], nothing()))
            .collect();
        for table in &mut self.tables {
            for target in &mut table.targets {
                target.ion = new_idx[target.ion.usize()];
            }
            for recombined in &mut table.recombined {
                recombined.ion = new_idx[recombined.ion.usize()];
            }
            for ion in table
                .decoys
                .iter_mut()
                .filter_map(|decoy| decoy.ion.as_mut())
            {
                *ion = new_idx[ion.usize()];
            }
        }
    }
}

/// (none or a modification) × (none or a loss), in this order.
fn prefixes(config: &AnnotateConfig) -> Vec<Modifier> {
    let none = Modifier::none();
    let losses = || std::iter::once(&none).chain(&config.neutral_losses);
    std::iter::once(&none)
        .chain(&config.chem_mods)
        .flat_map(|modification| losses().map(|loss| modification.then(loss)))
        .collect()
}

/// The adducts of the settings, and behind them what makes ions of molecules that are charged already,
/// for each charge of the polarity that a table has.
fn target_adducts(tables: &[MoleculeTable], config: &AnnotateConfig) -> Vec<Modifier> {
    let charge = config.pattern.charge;
    let of_tables = tables.iter().flat_map(MoleculeTable::charges);
    let charges: BTreeSet<Charge> = of_tables
        .filter(|of_table| polarity_of(*of_table) == polarity_of(charge))
        .collect();
    let mut adducts = config.adducts.clone();
    for adduct in charges.into_iter().map(Modifier::charged) {
        if !adducts.iter().any(|known| known.is_same(&adduct, charge)) {
            adducts.push(adduct);
        }
    }
    adducts
}

struct Builder<'a> {
    config: &'a AnnotateConfig,
    /// Those of the settings, then those of charged molecules.
    adducts: &'a [Modifier],
    /// Numbers of molecules and charges of the ions that these make.
    forms: &'a [(u8, Charge)],
    modifiers: &'a [Modifier],
    decoy_modifiers: &'a [Modifier],
    counts: ModifierCounts,
    n_decoys: usize,
    ions: Vec<Ion>,
    /// Places of ions, by formula.
    by_formula: HashTable<IonIdx>,
}

impl Builder<'_> {
    fn table(&mut self, table: &MoleculeTable) -> Result<TableSpace, AnnotateError> {
        if table.formulas.is_empty() {
            return Err(AnnotateError::NoFormulas {
                table: table.name.clone(),
                n_rows: table.molecules.len() + table.bad_rows.len(),
                n_bad: table.bad_rows.len(),
            });
        }
        // Each table has its own draw, so that its decoys do not depend on the others.
        let n_decoy_adducts = self.counts.n_decoy_adducts;
        let mut draws = DecoyDraws::new(self.config.seed, n_decoy_adducts, self.n_decoys);
        let mut space = TableSpace {
            is_targeted: table.is_targeted,
            ..TableSpace::default()
        };
        let n_targets = table.formulas.len() * self.modifiers.len();
        space.targets.reserve_exact(n_targets);
        space.decoys.reserve_exact(n_targets * self.n_decoys);
        for (formula, formula_idx) in table.formulas.iter().zip((0..).map(FormulaIdx)) {
            let own_charge = table.charge(formula_idx);
            for (modifier, modifier_idx) in self.modifiers.iter().zip((0..).map(ModifierIdx)) {
                let adduct = modifier_idx.usize() % self.adducts.len();
                if !self.applies(adduct, own_charge) {
                    continue;
                }
                if let Some(ion) = self.ion(formula, modifier, true)? {
                    space.targets.push(Target {
                        formula: formula_idx,
                        modifier: modifier_idx,
                        ion,
                    });
                }
            }
            let molecule = (formula_idx, formula, own_charge);
            self.decoys(molecule, &mut draws, &mut space.decoys)?;
        }
        Ok(space)
    }

    /// The ions of recombined formulas, each against the targets of the formula it is made for.
    fn recombined(
        &mut self,
        table: &MoleculeTable,
        space: &mut TableSpace,
    ) -> Result<(), AnnotateError> {
        let per_formula = self.config.rules.n_recombined as usize;
        for (target, number) in space.targets.iter().zip(0_u32..) {
            let first = target.formula.usize() * per_formula;
            for place in first..first + per_formula {
                let found = space.recombined_formulas.get(place);
                let Some(formula) = found.filter(|formula| !formula.is_empty()) else {
                    continue;
                };
                let modifier = &self.modifiers[target.modifier.usize()];
                let ion = self.ion(formula, modifier, false)?;
                let ion = ion.filter(|ion| !self.ions[ion.usize()].is_target);
                space.recombined.extend(ion.map(|ion| Recombined {
                    target: number,
                    formula: FormulaIdx::at(place).0,
                    ion,
                }));
            }
        }
        debug_assert!(space.recombined_formulas.len() <= table.formulas.len() * per_formula);
        Ok(())
    }

    /// Whether an adduct makes ions of molecules of a charge: of neutral ones those of the settings,
    /// of others nothing but what leaves them as they are.
    fn applies(&self, adduct: usize, own_charge: Option<Charge>) -> bool {
        match own_charge {
            None => adduct < self.config.adducts.len(),
            Some(charge) => {
                let as_it_is = Modifier::charged(charge);
                self.adducts[adduct].is_same(&as_it_is, self.config.pattern.charge)
            }
        }
    }

    fn decoys(
        &mut self,
        (formula_idx, formula, own_charge): (FormulaIdx, &Formula, Option<Charge>),
        draws: &mut DecoyDraws,
        out: &mut Vec<Decoy>,
    ) -> Result<(), AnnotateError> {
        let mut draw = None;
        let mut ions: FxHashMap<u16, Option<IonIdx>> = FxHashMap::default();
        let ModifierCounts {
            n_adducts,
            n_targets,
            n_decoy_adducts,
            ..
        } = self.counts;
        let n_prefixes = n_targets / n_adducts;
        let mut all = || match self.config.decoys {
            DecoyCount::Sample(_) => draws.draw(),
            DecoyCount::All => (0..n_decoy_adducts).collect(),
        };
        for target_modifier in 0..n_targets {
            let adduct = usize::from(target_modifier % n_adducts);
            if !self.applies(adduct, own_charge) {
                continue;
            }
            if self.config.rules.draw == DecoyDraw::PerModifier {
                draw = None;
            }
            let numbers = draw.get_or_insert_with(&mut all);
            // Target modifiers of one prefix stand together, and so do its decoy modifiers of a form.
            let block = target_modifier / n_adducts + n_prefixes * self.form(adduct);
            for (number, &adduct) in (0..).zip(&*numbers) {
                let place = block * n_decoy_adducts + adduct;
                let ion = if let Some(&known) = ions.get(&place) {
                    known
                } else {
                    let made =
                        self.ion(formula, &self.decoy_modifiers[usize::from(place)], false)?;
                    *ions.entry(place).or_insert(made)
                };
                out.push(Decoy {
                    formula: formula_idx,
                    target_modifier: ModifierIdx(target_modifier),
                    modifier: DecoyModifierIdx(place),
                    draw: number,
                    ion,
                });
            }
        }
        Ok(())
    }

    /// Place of the number of molecules and charge of the ions that an adduct makes.
    fn form(&self, adduct: usize) -> u16 {
        let adduct = &self.adducts[adduct];
        let form = (adduct.n_molecules(), self.config.charge_of(adduct));
        let place = (0..).zip(self.forms).find(|(_, known)| **known == form);
        place.map_or(0, |(place, _)| place)
    }

    /// Number of an ion, added where it is new; nothing if it cannot exist, has labels alone, or lies
    /// outside the m/z limits.
    fn ion(
        &mut self,
        molecule: &Formula,
        modifier: &Modifier,
        is_target: bool,
    ) -> Result<Option<IonIdx>, AnnotateError> {
        let Some(formula) = ion_formula(molecule, modifier) else {
            return Ok(None);
        };
        if formula.iter().all(|(element, _)| element.is_label()) {
            return Ok(None);
        }
        let charge = self.config.charge_of(modifier);
        let own_charge = Some(charge).filter(|&charge| charge != self.config.pattern.charge);
        let mz = charge.mz(formula.principal_mass_da());
        let (from, to) = self.config.mz_limits;
        if mz < from || mz > to {
            return Ok(None);
        }
        let hash = |formula: &Formula| FxBuildHasher.hash_one(formula);
        let (ions, of_formula) = (&mut self.ions, hash(&formula));
        let is_same = |known: &IonIdx| {
            let known = &ions[known.usize()];
            known.formula == formula && known.own_charge == own_charge
        };
        if let Some(&known) = self.by_formula.find(of_formula, is_same) {
            ions[known.usize()].is_target |= is_target;
            return Ok(Some(known));
        }
        // The last number stays free, for an ion that is none.
        let next = u32::try_from(ions.len())
            .ok()
            .filter(|&next| next < u32::MAX)
            .map(IonIdx)
            .ok_or(AnnotateError::TooManyIons {
                limit: u64::from(u32::MAX),
            })?;
        ions.push(Ion {
            formula,
            own_charge,
            mz,
            is_target,
        });
        self.by_formula
            .insert_unique(of_formula, next, |known| hash(&ions[known.usize()].formula));
        Ok(Some(next))
    }
}

#[cfg(test)]
mod tests;
