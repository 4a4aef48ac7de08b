//! What holds of the project's own files: which crate knows which, what a core crate may use, how
//! long a file is, and that links lead somewhere.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

/// Every allowed edge between crates: who, and whom it may depend on.
const EDGES: [(&str, &[&str]); 6] = [
    ("ms-core", &[]),
    ("annotator", &["ms-core"]),
    ("coloc", &["ms-core"]),
    ("datasets", &["ms-core"]),
    ("pipeline", &["ms-core", "annotator", "coloc", "datasets"]),
    (
        "tests",
        &["ms-core", "annotator", "coloc", "datasets", "pipeline"],
    ),
];

/// Crates that compute: no files, no network, no environment, no printing, no clock.
const CORE: [&str; 3] = ["ms-core", "annotator", "coloc"];

/// What a core crate must not use, without spaces.
const FORBIDDEN: [&str; 12] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::time::Instant",
    "std::time::SystemTime",
    "Instant::now",
    "SystemTime::now",
    "print!(",
    "println!(",
    "eprint!(",
    "eprintln!(",
];

/// Modules and types that `use std::{…}` must not bring into a core crate.
const FORBIDDEN_IN_GROUPS: [&str; 6] = ["fs", "net", "env", "process", "Instant", "SystemTime"];

/// Lines of a Rust file before its tests, beyond which it surely holds more than one subject. Not a
/// goal: most files have some 200.
const MAX_LINES: usize = 600;

/// Folders that are made and not written.
const MADE: [&str; 5] = [
    "target",
    "results",
    "metaspace-demo",
    "__pycache__",
    "node_modules",
];

/// Hidden folders that belong to the project.
const HIDDEN: [&str; 2] = [".ci", ".cargo"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// The project's files below a folder, by path. Folders that tools and runs make are left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !path.is_dir() {
            found.push(path);
        } else if (!name.starts_with('.') || HIDDEN.contains(&&*name))
            && !MADE.contains(&&*name)
            && !path.join("run.json").exists()
        {
            found.extend(files(&path));
        }
    }
    found
}

fn with_extension(extension: &str) -> Vec<PathBuf> {
    let mut files = files(&root());
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    assert!(files.len() > 10, "{extension}: {files:?}");
    files
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Fails with a list of everything that is wrong, a line each.
#[track_caller]
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The part of a Rust file before its test module.
fn before_tests(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let is_tests = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ");
    let end = lines.windows(2).position(is_tests).unwrap_or(lines.len());
    lines[..end].to_vec()
}

/// Whether a file is a test as a whole: below a crate's tests or benches, or `tests.rs`.
fn is_test(path: &Path) -> bool {
    let path = path.strip_prefix(root()).unwrap();
    path.ends_with("tests.rs")
        || path
            .components()
            .any(|part| part.as_os_str() == "tests" || part.as_os_str() == "benches")
}

#[test]
fn crates_know_each_other_in_one_direction() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let members: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(
        members,
        EDGES.map(|(name, _)| name).into(),
        "members of the workspace"
    );
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let (_, allowed) = EDGES
            .iter()
            .find(|(name, _)| *name == package.name.as_str())
            .unwrap();
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            if members.contains(name) && !allowed.contains(&name) {
                let kind = dependency.kind;
                wrong.push(format!("{} depends on {name} ({kind:?})", package.name));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn core_crates_only_compute() {
    let mut wrong = Vec::new();
    for name in CORE {
        for path in files(&root().join(name).join("src")) {
            if path.extension().is_none_or(|found| found != "rs") || is_test(&path) {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for used in forbidden(&before_tests(&text)) {
                wrong.push(format!("{}: {used}", shown(&path)));
            }
        }
    }
    assert_none(&wrong);
}

/// What lines of Rust use that they must not; comments are no use.
fn forbidden(lines: &[&str]) -> Vec<&'static str> {
    let code: String = lines
        .iter()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.chars().chain(['\n']))
        .filter(|c| !c.is_whitespace())
        .collect();
    // A macro's name begins where no letter precedes it: `sprintln!` is another.
    let is_used = |word: &str| {
        code.match_indices(word)
            .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let mut used: Vec<&str> = FORBIDDEN.into_iter().filter(|word| is_used(word)).collect();
    let groups = code
        .split("usestd::")
        .skip(1)
        .filter_map(|rest| rest.split(';').next());
    for group in groups.filter(|group| group.contains('{')) {
        let words: BTreeSet<&str> = group
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        used.extend(
            FORBIDDEN_IN_GROUPS
                .into_iter()
                .filter(|word| words.contains(word)),
        );
    }
    used
}

#[test]
fn what_is_forbidden_is_seen() {
    let seen = |code: &str| forbidden(&code.lines().collect::<Vec<_>>());
    assert_eq!(seen("let x = std :: fs::read(p);"), ["std::fs"]);
    assert_eq!(seen("use std::{fmt, fs};"), ["fs"]);
    assert_eq!(seen("use std::time::{Duration, Instant};"), ["Instant"]);
    assert_eq!(seen("    println!(\"x\");"), ["println!("]);
    assert!(seen("//! std::fs\n/// println!()\nuse std::{fmt, io};\nlet fs = 1;").is_empty());
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for path in with_extension("rs").iter().filter(|path| !is_test(path)) {
        let text = fs::read_to_string(path).unwrap();
        let n_lines = before_tests(&text).len();
        if n_lines > MAX_LINES {
            wrong.push(format!("{}: {n_lines} lines before its tests", shown(path)));
        }
    }
    assert_none(&wrong);
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    for path in with_extension("md") {
        let text = prose(&fs::read_to_string(&path).unwrap());
        for target in links(&text) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let linked = path.parent().unwrap().join(file);
            let linked = if file.is_empty() {
                path.clone()
            } else {
                linked
            };
            let is_there = linked
                .canonicalize()
                .is_ok_and(|found| found.starts_with(root()));
            if !is_there || !(anchor.is_empty() || anchors(&linked).contains(anchor)) {
                wrong.push(format!("{}: {target}", shown(&path)));
            }
        }
    }
    assert_none(&wrong);
}

/// A page without its code blocks and code spans.
fn prose(text: &str) -> String {
    let outside: String = text.split("```").step_by(2).collect();
    outside.split('`').step_by(2).collect()
}

/// Targets of the links within the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

/// Anchors of a page's headings.
fn anchors(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| -> String {
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    // Written apart, so that this file does not name them.
    let places = ["work", "root", "home"].map(|name| format!("/{name}/"));
    let mut wrong = Vec::new();
    for path in files(&root()) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for (number, line) in (1..).zip(text.lines()) {
            let is_absolute = |(at, _): (usize, &str)| {
                !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~}".contains(c))
            };
            if places
                .iter()
                .any(|place| line.match_indices(&**place).any(is_absolute))
            {
                wrong.push(format!("{}:{number}: {}", shown(&path), line.trim()));
            }
        }
    }
    assert_none(&wrong);
}
