//! Ions: a molecule's formula with a chemical modification, a neutral loss, an adduct, a charge.

use std::fmt;
use std::str::FromStr;

use crate::formula::{Formula, FormulaError, Repeats};

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

    /// m/z in Th of a particle of this neutral mass in Da, its electrons subtracted.
    pub fn mz(self, mass_da: f64) -> f64 {
        let z = f64::from(self.0);
        (mass_da - z * crate::elements::ELECTRON_MASS_DA) / z.abs()
    }
}

/// What is added to or taken from a molecule: an adduct (`+H`, `-H`, `+NH4`, `-H+K2`), a chemical
/// modification (`+O`), a neutral loss (`-H2O`), or nothing (`[M]+`, `[M]-`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Modifier {
    text: String,
    /// What is added, negative where it is taken away, one after another.
    parts: Vec<Formula>,
}

/// Why a text is no modifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModifierError {
    /// It does not begin with a sign.
    #[error("modifier `{0}` must begin with + or -, as in +H, -H2O or +NH4, or be [M]+ or [M]-")]
    NoSign(String),
    /// What follows a sign is no formula.
    #[error("modifier `{text}` has a part that is no formula")]
    Formula {
        /// The whole text.
        text: String,
        /// Why.
        source: FormulaError,
    },
}

impl Modifier {
    /// The modifier that changes nothing and is written as nothing.
    pub fn none() -> Self {
        Self {
            text: String::new(),
            parts: Vec::new(),
        }
    }

    /// What it adds in all, counts negative where it takes away.
    pub fn delta(&self) -> Formula {
        self.parts
            .iter()
            .fold(Formula::default(), |sum, part| sum.plus(part, 1))
    }

    /// Its text as given, without spaces: `+H`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// This modifier followed by another, written one after the other.
    #[must_use]
    pub fn then(&self, other: &Self) -> Self {
        let parts = self.parts.iter().chain(&other.parts).cloned().collect();
        Self {
            text: format!("{}{}", self.text, other.text),
            parts,
        }
    }
}

impl FromStr for Modifier {
    type Err = ModifierError;

    fn from_str(text: &str) -> Result<Self, ModifierError> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if text == "[M]+" || text == "[M]-" {
            return Ok(Self {
                text,
                parts: Vec::new(),
            });
        }
        if !text.starts_with(['+', '-']) {
            return Err(ModifierError::NoSign(text));
        }
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some(sign) = rest.chars().next() {
            let end = rest[1..].find(['+', '-']).map_or(rest.len(), |i| i + 1);
            let part = Formula::parse(&rest[1..end], Repeats::Add).map_err(|source| {
                ModifierError::Formula {
                    text: text.clone(),
                    source,
                }
            })?;
            parts.push(Formula::default().plus(&part, if sign == '-' { -1 } else { 1 }));
            rest = &rest[end..];
        }
        Ok(Self { text, parts })
    }
}

impl fmt::Display for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Formula of the ion that `molecule` makes with `modifier`, or nothing where it cannot exist: an
/// element would be negative after some part of the modifier, or none is left at the end.
pub fn ion_formula(molecule: &Formula, modifier: &Modifier) -> Option<Formula> {
    let mut ion = molecule.clone();
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
        for text in ["H", "", "+", "+-H", "+h", "M+H"] {
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
