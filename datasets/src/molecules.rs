//! The built-in molecule table: small molecules as listed, and lipids enumerated by class.
//!
//! The small molecules stand in `molecules/small.tsv`, one a line. The lipids follow from
//! `molecules/lipids.tsv`, one class a line: a species with C chain carbons and D double bonds has
//! the formula head + C·CH₂ − D·H₂, where the head belongs to the class.
//!
//! Every formula is that of a neutral closed-shell molecule, because adducts are added to it. A
//! permanent cation is therefore listed with one H less than the cation: choline is C5H13NO, whose
//! `[M+H]+` is the choline cation. HMDB writes C5H14NO for it instead, so that its `[M]+` matches.

use ms_core::formula::{Formula, FormulaError, Repeats};

mod lipids;

/// Name of the built-in table.
pub const NAME: &str = "metaspace-core";

/// Edition of the built-in table, year and month; it changes whenever a row does.
pub const VERSION: &str = "2026.11";

const SMALL: &str = include_str!("../molecules/small.tsv");
const LIPIDS: &str = include_str!("../molecules/lipids.tsv");

/// A row of a molecule table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltinMolecule {
    /// Identifier, unique in its table and stable between editions: `dopamine`, `pc-34-1`.
    pub id: String,
    /// Name as shown to people; lipids in LIPID MAPS shorthand: `PC 34:1`.
    pub name: String,
    /// Formula of the neutral molecule; isomers share it.
    pub formula: Formula,
    /// What kind of molecule it is: `Amino acid`, `Phosphatidylcholine`.
    pub class: String,
}

/// The built-in table: the small molecules in file order, then the lipid classes in file order,
/// each by chain carbons and then by double bonds.
///
/// Parses and enumerates on every call, so keep the result rather than ask again.
///
/// # Examples
/// ```
/// let molecules = datasets::molecules::builtin();
/// let popc = molecules.iter().find(|molecule| molecule.name == "PC 34:1");
/// assert_eq!(popc.map(|m| m.formula.to_string()).as_deref(), Some("C42H82NO8P"));
/// ```
pub fn builtin() -> Vec<BuiltinMolecule> {
    match parse(SMALL, LIPIDS) {
        Ok(molecules) => molecules,
        Err(error) => unreachable!("the embedded files are parsed by the tests: {error}"),
    }
}

/// The built-in table as text: a header, then a line of id, name, formula and class for each
/// molecule, separated by tabs.
pub fn builtin_tsv() -> String {
    let mut lines = vec!["id\tname\tformula\tclass".to_owned()];
    lines.extend(builtin().into_iter().map(
        |BuiltinMolecule {
             id,
             name,
             formula,
             class,
         }| { [id, name, formula.to_string(), class].join("\t") },
    ));
    lines.join("\n") + "\n"
}

/// Why a line of one of the files cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum MoleculeError {
    /// A line with too few or too many columns.
    #[error("line has {found} columns instead of {expected}: `{line}`")]
    Columns {
        /// Columns that the file has.
        expected: usize,
        /// Columns of this line.
        found: usize,
        /// The line.
        line: String,
    },
    /// A cell that should be a whole number, and in the case of a divisor not 0.
    #[error("{column} is not a usable whole number: `{value}`")]
    Number {
        /// Name of the column.
        column: &'static str,
        /// The cell.
        value: String,
    },
    /// A formula that cannot be read.
    #[error("formula of {name} cannot be read")]
    Formula {
        /// The molecule or the lipid class.
        name: String,
        /// What is wrong with it.
        source: FormulaError,
    },
}

fn parse(small: &str, classes: &str) -> Result<Vec<BuiltinMolecule>, MoleculeError> {
    let mut molecules = rows(small)
        .map(parse_molecule)
        .collect::<Result<Vec<_>, _>>()?;
    for line in rows(classes) {
        molecules.extend(lipids::LipidClass::parse(line)?.species()?);
    }
    Ok(molecules)
}

/// The lines of a file without its comments and its header.
fn rows(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter(|line| !line.starts_with('#')).skip(1)
}

fn parse_molecule(line: &str) -> Result<BuiltinMolecule, MoleculeError> {
    let [id, name, formula, class] = columns(line)?;
    Ok(BuiltinMolecule {
        id: id.into(),
        name: name.into(),
        formula: parse_formula(name, formula)?,
        class: class.into(),
    })
}

fn columns<const N: usize>(line: &str) -> Result<[&str; N], MoleculeError> {
    let cells: Vec<&str> = line.split('\t').collect();
    let found = cells.len();
    cells.try_into().map_err(|_| MoleculeError::Columns {
        expected: N,
        found,
        line: line.into(),
    })
}

