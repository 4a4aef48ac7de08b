//! `metaspace evaluate`, and `--entrapment` of `metaspace annotate`.

use tests::program::WorkingFolder;

/// A tissue in `tissue`, its annotations in `results`.
fn work(options: &str) -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    work.run(&format!(
        "annotate tissue/demo.imzML --quiet --out results {options}"
    ))
    .succeeded();
    work
}

#[test]
fn claims_are_held_against_the_truth() {
    let work = work("");
    let line = "evaluate results --truth tissue/truth.parquet";
    let text = work.run(line).succeeded();
    assert!(text.starts_with("claimed "), "{text}");
    assert!(
        text.contains("\n   10 % ") && text.contains("ROC AUC of the score: 0."),
        "{text}"
    );
    let report = work.run(&format!("{line} --json")).json()["truth"].clone();
    let levels = report["levels"].as_array().unwrap();
    assert_eq!(levels.len(), 4);
    for level in levels {
        let count = |name: &str| level[name].as_u64().unwrap();
        assert_eq!(
            count("nIons"),
            count("nTrue") + count("nIsobars") + count("nWrong")
        );
        let share = |name: &str, part: &str| level[name][part].as_f64().unwrap();
        for name in ["fdpStrict", "fdpLenient", "sensitivity"] {
            assert!(share(name, "lower") <= share(name, "value"), "{level}");
            assert!(share(name, "value") <= share(name, "upper"), "{level}");
        }
        assert!(
            share("fdpLenient", "value") <= share("fdpStrict", "value"),
            "{level}"
        );
    }
    assert!(levels[3]["nTrue"].as_u64().unwrap() > 20, "{report}");
    assert!(report["rocAuc"].as_f64().unwrap() > 0.6, "{report}");
    assert!(
        report["nDetectableTargets"].as_u64() <= report["nDetectable"].as_u64(),
        "{report}"
    );
}

#[test]
fn entrapment_bounds_the_false_discoveries() {
    let work = work("--entrapment 2");
    let record = work.json("results/run.json");
    assert_eq!(record["entrapment"]["ratio"], 2);
    assert_eq!(record["entrapment"]["seed"], 42);
    let ratio = record["entrapment"]["formulas_for_each"].as_f64().unwrap();
    assert!(ratio > 1.5 && ratio <= 2.0, "{ratio}");
    let text = work.run("evaluate results").succeeded();
    assert!(text.starts_with("entrapment: "), "{text}");
    let json = work
        .run("evaluate results --json --truth tissue/truth.parquet")
        .json();
    assert!(json["truth"]["levels"].is_array());
    for level in json["entrapment"]["levels"].as_array().unwrap() {
        let number = |name: &str| level[name].as_f64().unwrap();
        let (own, hits) = (number("nIons"), number("nEntrapment"));
        let expected = (hits / (own + hits).max(1.0) * (1.0 + 1.0 / ratio)).min(1.0);
        assert!((number("combined") - expected).abs() < 1e-9, "{level}");
        assert!(number("combinedUpper") >= expected, "{level}");
    }
    let csv = work.read("results/annotations.csv");
    let rows = csv::Reader::from_reader(&*csv).into_deserialize();
    let rows: Vec<std::collections::HashMap<String, String>> = rows.map(Result::unwrap).collect();
    assert!(rows.iter().any(|row| row["isEntrapment"] == "true"));
    for row in &rows {
        let is_named = row["moleculeIds"].starts_with("entrapment-");
        assert_eq!(row["isEntrapment"] == "true", is_named, "{row:?}");
    }
}

#[test]
fn entrapment_is_told_apart_in_the_summary() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    let text = work
        .run("annotate tissue/demo.imzML --fdr 1 --entrapment")
        .succeeded();
    assert!(
        text.contains("\nbesides, of entrapment formulas: "),
        "{text}"
    );
    assert!(!text.contains("entrapment for "), "{text}");
    let refused = work.run("annotate tissue/demo.imzML --entrapment 0 --out other");
    refused.refused(1, &["--entrapment: must lie between 1 and 20, not 0"]);
}

#[test]
fn what_cannot_be_evaluated_is_refused() {
    let work = work("");
    work.simulate("other", "--width 24 --height 20 --seed 9");
    work.run("evaluate results")
        .refused(1, &["--truth FILE", "--entrapment"]);
    work.run("evaluate tissue")
        .refused(1, &["`tissue` is not a results folder"]);
    work.run("evaluate none")
        .refused(1, &["`none` is not a results folder"]);
    work.run("evaluate results --truth none.parquet")
        .refused(1, &["cannot open `none.parquet`"]);
    let truth = "evaluate results --truth";
    work.run(&format!("{truth} tissue/demo.ibd"))
        .refused(1, &["cannot read `tissue/demo.ibd`"]);
    work.run(&format!("{truth} results/pixels.parquet"))
        .refused(1, &["no usable `origin`"]);
    work.run(&format!("{truth} other/truth.parquet"))
        .refused(1, &["the truth is of dataset "]);
    work.write("none.tsv", "id\tname\tformula\n1\tGold\tAu2\n");
    work.run("annotate tissue/demo.imzML --database none.tsv --quiet --out empty")
        .succeeded();
    let line = "evaluate empty --truth tissue/truth.parquet";
    work.run(line).refused(1, &["`empty` has no annotations"]);
}
