//! Elements and labels: isotope masses and natural abundances, parsed from `data/isotopes.tsv`.

use std::sync::LazyLock;

/// The table as it is shipped: one isotope a line.
const TABLE: &str = include_str!("../data/isotopes.tsv");

/// Mass of the electron in Da (CODATA 2010, as the METASPACE engine uses it).
pub const ELECTRON_MASS_DA: f64 = 0.000_548_579_909_24;

/// One stable isotope of an element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Isotope {
    /// Mass of the neutral atom in Da.
    pub mass_da: f64,
    /// Natural abundance, a fraction of 1.
    pub abundance: f64,
}

/// An element, or an isotope label such as `Cx` (¹³C), by its place in the text of a formula: C, H,
/// N, O, P, S, then the others alphabetically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element(u8);

#[derive(Debug)]
struct Row {
    symbol: &'static str,
    isotopes: Vec<Isotope>,
    /// Of the most abundant isotope.
    principal_mass_da: f64,
    /// Mean over the isotopes.
    average_mass_da: f64,
}

static ELEMENTS: LazyLock<Vec<Row>> = LazyLock::new(|| parse_table(TABLE));

/// Mass number and element of the isotope that each label is.
const LABELS: [(u32, &str, &str); 6] = [
    (2, "H", "Hx"),
    (3, "H", "Tx"),
    (13, "C", "Cx"),
    (15, "N", "Nx"),
    (18, "O", "Ox"),
    (34, "S", "Sx"),
];

/// Elements written first in a formula, in this order.
const TEXT_FIRST: [&str; 6] = ["C", "H", "N", "O", "P", "S"];

fn parse_table(text: &'static str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(symbol), Some(Ok(mass_da)), Some(Ok(abundance))) = (
            fields.next(),
            fields.next().map(str::parse),
            fields.next().map(str::parse),
        ) else {
            unreachable!("isotope table line `{line}`");
        };
        let isotope = Isotope { mass_da, abundance };
        match rows.iter_mut().find(|row| row.symbol == symbol) {
            Some(row) => row.isotopes.push(isotope),
            None => rows.push(Row {
                symbol,
                isotopes: vec![isotope],
                principal_mass_da: 0.0,
                average_mass_da: 0.0,
            }),
        }
    }
    for row in &mut rows {
        row.principal_mass_da = principal_mass_da(&row.isotopes);
        row.average_mass_da = row.isotopes.iter().map(|i| i.mass_da * i.abundance).sum();
    }
    rows.sort_by_key(|row| text_place(row.symbol));
    rows
}

fn principal_mass_da(isotopes: &[Isotope]) -> f64 {
    let mut best = isotopes[0];
    for isotope in isotopes {
        if isotope.abundance > best.abundance {
            best = *isotope;
        }
    }
    best.mass_da
}

/// What symbols are ordered by.
fn text_place(symbol: &str) -> (usize, &str) {
    let first = TEXT_FIRST.iter().position(|&s| s == symbol);
    (first.unwrap_or(TEXT_FIRST.len()), symbol)
}

impl Element {
    /// The element or label of this symbol, case-sensitive (`Na`, not `NA`).
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        let place = text_place(symbol);
        let i = ELEMENTS
            .binary_search_by(|row| text_place(row.symbol).cmp(&place))
            .ok()?;
        u8::try_from(i).ok().map(Self)
    }

    /// The label of an isotope by its mass number and element, such as `Cx` of ¹³C; nothing of other
    /// isotopes.
    ///
    /// ```
    /// use ms_core::elements::Element;
    /// assert_eq!(Element::label(13, "C"), Element::from_symbol("Cx"));
    /// assert_eq!(Element::label(12, "C"), None);
    /// ```
    pub fn label(mass_number: u32, symbol: &str) -> Option<Self> {
        let is_it = |&&(number, element, _): &&(u32, &str, &str)| {
            number == mass_number && element == symbol
        };
        let (.., label) = LABELS.iter().find(is_it)?;
        Self::from_symbol(label)
    }

    /// Its symbol.
    pub fn symbol(self) -> &'static str {
        ELEMENTS[usize::from(self.0)].symbol
    }

    /// Its isotopes, lightest first; never empty.
    pub fn isotopes(self) -> &'static [Isotope] {
        &ELEMENTS[usize::from(self.0)].isotopes
    }

    /// Whether it is a label: atoms of one enriched isotope, which shift a pattern but do not
    /// widen it.
    pub fn is_label(self) -> bool {
        self.symbol().len() == 2 && self.symbol().ends_with('x')
    }

    /// Mass in Da of its most abundant isotope.
    pub fn principal_mass_da(self) -> f64 {
        ELEMENTS[usize::from(self.0)].principal_mass_da
    }

    /// Mean mass in Da over its isotopes.
    pub(crate) fn average_mass_da(self) -> f64 {
        ELEMENTS[usize::from(self.0)].average_mass_da
    }

    /// Its place in the table, for tables indexed by element.
    pub(crate) fn index(self) -> usize {
        usize::from(self.number())
    }

    /// Its place in the table.
    pub(crate) fn number(self) -> u8 {
        self.0
    }
}

/// How many elements and labels the table has.
pub(crate) fn n_elements() -> usize {
    ELEMENTS.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_complete_and_abundances_sum_to_one() {
        assert_eq!(n_elements(), 106 + 6);
        for row in ELEMENTS.iter() {
            let sum: f64 = row.isotopes.iter().map(|isotope| isotope.abundance).sum();
            assert!((sum - 1.0).abs() < 1e-3, "{}: {sum}", row.symbol);
            assert!(
                row.isotopes.is_sorted_by(|a, b| a.mass_da < b.mass_da),
                "{}",
                row.symbol
            );
        }
    }

    #[test]
    fn symbols_are_case_sensitive_and_labels_known() {
        assert!(Element::from_symbol("NA").is_none());
        let carbon = Element::from_symbol("C").unwrap();
        assert!((carbon.principal_mass_da() - 12.0).abs() < f64::EPSILON);
        assert!(Element::from_symbol("Cx").unwrap().is_label());
        assert!(!Element::from_symbol("Xe").unwrap().is_label());
        assert!(carbon < Element::from_symbol("Ag").unwrap());
        for (mass_number, element, symbol) in LABELS {
            let label = Element::label(mass_number, element).unwrap();
            assert!(label.is_label() && label.symbol() == symbol);
            assert!((label.principal_mass_da() - f64::from(mass_number)).abs() < 0.05);
        }
    }
}
