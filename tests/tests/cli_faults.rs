//! Runs as tasks among faults: what ends has the same bytes, and what does not end can be resumed.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::time::Duration;

use metaspace_storage::{Location, Store};
use tests::program::{Finished, WorkingFolder};
use tests::proxy::Proxy;
use tests::server::{ACCESS_KEY, SECRET_KEY, Server};

/// Workers killed.
const N_KILLS: u64 = 100;

fn annotated() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    work.run("annotate tissue/demo.imzML --quiet --out whole")
        .succeeded();
    work
}

fn store(server: &Server) -> Store {
    let settings = [
        ("aws_endpoint_url", server.endpoint.as_str()),
        ("aws_access_key_id", ACCESS_KEY),
        ("aws_secret_access_key", SECRET_KEY),
    ];
    Store::open_with(&Location::parse("s3://lab").unwrap(), &settings).unwrap()
}

#[track_caller]
fn assert_same_in_store(work: &WorkingFolder, store: &Store, folder: &str) {
    for name in work
        .names("whole")
        .iter()
        .filter(|name| *name != "run.json")
    {
        let found = store.get(&format!("{folder}/{name}")).unwrap();
        assert!(
            found == work.read(&format!("whole/{name}")),
            "{folder}/{name} differs"
        );
    }
}

/// A run with S3 at an endpoint, which may be a proxy's.
fn run_at(work: &WorkingFolder, server: &Server, endpoint: &str, line: &str) -> Finished {
    let mut command = work.command(line);
    let output = server
        .name_to(&mut command)
        .env("AWS_ENDPOINT_URL", endpoint)
        .output()
        .unwrap();
    Finished::new(line, &output)
}

#[test]
fn errors_resets_and_short_answers_of_s3_change_nothing() {
    let (work, server) = (annotated(), Server::s3());
    let store = store(&server);
    for name in ["demo.imzML", "demo.ibd"] {
        store
            .put(name, work.read(&format!("tissue/{name}")))
            .unwrap();
    }
    let proxy = Proxy::start(&server.endpoint, 4);
    let line =
        "submit s3://lab/demo.imzML --quiet --out s3://lab/out --task-size 4 --spectra ordered";
    run_at(&work, &server, &proxy.endpoint, line).succeeded();
    assert_same_in_store(&work, &store, "out");
    let (n_requests, n_spoilt) = proxy.counts();
    assert!(
        n_spoilt > 20 && n_spoilt < n_requests,
        "{n_spoilt} of {n_requests} were spoilt"
    );
}

#[test]
fn a_server_that_ignores_conditions_changes_nothing() {
    let (work, server) = (annotated(), Server::s3_without_conditions());
    fs::create_dir(server.folder().join("lab")).unwrap();
    let store = store(&server);
    for name in ["demo.imzML", "demo.ibd"] {
        store
            .put(name, work.read(&format!("tissue/{name}")))
            .unwrap();
    }
    let line =
        "submit s3://lab/demo.imzML --quiet --out s3://lab/out --task-size 4 --spectra ordered";
    run_at(&work, &server, &server.endpoint, line).succeeded();
    assert_same_in_store(&work, &store, "out");
}

#[test]
fn killed_at_any_moment_a_run_is_taken_up_and_nothing_is_half_there() {
    let work = annotated();
    let line =
        "submit tissue/demo.imzML --quiet --out out --task-size 2 --spectra ordered --threads 2";
    let (mut n_complete, mut n_killed) = (0, 0);
    for i in 0..N_KILLS {
        let mut child = work.start(line);
        std::thread::sleep(Duration::from_millis(i * 37 % 400));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        n_killed += u64::from(!status.success());
        if work.path("out").exists() {
            // Whatever is there under its name is complete.
            work.assert_same("whole", "out");
            n_complete += 1;
            fs::remove_dir_all(work.path("out")).unwrap();
            fs::remove_dir_all(work.path(".metaspace")).unwrap();
        }
    }
    assert!(
        n_killed > N_KILLS / 2,
        "{n_killed} were killed, {n_complete} runs were complete"
    );
    work.run(line).succeeded();
    work.assert_same("whole", "out");
}
