//! The same dataset and settings give the same bytes, whatever the threads, memory and cache.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use tests::program::WorkingFolder;

/// Forgets the patterns of earlier runs.
fn empty_cache(work: &WorkingFolder) {
    fs::remove_dir_all(work.cache().join("patterns")).unwrap();
}

/// Number of units whose patterns a run found in the cache and computed.
fn cache_counts(work: &WorkingFolder, folder: &str) -> (u64, u64) {
    let counts = &work.json(&format!("{folder}/run.json"))["counts"];
    let count = |name: &str| counts[name].as_u64().unwrap();
    (count("pattern_cache_hits"), count("pattern_cache_misses"))
}

#[test]
fn threads_change_nothing() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    for threads in [1, 2, 7] {
        let line = format!(
            "annotate tissue/demo.imzML --quiet --neutral-loss -H2O --threads {threads} --out {threads}"
        );
        work.run(&line).succeeded();
        let record = work.json(&format!("{threads}/run.json"));
        assert_eq!(record["threads"], threads);
        assert!(record["counts"]["n_annotations"].as_u64().unwrap() > 20);
        empty_cache(&work);
    }
    work.assert_same("1", "2");
    work.assert_same("1", "7");
}

#[test]
fn threads_change_nothing_of_what_is_learned() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 40 --height 30");
    for threads in [1, 2, 7] {
        let line = "annotate tissue/demo.imzML --quiet --score adaptive --no-coloc";
        work.run(&format!("{line} --threads {threads} --out {threads}"))
            .succeeded();
        let record = work.json(&format!("{threads}/run.json"));
        assert!(record["adaptive_score"]["refused"].is_null(), "{record}");
    }
    work.assert_same("1", "2");
    work.assert_same("1", "7");
    let learned = |folder: &str| work.json(&format!("{folder}/run.json"))["adaptive_score"].clone();
    assert_eq!(learned("1"), learned("7"));
}

#[test]
fn a_cache_that_is_cold_warm_or_damaged_changes_nothing() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    let annotate = |out: &str| {
        work.run(&format!("annotate tissue/demo.imzML --quiet --out {out}"))
            .succeeded();
        cache_counts(&work, out)
    };
    let (n_found, n_units) = annotate("cold");
    assert_eq!(n_found, 0);
    assert_eq!(annotate("warm"), (n_units, 0));
    let patterns = work.cache().join("patterns");
    let files: Vec<_> = fs::read_dir(&patterns)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len() as u64, n_units);
    for (i, file) in files.iter().enumerate() {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        match i % 4 {
            0 => bytes[middle] ^= 1,
            1 => bytes.truncate(middle),
            2 => bytes.clear(),
            _ => bytes.extend_from_slice(b"more"),
        }
        fs::write(file, bytes).unwrap();
    }
    assert_eq!(annotate("damaged"), (0, n_units));
    assert_eq!(annotate("repaired"), (n_units, 0));
    for other in ["warm", "damaged", "repaired"] {
        work.assert_same("cold", other);
    }
}

#[test]
fn a_cache_that_cannot_be_used_changes_nothing() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 12 --height 10");
    work.run("annotate tissue/demo.imzML --quiet --out with")
        .succeeded();
    work.write("file", "");
    for (folder, out) in [("file/below", "nowhere"), ("", "home")] {
        let line = format!("annotate tissue/demo.imzML --quiet --out {out}");
        let mut command = work.command(&line);
        command
            .env("METASPACE_CACHE", folder)
            .env("XDG_CACHE_HOME", work.path("caches"));
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        work.assert_same("with", out);
    }
    assert_eq!(work.names("caches"), ["metaspace"]);
}

#[test]
fn little_memory_changes_nothing() {
    let work = WorkingFolder::default();
    work.simulate("brain", "--preset orbitrap-brain");
    let annotate = |options: &str| {
        let line = format!("annotate brain/orbitrap-brain.imzML --quiet {options}");
        work.run(&line).succeeded();
    };
    annotate("--out roomy --memory 1GiB");
    annotate("--out narrow --memory 128MiB");
    annotate("--out narrower --memory 128MiB --threads 1");
    annotate("--out many --memory 128MiB --threads 7");
    // What the program and its tables take does not hold the index, too.
    let n_peaks = work.json("narrow/run.json")["dataset"]["n_peaks"]
        .as_u64()
        .unwrap();
    assert!(n_peaks * 16 > 64 << 20, "{n_peaks} peaks fit into memory");
    work.assert_same("roomy", "narrow");
    work.assert_same("roomy", "narrower");
    work.assert_same("roomy", "many");
    let peak = |out: &str| {
        let record = work.json(&format!("{out}/run.json"));
        record["peak_memory_bytes"].as_u64().unwrap()
    };
    assert!(peak("narrow") < 128 << 20, "{} bytes", peak("narrow"));
    assert!(
        peak("narrow") < peak("roomy"),
        "{} and {}",
        peak("narrow"),
        peak("roomy")
    );
}
