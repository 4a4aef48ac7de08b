//! Numbers and formulas as people read them.

use maud::{Markup, html};
use metaspace_results::StoredAnnotation;

/// A chemical formula with its numbers below the line.
pub(crate) fn formula(text: &str) -> Markup {
    let mut parts: Vec<(bool, String)> = Vec::new();
    for c in text.chars() {
        let is_digit = c.is_ascii_digit();
        match parts.last_mut() {
            Some((was_digit, part)) if *was_digit == is_digit => part.push(c),
            _ => parts.push((is_digit, c.into())),
        }
    }
    html! {
        span.formula {
            @for (is_digit, part) in parts { @if is_digit { sub { (part) } } @else { (part) } }
        }
    }
}

/// An adduct as mass spectrometrists write it: `[M+K]⁺`.
pub(crate) fn adduct(modifier: &str, ion: &str) -> String {
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
    if !(value.is_finite() && value > 0.0) {
        return html! { "0" };
    }
    if (0.01..1e4).contains(&value) {
        let digits = if value >= 100.0 { 0 } else { 2 };
        return html! { (format!("{value:.digits$}")) };
    }
    let exponent = value.log10().floor();
    html! { (format!("{:.2}", value / 10.0_f64.powf(exponent))) " × 10" sup { (exponent) } }
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
