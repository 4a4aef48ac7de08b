//! Numbers and formulas as people read them.

use maud::{Markup, html};
use metaspace_results::StoredAnnotation;

/// A chemical formula, or an ion's, with its counts below the line: not the numbers of molecules,
/// isotopes and charges.
pub(crate) fn formula(text: &str) -> Markup {
    html! {
        span.formula {
            @for (is_low, part) in formula_parts(text) {
                @if is_low { sub { (part) } } @else { (part) }
            }
        }
    }
}

/// The same as parts of text, each with whether it goes below the line.
pub(crate) fn formula_parts(text: &str) -> Vec<(bool, String)> {
    let mut parts: Vec<(bool, String)> = Vec::new();
    for (place, c) in text.char_indices() {
        let is_digit = c.is_ascii_digit();
        match parts.last_mut() {
            Some((_, part)) if part.ends_with(|d: char| d.is_ascii_digit()) && is_digit => {
                part.push(c);
            }
            Some((false, part)) if !is_digit => part.push(c),
            _ => parts.push((is_digit && is_count(text, place), c.into())),
        }
    }
    parts
}

/// Whether the number at a place counts atoms: it stands behind an element, or behind a bracket and is
/// no charge.
fn is_count(text: &str, place: usize) -> bool {
    let rest = text[place..].trim_start_matches(|c: char| c.is_ascii_digit());
    match text[..place].chars().next_back() {
        Some(']') => !["+", "-"].contains(&rest),
        before => before.is_some_and(|c| c.is_ascii_alphabetic() || c == ')'),
    }
}

/// An adduct as mass spectrometrists write it: `[M+K]⁺`.
pub(crate) fn adduct(modifier: &str, ion: &str) -> String {
    let raised = |c: char| match c {
        '+' => '⁺',
        '-' => '⁻',
        digit => {
            let place = digit
                .to_digit(10)
                .and_then(|digit| usize::try_from(digit).ok());
            let found = place.and_then(|place| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(place));
            found.unwrap_or(digit)
        }
    };
    if let Some((inner, charge)) = modifier.rsplit_once(']') {
        let charge: String = charge.chars().map(raised).collect();
        return format!("{}]{charge}", inner.replace('-', "−"));
    }
    let sign = if ion.ends_with('-') { "⁻" } else { "⁺" };
    format!("[M{}]{sign}", modifier.replace('-', "−"))
}

/// What people call an ion: its likeliest molecule, or its formula where none has a name.
pub(crate) fn name(row: &StoredAnnotation) -> Markup {
    match row.molecule_names.first() {
        Some(name) => html! { span.molecule-name { (name) } },
        None => formula(&row.formula),
    }
}

/// A share as per cent.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 9.95 {
        format!("{percent:.1}\u{a0}%")
    } else {
        format!("{percent:.0}\u{a0}%")
    }
}

/// A share as per cent without needless digits: 5 %, 2.5 %.
pub(crate) fn level(share: f64) -> String {
    format!("{}\u{a0}%", (share * 1e4).round() / 100.0)
}

/// Three digits that count and a power of ten: 1.15e7 as 1.15 × 10⁷.
pub(crate) fn intensity(value: f64) -> Markup {
    let (number, exponent) = intensity_parts(value);
    html! { (number) @if let Some(exponent) = exponent { sup { (exponent) } } }
}

/// The same as text and, where there is a power of ten, its exponent.
pub(crate) fn intensity_parts(value: f64) -> (String, Option<String>) {
    if !(value.is_finite() && value > 0.0) {
        return ("0".into(), None);
    }
    if (0.01..1e4).contains(&value) {
        let digits = if value >= 100.0 { 0 } else { 2 };
        return (format!("{value:.digits$}"), None);
    }
    let exponent = value.log10().floor();
    let number = format!("{:.2} × 10", value / 10.0_f64.powf(exponent));
    (number, Some(exponent.to_string()))
}

/// A whole number with commas between thousands.
pub(crate) fn thousands(value: u64) -> String {
    metaspace_results::text::thousands(value)
}

/// A number with its sign, a minus as long as a plus, and so many digits; 0 has none.
pub(crate) fn signed(value: f64, digits: usize) -> String {
    metaspace_results::text::signed(value, digits).replace('-', "−")
}

/// How many there are of something: `1 ion`, `30 ions`.
pub(crate) fn counted(n: usize, what: &str) -> String {
    metaspace_results::text::counted(n as u64, what)
}

/// Names as one line: some, and how many more.
pub(crate) fn some(names: &[String], most: usize) -> String {
    let shown = names
        .iter()
        .take(most)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let n_more = names.len().saturating_sub(most);
    if n_more == 0 {
        shown
    } else {
        format!("{shown} and {n_more} more")
    }
}

/// The middle value; 0 where there is none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_and_adducts_are_written_as_usual() {
        let html = formula("C6H12O6").into_string();
        assert_eq!(
            html,
            "<span class=\"formula\">C<sub>6</sub>H<sub>12</sub>O<sub>6</sub></span>"
        );
        assert_eq!(adduct("-H", "C6H12O6-H-"), "[M−H]⁻");
        assert_eq!(adduct("", "[C5H14NO]+"), "[M]⁺");
        assert_eq!(adduct("[M]+", "[C5H14NO]+"), "[M]⁺");
        assert_eq!(adduct("[2M-H]-", "[2C5H13NO-H]-"), "[2M−H]⁻");
        assert_eq!(adduct("[M+2H]2+", "[C6H12O6+2H]2+"), "[M+2H]²⁺");
        let html = formula("[2[13C]6H12O6+2H]2+").into_string();
        let expected = "[2[13C]<sub>6</sub>H<sub>12</sub>O<sub>6</sub>+2H]2+";
        assert_eq!(html, format!("<span class=\"formula\">{expected}</span>"));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(percent(0.0107), "1.1\u{a0}%");
        assert_eq!(percent(0.2), "20\u{a0}%");
        assert_eq!(
            (level(0.05), level(0.025)),
            ("5\u{a0}%".into(), "2.5\u{a0}%".into())
        );
        assert_eq!(intensity(1.15e7).into_string(), "1.15 × 10<sup>7</sup>");
        assert!((median(&[3.0, 1.0, 2.0, 10.0]) - 2.5).abs() < 1e-12);
    }

    #[test]
    fn long_lists_are_cut() {
        let names = ["a", "b", "c"].map(String::from);
        assert_eq!(some(&names, 2), "a, b and 1 more");
        assert_eq!(some(&names, 3), "a, b, c");
    }
}
