//! A run as tasks: the same bytes as a run in one piece, whatever does the tasks and however they
//! are cut.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tests::program::{Finished, WorkingFolder};
use tests::server::Server;

/// Options under which a run has several tasks of every kind.
const CUT: &str = "--task-size 1 --spectra ordered";

/// A work with a tissue, annotated in one piece.
fn annotated() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    work.run("annotate tissue/demo.imzML --quiet --out whole")
        .succeeded();
    work
}

fn submit(work: &WorkingFolder, out: &str, options: &str) -> Value {
    let line = format!("submit tissue/demo.imzML --quiet --json --out {out} {options}");
    work.run(&line).json()[0].clone()
}

#[test]
fn a_slash_at_the_end_of_out_changes_nothing() {
    let work = annotated();
    work.run("annotate tissue/demo.imzML --quiet --out one/")
        .succeeded();
    work.run("submit tissue/demo.imzML --quiet --out two/")
        .succeeded();
    for folder in ["one", "two"] {
        work.assert_same("whole", folder);
    }
    let plan = work.run("plan tissue/demo.imzML --quiet --json --out three/");
    let results = plan.json()["plan"]["results"].as_str().unwrap().to_owned();
    assert!(results.ends_with("/three"), "{results}");
}

/// S3, once for all tests of this file.
fn s3() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::s3)
}

/// Runs a command line with S3 at hand.
fn with_s3(work: &WorkingFolder, line: &str) -> Finished {
    let mut command = work.command(line);
    let output = s3().name_to(&mut command).output().unwrap();
    Finished::new(line, &output)
}

/// Copies between a work and S3 through the program's own store.
fn copy_to_s3(work: &WorkingFolder, bucket: &str) {
    for name in ["demo.imzML", "demo.ibd"] {
        let store = store(bucket);
        store
            .put(name, work.read(&format!("tissue/{name}")))
            .unwrap();
    }
}

fn store(bucket: &str) -> metaspace_storage::Store {
    let pairs = [
        ("aws_endpoint_url", s3().endpoint.as_str()),
        ("aws_access_key_id", tests::server::ACCESS_KEY),
        ("aws_secret_access_key", tests::server::SECRET_KEY),
    ];
    let location = metaspace_storage::Location::parse(&format!("s3://{bucket}")).unwrap();
    metaspace_storage::Store::open_with(&location, &pairs).unwrap()
}

/// Brings results from S3 to the work.
fn fetch(work: &WorkingFolder, bucket: &str, folder: &str) {
    let store = store(bucket);
    fs::create_dir(work.path(folder)).unwrap();
    for key in store.list(&format!("{folder}/")).unwrap() {
        work.write(&key, store.get(&key).unwrap());
    }
}

