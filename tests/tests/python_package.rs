//! The Python package is built, installed into a fresh environment, and tested there with its types.

use tests::program::{WorkingFolder, run_python_of};

/// Names the Python that has `pipeline/python/tests/requirements.txt`.
const PYTHON: &str = "METASPACE_PACKAGE_PYTHON";

#[test]
fn the_python_package_is_built_and_passes_its_tests() {
    let work = WorkingFolder::default();
    run_python_of(PYTHON, "check_package.py", &work.path(""));
}
