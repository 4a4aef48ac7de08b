//! `metaspace coloc`, and what a run writes of co-localization.

#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;
use tests::program::{RESULTS, WorkingFolder};

/// A small annotated tissue in `r`.
fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20 --seed 3");
    work.run("annotate tissue/demo.imzML --quiet --out r")
        .succeeded();
    work
}

/// Runs `coloc r` with the words of a line and `--ion` with the last one, which may have spaces.
fn ion(work: &WorkingFolder, ion: &str, line: &str) -> Value {
    let output = work
        .command(&format!("coloc r --json {line} --ion"))
        .arg(ion)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn first_pair(work: &WorkingFolder) -> (String, String, f64) {
    let pairs = work.run("coloc r --json --fdr 0.5").json();
    let pair = &pairs["pairs"][0];
    let text = |name: &str| pair[name].as_str().unwrap().to_owned();
    (
        text("ion"),
        text("otherIon"),
        pair["score"].as_f64().unwrap(),
    )
}

#[test]
fn the_partners_of_an_ion() {
    let work = work();
    let (a, b, score) = first_pair(&work);
    assert!(score > 0.9);
    let found = ion(&work, &a, "--fdr 0.5 --n-best 1000 --min-score 0");
    assert_eq!(found["measure"], "median_thresholded_cosine");
    let partners = found["partners"].as_array().unwrap();
    let scores: Vec<f64> = partners
        .iter()
        .map(|p| p["score"].as_f64().unwrap())
        .collect();
    assert!(scores.is_sorted_by(|x, y| x >= y));
    let partner = partners.iter().find(|p| p["ion"] == b.as_str()).unwrap();
    assert_eq!(partner["score"].as_f64(), Some(score));
    // With spaces and without the sign of the charge.
    let (formula, adduct) = a.trim_end_matches('+').split_once('+').unwrap();
    assert_eq!(
        ion(&work, &format!("{formula} +{adduct}"), "")["ion"],
        a.as_str()
    );
    assert_eq!(
        ion(&work, &a, "--n-best 3 --fdr 0.5")["partners"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let text = work
        .run(&format!("coloc r --ion {a} --fdr 0.5"))
        .succeeded();
    let head = text.lines().next().unwrap();
    assert!(head.contains(&a) && text.contains("molecules"), "{text}");
    // By the name of its molecule too, in letters of any size.
    let pairs = work.run("coloc r --json --fdr 1 --n-best 1").json();
    let name = pairs["pairs"][0]["moleculeNames"][0].as_str().unwrap();
    let of_name = ion(&work, &name.to_uppercase(), "--fdr 1");
    let found = of_name["ion"].as_str().unwrap();
    assert_eq!(of_name, ion(&work, found, "--fdr 1"));
}

#[test]
fn every_measure_and_preset() {
    let work = work();
    let (a, ..) = first_pair(&work);
    for measure in coloc::measures::Measure::ALL {
        for preset in ["default", "metaspace"] {
            let found = ion(&work, &a, &format!("--measure {measure} --preset {preset}"));
            assert_eq!(found["measure"], measure.name());
        }
    }
}

#[test]
fn matrices_groups_and_segments_are_written() {
    let work = work();
    let matrix = work
        .run("coloc r --measure pearson --fdr 0.1 --matrix m.parquet")
        .succeeded();
    assert!(
        matrix.contains("pearson") && matrix.ends_with("written: m.parquet\n"),
        "{matrix}"
    );
    assert!(work.path("m.parquet").exists());

    let groups = |line: &str| {
        work.run(&format!("coloc r --clusters --json {line}"))
            .json()
    };
    let found = groups("--out c.parquet");
    let clusters = found["clusters"].as_array().unwrap();
    let n: usize = clusters
        .iter()
        .map(|c| c["ions"].as_array().unwrap().len())
        .sum();
    assert_eq!(Some(n as u64), found["nIons"].as_u64());
    assert!(work.path("c.parquet").exists());
    assert_eq!(
        groups("--n-clusters 3")["clusters"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        groups("--min-link 1.1")["clusters"]
            .as_array()
            .unwrap()
            .len(),
        n
    );
    assert!(
        groups("--grouping spectral")["clusters"]
            .as_array()
            .unwrap()
            .len()
            <= 20
    );
    let five = groups("--grouping spectral --n-clusters 5");
    assert_eq!(five["clusters"].as_array().unwrap().len(), 5);
    // Scores that differ with the direction.
    for grouping in ["hierarchical", "spectral"] {
        let found = groups(&format!("--measure manders_m1 --grouping {grouping}"));
        assert_eq!(found["measure"], "manders_m1");
    }
    work.run("coloc r --measure manders_m2 --matrix m.parquet")
        .succeeded();
    work.run("coloc r --clusters --grouping spectral --n-clusters 0")
        .refused(1, &["number of groups"]);
    assert!(
        work.run("coloc r --clusters")
            .succeeded()
            .contains("representative")
    );

    let segments = |line: &str| work.run(&format!("coloc r --segment --json {line}")).json();
    let line = "--n-segments 4 --pixel-grouping kmeans --smoothing 1 --seed 7 --n-components 5";
    let found = segments(&format!("{line} --out s.parquet"));
    assert!((2..=4).contains(&found["sizes"].as_array().unwrap().len()));
    assert_eq!(
        found,
        segments(&format!("{line} --out s.parquet --threads 1"))
    );
    assert!(work.path("s.parquet").exists());
    assert!(
        segments("--max-segments 3")["sizes"]
            .as_array()
            .unwrap()
            .len()
            <= 3
    );
    assert!(
        work.run("coloc r --segment")
            .succeeded()
            .contains("segment 1: ")
    );
}

/// Intensities are divided before anything is compared: means of regions are those of an export.
#[test]
fn markers_are_of_divided_intensities() {
    let work = work();
    let places = (0..9).flat_map(|x| (0..10).map(move |y| format!("{x},{y}\n")));
    work.write("left.csv", format!("x,y\n{}", places.collect::<String>()));
    work.run("export r --matrix m.csv --region left.csv --normalize tic --fdr 0.5")
        .succeeded();
    let exported = String::from_utf8(work.read("m.csv")).unwrap();
    let cells: Vec<Vec<&str>> = exported
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    let markers = |by: &str| {
        let line = format!("coloc r --markers left.csv --fdr 0.5 --n-best 9999 --json {by}");
        work.run(&line).json()["regions"][0]["markers"].clone()
    };
    let divided = markers("--normalize tic");
    assert_ne!(divided, markers(""));
    let mut n_compared = 0;
    for marker in divided.as_array().unwrap() {
        let column = cells[0].iter().position(|ion| marker["ion"] == *ion);
        let mean: f64 = cells[1][column.unwrap()].parse().unwrap();
        let inside = marker["meanInside"].as_f64().unwrap();
        assert!((inside - mean).abs() <= 1e-5 * mean, "{marker} {mean}");
        n_compared += 1;
    }
    assert!(n_compared > 10);
    // An ion divided by itself is the same wherever it is.
    let ion = divided[0]["ion"].as_str().unwrap();
    let done = work
        .command("coloc r --markers left.csv --fdr 0.5 --n-best 9999 --json --normalize")
        .arg(format!("ion={ion}"))
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&done.stdout).unwrap();
    let rows = found["regions"][0]["markers"].as_array().unwrap();
    let itself = rows.iter().find(|row| row["ion"] == ion).unwrap();
    let value = |name: &str| itself[name].as_f64().unwrap();
    let of_signal = |mean: &str, share: &str| value(mean) / value(share);
    let inside = of_signal("meanInside", "coverageInside");
    let outside = of_signal("meanOutside", "coverageOutside");
    assert!((inside / outside - 1.0).abs() < 1e-5, "{itself}");
    work.run("coloc r --normalize mz=500")
        .refused(1, &["--normalize", "--keep-peaks"]);
}

#[test]
fn markers_of_a_drawn_region() {
    let work = work();
    let rows = |x: std::ops::Range<u32>| -> String {
        let places = x.flat_map(|x| (0..10).map(move |y| format!("{x},{y}\n")));
        places.collect()
    };
    work.write("left.csv", format!("x,y\n{}", rows(0..9)));
    let found = work
        .run("coloc r --markers left.csv --json --out k.parquet")
        .json();
    let region = &found["regions"][0];
    assert_eq!(region["region"], "left");
    let auc: Vec<f64> = region["markers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|marker| marker["auc"].as_f64().unwrap())
        .collect();
    assert!(auc.is_sorted_by(|a, b| a >= b) && auc[0] > 0.5);
    assert!(work.path("k.parquet").exists());
    let text = work.run("coloc r --markers left.csv").succeeded();
    assert!(text.contains("no p-values"), "{text}");
    work.write("two.csv", "x,y,region\n3,3,a\n4,4,b\n");
    let found = work.run("coloc r --markers two.csv --json").json();
    assert_eq!(found["regions"].as_array().unwrap().len(), 2);

    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 24, 20);
    encoder.set_color(png::ColorType::Grayscale);
    let mask: Vec<u8> = (0..480)
        .map(|i| if i % 24 < 9 && i / 24 < 10 { 255 } else { 0 })
        .collect();
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&mask)
        .unwrap();
    work.write("left.png", &bytes);
    let of_png = work.run("coloc r --markers left.png --json").json();
    assert_eq!(of_png["regions"][0], *region);

    // As the viewer keeps regions.
    let ring = [[0, 0], [9, 0], [9, 10], [0, 10], [0, 0]];
    let feature = serde_json::json!({
        "type": "Feature",
        "geometry": { "type": "Polygon", "coordinates": [ring] },
        "properties": { "name": "left", "color": "#ff0000" },
    });
    let set = serde_json::json!({ "type": "FeatureCollection", "features": [feature] });
    work.write("left.geojson", set.to_string());
    let of_geojson = work.run("coloc r --markers left.geojson --json").json();
    assert_eq!(of_geojson["regions"][0], *region);

    work.write("odd.csv", "x,y\n99,0\n");
    work.run("coloc r --markers odd.csv")
        .refused(1, &["line 2: x must be below 24, not `99`"]);
    work.write("all.csv", format!("x,y\n{}", rows(0..0)));
    work.run("coloc r --markers all.csv")
        .refused(1, &["has no rows"]);
    work.run("coloc r --markers r/run.json")
        .refused(1, &["is no GeoJSON of regions"]);
    work.run("coloc r --markers r/pixels.parquet")
        .refused(1, &["none of .png, .csv and .geojson"]);
}

#[test]
fn what_is_not_there_is_said() {
    let work = work();
    work.run("coloc r --ion C99H99")
        .refused(1, &["`C99H99`", "hint: did you mean one of"]);
    work.run("coloc tissue")
        .refused(1, &["not a results folder"]);
    work.run("coloc nowhere")
        .refused(1, &["not a results folder"]);
    work.run("coloc r --measure best")
        .refused(2, &["no measure is called `best`"]);
    work.run("coloc r --fdr 2").refused(1, &["--fdr"]);
    work.run("coloc r --clusters --segment")
        .refused(2, &["cannot be used with"]);
    work.run("coloc").refused(2, &["RESULTS"]);
    let nothing = work.run("coloc r --fdr 0").succeeded();
    assert!(
        nothing.starts_with("no ion is annotated at FDR 0 %"),
        "{nothing}"
    );
}

#[test]
fn few_ions_and_one_pixel_are_no_trouble() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 12 --height 10");
    for (name, molecules) in [
        ("none", "9\tx\tC60Br9\n"),
        ("one", "1\tPA 40:6\tC43H73O8P\n"),
    ] {
        work.write("few.tsv", format!("id\tname\tformula\n{molecules}"));
        work.run(&format!(
            "annotate tissue/demo.imzML --quiet --adduct +H --database few.tsv --out {name}"
        ))
        .succeeded();
        assert_eq!(work.names(name), RESULTS);
        for question in ["", "--clusters", "--segment", "--matrix m.parquet"] {
            work.run(&format!("coloc {name} --fdr 1 {question}"))
                .succeeded();
        }
    }
    let said = |line: &str| work.run(line).succeeded();
    assert!(said("coloc none --fdr 1 --clusters").starts_with("no ion is annotated at FDR 100 %"));
    assert!(said("coloc one --fdr 1").contains("one ion alone has no partners"));
    assert!(said("coloc one --fdr 1 --ion C43H73O8P+H").contains("none of 0 other ions"));
    work.run("coloc one --clusters --fdr 1 --grouping spectral")
        .refused(1, &["at least 2 ions"]);
    work.run("coloc none --ion C43H73O8P+H")
        .refused(1, &["none of the 0 annotated ions"]);
    work.simulate("dot", "--width 1 --height 1");
    work.run("annotate dot/demo.imzML --quiet --out pixel")
        .succeeded();
    for question in [
        "",
        "--clusters",
        "--segment",
        "--matrix m.parquet",
        "--measure ssim",
    ] {
        work.run(&format!("coloc pixel --fdr 1 {question}"))
            .succeeded();
    }
}

/// Each option of the help is used in a test of this file.
#[test]
fn every_option_is_tested() {
    let work = WorkingFolder::default();
    let tests = include_str!("cli_coloc.rs");
    let help = ["coloc --help", "coloc evaluate --help"].map(|line| work.run(line).succeeded());
    let mut n_options = 0;
    for option in help.iter().flat_map(|help| help.split_whitespace()) {
        let is_option = option.starts_with("--")
            && option.len() > 2
            && option != "--help"
            && option != "--version";
        let option = option.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_option {
            assert!(
                tests.contains(&format!("{option} ")) || tests.contains(&format!("{option}\"")),
                "{option}"
            );
            n_options += 1;
        }
    }
    assert!(n_options > 25, "{help:?}");
}

#[test]
fn a_run_may_leave_it_out() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 12 --height 10");
    work.run("annotate tissue/demo.imzML --quiet --no-coloc --out r")
        .succeeded();
    let names = work.names("r");
    assert!(
        !names
            .iter()
            .any(|n| n == "colocalization.parquet" || n == "sample_ions.parquet")
    );
    assert_eq!(names.len() + 2, RESULTS.len());
}

