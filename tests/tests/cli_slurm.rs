//! Tasks on a Slurm cluster of one node.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use serde_json::Value;
use tests::cluster::Cluster;
use tests::program::{Finished, WorkingFolder};

fn run(work: &WorkingFolder, cluster: &Cluster, line: &str) -> Finished {
    let mut command = work.command(line);
    let output = cluster.name_to(&mut command).output().unwrap();
    Finished::new(line, &output)
}

/// The node has 1,000 MB, and tasks ask for more unless told otherwise.
const CUT: &str = "--spectra ordered --on slurm --quiet --json --tasks-per-element 3 --concurrency 2 --sbatch=--mem=100M";

#[test]
fn slurm_gives_the_bytes_of_one_piece() {
    let (work, cluster) = (WorkingFolder::default(), Cluster::start());
    work.simulate("tissue", "--width 24 --height 20");
    work.run("annotate tissue/demo.imzML --quiet --out whole")
        .succeeded();

    let line = format!("submit tissue/demo.imzML --out driven --partition cpu --task-size 8 {CUT}");
    assert_eq!(run(&work, &cluster, &line).json()[0]["state"], "complete");
    work.assert_same("whole", "driven");

    // All stages are queued at once, each after the one before.
    let line = format!("submit tissue/demo.imzML --out queued --task-size 2 {CUT} --detach");
    let id = run(&work, &cluster, &line).json()[0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    run(&work, &cluster, &format!("wait {id} --quiet --timeout 240")).succeeded();
    work.assert_same("whole", "queued");

    // An element that fails is told by its own words, and only what is missing is done again.
    let ibd = work.read("tissue/demo.ibd");
    fs::rename(work.path("tissue/demo.ibd"), work.path("tissue/away")).unwrap();
    work.write("tissue/demo.ibd", &ibd);
    let line = format!(
        "submit tissue/demo.imzML --out failed --task-size 8 {CUT} --detach --sbatch=--hold"
    );
    let id = run(&work, &cluster, &line).json()[0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    work.write("tissue/demo.ibd", &ibd[..ibd.len() - 1]);
    let known: Value =
        serde_json::from_slice(&fs::read(work.cache().join(format!("runs/{id}.json"))).unwrap())
            .unwrap();
    let mut command = std::process::Command::new("scontrol");
    let first = known["jobs"][0].as_str().unwrap();
    assert!(
        cluster
            .name_to(&mut command)
            .args(["release", first])
            .status()
            .unwrap()
            .success()
    );
    let ended = run(
        &work,
        &cluster,
        &format!("wait {id} --quiet --json --timeout 240"),
    )
    .exited(3);
    let state: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(state["state"], "failed");
    let reason = state["failed"][0]["failure"]["reason"].as_str().unwrap();
    assert!(reason.contains("another length"), "{reason}");
    assert!(!work.path("failed").exists());
    run(&work, &cluster, &format!("cancel {id}")).succeeded();
    work.write("tissue/demo.ibd", &ibd);
    run(
        &work,
        &cluster,
        &format!("resume {id} --on threads --quiet"),
    )
    .succeeded();
    work.assert_same("whole", "failed");
}

#[test]
fn experiments_are_measured_on_nodes() {
    let (work, cluster) = (WorkingFolder::default(), Cluster::start());
    work.annotate_experiment("sim", 1, "--width 20 --height 16 --molecules 40");
    work.run("experiment run sim/experiment.tsv --quiet --out here")
        .succeeded();
    let line = "experiment run sim/experiment.tsv --quiet --out nodes --on slurm --partition cpu --tasks-per-element 1 --sbatch=--mem=100M";
    run(&work, &cluster, line).succeeded();
    work.assert_same_experiment("here", "nodes");
}

#[test]
fn without_slurm_it_says_so() {
    let work = WorkingFolder::default();
    let mut command = work.command("submit x.imzML --on slurm");
    let output = command.env("PATH", "").output().unwrap();
    Finished::new("submit", &output).refused_in_other_words(1, &["slurm cannot be used", "sinfo"]);
}
