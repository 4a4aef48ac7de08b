//! `metaspace serve`: what it answers, to whom, and what it withstands.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "tests"
)]

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::http::{Answer, Server, escaped};
use tests::program::{WorkingFolder, run_python};

const TOKEN: &str = "0123456789abcdef-token";

/// A small annotated tissue in `r`.
fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20 --seed 3");
    work.run("annotate tissue/demo.imzML --score msm --ppm 3 --recalibrate off --quiet --out r")
        .succeeded();
    work
}

fn served() -> (WorkingFolder, Server) {
    let work = work();
    let server = Server::start(&work, "r");
    (work, server)
}

fn first_ion(server: &Server) -> String {
    server.json("/api/v1/annotations?limit=1")["rows"][0]["ion"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

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
fn images_are_those_of_the_results() {
    let (work, server) = served();
    let ion = first_ion(&server);
    let path = format!("/api/v1/ions/{}", escaped(&ion));
    let pixels = server.json(&format!("{path}/pixels"));
    let (x, y) = (numbers(&pixels["x"]), numbers(&pixels["y"]));
    let values = numbers(&pixels["intensity"]);
    // What the command draws, pixel by pixel.
    work.command("images r --zoom 1 --no-scale-bar --out drawn --ion")
        .arg(&ion)
        .output()
        .unwrap();
    let drawn: Vec<String> = work.names("drawn");
    let file = drawn.iter().find(|name| name.ends_with(".png")).unwrap();
    let of_command = decoded(&work.read(&format!("drawn/{file}")));
    let answer = server.get(&format!("{path}/images/0.png?colormap=viridis"));
    assert_eq!(answer.header("content-type"), Some("image/png"));
    let of_server = decoded(&answer.body);
    assert_eq!(of_server, of_command);
    // Linear and unclipped, the red-green-blue of grey is the share of the largest.
    let (width, _, grey) = decoded(
        &server
            .get(&format!("{path}/images/0.png?colormap=grey&hotspot=1"))
            .body,
    );
    let largest = values.iter().copied().fold(0.0, f64::max);
    for ((x, y), value) in x.iter().zip(&y).zip(&values) {
        let at = 4 * (*y * f64::from(width) + *x) as usize;
        assert!((f64::from(grey[at]) - value / largest * 255.0).abs() <= 1.5);
        assert_eq!(grey[at + 3], 255);
    }
    for query in [
        "scale=log",
        "scale=sqrt",
        "scale=rank",
        "normalization=tic",
        "normalization=rms",
        "hotspot=0.5",
        "colormap=magma-reversed",
        "colormap=grey16",
    ] {
        let other = server.get(&format!("{path}/images/0.png?{query}"));
        assert_eq!(other.status, 200, "{query}");
        assert_ne!(other.body, answer.body, "{query}");
    }
    let (width, height, small) = decoded(
        &server
            .get(&format!("{path}/images/0.png?colormap=grey&maxSide=12"))
            .body,
    );
    assert_eq!((width, height, small.len()), (12, 10, 4 * 120));
    server
        .get(&format!("{path}/images/0.png?maxSide=0"))
        .refused(400, "wrong-parameter");
    let npy = server.get(&format!("{path}/pixels?format=npy")).body;
    assert_eq!(&npy[..6], b"\x93NUMPY");
    let csv = String::from_utf8(server.get(&format!("{path}/pixels?format=csv")).body).unwrap();
    assert_eq!(csv.lines().count(), values.len() + 1);
    server
        .get(&format!("{path}/images/9.png"))
        .refused(404, "unknown-image");
    server
        .get("/api/v1/ions/C99H99/pixels")
        .refused(404, "unknown-ion");
}

/// Width, height and colours with alpha.
fn decoded(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(
        png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
    );
    let mut reader = decoder.read_info().unwrap();
    let mut out = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut out).unwrap();
    let rgba = match info.color_type.samples() {
        4 => out,
        _ => out
            .chunks_exact(2)
            .flat_map(|p| [p[0], p[0], p[0], p[1]])
            .collect(),
    };
    (info.width, info.height, rgba)
}

#[test]
fn spectra_come_from_the_dataset_while_it_is_there() {
    let work = work();
    let server = Server::start(&work, "r");
    let answer = server.json("/api/v1/spectra/5,6?fdr=0.5");
    let mz = numbers(&answer["mz"]);
    assert!(mz.is_sorted() && mz.len() as u64 == answer["nPeaks"].as_u64().unwrap());
    let explained = answer["explained"].as_array().unwrap();
    assert!(!explained.is_empty());
    for peak in explained {
        assert!(peak["errorPpm"].as_f64().unwrap().abs() <= 3.0 + 1e-6);
        assert!(mz.contains(&peak["mz"].as_f64().unwrap()));
    }
    // The intensity of an ion's pixel is the sum of its explained first peaks.
    let ion = explained.iter().find(|p| p["isotope"] == 0).unwrap()["ion"]
        .as_str()
        .unwrap();
    let pixels = server.json(&format!("/api/v1/ions/{}/pixels", escaped(ion)));
    let (x, y) = (numbers(&pixels["x"]), numbers(&pixels["y"]));
    let at = x
        .iter()
        .zip(&y)
        .position(|(x, y)| (*x as u64, *y as u64) == (5, 6))
        .unwrap();
    let sum: f64 = explained
        .iter()
        .filter(|p| p["ion"] == ion && p["isotope"] == 0)
        .map(|p| p["intensity"].as_f64().unwrap())
        .sum();
    assert!((numbers(&pixels["intensity"])[at] / sum - 1.0).abs() < 1e-5);
    assert_eq!(
        server.json("/api/v1/spectra/5,6?limit=7")["mz"]
            .as_array()
            .unwrap()
            .len(),
        7
    );
    server
        .get("/api/v1/spectra/24,0")
        .refused(404, "unknown-pixel");
    server
        .get("/api/v1/spectra/99999999999,0")
        .refused(404, "nothing-here");
    server.get("/api/v1/spectra/5").refused(404, "nothing-here");
    drop(server);
    std::fs::rename(work.path("tissue"), work.path("moved")).unwrap();
    let server = Server::start(&work, "r");
    let problem = server.get("/api/v1/spectra/5,6").refused(404, "no-spectra");
    assert!(problem["hint"].as_str().unwrap().contains("--spectra"));
    drop(server);
    let server = Server::start(&work, "r --spectra moved");
    assert_eq!(server.json("/api/v1/spectra/5,6?fdr=0.5"), answer);
    drop(server);
    // Another dataset of the same name and length is not taken for it.
    let mut bytes = work.read("moved/demo.imzML");
    let at = bytes
        .windows(8)
        .position(|window| window == b"<run id=")
        .unwrap();
    bytes[at + 10] ^= 1;
    work.write("moved/demo.imzML", bytes);
    let server = Server::start(&work, "r --spectra moved");
    server.get("/api/v1/spectra/5,6").refused(404, "no-spectra");
}

#[test]
fn colocalization_is_what_the_command_says() {
    let (work, server) = served();
    let ion = first_ion(&server);
    for (measure, fdr) in [
        ("cosine", 0.1),
        ("median_thresholded_cosine", 0.5),
        ("manders_m1", 0.5),
    ] {
        let line = format!("coloc r --json --measure {measure} --fdr {fdr} --ion {ion}");
        let path = format!(
            "/api/v1/colocalization?measure={measure}&fdr={fdr}&ion={}",
            escaped(&ion)
        );
        assert_eq!(server.json(&path), work.run(&line).json());
    }
    // Divided intensities are others than those that are kept from before.
    let line = format!("coloc r --json --fdr 0.5 --normalize tic --ion {ion}");
    let path = format!("/api/v1/colocalization?fdr=0.5&ion={}", escaped(&ion));
    let divided = server.json(&format!("{path}&normalization=tic"));
    assert_eq!(divided, work.run(&line).json());
    assert_ne!(divided, server.json(&path));
    server
        .get(&format!("{path}&normalization=mz=500"))
        .refused(422, "impossible");
    server
        .get(&format!("{path}&normalization=max"))
        .refused(400, "wrong-parameter");
    // An ion beyond the FDR is compared with those within it.
    let rows = server.json("/api/v1/annotations?limit=1&sort=-fdr");
    let far = rows["rows"][0]["ion"].as_str().unwrap();
    let path = format!("/api/v1/colocalization?fdr=0.05&ion={}", escaped(far));
    let line = format!("coloc r --json --fdr 0.05 --ion {far}");
    assert_eq!(server.json(&path), work.run(&line).json());
    let matrix = server.json("/api/v1/colocalization/matrix?measure=pearson&fdr=0.5&limit=7");
    assert_eq!(matrix["ions"].as_array().unwrap().len(), 7);
    let scores: Vec<Vec<f64>> = matrix["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect();
    assert!((0..7).all(|i| (0..7).all(|j| scores[i][j].to_bits() == scores[j][i].to_bits())));
    server
        .get("/api/v1/colocalization?ion=C99")
        .refused(404, "unknown-ion");
    server
        .get("/api/v1/colocalization")
        .refused(400, "wrong-parameter");
}

#[test]
fn markers_are_what_the_command_says() {
    let (work, server) = served();
    let csv: String = (3..9)
        .flat_map(|x| (2..11).map(move |y| format!("{x},{y},left\n")))
        .collect();
    work.write("left.csv", format!("x,y,region\n{csv}"));
    let expected = work
        .run("coloc r --markers left.csv --json --fdr 0.5")
        .json();
    let polygon =
        json!({"regions": [{"name": "left", "polygon": [[3, 2], [9, 2], [9, 11], [3, 11]]}]});
    let path = "/api/v1/markers?fdr=0.5";
    let of_polygon = server
        .post(path, "application/json", polygon.to_string().as_bytes())
        .json();
    assert_eq!(of_polygon["regions"], expected["regions"]);
    let of_csv = server.post(path, "text/csv", &work.read("left.csv")).json();
    assert_eq!(of_csv, of_polygon);
    let expected = work
        .run("coloc r --markers left.csv --json --fdr 0.5 --normalize rms")
        .json();
    let path_divided = format!("{path}&normalization=rms");
    let divided = server
        .post(&path_divided, "text/csv", &work.read("left.csv"))
        .json();
    assert_eq!(divided["regions"], expected["regions"]);
    assert_ne!(divided["regions"], of_polygon["regions"]);
    let refused = |body: &str, status, kind| {
        server
            .post(path, "application/json", body.as_bytes())
            .refused(status, kind)
    };
    refused(r#"{"regions": [{"pixels": [[99, 0]]}]}"#, 422, "impossible");
    refused(r#"{"regions": [{"pixels": []}]}"#, 422, "impossible");
    refused("{", 400, "wrong-body");
    server
        .post(path, "image/png", b"no picture")
        .refused(422, "impossible");
    server
        .post(path, "text/plain", b"x")
        .refused(415, "wrong-type");
}

#[test]
fn images_that_are_sent_are_compared() {
    let (work, server) = served();
    let matrix = server.json("/api/v1/colocalization/matrix?measure=cosine&fdr=0.1");
    let ions: Vec<&str> = matrix["ions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i.as_str().unwrap())
        .collect();
    let images: Vec<Vec<Option<f64>>> = ions
        .iter()
        .map(|ion| {
            let pixels = server.json(&format!("/api/v1/ions/{}/pixels?isotope=0", escaped(ion)));
            let mut image = vec![Some(0.0); 24 * 20];
            for ((x, y), value) in numbers(&pixels["x"])
                .iter()
                .zip(numbers(&pixels["y"]))
                .zip(numbers(&pixels["intensity"]))
            {
                image[(y * 24.0 + x) as usize] = Some(value);
            }
            image
        })
        .collect();
    // Places without a spectrum are none of the image's either.
    let table = String::from_utf8(server.get("/api/v1/datasets").body).unwrap();
    assert!(table.contains("\"nPixels\""));
    let npy = server
        .get(&format!(
            "/api/v1/ions/{}/pixels?format=npy",
            escaped(ions[0])
        ))
        .body;
    let values = &npy[npy.len() - 4 * 480..];
    let is_absent =
        |place: usize| f32::from_le_bytes(values[4 * place..][..4].try_into().unwrap()).is_nan();
    let images: Vec<Vec<Option<f64>>> = images
        .into_iter()
        .map(|image| {
            image
                .into_iter()
                .enumerate()
                .map(|(place, v)| v.filter(|_| !is_absent(place)))
                .collect()
        })
        .collect();
    let body = json!({ "images": images, "names": ions, "width": 24, "height": 20 });
    let path = "/api/v1/colocalization/score?measure=cosine";
    let scored = server
        .post(path, "application/json", body.to_string().as_bytes())
        .json();
    assert_eq!(scored["scores"], matrix["scores"]);
    let one = server.post(
        &format!("{path}&image={}", escaped(ions[0])),
        "application/json",
        body.to_string().as_bytes(),
    );
    let one = one.json();
    let partners = server.json(&format!(
        "/api/v1/colocalization?measure=cosine&ion={}",
        escaped(ions[0])
    ));
    let names = |list: &Value, key: &str| -> Vec<Value> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|row| row[key].clone())
            .collect()
    };
    assert_eq!(
        names(&one["partners"], "name"),
        names(&partners["partners"], "ion")
    );
    work.write("x.npy", b"");
    let refused = |path: &str, kind: &str, body: &[u8], status, problem| {
        server.post(path, kind, body).refused(status, problem)
    };
    refused(
        path,
        "application/json",
        br#"{"images": [[1], [1, 2]]}"#,
        422,
        "impossible",
    );
    refused(
        path,
        "application/json",
        br#"{"images": [[-1, 2]]}"#,
        422,
        "impossible",
    );
    refused(path, "application/x-npy", b"no array", 400, "wrong-body");
    refused(
        path,
        "application/vnd.apache.arrow.stream",
        b"no table",
        400,
        "wrong-body",
    );
    refused(path, "text/plain", b"x", 415, "wrong-type");
    let blurred = "/api/v1/colocalization/score?measure=ssim";
    refused(
        blurred,
        "application/json",
        br#"{"images": [[1, 2]]}"#,
        422,
        "impossible",
    );
}

#[test]
fn programs_send_images_in_every_way() {
    let (work, server) = served();
    let url = format!("http://{}", server.address);
    let job = json!({ "url": url, "results": work.path("r") });
    work.write("job.json", job.to_string());
    run_python("send_images.py", &work.path("job.json"));
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
        "/api/v1/files/run.json",
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

/// Images of any m/z are the same from kept peaks, from the dataset, and of an ion that is annotated.
#[test]
fn any_mz_has_an_image() {
    let work = work();
    work.run(
        "annotate tissue/demo.imzML --keep-peaks --ppm 3 --recalibrate off --quiet --out kept",
    )
    .succeeded();
    let server = Server::start(&work, "r kept");
    let page = server.json("/api/v1/annotations?limit=1&dataset=r");
    let row = &page["rows"][0];
    let (ion, mz) = (row["ion"].as_str().unwrap(), row["mz"].as_f64().unwrap());
    let of_ion = server.json(&format!("/api/v1/ions/{}/pixels?dataset=r", escaped(ion)));
    for dataset in ["r", "kept"] {
        let address = format!("/api/v1/datasets/{dataset}/mz/{mz}");
        let of_mz = server.json(&format!("{address}/pixels"));
        assert_eq!(
            (of_mz["ppm"].as_f64(), of_mz["mz"].as_f64()),
            (Some(3.0), Some(mz))
        );
        for part in ["width", "height", "x", "y", "intensity"] {
            assert_eq!(of_ion[part], of_mz[part], "{dataset} {part}");
        }
        let wider = server.json(&format!("{address}/pixels?ppm=2000"));
        let n = |answer: &Value| answer["x"].as_array().unwrap().len();
        assert!(n(&wider) >= n(&of_mz) && n(&of_mz) > 0);
        for options in [
            "",
            "?ppm=3&colormap=grey16&scale=sqrt&normalization=tic&maxSide=10",
        ] {
            let picture = server.get(&format!("{address}.png{options}"));
            assert_eq!(picture.status, 200);
            assert!(picture.body.starts_with(b"\x89PNG"));
        }
    }
    let of_ion = server.get(&format!(
        "/api/v1/ions/{}/images/0.png?dataset=r",
        escaped(ion)
    ));
    let of_mz = server.get(&format!("/api/v1/datasets/kept/mz/{mz}.png"));
    assert!(of_ion.body == of_mz.body);
    for (address, status) in [
        ("kept/mz/0.png", 400),
        ("kept/mz/x.png", 404),
        ("kept/mz/500", 404),
        ("kept/mz/500.png?ppm=0", 400),
        ("other/mz/500.png", 404),
    ] {
        let answer = server.get(&format!("/api/v1/datasets/{address}"));
        assert_eq!(answer.status, status, "{address}");
    }
}

/// A table of kept peaks that is damaged is said to be so, and everything else is answered.
#[test]
fn damaged_peaks_are_a_problem_of_their_own() {
    let work = work();
    work.write("r/peaks.parquet", "nothing of the kind");
    let server = Server::start(&work, "r");
    assert_eq!(server.get("/api/v1/datasets/r/mz/500.png").status, 500);
    assert_eq!(server.get("/api/v1/annotations").status, 200);
}

#[test]
fn schemathesis_finds_nothing() {
    let (work, server) = served();
    let job = json!({ "url": format!("http://{}", server.address), "ion": first_ion(&server) });
    work.write("job.json", job.to_string());
    run_python("try_api.py", &work.path("job.json"));
}
