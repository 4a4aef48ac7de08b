//! What the program writes is read by another language.

use tests::program::{WorkingFolder, run_python};

#[test]
fn results_are_read_by_polars() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 30 --height 24");
    work.run("annotate tissue/demo.imzML --quiet --out results")
        .succeeded();
    run_python("read_results.py", &work.path("results"));
}

#[test]
fn results_without_annotations_are_read_by_polars() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 8 --height 6");
    // No tissue has it.
    work.write("none.tsv", "id\tname\tformula\n1\tGold\tAu2\n");
    let line = "annotate tissue/demo.imzML --database none.tsv --quiet --out results";
    work.run(line).succeeded();
    assert_eq!(work.json("results/run.json")["counts"]["n_annotations"], 0);
    run_python("read_results.py", &work.path("results"));
}

#[test]
fn a_simulated_dataset_is_read_by_pyimzml() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 12 --height 10");
    run_python("read_imzml.py", &work.path("tissue/demo.imzML"));
}
