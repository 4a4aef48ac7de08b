//! What `metaspace annotate` searches and how it tells it: labels, charges, targeted tables, m/z
//! limits, isobars, decoys.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;

use tests::program::WorkingFolder;

type Row = HashMap<String, String>;

/// A small tissue in `tissue`, and a table of glucose, plain and labelled.
fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    let table = "id\tname\tformula\n1\tGlucose\tC6H12O6\n2\tGlucose-13C6\tCx6H12O6\n\
                 3\tGold\tAu2\n4\tUreaNC-15N2\tCH4Nx2O\n";
    work.write("sugar.tsv", table);
    work
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap()
}

#[test]
fn more_modifiers_than_can_be_numbered_are_refused() {
    let work = work();
    let many = |option: &str, element: &str| -> String {
        let one = |n: u32| format!("{option} {element}{n}");
        (1..=30).map(one).collect::<Vec<_>>().join(" ")
    };
    let line = format!(
        "annotate tissue/demo.imzML --database sugar.tsv --preset metaspace-v3 --out o {} {}",
        many("--chem-mod", "+O"),
        many("--neutral-loss", "-H")
    );
    work.run(&line)
        .refused(1, &["too many decoy modifiers", "hint: give fewer"]);
    assert!(!work.path("o").exists());
}

#[test]
fn labels_and_charges_move_the_mass() {
    let work = work();
    for (arguments, name, mz) in [
        ("--adduct +H", "Glucose", 181.070_665),
        ("--adduct +H", "Glucose-13C6", 187.090_794),
        ("--adduct +H", "UreaNC-15N2", 63.033_708),
        ("--adduct [M]+", "Glucose", 180.062_840),
        ("--adduct [M]- --polarity negative", "Glucose", 180.063_937),
        ("--adduct +H2 --charge 2", "Glucose", 91.038_970),
        (
            "--adduct -H2 --charge 2 --polarity negative",
            "Glucose",
            89.024_418,
        ),
    ] {
        let line = format!(
            "annotate tissue/demo.imzML --targeted sugar.tsv --quiet --force --out out {arguments}"
        );
        work.run(&line).succeeded();
        let found = work.annotations("out");
        let row = found
            .iter()
            .find(|row| row["moleculeNames"] == name)
            .unwrap();
        let error = number(row, "mz") / mz - 1.0;
        assert!(
            error.abs() < 5e-8,
            "{arguments}, {name}: {} is not {mz}",
            row["mz"]
        );
    }
}

#[test]
fn every_ion_of_a_targeted_table_has_a_row() {
    let work = work();
    let line =
        "annotate tissue/demo.imzML --quiet --database few.tsv --targeted sugar.tsv --out out";
    work.write(
        "few.tsv",
        "id\tname\tformula\n1\tGold\tAu2\n2\tCresol\tC7H8O4S\n",
    );
    work.run(line).succeeded();
    let found = work.annotations("out");
    let of = |table: &str| found.iter().filter(|row| row["database"] == table).count();
    // Four molecules with three adducts.
    assert_eq!(of("sugar"), 12);
    assert!(
        found
            .iter()
            .all(|row| row["database"] == "sugar" || row["moleculeNames"] == "Cresol")
    );
    let gold = found.iter().find(|row| row["ion"] == "Au2+Na+").unwrap();
    for column in ["msm", "score", "nPixels", "totalIntensity"] {
        assert!(
            number(gold, column).abs() < f64::EPSILON,
            "{column}: {gold:?}"
        );
    }
    assert!((number(gold, "fdr") - 1.0).abs() < f64::EPSILON);
    let counts = work.json("out/run.json")["counts"].clone();
    assert_eq!(counts["n_annotations"], found.len());
    let below_one = found.iter().filter(|row| number(row, "fdr") < 1.0).count();
    assert_eq!(
        counts["n_imaged_ions"], below_one,
        "images are of what was found"
    );
    // A table that is targeted changes no other's ranking.
    work.run("annotate tissue/demo.imzML --quiet --database few.tsv --out few")
        .succeeded();
    let fdrs = |rows: &[Row]| -> Vec<String> {
        let few = rows.iter().filter(|row| row["database"] == "few");
        few.map(|row| row["fdr"].clone()).collect()
    };
    assert_eq!(fdrs(&found), fdrs(&work.annotations("few")));
}

