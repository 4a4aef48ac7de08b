"""The wheel of the Python package, built of this checkout; needs maturin."""

import os
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "pipeline" / "python"


def run(*line, cwd, python=sys.executable):
    """Runs a program, with those beside a Python first; returns what it printed."""
    # Programs of the packages that are tested with, such as a server of S3.
    path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])
    done = subprocess.run(
        [str(part) for part in line],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def build(wheels):
    """Builds it in the profile of the tests, whose crates are compiled already."""
    line = [sys.executable, "-m", "maturin", "build", "--locked", "--profile", "dev", "--out", wheels]
    run(*line, cwd=PACKAGE)
    (wheel,) = wheels.glob("metaspace-*-cp310-abi3-*.whl")
    return wheel
