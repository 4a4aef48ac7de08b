//! Results of other versions of the schemas: read, or refused with what to do.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use tests::program::WorkingFolder;

/// A folder with results as version 1 of the schemas has them, written when that was the newest.
fn of_version_1() -> WorkingFolder {
    let work = WorkingFolder::default();
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/results-of-schema-1");
    fs::create_dir(work.path("results")).unwrap();
    for entry in fs::read_dir(stored).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), work.path("results").join(entry.file_name())).unwrap();
    }
    work
}

#[test]
fn results_of_version_1_are_read_by_every_command() {
    let work = of_version_1();
    let about = work.run("info results --verify --json").json();
    assert_eq!(about["areFilesVerified"], true);
    for line in [
        "coloc results --fdr 1",
        "report results --quiet",
        "images results --fdr 1 --quiet",
        "export results --fdr 1 --matrix ions.csv --anndata a.zarr --quiet",
    ] {
        work.run(line).succeeded();
    }
    let n_rows = work.annotations("results").len() as u64;
    assert_eq!(
        work.json("results/run.json")["counts"]["n_annotations"],
        n_rows
    );
}

#[test]
fn records_of_other_versions_are_refused_with_what_to_do() {
    let work = of_version_1();
    let record = String::from_utf8(work.read("results/run.json")).unwrap();
    let found = "\"schema_version\": 1,";
    assert!(record.contains(found));
    for (stands, parts) in [
        (
            "\"schema_version\": 2,",
            ["schema version 2", "newer version"],
        ),
        (
            "\"schema_version\": 0,",
            ["schema version 0", "annotate the dataset again"],
        ),
        ("", ["no schema version", "annotate the dataset again"]),
    ] {
        work.write("results/run.json", record.replace(found, stands));
        work.run("info results").refused(1, &parts);
        work.run("export results --matrix ions.csv")
            .refused(1, &parts);
        work.run("report results").refused(1, &parts);
    }
}

#[test]
fn tables_of_other_versions_are_refused_by_name() {
    let work = of_version_1();
    for name in ["annotations", "pixels", "ion_images"] {
        let file = format!("results/{name}.parquet");
        let stored = work.read(&file);
        let key = b"metaspace.schema_version";
        let at = stored.windows(key.len()).rposition(|part| part == key);
        // After the key come the kind and the length of its value.
        let place = at.unwrap() + key.len() + 2;
        assert_eq!(stored[place], b'1');
        let mut changed = stored.clone();
        changed[place] = b'7';
        work.write(&file, changed);
        let parts = [&*format!("{name}.parquet` has schema version 7"), "reads 1"];
        work.run("export results --fdr 1 --matrix ions.csv")
            .refused(1, &parts);
        work.write(&file, stored);
    }
}
