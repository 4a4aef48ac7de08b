//! `metaspace info`, `isotopes` and `simulate`.

#![expect(clippy::unwrap_used, reason = "tests")]

use tests::program::WorkingFolder;

/// First m/z and intensity of each line of a printed pattern.
fn pattern(text: &str) -> Vec<(f64, f64)> {
    let numbers = |line: &str| {
        let mut words = line.split_whitespace().map(|word| word.parse().unwrap());
        (words.next().unwrap(), words.next().unwrap())
    };
    text.lines().skip(2).map(numbers).collect()
}

#[test]
fn info_says_what_a_dataset_is() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20 --seed 3");
    let text = work.run("info tissue/demo.imzML").succeeded();
    let value = |name: &str| -> &str {
        let line = text.lines().find(|line| line[..12].trim_end() == name);
        line.unwrap_or_else(|| panic!("no {name}: {text}"))[12..].trim()
    };
    assert_eq!(value("imzML"), "tissue/demo.imzML");
    assert!(value("ibd").starts_with("tissue/demo.ibd, "), "{text}");
    assert_eq!(value("mode"), "processed");
    assert!(value("spectra").ends_with(", centroid"), "{text}");
    assert!(value("pixels").ends_with(" on 24 × 20"), "{text}");
    assert_eq!(value("pixel size"), "50 × 50 µm");
    assert_eq!(value("polarity"), "positive");
    assert!(value("instrument").starts_with("orbitrap"), "{text}");
    assert!(
        value("m/z").starts_with("80.") && value("m/z").contains(" to 999."),
        "{text}"
    );
    assert!(value("points").contains(", at most "), "{text}");
    assert_eq!(value("checksum"), "SHA-1, not verified (--verify)");

    let verified = work.run("info tissue/demo.imzML --verify").succeeded();
    assert!(verified.contains("SHA-1, verified"), "{verified}");
    let json = work.run("info tissue/demo.imzML --json").json();
    assert_eq!(json["mode"], "processed");
    assert_eq!(json["pixelSizeUm"], serde_json::json!([50.0, 50.0]));
    assert_eq!(
        (json["width"].as_u64(), json["height"].as_u64()),
        (Some(24), Some(20))
    );
    assert!(json["mzRange"][1].as_f64().unwrap() < 1000.0 && json["odd"].is_array());
    assert_eq!(work.run("info tissue/demo.imzML --quiet").succeeded(), "");
}

#[test]
fn info_says_what_is_odd() {
    let work = WorkingFolder::default();
    work.simulate("kidney", "--preset tof-kidney --width 60 --height 40");
    let text = work.run("info kidney/tof-kidney.imzML").succeeded();
    assert!(text.contains("polarity     negative"), "{text}");
    let odd: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("odd "))
        .collect();
    assert!(
        odd.iter()
            .any(|line| line.ends_with("their intensities are added")),
        "{text}"
    );
    assert!(
        odd.iter()
            .any(|line| line.ends_with("bounding box have no spectrum")),
        "{text}"
    );
}

#[test]
fn isotopes_of_a_phospholipid() {
    let work = WorkingFolder::default();
    let line = "isotopes C42H82NO8P --adduct +H --instrument orbitrap --resolving-power 140000";
    let text = work.run(line).succeeded();
    assert!(text.starts_with("ion C42H83NO8P, charge +1\n"), "{text}");
    let peaks = pattern(&text);
    assert_eq!(peaks.len(), 4);
    assert!(
        (peaks[0].0 - 760.585).abs() < 0.001 && (peaks[0].1 - 100.0).abs() < 1e-9,
        "{text}"
    );
    // 42 carbons of 1.07 % 13C and 83 hydrogens of 0.01 % 2H.
    assert!(
        (peaks[1].0 - 761.588).abs() < 0.001 && (peaks[1].1 - 46.8).abs() < 1.0,
        "{text}"
    );
    assert!(peaks.is_sorted_by(|a, b| a.0 < b.0 && a.1 > b.1), "{text}");

    let json = work.run(&format!("{line} --json")).json();
    assert_eq!(json["ionFormula"], "C42H83NO8P");
    assert_eq!(json["charge"], 1);
    let printed = json["peaks"].as_array().unwrap();
    assert_eq!(printed.len(), 4);
    assert!((printed[0]["mz"].as_f64().unwrap() - peaks[0].0).abs() < 1e-6);
}

#[test]
fn isotopes_take_the_options_of_an_annotation() {
    let work = WorkingFolder::default();
    let first =
        |options: &str| pattern(&work.run(&format!("isotopes C6H12O6 {options}")).succeeded())[0].0;
    // Monoisotopic masses: glucose 180.06339, proton 1.00728, chlorine with electron 34.96940.
    for (options, mz) in [
        ("", 181.07067),
        ("--adduct -H", 179.05611),
        ("--adduct +Cl", 215.03279),
        ("--adduct [M]+", 180.06284),
        ("--charge 2 --adduct +H", 90.53506),
        ("--polarity negative", 179.05611),
        ("--instrument fticr --resolving-power 1000000", 181.07067),
        ("--preset metaspace-v3 --isocalc-sigma 0.0005", 181.0707),
    ] {
        assert!(
            (first(options) - mz).abs() < 2e-4,
            "{options}: {} and not {mz}",
            first(options)
        );
    }
    let text = work.run("isotopes C6H12O6 --n-peaks 2").succeeded();
    assert_eq!(pattern(&text).len(), 2);
}

