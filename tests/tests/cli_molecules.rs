//! Notations and tables of molecules as people have them: what `metaspace isotopes` and
//! `metaspace annotate` read, with m/z computed from isotope masses alone.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::io::Write;

use serde_json::Value;
use tests::program::WorkingFolder;

/// Masses in Da of the lightest or most abundant isotopes, of labels, and of the electron.
const MASSES: [(&str, f64); 16] = [
    ("H", 1.007_825_032),
    ("C", 12.0),
    ("N", 14.003_074_01),
    ("O", 15.994_914_62),
    ("F", 18.998_403_2),
    ("Na", 22.989_769_66),
    ("Mg", 23.985_041_87),
    ("P", 30.973_761_49),
    ("S", 31.972_070_73),
    ("Cl", 34.968_852_71),
    ("K", 38.963_706_9),
    ("Cu", 62.929_597_5),
    ("Br", 78.918_337_1),
    ("13C", 13.003_354_84),
    ("2H", 2.014_101_778),
    ("3H", 3.016_049_278),
];
const ELECTRON: f64 = 0.000_548_579_909_24;

/// m/z of element counts and a charge.
fn mz(counts: &[(&str, i32)], charge: i32) -> f64 {
    let masses: HashMap<&str, f64> = MASSES.into_iter().collect();
    let mass: f64 = counts
        .iter()
        .map(|(symbol, n)| masses[symbol] * f64::from(*n))
        .sum();
    (mass - f64::from(charge) * ELECTRON) / f64::from(charge.abs())
}

/// What is printed of an ion: charge, and m/z of the most intense peak.
fn ion(work: &WorkingFolder, arguments: &[&str]) -> (i64, f64) {
    let mut command = work.command("isotopes --json");
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let peaks = json["peaks"].as_array().unwrap().iter();
    let strongest = peaks.max_by(|a, b| {
        let intensity = |peak: &Value| peak["intensity"].as_f64().unwrap();
        intensity(a).total_cmp(&intensity(b))
    });
    let mz = strongest.unwrap()["mz"].as_f64().unwrap();
    (json["charge"].as_i64().unwrap(), mz)
}

