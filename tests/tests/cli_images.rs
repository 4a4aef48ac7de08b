//! `metaspace images`: what the pictures show, and what is refused.

#![expect(
    clippy::unwrap_used,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "tests"
)]

use tests::program::{WorkingFolder, run_python};

/// A work with the results of a small tissue.
fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 30 --height 24");
    work.run("annotate tissue/demo.imzML --quiet --out results")
        .succeeded();
    work
}

/// Two ions that are annotated.
fn two_ions(work: &WorkingFolder) -> (String, String) {
    let csv = String::from_utf8(work.read("results/annotations.csv")).unwrap();
    let mut ions = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(3).unwrap().to_owned());
    (ions.next().unwrap(), ions.next().unwrap())
}

#[test]
fn pictures_have_the_intensities_of_the_tables() {
    let work = work();
    let (first, second) = two_ions(&work);
    for line in [
        "images results --zoom 1 --no-scale-bar --colormap viridis-reversed --out indexed",
        "images results --format png16 --scale sqrt --hotspot 1 --isotopes 3 --out grey",
        "images results",
        "images results --format tiff --normalize tic --colormap viridis --out tiff",
        &format!(
            "images results --composite {first} --composite {second} --zoom 1 --no-scale-bar --out composite"
        ),
    ] {
        work.run(line).succeeded();
    }
    for colormap in ["viridis", "magma", "inferno", "cividis", "grey"] {
        let line = format!(
            "images results --ion {first} --colormap {colormap} --zoom 1 --no-scale-bar --out of-{colormap}"
        );
        work.run(&line).succeeded();
    }
    run_python("check_images.py", &work.path(""));
}

/// The commands of a page of the documentation, in order, without their comments.
fn documented(page: &str) -> Vec<Vec<String>> {
    let commands = page
        .lines()
        .filter_map(|line| line.strip_prefix("    metaspace "));
    let words = |line: &str| {
        let line = line.split("  #").next().unwrap_or_default();
        // What stands in quotes is one word.
        let parts = line.split('"').enumerate();
        let words = parts.flat_map(|(i, part)| match i % 2 {
            1 => vec![part.to_owned()],
            _ => part.split_whitespace().map(str::to_owned).collect(),
        });
        words.collect()
    };
    commands.map(words).collect()
}

#[test]
fn documented_commands_run_one_after_the_other_and_again() {
    let work = work();
    let (first, second) = two_ions(&work);
    let page = include_str!("../../docs/guide/report.md");
    let commands = documented(page);
    assert!(commands.len() > 6, "{commands:?}");
    // The ions of the page are of another tissue than this one.
    let here = |word: String| match word.as_str() {
        "brain-results" => "results".to_owned(),
        "PE 38:4" | "C43H78NO8P -H" => first.clone(),
        "PI 38:4" => second.clone(),
        _ => word,
    };
    for round in 0..2 {
        for command in commands.clone() {
            let mut words: Vec<String> = command.into_iter().map(here).collect();
            // A figure is one file of the user's: it is written over only when asked.
            if round > 0 && words[0] == "figure" {
                words.push("--force".into());
            }
            let done = work.command("").args(&words).output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{words:?}: {said}");
        }
    }
    // All pictures are in the list, each once.
    let list = String::from_utf8(work.read("results/images/images.csv")).unwrap();
    let mut files: Vec<&str> = list
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap())
        .filter(|file| file.ends_with(".png"))
        .collect();
    let n_listed = files.len();
    files.sort_unstable();
    files.dedup();
    assert_eq!(files.len(), n_listed);
    let names = work.names("results/images");
    let n_pictures = names.iter().filter(|name| name.ends_with(".png")).count();
    assert_eq!(n_pictures, n_listed);
    // Another file is not joined unasked.
    work.write("results/images/thesis.txt", "");
    work.run("images results").refused(1, &["thesis.txt"]);
}

