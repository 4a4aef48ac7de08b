"""How calls behave: progress, Ctrl-C, threads, forks, errors, and the command itself."""

from __future__ import annotations

import inspect
import json
import logging
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import metaspace as ms
from metaspace import _native

COMMAND = Path(sys.executable).with_name("metaspace")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)


def same_tables(one: Path, other: Path) -> None:
    names = sorted(path.name for path in one.iterdir() if path.name != "run.json")
    assert names == sorted(path.name for path in other.iterdir() if path.name != "run.json")
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_options_are_those_of_the_command() -> None:
    known = {name.replace("-", "_") for name in json.loads(_native.annotate_options())}
    given = set(inspect.signature(ms.annotate).parameters)
    assert given - known == {"imzml", "peaks", "progress"}
    assert known <= given


def test_numbers_of_numpy_are_numbers(tissue: ms.Tissue, tmp_path: Path) -> None:
    import numpy as np

    results = ms.annotate(
        tissue.imzml, ppm=np.float32(4), n_peaks=np.int64(3), out=tmp_path / "r", progress=False
    )
    assert results.record["settings"]["ppm"] == 4
    assert results.record["settings"]["nPeaks"] == 3


def test_the_same_bytes_as_the_command(tissue: ms.Tissue, tmp_path: Path) -> None:
    line = ["annotate", str(tissue.imzml), "--adduct", "+K", "--ppm", "4", "--quiet"]
    made = run(*line, "--out", str(tmp_path / "command"))
    assert made.returncode == 0, made.stderr
    results = ms.annotate(
        tissue.imzml, adduct="+K", ppm=4, out=tmp_path / "call", progress=False
    )
    same_tables(tmp_path / "command", results.folder)


def test_kept_peaks_give_the_same(results: ms.Results, tmp_path: Path) -> None:
    again = ms.annotate(
        peaks=results.folder,
        adduct=["+H", "+Na", "+K"],
        neutral_loss=["-H2O"],
        out=tmp_path / "again",
        progress=False,
    )
    assert again.annotations["ion"] == results.annotations["ion"]
    with pytest.raises(TypeError, match="an imzML or peaks"):
        ms.annotate()


