use ms_core::ion::Charge;

use super::*;
use crate::indices::FormulaIdx;

fn read(text: &str) -> Result<MoleculeTable, MoldbError> {
    MoleculeTable::read("test", text.as_bytes(), Repeats::Add)
}

#[test]
fn delimiters_are_sniffed_and_extra_columns_kept() {
    let tsv =
        "id\tname\tformula\tclass\n1\tGlucose, D\tC6H12O6\tsugar\n2\tFructose\tC6H12O6\tsugar\n";
    let table = read(tsv).unwrap();
    assert_eq!(table.formulas.len(), 1);
    assert_eq!(table.molecules[0].name, "Glucose, D");
    assert_eq!(table.extra_columns, ["class"]);
    assert_eq!(
        (table.extra_column("Class"), table.extra_column("mass")),
        (Some(0), None)
    );
    assert_eq!(table.molecules_by_formula(), [[0, 1]]);
    let csv = "\u{feff}ID,Name,Formula\n1,\"Glucose, D\",C6H12O6\n";
    assert_eq!(read(csv).unwrap().molecules[0].name, "Glucose, D");
}

#[test]
fn bad_rows_are_told_by_line() {
    let table =
        read("id\tname\tformula\n1\ta\tC6H12O6\n2\tb\tC6(H2)\n3\tc\t\n4\td\tH2O\n").unwrap();
    assert_eq!(
        (&*table.bad_rows[0].id, &*table.bad_rows[0].name),
        ("2", "b")
    );
    let lines: Vec<u64> = table.bad_rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [3, 4]);
    assert!(
        table.bad_rows[0].reason.contains("'('"),
        "{:?}",
        table.bad_rows
    );
}

#[test]
fn a_table_without_use_is_refused() {
    assert!(
        read("id\tname\n")
            .unwrap_err()
            .to_string()
            .contains("`formula`")
    );
    assert!(
        read("id\tname\tformula\n1\tx\t??\n")
            .unwrap_err()
            .to_string()
            .contains("line 2")
    );
    assert!(read("").is_err());
}

/// Id, name and spelled formula of each molecule.
fn molecules(table: &MoleculeTable) -> Vec<(String, String, String)> {
    let molecule = |m: &Molecule| (m.id.clone(), m.name.clone(), table.spelling(m.formula));
    table.molecules.iter().map(molecule).collect()
}

fn strings<const N: usize>(rows: [[&str; 3]; N]) -> Vec<(String, String, String)> {
    rows.map(|[a, b, c]| (a.into(), b.into(), c.into())).into()
}

fn read_bytes(bytes: &[u8]) -> Result<MoleculeTable, MoldbError> {
    MoleculeTable::read("test", bytes, Repeats::Add)
}

#[test]
fn formulas_keep_their_spelling_and_charges() {
    let table =
        read("id,name,formula\n1,a,C19H29BrO2\n2,b,C5H14NO+\n3,c,C6H12O6.HCl\n4,d,C5H14NO\n")
            .unwrap();
    assert_eq!(table.formulas.len(), 4);
    let spelled: Vec<String> = (0..4).map(|i| table.spelling(FormulaIdx(i))).collect();
    assert_eq!(
        spelled,
        ["C19H29BrO2", "C5H14NO+", "C6H12O6.HCl", "C5H14NO"]
    );
    assert_eq!(table.charge(FormulaIdx(1)).map(Charge::number), Some(1));
    assert_eq!(table.charges().count(), 1);
    assert_eq!(table.notes.len(), 2, "{:?}", table.notes);
    assert!(
        table.notes[0].contains("line 4: C6H12O6.HCl"),
        "{:?}",
        table.notes
    );
}

#[test]
fn quotes_are_read_in_tsv_and_over_lines() {
    let table =
        read("id\tname\tformula\n1\t\"a\tb\"\tH2O\n2\t\"c\nd\"\tCO\n3\t\"\"\"e\"\"\"\tCO2\n")
            .unwrap();
    assert_eq!(
        molecules(&table),
        strings([
            ["1", "a b", "H2O"],
            ["2", "c d", "CO"],
            ["3", "\"e\"", "CO2"]
        ])
    );
}

#[test]
fn a_quote_that_never_closes_swallows_nothing() {
    let rows: Vec<String> = (0..300)
        .map(|i| format!("{i},\"compound, {i}\",C{}H8\n", i + 1))
        .collect();
    let rows = rows.concat();
    let text = format!(
        "id,name,formula\n{}",
        rows.replace("\"compound, 7\"", "\"compound, 7")
    );
    let table = read(&text).unwrap();
    assert_eq!((table.molecules.len(), table.bad_rows.len()), (299, 1));
    assert_eq!(table.bad_rows[0].line, 9);
    assert!(
        table.bad_rows[0].reason.contains("`name` is never closed"),
        "{:?}",
        table.bad_rows
    );
    // Of a TSV the quote may be part of the name.
    let table = read("id\tname\tformula\n1\t\"a\tH2O\n2\tb\tCO\n").unwrap();
    assert_eq!(
        molecules(&table),
        strings([["1", "\"a", "H2O"], ["2", "b", "CO"]])
    );
    assert!(table.notes[0].contains("line 2"), "{:?}", table.notes);
    // At the end of the file.
    let table = read("id,name,formula\n1,a,H2O\n2,\"b,CO\n").unwrap();
    assert_eq!((table.molecules.len(), table.bad_rows[0].line), (1, 3));
}

