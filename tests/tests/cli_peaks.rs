//! Kept peaks: what is annotated and drawn of them is what the dataset itself gives.

use tests::program::{WorkingFolder, run_python};

const FEW: &str = "id\tname\tformula\n1\tPC 34:1\tC42H82NO8P\n2\tPE 36:2\tC41H78NO8P\n";

/// A dataset of 500,000 peaks, and its results with the peaks.
fn annotated() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--preset bench --width 30 --height 24");
    work.run(
        "annotate tissue/bench.imzML --keep-peaks --ppm 3 --recalibrate off --quiet --out kept",
    )
    .succeeded();
    work
}

#[test]
fn kept_peaks_stand_for_the_dataset() {
    let work = annotated();
    work.write("few.tsv", FEW);
    for options in [
        "",
        "--database few.tsv --ppm 5 --instrument orbitrap --resolving-power 70000",
        "--database few.tsv --ppm 5 --adduct +Na --preset metaspace-v1",
    ] {
        for (number, line) in [
            "annotate tissue/bench.imzML --recalibrate off",
            "annotate --peaks kept",
            "annotate --peaks kept/peaks.parquet --memory 128MiB --threads 7",
        ]
        .iter()
        .enumerate()
        {
            work.run(&format!(
                "{line} {options} --quiet --force --out out{number}"
            ))
            .succeeded();
        }
        work.assert_same("out0", "out1");
        work.assert_same("out0", "out2");
    }
    let record = |folder: &str| work.json(&format!("{folder}/run.json"));
    let (mut of_dataset, mut of_peaks) = (record("out0"), record("out1"));
    assert_eq!(of_peaks["dataset"]["peaks"], "kept/peaks.parquet");
    of_peaks["dataset"].as_object_mut().unwrap().remove("peaks");
    // What was seen of the molecules is that of the table of the run that kept the peaks.
    for record in [&mut of_dataset, &mut of_peaks] {
        record["dataset"].as_object_mut().unwrap().remove("survey");
    }
    for part in ["settings", "dataset", "warnings", "databases", "decoys"] {
        assert_eq!(of_dataset[part].take(), of_peaks[part].take(), "{part}");
    }
    // What is kept of kept peaks is the same table.
    work.run("annotate --peaks kept --keep-peaks --ppm 3 --quiet --out again")
        .succeeded();
    work.assert_same("kept", "again");
}

#[test]
fn peaks_are_kept_alike_however_they_are_held() {
    let work = WorkingFolder::default();
    work.simulate("brain", "--preset orbitrap-brain");
    let line = "annotate brain/orbitrap-brain.imzML --keep-peaks --no-coloc --quiet";
    work.run(&format!("{line} --memory 2GiB --threads 1 --out memory"))
        .succeeded();
    work.run(&format!("{line} --memory 128MiB --threads 7 --out scratch"))
        .succeeded();
    work.assert_same("memory", "scratch");
    let line = "annotate --peaks memory --no-coloc --quiet --keep-peaks";
    work.run(&format!("{line} --memory 128MiB --threads 2 --out again"))
        .succeeded();
    work.assert_same("memory", "again");
}

#[test]
fn kept_peaks_are_read_by_polars_and_duckdb() {
    let work = annotated();
    run_python("read_peaks.py", &work.path("kept"));
}

#[test]
fn what_cannot_stand_for_a_dataset_is_refused() {
    let work = annotated();
    work.run("annotate tissue/bench.imzML --quiet --out plain")
        .succeeded();
    work.write("submitted.toml", "keep-peaks = true\n");
    work.write("verified.toml", "verify = true\n");
    work.write("scratch.toml", "scratch = \"/tmp\"\n");
    for (line, code, part) in [
        ("annotate --peaks plain", 1, "--keep-peaks"),
        (
            "annotate --peaks plain/annotations.parquet --out x",
            1,
            "has no usable `metaspace.dataset`",
        ),
        ("annotate --peaks kept --verify", 2, "cannot be used with"),
        (
            "annotate tissue/bench.imzML --peaks kept",
            2,
            "cannot be used with",
        ),
        (
            "annotate --peaks kept --config verified.toml --out x",
            1,
            "--verify: is about an imzML",
        ),
        (
            "annotate --peaks kept --out kept --force",
            1,
            "--out: would remove the peaks",
        ),
        ("annotate", 2, "required arguments"),
        (
            "plan tissue/bench.imzML --config submitted.toml --out x",
            1,
            "--keep-peaks: tasks keep no peaks",
        ),
        (
            "plan tissue/bench.imzML --config scratch.toml --out x",
            1,
            "--scratch: tasks need none",
        ),
    ] {
        work.run(line).refused(code, &[part]);
    }
    assert!(!work.path("x").exists());
}

