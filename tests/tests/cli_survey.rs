//! What `metaspace annotate` takes from the data: the window, a correction of m/z, the matrix, and the
//! outline of the tissue.

#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;
use tests::program::WorkingFolder;

const LINE: &str = "--quiet --no-coloc --force --out";

fn survey(work: &WorkingFolder, folder: &str) -> Value {
    work.json(&format!("{folder}/run.json"))["dataset"]["survey"].clone()
}

/// A tissue, and copies of it whose m/z are off.
fn shifted(shifts: &[i32]) -> WorkingFolder {
    let work = WorkingFolder::default();
    for shift in shifts {
        work.simulate(&format!("by{shift}"), &format!("--shift {shift}"));
    }
    work
}

#[test]
fn a_shift_of_all_masses_changes_next_to_nothing() {
    let shifts = [0, -8, -3, 5, 8];
    let work = shifted(&shifts);
    for shift in shifts {
        work.run(&format!("annotate by{shift}/demo.imzML {LINE} r{shift}"))
            .succeeded();
    }
    let without = work.ions("r0");
    assert!(without.len() > 100, "{}", without.len());
    for shift in &shifts[1..] {
        let folder = format!("r{shift}");
        let with = work.ions(&folder);
        let n_common = with.intersection(&without).count();
        assert!(
            n_common * 100 >= without.len() * 95 && with.len() * 95 <= without.len() * 100,
            "{shift}: {n_common} of {} and {}",
            without.len(),
            with.len()
        );
        let survey = survey(&work, &folder);
        let found = survey["measured"]["shift_ppm"].as_f64().unwrap();
        assert!((found - f64::from(*shift)).abs() < 0.8, "{survey}");
        let after = survey["recalibrated"]["shift_ppm"].as_f64().unwrap();
        assert!(after.abs() < 0.2, "{survey}");
    }
}

#[test]
fn the_correction_of_a_run_serves_another() {
    let work = shifted(&[0, 5]);
    work.run(&format!("annotate by5/demo.imzML {LINE} first"))
        .succeeded();
    let line = format!("annotate by5/demo.imzML --recalibrate first {LINE} second");
    work.run(&line).succeeded();
    let (first, second) = (survey(&work, "first"), survey(&work, "second"));
    assert_eq!(
        first["recalibration"]["by_mz"],
        second["recalibration"]["by_mz"]
    );
    assert_eq!(
        second["recalibration"]["by_spectrum"],
        serde_json::json!([])
    );
    let both = work.ions("second");
    assert!(both.intersection(&work.ions("first")).count() * 10 > both.len() * 9);
    work.run(&format!(
        "annotate by0/demo.imzML --recalibrate off {LINE} measured"
    ))
    .succeeded();
    for folder in ["measured", "none"] {
        let line = format!("annotate by0/demo.imzML --recalibrate {folder} {LINE} third");
        assert!(work.run(&line).stderr.contains("error: "), "{folder}");
    }
}

#[test]
fn what_is_given_and_does_not_fit_is_told() {
    let work = shifted(&[0]);
    let text = |options: &str| {
        let line = format!("annotate by0/demo.imzML --no-coloc --force --out r {options}");
        work.run(&line).succeeded()
    };
    let plain = text("");
    assert!(
        !plain.contains("ppm cuts") && !plain.contains("better is"),
        "{plain}"
    );
    for (options, told) in [
        ("--ppm 0.3", "warning: a window of ±0.3 ppm cuts peaks off"),
        ("--ppm 20", "warning: a window of ±20 ppm is far wider"),
        ("--ppm 0.5 --preset metaspace-v3", "better is --ppm"),
        (
            "--polarity negative",
            "warning: --polarity says negative, and the file says positive: better is --polarity positive",
        ),
    ] {
        let text = text(options);
        assert!(text.contains(told), "{options}: {text}");
    }
    // A table of which nothing is there shows no accuracy, and has nothing to annotate.
    work.write("absent.tsv", "id\tname\tformula\n1\tabsent\tC31H17F9\n");
    let text = text("--database absent.tsv --adduct +NH4");
    assert!(text.contains("nothing is annotated at FDR 10 %"), "{text}");
    assert!(text.contains("peaks are common to many spectra"), "{text}");
}

#[test]
fn what_is_not_of_the_tissue_is_flagged() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "");
    work.run(&format!("annotate tissue/demo.imzML {LINE} r"))
        .succeeded();
    let record = work.json("r/run.json");
    let matrices = record["settings"]["matrices"].as_array().unwrap();
    assert!(matrices[0].as_str().unwrap().contains("(DHB)"), "{record}");
    let (mut n_matrix, mut n_on) = (0, 0);
    for row in work.annotations("r") {
        let off: f64 = row["offSample"].parse().unwrap();
        assert_eq!(row["isMatrix"] == "true", !row["matrixIon"].is_empty());
        // Gentisic acid is the matrix itself.
        if row["formula"] == "C7H6O4" {
            n_matrix += 1;
            assert!(off > 0.5 && row["isMatrix"] == "true", "{row:?}");
        } else {
            n_on += usize::from(off < 0.5);
        }
    }
    assert!(n_matrix >= 1 && n_on > 100, "{n_matrix} {n_on}");
    let counts = &record["counts"];
    let at_ten = |name: &str| counts[name][1][1].as_u64().unwrap();
    assert!(at_ten("matrix_at_fdr") >= 1, "{counts}");
    assert!(
        at_ten("off_sample_at_fdr") >= 1 && at_ten("off_sample_at_fdr") < 20,
        "{counts}"
    );
}

