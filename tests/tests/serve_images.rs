//! `metaspace serve`: images of ions and of any m/z, and spectra.

#![expect(
    clippy::unwrap_used,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests"
)]

use serde_json::{Value, json};
use tests::http::{Server, escaped};
use tests::served::{first_ion, numbers, served, work};

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

/// Spectra are divided as images are: of a pixel, of a region, and of all pixels.
#[test]
fn spectra_are_divided_as_images_are() {
    let (_work, server) = served();
    for by in ["tic", "median"] {
        let plain = server.json("/api/v1/spectra/5,6");
        let divided = server.json(&format!("/api/v1/spectra/5,6?normalization={by}"));
        assert_eq!(plain["mz"], divided["mz"]);
        let (before, after) = (numbers(&plain["intensity"]), numbers(&divided["intensity"]));
        let factor = after[0] / before[0];
        assert!((factor - 1.0).abs() > 1e-3, "{by}: {factor}");
        let is_so = |(a, b): (&f64, &f64)| (b / a / factor - 1.0).abs() < 1e-5;
        assert!(before.iter().zip(&after).all(is_so), "{by}");
        // So are numbers of an image.
        let ion = escaped(&first_ion(&server));
        let path = format!("/api/v1/ions/{ion}/pixels");
        let plain = numbers(&server.json(&path)["intensity"]);
        let of_pixels = server.json(&format!("{path}?normalization={by}"));
        assert_ne!(plain, numbers(&of_pixels["intensity"]), "{by}");
        // The mean of all pixels is that of their spectra.
        let mean = server.json(&format!("/api/v1/datasets/r/spectrum?normalization={by}"));
        let sets = server.json("/api/v1/datasets");
        assert_eq!(mean["nPixels"], sets["datasets"][0]["nPixels"]);
        let whole = json!({
            "type": "FeatureCollection",
            "features": [{
                "type": "Feature",
                "properties": { "name": "all" },
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[0, 0], [24, 0], [24, 20], [0, 20], [0, 0]]],
                },
            }],
        });
        let path = format!("/api/v1/datasets/r/spectrum?normalization={by}");
        let body = whole.to_string();
        let of_region = server.post(&path, "application/geo+json", body.as_bytes());
        assert_eq!(of_region.json()["intensity"], mean["intensity"], "{by}");
        let plain = server.json("/api/v1/datasets/r/spectrum?normalization=none");
        assert_ne!(plain["intensity"], mean["intensity"], "{by}");
    }
    server
        .get("/api/v1/datasets/r/spectrum?normalization=mean")
        .refused(400, "wrong-parameter");
}

/// A region has one spectrum, from the dataset as from kept peaks.
#[test]
fn a_region_has_one_spectrum() {
    let work = work();
    work.run(
        "annotate tissue/demo.imzML --keep-peaks --ppm 3 --recalibrate off --quiet --out kept",
    )
    .succeeded();
    let ring = json!([[3, 2], [9, 2], [9, 11], [3, 11], [3, 2]]);
    let polygon = json!({
        "type": "FeatureCollection",
        "features": [{
            "type": "Feature",
            "properties": { "name": "left" },
            "geometry": { "type": "Polygon", "coordinates": [ring] },
        }],
    });
    let spectrum_of = |server: &Server| {
        server
            .post(
                "/api/v1/datasets/kept/spectrum",
                "application/geo+json",
                polygon.to_string().as_bytes(),
            )
            .json()
    };
    let of_dataset = spectrum_of(&Server::start(&work, "kept"));
    std::fs::rename(work.path("tissue"), work.path("moved")).unwrap();
    let of_peaks = spectrum_of(&Server::start(&work, "kept"));
    for name in [
        "nPixels",
        "resolution",
        "mzRange",
        "explainedBy",
        "isotope",
        "ions",
    ] {
        assert_eq!(of_dataset[name], of_peaks[name], "{name}");
    }
    // Sums of peaks in another order.
    for name in ["mz", "intensity"] {
        let (one, other) = (numbers(&of_dataset[name]), numbers(&of_peaks[name]));
        assert_eq!(one.len(), other.len(), "{name}");
        let is_near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-6 * b.abs();
        assert!(one.iter().zip(&other).all(is_near), "{name}");
    }
    assert!(!numbers(&of_peaks["mz"]).is_empty());
}
