"""Examples of docstrings and of the guide are run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import metaspace as ms

MODULES = ["metaspace"] + [
    f"metaspace.{module.name}"
    for module in pkgutil.iter_modules(ms.__path__)
    if module.name not in ("__main__", "_native")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings_run(name: str) -> None:
    module = importlib.import_module(name)
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner()
    for test in finder.find(module, name):
        # Each begins in an empty folder.
        folder = Path(test.name)
        folder.mkdir(parents=True, exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            assert runner.run(test).failed == 0, test.name


def test_every_public_name_has_a_docstring() -> None:
    for name in ms.__all__:
        thing = getattr(ms, name)
        assert thing.__doc__, name
        for inner, member in vars(thing).items() if isinstance(thing, type) else ():
            if not inner.startswith("_") and (callable(member) or isinstance(member, property)):
                assert member.__doc__, f"{name}.{inner}"


def test_examples_of_the_guide_run(tissue: ms.Tissue) -> None:
    guide = Path(__file__).parents[3] / "docs" / "guide" / "python.md"
    if not guide.is_file():
        pytest.skip("the guide is in the repository, and this is the package alone")
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 4
    for extension in (".imzML", ".ibd"):
        Path(f"brain{extension}").write_bytes(tissue.imzml.with_suffix(extension).read_bytes())
    stained = ms.annotate(tissue.imzml, out="stained", progress=False)
    # Any picture will do for a stain.
    stained.figure("he.png", n_best=1)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(guide), "exec"), names)
