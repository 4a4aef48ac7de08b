//! The page for readers who use R does what it says.

use std::fs;
use std::path::Path;
use std::process::Command;

use tests::program::WorkingFolder;

/// Two regions, as the viewer keeps them.
const REGIONS: &str = r#"{"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"name": "cortex"}, "geometry": {"type": "Polygon",
     "coordinates": [[[2, 2], [12, 2], [12, 16], [2, 16]]]}},
    {"type": "Feature", "properties": {"name": "medulla"}, "geometry": {"type": "Polygon",
     "coordinates": [[[14, 2], [22, 2], [22, 16], [14, 16]]]}}]}"#;

/// The blocks of a page that are in a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let opening = format!("{language}\n");
    let blocks = page.split("```").skip(1).step_by(2);
    blocks
        .filter_map(|block| block.strip_prefix(&*opening))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_blocks_of_the_page_run_in_r() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/r.md");
    let page = fs::read_to_string(page).unwrap();
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 18");
    work.run("annotate tissue/demo.imzML --quiet --no-coloc --out results")
        .succeeded();
    work.write("regions.geojson", REGIONS);
    let commands = blocks(&page, "sh").concat();
    assert_eq!(commands.lines().count(), 2, "{commands}");
    for line in commands.lines() {
        let line = line.strip_prefix("metaspace ").unwrap();
        work.run(line).succeeded();
    }
    let script = blocks(&page, "r");
    assert!(script.len() > 5, "{script:?}");
    work.write("page.R", script.concat());
    let output = Command::new("Rscript")
        .args(["--vanilla", "page.R"])
        .current_dir(work.path("."))
        .output()
        .expect("Rscript; tests/run installs it");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (said(&output.stdout), said(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("class: SummarizedExperiment"), "{stdout}");
    assert!(work.path("best.pdf").exists());
}
