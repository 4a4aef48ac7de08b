"""A simulated tissue and its results, made once; each test works in a folder of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import metaspace as ms

WIDTH, HEIGHT = 24, 18


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Patterns are kept apart from those of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METASPACE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def interrupts() -> None:
    """What runs in the background of a shell ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tissue(tmp_path_factory: pytest.TempPathFactory) -> ms.Tissue:
    folder = tmp_path_factory.mktemp("tissue")
    return ms.simulate(folder, width=WIDTH, height=HEIGHT, progress=False)


@pytest.fixture(scope="session")
def results(tissue: ms.Tissue, tmp_path_factory: pytest.TempPathFactory) -> ms.Results:
    out = tmp_path_factory.mktemp("runs") / "demo"
    return ms.annotate(
        tissue.imzml,
        adduct=["+H", "+Na", "+K"],
        neutral_loss="-H2O",
        out=out,
        keep_peaks=True,
        progress=False,
    )


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doctest_namespace: Any) -> None:
    monkeypatch.chdir(tmp_path)
