//! Runs that are stopped: by Ctrl-C, or dead at once.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tests::program::{RESULTS, WorkingFolder};

/// A run that is asked to stop takes no longer.
const PROMPT: Duration = Duration::from_secs(1);

/// A line of which every stage takes a while.
const LINE: &str = "annotate brain/orbitrap-brain.imzML --out results --threads 1 --decoys all";

/// Times are measured: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A tissue, small for a run that is to succeed in the end.
fn work(options: &str) -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("brain", &format!("--preset orbitrap-brain {options}"));
    work
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits until the run has said that a stage is over; nothing if it ended before.
fn wait_for_end_of(stage: &str, stderr: &mut impl BufRead) {
    let mut said = String::new();
    while !said
        .lines()
        .last()
        .is_some_and(|line| line.starts_with(stage))
    {
        assert!(
            stderr.read_line(&mut said).unwrap() > 0,
            "ended before {stage}: {said}"
        );
    }
}

/// Waits until the folder in which a run writes is there.
fn wait_for_partial(work: &WorkingFolder, child: &mut Child) {
    while !work.path(".results.partial").exists() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "ended before it began to write"
        );
        std::thread::yield_now();
    }
}

/// Waits for the end of a run that was asked to stop; its status and what it said since.
fn wait_for_end(child: &mut Child, stderr: &mut impl Read) -> (ExitStatus, Duration, String) {
    let start = Instant::now();
    let mut said = String::new();
    // Reads to the end of the stream, which is that of the process.
    stderr.read_to_string(&mut said).unwrap();
    let status = child.wait().unwrap();
    (status, start.elapsed(), said)
}

#[test]
fn ctrl_c_stops_every_stage_and_leaves_nothing() {
    let _turn = alone();
    let work = work("");
    for stage in ["adducts:", "reading spectra", "searching ions"] {
        let mut child = work.start(LINE);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        wait_for_end_of(stage, &mut stderr);
        signal(&child, "INT");
        let (status, took, said) = wait_for_end(&mut child, &mut stderr);
        assert_eq!(status.code(), Some(130), "after {stage}: {said}");
        assert!(
            said.ends_with("stopped; nothing was left half-written\n"),
            "{said}"
        );
        assert!(took < PROMPT, "took {took:?} after {stage}");
        assert_eq!(work.names("."), ["brain"], "after {stage}");
    }
}

#[test]
fn ctrl_c_while_the_index_goes_to_disk() {
    let _turn = alone();
    let work = work("");
    let mut child = work.start(&format!("{LINE} --memory 128MiB"));
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    wait_for_partial(&work, &mut child);
    signal(&child, "INT");
    let (status, took, said) = wait_for_end(&mut child, &mut stderr);
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(took < PROMPT, "took {took:?}");
    assert_eq!(work.names("."), ["brain"]);
}

#[test]
fn ctrl_c_while_simulating() {
    let _turn = alone();
    let work = WorkingFolder::default();
    let mut child = work.start("simulate --preset bench --out tissue --threads 1");
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let has_begun = || std::fs::read_dir(work.path("tissue")).is_ok_and(|mut f| f.next().is_some());
    while !has_begun() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "ended before it began to write"
        );
        std::thread::yield_now();
    }
    signal(&child, "INT");
    let (status, took, said) = wait_for_end(&mut child, &mut stderr);
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(took < PROMPT, "took {took:?}");
    assert_eq!(work.names("tissue"), [""; 0]);
}

#[test]
fn a_run_after_a_stopped_one_succeeds() {
    let _turn = alone();
    let work = work("--width 60 --height 45");
    let mut child = work.start(LINE);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    wait_for_end_of("reading spectra", &mut stderr);
    signal(&child, "INT");
    let (status, _, said) = wait_for_end(&mut child, &mut stderr);
    assert_eq!(status.code(), Some(130), "{said}");
    work.run("annotate brain/orbitrap-brain.imzML --out results --quiet")
        .succeeded();
    assert_eq!(work.names("results"), RESULTS);
    assert_eq!(work.names("."), ["brain", "results"]);
}

#[test]
fn a_run_that_is_killed_leaves_no_results_and_the_next_cleans_up() {
    let _turn = alone();
    let work = work("--width 60 --height 45");
    let line = "annotate brain/orbitrap-brain.imzML --out results --quiet";
    let mut child = work.start(LINE);
    wait_for_partial(&work, &mut child);
    signal(&child, "KILL");
    assert_eq!(child.wait().unwrap().code(), None);
    assert_eq!(
        work.names("."),
        [".results.lock", ".results.partial", "brain"]
    );
    work.run(line).succeeded();
    assert_eq!(work.names("results"), RESULTS);
    assert_eq!(work.names("."), ["brain", "results"]);
}

#[test]
fn results_that_are_there_outlive_a_run_that_was_to_replace_them() {
    let _turn = alone();
    let work = work("--width 60 --height 45");
    work.run("annotate brain/orbitrap-brain.imzML --out results --quiet --seed 5")
        .succeeded();
    let before = work.read("results/run.json");
    for name in ["INT", "KILL"] {
        let mut child = work.start(&format!("{LINE} --force"));
        wait_for_partial(&work, &mut child);
        signal(&child, name);
        child.wait().unwrap();
        assert_eq!(work.read("results/run.json"), before);
        assert_eq!(work.names("results"), RESULTS);
    }
}

#[test]
fn two_runs_do_not_write_to_one_place() {
    let _turn = alone();
    let work = work("--width 60 --height 45");
    let mut first = work.start(LINE);
    wait_for_partial(&work, &mut first);
    signal(&first, "STOP");
    let second = work.run("annotate brain/orbitrap-brain.imzML --out results --quiet");
    signal(&first, "KILL");
    first.wait().unwrap();
    second.refused_in_other_words(1, &["another run is writing to `results`"]);
}
