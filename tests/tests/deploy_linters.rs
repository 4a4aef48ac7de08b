//! The files of `deploy` pass the linters of the systems that they are for.

use std::path::Path;

use tests::program::run_python_of;

/// Names the Python that has `tests/python/deploy-requirements.txt`.
const PYTHON: &str = "METASPACE_DEPLOY_PYTHON";

#[test]
fn the_files_of_deploy_pass_their_linters() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    run_python_of(PYTHON, "lint_deploy.py", &deploy);
}
