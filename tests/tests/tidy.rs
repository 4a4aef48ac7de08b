//! What holds of the project's own files: which crate knows which, what a core crate may use, how
//! long a file is, and that links lead somewhere.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

/// The crates below everything else: they compute, or make data.
const CORE_CRATES: [&str; 4] = ["ms-core", "annotator", "coloc", "datasets"];

/// Every allowed edge between crates, as in the table of ARCHITECTURE.md: who, and whom it may
/// depend on. The crates of `pipeline` may know all of [`CORE_CRATES`] besides.
const EDGES: [(&str, &[&str]); 19] = [
    ("ms-core", &[]),
    ("annotator", &["ms-core"]),
    ("coloc", &["ms-core"]),
    ("datasets", &["ms-core"]),
    ("metaspace-machine", &[]),
    ("metaspace-storage", &["metaspace-machine"]),
    ("metaspace-results", &["metaspace-machine"]),
    ("metaspace-render", &[]),
    (
        "metaspace-run",
        &[
            "metaspace-machine",
            "metaspace-storage",
            "metaspace-results",
        ],
    ),
    (
        "metaspace-engines",
        &[
            "metaspace-machine",
            "metaspace-storage",
            "metaspace-results",
            "metaspace-run",
        ],
    ),
    (
        "metaspace-explore",
        &["metaspace-machine", "metaspace-results"],
    ),
    (
        "metaspace-measure",
        &[
            "metaspace-machine",
            "metaspace-storage",
            "metaspace-results",
            "metaspace-run",
            "metaspace-explore",
        ],
    ),
    (
        "metaspace-experiments",
        &[
            "metaspace-machine",
            "metaspace-results",
            "metaspace-render",
            "metaspace-explore",
            "metaspace-measure",
        ],
    ),
    (
        "metaspace-export",
        &[
            "metaspace-machine",
            "metaspace-results",
            "metaspace-explore",
        ],
    ),
    (
        "metaspace-report",
        &[
            "metaspace-machine",
            "metaspace-results",
            "metaspace-render",
            "metaspace-explore",
        ],
    ),
    (
        "metaspace-server",
        &[
            "metaspace-machine",
            "metaspace-results",
            "metaspace-render",
            "metaspace-explore",
        ],
    ),
    (
        "pipeline",
        &[
            "metaspace-machine",
            "metaspace-storage",
            "metaspace-results",
            "metaspace-render",
            "metaspace-run",
            "metaspace-engines",
            "metaspace-explore",
            "metaspace-measure",
            "metaspace-experiments",
            "metaspace-export",
            "metaspace-report",
            "metaspace-server",
        ],
    ),
    (
        "metaspace-python",
        &[
            "metaspace-machine",
            "metaspace-storage",
            "metaspace-results",
            "metaspace-render",
            "metaspace-run",
            "metaspace-explore",
            "metaspace-report",
            "pipeline",
        ],
    ),
    (
        "tests",
        &["metaspace-storage", "metaspace-results", "metaspace-run"],
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
        let (who, allowed) = EDGES
            .iter()
            .find(|(name, _)| *name == package.name.as_str())
            .unwrap();
        let knows_core = !CORE_CRATES.contains(who);
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let is_core = knows_core && CORE_CRATES.contains(&name);
            if members.contains(name) && !allowed.contains(&name) && !is_core {
                let kind = dependency.kind;
                wrong.push(format!("{} depends on {name} ({kind:?})", package.name));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_table_of_crates_is_that_of_the_architecture() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let short = |name: &str| name.trim_start_matches("metaspace-").to_owned();
    let mut wrong = Vec::new();
    for (who, allowed) in EDGES
        .iter()
        .filter(|(who, _)| who.starts_with("metaspace-"))
    {
        let known: Vec<String> = allowed
            .iter()
            .map(|name| format!("`{}`", short(name)))
            .collect();
        let known = if known.is_empty() {
            "–".to_owned()
        } else {
            known.join(", ")
        };
        let row = format!("| `{}` | {known} |", short(who));
        if !page.contains(&row) {
            wrong.push(format!("no row in ARCHITECTURE.md begins with: {row}"));
        }
    }
    assert_none(&wrong);
}

/// The public types that a file defines outside of its tests.
fn public_types(text: &str) -> Vec<String> {
    let lines = before_tests(text);
    let name_of = |line: &&str| {
        let rest = line.trim_start().strip_prefix("pub ")?;
        let kinds = ["struct ", "enum ", "trait ", "type ", "union "];
        let rest = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
        let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
        Some(rest.split(|c| !is_of_name(c)).next()?.to_owned())
    };
    lines.iter().filter_map(name_of).collect()
}

#[test]
fn public_types_are_seen() {
    let text = "pub struct A<T>(T);\n    pub enum B {\npub(crate) struct C;\nstruct D;\n\
                pub trait E: Send {}\npub type F = u8;\n#[cfg(test)]\nmod tests {\npub struct G;\n}";
    assert_eq!(public_types(text), ["A", "B", "E", "F"]);
}

#[test]
fn no_two_public_types_have_one_name() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in with_extension("rs") {
        let is_of_tests = path.starts_with(root().join("tests"));
        if is_test(&path) || is_of_tests {
            continue;
        }
        for name in public_types(&fs::read_to_string(&path).unwrap()) {
            places.entry(name).or_default().push(shown(&path));
        }
    }
    assert!(places.len() > 300, "only {} types were seen", places.len());
    places.retain(|_, files| files.len() > 1);
    let wrong: Vec<String> = places
        .iter()
        .map(|(name, files)| format!("{name} is defined in {}", files.join(" and ")))
        .collect();
    assert_none(&wrong);
}

/// Files of a crate that import each other in a circle, at most.
const MAX_CIRCLE: usize = 2;

#[test]
fn imports_within_a_crate_go_one_way() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let mut wrong = Vec::new();
    let mut n_edges = 0;
    for package in metadata
        .packages
        .iter()
        .filter(|package| package.name != "tests")
    {
        let source = package.manifest_path.parent().unwrap().join("src");
        let modules = Modules::read(source.as_std_path());
        let imports = modules.imports();
        n_edges += imports.values().map(BTreeSet::len).sum::<usize>();
        for circle in circles(&imports) {
            if circle.len() > MAX_CIRCLE {
                wrong.push(format!("{}: {}", package.name, circle.join(" ↔ ")));
            }
        }
    }
    assert!(n_edges > 300, "only {n_edges} imports were seen");
    assert_none(&wrong);
}

