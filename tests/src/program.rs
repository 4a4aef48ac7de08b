//! The program as its user meets it: a command line, an exit code, two streams and a folder.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// Files of a results folder, by name.
pub const RESULTS: [&str; 10] = [
    "annotations.csv",
    "annotations.parquet",
    "candidates.parquet",
    "colocalization.parquet",
    "ion_images.parquet",
    "ion_metrics.parquet",
    "mean_spectrum.parquet",
    "pixels.parquet",
    "run.json",
    "sample_ions.parquet",
];

/// Variable that names the Python interpreter of the tests that need one.
const PYTHON: &str = "METASPACE_TEST_PYTHON";

/// Variable that names a program to be tested in place of the one that is built: an older one, say.
const OTHER_PROGRAM: &str = "METASPACE_TEST_PROGRAM";

/// A folder of its own in which the program runs, with a pattern cache of its own.
#[derive(Debug)]
pub struct WorkingFolder {
    folder: TempDir,
    cache: TempDir,
}

/// What a run of the program left behind.
#[derive(Debug)]
pub struct Finished {
    line: String,
    /// Exit code, nothing where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl Default for WorkingFolder {
    fn default() -> Self {
        let folder = || tempfile::tempdir().expect("a temporary folder");
        Self {
            folder: folder(),
            cache: folder(),
        }
    }
}

impl WorkingFolder {
    /// A path below the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Folder of the pattern cache.
    pub fn cache(&self) -> &Path {
        self.cache.path()
    }

    /// Writes a file.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Reads a file.
    ///
    /// # Panics
    /// It cannot be read.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Reads a JSON file.
    ///
    /// # Panics
    /// It cannot be read or is no JSON.
    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Makes sure that two results folders have the same files, byte for byte; but for the record,
    /// which has times in it.
    ///
    /// # Panics
    /// They have not.
    #[track_caller]
    pub fn assert_same(&self, one: &str, other: &str) {
        let files = self.names(one);
        assert_eq!(files, self.names(other));
        for file in files.iter().filter(|file| *file != "run.json") {
            let bytes = |folder: &str| self.read(&format!("{folder}/{file}"));
            assert!(
                bytes(one) == bytes(other),
                "{file} of {one} and {other} differ"
            );
        }
    }

    /// Makes sure that two folders of experiments have the same files, byte for byte.
    ///
    /// # Panics
    /// They have not.
    #[track_caller]
    pub fn assert_same_experiment(&self, one: &str, other: &str) {
        for folder in ["", "/figures"] {
            let files = self.names(&format!("{one}{folder}"));
            assert_eq!(files, self.names(&format!("{other}{folder}")));
            for file in files.iter().filter(|file| *file != "figures") {
                let bytes = |of: &str| self.read(&format!("{of}{folder}/{file}"));
                assert!(
                    bytes(one) == bytes(other),
                    "{file} of {one} and {other} differ"
                );
            }
        }
    }

    /// Names of what lies in a folder, hidden ones too, in order.
    ///
    /// # Panics
    /// It is no folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder that can be listed");
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// Rows of a folder's `annotations.csv`, by column name.
    ///
    /// # Panics
    /// It is not there, or no such table.
    pub fn annotations(&self, folder: &str) -> Vec<HashMap<String, String>> {
        let bytes = self.read(&format!("{folder}/annotations.csv"));
        csv::Reader::from_reader(&*bytes)
            .deserialize()
            .map(|row| row.expect("a row of annotations"))
            .collect()
    }

    /// Ions annotated in a folder at FDR 10 %.
    ///
    /// # Panics
    /// There is no table of annotations.
    pub fn ions(&self, folder: &str) -> BTreeSet<String> {
        let rows = self.annotations(folder).into_iter();
        let fdr = |row: &HashMap<String, String>| row["fdr"].parse().unwrap_or(1.0);
        rows.filter(|row| fdr(row) <= 0.1)
            .map(|row| row["ion"].clone())
            .collect()
    }

    /// The program with the words of a line as its arguments, to be started in the folder.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(program());
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env("METASPACE_CACHE", self.cache.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn run(&self, line: &str) -> Finished {
        let output = self.command(line).output().expect("the program starts");
        Finished::new(line, &output)
    }

    /// Starts the program.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start(&self, line: &str) -> Child {
        let mut command = self.command(line);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }

    /// Simulates a tissue in a folder, given the options.
    ///
    /// # Panics
    /// The program fails.
    pub fn simulate(&self, folder: &str, options: &str) {
        self.run(&format!("simulate --quiet --out {folder} {options}"))
            .succeeded();
    }

