//! How adducts are written: METASPACE's notation and those of the field's lists.

use std::sync::LazyLock;

use crate::elements::Element;
use crate::formula::{Formula, Repeats, leading_digits};
use crate::ion::{Charge, MAX_MOLECULES, Modifier, ModifierError};
use crate::plain_text::plain;

/// Names, formula and charge of parts that have a name or a usual charge.
const TABLE: &str = include_str!("../../data/adduct-parts.tsv");

/// A part by one of its names.
#[derive(Debug)]
struct NamedPart {
    name: &'static str,
    formula: &'static str,
    charge: i32,
}

static NAMED_PARTS: LazyLock<Vec<NamedPart>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let fields = rows.filter_map(|row| {
        let mut fields = row.split('\t');
        let (names, formula) = (fields.next()?, fields.next()?);
        let charge = fields.next()?.parse().ok()?;
        Some((names, formula, charge))
    });
    let by_name = |(names, formula, charge): (&'static str, &'static str, i32)| {
        let part = move |name| NamedPart {
            name,
            formula,
            charge,
        };
        names.split(' ').map(part)
    };
    fields.flat_map(by_name).collect()
});

/// The part of a name. Capitals make a difference only where nothing else fits, as in `Hac`.
fn named_part(name: &str) -> Option<&'static NamedPart> {
    let exact = NAMED_PARTS.iter().find(|part| part.name == name);
    // `Co` is cobalt, and no carbon monoxide.
    let is_other_case = || Formula::parse(name, Repeats::Add).is_err();
    let alike = || {
        let mut parts = NAMED_PARTS.iter();
        parts.find(|part| part.name.len() > 2 && part.name.eq_ignore_ascii_case(name))
    };
    exact.or_else(|| is_other_case().then(alike).flatten())
}

/// A signed part of an adduct such as `+2ACN`.
#[derive(Debug)]
struct Term<'a> {
    is_taken: bool,
    /// 1 where none is written.
    factor: u16,
    has_factor: bool,
    /// A name or a formula.
    body: &'a str,
}

/// What taking or adding an electron is written as.
const ELECTRON: &str = "e";

/// An element that no ion has, and that means acetate wherever it is written.
const ACTINIUM: &str = "Ac";

/// Largest factor of a part.
const MAX_FACTOR: u16 = 99;

impl Term<'_> {
    fn sign(&self) -> i32 {
        if self.is_taken { -1 } else { 1 }
    }

    /// What it adds to a formula.
    fn delta(&self, whole: &str) -> Result<Formula, ModifierError> {
        if self.body == ELECTRON {
            return Ok(Formula::default());
        }
        if self.body == ACTINIUM {
            return Err(ModifierError::Actinium(whole.into()));
        }
        let text = named_part(self.body).map_or(self.body, |part| part.formula);
        let error = |source| ModifierError::Formula {
            text: whole.into(),
            source,
        };
        let part = Formula::parse(text, Repeats::Add).map_err(error)?;
        let mut sum = Formula::default();
        for _ in 0..self.factor {
            sum = sum.plus(&part, self.sign());
        }
        sum.check_counts(whole).map_err(error)?;
        Ok(sum)
    }

    /// The charge that it usually brings.
    fn usual_charge(&self) -> Option<i32> {
        let charge = if self.body == ELECTRON {
            -1
        } else {
            named_part(self.body)?.charge
        };
        Some(self.sign() * i32::from(self.factor) * charge)
    }

    /// Whether METASPACE could not read it.
    fn is_of_the_field(&self) -> bool {
        let is_name = || Formula::parse(self.body, Repeats::Add).is_err();
        self.has_factor || self.body == ELECTRON || is_name()
    }
}

