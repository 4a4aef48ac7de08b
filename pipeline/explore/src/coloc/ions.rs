//! An ion as a user writes it.

use datasets::lipid_name::LipidName;
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
    /// Names of the molecules it may be.
    fn molecule_names(&self) -> &[String];
    /// False discovery rate, 0 to 1.
    fn fdr(&self) -> f64;
    /// Metabolite-signal match, 0 to 1.
    fn msm(&self) -> f64;
}

impl NamedIon for FoundIon {
    fn ion(&self) -> &str {
        &self.ion
    }

    fn ion_formula(&self) -> &str {
        &self.ion_formula
    }

    fn molecule_names(&self) -> &[String] {
        &self.molecule_names
    }

    fn fdr(&self) -> f64 {
        self.fdr
    }

    fn msm(&self) -> f64 {
        self.msm
    }
}

impl NamedIon for StoredAnnotation {
    fn ion(&self) -> &str {
        &self.ion
    }

    fn ion_formula(&self) -> &str {
        &self.ion_formula
    }

    fn molecule_names(&self) -> &[String] {
        &self.molecule_names
    }

    fn fdr(&self) -> f64 {
        self.fdr
    }

    fn msm(&self) -> f64 {
        self.msm
    }
}

/// The ion that a text names: `C40H80NO8P +K`, with or without spaces and the sign of the charge; the
/// formula of the ion where only one has it; or a molecule, `PI 38:4`, with or without an adduct
/// behind it, `PI 38:4 [M-H]-`, in letters of any size, a lipid in any usual spelling, `PI(38:4)`.
///
/// Of several ions of a molecule it is the best: that of the lowest FDR, then of the highest MSM.
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
    if let Some(found) = best_of_molecule(&ions, text) {
        return Ok(found);
    }
    let near = if same.is_empty() {
        nearest(&ions, &wanted)
    } else {
        same.iter().map(|ion| ion.ion().to_owned()).collect()
    };
    Err(ExploreError::UnknownIon {
        ion: text.into(),
        n_ions: ions.len(),
        near: near.join(", "),
    })
}

/// The best ion of the molecule that a text names, alone or with an adduct behind it.
fn best_of_molecule<'a, I: NamedIon>(ions: &[&'a I], text: &str) -> Option<&'a I> {
    let wanted = folded(text);
    let lipid = LipidName::parse(text);
    let behind = text.trim().rsplit_once(char::is_whitespace);
    let behind = behind.map_or(String::new(), |(_, last)| folded(last));
    let is_of = |ion: &&&'a I| {
        let adduct = adduct_of(ion.ion());
        let takes = |rest: &str| rest.is_empty() || is_adduct(rest, &adduct);
        let names = ion.molecule_names();
        let is_lipid = |name: &String| lipid.is_some() && LipidName::parse(name) == lipid;
        let mut rests = names
            .iter()
            .filter_map(|name| wanted.strip_prefix(&folded(name)));
        rests.any(takes)
            || (names.iter().any(is_lipid)
                && takes(if behind.starts_with(['[', '+', '-']) {
                    &behind
                } else {
                    ""
                }))
    };
    let order = |a: &&&'a I, b: &&&'a I| {
        let by_fdr = a.fdr().total_cmp(&b.fdr());
        let by_msm = by_fdr.then_with(|| b.msm().total_cmp(&a.msm()));
        by_msm.then_with(|| a.ion().cmp(b.ion()))
    };
    ions.iter().filter(is_of).min_by(order).copied()
}

/// Whether a text is an adduct: `+k`, `-h`, `[m-h]-`, `+na+`.
fn is_adduct(text: &str, adduct: &str) -> bool {
    let bare = |text: &str| -> String {
        let text = text.strip_prefix("[m").unwrap_or(text);
        text.chars().filter(|c| !"[]".contains(*c)).collect()
    };
    let (text, adduct) = (bare(text), bare(adduct));
    text == adduct || adduct.strip_suffix(['+', '-']) == Some(&text)
}

