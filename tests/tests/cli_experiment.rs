//! `metaspace experiment`, `enrich` and `simulate-experiment`.

use std::fs;
use std::process::Command;

use tests::http::Server;
use tests::program::{Finished, WorkingFolder, program_path, run_python};
use tests::server::Server as S3;

/// A simulated experiment in `sim`, of tissues of few pixels, each annotated to `sim/results`.
fn annotated(n_replicates: u32, options: &str) -> WorkingFolder {
    let work = WorkingFolder::default();
    work.annotate_experiment(
        "sim",
        n_replicates,
        &format!("--width 20 --height 16 {options}"),
    );
    work
}

#[test]
fn numbers_are_those_of_scipy_statsmodels_and_limma() {
    let work = annotated(4, "--molecules 120");
    for (name, options) in [
        ("moderated", ""),
        ("blocked", "--block batch"),
        ("welch", "--test welch"),
        ("wilcoxon", "--test wilcoxon"),
    ] {
        let line = format!("experiment run sim/experiment.tsv --quiet --out {name} {options}");
        work.run(&line).succeeded();
    }
    work.run("enrich sim/results/control-1 --quiet --out annotated.csv")
        .succeeded();
    let table: Vec<String> = datasets::molecules::builtin()
        .into_iter()
        .map(|molecule| {
            format!(
                "{}\t{}\t{}\t{}",
                molecule.id, molecule.name, molecule.formula, molecule.class
            )
        })
        .collect();
    work.write(
        "table.tsv",
        format!("id\tname\tformula\tclass\n{}\n", table.join("\n")),
    );
    // Without their datasets, ions that two samples have no image of are missing.
    for name in ["control-2", "treated-3"] {
        fs::remove_file(work.path(&format!("sim/{name}/{name}.ibd"))).unwrap();
    }
    let said = work
        .run("experiment run sim/experiment.tsv --out missing")
        .succeeded();
    assert!(said.contains("amounts missing"), "{said}");
    assert!(
        said.contains("`control-2`: ") && said.contains("--spectra DIR"),
        "{said}"
    );
    run_python("check_experiment.py", &work.path(""));
}

#[test]
fn an_experiment_says_what_it_found_and_leaves_a_report() {
    let work = annotated(
        3,
        "--molecules 150 --effect Phosphatidylcholine=4 --donor-sigma 0.1 --batch-sigma 0.1",
    );
    work.run("experiment new --results sim/results/control-1 sim/results/treated-1 --out new.tsv")
        .matches_snapshot();
    work.run(
        "experiment new --results sim/results/control-1 sim/results/control-1/ --out twice.tsv",
    )
    .refused(1, &["`sim/results/control-1/` is given twice"]);
    let run = work.run("experiment run sim/experiment.tsv --threads 1");
    let text = run.succeeded();
    assert!(
        text.contains("treated against control, 3 against 3 replicates"),
        "{text}"
    );
    assert!(text.contains("class: Phosphatidylcholine"), "{text}");
    let record = work.json("experiment/experiment.json");
    assert_eq!(record["nMissing"], 0, "{record}");
    let more = record["contrasts"][0]["nClaimed"][0].as_u64().unwrap();
    assert!(more > 5, "{record}");
    let html = String::from_utf8(work.read("experiment/report.html")).unwrap();
    for part in [
        "Volcano plot",
        "Heat map",
        "Box plots",
        "Principal components",
        "Enriched terms",
        "Images of",
    ] {
        assert!(html.contains(part), "{part}");
    }
    for reference in ["http://", "https://", "<script"] {
        let there: Vec<&str> = html
            .match_indices(reference)
            .map(|(at, _)| &html[at..at + 40])
            .collect();
        let elsewhere = there
            .iter()
            .filter(|text| !text.starts_with("http://www.w3.org/2000/svg"));
        assert_eq!(elsewhere.count(), 0, "{there:?}");
    }
    run_python("check_experiment_page.py", &work.path("experiment"));
    // The same bytes for any number of threads.
    work.run("experiment run sim/experiment.tsv --threads 2 --quiet --out other")
        .succeeded();
    for file in [
        "matrix.parquet",
        "contrasts.parquet",
        "enrichment.parquet",
        "report.html",
    ] {
        assert!(
            work.read(&format!("experiment/{file}")) == work.read(&format!("other/{file}")),
            "{file}"
        );
    }
    // It is served with its datasets.
    let server = Server::start(&work, "experiment");
    let answer = server.json("/api/v1/datasets");
    assert_eq!(answer["experiments"], serde_json::json!(["experiment"]));
    assert_eq!(answer["datasets"].as_array().unwrap().len(), 6);
    let page = server.get("/api/v1/experiments/experiment");
    assert_eq!(page.body, html.as_bytes());
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("style-src 'unsafe-inline'"), "{policy}");
    server
        .get("/api/v1/experiments/other")
        .refused(404, "unknown-dataset");
    drop(server);
    // Enrichment of the folder is that of the run.
    let ranked = work.run("enrich experiment --ranked --json").json();
    let stored = String::from_utf8(work.read("experiment/enrichment.csv")).unwrap();
    let first = &ranked["enriched"][0]["terms"][0];
    let line = stored.lines().find(|line| line.contains("ranked")).unwrap();
    assert!(line.contains(first["term"].as_str().unwrap()), "{line}");
    let p: f64 = line.rsplit(',').nth(1).unwrap().parse().unwrap();
    assert!(
        (p - first["p"].as_f64().unwrap()).abs() < 1e-15,
        "{line} {first}"
    );
    work.write("terms.csv", "term,molecule\nlipids,PC(34:1)\nlipids,PC 36:2\nlipids,PC 38:4\nlipids,nobody\nsugars,Glucose\n");
    let own = work
        .run("enrich experiment --ranked --terms terms.csv --json")
        .json();
    assert_eq!(own["members"], 5);
    assert!(own["unmatchedMembers"].as_u64().unwrap() >= 1, "{own}");
}

