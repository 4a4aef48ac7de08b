"""Lints the files of a folder `deploy` with their own tools: planemo for Galaxy, hadolint for Docker; a
conda recipe is rendered and held against what conda-build asks of one. Prints OK.

`nf-core modules lint` and `conda-build` fetch from elsewhere, and are not run.
"""

import os
import subprocess
import sys
from pathlib import Path

import jinja2
import yaml

# Sections of a recipe, and keys of `about`, as conda-build documents them.
SECTIONS = {"package", "source", "build", "requirements", "test", "about", "extra"}
ABOUT = {"home", "summary", "license", "license_file", "dev_url", "doc_url", "description"}


def run(*command):
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode()
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{text}"
    return text


def check_recipe(path):
    text = path.read_text(encoding="utf-8")
    names = {"compiler": lambda name: f"{name}-compiler", "stdlib": lambda name: f"{name}-stdlib"}
    recipe = yaml.safe_load(jinja2.Template(text, undefined=jinja2.StrictUndefined).render(**names))
    assert set(recipe) <= SECTIONS, set(recipe) - SECTIONS
    assert set(recipe["about"]) <= ABOUT, set(recipe["about"]) - ABOUT
    assert recipe["package"]["name"] == "metaspace" and isinstance(recipe["package"]["version"], str)
    source = path.parent / recipe["source"]["path"]
    assert (source / "pipeline" / "Cargo.toml").is_file(), source
    for name in recipe["about"]["license_file"]:
        # One of them is made by the recipe.
        assert name == "THIRDPARTY.yml" or (source / name).is_file(), name
    assert recipe["requirements"]["build"][0] == "c-compiler"
    assert recipe["test"]["commands"]


def main():
    deploy = Path(sys.argv[1])
    text = run("planemo", "lint", "--fail_level", "warn", deploy / "galaxy" / "metaspace.xml")
    assert "Tool defines a version" in text, text
    run("hadolint", deploy / "Dockerfile")
    check_recipe(deploy / "conda" / "meta.yaml")
    for path in sorted((deploy / "nextflow").rglob("*.yml")):
        assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict), path
    print("OK")


if __name__ == "__main__":
    main()
