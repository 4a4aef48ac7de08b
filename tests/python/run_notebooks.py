"""Executes the notebooks from top to bottom on a folder of data; prints OK.

    run_notebooks.py DATA           DATA has `tissue`, `results`, `entrapment` and
                                    `experiment`
    run_notebooks.py DATA --keep    keeps their outputs in notebooks/
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from package_wheel import build, run

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SECONDS_A_CELL = 600


def execute(path):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    client.execute()
    nbformat.validate(notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", f"{path.name}: {output['text']}"
    return notebook


def has_outputs(notebook):
    return all(
        cell.execution_count for cell in notebook.cells if cell.cell_type == "code"
    )


def install_package(folder):
    """Puts the package of this checkout where notebooks find it."""
    packages = folder / "packages"
    wheel = build(folder / "wheels")
    install = ["install", "--quiet", "--no-deps", "--target", packages, wheel]
    run(sys.executable, "-m", "pip", *install, cwd=folder)
    os.environ["PYTHONPATH"] = str(packages)


def main():
    os.environ["METASPACE_NOTEBOOK_DATA"] = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        install_package(Path(folder))
        execute_all()
    print("OK")


def execute_all():
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    assert len(paths) == 5, paths
    for path in paths:
        executed = execute(path)
        if "--keep" in sys.argv:
            nbformat.write(executed, path)
        assert has_outputs(nbformat.read(path, as_version=4)), f"{path.name} has no outputs; --keep"


if __name__ == "__main__":
    main()