/// The modules of a crate by path (`worker::job`; the root is empty), and what they re-export.
struct Modules {
    code: BTreeMap<String, String>,
    /// Of a module and a name, the path that it stands for.
    exports: BTreeMap<(String, String), String>,
}

impl Modules {
    fn read(source: &Path) -> Self {
        let (mut code, mut exports) = (BTreeMap::new(), BTreeMap::new());
        for path in files(source) {
            let inner = path.strip_prefix(source).unwrap();
            let is_rust = path.extension().is_some_and(|found| found == "rs");
            if !is_rust || is_test(&path) || inner.starts_with("bin") {
                continue;
            }
            let module = inner
                .with_extension("")
                .to_string_lossy()
                .replace('/', "::");
            let module = if module == "lib" {
                String::new()
            } else {
                module
            };
            let text = fs::read_to_string(&path).unwrap();
            let lines = before_tests(&text);
            let lines = lines.iter().map(|line| line.split("//").next().unwrap());
            let text: String = lines.flat_map(|line| [line, "\n"]).collect();
            let mut rest = String::new();
            for statement in text.split_inclusive(';') {
                let used = statement
                    .rsplit_once("pub use ")
                    .or_else(|| statement.rsplit_once("pub(crate) use "));
                let Some((before, tree)) = used else {
                    rest.push_str(statement);
                    continue;
                };
                rest.push_str(before);
                for path in flat(tree.trim_end_matches(';')) {
                    let name = path.rsplit("::").next().unwrap().to_owned();
                    exports.insert((module.clone(), name), path);
                }
            }
            code.insert(module, rest);
        }
        Self { code, exports }
    }

    /// The modules of the crate that each of them names.
    fn imports(&self) -> BTreeMap<String, BTreeSet<String>> {
        let of = |(module, text): (&String, &String)| {
            let mut named = BTreeSet::new();
            for statement in text.split_inclusive(';') {
                let used = statement.trim_end_matches(';').rsplit_once("use ");
                let is_use = used.is_some_and(|(before, _)| {
                    before.is_empty() || before.ends_with(char::is_whitespace)
                });
                let paths = match used {
                    Some((before, tree)) if is_use => {
                        let mut all = flat(tree);
                        all.extend(inline_paths(before));
                        all
                    }
                    _ => inline_paths(statement),
                };
                named.extend(paths.iter().filter_map(|path| self.find(module, path, 0)));
            }
            named.remove(module);
            (module.clone(), named)
        };
        self.code.iter().map(of).collect()
    }

