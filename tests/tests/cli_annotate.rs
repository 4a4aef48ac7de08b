//! What `metaspace annotate` makes of its options, and `metaspace demo`.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::imzml::{Form, Peaks, write};
use tests::model::Model;
use tests::program::{RESULTS, WorkingFolder};

/// Some molecules of the simulated brain, and one that is not in it.
const FEW: &str = "id\tname\tformula
1\tPA 40:6\tC43H73O8P
2\tp-Cresol sulfate\tC7H8O4S
3\tDG 32:3\tC35H62O5
4\tGlucose\tC6H12O6
";

/// Arguments, where their effect stands in `run.json`, and what it is.
const CASES: [(&str, &str, &str); 55] = [
    ("--database few.tsv", "/databases/0/n_formulas", "4"),
    ("--database more.csv", "/databases/0/name", r#""more""#),
    (
        "--database few.tsv --database more.csv",
        "/databases/1/name",
        r#""more""#,
    ),
    ("--targeted few.tsv", "/databases/0/is_targeted", "true"),
    (
        "--database few.tsv --targeted more.csv",
        "/databases/1/is_targeted",
        "true",
    ),
    ("--adduct +H", "/settings/adducts", r#"["+H"]"#),
    (
        "--adduct +NH4 --adduct +K",
        "/settings/adducts",
        r#"["+NH4","+K"]"#,
    ),
    ("--chem-mod +O", "/settings/chemMods", r#"["+O"]"#),
    ("--chem-mod -H+F", "/settings/chemMods", r#"["-H+F"]"#),
    (
        "--neutral-loss -H2O",
        "/settings/neutralLosses",
        r#"["-H2O"]"#,
    ),
    (
        "--preset default",
        "/settings/peakWidth/resolvingPowerAtMz200",
        "140000.0",
    ),
    (
        "--preset metaspace-v1",
        "/settings/peakWidth/sigmaAtIon",
        "0.001238",
    ),
    (
        "--preset metaspace-v3",
        "/settings/peakWidth/instrument",
        r#""orbitrap""#,
    ),
    ("--scoring-model tiny.cbm", "/scoring_model/n_trees", "2"),
    (
        "--scoring-model tiny.cbm --preset metaspace-v3",
        "/scoring_model/features/0",
        r#""chaos""#,
    ),
    ("--score msm", "/adaptive_score", "null"),
    (
        "--score adaptive --database few.tsv",
        "/adaptive_score/n_outdone",
        "0",
    ),
    (
        "--instrument fticr",
        "/settings/peakWidth/resolvingPowerAtMz200",
        "280000.0",
    ),
    (
        "--instrument tof",
        "/settings/peakWidth/instrument",
        r#""tof""#,
    ),
    (
        "--resolving-power 70000",
        "/settings/peakWidth/resolvingPowerAtMz200",
        "70000.0",
    ),
    (
        "--isocalc-sigma 0.01 --preset metaspace-v1",
        "/settings/peakWidth/sigmaAtIon",
        "0.01",
    ),
    ("--ppm 5", "/settings/ppm", "5.0"),
    ("--ppm auto", "/options/ppm", r#""auto""#),
    ("--recalibrate off", "/dataset/survey/recalibration", "null"),
    ("--polarity negative", "/settings/charge", "-1"),
    ("--polarity positive", "/taken/0/setting", r#""instrument""#),
    ("--charge 2", "/settings/charge", "2"),
    ("--charge -1", "/settings/charge", "-1"),
    ("--n-peaks 3", "/settings/nPeaks", "3"),
    ("--mz-min 200.5", "/settings/mzLimits", "[200.5,null]"),
    (
        "--mz-min 100 --mz-max 700",
        "/settings/mzLimits",
        "[100.0,700.0]",
    ),
    ("--min-px 4", "/settings/minPx", "4"),
    ("--decoys 5", "/settings/decoys", "5"),
    ("--decoys all", "/settings/decoys", r#""all""#),
    ("--seed 7", "/settings/seed", "7"),
    ("--entrapment 2", "/entrapment/ratio", "2"),
    ("--entrapment", "/entrapment/ratio", "1"),
    ("--fdr 0.5", "/options/fdr", "0.5"),
    ("--z 1", "/options/z", "1"),
    ("--assume-centroid", "/options/assume-centroid", "true"),
    (
        "--ibd tissue/demo.ibd",
        "/dataset/ibd",
        r#""tissue/demo.ibd""#,
    ),
    ("--snr 5", "/options/snr", "5.0"),
    ("--peak-by area", "/options/peak-by", r#""area""#),
    ("--mask tissue.csv", "/options/mask", r#""tissue.csv""#),
    ("--duplicates mean", "/options/duplicates", r#""mean""#),
    ("--duplicates first", "/options/duplicates", r#""first""#),
    ("--ignore-uuid", "/options/ignore-uuid", "true"),
    ("--verify", "/dataset/is_checksum_verified", "true"),
    ("--no-coloc", "/options/no-coloc", "true"),
    ("--threads 2", "/threads", "2"),
    ("--memory 128MiB", "/options/memory", r#""128MiB""#),
    ("--keep-peaks", "/options/keep-peaks", "true"),
    ("--scratch /tmp", "/options/scratch", r#""/tmp""#),
    ("--config settings.toml", "/settings/ppm", "4.0"),
    ("--config settings.toml --ppm 2", "/settings/ppm", "2.0"),
];

/// Every setting, under the names of the options.
const SETTINGS: &str = r#"
database = ["few.tsv"]
targeted = ["more.csv"]
adduct = ["+K"]
chem-mod = ["+O"]
neutral-loss = ["-H2O"]
preset = "default"
scoring-model = "tiny.cbm"
instrument = "fticr"
resolving-power = 200000
ppm = 4
recalibrate = "off"
polarity = "positive"
charge = 1
n-peaks = 5
mz-min = 100
mz-max = 900
min-px = 2
decoys = "all"
seed = 3
entrapment = 2
fdr = 0.2
z = 1
assume-centroid = true
snr = 4
peak-by = "area"
mask = "tissue.csv"
duplicates = "first"
ignore-uuid = true
out = "configured"
ibd = "tissue/demo.ibd"
verify = true
no-coloc = true
force = true
threads = 1
memory = "256MiB"
scratch = "/tmp"
keep-peaks = true
"#;

/// A small tissue in `tissue`, two tables, a settings file and a scoring model.
fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 12 --height 10");
    work.write("few.tsv", FEW);
    work.write("tissue.csv", "x,y\n3,4\n3,5\n4,4\n");
    work.write(
        "more.csv",
        "ID;Name;Formula\n7;\"Vardenafil; base\";C23H32N6O4S\n",
    );
    work.write("settings.toml", SETTINGS);
    work.write("tiny.cbm", Model::default().bytes());
    work
}

#[test]
fn the_demo_finds_what_it_simulated() {
    let work = WorkingFolder::default();
    let finished = work.run("demo").exited(0);
    let (text, said) = (&finished.stdout, &finished.stderr);
    assert!(text.contains(" pixels, "), "{text}");
    assert!(text.contains("annotations at FDR: "), "{text}");
    assert!(
        text.contains("\nwritten: metaspace-demo/results\n"),
        "{text}"
    );
    assert!(
        text.ends_with("next: metaspace annotate YOUR_DATASET.imzML\n"),
        "{text}"
    );
    for stage in [
        "simulate",
        "reading spectra",
        "searching ions",
        "writing images",
    ] {
        assert!(
            said.lines().any(|line| line.starts_with(stage)),
            "no {stage}: {said}"
        );
    }
    assert_eq!(
        work.names("metaspace-demo"),
        ["demo.ibd", "demo.imzML", "results", "truth.parquet"]
    );
    assert_eq!(work.names("metaspace-demo/results"), RESULTS);
    let rows = work.annotations("metaspace-demo/results");
    let best = &rows[0];
    let name = best["moleculeNames"].split(", ").next().unwrap();
    assert!(
        text.contains(&best["ion"]) && text.contains(name),
        "{best:?}"
    );

    // What is there already is simulated and annotated again.
    assert_eq!(work.run("demo --quiet").succeeded(), "");
    work.run("demo --out elsewhere/demo").succeeded();
    assert_eq!(work.names("elsewhere/demo/results"), RESULTS);
}

#[test]
fn the_record_counts_what_the_tables_hold() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    let printed = work.run("annotate tissue/demo.imzML --json").json();
    let record = work.json("demo-results/run.json");
    let rows = work.annotations("demo-results");
    assert!(rows.len() > 20, "{}", rows.len());
    let counts = &record["counts"];
    assert_eq!(counts["n_annotations"], rows.len());
    for level in counts["annotations_at_fdr"].as_array().unwrap() {
        let below = |row: &&_| {
            let row: &std::collections::HashMap<String, String> = row;
            row["fdr"].parse::<f64>().unwrap() <= level[0].as_f64().unwrap()
        };
        assert_eq!(level[1], rows.iter().filter(below).count(), "{level}");
    }
    let ions: BTreeSet<&str> = rows.iter().map(|row| row["ion"].as_str()).collect();
    assert_eq!(
        ions.len(),
        rows.len(),
        "each ion of a table is annotated once"
    );
    // The same numbers, under names like all that is printed.
    assert_eq!(printed["counts"]["nAnnotations"], rows.len());
    let printed_numbers = printed["counts"].as_object().unwrap();
    let kept_numbers = counts.as_object().unwrap();
    assert_eq!(printed_numbers.len(), kept_numbers.len());
    assert_eq!(
        printed_numbers["annotationsAtFdr"],
        kept_numbers["annotations_at_fdr"]
    );
    assert!(printed_numbers.keys().all(|name| !name.contains('_')));
    assert_eq!(printed["folder"], "demo-results");
    assert_eq!(record["dataset"]["n_peaks"], peaks_told_by_info(&work));
    assert_eq!(
        record["program"],
        concat!("metaspace ", env!("CARGO_PKG_VERSION"))
    );
}

fn peaks_told_by_info(work: &WorkingFolder) -> u64 {
    work.run("info tissue/demo.imzML --json").json()["nPoints"]
        .as_u64()
        .unwrap()
}

#[test]
fn every_option_does_what_it_says() {
    let work = work();
    for (arguments, pointer, expected) in CASES {
        let has_table = ["--database", "--targeted"]
            .iter()
            .any(|name| arguments.contains(name));
        let table = if has_table { "" } else { "--database few.tsv" };
        let line =
            format!("annotate tissue/demo.imzML {table} {arguments} --out results --force --quiet");
        let finished = work.run(&line).exited(0);
        assert_eq!(
            (finished.stdout.as_str(), finished.stderr.as_str()),
            ("", ""),
            "{line}"
        );
        let files = RESULTS.into_iter().chain(["peaks.parquet"]);
        let mut files: Vec<&str> = files.filter(|f| is_written(f, arguments)).collect();
        files.sort_unstable();
        assert_eq!(work.names("results"), files, "{line}");
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(
            work.json("results/run.json").pointer(pointer),
            Some(&expected),
            "{line}"
        );
    }
}

/// Whether a file is written with these arguments.
fn is_written(file: &str, arguments: &str) -> bool {
    let is_left_out = arguments.contains("--no-coloc") || arguments.contains("--config");
    let keeps_peaks = arguments.contains("--keep-peaks") || arguments.contains("--config");
    match file {
        "colocalization.parquet" | "sample_ions.parquet" => !is_left_out,
        "peaks.parquet" => keeps_peaks,
        _ => true,
    }
}

#[test]
fn every_option_of_the_help_is_tried() {
    let work = work();
    let help = work.run("annotate --help").succeeded();
    let offered: BTreeSet<&str> = help
        .lines()
        .filter_map(|line| {
            line.trim_start()
                .trim_start_matches("-h, ")
                .trim_start_matches("-V, ")
                .split([' ', ','])
                .next()
        })
        .filter(|word| word.starts_with("--"))
        .collect();
    // Peaks in place of an imzML, and ion mobilities, have tests of their own.
    let others =
        "--peaks --mobility-min --mobility-max --out --force --quiet --json --help --version";
    let lines = CASES.iter().map(|case| case.0).chain([others]);
    let tried: BTreeSet<&str> = lines
        .flat_map(str::split_whitespace)
        .filter(|word| word.starts_with("--"))
        .collect();
    assert_eq!(offered, tried);
    assert!(
        work.run("annotate --version")
            .succeeded()
            .ends_with("0.1.0\n")
    );
}

#[test]
fn a_settings_file_takes_every_option() {
    let work = work();
    work.run("annotate tissue/demo.imzML --config settings.toml")
        .succeeded();
    let record = work.json("configured/run.json");
    let options = record["options"].as_object().unwrap();
    for (name, value) in options {
        let is_set = !value.is_null() && *value != json!([]) && *value != json!(false);
        // One of the two widths excludes the other, and a model any other score; this dataset has no ion
        // mobilities.
        let excluded = ["isocalc-sigma", "score", "mobility-min", "mobility-max"];
        let is_excluded = excluded.contains(&name.as_str());
        assert_eq!(is_set, !is_excluded, "{name}: {value}");
    }
    let settings = &record["settings"];
    assert_eq!(settings["adducts"], json!(["+K"]));
    assert_eq!(settings["neutralLosses"], json!(["-H2O"]));
    assert_eq!(settings["peakWidth"]["resolvingPowerAtMz200"], 200_000.0);
    assert_eq!(settings["nPeaks"], 5);
    assert_eq!(settings["decoys"], "all");

    let line = "annotate tissue/demo.imzML --config settings.toml --out line --adduct +Na \
                --isocalc-sigma 0.001 --decoys 5 --seed 4";
    work.run(line).succeeded();
    let record = work.json("line/run.json");
    assert_eq!(record["settings"]["adducts"], json!(["+Na"]));
    assert_eq!(record["settings"]["decoys"], 5);
    assert_eq!(record["settings"]["seed"], 4);
    assert_eq!(record["settings"]["nPeaks"], 5);
    assert_eq!(record["options"]["resolving-power"], Value::Null);
}

#[test]
fn a_settings_file_with_a_mistake_is_refused() {
    let work = work();
    for (settings, reason) in [
        ("pmp = 5", "unknown field `pmp`"),
        ("ppm = 'five'", "`five` is neither a number nor auto"),
        ("ppm = ", "TOML parse error at line 1"),
        ("adduct = '+H'", "expected a sequence"),
        ("seed = -1", "-1"),
        ("decoys = 'few'", "--decoys: must be a number or all"),
    ] {
        work.write("wrong.toml", settings);
        let finished = work.run("annotate tissue/demo.imzML --config wrong.toml");
        finished.refused(1, &["error: ", reason]);
    }
    work.run("annotate tissue/demo.imzML --config none.toml")
        .refused(1, &["`none.toml`"]);
}

#[test]
fn annotations_carry_their_modifiers() {
    let work = work();
    let line = "annotate tissue/demo.imzML --database few.tsv --quiet --out results --adduct +H \
                --adduct +Na --chem-mod +O --neutral-loss -H2O --decoys all";
    work.run(line).succeeded();
    let found = work.annotations("results");
    let cresol = found
        .iter()
        .find(|row| row["ion"] == "C7H8O4S+Na+")
        .unwrap();
    assert_eq!(cresol["moleculeNames"], "p-Cresol sulfate");
    assert_eq!(cresol["adduct"], "M+Na");
    assert_eq!(
        work.json("results/run.json")["counts"]["n_target_ions"],
        4 * 2 * 4
    );
}

#[test]
fn two_tables_are_ranked_apart() {
    let work = work();
    let tables = "--database few.tsv --database more.csv";
    let run = |arguments: &str, out: &str| {
        let line = format!(
            "annotate tissue/demo.imzML --score msm --ppm 3 --recalibrate off {arguments} --quiet --out {out}"
        );
        work.run(&line).succeeded();
        work.annotations(out)
    };
    let (both, few, more) = (
        run(tables, "both"),
        run("--database few.tsv", "few"),
        run("--database more.csv", "more"),
    );
    assert!(!few.is_empty() && !more.is_empty());
    assert_eq!(more[0]["moleculeNames"], "Vardenafil; base");
    // Isomers and isobars are those among all annotations of a run.
    let value = |row: &std::collections::HashMap<String, String>| {
        (
            row["database"].clone(),
            row["ion"].clone(),
            row["msm"].clone(),
            row["fdr"].clone(),
        )
    };
    let alone: Vec<_> = few.iter().chain(&more).map(value).collect();
    assert_eq!(both.iter().map(value).collect::<Vec<_>>(), alone);
}

#[test]
fn negative_mode_comes_from_the_file() {
    let work = WorkingFolder::default();
    work.simulate("kidney", "--preset tof-kidney --width 30 --height 24");
    let start = "annotate kidney/tof-kidney.imzML --quiet --ppm 15";
    work.run(&format!("{start} --out default")).succeeded();
    let record = work.json("default/run.json");
    assert_eq!(record["settings"]["adducts"], json!(["-H", "+Cl"]));
    assert_eq!(record["settings"]["charge"], -1);
    assert_eq!(record["settings"]["peakWidth"]["instrument"], "tof");
    work.run(&format!(
        "{start} --out hydrogen --adduct -H --neutral-loss -H2O"
    ))
    .succeeded();
    let found = work.annotations("hydrogen");
    assert!(!found.is_empty());
    for row in &found {
        assert!(
            ["M-H", "M-H2O-H"].contains(&row["adduct"].as_str()),
            "{row:?}"
        );
        assert!(row["ion"].ends_with("-H-"), "{row:?}");
    }
}

#[test]
fn the_first_preset_bins_fdr() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    for preset in ["metaspace-v1", "metaspace-v3"] {
        let line = format!("annotate tissue/demo.imzML --quiet --preset {preset} --out {preset}");
        work.run(&line).succeeded();
    }
    let binned = work.annotations("metaspace-v1");
    assert!(!binned.is_empty());
    assert!(
        binned
            .iter()
            .all(|row| ["0.05", "0.1", "0.2", "0.5"].contains(&&*row["fdr"]))
    );
    let smooth = work.annotations("metaspace-v3");
    assert!(
        smooth
            .iter()
            .any(|row| !["0.05", "0.1", "0.2", "0.5"].contains(&&*row["fdr"]))
    );
}

#[test]
fn a_scoring_model_decides_the_ranking() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    work.write("tiny.cbm", Model::default().bytes());
    let run = |arguments: &str, out: &str| {
        let line = format!("annotate tissue/demo.imzML --out {out} {arguments}");
        (work.run(&line).succeeded(), work.annotations(out))
    };
    let (text, by_msm) = run("--score msm", "msm");
    assert!(text.contains("   MSM     FDR  molecules"), "{text}");
    assert!(by_msm.iter().all(|row| row["score"] == row["msm"]));
    assert_eq!(work.json("msm/run.json")["scoring_model"], Value::Null);

    let (text, by_model) = run("--scoring-model tiny.cbm --fdr 0.5", "model");
    assert!(text.contains(" score     FDR  molecules"), "{text}");
    let scores: Vec<f64> = by_model
        .iter()
        .map(|row| row["score"].parse().unwrap())
        .collect();
    assert!(
        scores.is_sorted_by(|a, b| a >= b) && scores[0] > 0.0,
        "{scores:?}"
    );
    // The model knows few values, and ions of one score have one FDR.
    let steps: BTreeSet<(&str, &str, &str)> = by_model
        .iter()
        .map(|row| {
            (
                row["score"].as_str(),
                row["adduct"].as_str(),
                row["fdr"].as_str(),
            )
        })
        .collect();
    assert!(steps.len() <= 3 * 8, "{steps:?}");
    let of_ion = |rows: &[std::collections::HashMap<String, String>], ion: &str| {
        rows.iter()
            .find(|row| row["ion"] == ion)
            .map(|row| row["msm"].clone())
    };
    let best = &by_msm[0];
    assert_eq!(of_ion(&by_model, &best["ion"]).as_ref(), Some(&best["msm"]));
    let record = &work.json("model/run.json")["scoring_model"];
    assert_eq!(record["file"], "tiny.cbm");
    assert_eq!(record["blake3"].as_str().unwrap().len(), 64);
    assert_eq!(
        record["features"],
        json!(["chaos", "spectral", "mz_err_abs_abserr"])
    );
}

#[test]
fn the_fdr_of_the_shown_table_changes_no_file() {
    let work = work();
    let run = |fdr: &str| {
        let line = "annotate tissue/demo.imzML --database few.tsv --force --out results --fdr";
        let text = work.run(&format!("{line} {fdr}")).succeeded();
        (text, work.read("results/annotations.csv"))
    };
    let (strict, csv) = run("0.0001");
    let (lax, same) = run("1");
    assert!(
        strict.contains("nothing is annotated at FDR 0.01 %"),
        "{strict}"
    );
    assert!(lax.contains("p-Cresol sulfate"), "{lax}");
    assert_eq!(csv, same);
}

#[test]
fn the_ibd_is_found_in_any_spelling_or_where_it_is_said_to_be() {
    let work = work();
    let (xml, ibd) = (work.read("tissue/demo.imzML"), work.read("tissue/demo.ibd"));
    for (name, binary) in [
        ("a.imzml", "a.ibd"),
        ("b.IMZML", "b.IBD"),
        ("c.imzML", "c.Ibd"),
    ] {
        work.write(name, &xml);
        work.write(binary, &ibd);
        let line = format!("annotate {name} --database few.tsv --quiet --verify");
        work.run(&line).succeeded();
        assert_eq!(work.names(&format!("{}-results", &name[..1])), RESULTS);
    }
    work.write("alone.imzML", &xml);
    work.write("peaks.bin", &ibd);
    work.run("annotate alone.imzML --database few.tsv --ibd peaks.bin --quiet")
        .succeeded();
    assert_eq!(work.names("alone-results"), RESULTS);
}

#[test]
fn planes_are_annotated_together_or_one_by_z() {
    let work = work();
    let spectrum = |at, first| Peaks {
        at,
        mzs: vec![200.0, 300.0, 400.0],
        intensities: vec![first, 2.0, 3.0],
    };
    let spectra = [
        spectrum((1, 1, 1), 1.0),
        spectrum((2, 1, 1), 1.0),
        spectrum((2, 2, 1), 1.0),
        // A row less than the plane above it.
        spectrum((1, 1, 5), 9.0),
    ];
    let files = write(Form::default(), &spectra);
    work.write("stack.imzML", files.xml);
    work.write("stack.ibd", files.ibd);
    let start = "annotate stack.imzML --database few.tsv --polarity positive";
    let text = work.run(start).succeeded();
    assert!(text.contains("4 pixels, 12 peaks"), "{text}");
    assert!(
        text.contains("2 planes are looked at together, z = 1, 5 from top to bottom, 2 rows each"),
        "{text}"
    );
    work.run(&format!("{start} --z 1 --out first")).succeeded();
    let kept = format!("{start} --keep-peaks --out kept");
    work.run(&kept).succeeded();
    work.run("annotate --peaks kept --database few.tsv --polarity positive --out again")
        .succeeded();
    let read = |name: &str| work.read(&format!("{name}/pixels.parquet"));
    assert!(read("kept") == read("again"));
    let text = work
        .run("convert stack.imzML one.imzML --split")
        .succeeded();
    assert!(text.contains("one-2.imzML"), "{text}");
    let text = work
        .run("annotate one-1.imzML --database few.tsv --polarity positive")
        .succeeded();
    assert!(text.contains("3 pixels, 9 peaks"), "{text}");
    let text = work.run(&format!("{start} --z 5 --out fifth")).succeeded();
    assert!(text.contains("1 pixels, 3 peaks"), "{text}");
}

#[test]
fn a_results_folder_is_written_anew_only_when_asked() {
    let work = work();
    let line = "annotate tissue/demo.imzML --database few.tsv --quiet --out results";
    work.run(line).succeeded();
    work.run(line)
        .refused(1, &["`results` exists already", "--force", "another name"]);
    work.run(&format!("{line} --force --adduct +H")).succeeded();
    assert_eq!(
        work.json("results/run.json")["settings"]["adducts"],
        json!(["+H"])
    );
    assert_eq!(work.names("results"), RESULTS);
    let beside = [
        "few.tsv",
        "more.csv",
        "results",
        "settings.toml",
        "tiny.cbm",
        "tissue",
        "tissue.csv",
    ];
    assert_eq!(work.names("."), beside);
}

#[test]
fn wrong_rows_of_a_table_are_told() {
    let work = work();
    work.write("odd.tsv", format!("{FEW}5\tbad\tC6(H2\n6\tnone\t\n"));
    let text = work
        .run("annotate tissue/demo.imzML --database odd.tsv")
        .succeeded();
    let told = "warning: 2 rows of molecule table `odd` were refused and are listed in bad_rows.tsv\n  line 6: ";
    assert!(text.contains(told), "{text}");
    let record = work.json("demo-results/run.json");
    assert_eq!(record["databases"][0]["bad_rows"][1]["line"], 7);
    assert_eq!(record["databases"][0]["n_bad_rows"], 2);
    let listed = String::from_utf8(work.read("demo-results/bad_rows.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows[0], ["database", "line", "id", "name", "reason"]);
    assert_eq!(rows[1][..4], ["odd", "6", "5", "bad"]);
    assert_eq!(rows[2], ["odd", "7", "6", "none", "empty formula"]);
}

#[test]
fn several_datasets_are_annotated_one_after_another() {
    let work = work();
    work.simulate("other", "--width 8 --height 6 --seed 3");
    std::fs::rename(work.path("other/demo.imzML"), work.path("second.imzML")).unwrap();
    std::fs::rename(work.path("other/demo.ibd"), work.path("second.ibd")).unwrap();
    let line = "annotate tissue/demo.imzML missing.imzML second.imzML --no-coloc";
    let run = work.run(line).exited(3);
    assert!(
        run.stdout.contains("1 of 3 datasets were not annotated"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("cannot open `missing.imzML`"),
        "{}",
        run.stdout
    );
    for folder in ["demo-results", "second-results"] {
        assert!(!work.annotations(folder).is_empty(), "{folder}");
    }
    let states: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("state "))
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .collect();
    let n = work
        .annotations("demo-results")
        .iter()
        .filter(|row| row["fdr"].parse::<f64>().unwrap() <= 0.1)
        .count();
    assert_eq!(states[0][..2], ["complete", &n.to_string()]);
    assert_eq!(states[0][3..], ["tissue/demo.imzML", "demo-results"]);
    assert_eq!(states[1][..2], ["failed", "-"]);
    assert_eq!(states[2][0], "complete");
    let json = work.run(&format!("{line} --force --json")).exited(3).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let of = |key: &str| -> Vec<String> {
        json.as_array()
            .unwrap()
            .iter()
            .map(|one| one[key].as_str().unwrap().into())
            .collect()
    };
    assert_eq!(of("state"), ["complete", "failed", "complete"]);
    assert_eq!(
        of("dataset"),
        ["tissue/demo.imzML", "missing.imzML", "second.imzML"]
    );
    work.run("annotate tissue/demo.imzML other/demo.imzML --no-coloc")
        .refused(
            1,
            &["would both have their results in", "annotate them apart"],
        );
}
