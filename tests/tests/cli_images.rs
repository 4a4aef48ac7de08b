//! `metaspace images`: what the pictures show, and what is refused.

#![expect(clippy::unwrap_used, reason = "tests")]

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
        ("--out tissue", "exists already"),
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
