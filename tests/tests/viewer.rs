//! The viewer: its sources are checked, tested, and the same as what was built of them (which needs Node;
//! `tests/run` says so where there is none), and it works in a browser.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tests::http::Server;
use tests::program::{WorkingFolder, program_path, run_python};

/// Of the server that wants one.
const TOKEN: &str = "0123456789abcdef-token";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipeline/server/viewer")
}

/// Whether the packages of the viewer are there, which `tests/run` sees to where there is Node.
fn has_node() -> bool {
    folder().join("node_modules/.bin/esbuild").exists()
}

#[track_caller]
fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&text)
    );
}

#[test]
fn what_was_built_is_of_its_sources() {
    if !has_node() {
        return;
    }
    let files = ["index.html", "viewer.js", "viewer.css", "icon.svg"];
    assert_generated("build.mjs", &files, "dist", "npm run build");
}

#[test]
fn types_and_defaults_are_of_the_description() {
    if !has_node() {
        return;
    }
    let files = ["api-types.ts", "defaults.ts"];
    assert_generated("types.mjs", &files, "src", "npm run types");
}

/// Makes sure that what a script generates is what is kept in a folder.
#[track_caller]
fn assert_generated(script: &str, files: &[&str], kept_in: &str, remedy: &str) {
    let generated = tempfile::tempdir().unwrap();
    run("node", &[script, &generated.path().display().to_string()]);
    for name in files {
        let fresh = fs::read(generated.path().join(name)).unwrap();
        let kept = fs::read(folder().join(kept_in).join(name)).unwrap();
        assert!(
            fresh == kept,
            "{name} is not what its sources give: {remedy} in pipeline/server/viewer"
        );
    }
}

#[test]
fn sources_are_formatted_typed_and_tested() {
    if !has_node() {
        return;
    }
    run(
        "node",
        &["node_modules/prettier/bin/prettier.cjs", "--check", "."],
    );
    run("node", &["node_modules/typescript/bin/tsc", "--noEmit"]);
    let tests = tempfile::tempdir().unwrap();
    let place = tests.path().display().to_string();
    run("node", &["build.mjs", "--tests", &place]);
    run("node", &["--test", &place]);
}

#[test]
fn the_viewer_loads_nothing_from_elsewhere() {
    for name in ["index.html", "viewer.js", "viewer.css"] {
        let text = fs::read_to_string(folder().join("dist").join(name)).unwrap();
        let addresses = text
            .match_indices("://")
            .map(|(at, _)| &text[at.saturating_sub(6)..at + 20]);
        let foreign: Vec<&str> = addresses
            .filter(|a| !a.contains("http://www.w3.org"))
            .collect();
        assert!(foreign.is_empty(), "{name}: {foreign:?}");
    }
}

#[test]
fn the_viewer_works_in_a_browser() {
    // As large as the demo, so that pictures of the viewer can be kept from here.
    let work = WorkingFolder::default();
    work.simulate("tissue", "");
    work.run("annotate tissue/demo.imzML --quiet --out results")
        .succeeded();
    work.run("annotate tissue/demo.imzML --quiet --out results-5ppm --ppm 5")
        .succeeded();
    let server = Server::start(&work, "results results-5ppm");
    let guarded = Server::start(&work, &format!("results --token {TOKEN}"));
    let job = json!({
        "url": format!("http://{}", server.address),
        "guarded": format!("http://{}", guarded.address),
        "token": TOKEN,
        "program": program_path(),
        "results": work.path("results"),
        "scratch": work.path("scratch"),
    });
    work.write("job.json", job.to_string());
    run_python("drive_viewer.py", &work.path("job.json"));
}

/// Other datasets, a server that stops, m/z that are searched for, spectra, regions that stay, a phone,
/// and results in which there is nothing.
#[test]
fn a_day_with_the_viewer_goes_well() {
    let work = WorkingFolder::default();
    work.simulate("first", "--width 24 --height 20 --seed 3");
    work.simulate("second", "--width 22 --height 18 --seed 11");
    work.write("none.tsv", "id\tname\tformula\n1\tGold\tAu2\n");
    for line in [
        "annotate first/demo.imzML --keep-peaks --quiet --out a",
        "annotate second/demo.imzML --quiet --out b",
        "annotate first/demo.imzML --database none.tsv --quiet --out none",
    ] {
        work.run(line).succeeded();
    }
    let job = json!({
        "program": program_path(),
        "a": work.path("a"),
        "b": work.path("b"),
        "none": work.path("none"),
        "scratch": work.path("scratch"),
    });
    work.write("job.json", job.to_string());
    run_python("drive_day.py", &work.path("job.json"));
}

