"""Annotates datasets of growing size in memory, in scratch and as tasks. See README.md."""

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from measure import medians, print_table, remove, run_counted

WIDTH_AND_HEIGHT = {"0.25": (200, 150), "1": (400, 300), "6.3": (1000, 750), "25": (2000, 1500)}
"""Pixels of the datasets, by the GB of their ibd."""

BYTES_A_PEAK = 16

TABLES = ["annotations.parquet", "ion_images.parquet", "ion_metrics.parquet", "mean_spectrum.parquet"]
"""What must be the same bytes, however a dataset was annotated."""


def simulate(program, folder, size):
    """The dataset of a size, made if it is not there."""
    width, height = WIDTH_AND_HEIGHT[size]
    imzml = folder / f"{width}x{height}" / "bench.imzML"
    if not imzml.exists():
        command = [program, "simulate", "--preset", "bench", "--quiet", "--force"]
        command += ["--width", str(width), "--height", str(height), "--out", str(imzml.parent)]
        run_counted(command)
    return imzml


def ways(arguments):
    """Each way to annotate: its name, and what is said beside the dataset."""
    yield "in memory", ["annotate", "--memory", arguments.memory]
    yield f"--memory {arguments.scratch_memory}", ["annotate", "--memory", arguments.scratch_memory]
    if not arguments.no_tasks:
        yield "as tasks", ["submit", "--on", "threads"]


def is_too_large(way, imzml, memory):
    """Whether a dataset cannot be held in the memory of a way."""
    ibd = imzml.with_suffix(".ibd").stat().st_size
    return way == "in memory" and ibd / 12 * BYTES_A_PEAK > 0.8 * memory


def gigabytes(text):
    """A size such as 20GiB in bytes."""
    return float(text.removesuffix("GiB")) * 2**30


def empty_page_cache():
    """Has the system forget the files it has read. Only root may."""
    subprocess.run(["sync"], check=True)
    Path("/proc/sys/vm/drop_caches").write_text("1\n")


def contents(folder):
    """Hashes of the tables of a results folder."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in TABLES}


def plan(program, imzml, arguments):
    """Seconds of all tasks as `plan` expects them."""
    command = [program, "plan", str(imzml), "--no-coloc", "--json"]
    command += ["--database", arguments.database] if arguments.database else []
    done = subprocess.run(command, check=True, capture_output=True)
    return json.loads(done.stdout)["usage"]["seconds"]


def main(program, folder, arguments):
    rows = []
    for size in arguments.sizes.split(","):
        imzml = simulate(program, folder, size)
        found = None
        for way, words in ways(arguments):
            if is_too_large(way, imzml, gigabytes(arguments.memory)):
                continue
            costs = []
            for _ in range(arguments.runs):
                results = folder / "results"
                remove(results)
                if arguments.cold:
                    empty_page_cache()
                command = [program, *words, str(imzml), "--quiet", "--no-coloc", "--out", str(results)]
                command += ["--database", arguments.database] if arguments.database else []
                costs.append(run_counted(command))
                tables = contents(results)
                assert found is None or found == tables, f"{way}: another result of {imzml}"
                found = tables
            cost = medians(costs)
            planned = plan(program, imzml, arguments) if way == "as tasks" else None
            record = json.loads((results / "run.json").read_text())
            n_peaks = record["dataset"]["n_peaks"]
            rows.append([f"{size} GB, {way}", f"{n_peaks / 1e6:.0f}", f"{cost.cpu:.1f}"])
            rows[-1] += [f"{cost.kernel:.1f}", f"{cost.wall:.1f}", f"{record['peak_memory_bytes'] / 1e6:.0f}"]
            rows[-1] += [f"{cost.cpu / n_peaks * 1e9:.0f}", f"{cost.read / 1e9:.1f}", f"{cost.written / 1e9:.1f}"]
            taken = record["tasks"]["task_seconds"] if planned else None
            rows[-1].append(f"{planned:.1f} / {taken:.1f}" if planned else "")
            print(*rows[-1], file=sys.stderr, flush=True)
        remove(folder / "results")
    head = ["dataset, index", "peaks (M)", "CPU s", "kernel s", "wall s", "peak MB"]
    head += ["CPU ns a peak", "GB read", "GB written", "task s, planned / taken"]
    print_table(head, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="0.25,1,6.3")
    parser.add_argument("--memory", default="20GiB")
    parser.add_argument("--scratch-memory", default="1GiB")
    parser.add_argument("--database")
    parser.add_argument("--no-tasks", action="store_true")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--cold", action="store_true", help="read all files from disk, as those larger than memory")
    given = parser.parse_args()
    main(given.program, given.folder, given)
