//! Molecules as tables write them: with isotopes, a charge, or as a salt of several parts.

use crate::elements::Element;
use crate::formula::{Formula, FormulaError, Repeats, leading_digits};
use crate::ion::Charge;
use crate::plain_text::{plain, superscript};

/// A molecule, or an ion that is one already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Species {
    /// Its elements, those of all parts together.
    pub formula: Formula,
    /// Its charge; nothing if it is neutral.
    pub charge: Option<Charge>,
    /// How many parts were added up: 2 of `C6H12O6.HCl`.
    pub n_parts: usize,
    /// The formula as it was written, in ASCII and without white space.
    pub spelling: String,
}

impl Species {
    /// Parses a formula as it stands in tables of molecules.
    ///
    /// | text | what it is |
    /// |---|---|
    /// | `C6H12O6`, ` C6 H12 O6 `, `C₆H₁₂O₆` | glucose |
    /// | `[13C]6H12O6`, `13C6H12O6`, `¹³C₆H₁₂O₆`, `C6D12O6` | with [labels](Formula::parse) |
    /// | `C5H14NO+`, `[C5H14NO]+`, `C10H24N2+2`, `SO₄²⁻`, `SO4^2-` | charged |
    /// | `C6H12O6.HCl`, `CuSO4*5H2O`, `C2H3O2-.Na+` | parts, added up with their charges |
    ///
    /// A number before a lone formula is the mass number of an isotope if there is a label of it and
    /// it is no hydrogen, as `2H2O` may be two waters; elsewhere such a number is refused.
    ///
    /// # Errors
    /// As [`Formula::parse`], for parts and charges that cannot be read, and for white space before
    /// a number, which may be a count or a factor.
    ///
    /// # Examples
    /// ```
    /// use ms_core::formula::Repeats;
    /// use ms_core::species::Species;
    /// let choline = Species::parse("C5H14NO+", Repeats::Add)?;
    /// assert_eq!(choline.formula.to_string(), "C5H14NO");
    /// assert_eq!(choline.charge.map(|charge| charge.number()), Some(1));
    /// let salt = Species::parse("CuSO4·5H2O", Repeats::Add)?;
    /// assert_eq!((&*salt.formula.to_string(), salt.n_parts), ("H10O9SCu", 6));
    /// # Ok::<(), ms_core::formula::FormulaError>(())
    /// ```
    pub fn parse(text: &str, repeats: Repeats) -> Result<Self, FormulaError> {
        check_spaces(text)?;
        let spelling = plain(&marked(text));
        let mut parts: Vec<&str> = spelling.split(['.', '*']).collect();
        // The dot of a radical, as in `C6H6+.`.
        if parts.len() > 1 && parts.last() == Some(&"") && ends_with_sign(parts[parts.len() - 2]) {
            parts.pop();
        }
        let (mut formula, mut charge, mut n_parts) = (Formula::default(), 0, 0);
        let is_alone = parts.len() == 1;
        for (place, part) in parts.into_iter().enumerate() {
            let (factor, of_part) = split_factor(&spelling, part, place == 0, is_alone)?;
            let (of_part, of_charge) = split_charge(&spelling, of_part)?;
            let added = parse_part(&spelling, of_part, repeats)?;
            for _ in 0..factor {
                formula = formula.plus(&added, 1);
            }
            charge += i64::from(factor) * of_charge;
            n_parts += factor as usize;
        }
        formula.check_counts(&spelling)?;
        let charge = match charge {
            0 => None,
            number => Some(Charge::new(number).map_err(|_| FormulaError::Charge {
                formula: spelling.clone(),
            })?),
        };
        Ok(Self {
            formula,
            charge,
            n_parts,
            spelling,
        })
    }
}

/// Largest factor of a part.
const MAX_FACTOR: u16 = 99;

/// Refuses white space before a digit: `NaCl 2H2O` is no `NaCl2H2O`.
fn check_spaces(text: &str) -> Result<(), FormulaError> {
    let text = text.trim();
    let chars: Vec<char> = text.chars().collect();
    let place = chars
        .windows(2)
        .position(|pair| pair[0].is_whitespace() && pair[1].is_numeric());
    place.map_or(Ok(()), |place| {
        Err(FormulaError::Unexpected {
            formula: text.into(),
            position: place + 1,
            found: chars[place],
        })
    })
}

