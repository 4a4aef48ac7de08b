//! Tasks on Lambda: the real zip on an emulator that runs it, with the faults that Lambda has.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::process::Command;

use metaspace_run::plan::{Stage, read_plan};
use metaspace_storage::{Location, Store};
use serde_json::Value;
use tests::program::{Finished, WorkingFolder, link_statically, program};
use tests::server::{ACCESS_KEY, SECRET_KEY, Server};

/// A work with a tissue, annotated in one piece; and the emulator with the tissue in its S3.
struct Cloud {
    work: WorkingFolder,
    server: Server,
}

impl Cloud {
    fn new() -> Self {
        let (work, server) = (WorkingFolder::default(), Server::lambda());
        work.simulate("tissue", "--width 24 --height 20");
        work.run("annotate tissue/demo.imzML --quiet --out whole")
            .succeeded();
        let cloud = Self { work, server };
        for name in ["demo.imzML", "demo.ibd"] {
            cloud
                .store()
                .put(name, cloud.work.read(&format!("tissue/{name}")))
                .unwrap();
        }
        cloud
    }

    fn settings(&self) -> [(&str, &str); 4] {
        [
            ("aws_endpoint_url", self.server.endpoint.as_str()),
            ("aws_access_key_id", ACCESS_KEY),
            ("aws_secret_access_key", SECRET_KEY),
            ("aws_region", "us-east-1"),
        ]
    }

    fn store(&self) -> Store {
        Store::open_with(&Location::parse("s3://lab").unwrap(), &self.settings()).unwrap()
    }

    fn run(&self, line: &str) -> Finished {
        let mut command = self.work.command(line);
        let output = self.server.name_to(&mut command).output().unwrap();
        Finished::new(line, &output)
    }

    /// Deploys a program as the function of 1,769 MB.
    fn deploy(&self, program: &str, options: &str) {
        let line = format!(
            "deploy lambda --quiet --role arn:aws:iam::000000000000:role/worker --memory 1769 --program {program} {options}"
        );
        self.run(&line).succeeded();
    }

