//! Files of `deploy` agree with the program, and the list of its parts is whole.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::program::WorkingFolder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Options in the part of a text that begins with a word and ends with another.
fn options(text: &str, from: &str, to: &str) -> BTreeSet<String> {
    let start = text.find(from).unwrap();
    let part = &text[start..];
    let part = &part[..part.find(to).unwrap_or(part.len())];
    let words = part.split(|c: char| c.is_whitespace() || "'\"=".contains(c));
    let words = words.filter(|word| word.starts_with("--"));
    words.map(str::to_owned).collect()
}

#[test]
fn every_option_in_the_files_is_one_of_the_program() {
    let work = WorkingFolder::default();
    let nextflow = "deploy/nextflow/metaspace/annotate/main.nf";
    let galaxy = "deploy/galaxy/metaspace.xml";
    let conda = "deploy/conda/meta.yaml";
    for (file, command, from, to) in [
        (nextflow, "annotate", "metaspace annotate", "fi\n"),
        (nextflow, "export", "metaspace export", "fi\n"),
        (galaxy, "annotate", "metaspace annotate", "&&"),
        (galaxy, "report", "metaspace report", "#end"),
        (galaxy, "export", "metaspace export", "&&"),
        (conda, "man", "metaspace man", "\n"),
        (conda, "isotopes", "metaspace isotopes", "\n"),
    ] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let help = work.run(&format!("{command} --help")).succeeded();
        let used = match (file, command) {
            // The options of the two commands stand one after the other.
            (file, "annotate") if file == nextflow => options(&text, from, "if ["),
            _ => options(&text, from, to),
        };
        assert!(!used.is_empty(), "{file}: {command}");
        for option in used {
            let is_there = help.split_whitespace().any(|word| word == option);
            assert!(is_there, "{file}: {command} has no {option}");
        }
    }
}

#[test]
fn the_list_of_parts_has_every_crate_of_the_program_with_its_licence() {
    let work = WorkingFolder::default();
    let out = work.path("parts.json");
    let python = std::env::var_os("METASPACE_TEST_PYTHON").unwrap_or("python3".into());
    let done = Command::new(python)
        .arg(root().join("deploy/sbom"))
        .arg("x86_64-unknown-linux-gnu")
        .arg(&out)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let parts = work.json("parts.json");
    assert_eq!(parts["bomFormat"], "CycloneDX");
    let components = parts["components"].as_array().unwrap();
    let named = |name: &str| components.iter().any(|part| part["name"] == name);
    for name in [
        "arrow-array",
        "clap",
        "metaspace-export",
        "ring",
        "zstd-sys",
    ] {
        assert!(named(name), "{name}");
    }
    // Crates of tests and of other systems are no part of it.
    for name in ["insta", "proptest", "divan", "windows-sys"] {
        assert!(!named(name), "{name}");
    }
    for part in components {
        assert!(part["licenses"][0]["expression"].is_string(), "{part}");
        let is_ours = part["hashes"].is_null();
        assert!(
            !is_ours || part["version"] == env!("CARGO_PKG_VERSION"),
            "{part}"
        );
    }
    let known: BTreeSet<&str> = components
        .iter()
        .chain([&parts["metadata"]["component"]])
        .map(|part| part["bom-ref"].as_str().unwrap())
        .collect();
    for edge in parts["dependencies"].as_array().unwrap() {
        let others = edge["dependsOn"].as_array().unwrap().iter();
        for other in others.chain([&edge["ref"]]) {
            assert!(known.contains(other.as_str().unwrap()), "{other}");
        }
    }
}

#[test]
fn the_module_of_nextflow_describes_what_it_takes_and_gives() {
    let folder = root().join("deploy/nextflow/metaspace/annotate");
    let script = fs::read_to_string(folder.join("main.nf")).unwrap();
    let about = fs::read_to_string(folder.join("meta.yml")).unwrap();
    for line in script.lines() {
        if let Some((_, name)) = line.split_once("emit: ") {
            assert!(about.contains(&format!("\n  {}:\n", name.trim())), "{name}");
        }
    }
    for name in ["imzml", "ibd", "database"] {
        assert!(
            script.contains(&format!("path({name})")) || script.contains(&format!("path {name}"))
        );
        assert!(about.contains(&format!("- {name}:\n")), "{name}");
    }
    let version = env!("CARGO_PKG_VERSION");
    for file in ["main.nf", "environment.yml"] {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        assert!(text.contains(version), "{file} is of another version");
    }
    for file in ["conda/meta.yaml", "galaxy/metaspace.xml"] {
        let text = fs::read_to_string(root().join("deploy").join(file)).unwrap();
        assert!(text.contains(version), "{file} is of another version");
    }
}