/// A text as its terms: `+2ACN+H`. Nothing where a sign is missing or has nothing behind it.
fn terms(text: &str) -> Option<Vec<Term<'_>>> {
    let mut terms = Vec::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        if sign != '+' && sign != '-' {
            return None;
        }
        let end = rest[1..].find(['+', '-']).map_or(rest.len(), |i| i + 1);
        let part = &rest[1..end];
        let digits = leading_digits(part);
        let symbol = &part[digits.len()..];
        // `+13C` is an isotope; `+2H` is twice H.
        let is_label = symbol != "H"
            && digits
                .parse()
                .is_ok_and(|number| Element::label(number, symbol).is_some());
        if part.is_empty() || symbol.is_empty() || is_label {
            return None;
        }
        let factor = if digits.is_empty() {
            1
        } else {
            digits.parse().unwrap_or(0)
        };
        if !(1..=MAX_FACTOR).contains(&factor) {
            return None;
        }
        terms.push(Term {
            is_taken: sign == '-',
            factor,
            has_factor: !digits.is_empty(),
            body: symbol,
        });
        rest = &rest[end..];
    }
    Some(terms)
}

/// The sum of the usual charges of all terms, if each has one.
fn sum_of_charges(terms: &[Term<'_>]) -> Option<i32> {
    terms.iter().map(Term::usual_charge).sum()
}

pub(super) fn usual_charge(text: &str) -> Option<i32> {
    let inner = match text.strip_prefix('[') {
        Some(rest) => rest.rsplit_once(']')?.0.split_once('M')?.1,
        None => text,
    };
    sum_of_charges(&terms(inner).filter(|terms| !terms.is_empty())?)
}

/// What a text says before its parts are read.
struct Outline<'a> {
    n_molecules: &'a str,
    /// `+2ACN+H`.
    terms: &'a str,
    /// What is written behind: `2+`.
    charge: &'a str,
    /// Whether it begins with a sign, as METASPACE writes it.
    begins_with_sign: bool,
}

pub(super) fn parse(text: &str) -> Result<Modifier, ModifierError> {
    let text = plain(text);
    // The dot of a radical says nothing new.
    let whole = text.trim_end_matches(['.', '*']);
    let no_sign = || ModifierError::NoSign(text.clone());
    let outline = outline(whole).ok_or_else(no_sign)?;
    let n_molecules = match outline.n_molecules {
        "" => 1,
        number => number
            .parse()
            .ok()
            .filter(|number| (1..=MAX_MOLECULES).contains(number))
            .ok_or_else(|| ModifierError::Molecules {
                text: text.clone(),
                found: number.into(),
            })?,
    };
    let stated = parse_charge(outline.charge, &text)?;
    let Some(terms) = terms(outline.terms) else {
        // Parts that are wrong as formulas are told as such.
        return Err(wrong_part(outline.terms, &text).unwrap_or_else(no_sign));
    };
    let mut parts = Vec::new();
    for term in &terms {
        let part = term.delta(&text)?;
        parts.extend((!part.is_empty()).then_some(part));
    }
    let usual = sum_of_charges(&terms).filter(|_| !terms.is_empty());
    let is_of_the_field = !outline.begins_with_sign || terms.iter().any(Term::is_of_the_field);
    let charge = match (stated, usual) {
        (Some(stated), _) => Some(stated),
        (None, Some(number)) if is_of_the_field && number != 0 => Some(
            Charge::new(number.into()).map_err(|source| ModifierError::Charge {
                text: text.clone(),
                source,
            })?,
        ),
        _ => None,
    };
    if terms.is_empty() && charge.is_none() {
        return Err(no_sign());
    }
    let signed: String = outline.terms.into();
    let is_usual = charge.is_none_or(|charge| {
        charge.number().abs() == 1 && usual.is_none_or(|usual| usual == charge.number())
    });
    let text = if n_molecules == 1 && is_usual && !terms.is_empty() {
        signed
    } else {
        bracketed_form(n_molecules, &signed, charge)
    };
    Ok(Modifier {
        text,
        parts,
        n_molecules,
        charge,
    })
}

/// Takes a text apart; nothing if it is none of the notations.
fn outline(text: &str) -> Option<Outline<'_>> {
    if text.starts_with(['+', '-']) {
        let (terms, charge) = split_trailing_sign(text);
        return (!terms.is_empty()).then_some(Outline {
            n_molecules: "",
            terms,
            charge,
            begins_with_sign: true,
        });
    }
    let (inner, charge) = match text.strip_prefix('[') {
        Some(rest) => rest.rsplit_once(']')?,
        None => split_trailing_sign(text),
    };
    let n_molecules = leading_digits(inner);
    let terms = inner[n_molecules.len()..].strip_prefix('M')?;
    (terms.is_empty() || terms.starts_with(['+', '-'])).then_some(Outline {
        n_molecules,
        terms,
        charge,
        begins_with_sign: false,
    })
}