#[test]
fn encodings_are_read() {
    let text = "id\tname\tformula\n1\tLécithine ± β\tC42H82NO8P\n";
    let utf16 = |to_bytes: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        let mark = mark.then_some(0xfeff);
        mark.into_iter()
            .chain(text.encode_utf16())
            .flat_map(to_bytes)
            .collect()
    };
    for bytes in [
        utf16(u16::to_le_bytes, true),
        utf16(u16::to_be_bytes, true),
        utf16(u16::to_le_bytes, false),
        utf16(u16::to_be_bytes, false),
        format!("\u{feff}{text}").into_bytes(),
    ] {
        let table = read_bytes(&bytes).unwrap();
        assert_eq!(table.molecules[0].name, "Lécithine ± β");
        assert!(table.notes.is_empty());
    }
    let table =
        read_bytes(b"id,name,formula\n1,L\xe9cithine \xb1,C42H82NO8P\n2,\x80,CO\n").unwrap();
    assert_eq!(table.molecules[0].name, "Lécithine ±");
    assert_eq!(table.molecules[1].name, "€");
    assert!(
        table.notes[0].starts_with("2 texts are no UTF-8"),
        "{:?}",
        table.notes
    );
}

#[test]
fn what_stands_before_the_header_is_passed_over() {
    for text in [
        "sep=;\nid;name;formula\n1;a;H2O\n",
        "\n  \nid,name,formula\n1,a,H2O\n\n,,\n",
        "# made by hand\n# formula, that is: what it is of\nid,name,formula\n# one\n1,a,H2O\n",
        "#id\tname\tformula\n1\ta\tH2O\n",
        "id\tname\tformula\r\n1\ta\tH2O\r\n",
        "id\tname\tformula\r1\ta\tH2O\r",
        "sep=\t\nid\tname\tformula\n1\ta\tH2O",
        "\u{feff}sep=,\r\nid,name,formula\r\n1,a,H2O\r\n",
        "Molecular Formula,Name,HMDB_ID\nH2O,a,1\n",
    ] {
        let table = read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(molecules(&table), strings([["1", "a", "H2O"]]), "{text:?}");
        assert!(table.bad_rows.is_empty(), "{text:?} {:?}", table.bad_rows);
    }
    let table = read("formula\nH2O\nxyz\nCO\n").unwrap();
    assert_eq!(
        molecules(&table),
        strings([["row-1", "H2O", "H2O"], ["row-3", "CO", "CO"]])
    );
}

#[test]
fn an_export_of_metaspace_is_a_list_of_molecules() {
    let table = read(
        "# Generated at 2/3/2024 1:02:03 PM. For help see https://metaspace2020.org/help\n\
         # URL: https://metaspace2020.org/annotations?db_id=22\n\
         group,datasetName,datasetId,formula,adduct,chemMod,ion,mz,msm,fdr,moleculeNames,moleculeIds\n\
         g,d,1,C6H12O6,M+Na,,C6H12O6+Na+,203.05,0.9,0.05,\"Glucose, Fructose\",\"HMDB1, HMDB2\"\n\
         g,d,1,C6H12O6,M+K,,C6H12O6+K+,219.02,0.8,0.1,\"Glucose, Fructose\",\"HMDB1, HMDB2\"\n\
         g,d,1,C3H6BrO,M+K,,x,1.0,0.8,0.1,\"a, b, c\",\"HMDB3, HMDB4\"\n",
    )
    .unwrap();
    assert_eq!(
        molecules(&table),
        strings([
            ["HMDB1", "Glucose", "C6H12O6"],
            ["HMDB2", "Fructose", "C6H12O6"],
            ["HMDB3, HMDB4", "a, b, c", "C3H6BrO"],
        ])
    );
}

