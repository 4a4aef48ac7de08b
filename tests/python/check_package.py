"""Builds the Python package, installs it into a fresh environment, and tests it there; prints OK.

    check_package.py FOLDER               FOLDER is for the wheel and the environment
    check_package.py FOLDER PYTHON …      with other Pythons, too, such as python3.10 and python3.13

Run by a Python that has `pipeline/python/tests/requirements.txt`; the environment has these packages
too, and the wheel besides. Environments of other Pythons get the newest versions that those can have.
"""

import re
import sys
import sysconfig
import venv
from pathlib import Path

from package_wheel import PACKAGE, build, run


def fresh_environment(folder):
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / "python"
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    here = sysconfig.get_path("purelib")
    Path(packages.strip(), "tested-with.pth").write_text(f"{here}\n", encoding="utf-8")
    return python


def environment_of(other, folder):
    """An environment of another Python with the packages that are tested with, whatever their version."""
    run(other, "-m", "venv", folder, cwd=folder.parent)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    lines = (PACKAGE / "tests" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = [re.split("[=<>]", line)[0] for line in lines if line and not line.startswith("#")]
    run(python, "-m", "pip", "install", "--quiet", *names, cwd=folder)
    return python


def check(wheel, python, folder):
    # Whatever else is there of this name.
    install = ["install", "--quiet", "--no-deps", "--ignore-installed", wheel]
    run(python, "-m", "pip", *install, cwd=folder)
    # Not from the folder of the sources, whose module has no native part.
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", PACKAGE / "tests"]
    # Programs beside the Python that has the packages.
    beside = python if (python.parent / "rclone").exists() else sys.executable
    said = run(python, *tests, cwd=folder, python=beside)
    assert " passed" in said and "skipped" not in said, said
    run(python, "-m", "mypy", cwd=PACKAGE)
    run(python, "-m", "mypy.stubtest", "metaspace._native", cwd=folder)


def main():
    folder, others = Path(sys.argv[1]), sys.argv[2:]
    wheel = build(folder / "wheels")
    check(wheel, fresh_environment(folder / "environment"), folder)
    for number, other in enumerate(others):
        check(wheel, environment_of(other, folder / f"environment-{number}"), folder)
    print("OK")


if __name__ == "__main__":
    main()