/// A text without the signs at its end, and these.
fn split_trailing_sign(text: &str) -> (&str, &str) {
    let body = text.trim_end_matches(['+', '-']);
    text.split_at(body.len())
}

/// The charge of `+`, `--`, `2+`, `+2`; nothing of nothing.
fn parse_charge(text: &str, whole: &str) -> Result<Option<Charge>, ModifierError> {
    let Some(sign) = text.chars().find(|c| ['+', '-'].contains(c)) else {
        return if text.is_empty() {
            Ok(None)
        } else {
            Err(ModifierError::NoSign(whole.into()))
        };
    };
    let digits = text.trim_matches(sign);
    let n_signs = text.len() - digits.len();
    let is_between = text.starts_with(sign) && text.ends_with(sign) && !digits.is_empty();
    let number = match (digits, n_signs) {
        ("", n) => i64::try_from(n).ok(),
        (digits, 1) if !is_between && leading_digits(digits) == digits => digits.parse().ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| ModifierError::NoSign(whole.into()))?;
    let number = if sign == '-' { -number } else { number };
    let error = |source| ModifierError::Charge {
        text: whole.into(),
        source,
    };
    Charge::new(number).map(Some).map_err(error)
}

/// The error of the first part that is no formula, if one has none.
fn wrong_part(terms: &str, whole: &str) -> Option<ModifierError> {
    let parts = terms.split(['+', '-']).skip(1);
    parts
        .filter(|part| leading_digits(part).is_empty())
        .find_map(|part| Formula::parse(part, Repeats::Add).err())
        .map(|source| ModifierError::Formula {
            text: whole.into(),
            source,
        })
}

/// `[M+H]+` of `M+H`.
pub(super) fn bracketed(inner: &str, charge: Charge) -> String {
    format!("[{inner}]{}", charge.suffix())
}

fn bracketed_form(n_molecules: u8, terms: &str, charge: Option<Charge>) -> String {
    let number = match n_molecules {
        1 => String::new(),
        n => n.to_string(),
    };
    let suffix = charge.map(Charge::suffix).unwrap_or_default();
    format!("[{number}M{terms}]{suffix}")
}

/// Number of molecules, terms and charge of a text in brackets.
fn in_brackets(text: &str) -> Option<(&str, &str, &str)> {
    let (inner, charge) = text.strip_prefix('[')?.rsplit_once(']')?;
    let (number, terms) = inner.split_once('M')?;
    Some((number, terms, charge))
}

pub(super) fn joined(first: &str, second: &str) -> String {
    match in_brackets(second) {
        Some((number, terms, charge)) if !terms.is_empty() || !number.is_empty() => {
            format!("[{number}M{first}{terms}]{charge}")
        }
        _ => format!("{first}{second}"),
    }
}

pub(super) fn with_form(modifier: &Modifier, n_molecules: u8, charge: Option<Charge>) -> Modifier {
    if n_molecules == 1 && charge.is_none() {
        return modifier.clone();
    }
    Modifier {
        text: bracketed_form(n_molecules, &modifier.text, charge),
        parts: modifier.parts.clone(),
        n_molecules,
        charge,
    }
}