def test_progress_is_told_stage_by_stage(tissue: ms.Tissue, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    thread = threading.get_ident()

    def progress(stage: str, done: int, total: int) -> None:
        assert threading.get_ident() == thread
        told.append((stage, done, total))

    ms.annotate(tissue.imzml, out=tmp_path / "results", progress=progress)
    assert all(0 <= done <= total for _, done, total in told)
    last = {stage: (done, total) for stage, done, total in told}
    assert len(last) > 2
    assert all(done == total for done, total in last.values())


def test_notes_are_logged(
    tissue: ms.Tissue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="metaspace"):
        ms.annotate(tissue.imzml, out=tmp_path / "results", progress=False)
    assert any(text.startswith("polarity: positive") for text in caplog.messages)


def test_a_bar_is_for_people(
    tissue: ms.Tissue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ms.annotate(tissue.imzml, out=tmp_path / "quiet")
    assert capsys.readouterr().err == "", "no terminal, no bar"
    ms.annotate(tissue.imzml, out=tmp_path / "shown", progress=True)
    assert "100%" in capsys.readouterr().err


def test_what_a_callback_raises_stops_the_work(tissue: ms.Tissue, tmp_path: Path) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ms.annotate(tissue.imzml, out=tmp_path / "results", progress=progress)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_stops_the_work(tissue: ms.Tissue, tmp_path: Path) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        ms.annotate(tissue.imzml, out=tmp_path / "results", progress=progress)
    assert list(tmp_path.iterdir()) == [], "nothing is left half-written"
    # The next call is as any other.
    ms.annotate(tissue.imzml, out=tmp_path / "results", progress=False)


def test_ctrl_c_stops_a_process_within_a_second(tmp_path: Path) -> None:
    script = (
        "import metaspace as ms, sys\n"
        "print('ready', flush=True)\n"
        "ms.simulate('big', width=800, height=800, progress=False)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    # The work begins right after; what is sent before is raised all the same.
    time.sleep(0.5)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0 and "KeyboardInterrupt" in errors
    assert time.monotonic() - sent < 10
    assert not (tmp_path / "big" / "demo.imzML").exists()


def test_two_threads_annotate_at_once(tissue: ms.Tissue, tmp_path: Path) -> None:
    made: dict[str, ms.Results] = {}
    at_work = threading.Barrier(2, timeout=60)

    def annotate(name: str) -> None:
        met = False

        def progress(stage: str, done: int, total: int) -> None:
            nonlocal met
            if not met:
                # Both are at work, or this is never passed.
                at_work.wait()
                met = True

        made[name] = ms.annotate(tissue.imzml, out=tmp_path / name, progress=progress)

    threads = [threading.Thread(target=annotate, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same_tables(made["one"].folder, made["two"].folder)


def test_no_thread_is_started_by_the_import() -> None:
    script = (
        "import threading, metaspace, os, sys\n"
        "tasks = '/proc/self/task'\n"
        "n = len(os.listdir(tasks)) if os.path.isdir(tasks) else threading.active_count()\n"
        "assert n == 1, n\n"
        "assert 'numpy' not in sys.modules and 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_process_may_fork_between_calls(results: ms.Results, tissue: ms.Tissue) -> None:
    # Threads have been at work in this process.
    assert len(results.images(fdr=0.1)) > 0
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        shapes = pool.map(_images_of, [str(results.folder)] * 2)
    assert shapes == [results.images(fdr=0.1).shape] * 2


def _images_of(folder: str) -> tuple[int, ...]:
    results = ms.open(folder)
    results.colocalization_matrix(fdr=0.1)
    return results.images(fdr=0.1).shape


def test_errors_have_the_text_of_the_command(tissue: ms.Tissue, tmp_path: Path) -> None:
    torn = tmp_path / "torn.imzML"
    torn.write_bytes(tissue.imzml.read_bytes()[:2000])
    shutil.copy(tissue.imzml.with_suffix(".ibd"), tmp_path / "torn.ibd")
    table = tmp_path / "table.tsv"
    table.write_text("colour\nblue\n")
    imzml = str(tissue.imzml)
    cases: list[tuple[type[ms.MetaspaceError], list[str], dict[str, object]]] = [
        (ms.ImzmlError, [str(torn)], {}),
        (ms.FileError, [str(tmp_path / "none.imzML")], {}),
        (ms.ImzmlError, [str(tmp_path)], {}),
        (ms.OptionError, [imzml, "--ppm=-1"], {"ppm": -1}),
        (ms.OptionError, [imzml, "--adduct", "+Qq"], {"adduct": "+Qq"}),
        (ms.OptionError, [imzml, "--preset", "best"], {"preset": "best"}),
        (ms.MoleculeTableError, [imzml, "--database", str(table)], {"database": table}),
    ]
    for class_, line, options in cases:
        said = run("annotate", *line, "--quiet", "--out", "results")
        assert said.returncode == 1, line
        with pytest.raises(ms.MetaspaceError) as caught:
            ms.annotate(line[0], out="results", progress=False, **options)  # type: ignore[arg-type]
        assert said.stderr == f"error: {caught.value}\n"
        assert type(caught.value) is class_, line
    with pytest.raises(ValueError, match="ppm must be above 0 and at most 1000"):
        ms.annotate(imzml, ppm=-1, progress=False)


def test_results_are_not_written_over(results: ms.Results, tissue: ms.Tissue) -> None:
    with pytest.raises(ms.ResultsError, match="exists already\nhint: --force"):
        ms.annotate(tissue.imzml, out=results.folder, progress=False)


def test_the_command_is_the_program(tmp_path: Path) -> None:
    version = run("--version")
    assert (version.returncode, version.stdout) == (0, f"metaspace {ms.__version__}\n")
    assert run("isotopes", "C6H12O6", "--json").returncode == 0
    assert run("--colour").returncode == 2
    failed = run("info", str(tmp_path / "none.imzML"))
    assert failed.returncode == 1 and failed.stderr.startswith("error: ")
    module = subprocess.run(
        [sys.executable, "-m", "metaspace", "--version"], capture_output=True, text=True, check=True
    )
    assert module.stdout == version.stdout


def test_ctrl_c_stops_the_command(tmp_path: Path) -> None:
    line = [COMMAND, "simulate", "--out", "big", "--width", "800", "--height", "800"]
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    deadline = time.monotonic() + 60
    while not (tmp_path / "big").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped; nothing was left half-written" in errors


def test_the_version_is_the_crates() -> None:
    from importlib.metadata import version

    assert version("metaspace") == ms.__version__ == _native.version()
