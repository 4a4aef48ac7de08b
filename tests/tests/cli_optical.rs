//! `metaspace optical`, and what draws and serves the optical image of a section.

use std::fs;

use serde_json::{Value, json};
use tests::http::Server;
use tests::picture::{bmp, png, read_png};
use tests::program::WorkingFolder;
use tests::served::{numbers, work};

const RED: [u8; 3] = [200, 30, 40];
const BLUE: [u8; 3] = [20, 60, 220];
const WHITE: [u8; 3] = [255; 3];

/// A small annotated tissue of 24 × 20 pixels, and a picture whose left half is red.
fn work_with_picture() -> WorkingFolder {
    let work = work();
    let half = |x: u32, _: u32| if x < 120 { RED } else { BLUE };
    work.write("he.png", png(240, 100, half));
    work
}

fn placement(work: &WorkingFolder) -> Vec<f64> {
    numbers(&work.json("r/optical.json")["placement"])
}

#[track_caller]
fn assert_near(found: &[f64], wanted: [f64; 6]) {
    let is_near = found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(found.len() == 6 && is_near, "{found:?}, not {wanted:?}");
}

#[test]
fn a_picture_is_placed_and_drawn_on_the_raster() {
    let work = work_with_picture();
    let said = work.run("optical r he.png").succeeded();
    assert!(said.contains("he.png, 240 × 100 pixels"), "{said}");
    assert!(
        said.contains("(0.0, 5.0), (24.0, 5.0), (24.0, 15.0)"),
        "{said}"
    );
    assert_near(&placement(&work), [0.1, 0.0, 0.0, 0.1, 0.0, 5.0]);
    let drawn = work
        .run("optical r --out seen/on.png --zoom 1 --json")
        .json();
    assert_eq!(drawn["optical"]["name"], "he.png");
    let (width, height, colors) = read_png(&work.read("seen/on.png"));
    assert_eq!((width, height), (24, 20));
    for (place, color) in colors.iter().enumerate() {
        let (x, y) = (place % 24, place / 24);
        let wanted = match (x, y) {
            (_, ..5 | 15..) => WHITE,
            (..12, _) => RED,
            _ => BLUE,
        };
        assert_eq!(*color, wanted, "{x}, {y}");
    }
    // Three points: turned by a quarter, twice as large.
    work.run("optical r --point 0,0=22,2 --point 100,0=22,22 --point 0,100=2,2")
        .succeeded();
    assert_near(&placement(&work), [0.0, 0.2, -0.2, 0.0, 22.0, 2.0]);
    work.run("optical r --place 0.1,0,0,0.1,-3,1 --out seen/moved.ome.tiff")
        .succeeded();
    assert_near(&placement(&work), [0.1, 0.0, 0.0, 0.1, -3.0, 1.0]);
    let tiff = work.read("seen/moved.ome.tiff");
    let has = |text: &[u8]| tiff.windows(text.len()).any(|part| part == text);
    assert!(has(br#"SizeX="96" SizeY="80" SizeC="3""#) && has(br#"PhysicalSizeX="12.5""#));
    work.run("optical r --fit").succeeded();
    assert_near(&placement(&work), [0.1, 0.0, 0.0, 0.1, 0.0, 5.0]);
    work.run("optical r --remove").succeeded();
    let names = work.names("r");
    assert!(
        !names.iter().any(|name| name.contains("optical")),
        "{names:?}"
    );
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let work = work_with_picture();
    work.run("optical r")
        .refused(1, &["has no optical image", "metaspace optical r FILE"]);
    work.run("optical tissue he.png")
        .refused(1, &["is not a results folder"]);
    work.run("optical r none.png")
        .refused(1, &["cannot open `none.png`"]);
    work.run("optical r tissue/demo.imzML")
        .refused(1, &["is no picture that is read"]);
    let mut cut = work.read("he.png");
    cut.truncate(cut.len() / 2);
    work.write("cut.png", cut);
    work.run("optical r cut.png")
        .refused(1, &["cannot read the picture `cut.png`"]);
    assert!(!work.path("r/optical.json").exists());
    work.run("optical r he.png").succeeded();
    let before = work.read("r/optical.json");
    for (line, parts) in [
        (
            "optical r --point 0,0=1,1 --point 5,0=2,2",
            &["--point", "3 times, not 2"][..],
        ),
        (
            "optical r --point 0,0=1,1 --point 5,5=2,2 --point 9,9=3,7",
            &["lie on no line"],
        ),
        (
            "optical r --out on.jpg",
            &["must end in .png, .tif or .tiff"],
        ),
        (
            "optical r --out on.png --zoom 0",
            &["--zoom: must lie between 1 and"],
        ),
        ("optical r --out he.png", &["exists already"]),
    ] {
        work.run(line).refused(1, parts);
    }
    work.run("optical r --place 1,2,2,4,0,0")
        .refused(2, &["place the picture nowhere"]);
    work.run("optical r --point 1,1")
        .refused(2, &["is not like 1200,840=31.5,22"]);
    assert_eq!(work.read("r/optical.json"), before);
    // A record that leads out of the folder is not followed.
    let text = String::from_utf8(before).unwrap();
    work.write("r/optical.json", text.replace("optical-", "../optical-"));
    work.run("optical r")
        .refused(1, &["optical.json", "names no picture"]);
}

#[test]
fn figures_have_it_over_under_or_beside() {
    let work = work_with_picture();
    work.run("figure r --n 2 --out a.svg --optical over")
        .refused(1, &["has no optical image"]);
    work.run("optical r he.png").succeeded();
    for (name, options) in [
        ("over", "--optical over --opacity 1"),
        ("under", "--optical under --opacity 0"),
        ("beside", "--optical beside"),
    ] {
        for kind in ["svg", "pdf", "png"] {
            work.run(&format!(
                "figure r --n 2 {options} --width 100 --out {name}.{kind}"
            ))
            .succeeded();
        }
        let svg = String::from_utf8(work.read(&format!("{name}.svg"))).unwrap();
        assert_eq!(svg.matches("data:image/jpeg").count(), 1, "held once");
        let n_uses = svg.matches("<use").count();
        assert_eq!(n_uses, if name == "beside" { 1 } else { 2 }, "{name}");
        // The picture itself is seen: red left of blue.
        let (_, _, colors) = read_png(&work.read(&format!("{name}.png")));
        let n_near = |wanted: [u8; 3]| {
            let is_near =
                |color: &&[u8; 3]| color.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 12);
            colors.iter().filter(is_near).count()
        };
        assert!(n_near(RED) > 1_000 && n_near(BLUE) > 1_000, "{name}");
    }
    let only = work.run("figure r --n 2 --composite x --optical beside --out c.svg");
    only.refused(1, &["--optical", "beside"]);
}

#[test]
fn it_is_served_kept_and_removed() {
    let work = work_with_picture();
    let server = Server::start(&work, "r --optical he.png");
    let address = "/api/v1/datasets/r/optical";
    let optical = server.json(address)["optical"].clone();
    assert_eq!(
        (&optical["name"], &optical["width"]),
        (&json!("he.png"), &json!(240))
    );
    assert_near(
        &numbers(&optical["placement"]),
        [0.1, 0.0, 0.0, 0.1, 0.0, 5.0],
    );
    assert_eq!(
        server.get(&format!("{address}/picture")).body,
        work.read("he.png")
    );
    let put = |path: &str, kind: &str, body: &[u8]| {
        server.ask("PUT", path, &[("Content-Type", kind)], body)
    };
    let six = json!({ "placement": [0.2, 0.0, 0.0, 0.2, -1.0, 3.0] }).to_string();
    let kept = put(address, "application/json", six.as_bytes()).json();
    assert_near(
        &numbers(&kept["optical"]["placement"]),
        [0.2, 0.0, 0.0, 0.2, -1.0, 3.0],
    );
    assert_near(&placement(&work), [0.2, 0.0, 0.0, 0.2, -1.0, 3.0]);
    // Another picture takes its place, in the middle.
    let other = png(50, 50, |_, _| BLUE);
    let kept = put(
        &format!("{address}/picture?name=b.png"),
        "image/png",
        &other,
    )
    .json();
    assert_eq!(kept["optical"]["name"], "b.png");
    assert_near(&placement(&work), [0.4, 0.0, 0.0, 0.4, 2.0, 0.0]);
    let picture = format!("{address}/picture");
    for (path, kind, body, status) in [
        (address, "application/json", &b"{}"[..], 400),
        (address, "application/json", br#"{"placement":[1,2]}"#, 400),
        (
            address,
            "application/json",
            br#"{"placement":[0,0,0,0,0,0]}"#,
            422,
        ),
        (address, "text/plain", b"x", 415),
        (&picture, "image/png", b"no picture", 422),
        (&picture, "text/plain", b"x", 415),
        (
            "/api/v1/datasets/x/optical/picture",
            "image/png",
            &*other,
            404,
        ),
    ] {
        assert_eq!(put(path, kind, body).status, status, "{path} {kind}");
    }
    let gone = server.ask("DELETE", address, &[], b"").json();
    assert_eq!(gone["optical"], Value::Null);
    assert_eq!(server.get(&picture).status, 404);
    assert_eq!(put(address, "application/json", six.as_bytes()).status, 404);
    drop(server);
    let server = Server::start(&work, "r --read-only");
    for (method, path) in [("PUT", address), ("PUT", &*picture), ("DELETE", address)] {
        let answer = server.ask(
            method,
            path,
            &[("Content-Type", "application/json")],
            six.as_bytes(),
        );
        answer.refused(403, "read-only");
    }
    assert!(!fs::exists(work.path("r/optical.json")).unwrap());
}

/// A picture goes to a file while it arrives: other bodies may have 8 MiB here.
#[test]
fn a_picture_may_be_larger_than_other_bodies() {
    let work = work();
    let server = Server::start(&work, "r --memory 128MiB");
    let large = bmp(2_000, 1_700, BLUE);
    assert!(large.len() > 10_000_000);
    let refused = server.post("/api/v1/markers", "text/csv", &large);
    assert_eq!(refused.status, 413);
    let put = |picture: &[u8]| {
        let path = "/api/v1/datasets/r/optical/picture?name=large.bmp";
        server.ask("PUT", path, &[("Content-Type", "image/bmp")], picture)
    };
    assert_eq!(put(&large).json()["optical"]["width"], 2_000);
    // What would take more memory than a request may have is refused with what it takes.
    let problem = put(&bmp(3_000, 2_500, BLUE)).refused(422, "impossible");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("3000 × 2500") && detail.contains("bytes of memory"),
        "{detail}"
    );
    assert_eq!(work.json("r/optical.json")["width"], 2_000);
}

#[test]
fn one_picture_is_not_of_several_sections() {
    let work = work_with_picture();
    work.run("annotate tissue/demo.imzML --quiet --out s")
        .succeeded();
    work.run("serve r s --optical he.png --listen 127.0.0.1:0")
        .refused(1, &["--optical", "metaspace optical RESULTS PICTURE"]);
    work.run("serve r --optical he.png --read-only")
        .refused(2, &["--optical"]);
}