#[test]
fn an_ion_without_an_image_is_measured_from_kept_peaks_or_from_the_dataset() {
    let work = annotated(1, "--molecules 60");
    work.run("experiment run sim/experiment.tsv --quiet --out of-datasets")
        .succeeded();
    for name in ["control-1", "treated-1"] {
        let line = format!(
            "annotate sim/{name}/{name}.imzML --quiet --no-coloc --force --keep-peaks --out sim/results/{name}"
        );
        work.run(&line).succeeded();
    }
    let text = work
        .run("experiment run sim/experiment.tsv --out of-peaks")
        .succeeded();
    // One replicate of each: fold changes, and no p.
    assert!(text.contains("has one replicate"), "{text}");
    let matrix =
        |folder: &str| String::from_utf8(work.read(&format!("{folder}/matrix.csv"))).unwrap();
    assert_eq!(matrix("of-datasets"), matrix("of-peaks"));
    let cells: Vec<String> = matrix("of-peaks")
        .lines()
        .skip(1)
        .flat_map(|line| {
            line.rsplitn(3, ',')
                .take(2)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(
        cells.iter().all(|cell| cell.parse::<f64>().is_ok()),
        "absence is a number"
    );
    let contrasts = String::from_utf8(work.read("of-peaks/contrasts.csv")).unwrap();
    assert!(
        contrasts.lines().nth(1).unwrap().ends_with(",,,,,,1,1"),
        "{contrasts}"
    );
}

#[test]
fn regions_are_samples_of_their_own() {
    let work = annotated(1, "--molecules 40");
    let halves = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"name":"left"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,16],[0,16],[0,0]]]}},
        {"type":"Feature","properties":{"name":"right"},"geometry":{"type":"Polygon","coordinates":[[[10,0],[20,0],[20,16],[10,16],[10,0]]]}}]}"#;
    for name in ["control-1", "treated-1"] {
        work.write(&format!("sim/results/{name}/regions.geojson"), halves);
    }
    work.run("experiment new --results sim/results/control-1 sim/results/treated-1 --out new.tsv")
        .succeeded();
    let text = String::from_utf8(work.read("new.tsv")).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    let filled: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(line, row)| match line {
            0 => row.to_owned(),
            _ if row.contains("left") => row.replacen("left\t", "left\tleft", 1),
            _ => row.replacen("right\t", "right\tright", 1),
        })
        .collect();
    work.write("filled.tsv", filled.join("\n"));
    let found = work
        .run("experiment run filled.tsv --contrast left-right --json")
        .json();
    assert_eq!(found["nSamples"], 4);
    assert_eq!(found["nResults"], 2);
    assert_eq!(
        found["contrasts"][0]["nReplicates"],
        serde_json::json!([2, 2])
    );
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let work = annotated(2, "--molecules 40");
    let rows = |rows: &[&str]| format!("results\tregion\tcondition\tbatch\n{}\n", rows.join("\n"));
    let both = [
        "sim/results/control-1\twhole\tcontrol\t1",
        "sim/results/treated-1\twhole\ttreated\t2",
    ];
    for (name, text, options, parts) in [
        (
            "twice",
            rows(&[both[0], both[0], both[1]]),
            "",
            vec!["lines 2 and 3", "delete one"],
        ),
        (
            "region",
            rows(&[both[0], "sim/results/treated-1\tcortex\ttreated\t1"]),
            "",
            vec!["no region `cortex`"],
        ),
        (
            "segment",
            rows(&[both[0], "sim/results/treated-1\tsegment:1\ttreated\t1"]),
            "",
            vec!["coloc RESULTS --segment"],
        ),
        (
            "results",
            rows(&[both[0], "sim\twhole\ttreated\t1"]),
            "",
            vec!["is not a results folder"],
        ),
        (
            "alike",
            rows(&[both[0], "sim/results/treated-1\twhole\tcontrol\t1"]),
            "",
            vec!["nothing can be compared"],
        ),
        ("empty", rows(&[]), "", vec!["no samples"]),
        (
            "blank",
            rows(&[both[0], "sim/results/treated-1\twhole\t\t1"]),
            "",
            vec!["line 3", "condition is empty"],
        ),
        (
            "contrast",
            rows(&both),
            "--contrast treated-placebo",
            vec!["no pair of conditions", "control, treated"],
        ),
        (
            "cage",
            rows(&both),
            "--block cage",
            vec!["no column `cage`"],
        ),
        (
            "welch",
            rows(&both),
            "--block batch --test welch",
            vec!["--block"],
        ),
        (
            "strict",
            rows(&both),
            "--annotation-fdr 0.00000001",
            vec!["no ion is annotated"],
        ),
        (
            "pixel",
            rows(&both),
            "--normalize median --per-pixel",
            vec!["--per-pixel"],
        ),
        (
            "ion",
            rows(&both),
            "--normalize ion=C9H9+H",
            vec!["no ion of the matrix"],
        ),
        (
            "terms",
            rows(&both),
            "--terms nowhere.gmt",
            vec!["cannot read `nowhere.gmt`"],
        ),
    ] {
        let file = format!("{name}.tsv");
        work.write(&file, text);
        work.run(&format!("experiment run {file} {options}"))
            .refused(1, &parts);
        assert!(!work.path("experiment").exists(), "{name} leaves nothing");
    }
    let confounded = rows(&[
        both[0],
        "sim/results/control-2\twhole\tcontrol\t1",
        both[1],
        "sim/results/treated-2\twhole\ttreated\t2",
    ]);
    work.write("confounded.tsv", confounded);
    work.run("experiment run confounded.tsv --block batch")
        .refused(1, &["each batch has samples of one condition"]);
    // Results of another version.
    let path = "sim/results/treated-1/run.json";
    let record = String::from_utf8(work.read(path)).unwrap();
    work.write(
        path,
        record.replace("\"schema_version\": 1", "\"schema_version\": 9"),
    );
    work.write("version.tsv", rows(&both));
    work.run("experiment run version.tsv")
        .refused(1, &["schema version 9", "newer version of the program"]);
    work.run("experiment new --results sim/results/control-1 --out twice.tsv")
        .refused(1, &["exists already"]);
    work.run("enrich sim/results/control-1 --ranked")
        .refused(1, &["--ranked", "an experiment"]);
    work.run("simulate-experiment --out other --effect Unobtainium=2")
        .refused(1, &["Unobtainium"]);
}