/// The text with raised numbers as what they are: those before a letter are isotopes, `[13C]`, and
/// those before a sign are charges, `^2-`.
fn marked(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        let Some(first) = superscript(c).filter(char::is_ascii_digit) else {
            out.push(c);
            continue;
        };
        let mut number = String::from(first);
        while let Some(digit) = chars
            .peek()
            .and_then(|&next| superscript(next))
            .filter(char::is_ascii_digit)
        {
            number.push(digit);
            chars.next();
        }
        match chars.peek().copied() {
            Some(next) if next.is_ascii_uppercase() => {
                out.push('[');
                out.push_str(&number);
                out.push(next);
                chars.next();
                while let Some(lower) = chars.next_if(char::is_ascii_lowercase) {
                    out.push(lower);
                }
                out.push(']');
            }
            _ => {
                out.push('^');
                out.push_str(&number);
            }
        }
    }
    out
}

fn ends_with_sign(part: &str) -> bool {
    part.ends_with(['+', '-'])
}

fn unexpected(formula: &str, found: char) -> FormulaError {
    FormulaError::Unexpected {
        formula: formula.into(),
        position: formula.chars().take_while(|&c| c != found).count() + 1,
        found,
    }
}

/// The factor before a part and what is left of it.
fn split_factor<'a>(
    spelling: &str,
    part: &'a str,
    is_first: bool,
    is_alone: bool,
) -> Result<(u16, &'a str), FormulaError> {
    let digits = leading_digits(part);
    let Some(first) = digits.chars().next() else {
        return Ok((1, part));
    };
    let rest = &part[digits.len()..];
    let is_label = digits.parse().is_ok_and(|number| {
        let symbol = 1 + rest
            .bytes()
            .skip(1)
            .take_while(u8::is_ascii_lowercase)
            .count();
        rest.get(..symbol)
            .is_some_and(|symbol| symbol != "H" && Element::label(number, symbol).is_some())
    });
    let refused = || FormulaError::Unexpected {
        formula: spelling.into(),
        position: 1,
        found: first,
    };
    match digits.parse() {
        // The isotope is read with the part.
        _ if is_label && is_first => Ok((1, part)),
        Ok(factor) if !is_alone && !is_label && (1..=MAX_FACTOR).contains(&factor) => {
            Ok((factor, rest))
        }
        _ if is_first => Err(refused()),
        _ => Err(FormulaError::Count {
            formula: spelling.into(),
            symbol: rest.into(),
            count: digits.into(),
        }),
    }
}

/// What is left of a part without its charge, and the charge: `+`, `--`, `+2`, `^2+`, `]2+`.
fn split_charge<'a>(spelling: &str, part: &'a str) -> Result<(&'a str, i64), FormulaError> {
    let beyond = || FormulaError::Charge {
        formula: spelling.into(),
    };
    let body = part.trim_end_matches(|c: char| c.is_ascii_digit());
    if ends_with_sign(body) && body.len() < part.len() {
        // A sign and a number behind it.
        let number: i64 = part[body.len()..].parse().map_err(|_| beyond())?;
        let sign = if body.ends_with('-') { -1 } else { 1 };
        return Ok((&body[..body.len() - 1], sign * number));
    }
    let Some(sign) = part.chars().next_back().filter(|&c| c == '+' || c == '-') else {
        return Ok((part, 0));
    };
    let body = part.trim_end_matches(sign);
    let n_signs = part.len() - body.len();
    let unit = if sign == '-' { -1 } else { 1 };
    let before = body.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_number = before.len() < body.len() && before.ends_with(['^', ']', ')']);
    if is_number && n_signs == 1 {
        let number: i64 = body[before.len()..].parse().map_err(|_| beyond())?;
        return Ok((before.trim_end_matches('^'), unit * number));
    }
    let number = i64::try_from(n_signs).map_err(|_| beyond())?;
    Ok((body, unit * number))
}

