//! A line's fields, with the quotes of RFC 4180 whatever separates them.

/// The fields of a line.
#[derive(Debug, Default)]
pub(super) struct Fields {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    /// The field whose quote is open at the end of the line.
    pub(super) open: Option<usize>,
}

impl Fields {
    /// Splits a line. A field that begins with a quote ends behind the next one that is not doubled;
    /// what follows it before the separator is kept as it is.
    pub(super) fn split(&mut self, line: &[u8], separator: u8) {
        self.start();
        let mut rest = line;
        loop {
            let (field_rest, is_closed) = match rest.first() {
                Some(b'"') => self.quoted(&rest[1..]),
                _ => (rest, true),
            };
            if !is_closed {
                self.open = Some(self.ends.len());
                self.ends.push(self.bytes.len());
                return;
            }
            let end = field_rest.iter().position(|&byte| byte == separator);
            let field = &field_rest[..end.unwrap_or(field_rest.len())];
            self.bytes.extend_from_slice(field);
            self.ends.push(self.bytes.len());
            match end {
                Some(end) => rest = &field_rest[end + 1..],
                None => return,
            }
        }
    }

    /// Splits a line whose quotes mean nothing.
    pub(super) fn split_plainly(&mut self, line: &[u8], separator: u8) {
        self.start();
        for field in line.split(|&byte| byte == separator) {
            self.bytes.extend_from_slice(field);
            self.ends.push(self.bytes.len());
        }
    }

    fn start(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.open = None;
    }

    /// Reads behind an opening quote; what is left behind the closing one, and whether there is one.
    fn quoted<'a>(&mut self, mut rest: &'a [u8]) -> (&'a [u8], bool) {
        loop {
            let Some(quote) = rest.iter().position(|&byte| byte == b'"') else {
                self.bytes.extend_from_slice(rest);
                return (&[], false);
            };
            self.bytes.extend_from_slice(&rest[..quote]);
            rest = &rest[quote + 1..];
            if rest.first() != Some(&b'"') {
                return (rest, true);
            }
            self.bytes.push(b'"');
            rest = &rest[1..];
        }
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field, empty where there is none.
    pub(super) fn get(&self, place: usize) -> &[u8] {
        let Some(&end) = self.ends.get(place) else {
            return &[];
        };
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..end]
    }

    /// Whether no field has more than white space.
    pub(super) fn are_blank(&self) -> bool {
        self.bytes.trim_ascii().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(line: &str, separator: u8) -> Vec<String> {
        let mut fields = Fields::default();
        fields.split(line.as_bytes(), separator);
        (0..fields.len())
            .map(|i| String::from_utf8_lossy(fields.get(i)).into_owned())
            .collect()
    }

    #[test]
    fn quotes_are_those_of_the_standard() {
        assert_eq!(split(r#"1,"a, ""b""",C"#, b','), ["1", r#"a, "b""#, "C"]);
        assert_eq!(split("1\t\"a\tb\"\tC", b'\t'), ["1", "a\tb", "C"]);
        assert_eq!(split(r#"5" long,x"#, b','), [r#"5" long"#, "x"]);
        assert_eq!(split(r#""a"b,x"#, b','), ["ab", "x"]);
        assert_eq!(split("a,,", b','), ["a", "", ""]);
        assert_eq!(split("", b','), [""]);
        let mut fields = Fields::default();
        fields.split(br#"1,"open,C"#, b',');
        assert_eq!((fields.open, fields.len()), (Some(1), 2));
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_as_it_was(
            fields in prop::collection::vec("[ -~]{0,8}", 1..5), separator in prop::sample::select(vec![b',', b';', b'\t']),
        ) {
            let quoted: Vec<String> = fields
                .iter()
                .map(|field| format!("\"{}\"", field.replace('"', "\"\"")))
                .collect();
            prop_assert_eq!(split(&quoted.join(&char::from(separator).to_string()), separator), fields);
        }
    }
}
