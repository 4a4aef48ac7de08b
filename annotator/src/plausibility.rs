//! Which molecules of a formula are likelier to be what an ion is of, as far as names say it.
//!
//! Molecules with a quaternary amine hardly lose a proton, neutral lipids hardly take or lose one, and
//! acidic ones hardly take one. Of lipids, chains with an even number of carbons are more frequent.

const TABLE: &str = include_str!("../data/rare-ions.tsv");

/// What speaks against a molecule; a smaller one is likelier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// Whether molecules of its kind hardly form this ion.
    is_rare_ion: bool,
    /// Whether it is a lipid whose chains have an odd number of carbons together.
    has_odd_chains: bool,
}

/// What speaks against a molecule, given by its name, of an ion, given by its adduct such as `-H`.
///
/// ```
/// use annotator::plausibility::doubt;
///
/// // As [M−H]−, C43H78NO8P is a phosphatidylethanolamine rather than a choline.
/// assert!(doubt("PE 38:4", "-H") < doubt("PC 35:4", "-H"));
/// assert!(doubt("PC 36:4", "+H") < doubt("PE 39:4", "+H"));
/// ```
pub fn doubt(name: &str, adduct: &str) -> Doubt {
    let is_rare_ion = TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .any(|(kinds, adducts)| {
            adducts.split(' ').any(|rare| rare == adduct)
                && kinds.split(' ').any(|kind| is_of_kind(name, kind))
        });
    Doubt {
        is_rare_ion,
        has_odd_chains: n_odd_chains(name) % 2 == 1,
    }
}

fn is_of_kind(name: &str, kind: &str) -> bool {
    match kind.strip_prefix('*') {
        Some(ending) => name.to_lowercase().ends_with(ending),
        None => name.split([' ', '(']).next() == Some(kind),
    }
}

/// Chains, written `carbons:double bonds`, whose number of carbons is odd.
fn n_odd_chains(name: &str) -> usize {
    let is_odd_chain = |&(colon, _): &(usize, &str)| {
        let last_digit = name[..colon].chars().next_back();
        let is_odd = last_digit
            .and_then(|digit| digit.to_digit(10))
            .is_some_and(|digit| digit % 2 == 1);
        is_odd && name[colon + 1..].starts_with(|c: char| c.is_ascii_digit())
    };
    name.match_indices(':').filter(is_odd_chain).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(mut names: Vec<&str>, adduct: &str) -> Vec<String> {
        names.sort_by_key(|name| doubt(name, adduct));
        names.into_iter().map(Into::into).collect()
    }

    #[test]
    fn what_forms_no_such_ion_comes_last() {
        let names = ["PC 35:4", "PC(14:0/20:4(5Z,8Z,11Z,14Z))", "PE 38:4"];
        assert_eq!(
            ordered(names.into(), "-H"),
            ["PE 38:4", "PC(14:0/20:4(5Z,8Z,11Z,14Z))", "PC 35:4"]
        );
        assert_eq!(
            ordered(names.into(), "+Na"),
            ["PC(14:0/20:4(5Z,8Z,11Z,14Z))", "PE 38:4", "PC 35:4"]
        );
        let acids = ["Palmitoylcarnitine", "PCB 1", "Glucose"];
        assert_eq!(
            ordered(acids.into(), "-H"),
            ["PCB 1", "Glucose", "Palmitoylcarnitine"]
        );
    }

    #[test]
    fn chains_are_read_from_names() {
        for (name, is_odd) in [
            ("PE 38:4", false),
            ("PC O-35:5", true),
            ("PC(15:0/18:1(9Z))", true),
            ("PC(15:0/17:1)", false),
            ("SM 34:1;O2", false),
            ("a: b", false),
            ("µ7:é", false),
            ("7:", false),
        ] {
            assert_eq!(doubt(name, "+H").has_odd_chains, is_odd, "{name}");
        }
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            let (kinds, adducts) = line.split_once('\t').unwrap();
            for kind in kinds.split(' ') {
                for adduct in adducts.split(' ') {
                    let ending = kind.strip_prefix('*').map(ToOwned::to_owned);
                    let name = ending.unwrap_or_else(|| format!("{kind} 34:1"));
                    assert!(doubt(&name, adduct).is_rare_ion, "{line}");
                    assert!(!doubt(&name, "+Na").is_rare_ion, "{line}");
                }
            }
        }
    }
}
