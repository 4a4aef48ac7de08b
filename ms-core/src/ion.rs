//! Ions: a molecule's formula with a chemical modification, a neutral loss, an adduct, a charge.

use std::fmt;
use std::str::FromStr;

use crate::formula::{Formula, FormulaError};

mod notation;

/// Charge number of an ion, never 0: +1, −1, +2 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Charge(i8);

/// A charge number of 0, or beyond ±9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("charge must lie between -9 and 9 and not be 0, not {0}")]
pub struct ChargeError(i64);

impl Charge {
    /// A charge number.
    ///
    /// # Errors
    /// 0, or beyond ±9.
    pub fn new(number: i64) -> Result<Self, ChargeError> {
        match i8::try_from(number) {
            Ok(n) if n != 0 && n.abs() <= 9 => Ok(Self(n)),
            _ => Err(ChargeError(number)),
        }
    }

    /// The signed number.
    pub fn number(self) -> i32 {
        i32::from(self.0)
    }

    /// The sign and number as they are written behind a bracket: `+`, `2-`.
    fn suffix(self) -> String {
        let sign = if self.0 > 0 { '+' } else { '-' };
        match self.0.abs() {
            1 => sign.to_string(),
            number => format!("{number}{sign}"),
        }
    }

    /// m/z in Th of a particle of this neutral mass in Da, its electrons subtracted.
    pub fn mz(self, mass_da: f64) -> f64 {
        let z = f64::from(self.0);
        (mass_da - z * crate::elements::ELECTRON_MASS_DA) / z.abs()
    }
}

/// What makes an ion of molecules: an adduct (`+H`, `-H+K2`, `[2M+H]+`), a chemical modification
/// (`+O`), a neutral loss (`-H2O`), or nothing (`[M]+`, `[M]-`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Modifier {
    text: String,
    /// What is added, negative where it is taken away, one after another.
    parts: Vec<Formula>,
    /// Molecules that the ion is made of.
    n_molecules: u8,
    /// The charge that it gives, where it says so.
    charge: Option<Charge>,
}

/// Why a text is no modifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModifierError {
    /// It is none of the notations.
    #[error(
        "modifier `{0}` must begin with + or -, as in +H, -H2O or +NH4, or be an adduct such as [M+2H]2+, 2M-H or [M]+"
    )]
    NoSign(String),
    /// What follows a sign is no formula.
    #[error("`{text}` has a part that is no formula")]
    Formula {
        /// The whole text.
        text: String,
        /// Why.
        source: FormulaError,
    },
    /// Acetate written as the symbol of actinium.
    #[error(
        "`{0}` has Ac, which is actinium\nhint: acetate is written OAc, as in [M+OAc]-, acetic acid HAc, as in [M+HAc-H]-"
    )]
    Actinium(String),
    /// It is made of too many molecules.
    #[error("`{text}` is of {found} molecules, not of 1 to {MAX_MOLECULES}")]
    Molecules {
        /// The whole text.
        text: String,
        /// Their number as written.
        found: String,
    },
    /// Its charge is none.
    #[error("`{text}` has no charge that can be read")]
    Charge {
        /// The whole text.
        text: String,
        /// Why.
        source: ChargeError,
    },
}

/// Most molecules of an ion.
pub const MAX_MOLECULES: u8 = 9;

impl Modifier {
    /// The modifier that changes nothing and is written as nothing.
    pub fn none() -> Self {
        Self {
            text: String::new(),
            parts: Vec::new(),
            n_molecules: 1,
            charge: None,
        }
    }

    /// What makes an ion of a molecule that is charged already: nothing, `[M]+`.
    pub fn charged(charge: Charge) -> Self {
        Self {
            text: notation::bracketed("M", charge),
            charge: Some(charge),
            ..Self::none()
        }
    }

    /// What it adds in all, counts negative where it takes away.
    pub fn delta(&self) -> Formula {
        self.parts
            .iter()
            .fold(Formula::default(), |sum, part| sum.plus(part, 1))
    }

    /// How it is written: as METASPACE writes adducts, `+H`, wherever it can be, else as the field
    /// does, `[2M+H]+`; without spaces, in ASCII.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Molecules that the ion is made of: 2 of `[2M+H]+`.
    pub fn n_molecules(&self) -> u8 {
        self.n_molecules
    }

    /// The charge that it gives the ion, if it says so: +1 of `[M+H]+`, and nothing of `+H`, which
    /// is that of the polarity.
    pub fn charge(&self) -> Option<Charge> {
        self.charge
    }

    /// The charge that its parts bring as ions of their usual charge, +1 of `+H` and `+Na-H2O`;
    /// nothing where one has no usual charge.
    pub fn usual_charge(&self) -> Option<i32> {
        notation::usual_charge(&self.text)
    }

