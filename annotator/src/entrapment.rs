//! Entrapment: formulas that cannot be there, added to a molecule table so that what is found of
//! them measures the false discoveries.

use ms_core::elements::Element;
use ms_core::formula::{Formula, Repeats};
use rand_mt::Mt64;
use rustc_hash::FxHashSet;

use crate::moldb::{MAX_MOLECULES, MoleculeTable};

/// Farthest that an entrapment formula lies from the formula that it is drawn for, in Da.
pub const MAX_DISTANCE_DA: f64 = 0.1;

/// Nearest that it lies to any formula of the tables, in ppm.
pub const MIN_DISTANCE_PPM: f64 = 20.0;

/// Most entrapment formulas for each formula of a table.
pub const MAX_RATIO: u32 = 20;

const _: () = assert!(
    MAX_MOLECULES as u64 * (1 + MAX_RATIO as u64) <= u32::MAX as u64,
    "they are numbered together"
);

/// Formulas proposed for each that is wanted.
const PROPOSALS: u32 = 2_000;

/// Of the proposals that fit, so many for each that is wanted; the nearest in mass are taken.
const FITTING: u32 = 8;

/// Most P and S of a proposal.
const MAX_P: u32 = 3;
const MAX_S: u32 = 4;

/// Ratios to carbon of H, N, O, P and S, from and to, that 99.7 % of known compounds keep.
///
/// # Source
/// Kind & Fiehn 2007, doi:10.1186/1471-2105-8-105, table 2, "common range".
pub const COMMON_RATIOS: [(&str, f64, f64); 5] = [
    ("H", 0.2, 3.1),
    ("N", 0.0, 1.3),
    ("O", 0.0, 1.2),
    ("P", 0.0, 0.3),
    ("S", 0.0, 0.8),
];

/// Whether a formula has carbon, and for each of it a share of other elements that hardly any
/// compound has: one beyond [`COMMON_RATIOS`].
pub fn is_implausible(formula: &Formula) -> bool {
    let count =
        |symbol: &str| Element::from_symbol(symbol).map_or(0, |element| formula.count(element));
    let carbon = f64::from(count("C"));
    let is_outside = |&(symbol, from, to): &(&str, f64, f64)| {
        let ratio = f64::from(count(symbol)) / carbon;
        ratio < from || ratio > to
    };
    carbon > 0.0 && COMMON_RATIOS.iter().any(is_outside)
}

/// Adds to each table `ratio` entrapment formulas for each of its formulas, behind them, as
/// molecules `entrapment-00001`, `entrapment-00002` ….
///
/// Each is [implausible](is_implausible), of C, H, N, O, P and S, within [`MAX_DISTANCE_DA`] of the
/// formula it is drawn for, and more than [`MIN_DISTANCE_PPM`] from every formula of every table.
/// Proposals are drawn from (`seed`, the formula's text); of those that fit, the nearest in mass
/// that the table does not have yet are taken. A formula so light or so crowded that nothing fits
/// gets fewer, which [`MoleculeTable::n_entrapment`] tells. `ratio` is at most [`MAX_RATIO`].
///
/// Cost: some 0.1 ms for each formula added.
pub fn add_entrapment(tables: &mut [MoleculeTable], ratio: u32, seed: u32) {
    let formulas = tables.iter().flat_map(|table| &table.formulas);
    let mut masses: Vec<f64> = formulas.map(Formula::principal_mass_da).collect();
    masses.sort_by(f64::total_cmp);
    for table in tables {
        let mut taken: FxHashSet<Formula> = FxHashSet::default();
        let mut drawn: Vec<(Formula, String)> = Vec::new();
        for formula in &table.formulas {
            let fitting = draw(formula, &masses, ratio.min(MAX_RATIO), seed);
            let new = fitting
                .into_iter()
                .filter(|found| taken.insert(found.clone()));
            let name = format!("entrapment for {formula}");
            drawn.extend(new.take(ratio as usize).map(|found| (found, name.clone())));
        }
        for (number, (formula, name)) in (1..).zip(drawn) {
            table.push_entrapment(format!("entrapment-{number:05}"), name, formula);
        }
    }
}

