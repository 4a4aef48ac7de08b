//! An index beyond memory: where it goes, what happens where there is no room for it, and what is
//! left of it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;
use std::time::Duration;

use tests::program::{Finished, WorkingFolder};

/// Annotates with an index that does not fit into memory.
const LINE: &str = "annotate brain/orbitrap-brain.imzML --memory 128MiB --no-coloc --out results";

/// Runs killed.
const N_KILLS: u32 = 20;

/// A dataset of 6 million peaks, and its results with the index in memory.
fn annotated() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("brain", "--preset orbitrap-brain");
    work.run("annotate brain/orbitrap-brain.imzML --memory 2GiB --no-coloc --quiet --out whole")
        .succeeded();
    work
}

/// Runs a line where no file may become larger than so many KiB, as on a disk that is full by then.
fn run_with_small_files(work: &WorkingFolder, line: &str, kib: u32) -> Finished {
    let inner = work.command(line);
    let mut command = Command::new("bash");
    command
        .arg("-c")
        // A write beyond the limit then fails, rather than that the process is ended.
        .arg(format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\""))
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(inner.get_current_dir().unwrap());
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    Finished::new(line, &command.output().unwrap())
}

#[test]
fn a_full_disk_at_any_stage_leaves_nothing() {
    let work = annotated();
    let sizes = work.names("whole").into_iter().map(|name| {
        let length = work.read(&format!("whole/{name}")).len();
        u32::try_from(length.div_ceil(1024)).unwrap()
    });
    let mut limits: Vec<u32> = sizes.filter(|kib| *kib > 8).map(|kib| kib - 1).collect();
    // The index is larger than any table; run.json and the smallest tables are not the last files.
    limits.extend([1_000, 60_000]);
    limits.sort_unstable();
    let mut said = Vec::new();
    for kib in limits {
        let finished = run_with_small_files(&work, LINE, kib).exited(1);
        assert!(
            finished.stderr.contains("File too large"),
            "{kib} KiB: {}",
            finished.stderr
        );
        assert_eq!(work.names("."), ["brain", "whole"], "{kib} KiB");
        said.push(finished.stderr);
    }
    assert!(
        said.iter().any(|text| text.contains("temporary index")),
        "{said:?}"
    );
    // In memory a table is what does not fit.
    let line = LINE.replace("128MiB", "2GiB");
    let finished = run_with_small_files(&work, &line, 1_000).exited(1);
    assert!(finished.stderr.contains(".parquet"), "{}", finished.stderr);
    assert_eq!(work.names("."), ["brain", "whole"]);
    work.run(LINE).succeeded();
    work.assert_same("whole", "results");
}

/// Runs a line where `disk` is a file system of its own of so many KiB; returns what is left on it, too.
/// Nothing where this user cannot make one.
fn run_on_small_disk(work: &WorkingFolder, line: &str, kib: u64) -> Option<(Finished, String)> {
    let inner = work.command(line);
    let mount = format!("mount -t tmpfs -o size={kib}k none disk");
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
        .arg(format!(
            "{mount} || exit 99; \"$0\" \"$@\"; code=$?; ls -A disk > left; exit $code"
        ))
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(inner.get_current_dir().unwrap());
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    std::fs::create_dir_all(work.path("disk")).unwrap();
    work.write("left", "");
    let finished = Finished::new(line, &command.output().ok()?);
    let left = String::from_utf8(work.read("left")).unwrap();
    let is_refused = finished.code == Some(99) || finished.stderr.contains("unshare");
    (!is_refused).then_some((finished, left))
}

#[test]
fn a_disk_that_is_full_at_any_stage_has_nothing_left_on_it() {
    let work = annotated();
    let results: usize = work
        .names("whole")
        .into_iter()
        .map(|name| work.read(&format!("whole/{name}")).len())
        .sum();
    let in_memory = LINE
        .replace("128MiB", "2GiB")
        .replace("results", "disk/results");
    let in_scratch = LINE.replace("results", "disk/results");
    let kib = results as u64 / 1024;
    // The tables one after another; no room for the index, and room for the index alone.
    let index_kib = 100 << 10;
    let cases = [10, 30, 50, 70, 90].map(|percent| (&in_memory, kib * percent / 100));
    let mut said = Vec::new();
    for (line, kib) in cases
        .into_iter()
        .chain([(&in_scratch, 1 << 10), (&in_scratch, index_kib)])
    {
        let Some((finished, left)) = run_on_small_disk(&work, line, kib) else {
            // Where no file system can be mounted, the limit of the size of files above stands in.
            return;
        };
        let stderr = finished.exited(1).stderr;
        assert!(
            stderr.contains("No space left on device") || stderr.contains("are free"),
            "{kib} KiB: {stderr}"
        );
        assert_eq!(left, "", "{kib} KiB: {stderr}");
        said.push(stderr);
    }
    let says = |text: &str| said.iter().filter(|said| said.contains(text)).count();
    assert!(
        says("No space left on device") >= 5 && says("are free") >= 1,
        "{said:?}"
    );
}

#[test]
fn runs_that_are_killed_leave_what_the_next_one_removes() {
    let work = annotated();
    for i in 0..N_KILLS {
        let mut child = work.start(LINE);
        std::thread::sleep(Duration::from_millis(u64::from(50 + 60 * i)));
        child.kill().unwrap();
        child.wait().unwrap();
        let left = work.names(".");
        let known = [
            ".results.lock",
            ".results.partial",
            "brain",
            "results",
            "whole",
        ];
        assert!(left.iter().all(|name| known.contains(&&**name)), "{left:?}");
        if left.contains(&"results".to_owned()) {
            // It was faster than that.
            std::fs::remove_dir_all(work.path("results")).unwrap();
        }
    }
    work.run(LINE).succeeded();
    assert_eq!(work.names("."), ["brain", "results", "whole"]);
    work.assert_same("whole", "results");
}

#[test]
fn the_folder_of_temporary_files_is_the_users() {
    let work = annotated();
    std::fs::create_dir(work.path("disk")).unwrap();
    let elsewhere = format!("{LINE} --scratch disk");
    work.run(&elsewhere).succeeded();
    assert_eq!(work.names("disk"), [""; 0]);
    work.assert_same("whole", "results");
    let line = LINE.replace("--out results", "--out other --scratch nowhere");
    work.run(&line)
        .refused_in_other_words(1, &["nowhere", "No such file"]);
    assert_eq!(work.names("."), ["brain", "disk", "results", "whole"]);
}