/// An imzML whose rows from the eleventh on are a second plane, with pixels twice as high as wide.
fn as_stack(xml: &str) -> String {
    let value = |line: &str| -> u32 {
        let (_, rest) = line.split_once("value=\"").unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let with_value = |line: &str, value: u32| {
        let (head, rest) = line.split_once("value=\"").unwrap();
        format!("{head}value=\"{value}\"{}", rest.split_once('"').unwrap().1)
    };
    let mut z = 1;
    let lines = xml.lines().map(|line| {
        if line.contains("position y") {
            let y = value(line);
            z = if y > 10 { 2 } else { 1 };
            with_value(line, y - 10 * (z - 1))
        } else if line.contains("position z") {
            with_value(line, z)
        } else {
            line.replace(
                "\"pixel size y\" value=\"50\"",
                "\"pixel size y\" value=\"100\"",
            )
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// One plane after another, pixels in their shape, and images divided by an ion.
#[test]
fn a_stack_is_looked_at_plane_by_plane() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20 --seed 3");
    work.simulate("second", "--width 22 --height 18 --seed 11");
    let xml = String::from_utf8(work.read("tissue/demo.imzML")).unwrap();
    work.write("tissue/demo.imzML", as_stack(&xml));
    for line in [
        "annotate tissue/demo.imzML --no-coloc --quiet --out stack",
        "annotate second/demo.imzML --no-coloc --quiet --out other",
    ] {
        work.run(line).succeeded();
    }
    let (here, elsewhere) = (work.annotations("stack"), work.ions("other"));
    let ion = here.iter().map(|row| &row["ion"]);
    let ion = ion.clone().find(|ion| !elsewhere.contains(*ion)).unwrap();
    let server = Server::start(&work, "stack other");
    let planes = &server.json("/api/v1/datasets")["datasets"][0]["planes"];
    assert_eq!(
        *planes,
        json!([{ "z": 1, "top": 0, "height": 10 }, { "z": 2, "top": 13, "height": 10 }])
    );
    let job = json!({ "url": format!("http://{}", server.address), "ion": ion });
    work.write("job.json", job.to_string());
    run_python("drive_stack.py", &work.path("job.json"));
    // What the viewer copies, as a shell takes it.
    let command = String::from_utf8(work.read("command.txt")).unwrap();
    let line = command.replacen("metaspace", &program_path().display().to_string(), 1);
    assert!(line.contains(" --normalize 'ion="), "{line}");
    let status = Command::new("sh")
        .args(["-c", &line])
        .current_dir(work.path(""))
        .status();
    assert!(status.unwrap().success(), "{line}");
    assert!(work.read("figure.pdf").starts_with(b"%PDF-"));
}

/// A picture of the section over the ion images: loaded, aligned, saved, found again and removed.
#[test]
fn an_optical_image_is_aligned_in_a_browser() {
    let work = tests::served::work();
    let half = |x: u32, _: u32| {
        if x < 120 {
            [200, 30, 40]
        } else {
            [20, 60, 220]
        }
    };
    work.write("he.png", tests::picture::png(240, 100, half));
    let server = Server::start(&work, "r");
    let job = json!({
        "url": format!("http://{}", server.address),
        "picture": work.path("he.png"),
        "scratch": work.path("scratch"),
    });
    work.write("job.json", job.to_string());
    run_python("drive_optical.py", &work.path("job.json"));
}

/// The viewer's types and defaults are generated from a copy of the description; with
/// `UPDATE_GOLDEN=1` the copy is written anew, and `npm run types` has to follow.
#[test]
fn the_viewer_is_typed_by_what_the_server_describes() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 12 --height 10");
    work.run("annotate tissue/demo.imzML --quiet --no-coloc --out r")
        .succeeded();
    let server = Server::start(&work, "r");
    let described = server.json("/api/v1/openapi.json");
    let path = folder().join("openapi.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&path, format!("{described:#}\n")).unwrap();
    }
    let kept: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert!(
        kept == described,
        "pipeline/server/viewer/openapi.json is not what the server describes\n\
         hint: UPDATE_GOLDEN=1 writes it anew; then npm run types in pipeline/server/viewer"
    );
}
