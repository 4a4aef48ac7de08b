//! Ions of MALDI matrices: clusters of one to five molecules with salts, less water and the like.
//!
//! They are on the tissue and off it, and some have the formula or the mass of a metabolite's ion.

use ms_core::formula::{Formula, Repeats};
use ms_core::imzml::Polarity;
use ms_core::ion::{Charge, Modifier, ion_formula};
use ms_core::tolerance::Ppm;

const TABLE: &str = include_str!("../data/matrices.tsv");

/// Most molecules of a cluster.
const MAX_MOLECULES: u32 = 5;

/// What makes a cluster a cation, and an anion.
const CATIONS: [&str; 9] = [
    "[M]+",
    "+H",
    "+Na",
    "+K",
    "-H+Na2",
    "-H+K2",
    "-H+Na+K",
    "-H2+Na2+K",
    "-H2+Na+K2",
];
const ANIONS: [&str; 9] = [
    "[M]-", "-H", "-H2", "+Cl", "-H2+Na", "-H2+K", "-H3+Na", "-H3+K", "-H3+Na+K",
];

/// Ions of a matrix that is there that are seen, at the least…
const MIN_SEEN: usize = 4;

/// … and by so many standard deviations more than by chance.
const MIN_SIGNIFICANCE: f64 = 5.0;

/// Distance in Th around an ion in which the peaks are counted that it may meet by chance.
const AROUND_TH: f64 = 0.1;

/// An ion of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixIon {
    /// Of what, such as `2 C7H6O4 - H2O + Na`.
    pub name: String,
    /// Its formula.
    pub formula: Formula,
    /// m/z in Th of its most abundant isotopes.
    pub mz: f64,
}

/// Names of the matrices that are known.
pub fn names() -> Vec<&'static str> {
    rows().map(|(name, ..)| name).collect()
}

/// The ions of a matrix, by m/z, each once; none of a name that is not known.
pub fn ions(matrix: &str, polarity: Polarity) -> Vec<MatrixIon> {
    let known = rows().find(|(name, ..)| *name == matrix);
    let sign = if polarity == Polarity::Positive {
        1
    } else {
        -1
    };
    let (Some((_, molecule, losses)), Ok(charge)) = (known, Charge::new(sign)) else {
        return Vec::new();
    };
    let Ok(molecule) = Formula::parse(molecule, Repeats::Add) else {
        return Vec::new();
    };
    let adducts = match polarity {
        Polarity::Positive => CATIONS,
        Polarity::Negative => ANIONS,
    };
    let mut ions = Vec::new();
    let mut cluster = Formula::default();
    for n in 1..=MAX_MOLECULES {
        cluster = cluster.plus(&molecule, 1);
        let name = format!(
            "{} {molecule}",
            if n == 1 { String::new() } else { n.to_string() }
        );
        add_ions(&mut ions, &cluster, name.trim(), &adducts, charge);
        for loss in losses.split_whitespace() {
            let Ok(lost) = Formula::parse(loss, Repeats::Add) else {
                continue;
            };
            let mut rest = cluster.clone();
            for k in 1..=n {
                rest = rest.plus(&lost, -1);
                let times = if k == 1 {
                    String::new()
                } else {
                    format!("{k} ")
                };
                let name = format!("{} - {times}{loss}", name.trim());
                add_ions(&mut ions, &rest, &name, &adducts, charge);
            }
        }
    }
    ions.sort_by(|a, b| a.mz.total_cmp(&b.mz));
    ions.dedup_by(|a, b| a.formula == b.formula);
    ions
}

fn add_ions(
    ions: &mut Vec<MatrixIon>,
    cluster: &Formula,
    name: &str,
    adducts: &[&str],
    charge: Charge,
) {
    for text in adducts {
        let Ok(adduct) = text.parse::<Modifier>() else {
            continue;
        };
        if let Some(formula) = ion_formula(cluster, &adduct) {
            let sign = if charge.number() > 0 { '+' } else { '-' };
            let adduct = if text.starts_with('[') { "" } else { text };
            ions.push(MatrixIon {
                name: format!("[{name}{adduct}]{sign}"),
                mz: charge.mz(formula.principal_mass_da()),
                formula,
            });
        }
    }
}

/// The matrices whose ions are among peaks (m/z in Th, ascending) more often than by chance.
pub fn recognize(peaks: &[f64], polarity: Polarity, ppm: Ppm) -> Vec<&'static str> {
    let within = |low: f64, high: f64| {
        let start = peaks.partition_point(|&mz| mz < low);
        peaks[start..].iter().take_while(|&&mz| mz <= high).count()
    };
    let is_there = |matrix: &&'static str| {
        let (mut n_seen, mut by_chance) = (0, 0.0);
        for ion in ions(matrix, polarity) {
            let window = ppm.window(ion.mz);
            n_seen += usize::from(within(window.low, window.high) > 0);
            let around = within(ion.mz - AROUND_TH, ion.mz + AROUND_TH) as f64;
            by_chance += around * (window.high - window.low) / (2.0 * AROUND_TH);
        }
        let surplus = n_seen as f64 - by_chance;
        n_seen >= MIN_SEEN && surplus >= MIN_SIGNIFICANCE * (by_chance + 0.1).sqrt()
    };
    names().into_iter().filter(is_there).collect()
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut fields = line.split('\t');
            Some((fields.next()?, fields.next()?, fields.next()?))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_matrix_has_ions_of_both_polarities() {
        assert_eq!(names().len(), 10);
        for name in names() {
            for polarity in [Polarity::Positive, Polarity::Negative] {
                let ions = ions(name, polarity);
                assert!(ions.len() > 60, "{name}: {}", ions.len());
                assert!(ions.is_sorted_by(|a, b| a.mz <= b.mz));
            }
        }
        assert_eq!(ions("none", Polarity::Positive), []);
    }

    #[test]
    fn the_ions_of_gentisic_acid_are_those_of_the_literature() {
        let ions = ions(names()[0], Polarity::Positive);
        // [M + H]+, [2 M − H2O + H]+, [2 M − 2 H2O + Na]+, in Th.
        for (name, mz) in [
            ("[C7H6O4+H]+", 155.03389),
            ("[2 C7H6O4 - H2O+H]+", 291.04995),
            ("[2 C7H6O4 - 2 H2O+Na]+", 295.02131),
        ] {
            let found = ions.iter().find(|ion| ion.name == name).unwrap();
            assert!((found.mz - mz).abs() < 1e-4, "{found:?}");
        }
    }

    #[test]
    fn a_matrix_is_recognized_by_its_ions() {
        let dhb = names()[0];
        let mut peaks: Vec<f64> = ions(dhb, Polarity::Positive)
            .iter()
            .step_by(8)
            .map(|ion| ion.mz * (1.0 + 1e-6))
            .collect();
        let others: Vec<f64> = (0..400).map(|i| 151.0713 + 2.0 * f64::from(i)).collect();
        assert!(recognize(&others, Polarity::Positive, Ppm(3.0)).is_empty());
        peaks.extend(others);
        peaks.sort_by(f64::total_cmp);
        assert_eq!(recognize(&peaks, Polarity::Positive, Ppm(3.0)), [dhb]);
    }
}
