//! The notebooks run from top to bottom on a simulated tissue.

use tests::program::{Desk, run_python_of};

/// Names the Python that has `notebooks/requirements.txt`.
const PYTHON: &str = "METASPACE_NOTEBOOK_PYTHON";

#[test]
fn every_notebook_runs_from_top_to_bottom() {
    let desk = Desk::default();
    desk.simulate("tissue", "");
    desk.run("annotate tissue/demo.imzML --quiet --out results")
        .succeeded();
    desk.run("annotate tissue/demo.imzML --entrapment 1 --quiet --out entrapment")
        .succeeded();
    run_python_of(PYTHON, "run_notebooks.py", &desk.path(""));
}