/// Formulas that fit one of a table, from the nearest in mass.
fn draw(original: &Formula, masses: &[f64], ratio: u32, seed: u32) -> Vec<Formula> {
    let mass = original.principal_mass_da();
    let text = original.to_string();
    let key = std::iter::once(u64::from(seed)).chain(text.bytes().map(u64::from));
    let mut generator = Mt64::new_with_key(key);
    let Some(chonps) = Elements::new() else {
        return Vec::new();
    };
    let mut fitting: Vec<(f64, String, Formula)> = Vec::new();
    for _ in 0..PROPOSALS * ratio {
        let Some(formula) = chonps.propose(mass, &mut generator) else {
            continue;
        };
        let found = formula.principal_mass_da();
        let distance = (found - mass).abs();
        if distance <= MAX_DISTANCE_DA && is_alone(found, masses) && is_implausible(&formula) {
            fitting.push((distance, formula.to_string(), formula));
        }
        if fitting.len() >= (FITTING * ratio) as usize {
            break;
        }
    }
    fitting.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    fitting.into_iter().map(|(_, _, formula)| formula).collect()
}

/// Whether a mass is more than [`MIN_DISTANCE_PPM`] from each of the ascending masses.
fn is_alone(mass: f64, ascending: &[f64]) -> bool {
    let next = ascending.partition_point(|&other| other < mass);
    let is_far = |other: &f64| (other - mass).abs() > mass * MIN_DISTANCE_PPM * 1e-6;
    let before = next.checked_sub(1).and_then(|i| ascending.get(i));
    before.is_none_or(is_far) && ascending.get(next).is_none_or(is_far)
}

/// Masses of the elements that entrapment formulas are made of.
struct Elements {
    symbols: [&'static str; 6],
    masses: [f64; 6],
}

impl Elements {
    fn new() -> Option<Self> {
        let symbols = ["C", "H", "N", "O", "P", "S"];
        let mut masses = [0.0; 6];
        for (mass, symbol) in masses.iter_mut().zip(symbols) {
            *mass = Element::from_symbol(symbol)?.principal_mass_da();
        }
        Some(Self { symbols, masses })
    }

