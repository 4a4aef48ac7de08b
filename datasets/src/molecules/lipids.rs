//! Lipid classes and the species that each stands for.
//!
//! A species is a sum composition: it stands for every division of its carbons and double bonds
//! among the chains. Its formula is head + C·CH₂ − D·H₂.

use ms_core::formula::Formula;

use super::{BuiltinMolecule, MoleculeError, columns, parse_formula};

/// A line of `molecules/lipids.tsv`: which species a lipid class has.
pub(super) struct LipidClass {
    /// Name of the class: `Phosphatidylcholine`.
    class: String,
    /// Shorthand of a species with `*` in place of C:D: `PC *`, `SM *;O2`.
    pattern: String,
    /// Formula at C = D = 0; for arithmetic, as such a molecule need not exist.
    head: Formula,
    carbons_min: u32,
    carbons_max: u32,
    /// Most double bonds where C is even.
    double_bonds_max: u32,
    /// Most double bonds where C is odd; `None` where there are no such species.
    odd_double_bonds_max: Option<u32>,
    /// Chain carbons up to which all species are saturated.
    saturated_to: u32,
    /// How many chain carbons beyond `saturated_to` allow one more double bond; not 0.
    carbons_per_double_bond: u32,
}

impl LipidClass {
    /// Reads a line, whose nine columns are the fields in their order.
    pub(super) fn parse(line: &str) -> Result<Self, MoleculeError> {
        let [
            class,
            pattern,
            head,
            min,
            max,
            bonds,
            odd_bonds,
            saturated_to,
            step,
        ] = columns(line)?;
        Ok(Self {
            class: class.into(),
            pattern: pattern.into(),
            head: parse_formula(class, head)?,
            carbons_min: number("carbons_min", min)?,
            carbons_max: number("carbons_max", max)?,
            double_bonds_max: number("double_bonds_max", bonds)?,
            odd_double_bonds_max: match odd_bonds {
                "none" => None,
                text => Some(number("odd_double_bonds_max", text)?),
            },
            saturated_to: number("saturated_to", saturated_to)?,
            carbons_per_double_bond: match number("carbons_per_double_bond", step)? {
                0 => return Err(unusable("carbons_per_double_bond", step)),
                step => step,
            },
        })
    }

    /// Its species, by chain carbons and then by double bonds.
    pub(super) fn species(&self) -> Result<Vec<BuiltinMolecule>, MoleculeError> {
        let methylene = parse_formula("methylene", "CH2")?;
        let hydrogen = parse_formula("hydrogen", "H2")?;
        let mut species = Vec::new();
        let mut saturated = self.head.clone();
        for carbons in 1..=self.carbons_max {
            saturated = saturated.plus(&methylene, 1);
            let Some(most) = self.most_double_bonds(carbons) else {
                continue;
            };
            let mut formula = saturated.clone();
            for double_bonds in 0..=most {
                species.push(self.molecule(carbons, double_bonds, formula.clone()));
                formula = formula.plus(&hydrogen, -1);
            }
        }
        Ok(species)
    }

    /// Most double bonds of a species with so many carbons; `None` where there is no such species.
    fn most_double_bonds(&self, carbons: u32) -> Option<u32> {
        if carbons < self.carbons_min {
            return None;
        }
        let most = match carbons % 2 {
            0 => self.double_bonds_max,
            _ => self.odd_double_bonds_max?,
        };
        let beyond = carbons.saturating_sub(self.saturated_to);
        Some(most.min(beyond / self.carbons_per_double_bond))
    }

    fn molecule(&self, carbons: u32, double_bonds: u32, formula: Formula) -> BuiltinMolecule {
        let name = self
            .pattern
            .replace('*', &format!("{carbons}:{double_bonds}"));
        BuiltinMolecule {
            id: id_of(&name),
            name,
            formula,
            class: self.class.clone(),
        }
    }
}

