//! `metaspace report`: a page that a browser opens from disk, and nothing else is needed for.

#![expect(clippy::unwrap_used, reason = "tests")]

use tests::program::{WorkingFolder, run_python};

fn annotated(options: &str) -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 40 --height 30");
    work.run(&format!(
        "annotate tissue/demo.imzML --quiet --out results {options}"
    ))
    .succeeded();
    work
}

fn text(work: &WorkingFolder) -> String {
    String::from_utf8(work.read("results/report.html")).unwrap()
}

#[test]
fn a_browser_shows_what_the_tables_hold() {
    let work = annotated("");
    work.run("coloc results --segment --out results/segments.parquet")
        .succeeded();
    work.run("report results").succeeded();
    assert!(text(&work).contains("Segments of the tissue"));
    run_python("check_report.py", &work.path("results"));
}

#[test]
fn a_record_that_lacks_a_setting_is_refused() {
    let work = annotated("");
    let whole = work.json("results/run.json");
    for (part, setting) in [
        ("settings", "ppm"),
        ("settings", "charge"),
        ("dataset", "imzml"),
    ] {
        let mut record = whole.clone();
        record[part].as_object_mut().unwrap().remove(setting);
        work.write("results/run.json", record.to_string());
        let missing = format!("missing field `{setting}`");
        for command in ["report results", "images results --out pictures"] {
            work.run(command)
                .refused(1, &["cannot understand `results/run.json`", &missing]);
        }
    }
}

#[test]
fn threads_change_no_byte_of_it() {
    let work = annotated("");
    work.run("report results --threads 1").succeeded();
    let first = work.read("results/report.html");
    work.run("report results --threads 7").succeeded();
    assert!(first == work.read("results/report.html"));
}

#[test]
fn a_report_says_what_is_not_there() {
    let work = annotated("--no-coloc --fdr 0.05");
    work.run("report results --best 2 --fdr 0").succeeded();
    let page = text(&work);
    for words in [
        "No annotation has an FDR up to",
        "Co-localization was not computed",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let other = report_with_segments_of_another(&work);
    assert!(
        other.contains("is of other pixels than the results"),
        "{other}"
    );
    let finished = work.run("report tissue");
    assert!(
        finished.stderr.contains("no run.json"),
        "{}",
        finished.stderr
    );
    let finished = work.run("report results --hotspot 2");
    assert!(
        finished.stderr.contains("--hotspot: must lie"),
        "{}",
        finished.stderr
    );
}

/// What is said of the segments of another dataset.
fn report_with_segments_of_another(work: &WorkingFolder) -> String {
    work.simulate("small", "--width 20 --height 16");
    work.run("annotate small/demo.imzML --quiet --out small-results")
        .succeeded();
    work.run("coloc small-results --fdr 1 --segment --out results/segments.parquet")
        .succeeded();
    let finished = work.run("report results").exited(1);
    std::fs::remove_file(work.path("results/segments.parquet")).unwrap();
    finished.stderr
}

#[test]
fn a_dataset_without_annotations_has_a_report() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 8 --height 6");
    work.write("none.tsv", "id\tname\tformula\n1\t<b>Gold\tAu2\n");
    let line = "annotate tissue/demo.imzML --database none.tsv --quiet --out results";
    work.run(line).succeeded();
    work.run("report results").succeeded();
    assert!(text(&work).contains("No annotation at this FDR."));
}

#[test]
fn what_a_table_says_is_no_markup() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 12 --height 10");
    work.write(
        "odd.tsv",
        "id\tname\tformula\tclass\n1\t<script>alert(1)</script>\tC43H73O8P\t\"><img src=x>\n",
    );
    let line = "annotate tissue/demo.imzML --database odd.tsv --quiet --out results";
    work.run(line).succeeded();
    work.run("report results --fdr 1").succeeded();
    let page = text(&work);
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"));
}
