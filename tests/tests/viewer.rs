//! The viewer's sources: checked, tested, and the same as what was built of them. Needs Node, without
//! which the program is built and used all the same; `tests/run` says so where there is none.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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