#[test]
fn what_is_no_table_is_named() {
    let zip = |name: &str| format!("PK\x03\x04\x14\0\0\0{name}").into_bytes();
    for (bytes, part) in [
        (
            zip("[Content_Types].xml"),
            "an Excel workbook (.xlsx)\nhint: open it",
        ),
        (zip("structures.sdf"), "a zip archive\nhint: unpack it"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0".to_vec(),
            "(.xls)\nhint: open it",
        ),
        (b"PAR1\0\0".to_vec(), "a Parquet file"),
        (b"<!DOCTYPE html><html></html>".to_vec(), "a web page"),
        (
            b"<?xml version=\"1.0\"?><a><b/></a>".to_vec(),
            "without an element `metabolite`",
        ),
        (b"id,name,formula\n1,\0\0,H2O".to_vec(), "no text"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08".to_vec(), "no text"),
        (Vec::new(), "no column `formula`"),
        (b"id,name,x\x1b[31m\n1,a,b".to_vec(), "x [31m"),
        (
            b"formula\n??\n\x1b\n".to_vec(),
            "the first of 2 wrong ones is line 2",
        ),
    ] {
        let error = read_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains('\x1b'), "{error:?}");
    }
}

#[test]
fn gzip_is_unpacked() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"id\tname\tformula\n1\ta\tH2O\n").unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(
        molecules(&read_bytes(&packed).unwrap()),
        strings([["1", "a", "H2O"]])
    );
    assert!(read_bytes(&packed[..packed.len() - 9]).is_err());
}

#[test]
fn an_sdf_as_lipid_maps_offers_it() {
    let record = |id: &str, formula: &str| {
        format!(
            "{id}\n  LIPDMAPS01\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n    0.0  0.0  0.0 C\nM  END\n\
             > <LM_ID>\n{id}\n\n> <NAME>\n\n\n> <SYSTEMATIC_NAME>\nname of\n{id}\n\n> <MAIN_CLASS>\nFatty acids\n\n\
             {formula}$$$$\n"
        )
    };
    let text = record("LMFA1", "> <FORMULA>\nC18H34O2\n\n") + &record("LMFA2", "");
    let table = read(&text).unwrap();
    assert_eq!(table.molecules.len(), 1);
    assert_eq!(table.molecules[0].id, "LMFA1");
    assert_eq!(table.molecules[0].extra, ["Fatty acids"]);
    assert_eq!((table.bad_rows.len(), &*table.bad_rows[0].id), (1, "LMFA2"));
}

#[test]
fn the_xml_of_hmdb_is_read_by_its_paths() {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hmdb xmlns=\"http://www.hmdb.ca\">\n<metabolite>\n\
        <accession>HMDB0000001</accession><secondary_accessions><accession>HMDB00001</accession></secondary_accessions>\n\
        <name>3-Methyl&#45;&lt;b&gt;</name><chemical_formula>C7H11N3O2</chemical_formula>\n\
        <taxonomy><class>Carboxylic acids</class></taxonomy>\n\
        <pathways><pathway><name>no</name></pathway></pathways></metabolite>\n\
        <metabolite><accession>HMDB2</accession><name>x</name><chemical_formula/></metabolite></hmdb>";
    let table = read(text).unwrap();
    assert_eq!(
        molecules(&table),
        strings([["HMDB0000001", "3-Methyl-<b>", "C7H11N3O2"]])
    );
    assert_eq!(table.molecules[0].extra, ["Carboxylic acids"]);
    assert_eq!(
        (table.bad_rows[0].line, &*table.bad_rows[0].id),
        (8, "HMDB2")
    );
    assert!(read("<hmdb><metabolite><name>x</hmdb>").is_err());
}

#[test]
fn swisslipids_are_made_neutral() {
    let text = "Lipid ID\tLevel\tName\tFormula (pH7.3)\tCharge (pH7.3)\tMass (pH7.3)\tExact Mass (neutral form)\n\
        SLM:1\tIsomeric\tpalmitate\tC16H31O2\t-1\t255.4\t256.2402\n\
        SLM:2\tIsomeric\tsphinganine\tC18H40NO2\t1\t302.5\t301.2981\n\
        SLM:3\tIsomeric\tcholine\tC5H14NO\t1\t104.2\t104.1075\n\
        SLM:4\tIsomeric\tPC\tC42H82NO8P\t0\t760.1\t759.5778\n\
        SLM:5\tClass\tclass\t\t\t\t\n";
    let table = read(text).unwrap();
    let spelled: Vec<String> = table
        .molecules
        .iter()
        .map(|m| table.spelling(m.formula))
        .collect();
    assert_eq!(
        spelled,
        ["C16H32O2", "C18H39NO2", "C5H14NO+1", "C42H82NO8P"]
    );
    assert_eq!(table.charges().map(Charge::number).collect::<Vec<_>>(), [1]);
    assert_eq!(table.bad_rows.len(), 1);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_table_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        drop(read_bytes(&bytes));
    }

    #[test]
    fn any_text_keeps_its_rows(lines in proptest::collection::vec("[\"#,a1CH\\[\\]. ]{0,12}", 0..12)) {
        let text = format!("id,name,formula\n{}\nz,z,H2O\n", lines.join("\n"));
        let table = read(&text).unwrap();
        let last = table.molecules.last().map(|m| m.id.clone());
        proptest::prop_assert_eq!(last.as_deref(), Some("z"));
    }
}