pub(super) fn ion_text(modifier: &Modifier, formula: &str, polarity: Charge) -> String {
    let charge = modifier.charge.unwrap_or(polarity);
    let sign = if charge.number() > 0 { '+' } else { '-' };
    match in_brackets(&modifier.text) {
        Some((number, terms, suffix)) if modifier.text != "[M]+" && modifier.text != "[M]-" => {
            format!("[{number}{formula}{terms}]{suffix}")
        }
        _ if modifier.delta().is_empty() => format!("[{formula}]{sign}"),
        _ => format!("{formula}{modifier}{sign}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Modifier {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn named_parts_are_formulas() {
        assert!(NAMED_PARTS.len() > 60);
        for part in NAMED_PARTS.iter() {
            Formula::parse(part.formula, Repeats::Add).unwrap();
        }
    }

    /// Text, how it is written, what it adds, molecules, and the charge that it says.
    #[test]
    fn notations_of_the_field() {
        for (text, written, delta, n_molecules, charge) in [
            ("+H", "+H", "H", 1, 0),
            ("-H", "-H", "H-1", 1, 0),
            ("+H2", "+H2", "H2", 1, 0),
            ("-H+K2", "-H+K2", "H-1K2", 1, 0),
            ("+NH4", "+NH4", "H4N", 1, 0),
            ("-H2O+H", "-H2O+H", "H-1O-1", 1, 0),
            ("M+H", "+H", "H", 1, 1),
            ("[M+H]+", "+H", "H", 1, 1),
            ("[M+H]", "+H", "H", 1, 1),
            ("[M+H]⁺", "+H", "H", 1, 1),
            ("[ M + H ] +", "+H", "H", 1, 1),
            ("[M+H]1+", "+H", "H", 1, 1),
            ("M+H+", "+H", "H", 1, 1),
            ("[M−H]⁻", "-H", "H-1", 1, -1),
            ("[M-H]-", "-H", "H-1", 1, -1),
            ("M-H", "-H", "H-1", 1, -1),
            ("−H", "-H", "H-1", 1, 0),
            ("–H", "-H", "H-1", 1, 0),
            ("—H", "-H", "H-1", 1, 0),
            ("＋Ｎａ", "+Na", "Na", 1, 0),
            ("[M+NH₄]⁺", "+NH4", "H4N", 1, 1),
            ("M+NH4", "+NH4", "H4N", 1, 1),
            ("[M+2H]2+", "[M+2H]2+", "H2", 1, 2),
            ("[M+2H]²⁺", "[M+2H]2+", "H2", 1, 2),
            ("[M+2H]+2", "[M+2H]2+", "H2", 1, 2),
            ("[M+2H]++", "[M+2H]2+", "H2", 1, 2),
            ("M+2H", "[M+2H]2+", "H2", 1, 2),
            ("+2H", "[M+2H]2+", "H2", 1, 2),
            ("M-2H", "[M-2H]2-", "H-2", 1, -2),
            ("M+H+Na", "[M+H+Na]2+", "HNa", 1, 2),
            ("M+3ACN+2H", "[M+3ACN+2H]2+", "C6H11N3", 1, 2),
            ("[2M+H]+", "[2M+H]+", "H", 2, 1),
            ("2M+ACN+Na", "[2M+ACN+Na]+", "C2H3NNa", 2, 1),
            ("3M-H", "[3M-H]-", "H-1", 3, -1),
            ("2M+FA-H", "[2M+FA-H]-", "CHO2", 2, -1),
            ("2M+Hac-H", "[2M+Hac-H]-", "C2H3O2", 2, -1),
            ("+FA-H", "+FA-H", "CHO2", 1, -1),
            ("[M+FA-H]-", "+FA-H", "CHO2", 1, -1),
            ("M+HAc-H", "+HAc-H", "C2H3O2", 1, -1),
            ("M+HCOO", "+HCOO", "CHO2", 1, -1),
            ("[M+CH3COO]-", "+CH3COO", "C2H3O2", 1, -1),
            ("[M+OAc]-", "+OAc", "C2H3O2", 1, -1),
            ("[M+DHB+H]+", "+DHB+H", "C7H7O4", 1, 1),
            ("M+TFA-H", "+TFA-H", "C2O2F3", 1, -1),
            ("+ACN+H", "+ACN+H", "C2H4N", 1, 1),
            ("M+CH3OH+H", "+CH3OH+H", "CH5O", 1, 1),
            ("M+MeOH+H", "+MeOH+H", "CH5O", 1, 1),
            ("M+DMSO+H", "+DMSO+H", "C2H7OS", 1, 1),
            ("M+IsoProp+H", "+IsoProp+H", "C3H9O", 1, 1),
            ("M+isoprop+Na+H", "[M+isoprop+Na+H]2+", "C3H9ONa", 1, 2),
            ("M+iPrOH+H", "+iPrOH+H", "C3H9O", 1, 1),
            ("+2Na-H", "+2Na-H", "H-1Na2", 1, 1),
            ("M+2K-H", "+2K-H", "H-1K2", 1, 1),
            ("M+Na-2H", "+Na-2H", "H-2Na", 1, -1),
            ("M+Cl", "+Cl", "Cl", 1, -1),
            ("M+Br", "+Br", "Br", 1, -1),
            ("M+Li", "+Li", "Li", 1, 1),
            ("[M-H2O+H]+", "-H2O+H", "H-1O-1", 1, 1),
            ("[M+H-2H2O]+", "+H-2H2O", "H-3O-2", 1, 1),
            ("[M+Ca]2+", "[M+Ca]2+", "Ca", 1, 2),
            ("[M-H]+", "[M-H]+", "H-1", 1, 1),
            ("[M]+", "[M]+", "", 1, 1),
            ("[M]+.", "[M]+", "", 1, 1),
            ("[M]⁺•", "[M]+", "", 1, 1),
            ("M+.", "[M]+", "", 1, 1),
            ("M+", "[M]+", "", 1, 1),
            ("M-e", "[M-e]+", "", 1, 1),
            ("[M]-", "[M]-", "", 1, -1),
            ("[M]2+", "[M]2+", "", 1, 2),
            ("[2M]+", "[2M]+", "", 2, 1),
        ] {
            let found = parse(text);
            let number = found.charge.map_or(0, Charge::number);
            let written = if text == "M-e" { "-e" } else { written };
            assert_eq!(
                (
                    found.text(),
                    &*found.delta().to_string(),
                    found.n_molecules,
                    number
                ),
                (written, delta, n_molecules, charge),
                "{text}"
            );
        }
    }

    #[test]
    fn modifications_and_losses_stand_within_the_brackets() {
        let loss = parse("-H2O");
        assert_eq!(loss.then(&parse("+H")).text(), "-H2O+H");
        assert_eq!(loss.then(&parse("[2M+H]+")).text(), "[2M-H2O+H]+");
        assert_eq!(Modifier::none().then(&parse("[M+2H]2+")).text(), "[M+2H]2+");
        let plus = Charge::new(1).unwrap();
        assert_eq!(parse("+Au").with_form(2, Some(plus)).text(), "[2M+Au]+");
        for (adduct, ion) in [
            ("+H", "C6H12O6+H+"),
            ("[M]+", "[C6H12O6]+"),
            ("[2M+H]+", "[2C6H12O6+H]+"),
            ("[M+2H]2+", "[C6H12O6+2H]2+"),
            ("+ACN+H", "C6H12O6+ACN+H+"),
        ] {
            assert_eq!(parse(adduct).ion_text("C6H12O6", plus), ion);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,20}") {
            drop(text.parse::<Modifier>());
        }

        #[test]
        fn what_is_written_is_read_as_the_same(
            n in 0..4_u8,
            parts in prop::collection::vec(
                (prop::bool::ANY, 0..4_u8, prop::sample::select(vec![
                    "H", "Na", "K", "NH4", "Cl", "FA", "ACN", "Hac", "H2O", "O", "C2H2O", "e", "Mg",
                ])),
                0..4,
            ),
            charge in prop::sample::select(vec!["", "+", "-", "2+", "+2", "--", "3-"]),
            is_in_brackets in prop::bool::ANY,
        ) {
            let number = |n: u8| if n == 0 { String::new() } else { n.to_string() };
            let terms: Vec<String> = parts
                .iter()
                .map(|(is_taken, factor, body)| {
                    format!("{}{}{body}", if *is_taken { '-' } else { '+' }, number(*factor))
                })
                .collect();
            let terms = terms.concat();
            let text = if is_in_brackets {
                format!("[{}M{terms}]{charge}", number(n))
            } else {
                format!("{}M{terms}", number(n))
            };
            if let Ok(modifier) = text.parse::<Modifier>() {
                let again: Modifier = modifier.text().parse().unwrap();
                let polarity = modifier.charge.unwrap_or(Charge::new(1).unwrap());
                prop_assert_eq!(again.text(), modifier.text());
                prop_assert!(again.is_same(&modifier, polarity), "{} {:?} {:?}", text, modifier, again);
            }
        }
    }
}