fn parse_formula(name: &str, text: &str) -> Result<Formula, MoleculeError> {
    Formula::parse(text, Repeats::Add).map_err(|source| MoleculeError::Formula {
        name: name.into(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Elements that make an odd number of bonds in the molecules of the table; cobalt is the
    /// Co(III) of cobalamin.
    const ODD_VALENCE: [&str; 12] = [
        "H", "N", "P", "F", "Cl", "Br", "I", "Na", "K", "B", "As", "Co",
    ];

    /// Elements that make an even number.
    const EVEN_VALENCE: [&str; 9] = ["C", "O", "S", "Se", "Si", "Mg", "Fe", "Zn", "Pt"];

    /// Monoisotopic masses in Da as reference works print them, by id.
    const MASSES_DA: [(&str, f64); 108] = [
        ("glucose", 180.063_39),
        ("glycine", 75.032_03),
        ("alanine", 89.047_68),
        ("taurine", 125.014_66),
        ("gamma-aminobutyric-acid", 103.063_33),
        ("creatine", 131.069_48),
        ("creatinine", 113.058_91),
        ("glutamic-acid", 147.053_16),
        ("glutamine", 146.069_14),
        ("tryptophan", 204.089_88),
        ("tyrosine", 181.073_89),
        ("phenylalanine", 165.078_98),
        ("histidine", 155.069_48),
        ("arginine", 174.111_68),
        ("lysine", 146.105_53),
        ("methionine", 149.051_05),
        ("citrulline", 175.095_69),
        ("ornithine", 132.089_88),
        ("n-acetylaspartic-acid", 175.048_07),
        ("kynurenine", 208.084_79),
        ("glutathione", 307.083_81),
        ("glutathione-disulfide", 612.151_97),
        ("carnosine", 226.106_59),
        ("dopamine", 153.078_98),
        ("serotonin", 176.094_96),
        ("histamine", 111.079_65),
        ("melatonin", 232.121_18),
        ("norepinephrine", 169.073_89),
        ("spermidine", 145.157_90),
        ("spermine", 202.215_75),
        ("putrescine", 88.100_05),
        ("lactic-acid", 90.031_69),
        ("pyruvic-acid", 88.016_04),
        ("citric-acid", 192.027_00),
        ("malic-acid", 134.021_52),
        ("succinic-acid", 118.026_61),
        ("fumaric-acid", 116.010_96),
        ("2-oxoglutaric-acid", 146.021_52),
        ("sucrose", 342.116_21),
        ("n-acetylneuraminic-acid", 309.105_98),
        ("glucose-6-phosphate", 260.029_72),
        ("fructose-1-6-bisphosphate", 339.996_05),
        ("phosphoenolpyruvic-acid", 167.982_37),
        ("adenine", 135.054_50),
        ("uric-acid", 168.028_34),
        ("hypoxanthine", 136.038_51),
        ("adenosine", 267.096_75),
        ("guanosine", 283.091_67),
        ("inosine", 268.080_77),
        ("uridine", 244.069_54),
        ("amp", 347.063_08),
        ("adp", 427.029_41),
        ("atp", 506.995_75),
        ("gtp", 522.990_66),
        ("cyclic-amp", 329.052_52),
        ("udp-glucose", 566.055_02),
        ("udp-n-acetylglucosamine", 607.081_57),
        ("nad", 663.109_12),
        ("nadh", 665.124_77),
        ("nadph", 745.091_10),
        ("fad", 785.157_14),
        ("coenzyme-a", 767.115_21),
        ("acetyl-coa", 809.125_77),
        ("s-adenosylhomocysteine", 384.121_59),
        ("riboflavin", 376.138_28),
        ("ascorbic-acid", 176.032_09),
        ("nicotinamide", 122.048_01),
        ("biotin", 244.088_16),
        ("folic-acid", 441.139_68),
        ("retinol", 286.229_67),
        ("beta-carotene", 536.438_20),
        ("alpha-tocopherol", 430.381_08),
        ("cholesterol", 386.354_87),
        ("desmosterol", 384.339_22),
        ("squalene", 410.391_25),
        ("cortisol", 362.209_32),
        ("corticosterone", 346.214_41),
        ("testosterone", 288.208_93),
        ("estradiol", 272.177_63),
        ("cholic-acid", 408.287_57),
        ("taurocholic-acid", 515.291_67),
        ("glycocholic-acid", 465.309_04),
        ("prostaglandin-e2", 352.224_97),
        ("leukotriene-b4", 336.230_06),
        ("carnitine", 161.105_19),
        ("caffeine", 194.080_38),
        ("quercetin", 302.042_65),
        ("nicotine", 162.115_70),
        ("morphine", 285.136_49),
        ("cocaine", 303.147_06),
        ("paracetamol", 151.063_33),
        ("haloperidol", 375.140_15),
        ("clozapine", 326.129_82),
        ("olanzapine", 312.140_87),
        ("chlorpromazine", 318.095_75),
        ("imatinib", 493.259_01),
        ("erlotinib", 393.168_86),
        ("paclitaxel", 853.330_96),
        ("doxorubicin", 543.174_06),
        ("rifampicin", 822.405_12),
        ("2-5-dihydroxybenzoic-acid", 154.026_61),
        ("alpha-cyano-4-hydroxycinnamic-acid", 189.042_59),
        ("1-5-diaminonaphthalene", 158.084_40),
        ("9-aminoacridine", 194.084_40),
        ("norharmane", 168.068_75),
        ("sphingosine", 299.282_43),
        ("bilirubin", 584.263_48),
        ("heme-b", 616.177_29),
    ];

    #[test]
    fn masses_are_those_of_the_literature() {
        let molecules = builtin();
        for (id, mass_da) in MASSES_DA {
            let found = molecules.iter().find(|molecule| molecule.id == id).unwrap();
            let error_da = found.formula.principal_mass_da() - mass_da;
            assert!(
                error_da.abs() < 1e-3,
                "{id}: {} differs by {error_da} Da",
                found.formula
            );
        }
    }

    #[test]
    fn ids_and_names_are_unique_and_cells_are_clean() {
        let molecules = builtin();
        let ids: HashSet<&str> = molecules
            .iter()
            .map(|molecule| molecule.id.as_str())
            .collect();
        let names: HashSet<&str> = molecules
            .iter()
            .map(|molecule| molecule.name.as_str())
            .collect();
        assert_eq!((ids.len(), names.len()), (molecules.len(), molecules.len()));
        for molecule in &molecules {
            for cell in [&molecule.id, &molecule.name, &molecule.class] {
                assert!(!cell.is_empty() && cell == cell.trim(), "{molecule:?}");
            }
        }
    }

    #[test]
    fn number_of_formulas_is_that_of_a_focused_database() {
        let molecules = builtin();
        let formulas: HashSet<&Formula> = molecules.iter().map(|m| &m.formula).collect();
        assert!(
            (2_500..6_000).contains(&formulas.len()),
            "{} formulas",
            formulas.len()
        );
    }

    #[test]
    fn molecules_are_neutral_and_closed_shell() {
        for BuiltinMolecule { name, formula, .. } in builtin() {
            assert!(formula.is_possible(), "{name}: {formula}");
            let mut odd_valence = 0;
            for (element, count) in formula.iter() {
                if ODD_VALENCE.contains(&element.symbol()) {
                    odd_valence += count;
                } else {
                    assert!(
                        EVEN_VALENCE.contains(&element.symbol()),
                        "{name}: {formula}"
                    );
                }
            }
            assert_eq!(odd_valence % 2, 0, "{name}: {formula}");
        }
    }

    #[test]
    fn order_is_small_molecules_then_lipids_by_class_carbons_and_double_bonds() {
        let names: Vec<String> = builtin()
            .into_iter()
            .map(|molecule| molecule.name)
            .collect();
        assert_eq!(names.first().map(String::as_str), Some("Glycine"));
        let place = |name: &str| names.iter().position(|n| n == name).unwrap();
        let ordered = [
            "Glycine",
            "FA 18:0",
            "FA 18:1",
            "FA 20:0",
            "PC 33:1",
            "PC 34:0",
            "GM1 36:1;O2",
        ];
        assert!(ordered.is_sorted_by_key(|name| place(name)));
    }

    #[test]
    fn text_has_a_header_and_a_line_for_each_molecule() {
        let text = builtin_tsv();
        assert!(
            text.starts_with("id\tname\tformula\tclass\nglycine\tGlycine\tC2H5NO2\tAmino acid\n")
        );
        assert!(text.ends_with('\n'));
        assert_eq!(text.lines().count(), 1 + builtin().len());
    }

    #[test]
    fn wrong_lines_are_refused_with_their_reason() {
        let few = parse("header\na\tb\tH2O", "").unwrap_err();
        assert_eq!(
            few.to_string(),
            "line has 3 columns instead of 4: `a\tb\tH2O`"
        );
        let formula = parse("header\na\tWater\tH2Oo\tc", "").unwrap_err();
        assert_eq!(formula.to_string(), "formula of Water cannot be read");
        let step = parse("header", "header\nc\tX *\tO2\t1\t2\t0\tnone\t0\t0").unwrap_err();
        assert!(
            step.to_string()
                .ends_with("is not a usable whole number: `0`"),
            "{step}"
        );
    }
}
