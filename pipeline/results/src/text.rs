//! Numbers in words, as the terminal and the report have them.

/// A number with commas between thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many there are of something whose name gets an `s`: `1 ion`, `1,200 ions`.
pub fn counted(n: u64, what: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {what}{ending}", thousands(n))
}

/// A share in per cent, to a hundredth: `10 %`, `0.5 %`.
///
/// ```
/// use metaspace_results::text::percent;
/// assert_eq!(percent(0.07), "7 %");
/// ```
pub fn percent(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 100.0)
}

/// A probability in few letters: three digits behind the point, or two digits and a power of ten.
///
/// ```
/// use metaspace_results::text::probability;
/// assert_eq!(probability(0.667), "0.667");
/// assert_eq!(probability(0.000_021), "2.1e-5");
/// ```
pub fn probability(p: f64) -> String {
    if p > 0.0 && p < 0.001 {
        format!("{p:.1e}")
    } else {
        format!("{p:.3}")
    }
}

/// A number with its sign and so many digits; what rounds to 0 has no sign.
pub fn signed(number: f64, digits: usize) -> String {
    let text = format!("{number:+.digits$}");
    match text.strip_prefix(['+', '-']) {
        Some(plain) if plain.bytes().all(|byte| byte == b'0' || byte == b'.') => plain.to_owned(),
        _ => text,
    }
}

/// A text as it stands in a CSV, for no spreadsheet to take it for a sum or to run it: one that begins
/// as a sum does has a quote before it.
///
/// ```
/// use metaspace_results::text::csv_text;
/// assert_eq!(csv_text("=1+1"), "'=1+1");
/// assert_eq!(csv_text("PC 34:1"), "PC 34:1");
/// ```
pub fn csv_text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.into()
    }
}

/// An adduct as it stands in a CSV, and in those of METASPACE: `M+H` of `+H`, which a spreadsheet takes
/// for a sum.
pub fn csv_adduct(adduct: &str) -> String {
    if adduct.starts_with(['+', '-']) {
        format!("M{adduct}")
    } else {
        adduct.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(1, "ion"), "1 ion");
        assert_eq!(counted(1_200, "ion"), "1,200 ions");
    }

    #[test]
    fn what_rounds_to_nothing_has_no_sign() {
        assert_eq!(signed(-0.004, 2), "0.00");
        assert_eq!(signed(0.004, 2), "0.00");
        assert_eq!(signed(-0.005_1, 2), "-0.01");
        assert_eq!(signed(1.25, 1), "+1.2");
    }

    #[test]
    fn thousands_have_commas() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_234), "1,234");
        assert_eq!(thousands(20_000_000), "20,000,000");
    }
}