    /// The module that a path leads to, as seen from another.
    fn find(&self, from: &str, path: &str, depth: usize) -> Option<String> {
        let mut segments: Vec<&str> = path.split("::").collect();
        let mut at: Vec<&str> = from.split("::").filter(|part| !part.is_empty()).collect();
        match segments[0] {
            "crate" => {
                at.clear();
                segments.remove(0);
            }
            "super" | "self" => {
                while let Some(&first) = segments.first().filter(|s| ["super", "self"].contains(s))
                {
                    if first == "super" {
                        at.pop();
                    }
                    segments.remove(0);
                }
            }
            first => {
                let child = [&at[..], &[first]].concat().join("::");
                self.code.get(&child)?;
            }
        }
        while let Some(&next) = segments.first() {
            let child = [&at[..], &[next]].concat();
            if !self.code.contains_key(&child.join("::")) {
                break;
            }
            at = child;
            segments.remove(0);
        }
        let here = at.join("::");
        let exported = segments.first().and_then(|name| {
            let path = self.exports.get(&(here.clone(), (*name).to_owned()))?;
            (depth < 4).then(|| self.find(&here, path, depth + 1))?
        });
        Some(exported.unwrap_or(here))
    }
}

/// The paths of a `use` tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn flat(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((start, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap();
        return vec![path.split_whitespace().collect()];
    };
    let inner = &rest[..rest.rfind('}').unwrap_or(rest.len())];
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(c);
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| flat(part))
        .map(|path| format!("{}{path}", start.trim()))
        .collect()
}

/// Paths in code, such as `spectra::order` or `crate::RUN_JSON`.
fn inline_paths(code: &str) -> Vec<String> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_path(c));
    let paths = words.map(|word| word.trim_matches(':'));
    let is_inner = |path: &&str| {
        path.contains("::") && path.starts_with(|c: char| c.is_lowercase() || c == '_')
    };
    paths.filter(is_inner).map(str::to_owned).collect()
}

/// Modules that can be reached from each other, two or more at a time.
fn circles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reached = |from: &String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = next.pop() {
            for named in imports.get(&module).into_iter().flatten() {
                if seen.insert(named.clone()) {
                    next.push(named.clone());
                }
            }
        }
        seen
    };
    let all: BTreeMap<&String, BTreeSet<String>> = imports
        .keys()
        .map(|module| (module, reached(module)))
        .collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for (module, reached) in &all {
        let back = |other: &&String| all.get(other).is_some_and(|from| from.contains(*module));
        let circle: Vec<String> = reached.iter().filter(back).cloned().collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

#[test]
fn circles_are_seen() {
    let imports = |edges: &[(&str, &[&str])]| {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let of = |(from, to): &(&str, &[&str])| ((*from).to_owned(), owned(to));
        edges
            .iter()
            .map(of)
            .collect::<BTreeMap<String, BTreeSet<String>>>()
    };
    let line = imports(&[("a", &["b"]), ("b", &["c"]), ("c", &[])]);
    assert!(circles(&line).is_empty());
    let ring = imports(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"])]);
    assert_eq!(circles(&ring), [["a", "b", "c"]]);
    assert_eq!(
        flat("crate::a::{b, c::{d, e as f}}"),
        ["crate::a::b", "crate::a::c::d", "crate::a::c::e"]
    );
    assert_eq!(
        inline_paths("let x = job::open(Task::new(crate::RUN));"),
        ["job::open", "crate::RUN"]
    );
}

/// Dependencies that are named for their features alone.
const FOR_FEATURES: [&str; 1] = ["reqwest"];

#[test]
fn every_dependency_is_used() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let folder = package.manifest_path.parent().unwrap();
        let own = files(folder.as_std_path());
        // The crates below `pipeline` are packages of their own.
        let is_own = |path: &&PathBuf| {
            path.extension().is_some_and(|found| found == "rs")
                && (package.name != "pipeline"
                    || path.starts_with(folder.as_std_path().join("src")))
        };
        let texts: Vec<String> = own
            .iter()
            .filter(is_own)
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        for dependency in &package.dependencies {
            let name = match dependency.name.as_str() {
                // Its library is called otherwise.
                "md-5" => "md5".to_owned(),
                name => name.replace('-', "_"),
            };
            let uses = [
                format!("{name}::"),
                format!("use {name};"),
                format!("{name}!"),
            ];
            let is_used = |text: &String| uses.iter().any(|used| text.contains(used));
            if !texts.iter().any(is_used) && !FOR_FEATURES.contains(&dependency.name.as_str()) {
                wrong.push(format!("{} does not use {}", package.name, dependency.name));
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