    /// Simulates an experiment of two conditions in a folder, given the options, and annotates each
    /// sample to `results` in it.
    ///
    /// # Panics
    /// The program fails.
    pub fn annotate_experiment(&self, folder: &str, n_replicates: u32, options: &str) {
        let line = format!(
            "simulate-experiment --out {folder} --replicates {n_replicates} --quiet {options}"
        );
        self.run(&line).succeeded();
        for condition in ["control", "treated"] {
            for number in 1..=n_replicates {
                let name = format!("{condition}-{number}");
                let line = format!(
                    "annotate {folder}/{name}/{name}.imzML --quiet --no-coloc --out {folder}/results/{name}"
                );
                self.run(&line).succeeded();
            }
        }
    }
}

impl Finished {
    /// What a process left that was started with a line of arguments.
    pub fn new(line: &str, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Self {
            line: line.into(),
            code: output.status.code(),
            stdout,
            stderr,
        }
    }

    /// Itself, if it ended with this code.
    ///
    /// # Panics
    /// It did not.
    #[must_use]
    #[track_caller]
    pub fn exited(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "metaspace {}\nstdout: {}\nstderr: {}",
            self.line,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Its stdout, if it succeeded.
    ///
    /// # Panics
    /// It did not.
    #[track_caller]
    pub fn succeeded(self) -> String {
        self.exited(0).stdout
    }

    /// Its stdout as JSON, if it succeeded.
    ///
    /// # Panics
    /// It did not, or printed something else.
    #[track_caller]
    pub fn json(self) -> Value {
        let text = self.succeeded();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Makes sure that it failed with this code, printed nothing, said all of the parts, and said
    /// the whole as the snapshot has it.
    ///
    /// # Panics
    /// It did not, or the snapshot differs.
    #[track_caller]
    pub fn refused(self, code: i32, parts: &[&str]) {
        self.matches_snapshot();
        self.refused_in_other_words(code, parts);
    }

    /// The same where the whole is another each time, as where a server answers.
    ///
    /// # Panics
    /// It did not.
    #[track_caller]
    pub fn refused_in_other_words(self, code: i32, parts: &[&str]) {
        let Self {
            line,
            stdout,
            stderr,
            ..
        } = self.exited(code);
        assert_eq!(stdout, "", "metaspace {line}");
        for part in parts {
            assert!(
                stderr.contains(part),
                "metaspace {line}\nno `{part}` in: {stderr}"
            );
        }
    }

    /// Holds exit code, stdout and stderr against the snapshot of this test and line.
    ///
    /// # Panics
    /// They differ, or there is no snapshot yet: `INSTA_UPDATE=always` writes it.
    #[track_caller]
    pub fn matches_snapshot(&self) {
        let code = self.code.map_or("a signal".into(), |code| code.to_string());
        let text = format!(
            "metaspace {}\nexit code: {code}\n----- stdout -----\n{}----- stderr -----\n{}",
            self.line, self.stdout, self.stderr
        );
        snapshot(&self.line, &text);
    }
}

/// Holds a text against the snapshot of this test of a name; what varies is left out.
///
/// # Panics
/// It differs, or there is none yet: `INSTA_UPDATE=always` writes it.
#[track_caller]
pub fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, shown) in VARYING {
        settings.add_filter(pattern, *shown);
    }
    settings.bind(|| insta::assert_snapshot!(snapshot_name(name), text));
}

/// What is another each time, or on each machine, and what stands for it in snapshots.
const VARYING: &[(&str, &str)] = &[
    (r"/[^ `'\n]*/\.tmp[A-Za-z0-9]{6}", "[FOLDER]"),
    (r"\d+\.\d\d s\b", "[TIME]"),
    (r"\d+ MB\b", "[MEMORY]"),
    (r"127\.0\.0\.1:\d+", "[ADDRESS]"),
    // The place in a record of one line moves with the figures before it.
    (r"\bcolumn \d{3,}", "column [COLUMN]"),
    (r"\b[0-9a-f]{16}\b", "[RUN]"),
    (r"\b[0-9a-f]{32,64}\b", "[HASH]"),
    (r"metaspace \d+\.\d+\.\d+", "metaspace [VERSION]"),
];

/// The file of the test, its name, and the letters of `line`; numbered where it comes again.
fn snapshot_name(line: &str) -> String {
    thread_local! {
        static COUNTS: RefCell<HashMap<String, u32>> = RefCell::default();
    }
    let program = std::env::current_exe().expect("the path of this test");
    let file = program.file_stem().unwrap_or_default().to_string_lossy();
    let file = file.rsplit_once('-').map_or(&*file, |(name, _)| name);
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("test").replace("::", "-");
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let letters: String = line.chars().map(plain).take(60).collect();
    let letters: Vec<&str> = letters.split('-').filter(|word| !word.is_empty()).collect();
    let name = format!("{file}--{test}--{}", letters.join("-"));
    COUNTS.with_borrow_mut(|counts| {
        let n = counts.entry(name.clone()).or_default();
        *n += 1;
        if *n == 1 { name } else { format!("{name}-{n}") }
    })
}