    /// Whether it makes an ion as another does: by formula, molecules, and the charge, for which
    /// `polarity` stands where they do not say.
    pub fn is_same(&self, other: &Self, polarity: Charge) -> bool {
        let charge = |of: &Self| of.charge.unwrap_or(polarity);
        self.delta() == other.delta()
            && self.n_molecules == other.n_molecules
            && charge(self) == charge(other)
    }

    /// This modifier followed by another, written one after the other: `-H2O` and `[2M+H]+` are
    /// `[2M-H2O+H]+`. The other says of how many molecules the ion is and which charge it has.
    #[must_use]
    pub fn then(&self, other: &Self) -> Self {
        let parts = self.parts.iter().chain(&other.parts).cloned().collect();
        Self {
            text: notation::joined(&self.text, &other.text),
            parts,
            n_molecules: other.n_molecules,
            charge: other.charge,
        }
    }

    /// The same for other molecules and charge: `+Au` of two molecules and charge +1 is `[2M+Au]+`.
    /// With one molecule and no charge it stays as it is.
    #[must_use]
    pub fn with_form(&self, n_molecules: u8, charge: Option<Charge>) -> Self {
        notation::with_form(self, n_molecules, charge)
    }

    /// How the ion of a molecule's formula is written: `C6H12O6+H+`, `[2C6H12O6+H]+`, and
    /// `[C6H12O6]+` where nothing is added. `polarity` gives the sign where the modifier has no
    /// charge.
    pub fn ion_text(&self, formula: &str, polarity: Charge) -> String {
        notation::ion_text(self, formula, polarity)
    }
}

impl FromStr for Modifier {
    type Err = ModifierError;

    /// Reads an adduct as METASPACE writes it (`+H`, `-H+K2`, `[M]+`) or as the field does: `M+H`,
    /// `[M+H]+`, `[M+2H]2+`, `[M+2H]+2`, `2M+FA-H`, `+ACN+H`, with the digits and signs of word
    /// processors.
    ///
    /// Parts are formulas or the names of `data/adduct-parts.tsv`; a number before one is a factor.
    /// In the field's notations the charge is what is written behind the bracket, else that of the
    /// parts: `M+2H` is doubly charged. METASPACE's `+H2` says nothing of its charge.
    fn from_str(text: &str) -> Result<Self, ModifierError> {
        notation::parse(text)
    }
}

impl fmt::Display for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Formula of the ion that molecules of a formula make with `modifier`, or nothing where it cannot exist: an
/// element would be negative after some part of the modifier, or none is left at the end.
pub fn ion_formula(molecule: &Formula, modifier: &Modifier) -> Option<Formula> {
    let mut ion = molecule.clone();
    for _ in 1..modifier.n_molecules {
        ion = ion.plus(molecule, 1);
    }
    for part in &modifier.parts {
        ion = ion.plus(part, 1);
        if ion.iter().any(|(_, count)| count < 0) {
            return None;
        }
    }
    ion.is_possible().then_some(ion)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::Repeats;

    fn ion(molecule: &str, modifier: &str) -> Option<String> {
        let molecule = Formula::parse(molecule, Repeats::Add).unwrap();
        ion_formula(&molecule, &modifier.parse().unwrap()).map(|formula| formula.to_string())
    }

    #[test]
    fn adducts_losses_and_modifications_change_the_formula() {
        assert_eq!(ion("C6H12O6", "+Na").as_deref(), Some("C6H12O6Na"));
        assert_eq!(ion("C6H12O6", "+O-H2O+H").as_deref(), Some("C6H11O6"));
        assert_eq!(ion("C6H12O6", "[M]+").as_deref(), Some("C6H12O6"));
        assert_eq!(ion("C6H6", "-H2O"), None);
        assert_eq!(ion("H", "-H"), None);
        // What is lost must be there when it is lost.
        assert_eq!(ion("CHBr", "-H2O+O+H"), None);
    }

    #[test]
    fn refuses_what_is_no_modifier() {
        for text in [
            "H", "", "+", "+-H", "+h", "M", "[M]", "[M+H", "[M+H]x", "[10M+H]+", "[0M+H]+",
            "[M+]+", "[M+H]10+", "[H]+", "+0H", "M+H]+", "2M", "[[M+H]+",
        ] {
            assert!(text.parse::<Modifier>().is_err(), "{text}");
        }
        assert!(Charge::new(0).is_err() && Charge::new(300).is_err());
    }

    #[test]
    fn mz_of_a_proton_is_its_mass_without_the_electron() {
        let mz = Charge::new(1).unwrap().mz(1.007_825_032);
        assert!((mz - 1.007_276_452).abs() < 1e-9);
        assert!((Charge::new(-2).unwrap().mz(100.0) - 50.000_548_58).abs() < 1e-8);
    }
}