#[test]
fn tasks_of_any_size_give_the_bytes_of_one_piece() {
    let work = annotated();
    let n_tasks = |out: &str| {
        let record = work.json(&format!("{out}/run.json"));
        let stages = record["tasks"]["n_tasks"].as_array().unwrap().clone();
        stages
            .iter()
            .map(|stage| stage[1].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(submit(&work, "few", "--threads 1")["state"], "complete");
    assert_eq!(
        submit(
            &work,
            "direct",
            "--threads 3 --task-size 2 --spectra direct"
        )["state"],
        "complete"
    );
    assert_eq!(
        submit(&work, "many", &format!("--threads 2 {CUT}"))["state"],
        "complete"
    );
    assert!(n_tasks("few") < n_tasks("direct") && n_tasks("direct") < n_tasks("many"));
    for other in ["few", "direct", "many"] {
        work.assert_same("whole", other);
    }
    let (whole, tasks) = (work.json("whole/run.json"), work.json("many/run.json"));
    for field in ["settings", "databases", "warnings"] {
        assert_eq!(whole[field], tasks[field], "{field}");
    }
    for count in [
        "n_ions",
        "n_searched",
        "n_evaluated",
        "n_annotations",
        "n_image_pixels",
    ] {
        assert_eq!(whole["counts"][count], tasks["counts"][count], "{count}");
    }
}

#[test]
fn each_table_and_adduct_may_be_ranked_by_a_task() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    work.write("all.tsv", datasets::molecules::builtin_tsv());
    work.write(
        "sugar.tsv",
        "id\tname\tformula\nS\tsugar\tC6H12O6\nN\tnothing\tC30H40F9\n",
    );
    for score in ["msm", "adaptive"] {
        let options = format!("--database all.tsv --targeted sugar.tsv --score {score}");
        let line = format!("annotate tissue/demo.imzML --quiet --force --out whole {options}");
        work.run(&line).succeeded();
        submit(&work, score, &format!("--threads 2 {CUT} {options}"));
        work.assert_same("whole", score);
        let (whole, tasks) = (
            work.json("whole/run.json"),
            work.json(&format!("{score}/run.json")),
        );
        let n_tasks = tasks["tasks"]["n_tasks"].as_array().unwrap();
        // Two tables, and the three adducts of the positive mode.
        assert!(n_tasks.contains(&json!(["fdr", 6])), "{n_tasks:?}");
        for field in ["decoys", "adaptive_score"] {
            assert_eq!(whole[field], tasks[field], "{field}");
        }
        let has_learned = tasks["adaptive_score"]["weights"]
            .as_array()
            .is_some_and(|w| !w.is_empty());
        assert_eq!(
            has_learned,
            score == "adaptive",
            "{}",
            tasks["adaptive_score"]
        );
    }
}

#[test]
fn images_too_large_to_be_compared_are_scaled_down_where_they_are_drawn() {
    let work = annotated();
    // The last pixel lies far off, so that the bounding box is as large as may be believed.
    let xml = String::from_utf8(work.read("tissue/demo.imzML")).unwrap();
    let far = |xml: &str, accession: &str, place: u32| {
        let at = xml.rfind(accession).unwrap();
        let value = at + xml[at..].find("value=\"").unwrap() + 7;
        let end = value + xml[value..].find('"').unwrap();
        format!("{}{place}{}", &xml[..value], &xml[end..])
    };
    let xml = far(&far(&xml, "IMS:1000050", 3_450), "IMS:1000051", 2_850);
    work.write("tissue/demo.imzML", xml);
    work.run("annotate tissue/demo.imzML --quiet --out whole --force")
        .succeeded();
    let warnings = work.json("whole/run.json")["warnings"].to_string();
    assert!(warnings.contains("scaled down"), "{warnings}");
    submit(&work, "tasks", &format!("--threads 2 {CUT}"));
    work.assert_same("whole", "tasks");
    assert_eq!(
        work.json("tasks/run.json")["warnings"].to_string(),
        warnings
    );
}

#[test]
fn the_plan_is_the_same_whoever_follows_it() {
    let work = annotated();
    let plan = |threads: u32| {
        work.run(&format!(
            "plan tissue/demo.imzML --json --quiet --out x --threads {threads}"
        ))
        .json()
    };
    assert_eq!(plan(1), plan(8));
    let text = work.run("plan tissue/demo.imzML --quiet").succeeded();
    assert_eq!(text, "");
    let text = work.run("plan tissue/demo.imzML").succeeded();
    for word in [
        "ions",
        "rank",
        "images",
        "colocalize",
        "merge",
        "together",
        "GB-seconds",
        "2026",
    ] {
        assert!(text.contains(word), "no `{word}` in {text}");
    }
}

#[test]
fn data_and_results_in_s3_change_nothing() {
    let work = annotated();
    copy_to_s3(&work, "same");
    with_s3(
        &work,
        "annotate s3://same/demo.imzML --quiet --out s3://same/annotated",
    )
    .succeeded();
    let line = format!("submit s3://same/*.imzML --quiet --out s3://same/tasks/ {CUT}");
    with_s3(&work, &line).succeeded();
    fetch(&work, "same", "annotated");
    work.assert_same("whole", "annotated");
    let store = store("same");
    fs::create_dir(work.path("tasks")).unwrap();
    for key in store.list("tasks/demo/").unwrap() {
        let name = key.rsplit('/').next().unwrap();
        work.write(&format!("tasks/{name}"), store.get(&key).unwrap());
    }
    work.assert_same("whole", "tasks");
    let again = "annotate s3://same/demo.imzML --quiet --out s3://same/annotated";
    with_s3(&work, again).refused(1, &["s3://same/annotated", "--force"]);
    with_s3(&work, "annotate s3://same/none.imzML").refused(1, &["s3://same/none.imzML"]);
    with_s3(&work, "annotate s3://same//demo.imzML").refused(1, &["no place in S3"]);
}

#[test]
fn a_run_is_taken_up_where_it_was_left() {
    let work = annotated();
    let state = submit(&work, "out", CUT);
    let run = state["run"].as_str().unwrap().to_owned();
    let status = work.run(&format!("status {run} --json")).json();
    assert_eq!(status["state"], "complete");
    work.run(&format!("wait {run}")).succeeded();
    assert_eq!(
        submit(&work, "out", CUT)["run"],
        run.as_str(),
        "the same plan is the same run"
    );

    // Results that were taken away are made again.
    fs::rename(work.path("out"), work.path("away")).unwrap();
    work.run(&format!("resume {run} --quiet")).succeeded();
    work.assert_same("out", "away");

    // A cancelled run does nothing until it is resumed.
    fs::remove_dir_all(work.path("out")).unwrap();
    work.run(&format!("cancel {run}")).succeeded();
    let status = work.run(&format!("status {run}")).exited(3);
    assert!(status.stdout.contains("cancelled"), "{}", status.stdout);
    work.run(&format!("resume .metaspace/runs/{run} --quiet --threads 2"))
        .succeeded();
    work.assert_same("whole", "out");
}

/// A plan as it was published, to be done by single workers.
fn published(work: &WorkingFolder, out: &str) -> (String, Vec<Value>) {
    let run = submit(work, out, CUT)["run"].as_str().unwrap().to_owned();
    fs::remove_dir_all(work.path(out)).unwrap();
    let plan = work.json(&format!(".metaspace/runs/{run}/plan.json"));
    let mut tasks = Vec::new();
    for stage in plan["stages"].as_array().unwrap() {
        let name = stage["stage"].as_str().unwrap();
        drop(fs::remove_dir_all(
            work.path(&format!(".metaspace/runs/{run}/{name}")),
        ));
        let cuts = stage["cuts"].as_array().unwrap();
        for (i, cut) in cuts.windows(2).enumerate() {
            let store = work.path(".metaspace");
            tasks.push(
                json!({ "format": 5, "store": store, "run": run, "stage": name,
                "task": i, "from": cut[0], "to": cut[1] }),
            );
        }
    }
    (run, tasks)
}

#[test]
fn workers_do_one_task_each_in_any_order_and_twice() {
    let work = annotated();
    let (run, tasks) = published(&work, "out");
    for (i, task) in tasks.iter().enumerate() {
        work.write(&format!("{i}.json"), task.to_string());
    }
    let of_stage = |name: &str| -> Vec<usize> {
        (0..tasks.len())
            .filter(|&i| tasks[i]["stage"] == name)
            .collect()
    };
    for stage in [
        "spectra",
        "ions",
        "fdr",
        "rank",
        "images",
        "colocalize",
        "merge",
    ] {
        let mut order = of_stage(stage);
        order.reverse();
        for i in order {
            let report = work.run(&format!("worker {i}.json --json")).json()[0].clone();
            assert_eq!(
                (&report["stage"], &report["task"]),
                (&tasks[i]["stage"], &tasks[i]["task"])
            );
            // Done twice: without its report, it is done as if never before.
            let key = format!(
                ".metaspace/runs/{run}/{stage}/{:05}.json",
                report["task"].as_u64().unwrap()
            );
            fs::remove_file(work.path(&key)).unwrap();
            work.run(&format!("worker {i}.json --quiet")).succeeded();
        }
    }
    work.assert_same("whole", "out");
}

#[test]
fn a_task_reports_what_it_tolerated() {
    let work = annotated();
    let mut ibd = work.read("tissue/demo.ibd");
    let last = ibd.len() - size_of::<f32>();
    ibd[last..].fill(0);
    work.write("tissue/demo.ibd", ibd);
    let run = submit(&work, "out", CUT)["run"]
        .as_str()
        .unwrap()
        .to_owned();
    let folder = format!(".metaspace/runs/{run}/spectra");
    let is_report = |name: &String| Path::new(name).extension().is_some_and(|e| e == "json");
    let reports = work.names(&folder).into_iter().filter(is_report);
    let told: Vec<Value> = reports
        .map(|name| work.json(&format!("{folder}/{name}"))["warnings"].clone())
        .collect();
    let told: Vec<&Value> = told.iter().filter(|told| !told.is_null()).collect();
    assert_eq!(
        told,
        [&json!(["1 point of intensity 0 or less was left out"])]
    );
    let warnings = work.json("out/run.json")["warnings"].to_string();
    assert!(warnings.contains("1 point of intensity 0"), "{warnings}");
}

#[test]
fn plans_and_tasks_are_not_believed() {
    let work = annotated();
    let (run, tasks) = published(&work, "out");
    let refused = |task: &Value, parts: &[&str]| {
        work.write("task.json", task.to_string());
        work.run("worker task.json").refused(1, parts);
    };
    let with = |name: &str, value: Value| {
        let mut task = tasks[0].clone();
        task[name] = value;
        task
    };
    refused(&with("format", json!(1)), &["format 1"]);
    refused(&with("run", json!("../../../etc")), &["no id"]);
    refused(&with("stage", json!("shell")), &["cannot understand"]);
    refused(&with("command", json!("ls")), &["unknown field"]);
    refused(&with("task", json!(4_000_000)), &["no such task"]);
    refused(&with("to", json!(1_000_000)), &["no such task"]);
    refused(&with("from", json!(9_999_999)), &["do not ascend"]);
    refused(&with("run", json!("0123456789abcdef")), &["there is no"]);

    // A plan that was changed is not the run's; one that is named rightly is checked all the same.
    let path = format!(".metaspace/runs/{run}/plan.json");
    let plan = String::from_utf8(work.read(&path)).unwrap();
    let change = |from: &str, to: &str, parts: &[&str]| {
        assert!(plan.contains(from), "{from} in {plan}");
        let changed = plan.replacen(from, to, 1);
        work.write(&path, &changed);
        refused(&tasks[0], &["not what the run is named by"]);
        let id = metaspace_run::plan::run_id(changed.as_bytes());
        fs::create_dir_all(work.path(&format!(".metaspace/runs/{id}"))).unwrap();
        work.write(&format!(".metaspace/runs/{id}/plan.json"), &changed);
        refused(&with("run", json!(id)), parts);
    };
    let results = format!("\"results\":\"{}", work.path("out").display());
    change(&results, "\"results\":\"/elsewhere", &["beside"]);
    change(
        "\"memoryMb\":1769",
        "\"memoryMb\":999999",
        &["no worker has so much"],
    );
    change("\"stage\":\"rank\"", "\"stage\":\"ions\"", &["stages"]);
    change("\"cuts\":[0,", "\"cuts\":[1,", &["cuts"]);
    change("\"format\":5", "\"format\":7", &["format 7"]);
    change(
        "\"program\":\"metaspace ",
        "\"program\":\"metaspace 9",
        &["same program"],
    );
}

#[test]
fn damaged_parts_are_told_and_never_believed() {
    let work = annotated();
    let (run, tasks) = published(&work, "out");
    for (i, task) in tasks.iter().enumerate() {
        work.write(&format!("{i}.json"), task.to_string());
    }
    let folder = |stage: &str| format!(".metaspace/runs/{run}/{stage}");
    // The largest part of a kind that a stage has written.
    let part = |stage: &str, kind: &str| {
        let names = work.names(&folder(stage)).into_iter();
        let parts = names.filter(|name| name.contains('-') && name.ends_with(kind));
        let path = |name: String| format!("{}/{name}", folder(stage));
        parts
            .map(path)
            .max_by_key(|path| work.read(path).len())
            .unwrap()
    };
    let first = |stage: &str| {
        tasks
            .iter()
            .position(|task| task["stage"] == stage)
            .unwrap()
    };
    let damaged = |path: &str, at: usize, stage: &str, words: &[&str]| {
        let good = work.read(path);
        let mut bad = good.clone();
        bad[at] ^= 1;
        work.write(path, &bad);
        work.run(&format!("worker {}.json", first(stage)))
            .refused(1, words);
        work.write(path, &good);
    };
    // What each stage has of those before it, and what is said of it when it is damaged.
    let parts = [
        ("spectra", "run", "ions", ""),
        ("ions", "metrics.parquet", "fdr", "content"),
        ("fdr", "found.parquet", "rank", "content"),
        ("fdr", "candidates.parquet", "rank", "content"),
        ("fdr", "learned.json", "rank", "content"),
        ("rank", "imaged.json", "images", "content"),
        ("rank", "annotations.parquet", "colocalize", "content"),
        ("images", "images.parquet", "merge", "content"),
        ("spectra", "census", "merge", "content"),
        ("ions", "mean.parquet", "merge", "content"),
        ("rank", "ion_metrics.parquet", "merge", "content"),
        ("rank", "ranked.json", "merge", "content"),
        ("colocalize", "partners.parquet", "merge", "content"),
        ("colocalize", "scores.parquet", "merge", "content"),
    ];
    let mut n_done = 0;
    for (maker, kind, reader, said) in parts {
        for i in n_done..first(reader) {
            work.run(&format!("worker {i}.json --quiet")).succeeded();
        }
        n_done = n_done.max(first(reader));
        let path = part(maker, kind);
        let name = path.rsplit('/').next().unwrap();
        if said.is_empty() {
            damaged(&path, 7, reader, &[name, "does not begin"]);
        } else {
            damaged(&path, work.read(&path).len() / 3, reader, &[name, said]);
        }
        let good = work.read(&path);
        work.write(&path, &good[..good.len().min(1_000) / 2]);
        work.run(&format!("worker {}.json", first(reader)))
            .refused(1, &[name]);
        work.write(&path, &good);
    }
    damaged(
        &format!(".metaspace/runs/{run}/raster.bin"),
        5,
        "merge",
        &["raster.bin", "content"],
    );
    // A report is believed as little: it names what is a part of the task, or nothing.
    let path = format!("{}/00000.json", folder("rank"));
    let good = work.read(&path);
    let mut report: Value = serde_json::from_slice(&good).unwrap();
    report["parts"][0]["content"] = json!("../../../elsewhere");
    work.write(&path, report.to_string());
    let merge = format!("worker {}.json", tasks.len() - 1);
    work.run(&merge)
        .refused(1, &["rank/00000.json", "names no part"]);
    assert!(!work.path("out").exists());
    work.write(&path, &good);
    work.run(&format!("{merge} --quiet")).succeeded();
    work.assert_same("whole", "out");
}

#[test]
fn one_dataset_that_fails_stops_no_other() {
    let work = annotated();
    fs::create_dir(work.path("bad")).unwrap();
    work.write("bad/bad.imzML", "no XML");
    work.write("bad/bad.ibd", "no peaks");
    work.simulate("other", "--width 12 --height 10 --seed 5");
    let line = "submit tissue/demo.imzML other/demo.imzML --out batch";
    work.run(line)
        .refused(1, &["tissue/demo.imzML", "other/demo.imzML", "batch/demo"]);
    for extension in ["imzML", "ibd"] {
        let place = |name: &str| work.path(&format!("other/{name}.{extension}"));
        fs::rename(place("demo"), place("second")).unwrap();
    }
    let line =
        "submit tissue/demo.imzML bad/bad.imzML other/second.imzML --quiet --json --out batch";
    let refused = work.run(line).exited(3);
    let states: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(
        (&states[0]["state"], &states[1]["state"]),
        (&json!("complete"), &json!("failed"))
    );
    assert_eq!(states[2]["state"], "complete");
    assert!(states[1]["detail"].as_str().unwrap().contains("bad.imzML"));
}

#[test]
fn engines_and_options_that_make_no_sense_are_refused() {
    let work = WorkingFolder::default();
    work.run("submit x.imzML --on mainframe")
        .refused(1, &["--on", "threads"]);
    work.run("submit x.imzML --task-size 0")
        .refused(1, &["--task-size"]);
    work.run("submit x.imzML --spectra upwards")
        .refused(1, &["--spectra"]);
    work.run("submit").refused(2, &["DATASET"]);
    work.run("status 0123456789abcdef")
        .refused(1, &["no run", ".metaspace/runs"]);
}
