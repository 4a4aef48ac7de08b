//! Molecular formulas: element counts that can be parsed, added and written in the field's order.

use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};

use smallvec::SmallVec;

use crate::elements::Element;

/// Largest count of one element that a formula may have; larger ones are typing errors.
pub const MAX_COUNT: i32 = 9_999;

/// Element counts, each element once and never 0, in the order in which they are written:
/// C, H, N, O, P, S, then the others alphabetically. Counts are negative only in a difference
/// such as the neutral loss −H₂O.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Formula {
    // Millions of formulas are kept at once: 32 bytes, and more only beyond six elements.
    counts: SmallVec<[(Element, i16); 6]>,
}

/// What a repeated element in a formula's text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// `C2H5OH` has six H.
    Add,
    /// `C2H5OH` has one H: the METASPACE engine lets the later count replace the earlier.
    Overwrite,
}

/// Why a text is not a formula.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormulaError {
    /// Nothing there.
    #[error("empty formula")]
    Empty,
    /// A character that no formula has; charges, dots and brackets among them.
    #[error("unexpected character {found:?} at position {position} of formula `{formula}`")]
    Unexpected {
        /// The whole text.
        formula: String,
        /// Place of the character, from 1.
        position: usize,
        /// The character.
        found: char,
    },
    /// A symbol that is no element.
    #[error("unknown element `{symbol}` in formula `{formula}`")]
    UnknownElement {
        /// The whole text.
        formula: String,
        /// The symbol.
        symbol: String,
    },
    /// An isotope in brackets that is no label.
    #[error(
        "isotope `{isotope}` of formula `{formula}` is none of [2H] [3H] [13C] [15N] [18O] [34S]"
    )]
    Isotope {
        /// The whole text.
        formula: String,
        /// The isotope as written.
        isotope: String,
    },
    /// A charge beyond ±9.
    #[error("charge of formula `{formula}` is not between -9 and 9")]
    Charge {
        /// The whole text.
        formula: String,
    },
    /// A count of 0 or beyond [`MAX_COUNT`].
    #[error(
        "count `{count}` of `{symbol}` is not between 1 and {MAX_COUNT} in formula `{formula}`"
    )]
    Count {
        /// The whole text.
        formula: String,
        /// The element.
        symbol: String,
        /// The count as written.
        count: String,
    },
}