#[test]
fn isotopes_refuse_what_has_none() {
    let work = WorkingFolder::default();
    for (arguments, part) in [
        ("C6(H12", "FORMULA: "),
        ("glucose", "FORMULA: "),
        ("C6H6 --adduct -O", "--adduct: "),
        ("C6H6 --adduct H", "must begin with + or -"),
        ("C6H6 --n-peaks 0", "n-peaks"),
        ("C6H6 --instrument maldi", "`maldi`"),
        ("C6H6 --charge 0", "charge"),
        ("C6H6 --preset v9", "`v9`"),
    ] {
        work.run(&format!("isotopes {arguments}"))
            .refused(1, &["error: ", part]);
    }
    work.run("isotopes").refused(2, &["<FORMULA>"]);
}

#[test]
fn a_seed_decides_every_byte_of_a_tissue() {
    let work = WorkingFolder::default();
    let size = "--width 24 --height 20";
    work.simulate("one", &format!("{size} --seed 7 --threads 1"));
    work.simulate("same", &format!("{size} --seed 7 --threads 3"));
    work.simulate("other", &format!("{size} --seed 8"));
    assert_eq!(
        work.names("one"),
        ["demo.ibd", "demo.imzML", "truth.parquet"]
    );
    for name in work.names("one") {
        let of = |folder: &str| work.read(&format!("{folder}/{name}"));
        assert!(of("one") == of("same"), "{name} differs");
        assert!(
            of("one") != of("other"),
            "{name} does not depend on the seed"
        );
    }
}

#[test]
fn every_preset_simulates_a_dataset_that_can_be_read() {
    let work = WorkingFolder::default();
    for preset in [
        "demo",
        "orbitrap-brain",
        "fticr-spheroid",
        "tof-kidney",
        "bench",
    ] {
        let line =
            format!("simulate --preset {preset} --width 20 --height 15 --out {preset} --json");
        let json = work.run(&line).json();
        let file = json["imzml"].as_str().unwrap();
        assert_eq!(file, format!("{preset}/{preset}.imzML"));
        assert!(json["peaks"].as_u64().unwrap() > 20_000, "{json}");
        assert!(
            json["detectableIons"].as_u64() <= json["ions"].as_u64(),
            "{json}"
        );
        let info = work.run(&format!("info {file} --verify")).succeeded();
        assert!(info.contains(" on 20 × 15\n"), "{info}");
    }
}

#[test]
fn a_tissue_is_not_overwritten_unless_asked() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 8 --height 6");
    let before = work.read("tissue/demo.ibd");
    let line = "simulate --out tissue --width 8 --height 6 --seed 99";
    work.run(line)
        .refused(1, &["`tissue/demo.imzML` exists already", "hint: --force"]);
    assert!(work.read("tissue/demo.ibd") == before);
    assert_eq!(
        work.names("tissue"),
        ["demo.ibd", "demo.imzML", "truth.parquet"]
    );
    for name in ["demo.ibd", "demo.imzML", "truth.parquet"] {
        let folder = format!("only-{name}");
        std::fs::create_dir(work.path(&folder)).unwrap();
        work.write(&format!("{folder}/{name}"), "mine");
        let line = line.replace("tissue", &folder);
        work.run(&line)
            .refused(1, &[&format!("`{folder}/{name}` exists already")]);
        assert_eq!(work.names(&folder), [name]);
        assert_eq!(work.read(&format!("{folder}/{name}")), b"mine");
    }
    work.run(&format!("{line} --force")).succeeded();
    assert!(work.read("tissue/demo.ibd") != before);
    assert_eq!(
        work.names("tissue"),
        ["demo.ibd", "demo.imzML", "truth.parquet"]
    );
}

#[test]
fn a_tissue_of_own_molecules() {
    let work = WorkingFolder::default();
    let rows = (0..70).map(|i| format!("{i},lipid {i},C{}H{}NO8P\n", 30 + i / 4, 50 + 2 * i));
    work.write(
        "lipids.csv",
        "id,name,formula\n".to_owned() + &rows.collect::<String>(),
    );
    work.simulate("tissue", "--width 20 --height 16 --database lipids.csv");
    let line = "annotate tissue/demo.imzML --database lipids.csv --json --quiet";
    let counts = work.run(line).json()["counts"].clone();
    assert!(counts["nAnnotations"].as_u64().unwrap() > 20, "{counts}");
    work.write("few.csv", "id,name,formula\n1,Glucose,C6H12O6\n");
    let line = "simulate --out too-few --database few.csv";
    work.run(line).refused(1, &["60 molecules are wanted"]);
}

#[test]
fn a_simulation_that_makes_no_sense() {
    let work = WorkingFolder::default();
    work.run("simulate --out t --preset liver")
        .refused(1, &["--preset: must be one of demo,", "`liver`"]);
    work.run("simulate --out t --width 0")
        .refused(1, &["width", "0"]);
    work.run("simulate --out t --threads 0")
        .refused(1, &["--threads"]);
    work.run("simulate").refused(2, &["--out <DIR>"]);
    work.write("file", "");
    work.run("simulate --out file").refused(1, &["`file`"]);
    let is_empty = !work.path("t").exists() || work.names("t").is_empty();
    assert!(is_empty, "{:?}", work.names("t"));
}

#[test]
fn help_names_every_command() {
    let work = WorkingFolder::default();
    let help = work.run("--help").succeeded();
    for command in [
        "annotate", "demo", "simulate", "evaluate", "info", "isotopes",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        assert!(
            work.run(&format!("{command} --help"))
                .succeeded()
                .contains("Usage: metaspace ")
        );
    }
    assert!(work.run("--version").succeeded().starts_with("metaspace "));
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_failure() {
    let work = WorkingFolder::default();
    for line in [
        "isotopes C6H12O6",
        "info --help",
        "simulate --out t --width 8 --height 6",
    ] {
        let mut child = work.start(line);
        drop(child.stdout.take());
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{line}");
    }
}