/// Reads a part without factor and charge. Brackets around all of it are nothing.
fn parse_part(spelling: &str, part: &str, repeats: Repeats) -> Result<Formula, FormulaError> {
    let inner = part
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let is_whole = |inner: &&str| match inner.find(']') {
        // `[[13C]6H12O6]`, and not `[13C]6H12[18O]`.
        Some(close) => inner.find('[').is_some_and(|open| open < close),
        None => Element::label(
            leading_digits(inner).parse().unwrap_or(0),
            &inner[leading_digits(inner).len()..],
        )
        .is_none(),
    };
    let part = inner.filter(is_whole).unwrap_or(part);
    let mass_number = leading_digits(part);
    let text = if mass_number.is_empty() {
        part.to_owned()
    } else {
        let rest = &part[mass_number.len()..];
        let length = 1 + rest
            .bytes()
            .skip(1)
            .take_while(u8::is_ascii_lowercase)
            .count();
        let (symbol, rest) = rest.split_at_checked(length).unwrap_or((rest, ""));
        format!("[{mass_number}{symbol}]{rest}")
    };
    Formula::parse(&text, repeats).map_err(|error| match error {
        // Positions are those of the whole text.
        FormulaError::Unexpected { found, .. } => unexpected(spelling, found),
        FormulaError::UnknownElement { symbol, .. } => FormulaError::UnknownElement {
            formula: spelling.into(),
            symbol,
        },
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Species, FormulaError> {
        Species::parse(text, Repeats::Add)
    }

    #[test]
    fn notations_of_tables() {
        for (text, formula, charge, n_parts) in [
            ("C6H12O6", "C6H12O6", 0, 1),
            (" C6 H12 O6 ", "C6H12O6", 0, 1),
            ("C₆H₁₂O₆", "C6H12O6", 0, 1),
            ("Ｃ６Ｈ１２Ｏ６", "C6H12O6", 0, 1),
            ("[13C]6H12O6", "H12O6Cx6", 0, 1),
            ("13C6H12O6", "H12O6Cx6", 0, 1),
            ("¹³C₆H₁₂O₆", "H12O6Cx6", 0, 1),
            ("C₆²H₁₂O₆", "C6O6Hx12", 0, 1),
            ("C5H14NO+", "C5H14NO", 1, 1),
            ("C6H12O6-", "C6H12O6", -1, 1),
            ("C6H12O6−", "C6H12O6", -1, 1),
            ("[C5H14NO]+", "C5H14NO", 1, 1),
            ("[[13C]5H14NO]+", "H14NOCx5", 1, 1),
            ("C10H24N2+2", "C10H24N2", 2, 1),
            ("C10H24N2++", "C10H24N2", 2, 1),
            ("[C10H24N2]2+", "C10H24N2", 2, 1),
            ("SO₄²⁻", "O4S", -2, 1),
            ("SO4^2-", "O4S", -2, 1),
            ("C6H6+.", "C6H6", 1, 1),
            ("C6H6⁺•", "C6H6", 1, 1),
            ("C6H12O6.HCl", "C6H13O6Cl", 0, 2),
            ("C6H12O6·H2O", "C6H14O7", 0, 2),
            ("CuSO4*5H2O", "H10O9SCu", 0, 6),
            ("2C6H8O7.3H2O", "C12H22O17", 0, 5),
            ("C2H3O2-.Na+", "C2H3O2Na", 0, 2),
        ] {
            let found = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let number = found.charge.map_or(0, Charge::number);
            assert_eq!(
                (&*found.formula.to_string(), number, found.n_parts),
                (formula, charge, n_parts),
                "{text}"
            );
            assert!(found.spelling.is_ascii(), "{text}");
            assert_eq!(parse(&found.spelling).unwrap(), found, "{text}");
        }
    }

    #[test]
    fn what_is_ambiguous_or_wrong_is_refused() {
        for (text, part) in [
            ("", "empty"),
            ("  ", "empty"),
            ("NaCl 2H2O", "' ' at position 5"),
            ("2H2O", "'2' at position 1"),
            ("CaSO4.0.5H2O", "count `0`"),
            ("C6H12O6..HCl", "empty"),
            ("C6H12O6.18OH2", "count `18`"),
            ("C6H12O6.", "empty"),
            ("(CH2)3", "'(' at position 1"),
            ("+", "empty"),
            ("C6H12O6+10", "charge"),
            ("C6H12O6++++++++++", "charge"),
            ("C9999H2.C", "count `10000`"),
            ("??", "'?' at position 1"),
            ("C6H12O6\u{1b}[31m", "position 8"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,30}") {
            if let Ok(found) = parse(&text) {
                prop_assert!(found.formula.is_possible());
            }
        }

        #[test]
        fn any_notation_is_read_again_as_the_same(text in "[CHNOD0-9.*+²⁺¹³\\[\\]₆ -]{0,14}") {
            if let Ok(found) = parse(&text) {
                prop_assert!(found.formula.is_possible());
                prop_assert_eq!(parse(&found.spelling).unwrap(), found);
            }
        }
    }
}