#[test]
fn limits_of_mz_hold_for_targets_and_decoys() {
    let work = work();
    let line = "annotate tissue/demo.imzML --quiet --mz-min 300 --mz-max 500.5 --out out";
    work.run(line).succeeded();
    let found = work.annotations("out");
    assert!(found.len() > 5);
    assert!(
        found
            .iter()
            .all(|row| (299.0..502.0).contains(&number(row, "mz")))
    );
    let record = work.json("out/run.json");
    assert!(record["counts"]["n_searched"].as_u64() <= record["counts"]["n_ions"].as_u64());
    // Decoy adducts are heavier than the targets', so that fewer decoys lie within the limits.
    for existing in record["decoys"]["existing_for_each"].as_array().unwrap() {
        let per_target = existing[2].as_f64().unwrap();
        assert!(per_target > 1.0 && per_target < 20.0, "{existing}");
    }
    for (arguments, told) in [
        ("--mz-min 500 --mz-max 400", "500 and 400"),
        ("--mz-min=-1", "-1 and"),
        ("--mz-max nan", "NaN"),
    ] {
        let line = format!("annotate tissue/demo.imzML --out wrong {arguments}");
        work.run(&line).refused(1, &["mz-min, mz-max", told]);
    }
}

#[test]
fn the_stronger_of_isobars_is_told() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 40 --height 30");
    work.run("annotate tissue/demo.imzML --score msm --ppm 3 --quiet --no-coloc --out out")
        .succeeded();
    let found = work.annotations("out");
    let by_ion: HashMap<&str, &Row> = found.iter().map(|row| (row["ion"].as_str(), row)).collect();
    let list = |row: &Row, column: &str| -> Vec<String> {
        row[column]
            .split(", ")
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (mut n_weaker, mut n_strongest) = (0, 0);
    for row in &found {
        let (isobars, scores) = (list(row, "isobars"), list(row, "isobarScores"));
        assert_eq!(isobars.len(), scores.len());
        for (isobar, score) in isobars.iter().zip(&scores) {
            assert_eq!(by_ion[isobar.as_str()]["score"], *score);
            assert!(list(by_ion[isobar.as_str()], "isobars").contains(&row["ion"]));
        }
        let best = scores
            .iter()
            .map(|score| score.parse::<f64>().unwrap())
            .fold(0.0, f64::max);
        if best > number(row, "score") {
            n_weaker += 1;
            let told = number(by_ion[row["strongerIsobar"].as_str()], "score");
            assert!((told - best).abs() < f64::EPSILON, "{row:?}");
        } else {
            n_strongest += usize::from(!isobars.is_empty());
            assert_eq!(row["strongerIsobar"], "", "{row:?}");
        }
    }
    assert!(n_weaker > 5 && n_strongest > 5, "{n_weaker} {n_strongest}");
}

#[test]
fn the_spread_over_draws_of_decoys_is_told() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 40 --height 30");
    let decoys = |arguments: &str| {
        let line = "annotate tissue/demo.imzML --quiet --no-coloc --force --out out";
        work.run(&format!("{line} {arguments}")).succeeded();
        let record = work.json("out/run.json");
        (
            record["decoys"].clone(),
            record["counts"]["annotations_at_fdr"].clone(),
        )
    };
    let (sampled, found) = decoys("--score msm --ppm 3");
    assert_eq!(sampled["drawn_for_each"], 20);
    for (level, found) in sampled["annotation_spread"]
        .as_array()
        .unwrap()
        .iter()
        .zip(found.as_array().unwrap())
    {
        assert_eq!(level["fdr"], found[0]);
        let (low, high) = (
            level["low"].as_f64().unwrap(),
            level["high"].as_f64().unwrap(),
        );
        let (mean, n) = (level["mean"].as_f64().unwrap(), found[1].as_f64().unwrap());
        assert!(low <= mean && mean <= high, "{level}");
        assert!((mean - n).abs() <= 0.2 * n + 5.0, "{level} around {n}");
    }
    let stddev = |decoys: &serde_json::Value, level: usize| {
        decoys["annotation_spread"][level]["stddev"]
            .as_f64()
            .unwrap()
    };
    assert!(stddev(&sampled, 1) > 0.5, "{sampled}");
    let (few, _) = decoys("--score msm --ppm 3 --decoys 3");
    assert!(
        stddev(&few, 2) > stddev(&sampled, 2),
        "fewer decoys, more spread: {few} {sampled}"
    );
    let (all, found) = decoys("--score msm --ppm 3 --decoys all");
    assert!(stddev(&all, 1).abs() < 1e-12, "{all}");
    assert_eq!(all["annotation_spread"][1]["low"], found[1][1]);
    let (median, _) = decoys("--preset metaspace-v1");
    assert!(median["annotation_spread"].is_null(), "{median}");
}

#[test]
fn too_little_entrapment_is_told() {
    let work = work();
    let light = "id\tname\tformula\n1\tWater\tH2O\n2\tMethanol\tCH4O\n3\tAmmonia\tNH3\n\
                 4\tGlycine\tC2H5NO2\n5\tCresol\tC7H8O4S\n";
    work.write("light.tsv", light);
    let text = work
        .run("annotate tissue/demo.imzML --database light.tsv --entrapment 10 --out out")
        .succeeded();
    assert!(
        text.contains("warning: entrapment: ") && text.contains("and 10 were wanted"),
        "{text}"
    );
}
