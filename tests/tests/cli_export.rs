//! `metaspace export`: what is written, what is refused, and that nothing half-written is left.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use tests::program::WorkingFolder;

/// Results of a small tissue, with a region.
fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 16 --height 12");
    work.run("annotate tissue/demo.imzML --quiet --no-coloc --out results")
        .succeeded();
    let square = "[[[2,2],[8,2],[8,8],[2,8],[2,2]]]";
    work.write(
        "results/regions.geojson",
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"name":"cortex"}},
            "geometry":{{"type":"Polygon","coordinates":{square}}}}}]}}"#
        ),
    );
    work
}

/// The rows of a CSV, its header first.
fn rows(work: &WorkingFolder, name: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(work.read(name)).unwrap();
    let row = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().map(row).collect()
}

#[test]
fn a_matrix_has_a_row_a_pixel_and_the_means_of_regions_are_its_means() {
    let work = work();
    work.run("export results --matrix ions.csv --quiet")
        .succeeded();
    let pixels = rows(&work, "ions.csv");
    let record = work.json("results/run.json");
    assert_eq!(
        pixels.len() as u64 - 1,
        record["dataset"]["n_pixels"].as_u64().unwrap()
    );
    assert_eq!(pixels[0][..2], ["x", "y"]);
    let done = work
        .run("export results --matrix means.csv --region cortex --region whole --json")
        .json();
    assert_eq!(done["files"][0]["rows"], 2);
    assert_eq!(done["files"][0]["ions"], pixels[0].len() - 2);
    let means = rows(&work, "means.csv");
    assert_eq!(means[0][2..], pixels[0][2..]);
    for (row, name) in means[1..].iter().zip(["cortex", "whole"]) {
        assert_eq!(row[0], name);
        let inside: Vec<&Vec<String>> = pixels[1..]
            .iter()
            .filter(|pixel| {
                let place = |column: usize| pixel[column].parse::<u32>().unwrap();
                name == "whole" || (2..8).contains(&place(0)) && (2..8).contains(&place(1))
            })
            .collect();
        assert_eq!(row[1], inside.len().to_string());
        for (column, mean) in row.iter().enumerate().skip(2) {
            let values = inside.iter().map(|row| row[column].parse::<f64>().unwrap());
            let expected = values.sum::<f64>() / inside.len() as f64;
            let found: f64 = mean.parse().unwrap();
            assert!((found - expected).abs() <= 1e-6 * expected, "{mean}");
        }
    }
    work.run("export results --matrix named.csv --header name --quiet")
        .succeeded();
    let named = rows(&work, "named.csv").concat().join(",");
    assert!(named.contains(&format!(" ({})", pixels[0][2])), "{named}");
}

#[test]
fn intensities_are_divided_by_those_of_an_ion() {
    let work = work();
    work.run("export results --matrix plain.csv --quiet")
        .succeeded();
    let plain = rows(&work, "plain.csv");
    let done = work
        .command("export results --matrix divided.csv --quiet --normalize")
        .arg(format!("ion={}", plain[0][2]))
        .output()
        .unwrap();
    assert!(done.status.success());
    let divided = rows(&work, "divided.csv");
    let column = |table: &[Vec<String>], column: usize| -> Vec<f64> {
        let cells = table[1..].iter().map(|row| row[column].parse().unwrap());
        cells.collect()
    };
    let norm = column(&plain, 2);
    let above: Vec<f64> = norm.iter().copied().filter(|value| *value > 0.0).collect();
    let mean = above.iter().sum::<f64>() / above.len() as f64;
    assert!(above.len() > 1);
    for ion in [2, 3] {
        let pairs = column(&plain, ion).into_iter().zip(column(&divided, ion));
        for ((before, after), norm) in pairs.zip(&norm) {
            let expected = if *norm > 0.0 {
                before * mean / norm
            } else {
                0.0
            };
            assert!(
                (after - expected).abs() <= 1e-5 * expected,
                "{after} {expected}"
            );
        }
    }
}

#[test]
fn threads_and_memory_change_no_byte() {
    let work = work();
    let all =
        "--matrix DIR/m.parquet --anndata DIR/a.zarr --spatialdata DIR/s.zarr --normalize tic";
    for (folder, options) in [
        ("one", "--threads 1 --memory 128MiB"),
        ("seven", "--threads 7"),
    ] {
        let targets = all.replace("DIR", folder);
        work.run(&format!("export results {targets} {options} --quiet"))
            .succeeded();
    }
    let same = std::process::Command::new("diff")
        .args(["-r", "one", "seven"])
        .current_dir(work.path("."))
        .status();
    assert!(same.unwrap().success());
}

