//! `metaspace serve`: what it answers, to whom, and what it withstands.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::http::{Answer, Server, escaped};
use tests::program::run_python;
use tests::served::{first_ion, numbers, served, work};

const TOKEN: &str = "0123456789abcdef-token";

#[test]
fn annotations_are_filtered_sorted_and_paged() {
    let (_desk, server) = served();
    let sets = server.json("/api/v1/datasets");
    let set = &sets["datasets"][0];
    assert_eq!(
        (set["id"].as_str(), set["width"].as_u64()),
        (Some("r"), Some(24))
    );
    let n_all = set["nAnnotations"].as_u64().unwrap();
    let rows = |query: &str| {
        let page = server.json(&format!("/api/v1/annotations?limit=1000&{query}"));
        assert_eq!(page["nAll"], n_all);
        page["rows"].as_array().unwrap().clone()
    };
    let of = |rows: &[Value], name: &str| numbers(&rows.iter().map(|r| r[name].clone()).collect());
    let few = rows("fdr=0.1&sort=mz");
    assert!(few.len() > 3 && (few.len() as u64) < n_all);
    assert!(of(&few, "mz").is_sorted() && of(&few, "fdr").iter().all(|fdr| *fdr <= 0.1));
    assert!(of(&rows("sort=-maxIntensity"), "maxIntensity").is_sorted_by(|a, b| a >= b));
    let name = few[1]["moleculeNames"][0].as_str().unwrap();
    let found = rows(&format!("q={}", escaped(&name.to_uppercase())));
    assert!(found.iter().any(|row| row["ion"] == few[1]["ion"]));
    assert!(
        rows("adduct=%2BNa")
            .iter()
            .all(|row| row["adduct"] == "+Na")
    );
    let class = set["classes"][0].as_str().unwrap();
    let of_class = rows(&format!("class={}", escaped(class)));
    let has = |row: &Value| {
        row["moleculeClasses"]
            .as_array()
            .unwrap()
            .contains(&json!(class))
    };
    assert!(of_class.iter().all(has));
    assert_eq!(
        of_class.len(),
        rows("").iter().filter(|row| has(row)).count()
    );
    let second = server.json("/api/v1/annotations?fdr=0.1&sort=mz&offset=1&limit=2");
    assert_eq!(second["rows"].as_array().unwrap()[..], few[1..3]);
    assert_eq!(second["nMatching"].as_u64(), Some(few.len() as u64));
    let csv = server.get("/api/v1/annotations?fdr=0.1&format=csv");
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(
        String::from_utf8(csv.body).unwrap().lines().count(),
        few.len() + 1
    );
}

#[test]
fn answers_are_remembered_compressed_and_sent_in_parts() {
    let (work, server) = served();
    let first = server.get("/api/v1/annotations?limit=50");
    let tag = first.header("etag").unwrap().to_owned();
    let again = |tag: &str| {
        server.ask(
            "GET",
            "/api/v1/annotations?limit=50",
            &[("if-none-match", tag)],
            &[],
        )
    };
    let unchanged = again(&tag);
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    assert_eq!(again("\"other\"").status, 200);
    let packed = server.ask(
        "GET",
        "/api/v1/annotations?limit=50",
        &[("accept-encoding", "gzip")],
        &[],
    );
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..])
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, first.body);
    assert!(packed.body.len() * 2 < unpacked.len());

    let file = work.read("r/annotations.parquet");
    let path = "/api/v1/files/annotations.parquet";
    let whole = server.get(path);
    assert_eq!(
        (whole.header("accept-ranges"), &whole.body),
        (Some("bytes"), &file)
    );
    let tag = whole.header("etag").unwrap();
    let part = server.ask(
        "GET",
        path,
        &[("range", "bytes=10-19"), ("if-range", tag)],
        &[],
    );
    assert_eq!((part.status, &part.body[..]), (206, &file[10..20]));
    assert_eq!(
        part.header("content-range").unwrap(),
        format!("bytes 10-19/{}", file.len())
    );
    let other = server.ask(
        "GET",
        path,
        &[("range", "bytes=10-19"), ("if-range", "\"old\"")],
        &[],
    );
    assert_eq!((other.status, other.body.len()), (200, file.len()));
    let beyond = server.ask("GET", path, &[("range", "bytes=99999999-")], &[]);
    beyond.refused(416, "wrong-range");

    // Written anew, the results are other ones.
    work.run("annotate tissue/demo.imzML --quiet --out r --force --ppm 2")
        .succeeded();
    let anew = server.ask(
        "GET",
        "/api/v1/annotations?limit=50",
        &[("if-none-match", first.header("etag").unwrap())],
        &[],
    );
    assert_eq!(anew.status, 200);
    assert_eq!(server.json("/api/v1/datasets")["datasets"][0]["ppm"], 2.0);
}

