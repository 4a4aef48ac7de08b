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
    work.run("simulate-experiment --replicates 3 --width 30 --height 24 --effect Phosphatidylcholine=3 --quiet --out experiment")
        .succeeded();
    for condition in ["control", "treated"] {
        for number in 1..=3 {
            let name = format!("{condition}-{number}");
            work.run(&format!(
                "annotate experiment/{name}/{name}.imzML --quiet --no-coloc --out experiment/results/{name}"
            ))
            .succeeded();
        }
    }
    work.run(
        "experiment run experiment/experiment.tsv --block batch --quiet --out experiment/evaluated",
    )
    .succeeded();
    run_python_of(PYTHON, "run_notebooks.py", &work.path(""));
}
