//! What columns of molecule tables are called.

/// Names of the column of formulas, as [`plain_name`] has them; the first that is there is taken.
const FORMULA: [&str; 14] = [
    "formula",
    "molecularformula",
    "chemicalformula",
    "sumformula",
    "moleculeformula",
    "compoundformula",
    "molformula",
    "elementalformula",
    "elementalcomposition",
    "neutralformula",
    "formulaneutral",
    "formulaph73",
    "brutoformula",
    "mf",
];

/// Names of the column of names.
const NAME: [&str; 18] = [
    "name",
    "moleculename",
    "moleculenames",
    "molname",
    "compoundname",
    "metabolitename",
    "lipidname",
    "commonname",
    "genericname",
    "databasename",
    "preferredname",
    "recommendedname",
    "compound",
    "metabolite",
    "abbreviation",
    "systematicname",
    "iupacname",
    "title",
];

/// Names of the column of identifiers.
const ID: [&str; 21] = [
    "id",
    "moleculeid",
    "moleculeids",
    "moldbid",
    "molid",
    "compoundid",
    "databaseid",
    "hmdbid",
    "lmid",
    "lipidid",
    "lipidmapsid",
    "swisslipidsid",
    "accession",
    "chebiid",
    "keggid",
    "pubchemcid",
    "pubchemid",
    "cid",
    "identifier",
    "inchikey",
    "cas",
];

/// Names of the column of classes.
const CLASS: [&str; 5] = [
    "class",
    "mainclass",
    "lipidclass",
    "compoundclass",
    "superclass",
];

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Formulas.
    Formula,
    /// Names.
    Name,
    /// Identifiers.
    Id,
    /// Classes.
    Class,
}

impl Use {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Formula => &FORMULA,
            Self::Name => &NAME,
            Self::Id => &ID,
            Self::Class => &CLASS,
        }
    }

    /// Place of the column for it among columns of these plain names.
    pub(super) fn find(self, plain_names: &[String]) -> Option<usize> {
        let place = |name: &&str| plain_names.iter().position(|column| column == name);
        let known = self.names().iter().find_map(place);
        known.or_else(|| {
            // `Formula of the compound`, if there is one such column.
            let mut like = (0..plain_names.len()).filter(|&i| plain_names[i].contains("formula"));
            like.next()
                .filter(|_| self == Self::Formula && like.next().is_none())
        })
    }
}

/// A column's name without case, spaces and signs: `Molecular formula`, `MOLECULAR_FORMULA` and
/// `molecularFormula` are one.
pub(super) fn plain_name(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_names_are_known() {
        for (header, formula, name, id) in [
            ("id,name,formula", Some(2), Some(1), Some(0)),
            ("ID,Name,Formula", Some(2), Some(1), Some(0)),
            ("Molecular formula,Compound name", Some(0), Some(1), None),
            (
                "MOLECULAR_FORMULA,moldb_id,moleculeNames",
                Some(0),
                Some(2),
                Some(1),
            ),
            ("chemical_formula,accession,name", Some(0), Some(2), Some(1)),
            ("LM_ID,COMMON_NAME,FORMULA", Some(2), Some(1), Some(0)),
            (
                "Lipid ID,Level,Name,Formula (pH7.3)",
                Some(3),
                Some(2),
                Some(0),
            ),
            ("formula,name,molecular formula", Some(0), Some(1), None),
            ("Formula of it,x", Some(0), None, None),
            ("formula a,formula b", None, None, None),
        ] {
            let names: Vec<String> = header.split(',').map(plain_name).collect();
            assert_eq!(
                [Use::Formula, Use::Name, Use::Id].map(|column| column.find(&names)),
                [formula, name, id],
                "{header}"
            );
        }
    }
}