impl Formula {
    /// Parses `C6H12O6`. Atoms of one isotope are written `[13C]6`, or as METASPACE's labels `Cx`,
    /// `Hx`, `Nx`, `Ox`, `Sx`; D is ²H and T is ³H. Charges and parts are read by [`Species::parse`].
    ///
    /// # Errors
    /// [`FormulaError`] for empty text, unknown elements, other brackets, charges, and absurd counts.
    ///
    /// [`Species::parse`]: crate::species::Species::parse
    ///
    /// # Examples
    /// ```
    /// use ms_core::formula::{Formula, Repeats};
    /// let ethanol = Formula::parse("C2H5OH", Repeats::Add)?;
    /// assert_eq!(ethanol.to_string(), "C2H6O");
    /// assert_eq!(Formula::parse("C2H5OH", Repeats::Overwrite)?.to_string(), "C2HO");
    /// # Ok::<(), ms_core::formula::FormulaError>(())
    /// ```
    pub fn parse(text: &str, repeats: Repeats) -> Result<Self, FormulaError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FormulaError::Empty);
        }
        let mut formula = Self::default();
        let mut rest = text;
        while let Some(found) = rest.chars().next() {
            if !found.is_ascii_uppercase() && found != '[' {
                let position = text.len() - rest.len() + 1;
                return Err(FormulaError::Unexpected {
                    formula: text.into(),
                    position,
                    found,
                });
            }
            let (element, count, length) = parse_term(text, rest)?;
            match repeats {
                Repeats::Add => formula.add_count(element, count),
                Repeats::Overwrite => formula.set_count(element, count),
            }
            rest = &rest[length..];
        }
        formula.check_counts(text)?;
        Ok(formula)
    }

    /// Refuses counts beyond [`MAX_COUNT`] of what the text says.
    pub(crate) fn check_counts(&self, text: &str) -> Result<(), FormulaError> {
        let too_many = self.iter().find(|&(_, n)| n > MAX_COUNT);
        too_many.map_or(Ok(()), |(element, count)| {
            Err(FormulaError::Count {
                formula: text.into(),
                symbol: element.symbol().into(),
                count: count.to_string(),
            })
        })
    }

    /// Count of an element, 0 where it is not in the formula.
    pub fn count(&self, element: Element) -> i32 {
        self.counts
            .iter()
            .find(|&&(e, _)| e == element)
            .map_or(0, |&(_, n)| n.into())
    }

    /// The elements with their counts, in written order.
    pub fn iter(&self) -> impl Iterator<Item = (Element, i32)> + '_ {
        self.counts
            .iter()
            .map(|&(element, count)| (element, i32::from(count)))
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether every count is positive and there is at least one: only then such an ion exists.
    pub fn is_possible(&self) -> bool {
        !self.is_empty() && self.counts.iter().all(|&(_, n)| n > 0)
    }

    /// `self + sign·other`, for sign 1 or −1; counts beyond ±32,767 stay there.
    #[must_use]
    pub fn plus(&self, other: &Self, sign: i32) -> Self {
        let mut sum = self.clone();
        for (element, count) in other.iter() {
            sum.add_count(element, sign * count);
        }
        sum
    }

    /// Mass in Da of the molecule made of the most abundant isotope of each element.
    pub fn principal_mass_da(&self) -> f64 {
        self.iter()
            .map(|(element, count)| f64::from(count) * element.principal_mass_da())
            .sum()
    }

    /// Mean mass in Da of the molecule over all its isotopes.
    pub fn average_mass_da(&self) -> f64 {
        self.iter()
            .map(|(element, count)| f64::from(count) * element.average_mass_da())
            .sum()
    }

    fn add_count(&mut self, element: Element, count: i32) {
        self.set_count(element, self.count(element) + count);
    }

    fn set_count(&mut self, element: Element, count: i32) {
        let limit = i32::from(i16::MAX);
        let count = i16::try_from(count.clamp(-limit, limit)).unwrap_or_default();
        let place = self.counts.binary_search_by_key(&element, |&(e, _)| e);
        match place {
            Ok(i) if count == 0 => drop(self.counts.remove(i)),
            Ok(i) => self.counts[i].1 = count,
            Err(_) if count == 0 => {}
            Err(i) => self.counts.insert(i, (element, count)),
        }
    }
}

/// Reads one element and its count at the start of `rest`; returns them and their length.
fn parse_term(text: &str, rest: &str) -> Result<(Element, i32, usize), FormulaError> {
    let (element, symbol) = if rest.starts_with('[') {
        parse_isotope(text, rest)?
    } else {
        parse_symbol(text, rest)?
    };
    let digits = leading_digits(&rest[symbol.len()..]);
    let count = if digits.is_empty() {
        Some(1)
    } else {
        digits.parse().ok()
    };
    match count {
        Some(count) if (1..=MAX_COUNT).contains(&count) => {
            Ok((element, count, symbol.len() + digits.len()))
        }
        _ => Err(FormulaError::Count {
            formula: text.into(),
            symbol: symbol.into(),
            count: digits.into(),
        }),
    }
}

fn parse_symbol<'a>(text: &str, rest: &'a str) -> Result<(Element, &'a str), FormulaError> {
    let length = 1 + rest[1..].bytes().take_while(u8::is_ascii_lowercase).count();
    let symbol = &rest[..length];
    let found = match symbol {
        "D" => Element::label(2, "H"),
        "T" => Element::label(3, "H"),
        _ => Element::from_symbol(symbol),
    };
    let unknown = || FormulaError::UnknownElement {
        formula: text.into(),
        symbol: symbol.into(),
    };
    Ok((found.ok_or_else(unknown)?, symbol))
}