#[test]
fn measures_and_predictions_are_evaluated() {
    let work = work();
    let (a, b, _) = first_pair(&work);
    let found = ion(&work, &a, "--fdr 1 --n-best 1000 --min-score 0");
    let last = found["partners"].as_array().unwrap().last().unwrap()["ion"]
        .as_str()
        .unwrap();
    let parts = |ion: &str| {
        let (formula, adduct) = ion.trim_end_matches('+').split_once('+').unwrap();
        format!("{formula},+{adduct}")
    };
    let row = |other: &str, rank: u32| format!("r,{},{},{rank}", parts(&a), parts(other));
    let head = "datasetId,baseSf,baseAdduct,otherSf,otherAdduct,rank";
    work.write(
        "gold.csv",
        format!("{head}\n{}\n{}\n", row(&b, 0), row(last, 9)),
    );
    let json = work
        .run("coloc evaluate --gold gold.csv --images . --json")
        .json();
    assert_eq!(
        (json["nSets"].as_u64(), json["spearman"]["mean"].as_f64()),
        (Some(1), Some(1.0))
    );
    let text = work
        .run("coloc evaluate --gold gold.csv --images . --measure cosine --preset metaspace")
        .succeeded();
    assert!(text.starts_with("cosine\n2 pairs in 1 sets"), "{text}");

    let predicted = format!("{head},pred\n{},8.4\n{},1.6\n", row(&b, 0), row(last, 9));
    work.write("preds.csv", predicted.replace(",rank,", ",expected,"));
    let line = "coloc evaluate --gold gold.csv --predictions preds.csv --json --draws 10 --seed 1";
    assert_eq!(
        work.run(line).json()["kendall"]["mean"].as_f64(),
        Some(-1.0)
    );
    let rounded = work.run(&format!("{line} --round")).json();
    assert!(rounded["what"].as_str().unwrap().ends_with("rounded"));

    let user = |user: &str, other: &str, rank: &str| {
        format!("r,{user},{},{},{rank}\n", parts(&a), parts(other))
    };
    let ranks: String = ["x", "y"]
        .iter()
        .flat_map(|name| [user(name, &b, "0"), user(name, last, "")])
        .collect();
    let head = "datasetId,user,baseSf,baseAdduct,otherSf,otherAdduct,rank";
    work.write("ranks.csv", format!("{head}\n{ranks}"));
    let json = work
        .run("coloc evaluate --gold gold.csv --experts ranks.csv --json")
        .json();
    assert_eq!(
        (json["nSets"].as_u64(), json["spearman"]["mean"].as_f64()),
        (Some(2), Some(1.0))
    );

    work.run("coloc evaluate --gold gold.csv")
        .refused(2, &["--images", "--predictions"]);
    work.run("coloc evaluate --gold preds.csv --images .")
        .refused(1, &["no column `rank`"]);
    work.write(
        "bad.csv",
        "datasetId,baseSf,baseAdduct,otherSf,otherAdduct,rank\nr,a,b,c,d,x\n",
    );
    work.run("coloc evaluate --gold bad.csv --images .")
        .refused(1, &["line 2", "not `x`"]);
    work.run("coloc evaluate --gold gold.csv --images tissue")
        .refused(1, &["at least 1 sets"]);
}
