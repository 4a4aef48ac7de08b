//! Names of lipids in their usual spellings, as one sum composition.
//!
//! `PC 34:1`, `PC(34:1)`, `PC(16:0/18:1(9Z))`, `PC 16:0_18:1` and `PC aa C34:1` are the same here.
//! Of two chains it does not matter which is where: an ion does not tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use crate::molecules::builtin;

/// What else a class is called.
const ALIASES: [(&str, &str); 15] = [
    ("lysoPC", "LPC"),
    ("lysoPE", "LPE"),
    ("lysoPS", "LPS"),
    ("lysoPI", "LPI"),
    ("lysoPG", "LPG"),
    ("lysoPA", "LPA"),
    ("TAG", "TG"),
    ("DAG", "DG"),
    ("MAG", "MG"),
    ("ChoE", "CE"),
    ("GlcCer", "HexCer"),
    ("GalCer", "HexCer"),
    ("LacCer", "Hex2Cer"),
    ("ST", "SHexCer"),
    ("AcCa", "CAR"),
];

/// A lipid by its sum composition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LipidName {
    /// Abbreviation of its class: `PC`.
    pub class: String,
    /// Carbons of all chains.
    pub carbons: u32,
    /// Double bonds of all chains; that of a plasmenyl chain's ether counts.
    pub double_bonds: u32,
    /// Oxygens of the chains beyond esters: 2 of a sphingosine.
    pub oxygens: u32,
    /// Whether a chain is bound by an ether.
    pub is_ether: bool,
}

impl fmt::Display for LipidName {
    /// In the shorthand of LIPID MAPS: `PC O-34:1`, `SM 34:1;O2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ether = if self.is_ether { "O-" } else { "" };
        let Self {
            class,
            carbons,
            double_bonds,
            ..
        } = self;
        write!(f, "{class} {ether}{carbons}:{double_bonds}")?;
        match self.oxygens {
            0 => Ok(()),
            1 => f.write_str(";O"),
            n => write!(f, ";O{n}"),
        }
    }
}

/// The classes of the built-in table by their name in small letters: the name, and the least
/// number of oxygens that it is there with.
static CLASSES: LazyLock<BTreeMap<String, (String, u32)>> = LazyLock::new(|| {
    let mut classes: BTreeMap<String, (String, u32)> = BTreeMap::new();
    let names: BTreeSet<String> = builtin()
        .into_iter()
        .map(|molecule| molecule.name)
        .collect();
    for name in names {
        let Some((class, chains)) = name.split_once(' ') else {
            continue;
        };
        let Some(chain) = chains_of(chains).into_iter().next() else {
            continue;
        };
        let known = classes
            .entry(class.to_lowercase())
            .or_insert_with(|| (class.to_owned(), u32::MAX));
        known.1 = known.1.min(chain.oxygens);
    }
    for (alias, class) in ALIASES {
        if let Some(known) = classes.get(&class.to_lowercase()).cloned() {
            classes.insert(alias.to_lowercase(), known);
        }
    }
    classes
});

/// A chain, or several summed up.
#[derive(Debug, Clone, Copy, Default)]
struct Chain {
    carbons: u32,
    double_bonds: u32,
    oxygens: u32,
    is_ether: bool,
}

impl LipidName {
    /// Reads a name; nothing if it is that of no lipid class of the built-in table.
    ///
    /// A sphingolipid without its oxygens, such as `SM 34:1`, has those that its class has at least.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
        let (class, rest) = text.split_at(end);
        let (class, least_oxygens) = CLASSES.get(&class.to_lowercase())?;
        let chains = chains_of(rest);
        let mut sum = Chain::default();
        for chain in &chains {
            sum.carbons += chain.carbons;
            sum.double_bonds += chain.double_bonds;
            sum.oxygens += chain.oxygens;
            sum.is_ether |= chain.is_ether;
        }
        // Biocrates: `PC ae C34:1` has an ether, `PC aa C34:1` none.
        let is_ether = sum.is_ether || rest.trim_start().starts_with("ae ");
        (!chains.is_empty() && sum.carbons > 0).then(|| Self {
            class: class.clone(),
            carbons: sum.carbons,
            double_bonds: sum.double_bonds,
            oxygens: sum.oxygens.max(*least_oxygens),
            is_ether,
        })
    }
}

/// The chains of a text: each `C:D`, with what stands before and behind it.
fn chains_of(text: &str) -> Vec<Chain> {
    let mut chains = Vec::new();
    let bytes = text.as_bytes();
    let digits_before = |end: usize| {
        let n = bytes[..end]
            .iter()
            .rev()
            .take_while(|c| c.is_ascii_digit())
            .count();
        end - n
    };
    let digits_after = |start: usize| {
        let n = bytes[start..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count();
        start + n
    };
    for (colon, _) in text.match_indices(':') {
        let (start, end) = (digits_before(colon), digits_after(colon + 1));
        let (Ok(carbons), Ok(double_bonds)) = (
            text[start..colon].parse::<u32>(),
            text[colon + 1..end].parse::<u32>(),
        ) else {
            continue;
        };
        let before = &text[..start];
        let is_plasmenyl = before.ends_with("P-");
        let base = match bytes[..start].last() {
            Some(b'm') => 1,
            Some(b'd') => 2,
            Some(b't') => 3,
            _ => 0,
        };
        let written = text[end..].strip_prefix(";O").map_or(0, |rest| {
            let n = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest[..n].parse().unwrap_or(1)
        });
        chains.push(Chain {
            carbons,
            double_bonds: double_bonds + u32::from(is_plasmenyl),
            oxygens: base.max(written),
            is_ether: is_plasmenyl || before.ends_with("O-"),
        });
    }
    chains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_lipid_are_one() {
        for (text, expected) in [
            ("PC 34:1", "PC 34:1"),
            ("PC(34:1)", "PC 34:1"),
            ("PC(16:0/18:1)", "PC 34:1"),
            ("PC(16:0/18:1(9Z))", "PC 34:1"),
            ("PC 16:0_18:1", "PC 34:1"),
            ("PC aa C34:1", "PC 34:1"),
            ("PC ae C34:1", "PC O-34:1"),
            ("PC(O-16:0/18:1)", "PC O-34:1"),
            ("PE(P-18:0/20:4)", "PE O-38:5"),
            ("PE P-38:4", "PE O-38:5"),
            ("SM(d18:1/16:0)", "SM 34:1;O2"),
            ("SM 34:1;O2", "SM 34:1;O2"),
            ("SM 18:1;O2/16:0", "SM 34:1;O2"),
            ("SM 34:1", "SM 34:1;O2"),
            ("Cer(t18:0/24:0)", "Cer 42:0;O3"),
            ("LysoPC(16:0)", "LPC 16:0"),
            ("lysoPC a C16:0", "LPC 16:0"),
            ("TAG 16:0/18:1/18:1", "TG 52:2"),
            ("GlcCer(d18:1/16:0)", "HexCer 34:1;O2"),
            ("FA 18:1;O", "FA 18:1;O"),
        ] {
            let found = LipidName::parse(text).map(|lipid| lipid.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{text}");
        }
        for text in ["Glucose", "PC", "N-Oleoyldopamine", "XY 34:1", "", "12:0"] {
            assert_eq!(LipidName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_lipid_of_the_built_in_table_is_read_as_it_is_written() {
        let mut n_read = 0;
        for molecule in builtin() {
            if let Some(lipid) = LipidName::parse(&molecule.name) {
                assert_eq!(lipid.to_string(), molecule.name);
                n_read += 1;
            }
        }
        assert!(n_read > 2_000, "{n_read}");
    }
}