#[test]
fn a_figure_has_names_and_a_size() {
    let work = work();
    let (first, second) = two_ions(&work);
    let done = work
        .run("figure results --n 5 --out f.svg --title Tissue")
        .succeeded();
    assert!(done.starts_with("5 ions on 180 × "), "{done}");
    let svg = String::from_utf8(work.read("f.svg")).unwrap();
    assert_eq!(svg.matches("<image ").count(), 5);
    for said in [
        "width=\"180mm\"",
        ">Tissue</text>",
        "m/z ",
        " µm</text>",
        "<tspan baseline-shift=\"sub\"",
    ] {
        assert!(svg.contains(said), "{said}");
    }
    work.run("figure results --n 5 --out f.svg")
        .refused(1, &["`f.svg` exists already", "--force"]);
    for line in ["--out one.pdf", "--out again.pdf"] {
        work.run(&format!("figure results --n 5 {line} --title Tissue"))
            .succeeded();
    }
    let pdf = work.read("one.pdf");
    assert!(pdf.starts_with(b"%PDF-") && pdf == work.read("again.pdf"));
    let line =
        format!("figure results --composite {first} --composite {second} --width 85 --out c.png");
    let json = work.run(&format!("{line} --json")).json();
    assert_eq!(json["ions"], serde_json::json!([first, second]));
    let height = json["heightMm"].as_f64().unwrap();
    let png = work.read("c.png");
    let info = png::Decoder::new(std::io::Cursor::new(&png))
        .read_info()
        .unwrap();
    let (columns, rows) = (info.info().width, info.info().height);
    assert_eq!(columns, 1_004, "85 mm of 300 dots an inch");
    assert!(
        (f64::from(rows) - height / 25.4 * 300.0).abs() < 2.0,
        "{rows} {height}"
    );
    work.run("figure results --out f.gif")
        .refused(1, &["must end in .svg, .pdf or .png"]);
    work.run("figure results --fdr 0 --out none.svg")
        .refused(1, &["no ion of `results`"]);
    work.run("figure results --ion nothing --out none.svg")
        .refused(1, &["nothing"]);
    work.run("figure results --width 5 --out none.svg")
        .refused(1, &["--width"]);
    assert!(!work.path("none.svg").exists());
}

#[test]
fn a_figure_has_box_plots_of_regions_and_the_mean_spectrum() {
    let work = work();
    let (first, second) = two_ions(&work);
    let line = format!("figure results --ion {first} --ion {second} --region whole");
    work.write(
        "regions.csv",
        "x,y,region\n1,1,corner\n2,1,corner\n1,2,edge\n1,3,edge\n",
    );
    work.run(&format!(
        "{line} --region regions.csv --spectrum --out f.svg"
    ))
    .succeeded();
    let svg = String::from_utf8(work.read("f.svg")).unwrap();
    let count = |part: &str| svg.matches(part).count();
    // Two ions in three regions, and both in the spectrum.
    assert_eq!(count("fill=\"#bcd3e6\""), 6);
    for region in ["whole", "corner", "edge"] {
        assert_eq!(count(&format!(">{region}</text>")), 2, "{region}");
    }
    assert_eq!(count("class=\"stick annotated\""), 1);
    let marked = svg.split("class=\"stick annotated\" d=\"").nth(1).unwrap();
    let marked = marked.split('"').next().unwrap();
    assert_eq!(marked.matches('M').count(), 2, "{marked}");
    let height = |more: &str| {
        let json = work
            .run(&format!("{line} {more} --json --force --out f.png"))
            .json();
        json["heightMm"].as_f64().unwrap()
    };
    assert!(height("--spectrum") > height("") + 40.0);
    assert!(height("--region regions.csv") > height("") + 5.0);
    work.run(&format!("{line} --spectrum --out f.pdf"))
        .succeeded();
    work.run(&format!("{line} --composite {first} --out none.svg"))
        .refused(2, &["--ion", "--composite"]);
    work.run(&format!(
        "figure results --composite {first} --region whole --out none.svg"
    ))
    .refused(1, &["--region: stands below the image of one ion"]);
    work.run("figure results --region nowhere --out none.svg")
        .refused(1, &["nowhere"]);
    assert!(!work.path("none.svg").exists());
}

