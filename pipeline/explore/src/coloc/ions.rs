//! An ion as a user writes it.

use metaspace_results::{FoundIon, StoredAnnotation};

use crate::error::ExploreError;

/// Ions suggested at most.
const N_SUGGESTED: usize = 5;

/// Bytes of the longest text that others are suggested for.
const MAX_NAME: usize = 200;

/// What has the name of an ion.
pub trait NamedIon {
    /// Formula, adduct and sign.
    fn ion(&self) -> &str;
    /// Formula of the ion.
    fn ion_formula(&self) -> &str;
}

impl NamedIon for FoundIon {
    fn ion(&self) -> &str {
        &self.ion
    }

    fn ion_formula(&self) -> &str {
        &self.ion_formula
    }
}

impl NamedIon for StoredAnnotation {
    fn ion(&self) -> &str {
        &self.ion
    }

    fn ion_formula(&self) -> &str {
        &self.ion_formula
    }
}

/// The ion that a text names: `C40H80NO8P +K`, with or without spaces and the sign of the charge, or
/// the formula of the ion where only one has it.
///
/// # Errors
/// There is none, or several have this formula; those that are near are named.
pub fn find_ion<'a, I: NamedIon + 'a>(
    ions: impl IntoIterator<Item = &'a I>,
    text: &str,
) -> Result<&'a I, ExploreError> {
    let ions: Vec<&I> = ions.into_iter().collect();
    let wanted = plain(text);
    let is_named = |ion: &&&I| {
        let name = plain(ion.ion());
        name == wanted || name.strip_suffix(['+', '-']) == Some(&wanted)
    };
    if let Some(found) = ions.iter().find(is_named) {
        return Ok(found);
    }
    let same: Vec<&I> = ions
        .iter()
        .copied()
        .filter(|ion| ion.ion_formula() == wanted)
        .collect();
    if let [found] = same[..] {
        return Ok(found);
    }
    let near = if same.is_empty() {
        nearest(&ions, &wanted)
    } else {
        same.iter().map(|ion| ion.ion()).collect()
    };
    Err(ExploreError::UnknownIon {
        ion: text.into(),
        n_ions: ions.len(),
        near: near.join(", "),
    })
}

/// The ions whose names are most like a text. One that is no name is like none.
fn nearest<'a, I: NamedIon>(ions: &[&'a I], wanted: &str) -> Vec<&'a str> {
    if wanted.len() > MAX_NAME {
        return Vec::new();
    }
    let mut near: Vec<(usize, &str)> = ions
        .iter()
        .map(|ion| (distance(wanted, &plain(ion.ion())), ion.ion()))
        .collect();
    near.sort_unstable();
    near.into_iter()
        .take(N_SUGGESTED)
        .map(|(_, ion)| ion)
        .collect()
}

/// Without spaces and brackets.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !"[]".contains(*c))
        .collect()
}

/// Characters to insert, remove or replace to get from one text to another.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ions() -> Vec<FoundIon> {
        let ion = |ion: &str, ion_formula: &str| FoundIon {
            ion: ion.into(),
            ion_formula: ion_formula.into(),
            fdr: 0.05,
            msm: 0.9,
            molecule_names: Vec::new(),
        };
        vec![
            ion("C6H12O6+K+", "C6H12KO6"),
            ion("C6H12O6+Na+", "C6H12NaO6"),
            ion("C6H10O5+H2O+Na+", "C6H12NaO6"),
            ion("[C5H14NO]+", "C5H14NO"),
        ]
    }

    #[test]
    fn ions_are_found_as_people_write_them() {
        let ions = ions();
        for text in [
            "C6H12O6 +K",
            "C6H12O6+K+",
            "C6H12O6+K",
            "C6H12KO6",
            "[C6H12O6+K]+",
        ] {
            assert_eq!(find_ion(&ions, text).unwrap().ion, "C6H12O6+K+", "{text}");
        }
        assert_eq!(find_ion(&ions, "C5H14NO").unwrap().ion, "[C5H14NO]+");
    }

    #[test]
    fn near_ones_are_named() {
        let error = |text| find_ion(&ions(), text).unwrap_err().to_string();
        assert!(
            error("C6H12O6 +H").contains("C6H12O6+K+"),
            "{}",
            error("C6H12O6 +H")
        );
        let several = error("C6H12NaO6");
        assert!(
            several.contains("C6H12O6+Na+, C6H10O5+H2O+Na+"),
            "{several}"
        );
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