#[test]
fn the_commands_of_the_guide_run_one_after_the_other() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/experiments.md");
    let page = fs::read_to_string(page).unwrap();
    let commands = page.split("```sh\n").nth(1).unwrap();
    let commands = commands.split("```").next().unwrap();
    assert_eq!(commands.matches("metaspace ").count(), 6, "{commands}");
    let work = WorkingFolder::default();
    let programs = program_path().parent().unwrap().to_str().unwrap();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-e", "-c", commands])
        .current_dir(work.path(""))
        .env("METASPACE_CACHE", work.cache())
        .env("PATH", path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("class: Phosphatidylcholine"), "{text}");
}

#[test]
fn results_in_a_store_are_measured_as_those_of_a_folder() {
    let work = annotated(1, "--molecules 40");
    let store = S3::s3();
    let run = |line: &str| {
        let mut command = work.command(line);
        let output = store.name_to(&mut command).output().unwrap();
        Finished::new(line, &output)
    };
    for (folder, place) in [("here", "sim/results/"), ("there", "s3://lab/")] {
        let row = |condition| format!("{place}{condition}-1\t{condition}\n");
        let rows = ["control", "treated"].map(row).concat();
        work.write(
            &format!("{folder}.tsv"),
            format!("results\tcondition\n{rows}"),
        );
    }
    for name in ["control-1", "treated-1"] {
        run(&format!(
            "annotate sim/{name}/{name}.imzML --quiet --no-coloc --keep-peaks --out s3://lab/{name}"
        ))
        .succeeded();
    }
    for folder in ["here", "there"] {
        run(&format!(
            "experiment run {folder}.tsv --quiet --out {folder}"
        ))
        .succeeded();
    }
    for table in ["matrix.csv", "contrasts.csv", "ions.parquet"] {
        let bytes = |folder: &str| work.read(&format!("{folder}/{table}"));
        assert!(bytes("here") == bytes("there"), "{table}");
    }
    work.write(
        "missing.tsv",
        "results\tcondition\ns3://lab/none\ta\ns3://lab/nor\tb\n",
    );
    run("experiment run missing.tsv --quiet --out missing")
        .refused(1, &["`s3://lab/none` is not a results folder"]);
    run("experiment new --results s3://lab/control-1 sim/results/treated-1 --out new.tsv")
        .succeeded();
    let new = String::from_utf8(work.read("new.tsv")).unwrap();
    let lines: Vec<&str> = new.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "s3://lab/control-1\twhole\t\t\t",
            "sim/results/treated-1\twhole\t\t\t"
        ]
    );
    run("experiment new --results s3://lab/none --out other.tsv")
        .refused(1, &["`s3://lab/none` is not a results folder"]);
}