/// The name in lower case, with one dash in place of each run of characters that are neither
/// letters nor digits: `PE O-38:5` becomes `pe-o-38-5`.
fn id_of(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let words = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn number(column: &'static str, text: &str) -> Result<u32, MoleculeError> {
    text.parse().map_err(|_| unusable(column, text))
}

fn unusable(column: &'static str, text: &str) -> MoleculeError {
    MoleculeError::Number {
        column,
        value: text.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::builtin;
    use super::*;

    /// One or more species of every class with its formula, worked out from its structure.
    const KNOWN: [(&str, &str); 70] = [
        ("FA 18:1", "C18H34O2"),
        ("FA 20:4", "C20H32O2"),
        ("FA 20:4;O", "C20H32O3"),
        ("FA 18:1;O2", "C18H34O4"),
        ("FA 18:1;O3", "C18H34O5"),
        ("NAE 20:4", "C22H37NO2"),
        ("NAT 18:1", "C20H39NO4S"),
        ("NAGly 20:4", "C22H35NO3"),
        ("WE 32:0", "C32H64O2"),
        ("CAR 2:0", "C9H17NO4"),
        ("CAR 16:0", "C23H45NO4"),
        ("CAR 16:0;O", "C23H45NO5"),
        ("MG 18:1", "C21H40O4"),
        ("MG O-18:1", "C21H42O3"),
        ("DG 34:1", "C37H70O5"),
        ("DG O-34:1", "C37H72O4"),
        ("TG 52:2", "C55H102O6"),
        ("TG 54:3", "C57H104O6"),
        ("TG O-52:1", "C55H106O5"),
        ("CE 18:1", "C45H78O2"),
        ("LPC 16:0", "C24H50NO7P"),
        ("LPC O-16:0", "C24H52NO6P"),
        ("PC 34:1", "C42H82NO8P"),
        ("PC 36:4", "C44H80NO8P"),
        ("PC O-34:1", "C42H84NO7P"),
        ("LPE 18:0", "C23H48NO7P"),
        ("LPE O-18:1", "C23H48NO6P"),
        ("PE 38:4", "C43H78NO8P"),
        ("PE O-38:5", "C43H78NO7P"),
        ("LPS 18:0", "C24H48NO9P"),
        ("PS 36:1", "C42H80NO10P"),
        ("PS 40:6", "C46H78NO10P"),
        ("PS O-36:1", "C42H82NO9P"),
        ("LPI 18:0", "C27H53O12P"),
        ("PI 38:4", "C47H83O13P"),
        ("PI O-38:4", "C47H85O12P"),
        ("PIP 38:4", "C47H84O16P2"),
        ("PIP2 38:4", "C47H85O19P3"),
        ("LPG 18:1", "C24H47O9P"),
        ("PG 34:1", "C40H77O10P"),
        ("PG O-34:1", "C40H79O9P"),
        ("LPA 18:1", "C21H41O7P"),
        ("PA 34:1", "C37H71O8P"),
        ("PA O-34:1", "C37H73O7P"),
        ("CL 72:8", "C81H142O17P2"),
        ("MLCL 54:6", "C63H112O16P2"),
        ("MGDG 36:6", "C45H74O10"),
        ("DGDG 36:6", "C51H84O15"),
        ("SQDG 34:3", "C43H76O12S"),
        ("SM 34:1;O2", "C39H79N2O6P"),
        ("SM 34:1;O3", "C39H79N2O7P"),
        ("Cer 34:1;O2", "C34H67NO3"),
        ("Cer 34:0;O3", "C34H69NO4"),
        ("Cer 42:0;O4", "C42H85NO5"),
        ("CerP 34:1;O2", "C34H68NO6P"),
        ("HexCer 34:1;O2", "C40H77NO8"),
        ("HexCer 40:1;O3", "C46H89NO9"),
        ("Hex2Cer 34:1;O2", "C46H87NO13"),
        ("Hex3Cer 34:1;O2", "C52H97NO18"),
        ("HexNAcHex3Cer 34:1;O2", "C60H110N2O23"),
        ("SHexCer 42:2;O2", "C48H91NO11S"),
        ("SHexCer 42:1;O3", "C48H93NO12S"),
        ("SHex2Cer 34:1;O2", "C46H87NO16S"),
        ("GM3 36:1;O2", "C59H108N2O21"),
        ("GM2 36:1;O2", "C67H121N3O26"),
        ("GM1 36:1;O2", "C73H131N3O31"),
        ("GD3 36:1;O2", "C70H125N3O29"),
        ("GD2 36:1;O2", "C78H138N4O34"),
        ("GD1 36:1;O2", "C84H148N4O39"),
        ("GT1 36:1;O2", "C95H165N5O47"),
    ];

    #[test]
    fn known_species_have_their_formulas() {
        let molecules = builtin();
        for (name, formula) in KNOWN {
            let found = molecules.iter().find(|m| m.name == name);
            assert_eq!(
                found.map(|m| m.formula.to_string()).as_deref(),
                Some(formula),
                "{name}"
            );
        }
    }

    #[test]
    fn every_class_has_a_known_species() {
        let pattern = |name: &str| {
            let (before, after) = name.split_once(':').unwrap();
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!(
                "{}*{after}",
                before.trim_end_matches(|c: char| c.is_ascii_digit())
            )
        };
        let known: BTreeSet<String> = KNOWN.iter().map(|(name, _)| pattern(name)).collect();
        let classes: BTreeSet<String> = super::super::rows(super::super::LIPIDS)
            .map(|line| LipidClass::parse(line).unwrap().pattern)
            .collect();
        assert_eq!(known, classes);
    }

    #[test]
    fn double_bonds_follow_the_rule_of_the_class() {
        let class = LipidClass::parse("Class\tX *;O2\tO2\t4\t9\t2\t1\t4\t2").unwrap();
        let names: Vec<_> = class
            .species()
            .unwrap()
            .into_iter()
            .map(|m| m.name)
            .collect();
        let expected = [
            "X 4:0;O2", "X 5:0;O2", "X 6:0;O2", "X 6:1;O2", "X 7:0;O2", "X 7:1;O2", "X 8:0;O2",
            "X 8:1;O2", "X 8:2;O2", "X 9:0;O2", "X 9:1;O2",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn ids_are_lower_case_words() {
        assert_eq!(id_of("PE O-38:5"), "pe-o-38-5");
        assert_eq!(id_of("SM 34:1;O2"), "sm-34-1-o2");
    }
}
