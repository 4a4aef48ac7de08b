//! Characters of word processors and printed pages as the ASCII ones that they look like.

/// A text with the digits, signs, letters and dots of Unicode as those of ASCII, and without white
/// space: `[M+NH₄]⁺` becomes `[M+NH4]+`.
///
/// Superscripts and subscripts lose their height. Where it tells something, it must be looked at
/// before: [`superscript`].
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter_map(plain_char).collect()
}

/// A character in ASCII where it looks like one of it; nothing of white space and marks that show
/// nothing.
fn plain_char(c: char) -> Option<char> {
    if let Some(raised) = superscript(c) {
        return Some(raised);
    }
    match c {
        // Zero-width marks, soft hyphen and byte-order mark.
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => None,
        c if c.is_whitespace() => None,
        '₀'..='₉' => char::from_digit(u32::from(c) - u32::from('₀'), 10),
        '₊' | '➕' | '﹢' => Some('+'),
        // Hyphens, dashes, minus.
        '₋' | '‐'..='―' | '−' | '➖' | '﹣' | '⁃' => Some('-'),
        '·' | '•' | '∙' | '⋅' | '‧' | '・' | '●' | '⸱' => Some('.'),
        '∗' | '×' | '⁎' => Some('*'),
        // Fullwidth forms stand in the order of ASCII.
        '！'..='～' => char::from_u32(u32::from(c) - u32::from('！') + u32::from('!')),
        other => Some(other),
    }
}

/// The digit or sign that a character is as a superscript.
pub(crate) fn superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴' => '4',
        '⁵' => '5',
        '⁶' => '6',
        '⁷' => '7',
        '⁸' => '8',
        '⁹' => '9',
        '⁺' | '˖' => '+',
        '⁻' | '¯' => '-',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_alike() {
        for (text, expected) in [
            ("[M+H]⁺", "[M+H]+"),
            ("[M−H]⁻", "[M-H]-"),
            ("[M + NH₄]⁺", "[M+NH4]+"),
            ("–H", "-H"),
            ("—H", "-H"),
            ("［Ｍ＋Ｈ］＋", "[M+H]+"),
            ("\u{feff}C₆H₁₂O₆\u{a0}", "C6H12O6"),
            ("CuSO₄·5H₂O", "CuSO4.5H2O"),
            ("é", "é"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }
}