#[test]
fn damaged_peaks_make_an_error_and_no_panic() {
    let work = annotated();
    let whole = work.read("kept/peaks.parquet");
    std::fs::create_dir(work.path("damaged")).unwrap();
    work.write("damaged/pixels.parquet", work.read("kept/pixels.parquet"));
    work.write("few.tsv", FEW);
    let (mut n_refused, mut n_read) = (0, 0);
    // From the footer, which begins where the length before the last word says, and from pages.
    let length = whole.len();
    let footer = u32::from_le_bytes(whole[length - 8..length - 4].try_into().unwrap()) as usize;
    let places = (0..40)
        .map(|i| length - footer - 8 + i * (footer + 7) / 40)
        .chain((1..20).map(|i| i * (length - footer) / 20));
    for place in places {
        let mut damaged = whole.clone();
        damaged[place] ^= 0xff;
        work.write("damaged/peaks.parquet", &damaged);
        let line =
            "annotate --peaks damaged --database few.tsv --no-coloc --quiet --force --out found";
        let finished = work.run(line);
        match finished.code {
            Some(0) => n_read += 1,
            Some(1) => n_refused += 1,
            _ => panic!("byte {place}: {:?} {}", finished.code, finished.stderr),
        }
        assert!(
            !finished.stderr.contains("panicked"),
            "byte {place}: {}",
            finished.stderr
        );
    }
    work.write("damaged/peaks.parquet", &whole[..length / 2]);
    work.run("annotate --peaks damaged --quiet --out short")
        .refused_in_other_words(1, &["damaged/peaks.parquet"]);
    // An intensity or a pixel that is another one cannot be told from a measured one.
    assert!(
        n_refused > 30 && n_read < 20,
        "{n_refused} refused, {n_read} read"
    );
}

#[test]
fn images_of_any_mz_are_those_of_the_annotation() {
    let work = annotated();
    let line = "--list kept/annotations.csv --ppm 3 --format parquet";
    work.run(&format!(
        "extract tissue/bench.imzML {line} --out of-dataset"
    ))
    .succeeded();
    work.run(&format!("extract kept {line} --out of-peaks"))
        .succeeded();
    work.run(&format!(
        "extract kept/peaks.parquet {line} --threads 7 --out of-table"
    ))
    .succeeded();
    work.assert_same("of-dataset", "of-peaks");
    work.assert_same("of-dataset", "of-table");
    std::fs::rename(work.path("of-peaks"), work.path("kept/extracted")).unwrap();
    run_python("compare_mz_images.py", &work.path("kept"));
}

#[test]
fn images_of_any_mz_come_in_every_format() {
    let work = annotated();
    work.write(
        "list.csv",
        "name,mz\nCholesterol,369.3516\nnothing,100.0001\n",
    );
    for (format, names) in [
        ("png", "Cholesterol.png images.csv mz885.55.png nothing.png"),
        (
            "png16",
            "Cholesterol.png images.csv mz885.55.png nothing.png",
        ),
        ("tiff", "images.csv mz-images.ome.tiff"),
        ("npy", "Cholesterol.npy images.csv mz885.55.npy nothing.npy"),
        ("parquet", "images.csv mz_images.parquet pixels.parquet"),
    ] {
        let line = format!("extract kept --mz 885.55 --list list.csv --format {format}");
        work.run(&format!("{line} --out {format}")).succeeded();
        assert_eq!(work.names(format).join(" "), names);
    }
    let list = String::from_utf8(work.read("npy/images.csv")).unwrap();
    assert!(
        list.lines()
            .nth(3)
            .unwrap()
            .starts_with("nothing.npy,nothing,100.0001,"),
        "{list}"
    );
    let json = work
        .run("extract tissue/bench.imzML --mz 500 --json --out one")
        .json();
    assert_eq!(
        (json["images"].as_u64(), json["ppm"].as_f64()),
        (Some(1), Some(3.0))
    );
    // The results say how wide the windows of a run were.
    work.run("annotate --peaks kept --ppm 7 --keep-peaks --no-coloc --quiet --out wide")
        .succeeded();
    let json = work.run("extract wide --mz 500 --json --out two").json();
    assert_eq!(json["ppm"], 7.0);
}

#[test]
fn images_that_cannot_be_extracted_are_refused() {
    let work = annotated();
    work.write("wrong.csv", "formula\nC6H12O6\n");
    work.write("none.csv", "mz\n");
    for (line, code, part) in [
        ("extract kept", 2, "--mz"),
        ("extract kept --mz 0", 1, "--mz: must lie above 0"),
        (
            "extract kept --mz 500 --ppm 0",
            1,
            "--ppm: must lie above 0",
        ),
        ("extract kept --list wrong.csv", 1, "has no column `mz`"),
        ("extract kept --list none.csv", 1, "--list: has no m/z"),
        (
            "extract kept --mz 500 --out tissue",
            1,
            "no picture of an earlier drawing",
        ),
        ("extract kept --mz 500 --z 1", 1, "--z: is about an imzML"),
        (
            "extract kept --mz 500 --format npy --scale log",
            1,
            "--scale: ",
        ),
        (
            "extract kept --mz 500 --format npy --hotspot 0.9",
            1,
            "--hotspot: ",
        ),
        ("extract tissue --mz 500", 1, "--keep-peaks"),
        ("extract nothing.imzML --mz 500", 1, "cannot open"),
    ] {
        work.run(line).refused(code, &[part]);
    }
}