/// A tissue whose file does not say its polarity.
fn signless(work: &WorkingFolder, preset: &str) -> String {
    work.simulate(preset, &format!("--preset {preset}"));
    let name = work
        .names(preset)
        .into_iter()
        .find(|name| name.ends_with(".imzML"))
        .unwrap();
    let path = format!("{preset}/{name}");
    let mut xml = String::from_utf8(work.read(&path)).unwrap();
    for term in ["MS:1000130", "MS:1000129"] {
        xml = xml.replace(term, "MS:1000499");
    }
    work.write(&path, xml);
    path
}

#[test]
fn a_polarity_that_the_file_does_not_say_is_seen_in_the_data() {
    let work = WorkingFolder::default();
    for (preset, polarity) in [("demo", "positive"), ("tof-kidney", "negative")] {
        let path = signless(&work, preset);
        work.run(&format!("annotate {path} {LINE} r{preset}"))
            .succeeded();
        let record = work.json(&format!("r{preset}/run.json"));
        let sign = if polarity == "positive" { 1 } else { -1 };
        assert_eq!(record["settings"]["charge"], sign, "{preset}");
        let warnings = record["warnings"].to_string();
        assert!(
            warnings.contains(&format!("it is taken for {polarity}")),
            "{warnings}"
        );
    }
}

/// A GeoJSON of one rectangle from left to right, as high as any image.
fn rectangle(left: u32, right: u32) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":
        {{"type":"Polygon","coordinates":[[[{left},0],[{right},0],[{right},999],[{left},999]]]}}}}]}}"#
    )
}

#[test]
fn a_mask_says_what_is_tissue() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    work.write("left.geojson", rectangle(0, 10));
    work.write("right.geojson", rectangle(10, 24));
    let off_sample = |side: &str| -> Vec<f64> {
        let line = format!(
            "annotate tissue/demo.imzML {LINE} {side} --mask {side}.geojson --duplicates mean"
        );
        work.run(&line).succeeded();
        let rows = work.annotations(side);
        rows.iter()
            .map(|row| row["offSample"].parse().unwrap())
            .collect()
    };
    let (left, right) = (off_sample("left"), off_sample("right"));
    assert!(left.len() > 20 && left.len() == right.len());
    for (a, b) in left.iter().zip(&right) {
        assert!((a + b - 1.0).abs() < 1e-9, "{a} {b}");
    }
    let line = "submit tissue/demo.imzML --quiet --no-coloc --out tasks";
    work.run(&format!("{line} --mask left.geojson --duplicates mean"))
        .succeeded();
    work.assert_same("left", "tasks");
    let warnings = work.json("tasks/run.json")["warnings"].to_string();
    assert!(
        warnings.contains("their intensities are averaged"),
        "{warnings}"
    );

    work.write("beside.geojson", rectangle(24, 30));
    work.write("far.csv", "x,y\n3,20\n");
    for (mask, told) in [
        (
            "beside.geojson",
            "`beside.geojson` holds none of the 479 pixels",
        ),
        ("far.csv", "line 2: y must be below 20, not `20`"),
        ("missing.png", "cannot open `missing.png`"),
        ("tissue/demo.imzML", "none of .png, .csv and .geojson"),
    ] {
        let line = format!("annotate tissue/demo.imzML {LINE} refused --mask {mask}");
        work.run(&line).refused(1, &[told]);
        assert!(!work.path("refused").exists(), "{mask}");
    }
}

#[test]
fn either_polarity_of_a_file_goes_to_a_folder_of_its_own() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    let xml = String::from_utf8(work.read("tissue/demo.imzML")).unwrap();
    let xml = xml.replace("MS:1000130", "MS:1000499");
    let (head, spectra) = xml.split_once("<spectrum ").unwrap();
    let mut mixed = head.to_owned();
    for (number, spectrum) in spectra.split("<spectrum ").enumerate() {
        let (tag, rest) = spectrum.split_once('>').unwrap();
        let term = [1_000_130, 1_000_129][number % 2];
        mixed += &format!(
            r#"<spectrum {tag}><cvParam cvRef="MS" accession="MS:{term}" name="scan" value=""/>{rest}"#
        );
    }
    work.write("tissue/demo.imzML", mixed);
    work.run(
        "annotate tissue/demo.imzML --quiet --no-coloc --polarity both --adduct +H --adduct -H",
    )
    .succeeded();
    for (polarity, charge, adduct) in [("positive", 1, "+H"), ("negative", -1, "-H")] {
        let record = work.json(&format!("demo-{polarity}-results/run.json"));
        assert_eq!(record["settings"]["charge"], charge);
        assert_eq!(record["settings"]["adducts"][0], adduct);
        let warnings = record["warnings"].to_string();
        assert!(
            warnings.contains(&format!("are not {polarity}")),
            "{warnings}"
        );
    }
    work.simulate("single", "--width 12 --height 10");
    work.run("annotate single/demo.imzML --quiet --polarity both")
        .refused(1, &["does not have spectra of both", "leave it out"]);
    for (options, told) in [
        ("--adduct +H", "none makes negative ions"),
        ("--charge 1", "annotate one polarity at a time"),
    ] {
        let line = format!("annotate tissue/demo.imzML --quiet --polarity both {options}");
        work.run(&line).refused_in_other_words(1, &[told]);
    }
}