#[test]
fn several_results_are_served_side_by_side() {
    let work = work();
    work.run("annotate tissue/demo.imzML --quiet --out more/r --ppm 5")
        .succeeded();
    let server = Server::start(&work, "r more/r");
    let sets = server.json("/api/v1/datasets");
    let ids: Vec<&str> = sets["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["r", "r-2"]);
    assert_eq!(
        server.json("/api/v1/annotations?dataset=r-2")["dataset"],
        "r-2"
    );
    server
        .get("/api/v1/annotations")
        .refused(400, "wrong-parameter");
    server
        .get("/api/v1/annotations?dataset=r-3")
        .refused(404, "unknown-dataset");
    server
        .get("/api/v1/annotations?dataset=..%2fr")
        .refused(404, "unknown-dataset");
}

#[test]
fn odd_requests_are_refused() {
    let (work, server) = served();
    std::fs::write(work.path("secret.csv"), "secret").unwrap();
    std::fs::remove_file(work.path("r/candidates.parquet")).unwrap();
    std::os::unix::fs::symlink(work.path("secret.csv"), work.path("r/candidates.parquet")).unwrap();
    for path in [
        "/api/v1/files/..%2fsecret.csv",
        "/api/v1/files/..%2f..%2f..%2fetc%2fpasswd",
        "/api/v1/files/%2e%2e/secret.csv",
        "/api/v1/files/candidates.parquet",
        "/api/v1/files/annotations.parquet%00",
        "/viewer/..%2f..%2fCargo.toml",
        "/../../etc/passwd",
        "/api/v1/nothing",
        "/api/v2/datasets",
        "/api/v1/ions/C1/images/0.gif",
        "/api/v1/ions/C1/images/x.png",
        "/%ff%fe",
    ] {
        server.get(path).refused(404, "nothing-here");
    }
    // Of the record no place of the machine is told.
    let record = server.get("/api/v1/files/run.json");
    let text = String::from_utf8_lossy(&record.body);
    assert!(record.status == 200 && text.contains("demo.imzML"));
    assert!(
        !text.contains(&work.path("").display().to_string()),
        "{text}"
    );
    server
        .get("/api/v1/ions/..%2f..%2frun.json/pixels")
        .refused(404, "unknown-ion");
    server
        .get(&format!("/api/v1/ions/{}/pixels", "C".repeat(9_000)))
        .refused(404, "unknown-ion");
    for query in [
        "fdr=2",
        "fdr=NaN",
        "fdr=x",
        "limit=0",
        "limit=1001",
        "limit=-1",
        "sort=size",
        "what=1",
        "fdr=0.1&fdr=0.2",
        "offset=-1",
        "mzMin=-5",
        "format=xml",
        "fdr=",
        "mzMax=inf",
    ] {
        server
            .get(&format!("/api/v1/annotations?{query}"))
            .refused(400, "wrong-parameter");
    }
    let wrong = server.ask("DELETE", "/api/v1/datasets", &[], &[]);
    wrong.refused(405, "wrong-method");
    assert_eq!(wrong.header("allow"), Some("GET,HEAD"));
    server.get("/api/v1/markers").refused(405, "wrong-method");
    let host = server.ask("GET", "/api/v1/datasets", &[("host", "evil.example")], &[]);
    host.refused(421, "wrong-host");
    let unpacked = server.ask(
        "POST",
        "/api/v1/markers",
        &[
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ],
        b"x",
    );
    unpacked.refused(415, "wrong-type");
    let home = server.get("/");
    let policy = home.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(home.header("access-control-allow-origin"), None);
    let asked = server.ask(
        "GET",
        "/api/v1/datasets",
        &[("origin", "https://lab.example")],
        &[],
    );
    assert_eq!(
        (asked.status, asked.header("access-control-allow-origin")),
        (200, None)
    );
    assert_eq!(server.ask("HEAD", "/api/v1/datasets", &[], &[]).status, 200);
    assert!(
        String::from_utf8(server.get("/api").body)
            .unwrap()
            .contains("/api/v1/markers")
    );
}

#[test]
fn bodies_are_bounded_in_size_and_time() {
    let work = work();
    let server = Server::start(&work, "r --memory 256MiB");
    let path = "/api/v1/colocalization/score";
    // Refused by its stated length, before any of it is sent.
    let headers = [
        ("content-type", "application/x-npy"),
        ("content-length", "99999999999"),
    ];
    server
        .ask("POST", path, &headers, &[])
        .refused(413, "too-large");
    // Without a length it is counted while it comes.
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20));
    let body = format!("{}0\r\n\r\n", chunk.repeat(17));
    let headers = [
        ("content-type", "application/x-npy"),
        ("transfer-encoding", "chunked"),
    ];
    server
        .ask("POST", path, &headers, body.as_bytes())
        .refused(413, "too-large");
    // A comparison that does not fit into the memory is not begun.
    server
        .post("/api/v1/markers", "application/json", &vec![b' '; 17 << 20])
        .refused(413, "too-large");

    // Who sends nothing more is let go, and others are answered meanwhile.
    let started = Instant::now();
    let mut idle = server.connect();
    idle.write_all(b"GET /api/v1/datasets HTTP/1.1\r\nhost: 127.0")
        .unwrap();
    let mut slow = server.connect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-npy\r\ncontent-length: 1000\r\n\r\n\x01"
    );
    slow.write_all(head.as_bytes()).unwrap();
    assert_eq!(server.get("/api/v1/datasets").status, 200);
    Answer::read(slow, false).refused(408, "too-slow");
    let mut rest = Vec::new();
    // It may be told with a status or cut off; it is not kept.
    drop(idle.read_to_end(&mut rest));
    assert!(started.elapsed() < Duration::from_secs(40));
}

