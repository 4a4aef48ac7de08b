//! Ions of an experiment measured as tasks: the same bytes, and what goes wrong on the way.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;

use metaspace_storage::{Location, Store};
use serde_json::json;
use tests::program::{Finished, WorkingFolder};
use tests::server::{ACCESS_KEY, SECRET_KEY, Server};

/// The left half of the tissues, as a region that was drawn.
const LEFT_HALF: &str = r#"{"type":"FeatureCollection","features":[
    {"type":"Feature","properties":{"name":"left"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,16],[0,16],[0,0]]]}}]}"#;

/// A simulated experiment in `sim`, of tissues of few pixels, each annotated to `sim/results`.
fn annotated() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.annotate_experiment("sim", 2, "--width 20 --height 16 --molecules 60");
    work
}

/// What is left of runs beside a folder.
fn runs(work: &WorkingFolder) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(work.path(".metaspace/runs")) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn tasks_give_the_bytes_of_one_process() {
    let work = annotated();
    work.write("sim/results/control-1/regions.geojson", LEFT_HALF);
    work.write(
        "regions.tsv",
        "results\tregion\tcondition\nsim/results/control-1\tleft\ta\nsim/results/control-1\ttissue\ta\n\
         sim/results/treated-1\t\tb\nsim/results/treated-2\t\tb\n",
    );
    // Of one dataset nothing is at hand but its images.
    fs::remove_file(work.path("sim/treated-2/treated-2.ibd")).unwrap();
    for (name, line) in [
        ("plain", "sim/experiment.tsv"),
        ("pixels", "sim/experiment.tsv --per-pixel --normalize rms"),
        (
            "regions",
            "regions.tsv --normalize median --annotation-fdr 0.5",
        ),
    ] {
        let here = work.run(&format!("experiment run {line} --quiet --out {name}"));
        let tasks = work.run(&format!(
            "experiment run {line} --quiet --out {name}-tasks --on threads --threads 2"
        ));
        let said = |finished: Finished| finished.succeeded().replace("-tasks/", "/");
        assert_eq!(said(tasks), said(here));
        work.assert_same_experiment(name, &format!("{name}-tasks"));
        assert_eq!(runs(&work), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_task_that_fails_is_told_and_only_what_is_missing_is_measured_again() {
    let work = annotated();
    let line = "experiment run sim/experiment.tsv --out experiment --on threads --threads 2";
    let images = "sim/results/control-2/ion_images.parquet";
    let whole = work.read(images);
    work.write(images, &whole[..whole.len() / 2]);
    work.run(line).refused_in_other_words(
        1,
        &[
            "1 of 4 results could not be measured",
            "control-2/ion_images.parquet",
            "the same command again measures only those that are missing",
        ],
    );
    assert!(!work.path("experiment").exists());
    let left = runs(&work);
    assert_eq!(left.len(), 1);

    // Another experiment of the same samples has a run of its own.
    work.run("experiment run sim/experiment.tsv --quiet --out other --on threads")
        .refused_in_other_words(1, &["1 of 4 results could not be measured"]);
    assert_eq!(runs(&work).len(), 2);

    // Commands of annotations say what it is.
    let place = left[0].to_str().unwrap();
    for command in ["status", "resume", "wait"] {
        work.run(&format!("{command} {place}"))
            .refused_in_other_words(1, &["it measures ions for an experiment"]);
    }

    // A task that is none of the plan's, and a plan that is another's.
    let task = |task: u32, from: u32| {
        let run = left[0].file_name().unwrap().to_str().unwrap();
        let store = work.path(".metaspace");
        json!({ "format": 5, "store": store, "run": run, "stage": "measure", "task": task, "from": from, "to": from + 1 })
    };
    for (number, from) in [(9, 9), (1, 2)] {
        work.write("task.json", task(number, from).to_string());
        work.run("worker task.json").refused_in_other_words(
            1,
            &[&format!("measure {number} is refused"), "no such task"],
        );
    }
    let plan = left[0].join("plan.json");
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, text.replace("\"amounts\"", "\"images\"")).unwrap();
    work.write("task.json", task(1, 1).to_string());
    work.run("worker task.json")
        .refused_in_other_words(1, &["its content is not what the run is named by"]);

    work.write(images, &whole);
    let again = work.run(line).exited(0);
    assert!(
        again.stderr.contains("measure: 1 task,"),
        "{}",
        again.stderr
    );
    assert_eq!(runs(&work).len(), 1);
    assert!(!left[0].exists());
    work.run("experiment run sim/experiment.tsv --quiet --out here")
        .succeeded();
    work.assert_same_experiment("here", "experiment");
}

#[test]
fn results_of_a_store_are_measured_with_their_regions() {
    let (work, server) = (annotated(), Server::s3());
    let run = |line: &str| {
        let mut command = work.command(line);
        let output = server.name_to(&mut command).output().unwrap();
        Finished::new(line, &output)
    };
    let mut rows = String::from("results\tregion\tcondition\n");
    for name in ["control-1", "control-2", "treated-1", "treated-2"] {
        run(&format!(
            "annotate sim/{name}/{name}.imzML --quiet --no-coloc --keep-peaks --out s3://lab/{name}"
        ))
        .succeeded();
        let (condition, _) = name.split_once('-').unwrap();
        let region = if name == "control-1" {
            "left"
        } else {
            "tissue"
        };
        rows.push_str(&format!("s3://lab/{name}\t{region}\t{condition}\n"));
    }
    // A region that was drawn lies beside the results.
    let settings = [
        ("aws_endpoint_url", server.endpoint.as_str()),
        ("aws_access_key_id", ACCESS_KEY),
        ("aws_secret_access_key", SECRET_KEY),
        ("aws_region", "us-east-1"),
    ];
    let place = Location::parse("s3://lab/control-1").unwrap();
    let store = Store::open_with(&place, &settings).unwrap();
    store.put("regions.geojson", LEFT_HALF).unwrap();
    work.write("there.tsv", rows.clone());
    run("experiment run there.tsv --quiet --out here").succeeded();
    run("experiment run there.tsv --quiet --out tasks --on threads").succeeded();
    work.assert_same_experiment("here", "tasks");
    assert!(!work.path(".metaspace").exists());

    // What a worker elsewhere could not reach is refused before anything is read.
    work.write("mixed.tsv", rows + "sim/results/control-1\t\tcontrol\n");
    for (options, parts) in [
        (
            "--on threads --work s3://lab/work",
            ["--work", "sim/results/control-1` must be in S3 too"],
        ),
        ("--on lambda", ["--on", "must be in S3 too"]),
        ("--on nowhere", ["--on", "must be threads, lambda or slurm"]),
    ] {
        run(&format!(
            "experiment run mixed.tsv --quiet --out mixed {options}"
        ))
        .refused_in_other_words(1, &parts);
    }
    run("experiment run there.tsv --quiet --out local --on lambda --work here")
        .refused_in_other_words(1, &["--work", "must be in S3 for Lambda to reach it"]);
}