#[test]
fn one_ion_is_no_ions_and_names_are_taken() {
    let work = work();
    let (first, _) = two_ions(&work);
    let said = work
        .run(&format!(
            "images results --ion {first} --isotopes 3 --out one"
        ))
        .succeeded();
    assert!(said.starts_with("1 ion in 3 files in one"), "{said}");
    let rows = work.run("coloc results --json --fdr 1").json();
    let name = rows["pairs"][0]["moleculeNames"][0].as_str().unwrap();
    let done = work
        .command("images results --out named --ion")
        .arg(name)
        .output()
        .unwrap();
    assert!(done.status.success());
    assert_eq!(work.names("named").len(), 2);
}

#[test]
fn a_pixel_size_gives_a_scale_bar() {
    let work = work();
    let (first, _) = two_ions(&work);
    let line = format!("images results --ion {first} --zoom 1");
    work.run(&format!("{line} --out stated")).succeeded();
    work.run(&format!("{line} --pixel-size 7 --out given"))
        .succeeded();
    let picture = |folder: &str| {
        let names = work.names(folder);
        let name = names.iter().find(|name| name.ends_with(".png")).unwrap();
        work.read(&format!("{folder}/{name}"))
    };
    assert_ne!(picture("stated"), picture("given"));
    work.run(&format!("{line} --pixel-size 0 --out none"))
        .refused(1, &["--pixel-size: must be a length in µm above 0, not 0"]);
}

#[test]
fn threads_change_no_picture() {
    let work = work();
    for n in [1, 7] {
        work.run(&format!(
            "images results --normalize rms --scale rank --threads {n} --out of-{n}"
        ))
        .succeeded();
    }
    assert_eq!(work.names("of-1"), work.names("of-7"));
    for name in work.names("of-1") {
        assert_eq!(
            work.read(&format!("of-1/{name}")),
            work.read(&format!("of-7/{name}")),
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let work = work();
    let (ion, _) = two_ions(&work);
    let composite = format!("--composite {ion} ").repeat(8);
    for (options, message) in [
        (
            "--hotspot 1.5",
            "--hotspot: must lie between 0 and 1, not 1.5",
        ),
        ("--fdr -1", "unexpected argument"),
        (
            "--isotopes 0",
            "--isotopes: must lie between 1 and 16, not 0",
        ),
        ("--zoom 1000", "--zoom: must lie between 1 and 64, not 1000"),
        (
            "--format tiff --scale log",
            "--scale: a TIFF holds intensities",
        ),
        (
            "--colormap jet",
            "must be one of viridis, viridis-reversed, magma",
        ),
        ("--ion C99H99", "none of the"),
        (
            &composite,
            "--composite: a picture has 7 ions at most, not 8",
        ),
        ("--out tissue", "no picture of an earlier drawing"),
    ] {
        let finished = work.run(&format!("images results {options}"));
        assert_ne!(finished.code, Some(0), "{options}");
        assert!(
            finished.stderr.contains(message),
            "{options}: {}",
            finished.stderr
        );
    }
    let finished = work.run("images tissue");
    assert!(
        finished.stderr.contains("no run.json"),
        "{}",
        finished.stderr
    );
}

#[test]
fn no_ion_up_to_the_level_is_said() {
    let work = work();
    let stdout = work.run("images results --fdr 0").succeeded();
    assert!(stdout.contains("no ion has an FDR up to 0"), "{stdout}");
    assert!(!work.path("results/images").exists());
}

#[test]
fn pixels_that_are_not_square_have_their_shape() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 12 --height 10");
    let path = work.path("tissue/demo.imzML");
    let xml = std::fs::read_to_string(&path).unwrap();
    let start = xml.find("name=\"pixel size y\" value=\"").unwrap()
        + "name=\"pixel size y\" value=\"".len();
    let end = start + xml[start..].find('"').unwrap();
    let width: f64 = xml[start..end].parse().unwrap();
    let tall = format!("{}{}{}", &xml[..start], 3.0 * width, &xml[end..]);
    std::fs::write(&path, tall).unwrap();
    work.run("annotate tissue/demo.imzML --quiet --no-coloc --out results")
        .succeeded();
    work.run("images results --quiet --zoom 2 --no-scale-bar --out pictures")
        .succeeded();
    let name = work
        .names("pictures")
        .into_iter()
        .find(|name| name.ends_with(".png"))
        .unwrap();
    let bytes = work.read(&format!("pictures/{name}"));
    let reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    assert_eq!((reader.info().width, reader.info().height), (24, 60));
}

/// The grey levels of a PNG of 16 bits.
fn grey_levels(bytes: &[u8]) -> Vec<u16> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(frame.bit_depth, png::BitDepth::Sixteen);
    let (pairs, _) = pixels.as_chunks::<2>();
    pairs.iter().map(|&pair| u16::from_be_bytes(pair)).collect()
}