    #[track_caller]
    fn assert_same(&self, folder: &str) {
        let store = self.store();
        let mut names: Vec<String> = store
            .list(&format!("{folder}/"))
            .unwrap()
            .iter()
            .map(|key| key.rsplit('/').next().unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(names, self.work.names("whole"));
        for name in names.iter().filter(|name| *name != "run.json") {
            let found = store.get(&format!("{folder}/{name}")).unwrap();
            assert!(
                found == self.work.read(&format!("whole/{name}")),
                "{folder}/{name} differs"
            );
        }
    }
}

/// The program as `deploy/lambda/build` links it.
fn worker(work: &WorkingFolder) -> PathBuf {
    let path = work.path("bootstrap");
    link_statically(&path);
    path
}

/// Options under which a run has several tasks of most kinds.
const CUT: &str = "--task-size 4 --spectra ordered --on lambda --quiet --json";

/// The same with several of the FDR too.
const CUT_SMALL: &str = "--task-size 2 --spectra ordered --on lambda --quiet --json";

#[test]
fn lambda_gives_the_bytes_of_one_piece_and_its_faults_are_told_apart() {
    let cloud = Cloud::new();
    let bootstrap = worker(&cloud.work);
    let bootstrap = bootstrap.to_str().unwrap();

    let line = format!("submit s3://lab/demo.imzML --out s3://lab/none {CUT}");
    cloud.run(&line).refused_in_other_words(
        1,
        &["no function `metaspace-worker`", "metaspace deploy lambda"],
    );
    cloud.deploy(bootstrap, "");
    for concurrency in [1, 32] {
        let line = format!(
            "submit s3://lab/demo.imzML --out s3://lab/by{concurrency} {CUT} --concurrency {concurrency}"
        );
        assert_eq!(cloud.run(&line).json()[0]["state"], "complete");
        cloud.assert_same(&format!("by{concurrency}"));
    }

    // Nobody drives: the last task of a stage starts the next.
    let line = format!("submit s3://lab/demo.imzML --out s3://lab/chained {CUT_SMALL} --detach");
    let run = cloud.run(&line).json()[0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    cloud
        .run(&format!("wait {run} --quiet --timeout 240"))
        .succeeded();
    cloud.assert_same("chained");
    let record: Value =
        serde_json::from_slice(&cloud.store().get("chained/run.json").unwrap()).unwrap();
    assert!(
        record["tasks"]["n_tasks"]
            .to_string()
            .contains(r#"["fdr",2]"#),
        "{record}"
    );
    let left = cloud
        .store()
        .list(&format!(".metaspace/runs/{run}/"))
        .unwrap();
    assert!(
        !left
            .iter()
            .any(|key| metaspace_run::plan::is_part_key(key) && !key.contains("/nodes/"))
    );

    // Without its results it is done anew.
    let results = cloud.store().list("chained/").unwrap();
    cloud.store().delete_all(&results).unwrap();
    assert_eq!(cloud.run(&line).json()[0]["run"], *run);
    cloud
        .run(&format!("wait {run} --quiet --timeout 240"))
        .succeeded();
    cloud.assert_same("chained");

    // A function that may run once at a time has no room for the others: they wait.
    cloud.deploy(bootstrap, "--reserve 1");
    let line = format!("submit s3://lab/demo.imzML --out s3://lab/throttled {CUT} --concurrency 4");
    assert_eq!(cloud.run(&line).json()[0]["state"], "complete");
    cloud.assert_same("throttled");

    // A program that dies is told as such; the run is taken up with one that does not.
    cloud.deploy("/bin/false", "--reserve 32");
    let line = format!("submit s3://lab/demo.imzML --out s3://lab/crashed {CUT}");
    let ended: Value = serde_json::from_str(&cloud.run(&line).exited(3).stdout).unwrap();
    let (run, detail) = (
        ended[0]["run"].as_str().unwrap(),
        ended[0]["detail"].as_str().unwrap(),
    );
    assert!(detail.contains("spectra 0, 4 times"), "{detail}");
    assert!(!cloud.store().has("crashed/run.json").unwrap());
    let status = cloud.run(&format!("status {run}")).exited(3);
    assert!(status.stdout.contains("spectra 0"), "{}", status.stdout);
    cloud.deploy(bootstrap, "--reserve 32");
    cloud.run(&format!("resume {run} --quiet")).succeeded();
    cloud.assert_same("crashed");
}

#[test]
fn workers_that_are_killed_or_never_answer_lose_nothing_and_threads_help() {
    let cloud = Cloud::new();
    let bootstrap = worker(&cloud.work);
    let bootstrap = bootstrap.to_str().unwrap();

    // Killed in the middle of tasks, now and then: each is done in the end.
    let counter = cloud.work.path("processes");
    let sabotage = format!(
        "--reserve 32 --env SABOTAGE=crash --env PROGRAM={bootstrap} --env COUNTER={}",
        counter.display()
    );
    cloud.deploy(env!("CARGO_BIN_EXE_saboteur"), &sabotage);
    let line = format!("submit s3://lab/demo.imzML --out s3://lab/killed {CUT} --concurrency 1");
    assert_eq!(cloud.run(&line).json()[0]["state"], "complete");
    cloud.assert_same("killed");
    assert!(
        std::fs::metadata(&counter).unwrap().len() > 3,
        "no process was killed"
    );

    // A function that does not answer is told as such.
    cloud.deploy(
        env!("CARGO_BIN_EXE_saboteur"),
        "--reserve 32 --timeout 2 --env SABOTAGE=sleep",
    );
    let line = format!("submit s3://lab/demo.imzML --out s3://lab/late {CUT} --concurrency 1");
    let ended: Value = serde_json::from_str(&cloud.run(&line).exited(3).stdout).unwrap();
    let detail = ended[0]["detail"].as_str().unwrap();
    assert!(
        detail.contains("timed out") && detail.contains("spectra 0, 1 times"),
        "{detail}"
    );

    // Threads of this machine take what the function has no room for.
    cloud.deploy(bootstrap, "--reserve 32");
    let line = "submit s3://lab/demo.imzML --out s3://lab/shared --task-size 1 --spectra ordered --on lambda+threads --threads 2 --concurrency 1 --quiet --json";
    assert_eq!(cloud.run(line).json()[0]["state"], "complete");
    cloud.assert_same("shared");
}

#[test]
fn experiments_are_measured_where_their_results_are() {
    let cloud = Cloud::new();
    let work = &cloud.work;
    work.annotate_experiment("sim", 1, "--width 20 --height 16 --molecules 40");
    let mut rows = String::from("results\tcondition\n");
    for name in ["control-1", "treated-1"] {
        let line = format!(
            "annotate sim/{name}/{name}.imzML --quiet --no-coloc --keep-peaks --out s3://lab/{name}"
        );
        cloud.run(&line).succeeded();
        rows.push_str(&format!("s3://lab/{name}\t{name}\n"));
    }
    work.write("there.tsv", rows);
    cloud
        .run("experiment run there.tsv --quiet --out here")
        .succeeded();
    let bootstrap = worker(work);
    cloud.deploy(bootstrap.to_str().unwrap(), "");
    cloud
        .run("experiment run there.tsv --quiet --out lambda --on lambda")
        .succeeded();
    work.assert_same_experiment("here", "lambda");
    let left = cloud.store().list(".metaspace/runs/").unwrap();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn the_worker_needs_no_library_and_gives_the_same_bytes() {
    let cloud = Cloud::new();
    let worker = worker(&cloud.work);
    let parts = Command::new("readelf")
        .args(["-W", "-d", "-l"])
        .arg(&worker)
        .output()
        .unwrap();
    let parts = String::from_utf8(parts.stdout).unwrap();
    assert!(
        parts.contains("LOAD") && !parts.contains("NEEDED"),
        "{parts}"
    );
    assert!(!parts.contains("INTERP"), "{parts}");

    // A task that is to be done once more.
    let line = "submit s3://lab/demo.imzML --quiet --json --out s3://lab/static --spectra ordered";
    let run = cloud.run(line).json();
    let location = Location::parse("s3://lab/.metaspace").unwrap();
    let store = Store::open_with(&location, &cloud.settings()).unwrap();
    let run = run[0]["run"].as_str().unwrap();
    let plan = read_plan(&store, run).unwrap();
    let stage = plan.stage(Stage::Spectra).unwrap();
    let task = stage.tasks(store.location(), run).next().unwrap();
    let before = store.get(&task.report_key()).unwrap();
    store.delete(&task.report_key()).unwrap();
    cloud
        .work
        .write("task.json", serde_json::to_vec(&[&task]).unwrap());

    // The name of the server is looked up, which the C library would need modules for.
    let mut command = Command::new(&worker);
    let command = cloud
        .server
        .name_to(command.env_clear().current_dir(cloud.work.path("")));
    let endpoint = cloud.server.endpoint.replace("127.0.0.1", "localhost");
    command.env("AWS_ENDPOINT_URL", endpoint).arg("task.json");
    Finished::new("task.json", &command.output().unwrap()).succeeded();
    let parts = |report: &[u8]| serde_json::from_slice::<Value>(report).unwrap()["parts"].clone();
    let again = store.get(&task.report_key()).unwrap();
    assert_eq!(parts(&again), parts(&before));
}

/// Amazon Linux 2023, on which functions run, has this version of the GNU C library.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_program_needs_no_newer_c_library_than_lambda_has() {
    const OF_LAMBDA: u32 = 34;
    let symbols = Command::new("objdump")
        .arg("-T")
        .arg(program())
        .output()
        .unwrap();
    assert!(symbols.status.success());
    let symbols = String::from_utf8(symbols.stdout).unwrap();
    let version = |line: &str| -> Option<u32> {
        line.split_once("(GLIBC_2.")?
            .1
            .split([')', '.'])
            .next()?
            .parse()
            .ok()
    };
    let versions: Vec<(u32, &str)> = symbols
        .lines()
        .filter_map(|line| Some((version(line)?, line)))
        .collect();
    assert!(versions.len() > 100, "{} symbols", versions.len());
    let newer = versions.iter().find(|(version, _)| *version > OF_LAMBDA);
    assert_eq!(newer, None);
}
