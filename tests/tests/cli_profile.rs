//! Profile spectra: the peaks that are picked from them are annotated as the peaks themselves.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use ms_core::imzml::Mode;
use tests::profile::{Rendering, render};
use tests::program::WorkingFolder;

/// A tissue, and a range of m/z, small enough to be rendered.
const TISSUE: &str = "--width 20 --height 15";
const RANGE: &str = "--mz-min 700 --mz-max 850";

const RENDERING: Rendering = Rendering {
    resolving_power: 140_000.0,
    points_a_width: 5.0,
    ions: 0.05,
    noise: 0.3,
    leaves_out_zeros: false,
};

/// Ions annotated at FDR 10 % in a folder.
fn ions(work: &WorkingFolder, folder: &str) -> BTreeSet<String> {
    let rows = work.annotations(folder).into_iter();
    rows.filter(|row| row["fdr"].parse::<f64>().unwrap() <= 0.1)
        .map(|row| row["ion"].clone())
        .collect()
}

/// A tissue of peaks, `tissue.imzML`.
fn tissue() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("whole", TISSUE);
    work.run(&format!("convert whole/demo.imzML tissue.imzML {RANGE}"))
        .succeeded();
    work
}

/// The same as profiles, `NAME.imzML`.
fn rendered(work: &WorkingFolder, name: &str, mode: Mode, rendering: Rendering) {
    let target = work.path(&format!("{name}.imzML"));
    render(&work.path("tissue.imzML"), &target, mode, rendering);
}

#[test]
fn profiles_are_annotated_as_their_peaks() {
    let work = tissue();
    let line = "--no-coloc --out";
    work.run(&format!("annotate tissue.imzML {line} peaks"))
        .succeeded();
    let truth = ions(&work, "peaks");
    assert!(truth.len() > 20, "{}", truth.len());
    let suppressed = Rendering {
        leaves_out_zeros: true,
        ..RENDERING
    };
    for (name, mode, rendering) in [
        ("continuous", Mode::Continuous, RENDERING),
        ("suppressed", Mode::Processed, suppressed),
    ] {
        rendered(&work, name, mode, rendering);
        let run = work.run(&format!("annotate {name}.imzML {line} {name}"));
        let said = run.stderr.clone();
        run.succeeded();
        assert!(
            said.contains("spectra: profile, as the file says; peaks are picked"),
            "{said}"
        );
        let found = ions(&work, name);
        let n_common = found.intersection(&truth).count();
        let n_all = found.union(&truth).count();
        assert!(
            n_common * 100 >= n_all * 95,
            "{name}: {n_common} of {n_all}"
        );
        let record = work.json(&format!("{name}/run.json"));
        let power = &record["dataset"]["survey"]["resolution"]["resolving_power"];
        let power = power.as_f64().unwrap();
        assert!((126e3..154e3).contains(&power), "{name}: {power}");
        let accuracy = &record["dataset"]["survey"]["measured"]["sigma_ppm"];
        assert!(accuracy.as_f64().unwrap() < 1.5, "{name}: {accuracy}");
    }
}

#[test]
fn picking_gives_the_same_bytes_however_it_is_done() {
    let work = tissue();
    rendered(&work, "profile", Mode::Continuous, RENDERING);
    let line = "annotate profile.imzML --quiet --no-coloc";
    work.run(&format!("{line} --threads 1 --out one"))
        .succeeded();
    work.run(&format!("{line} --threads 7 --memory 128MiB --out seven"))
        .succeeded();
    work.assert_same("one", "seven");
    work.run("submit profile.imzML --quiet --no-coloc --out tasks")
        .succeeded();
    work.assert_same("one", "tasks");
}

#[test]
fn a_converted_dataset_is_annotated_as_the_original() {
    let work = tissue();
    rendered(&work, "profile", Mode::Processed, RENDERING);
    let before = std::fs::metadata(work.path("profile.ibd")).unwrap().len();
    let said = work
        .run("convert profile.imzML peaks.imzML --compress")
        .succeeded();
    assert!(said.contains("300 spectra"), "{said}");
    let after = std::fs::metadata(work.path("peaks.ibd")).unwrap().len();
    assert!(after * 10 < before, "{after} of {before}");
    let info = work.run("info peaks.imzML --verify").succeeded();
    assert!(info.contains("300, centroid"), "{info}");
    assert!(info.contains("SHA-1, verified"), "{info}");
    // Without what is known of the width of peaks, the resolving power is taken from elsewhere.
    let line = "--quiet --no-coloc --resolving-power 140000 --out";
    work.run(&format!("annotate profile.imzML {line} a"))
        .succeeded();
    work.run(&format!("annotate peaks.imzML {line} b"))
        .succeeded();
    work.assert_same("a", "b");
}

#[test]
fn a_dataset_is_cut_to_a_region_and_a_range() {
    let work = tissue();
    let mut csv = String::from("x,y\n");
    for x in 3..9 {
        for y in 2..7 {
            csv += &format!("{x},{y}\n");
        }
    }
    work.write("region.csv", csv);
    let line = "convert tissue.imzML cut.imzML --region region.csv --mz-min 750 --mz-max 800";
    work.run(line).succeeded();
    let info = work.run("--json info cut.imzML").succeeded();
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    // Some pixels of a tissue have no spectrum.
    let n_pixels = info["nPixels"].as_u64().unwrap();
    assert!((26..=30).contains(&n_pixels), "{n_pixels}");
    assert_eq!((&info["width"], &info["height"]), (&6.into(), &5.into()));
    let (low, high) = (&info["mzRange"][0], &info["mzRange"][1]);
    assert!(
        low.as_f64().unwrap() >= 750.0 && high.as_f64().unwrap() <= 800.0,
        "{info}"
    );
    let refused = work.run(line);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("exists"), "{}", refused.stderr);
    work.run(&format!("{line} --force")).succeeded();
}