#[test]
fn intensities_are_divided_by_those_of_an_ion_or_an_mz() {
    let work = work();
    let (first, second) = two_ions(&work);
    let draw = |folder: &str, by: &str| {
        let line = format!(
            "images results --ion {first} --format png16 --hotspot 1 --zoom 1 --normalize {by} --out {folder}"
        );
        work.run(&line).succeeded();
        let files = work.names(folder);
        let file = files.iter().find(|name| name.ends_with(".png")).unwrap();
        grey_levels(&work.read(&format!("{folder}/{file}")))
    };
    let plain = draw("plain", "none");
    let (own, other) = (
        draw("own", &format!("ion={first}")),
        draw("other", &format!("ion={second}")),
    );
    // Divided by itself, an ion is as strong everywhere.
    for (plain, own) in plain.iter().zip(&own) {
        assert_eq!(*own, if *plain > 0 { u16::MAX } else { 0 });
    }
    assert!(plain.iter().any(|level| *level > 0 && *level < u16::MAX));
    assert!(other != plain && other != own);
    work.run(&format!(
        "figure results --ion {first} --normalize ion={second} --out figure.svg"
    ))
    .succeeded();
    let svg = String::from_utf8(work.read("figure.svg")).unwrap();
    assert!(svg.contains(&format!("({second})")), "{svg}");
    let line = format!("images results --ion {first} --out wrong --normalize");
    work.run(&format!("{line} mz=500"))
        .refused(1, &["--normalize", "--keep-peaks"]);
    work.run(&format!("{line} ion=C1H1+Rb"))
        .refused(1, &["C1H1+Rb"]);
    work.run(&format!("{line} max")).refused(
        2,
        &["`max` is none of none, tic, rms, median, ion=ION and mz=MZ"],
    );
    work.run("annotate tissue/demo.imzML --quiet --no-coloc --keep-peaks --out kept")
        .succeeded();
    let annotations = work.annotations("kept");
    let mz = &annotations[0]["mz"];
    work.run(&format!(
        "extract kept --mz {mz} --normalize mz={mz} --format npy --out array"
    ))
    .succeeded();
    let names = work.names("array");
    let array = work.read(&format!(
        "array/{}",
        names.iter().find(|name| name.ends_with(".npy")).unwrap()
    ));
    let start = array.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let (values, _) = array[start..].as_chunks::<4>();
    let values: Vec<f32> = values
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .filter(|value| *value > 0.0)
        .collect();
    let mean = values[0];
    assert!(values.len() > 20 && values.iter().all(|value| (value / mean - 1.0).abs() < 1e-5));
    work.run(&format!(
        "images kept --ion {} --normalize mz={mz} --out by-mz",
        annotations[1]["ion"]
    ))
    .succeeded();
    // Where ions are annotated, the image of a window is divided as that of an ion.
    let ion = &annotations[0]["ion"];
    for by in [format!("ion={ion}"), "median".into()] {
        let style = format!("--format png16 --hotspot 1 --zoom 1 --normalize {by}");
        let only = |folder: &str, line: &str| {
            work.run(&format!("{line} {style} --out {folder} --force"))
                .succeeded();
            let names = work.names(folder);
            let name = names.iter().find(|name| name.ends_with(".png")).unwrap();
            grey_levels(&work.read(&format!("{folder}/{name}")))
        };
        let of_window = only("of-window", &format!("extract kept --mz {mz}"));
        let of_ion = only("of-ion", &format!("images kept --ion {ion}"));
        assert_eq!(of_window, of_ion, "{by}");
    }
    work.run(&format!(
        "extract tissue/demo.imzML --mz {mz} --normalize ion={first} --out wrong"
    ))
    .refused(1, &["--normalize", "needs annotated ions"]);
}