/// Glucose with more of some elements, `times` over.
fn glucose(times: i32, more: &[(&'static str, i32)]) -> Vec<(&'static str, i32)> {
    let mut counts = vec![("C", 6 * times), ("H", 12 * times), ("O", 6 * times)];
    counts.extend(more);
    counts
}

#[test]
fn adducts_are_read_in_every_notation() {
    let work = WorkingFolder::default();
    for (adduct, times, more, charge) in [
        ("+H", 1, vec![("H", 1)], 1),
        ("M+H", 1, vec![("H", 1)], 1),
        ("[M+H]+", 1, vec![("H", 1)], 1),
        ("[M+H]⁺", 1, vec![("H", 1)], 1),
        ("[ M + H ]+", 1, vec![("H", 1)], 1),
        ("［Ｍ＋Ｈ］＋", 1, vec![("H", 1)], 1),
        ("[M-H]-", 1, vec![("H", -1)], -1),
        ("[M−H]⁻", 1, vec![("H", -1)], -1),
        ("−H", 1, vec![("H", -1)], -1),
        ("–H", 1, vec![("H", -1)], -1),
        ("—H", 1, vec![("H", -1)], -1),
        ("[M+2H]2+", 1, vec![("H", 2)], 2),
        ("[M+2H]+2", 1, vec![("H", 2)], 2),
        ("[M+2H]²⁺", 1, vec![("H", 2)], 2),
        ("+2H", 1, vec![("H", 2)], 2),
        ("M+3H", 1, vec![("H", 3)], 3),
        ("M+H+Na", 1, vec![("H", 1), ("Na", 1)], 2),
        ("M+2ACN+2H", 1, vec![("C", 4), ("H", 8), ("N", 2)], 2),
        ("M-2H", 1, vec![("H", -2)], -2),
        ("[2M+H]+", 2, vec![("H", 1)], 1),
        ("2M+Na", 2, vec![("Na", 1)], 1),
        ("2M+FA-H", 2, vec![("C", 1), ("H", 1), ("O", 2)], -1),
        ("[3M-H]-", 3, vec![("H", -1)], -1),
        ("+FA-H", 1, vec![("C", 1), ("H", 1), ("O", 2)], -1),
        ("M+HCOO", 1, vec![("C", 1), ("H", 1), ("O", 2)], -1),
        ("M+Hac-H", 1, vec![("C", 2), ("H", 3), ("O", 2)], -1),
        ("[M+CH3COO]-", 1, vec![("C", 2), ("H", 3), ("O", 2)], -1),
        ("M+TFA-H", 1, vec![("C", 2), ("O", 2), ("F", 3)], -1),
        ("+ACN+H", 1, vec![("C", 2), ("H", 4), ("N", 1)], 1),
        ("M+MeOH+H", 1, vec![("C", 1), ("H", 5), ("O", 1)], 1),
        (
            "M+DMSO+H",
            1,
            vec![("C", 2), ("H", 7), ("O", 1), ("S", 1)],
            1,
        ),
        ("M+IsoProp+H", 1, vec![("C", 3), ("H", 9), ("O", 1)], 1),
        ("M+NH4", 1, vec![("N", 1), ("H", 4)], 1),
        ("[M+NH₄]⁺", 1, vec![("N", 1), ("H", 4)], 1),
        ("+2Na-H", 1, vec![("Na", 2), ("H", -1)], 1),
        ("M+2K-H", 1, vec![("K", 2), ("H", -1)], 1),
        ("M+Na-2H", 1, vec![("Na", 1), ("H", -2)], -1),
        ("M+Cl", 1, vec![("Cl", 1)], -1),
        ("[M+Br]-", 1, vec![("Br", 1)], -1),
        ("[M-H2O+H]+", 1, vec![("H", -1), ("O", -1)], 1),
        ("[M+H-2H2O]+", 1, vec![("H", -3), ("O", -2)], 1),
        ("[M+Mg]2+", 1, vec![("Mg", 1)], 2),
        ("[M]+", 1, Vec::new(), 1),
        ("[M]+.", 1, Vec::new(), 1),
        ("M+.", 1, Vec::new(), 1),
        ("[M]-", 1, Vec::new(), -1),
        ("[M-H]+", 1, vec![("H", -1)], 1),
    ] {
        let found = ion(&work, &["C6H12O6", &format!("--adduct={adduct}")]);
        let expected = mz(&glucose(times, &more), charge);
        assert_eq!(found.0, i64::from(charge), "{adduct}");
        assert!(
            (found.1 - expected).abs() < 2e-6,
            "{adduct}: {} {expected}",
            found.1
        );
    }
}

#[test]
fn formulas_are_read_in_every_notation() {
    let work = WorkingFolder::default();
    let choline = vec![("C", 5), ("H", 14), ("N", 1), ("O", 1)];
    let labelled = vec![("13C", 6), ("H", 13), ("O", 6)];
    let hydrate = vec![("Cu", 1), ("S", 1), ("O", 9), ("H", 11)];
    for (formula, counts, charge) in [
        ("C6H12O6", glucose(1, &[("H", 1)]), 1),
        (" C6 H12 O6 ", glucose(1, &[("H", 1)]), 1),
        ("C₆H₁₂O₆", glucose(1, &[("H", 1)]), 1),
        ("[13C]6H12O6", labelled.clone(), 1),
        ("13C6H12O6", labelled.clone(), 1),
        ("¹³C₆H₁₂O₆", labelled, 1),
        ("C6D12O6", vec![("C", 6), ("2H", 12), ("H", 1), ("O", 6)], 1),
        (
            "C6H11TO6",
            vec![("C", 6), ("H", 12), ("3H", 1), ("O", 6)],
            1,
        ),
        ("C6H12O6.HCl", glucose(1, &[("H", 2), ("Cl", 1)]), 1),
        ("C6H12O6·H2O", glucose(1, &[("H", 3), ("O", 1)]), 1),
        ("CuSO4*5H2O", hydrate, 1),
        ("C5H14NO+", choline.clone(), 1),
        ("[C5H14NO]+", choline.clone(), 1),
        ("C5H14NO⁺", choline, 1),
        ("C6H12O6-", glucose(1, &[]), -1),
        ("C6H12O6+2", glucose(1, &[]), 2),
    ] {
        let found = ion(&work, &[formula]);
        let expected = mz(&counts, charge);
        assert_eq!(found.0, i64::from(charge), "{formula}");
        assert!(
            (found.1 - expected).abs() < 2e-6,
            "{formula}: {} {expected}",
            found.1
        );
    }
    work.run("isotopes C5H14NO+ --adduct +H")
        .refused(1, &["`C5H14NO+` is an ion already"]);
}

/// A small tissue of simulated molecules in `tissue`.
fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    work
}

fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

#[test]
fn ions_have_the_charge_and_the_molecules_of_their_adduct() {
    let work = work();
    work.write(
        "few.csv",
        "Formula,Name\nC6H12O6,Glucose\nC19H29BrO2,Bromide\nC5H14NO+,Choline\nC6H5O7-3,Citrate\n",
    );
    work.run(
        "annotate tissue/demo.imzML --targeted few.csv --quiet --out out --adduct +H \
         --adduct [M+2H]2+ --adduct [2M+H]+",
    )
    .succeeded();
    let found = work.annotations("out");
    let of = |name: &str, adduct: &str| {
        let is_it = |row: &&HashMap<String, String>| {
            row["moleculeNames"] == name && row["adduct"] == adduct
        };
        let mut rows = found.iter().filter(is_it);
        let row = rows
            .next()
            .unwrap_or_else(|| panic!("no {adduct} of {name}"));
        assert!(rows.next().is_none());
        row
    };
    for (adduct, ion, times, more, charge) in [
        ("M+H", "C6H12O6+H+", 1, vec![("H", 1)], 1),
        ("[M+2H]2+", "[C6H12O6+2H]2+", 1, vec![("H", 2)], 2),
        ("[2M+H]+", "[2C6H12O6+H]+", 2, vec![("H", 1)], 1),
    ] {
        let row = of("Glucose", adduct);
        let expected = mz(&glucose(times, &more), charge);
        assert_eq!(row["ion"], ion);
        assert!((number(row, "mz") - expected).abs() < 1e-6, "{row:?}");
    }
    // As the table spells it, which joins with what METASPACE writes.
    assert_eq!(of("Bromide", "M+H")["formula"], "C19H29BrO2");
    assert_eq!(of("Bromide", "M+H")["ion"], "C19H29BrO2+H+");
    // The cation is searched as it is, and the anion not at all.
    let choline = of("Choline", "[M]+");
    assert_eq!(
        (&*choline["formula"], &*choline["ion"]),
        ("C5H14NO+", "[C5H14NO]+")
    );
    let expected = mz(&[("C", 5), ("H", 14), ("N", 1), ("O", 1)], 1);
    assert!((number(choline, "mz") - expected).abs() < 1e-6);
    assert_eq!(found.len(), 7, "{found:?}");
    let record = work.json("out/run.json");
    assert_eq!(
        record["settings"]["adducts"],
        serde_json::json!(["+H", "[M+2H]2+", "[2M+H]+"])
    );
    let warnings = record["warnings"].to_string();
    assert!(warnings.contains("2 molecules are charged"), "{warnings}");
}

#[test]
fn an_adduct_of_the_other_polarity_is_refused() {
    let work = work();
    let start = "annotate tissue/demo.imzML --out out";
    for (arguments, part) in [
        ("--adduct [M-H]-", "`[M-H]-` makes negative ions"),
        (
            "--adduct -H",
            "hint: if such positive ions are meant, write [M-H]+",
        ),
        ("--adduct M+Cl", "`M+Cl` makes negative ions"),
        (
            "--adduct +Na --polarity negative",
            "`+Na` makes positive ions",
        ),
        ("--adduct [M+2H]2+ --charge 1", "and --charge says +1"),
        ("--adduct M+H --adduct [M+H]+", "`[M+H]+` is given twice"),
        ("--chem-mod M+H", "`M+H` makes ions"),
    ] {
        work.run(&format!("{start} {arguments}"))
            .refused(1, &[part]);
    }
    work.run(&format!("{start} --adduct [M-H]+ --quiet"))
        .succeeded();
}

/// Names of the molecules of three tables that are the same but for how they are written.
#[test]
fn tables_are_read_as_people_have_them() {
    let work = work();
    let rows = [
        ("1", "Lécithine ±", "C42H82NO8P"),
        ("2", "a;b, c", "C40H80NO8P"),
        ("3", "=1+1", "C39H79N2O6P"),
    ];
    let joined = |separator: &str| -> String {
        let row = |(id, name, formula): &(&str, &str, &str)| {
            format!("{id}{separator}\"{name}\"{separator}{formula}\r\n")
        };
        rows.iter().map(row).collect::<Vec<_>>().concat()
    };
    let header = |separator: &str| ["moldb_id", "Name", "MOLECULAR_FORMULA\r\n"].join(separator);
    let utf16: Vec<u8> = format!("\u{feff}{}{}", header("\t"), joined("\t"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let windows: Vec<u8> = format!("{}{}", header(","), joined(","))
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all((header("\t") + &joined("\t")).as_bytes())
        .unwrap();
    for (name, bytes) in [
        ("plain.tsv", (header("\t") + &joined("\t")).into_bytes()),
        ("unicode.txt", utf16),
        ("ansi.csv", windows),
        ("packed.tsv.gz", packed.finish().unwrap()),
        (
            "excel.csv",
            format!("\u{feff}sep=;\r\n\r\n{}{}", header(";"), joined(";")).into_bytes(),
        ),
        (
            "comments.csv",
            format!("# made by hand\n{}# more\n{}", header(","), joined(",")).into_bytes(),
        ),
    ] {
        work.write(name, bytes);
        let line = format!(
            "annotate tissue/demo.imzML --targeted {name} --adduct +H --quiet --no-coloc --force --out out"
        );
        work.run(&line).succeeded();
        let mut found = work.annotations("out");
        found.sort_by_key(|row| row["moleculeIds"].clone());
        let found: Vec<[&str; 4]> = found
            .iter()
            .map(|row| {
                ["database", "moleculeIds", "moleculeNames", "formula"].map(|column| &*row[column])
            })
            .collect();
        let table = name.split('.').next().unwrap();
        let expected = [
            [table, "1", "Lécithine ±", "C42H82NO8P"],
            [table, "2", "a;b, c", "C40H80NO8P"],
            // No spreadsheet is to compute it.
            [table, "3", "'=1+1", "C39H79N2O6P"],
        ];
        assert_eq!(found, expected, "{name}");
        let warnings = work.json("out/run.json")["warnings"].to_string();
        assert_eq!(
            warnings.contains("Windows-1252"),
            name == "ansi.csv",
            "{name}: {warnings}"
        );
        assert!(!work.path("out/bad_rows.tsv").exists());
    }
}

#[test]
fn what_is_no_table_is_refused_in_words() {
    let work = work();
    let start = "annotate tissue/demo.imzML --out out --database";
    work.write(
        "book.xlsx",
        b"PK\x03\x04\x14\0\0\0\0\0[Content_Types].xml\x1b[31m",
    );
    work.write("escape.csv", "a\u{1b}[31m,b\n1,2\n");
    work.write("bad.csv", "formula\n??\n\u{1b}[31m\n");
    for (table, part) in [
        (
            "HMDB",
            "there is no file `HMDB`\nhint: a molecule table is a file of yours",
        ),
        ("missing.csv", "cannot read `missing.csv`"),
        ("tissue", "`tissue` is a folder"),
        (
            "https://hmdb.ca/x.csv",
            "is not read over http\nhint: download it",
        ),
        ("book.xlsx", "is an Excel workbook (.xlsx)\nhint: open it"),
        ("escape.csv", "its columns are a [31m, b"),
        (
            "bad.csv",
            "has no usable row; the first of 2 wrong ones is line 2",
        ),
    ] {
        let finished = work.run(&format!("{start} {table}"));
        finished.refused(1, &[part]);
    }
}

#[test]
fn every_bad_row_is_listed_and_the_first_ten_are_told() {
    let work = work();
    let rows: Vec<String> = (0..150)
        .map(|i| match i % 10 {
            3 => format!("{i},\"never closed {i},C{i}H8\n"),
            7 => format!("{i},bad,C{i}(H2)\n"),
            _ => format!("{i},good,C{}H{}O2\n", 10 + i, 20 + i),
        })
        .collect();
    work.write("odd.csv", format!("id,name,formula\n{}", rows.concat()));
    let text = work
        .run("annotate tissue/demo.imzML --database odd.csv --out out")
        .succeeded();
    assert!(
        text.contains("30 rows of molecule table `odd` were refused"),
        "{text}"
    );
    assert_eq!(text.matches("\n  line ").count(), 10, "{text}");
    assert!(
        text.contains("line 5: the quote that opens in `name` is never closed"),
        "{text}"
    );
    let record = work.json("out/run.json");
    assert_eq!(record["databases"][0]["n_molecules"], 120);
    assert_eq!(record["databases"][0]["n_bad_rows"], 30);
    let listed = String::from_utf8(work.read("out/bad_rows.tsv")).unwrap();
    let lines: Vec<u64> = listed
        .lines()
        .skip(1)
        .map(|line| line.split('\t').nth(1).unwrap().parse().unwrap())
        .collect();
    let expected: Vec<u64> = (0..150)
        .filter(|i| [3, 7].contains(&(i % 10)))
        .map(|i| i + 2)
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn downloads_are_read_as_they_come() {
    let work = work();
    let record = |id: &str, name: &str, formula: &str| {
        format!(
            "{id}\n  LIPDMAPS06102200012D\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n\
             > <LM_ID>\n{id}\n\n> <COMMON_NAME>\n{name}\n\n> <MAIN_CLASS>\nGlycerophosphocholines [GP01]\n\n\
             > <FORMULA>\n{formula}\n\n$$$$\n"
        )
    };
    let metabolite = |id: &str, name: &str, formula: &str| {
        format!(
            "<metabolite><version>5.0</version><accession>{id}</accession>\n\
             <secondary_accessions><accession>HMDB00</accession></secondary_accessions>\n\
             <name>{name}</name><chemical_formula>{formula}</chemical_formula>\n\
             <taxonomy><class>Glycerophospholipids</class></taxonomy>\n\
             <diseases><disease><name>none</name></disease></diseases></metabolite>\n"
        )
    };
    let swiss = "Lipid ID\tLevel\tName\tAbbreviation*\tFormula (pH7.3)\tCharge (pH7.3)\tMass (pH7.3)\tExact Mass (neutral form)\n\
                 SLM:1\tSpecies\tPC 34:1\tPC(34:1)\tC42H82NO8P\t0\t760.1\t759.5778\n\
                 SLM:2\tSpecies\tFA 16:0\tFA(16:0)\tC16H31O2\t-1\t255.4\t256.2402\n";
    work.write(
        "lipids.sdf",
        record("LMGP1", "PC 34:1", "C42H82NO8P") + &record("LMGP2", "FA 16:0", "C16H32O2"),
    );
    work.write(
        "hmdb.xml",
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hmdb xmlns=\"http://www.hmdb.ca\">\n{}{}</hmdb>\n",
            metabolite("HMDB1", "PC 34:1", "C42H82NO8P"),
            metabolite("HMDB2", "FA 16:0", "C16H32O2")
        ),
    );
    work.write("swiss.tsv", swiss);
    work.write(
        "metaspace.csv",
        "# Generated at 1/2/2024 3:04:05 PM. For help see https://metaspace2020.org/help\n\
         # URL: https://metaspace2020.org/annotations\n\
         group,datasetName,formula,adduct,ion,mz,msm,fdr,moleculeNames,moleculeIds\n\
         g,d,C42H82NO8P,M+H,x,760.58,0.9,0.1,\"PC 34:1\",M1\n\
         g,d,C42H82NO8P,M+Na,x,782.57,0.9,0.1,\"PC 34:1\",M1\n\
         g,d,C16H32O2,M+H,x,257.24,0.9,0.1,\"FA 16:0\",M2\n",
    );
    for (table, ids) in [
        ("lipids.sdf", ["LMGP2", "LMGP1"]),
        ("hmdb.xml", ["HMDB2", "HMDB1"]),
        ("swiss.tsv", ["SLM:2", "SLM:1"]),
        ("metaspace.csv", ["M2", "M1"]),
    ] {
        let line = format!(
            "annotate tissue/demo.imzML --targeted {table} --adduct +H --quiet --no-coloc --force --out out"
        );
        work.run(&line).succeeded();
        let mut found = work.annotations("out");
        found.sort_by(|a, b| number(a, "mz").total_cmp(&number(b, "mz")));
        let found: Vec<[&str; 3]> = found
            .iter()
            .map(|row| ["moleculeIds", "moleculeNames", "formula"].map(|column| &*row[column]))
            .collect();
        let expected = [
            [ids[0], "FA 16:0", "C16H32O2"],
            [ids[1], "PC 34:1", "C42H82NO8P"],
        ];
        assert_eq!(found, expected, "{table}");
    }
}

#[test]
fn a_byte_that_changed_in_results_is_found() {
    let work = work();
    work.run("annotate tissue/demo.imzML --quiet --out out")
        .succeeded();
    let text = work.run("info out --verify").succeeded();
    assert!(text.contains("as they were written"), "{text}");
    assert!(work.run("info out").succeeded().contains("not verified"));
    let json = work.run("info out --verify --json").json();
    assert_eq!(json["areFilesVerified"], true);
    let files = json["files"].as_array().unwrap();
    assert_eq!(files.len() + 1, work.names("out").len(), "all but run.json");
    for file in files {
        let name = file["name"].as_str().unwrap();
        let path = format!("out/{name}");
        let bytes = work.read(&path);
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        work.write(&path, &changed);
        work.run("info out --verify").refused_in_other_words(
            1,
            &[&format!("`{path}` is not as it was written: its BLAKE3 is")],
        );
        work.write(&path, &bytes);
    }
    std::fs::remove_file(work.path("out/pixels.parquet")).unwrap();
    work.run("info out --verify").refused(
        1,
        &["pixels.parquet` is not as it was written: it is not there"],
    );
}
