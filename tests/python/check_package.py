"""Builds the Python package, installs it into a fresh environment, and tests it there; prints OK.

    check_package.py FOLDER      FOLDER is for the wheel and the environment

Run by a Python that has `pipeline/python/tests/requirements.txt`; the environment has these packages
too, and the wheel besides.
"""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pipeline" / "python"


def run(*line, cwd):
    # Programs of the packages that are tested with, such as a server of S3.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
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
    """The profile of the tests, whose crates are compiled already."""
    line = [sys.executable, "-m", "maturin", "build", "--locked", "--profile", "dev", "--out", wheels]
    run(*line, cwd=PACKAGE)
    (wheel,) = wheels.glob("metaspace-*-cp310-abi3-*.whl")
    return wheel


def fresh_environment(folder):
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / "python"
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    here = sysconfig.get_path("purelib")
    Path(packages.strip(), "tested-with.pth").write_text(f"{here}\n", encoding="utf-8")
    return python


def check(folder):
    wheel = build(folder / "wheels")
    python = fresh_environment(folder / "environment")
    # Whatever else is there of this name.
    install = ["install", "--quiet", "--no-deps", "--ignore-installed", wheel]
    run(python, "-m", "pip", *install, cwd=folder)
    # Not from the folder of the sources, whose module has no native part.
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", PACKAGE / "tests", cwd=folder)
    assert " passed" in said and "skipped" not in said, said
    run(python, "-m", "mypy", cwd=PACKAGE)
    run(python, "-m", "mypy.stubtest", "metaspace._native", cwd=folder)


if __name__ == "__main__":
    check(Path(sys.argv[1]))
    print("OK")
