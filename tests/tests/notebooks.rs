//! The notebooks run from top to bottom on a simulated tissue.

use tests::program::{WorkingFolder, run_python_of};

/// Names the Python that has `notebooks/requirements.txt`.
const PYTHON: &str = "METASPACE_NOTEBOOK_PYTHON";

#[test]
fn every_notebook_runs_from_top_to_bottom() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "");
    work.run("annotate tissue/demo.imzML --quiet --out results")
        .succeeded();
    work.run("annotate tissue/demo.imzML --entrapment 1 --quiet --out entrapment")
        .succeeded();
    let options = "--width 30 --height 24 --effect Phosphatidylcholine=3";
    work.annotate_experiment("experiment", 3, options);
    work.run(
        "experiment run experiment/experiment.tsv --block batch --quiet --out experiment/evaluated",
    )
    .succeeded();
    run_python_of(PYTHON, "run_notebooks.py", &work.path(""));
}