/// Reads `[13C]`.
fn parse_isotope<'a>(text: &str, rest: &'a str) -> Result<(Element, &'a str), FormulaError> {
    let end = rest.find(']').map_or(rest.len(), |end| end + 1);
    let isotope = rest[1..].split(']').next().unwrap_or_default();
    let mass_number = leading_digits(isotope);
    let number = mass_number.parse().ok();
    let label = number.and_then(|n| Element::label(n, &isotope[mass_number.len()..]));
    let unknown = || FormulaError::Isotope {
        formula: text.into(),
        isotope: isotope.into(),
    };
    // A bracket that is not closed is no isotope either.
    let label = label.filter(|_| rest[..end].ends_with(']'));
    Ok((label.ok_or_else(unknown)?, &rest[..end]))
}

/// The ASCII digits that a text begins with.
pub(crate) fn leading_digits(text: &str) -> &str {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    &text[..length]
}

impl Hash for Formula {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for (element, count) in self.iter() {
            state.write_i32((i32::from(element.number()) << 16) ^ count);
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (element, count) in self.iter() {
            f.write_str(element.symbol())?;
            match u16::try_from(count) {
                Ok(1) => {}
                Ok(count) => write_digits(count, f)?,
                Err(_) => write!(f, "{count}")?,
            }
        }
        Ok(())
    }
}

/// Writes a number digit by digit, several times faster than the machinery of formatting.
fn write_digits(mut number: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = ['0'; 5];
    let mut start = digits.len();
    while number > 0 || start == digits.len() {
        start -= 1;
        digits[start] = char::from_digit(u32::from(number % 10), 10).unwrap_or('?');
        number /= 10;
    }
    digits[start..]
        .iter()
        .try_for_each(|&digit| f.write_char(digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Formula, FormulaError> {
        Formula::parse(text, Repeats::Add)
    }

    #[test]
    fn writes_in_the_order_of_the_field() {
        assert_eq!(parse("NaClO4HC2").unwrap().to_string(), "C2HO4ClNa");
        assert_eq!(parse("S2PO3NH4C").unwrap().to_string(), "CH4NO3PS2");
    }

    #[test]
    fn refuses_what_is_no_formula() {
        for (text, part) in [
            ("", "empty"),
            ("C6H12O6.HCl", "'.' at position 8"),
            ("C5H14NO+", "'+' at position 8"),
            ("(CH2)3", "'(' at position 1"),
            ("C6Hh2", "`Hh`"),
            ("C0H2", "count `0`"),
            ("C99999999999", "count `99999999999`"),
            ("c6h6", "'c' at position 1"),
            ("Cé", "'é' at position 2"),
            ("[12C]6H6", "isotope `12C`"),
            ("[13C", "isotope `13C`"),
            ("[é]", "isotope `é`"),
            ("[]", "isotope ``"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn labels_are_isotopes_by_any_of_their_names() {
        for (text, expected) in [
            ("[13C]6H12O6", "H12O6Cx6"),
            ("Cx6H12O6", "H12O6Cx6"),
            ("C6D12O6", "C6O6Hx12"),
            ("C6H11[2H]O6", "C6H11O6Hx"),
            ("C2H5OT", "C2H5OTx"),
            ("C3H7NO2[15N]", "C3H7NO2Nx"),
            ("CDy", "CDy"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn differences_may_be_impossible() {
        let rest = parse("CH4").unwrap().plus(&parse("H2O").unwrap(), -1);
        assert!(!rest.is_possible());
        let none = parse("H2O").unwrap().plus(&parse("H2O").unwrap(), -1);
        assert!(none.is_empty() && !none.is_possible());
    }

    proptest! {
        #[test]
        fn text_round_trips(c in 0..300, h in 1..400, na in 0..5, xe in 0..3, cx in 0..7) {
            let mut formula = Formula::default();
            for (symbol, n) in [("Xe", xe), ("C", c), ("Na", na), ("H", h), ("Cx", cx)] {
                formula.add_count(Element::from_symbol(symbol).unwrap(), n);
            }
            prop_assert_eq!(parse(&formula.to_string()).unwrap(), formula);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,40}") {
            if let Ok(formula) = parse(&text) {
                prop_assert!(formula.is_possible());
            }
        }
    }
}
