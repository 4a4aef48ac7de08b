"""Executes the notebooks from top to bottom on a folder of data; prints OK.

    run_notebooks.py DATA           DATA has `tissue`, `results`, `entrapment` and
                                    `experiment`
    run_notebooks.py DATA --keep    keeps their outputs in notebooks/
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

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


def main():
    os.environ["METASPACE_NOTEBOOK_DATA"] = str(Path(sys.argv[1]).resolve())
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    assert len(paths) == 5, paths
    for path in paths:
        executed = execute(path)
        if "--keep" in sys.argv:
            nbformat.write(executed, path)
        assert has_outputs(nbformat.read(path, as_version=4)), f"{path.name} has no outputs; --keep"
    print("OK")


if __name__ == "__main__":
    main()