#[test]
fn what_is_there_is_left_alone_unless_it_is_an_export_and_forced() {
    let work = work();
    let line = "export results --matrix m.csv --anndata a.zarr --quiet";
    work.run(line).succeeded();
    let before = work.names(".");
    work.run("export results --matrix m.csv")
        .refused(1, &["exists already", "--force"]);
    work.run("export results --anndata a.zarr")
        .refused(1, &["exists already", "--force"]);
    work.write("a.zarr/X/stale", "");
    work.run(&format!("{line} --force")).succeeded();
    assert!(!work.path("a.zarr/X/stale").exists());
    fs::create_dir(work.path("thesis.zarr")).unwrap();
    work.write("thesis.zarr/thesis.tex", "…");
    work.run("export results --anndata thesis.zarr --force")
        .refused(1, &["is no Zarr group"]);
    assert!(work.path("thesis.zarr/thesis.tex").exists());
    fs::remove_dir_all(work.path("thesis.zarr")).unwrap();
    assert_eq!(work.names("."), before);
}

#[test]
fn what_cannot_be_exported_is_refused_and_leaves_nothing() {
    let work = work();
    work.write("bad.csv", "x,y\n99,0\n");
    let before = work.names(".");
    for (arguments, code, parts) in [
        ("results", 2, ["--matrix", "--anndata"]),
        (
            "results --matrix ions.xlsx",
            1,
            [".csv or .parquet", "ions.xlsx"],
        ),
        ("results --anndata a.h5ad", 1, ["HDF5", ".zarr"]),
        ("results --anndata a", 1, ["must end with .zarr", "`a`"]),
        ("results --matrix i.csv --fdr 2", 1, ["--fdr", "not 2"]),
        (
            "results --matrix i.csv --fdr 0",
            1,
            ["no ion with FDR up to 0", "--fdr"],
        ),
        (
            "results --matrix i.csv --region thalamus",
            1,
            ["thalamus", "`cortex`"],
        ),
        (
            "results --matrix i.csv --region bad.csv",
            1,
            ["bad.csv", "line 2"],
        ),
        (
            "results --matrix i.csv --normalize max",
            2,
            ["max", "median"],
        ),
        (
            "results --matrix i.csv --pixel-size 5",
            1,
            ["--pixel-size", "--spatialdata"],
        ),
        (
            "results --spatialdata s.zarr --pixel-size 0",
            1,
            ["--pixel-size", "above 0"],
        ),
        ("tissue --matrix i.csv", 1, ["tissue", "run.json"]),
        (
            "results --matrix nowhere/run.json/i.csv --memory 1MiB",
            1,
            ["--memory", "1MiB"],
        ),
    ] {
        work.run(&format!("export {arguments}"))
            .refused(code, &parts);
        assert_eq!(work.names("."), before, "{arguments}");
    }
    // The size of a pixel is not known.
    let record = String::from_utf8(work.read("results/run.json")).unwrap();
    let start = record.find("\"pixel_size_um\": [").unwrap();
    let end = start + record[start..].find(']').unwrap() + 1;
    let without = format!(
        "{}\"pixel_size_um\": null{}",
        &record[..start],
        &record[end..]
    );
    work.write("results/run.json", without);
    work.run("export results --spatialdata s.zarr")
        .refused(1, &["how large a pixel is", "--pixel-size"]);
    assert_eq!(work.names("."), before);
    work.run("export results --spatialdata s.zarr --pixel-size 20 --quiet")
        .succeeded();
    // An image of more pixels than there are.
    work.simulate("small", "--width 8 --height 6");
    work.run("annotate small/demo.imzML --quiet --no-coloc --out other")
        .succeeded();
    fs::copy(
        work.path("results/ion_images.parquet"),
        work.path("other/ion_images.parquet"),
    )
    .unwrap();
    work.run("export other --matrix i.csv --fdr 1")
        .refused_in_other_words(1, &["ion_images.parquet", "with pixel"]);
    assert!(!work.path("i.csv").exists());
}

#[test]
fn shells_and_manuals_are_told_of_every_command() {
    let work = WorkingFolder::default();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = work.run(&format!("completions {shell}")).succeeded();
        for word in ["annotate", "spatialdata", "completions"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    work.run("completions tcsh").refused(2, &["tcsh", "fish"]);
    let page = work.run("man").succeeded();
    assert!(page.contains(".TH metaspace 1"), "{page}");
    work.run("man --out man --quiet").succeeded();
    for name in [
        "metaspace.1",
        "metaspace-annotate.1",
        "metaspace-coloc-evaluate.1",
    ] {
        let page = String::from_utf8(work.read(&format!("man/{name}"))).unwrap();
        assert!(page.contains(".SH OPTIONS"), "{page}");
    }
    let page = String::from_utf8(work.read("man/metaspace-coloc-evaluate.1")).unwrap();
    assert!(page.contains("\\fBmetaspace coloc evaluate\\fR"), "{page}");
}

#[test]
fn the_version_can_be_asked_for_in_full() {
    let work = WorkingFolder::default();
    let short = work.run("--version").succeeded();
    for line in ["--version --verbose", "--verbose -V"] {
        let full = work.run(line).succeeded();
        assert!(full.starts_with(&short), "{full}");
        for part in ["target ", "schemas      1\n", "cache "] {
            assert!(full.contains(part), "{full}");
        }
        assert!(full.contains(&work.cache().display().to_string()), "{full}");
    }
    work.run("isotopes H2O --verbose")
        .refused(2, &["unexpected argument"]);
    work.run("--verbose isotopes H2O")
        .refused(1, &["--verbose", "--version"]);
}
