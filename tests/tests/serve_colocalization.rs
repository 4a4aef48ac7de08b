//! `metaspace serve`: co-localization and markers, of results and of images that are sent.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests"
)]

use serde_json::{Value, json};
use tests::http::escaped;
use tests::program::run_python;
use tests::served::{first_ion, numbers, served};

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