/// Runs one of the scripts in `python`, which prints OK at its end.
///
/// # Panics
/// No interpreter is named, it cannot be started, or the script does not print OK.
#[track_caller]
pub fn run_python(script: &str, argument: &Path) {
    run_python_of(PYTHON, script, argument);
}

/// The same by the interpreter that a variable names.
///
/// # Panics
/// No interpreter is named, it cannot be started, or the script does not print OK.
#[track_caller]
pub fn run_python_of(variable: &str, script: &str, argument: &Path) {
    let interpreter = std::env::var_os(variable).unwrap_or_else(|| {
        panic!(
            "{variable} does not name a Python with what {script} needs\nhint: tests/run sets it up"
        )
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("python")
        .join(script);
    let output = Command::new(&interpreter)
        .arg(&script)
        .arg(argument)
        .output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", interpreter.display()));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.ends_with("OK\n"),
        "{}: {text}{}",
        script.display(),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Where the program is, for scripts that run it.
pub fn program_path() -> &'static Path {
    program()
}

/// The program, built once with the profile of the tests.
///
/// # Panics
/// It cannot be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(other) = std::env::var_os(OTHER_PROGRAM) {
            return other.into();
        }
        let test = std::env::current_exe().expect("the path of this test");
        // target/PROFILE/deps/TEST
        let folder = test.ancestors().nth(2).expect("a folder for the profile");
        build(folder);
        let program = folder
            .join("metaspace")
            .with_extension(std::env::consts::EXE_EXTENSION);
        assert!(program.exists(), "cargo has not made {}", program.display());
        program
    })
}

fn build(folder: &Path) {
    let built = build_command(folder).arg("--quiet").status();
    assert!(
        built.expect("cargo starts").success(),
        "metaspace cannot be built"
    );
}

fn build_command(folder: &Path) -> Command {
    let profile = match folder.file_name().and_then(OsStr::to_str) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let target = folder.parent().expect("a target folder");
    let mut command = Command::new(cargo());
    // What cargo tells this test of its package would make build scripts run anew, and with them half of
    // what is built.
    let told = std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    });
    for name in told {
        command.env_remove(name);
    }
    command
        // Of the whole workspace and with a test, so that features are those of the tests and nothing is
        // built twice.
        .args(["build", "--workspace", "--bins", "--test", "tidy"])
        .args(["--profile", profile, "--manifest-path"])
        .arg(workspace().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target);
    for (feature, is_on) in [
        ("tests/shared-data", cfg!(feature = "shared-data")),
        ("tests/notebooks", cfg!(feature = "notebooks")),
        ("tests/python-package", cfg!(feature = "python-package")),
    ] {
        if is_on {
            command.args(["--features", feature]);
        }
    }
    command
}

fn cargo() -> PathBuf {
    std::env::var_os("CARGO")
        .unwrap_or_else(|| "cargo".into())
        .into()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Links what the worker is made of once more, with the C library in it, as `deploy/lambda/build`
/// does. It is not cargo that links: it would put this program in the place of the other one.
///
/// # Panics
/// It cannot be linked.
pub fn link_statically(to: &Path) {
    let folder = program().parent().expect("a folder for the profile");
    let built = build_command(folder)
        .args(["--message-format", "json"])
        .output();
    let messages = String::from_utf8(built.expect("cargo starts").stdout).expect("text");
    let artifacts = messages
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let library = artifacts
        .filter(|artifact: &Value| artifact["target"]["name"] == "pipeline")
        .find_map(|artifact| {
            let names = artifact["filenames"]
                .as_array()?
                .iter()
                .filter_map(Value::as_str);
            names
                .map(PathBuf::from)
                .find(|name| name.extension() == Some(OsStr::new("rlib")))
        })
        .expect("the library of the programs");
    let linked = Command::new(cargo().with_file_name("rustc"))
        .args([
            "--edition",
            "2024",
            "-C",
            "target-feature=+crt-static",
            "-C",
            "strip=symbols",
        ])
        .arg("--extern")
        .arg(format!("pipeline={}", library.display()))
        .arg("-L")
        .arg(format!("dependency={}", folder.join("deps").display()))
        .arg("-o")
        .arg(to)
        .arg(workspace().join("pipeline/src/bin/metaspace-worker.rs"))
        .status();
    assert!(
        linked.expect("rustc starts").success(),
        "the static worker cannot be linked"
    );
}