#[test]
fn a_token_is_asked_for_and_never_told() {
    let work = work();
    let line = "serve r --listen 0.0.0.0:0";
    work.run(line)
        .refused(1, &["--listen: others reach 0.0.0.0", "hint: --token"]);
    work.run("serve r --token short")
        .refused(1, &["--token: must be 16"]);
    work.run("serve nowhere")
        .refused(1, &["not a results folder"]);
    work.run("serve").refused(2, &["RESULTS"]);
    work.run("serve r --allow-origin *")
        .refused(1, &["--allow-origin"]);
    for (line, variables) in [
        (format!("r --token {TOKEN}"), vec![]),
        ("r".into(), vec![("METASPACE_TOKEN", TOKEN)]),
    ] {
        let server = Server::with_variables(&work, &line, &variables);
        let ask =
            |token: &str| server.ask("GET", "/api/v1/datasets", &[("authorization", token)], &[]);
        let refused = server.get("/api/v1/datasets");
        refused.refused(401, "wrong-token");
        assert!(
            refused
                .header("www-authenticate")
                .unwrap()
                .starts_with("Bearer")
        );
        for wrong in [
            "Bearer x",
            &format!("Bearer {TOKEN}x"),
            &format!("Basic {TOKEN}"),
            TOKEN,
        ] {
            ask(wrong).refused(401, "wrong-token");
        }
        server.get("/api/v1/nothing").refused(401, "wrong-token");
        assert_eq!(ask(&format!("Bearer {TOKEN}")).status, 200);
        // The pages hold no data, and ask for the token.
        assert_eq!(
            (server.get("/").status, server.get("/api").status),
            (200, 200)
        );
        let (code, said) = server.end("INT");
        assert_eq!(code, Some(0));
        assert!(!said.contains(TOKEN), "{said}");
    }
}

#[test]
fn pages_of_other_origins_are_let_in_by_name() {
    let work = work();
    let server = Server::start(&work, "r --allow-origin https://lab.example");
    let origin = |origin: &str| {
        let answer = server.ask("GET", "/api/v1/datasets", &[("origin", origin)], &[]);
        answer
            .header("access-control-allow-origin")
            .map(str::to_owned)
    };
    assert_eq!(
        origin("https://lab.example").as_deref(),
        Some("https://lab.example")
    );
    assert_eq!(origin("https://evil.example"), None);
}

#[test]
fn ctrl_c_and_terminate_let_answers_end() {
    let work = work();
    for signal in ["INT", "TERM"] {
        let server = Server::start(&work, "r");
        let mut stream = server.connect();
        stream
            .write_all(
                b"GET /api/v1/colocalization/matrix?fdr=0.5 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
            )
            .unwrap();
        let reading = std::thread::spawn(move || Answer::read(stream, false).status);
        // The request is on its way: a second one is answered after it was accepted.
        assert_eq!(server.get("/api/v1/datasets").status, 200);
        let (code, said) = server.end(signal);
        assert_eq!((code, reading.join().unwrap()), (Some(0), 200), "{said}");
    }
}

#[test]
fn many_clients_get_right_answers_within_the_memory() {
    let work = work();
    let server = Server::start(&work, "r --memory 256MiB");
    let page = server.json("/api/v1/annotations?limit=64");
    let ions: Vec<String> = page["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["ion"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<[Answer; 3]> = ions
        .iter()
        .map(|ion| questions(ion).map(|q| server.get(&q)))
        .collect();
    std::thread::scope(|scope| {
        for client in 0..64 {
            let (server, ions, expected) = (&server, &ions, &expected);
            scope.spawn(move || {
                for round in 0..6 {
                    let which = (client * 7 + round * 13) % ions.len();
                    for (question, answer) in questions(&ions[which]).iter().zip(&expected[which]) {
                        assert_eq!(server.get(question).body, answer.body, "{question}");
                    }
                }
            });
        }
    });
    assert!(expected.iter().flatten().all(|answer| answer.status == 200));
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kilobytes: u64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kilobytes < 400 << 10, "{peak}");
}

fn questions(ion: &str) -> [String; 3] {
    let ion = escaped(ion);
    [
        format!("/api/v1/ions/{ion}/images/0.png"),
        format!("/api/v1/colocalization?ion={ion}&fdr=0.5"),
        format!("/api/v1/annotations?q={ion}"),
    ]
}

#[test]
fn schemathesis_finds_nothing() {
    let (work, server) = served();
    let job = json!({ "url": format!("http://{}", server.address), "ion": first_ion(&server) });
    work.write("job.json", job.to_string());
    run_python("try_api.py", &work.path("job.json"));
}