/// What follows the formula in the name of an ion, in small letters: `+k+` of `C6H12O6+K+`.
fn adduct_of(ion: &str) -> String {
    let plain = folded(ion);
    let from = plain.find(['+', '-']).unwrap_or(plain.len());
    plain[from..].to_owned()
}

/// Small letters without spaces.
fn folded(text: &str) -> String {
    let letters = text.chars().filter(|c| !c.is_whitespace());
    letters.flat_map(char::to_lowercase).collect()
}

/// The ions whose names, or whose molecules' names, are most like a text, each with its molecule. A
/// text that is no name is like none.
fn nearest<I: NamedIon>(ions: &[&I], wanted: &str) -> Vec<String> {
    if wanted.len() > MAX_NAME {
        return Vec::new();
    }
    let folded_wanted = folded(wanted);
    let mut near: Vec<(usize, &str, Option<&String>)> = ions
        .iter()
        .map(|ion| {
            let of_ion = distance(wanted, &plain(ion.ion()));
            let names = ion.molecule_names();
            let of_names = names
                .iter()
                .map(|name| (distance(&folded_wanted, &folded(name)), name));
            match of_names.min() {
                Some((of_name, name)) if of_name < of_ion => (of_name, ion.ion(), Some(name)),
                _ => (of_ion, ion.ion(), None),
            }
        })
        .collect();
    near.sort_unstable();
    let text = |(_, ion, name): (usize, &str, Option<&String>)| match name {
        Some(name) => format!("{name} ({ion})"),
        None => ion.to_owned(),
    };
    near.into_iter().take(N_SUGGESTED).map(text).collect()
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
        let ion = |ion: &str, ion_formula: &str, fdr: f64, name: &str| FoundIon {
            ion: ion.into(),
            ion_formula: ion_formula.into(),
            fdr,
            msm: 0.9,
            molecule_names: vec![name.into()],
        };
        vec![
            ion("C6H12O6+K+", "C6H12KO6", 0.2, "Glucose"),
            ion("C6H12O6+Na+", "C6H12NaO6", 0.05, "Glucose"),
            ion("C6H10O5+H2O+Na+", "C6H12NaO6", 0.05, "Glucosan"),
            ion("[C5H14NO]+", "C5H14NO", 0.05, "Choline"),
            ion("C42H82NO8P+H+", "C42H83NO8P", 0.05, "PC 34:1"),
            ion("C42H82NO8P+K+", "C42H82KNO8P", 0.1, "PC 34:1"),
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
    fn ions_are_found_by_the_names_of_molecules() {
        let ions = ions();
        let found = |text| find_ion(&ions, text).unwrap().ion.as_str();
        assert_eq!(found("choline"), "[C5H14NO]+");
        assert_eq!(found("Glucose"), "C6H12O6+Na+", "the lowest FDR");
        for text in ["glucose +K", "Glucose [M+K]+", "GLUCOSE+K+", "glucose  +k"] {
            assert_eq!(found(text), "C6H12O6+K+", "{text}");
        }
        let error = find_ion(&ions, "Glucos").unwrap_err().to_string();
        assert!(error.contains("Glucose (C6H12O6+K+)"), "{error}");
        assert!(find_ion(&ions, "Glucose -H").is_err());
        assert!(find_ion(&ions, "").is_err());
    }

    #[test]
    fn lipids_are_found_in_any_spelling() {
        let ions = ions();
        for (text, found) in [
            ("PC(34:1)", "C42H82NO8P+H+"),
            ("PC 16:0_18:1", "C42H82NO8P+H+"),
            ("pc(16:0/18:1(9Z)) [M+K]+", "C42H82NO8P+K+"),
            ("PC(34:1) +K", "C42H82NO8P+K+"),
        ] {
            assert_eq!(find_ion(&ions, text).unwrap().ion, found, "{text}");
        }
        assert!(find_ion(&ions, "PC(34:1) +Na").is_err());
        assert!(find_ion(&ions, "PC(34:2)").is_err());
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