    /// A formula of about this mass: carbon for a quarter of it to all, P and S, N and O for a
    /// share of the rest, hydrogen for what is left; nothing if that is none.
    fn propose(&self, mass: f64, generator: &mut Mt64) -> Option<Formula> {
        let [carbon, hydrogen, nitrogen, oxygen, phosphorus, sulfur] = self.masses;
        let most_carbon = whole(mass / carbon);
        let n_carbon = most_carbon / 4 + at_most(generator, most_carbon - most_carbon / 4);
        let (n_phosphorus, n_sulfur) = (at_most(generator, MAX_P), at_most(generator, MAX_S));
        let heavy = [
            (n_carbon, carbon),
            (n_phosphorus, phosphorus),
            (n_sulfur, sulfur),
        ];
        let mut rest = mass
            - heavy
                .iter()
                .map(|&(n, atom)| f64::from(n) * atom)
                .sum::<f64>();
        let n_nitrogen = at_most(generator, whole(rest / nitrogen));
        rest -= f64::from(n_nitrogen) * nitrogen;
        let n_oxygen = at_most(generator, whole(rest / oxygen));
        rest -= f64::from(n_oxygen) * oxygen;
        if rest < 0.0 {
            return None;
        }
        let n_hydrogen = whole((rest / hydrogen).round());
        // Beyond four for each other atom, no arrangement of bonds would take them.
        if n_hydrogen > 4 * (n_carbon + n_nitrogen + n_oxygen) {
            return None;
        }
        let counts = [
            n_carbon,
            n_hydrogen,
            n_nitrogen,
            n_oxygen,
            n_phosphorus,
            n_sulfur,
        ];
        let term = |(symbol, n): (&&str, u32)| {
            if n == 0 {
                String::new()
            } else {
                format!("{symbol}{n}")
            }
        };
        let text: String = self.symbols.iter().zip(counts).map(term).collect();
        Formula::parse(&text, Repeats::Add).ok()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates at 0"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

/// A number from 0 to `limit`; the bias of the remainder is below 10⁻¹⁴.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the remainder is at most `limit`"
)]
fn at_most(generator: &mut Mt64, limit: u32) -> u32 {
    (generator.next_u64() % (u64::from(limit) + 1)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::FormulaIdx;
    use proptest::prelude::*;

    fn table(texts: &[&str]) -> MoleculeTable {
        let mut table = MoleculeTable::new("test");
        for text in texts {
            let formula = Formula::parse(text, Repeats::Add).unwrap();
            table.push(String::new(), String::new(), formula, Vec::new());
        }
        table
    }

    #[test]
    fn what_is_common_is_plausible() {
        let of = |text| is_implausible(&Formula::parse(text, Repeats::Add).unwrap());
        for text in ["C6H12O6", "C42H82NO8P", "C5H5N5", "C7H8O4S"] {
            assert!(!of(text), "{text}");
        }
        for text in ["C4H14O2", "C6H6N9", "C5H10O7", "C9H9P3", "C2H6S2", "C20H3"] {
            assert!(of(text), "{text}");
        }
        assert!(!of("H2O"), "without carbon there is no ratio");
    }

    #[test]
    fn a_phospholipid_gets_as_many_as_wanted() {
        for ratio in [1, 5] {
            let mut tables = [table(&["C42H82NO8P", "C16H32O2"])];
            add_entrapment(&mut tables, ratio, 42);
            assert_eq!(tables[0].n_entrapment(), 2 * ratio);
            let first = &tables[0].molecules[2];
            assert_eq!(first.id, "entrapment-00001");
            assert_eq!(first.name, "entrapment for C42H82NO8P");
            assert!(
                tables[0].is_entrapment(first.formula) && !tables[0].is_entrapment(FormulaIdx(1))
            );
        }
    }

    #[test]
    fn the_seed_decides() {
        let drawn = |seed| {
            let mut tables = [table(&["C42H82NO8P", "C6H12O6"])];
            add_entrapment(&mut tables, 3, seed);
            tables[0].formulas.clone()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }

    proptest! {
        #[test]
        fn entrapment_cannot_be_there(
            counts in prop::collection::vec((4_u32..50, 1_u32..80, 0_u32..4, 0_u32..9), 1..12),
            seed in any::<u32>(),
        ) {
            let mut one = table(&[]);
            let mut other = table(&["C6H12O6", "C18H34O2"]);
            for (i, (c, h, n, o)) in counts.iter().enumerate() {
                let text = format!("C{c}H{h}N{}O{}", n + 1, o + 1);
                let formula = Formula::parse(&text, Repeats::Add).unwrap();
                let half = if i % 2 == 0 { &mut one } else { &mut other };
                half.push(String::new(), String::new(), formula, Vec::new());
            }
            let mut tables = [one, other];
            let originals: Vec<Formula> =
                tables.iter().flat_map(|table| table.formulas.clone()).collect();
            add_entrapment(&mut tables, 2, seed);
            for table in &tables {
                let n = table.formulas.len() - table.n_entrapment() as usize;
                let (of_table, entrapment) = table.formulas.split_at(n);
                prop_assert!(entrapment.len() <= 2 * n);
                for formula in entrapment {
                    let mass = formula.principal_mass_da();
                    prop_assert!(formula.is_possible() && is_implausible(formula));
                    let ppm = |other: &Formula| (other.principal_mass_da() / mass - 1.0).abs() * 1e6;
                    prop_assert!(originals.iter().all(|other| ppm(other) > 19.99));
                    let da = |other: &Formula| (other.principal_mass_da() - mass).abs();
                    prop_assert!(of_table.iter().any(|other| da(other) <= MAX_DISTANCE_DA));
                }
            }
        }
    }
}
