"""Annotates the bench dataset with an empty and a warm pattern cache, in turns. See README.md."""

import json
import statistics
import sys
import tempfile
from pathlib import Path

from measure import medians, print_table, remove, run

CACHES = ("empty", "warm")


def annotate(program, imzml, database, scratch):
    """One run: its cost and its run.json."""
    command = [program, "annotate", imzml, "--quiet", "--force", "--out", str(scratch / "results")]
    # Co-localization is another work, which bench/coloc.sh measures.
    command += ["--no-coloc", *(["--database", database] if database else [])]
    cost, _ = run(command, METASPACE_CACHE=str(scratch / "cache"))
    return cost, json.loads((scratch / "results" / "run.json").read_text())


def check(cache, record, first):
    """Every run finds the same, and finds its patterns where they should be."""
    counts = dict(record["counts"])
    hits, misses = counts.pop("pattern_cache_hits"), counts.pop("pattern_cache_misses")
    assert (hits if cache == "empty" else misses) == 0, f"{cache} cache: {hits=} {misses=}"
    expected = {name: first["counts"][name] for name in counts}
    assert counts == expected, f"runs differ: {counts} {expected}"
    assert counts["n_annotations"] > 0, "nothing was found"


def main(program, imzml, n_runs, database):
    costs = {cache: [] for cache in CACHES}
    records = {cache: [] for cache in CACHES}
    with tempfile.TemporaryDirectory(prefix="metaspace-bench-") as folder:
        scratch = Path(folder)
        annotate(program, imzml, database, scratch)  # brings the files into memory
        for _ in range(int(n_runs)):
            remove(scratch / "cache")
            for cache in CACHES:
                cost, record = annotate(program, imzml, database, scratch)
                costs[cache].append(cost)
                records[cache].append(record)
                check(cache, record, records["empty"][0])
    report(costs, records, n_runs)


def report(costs, records, n_runs):
    record = records["warm"][0]
    dataset, counts = record["dataset"], record["counts"]
    tables = ", ".join(f"{db['name']} ({db['n_formulas']:,} formulas)" for db in record["databases"])
    print(f"{dataset['n_spectra']:,} spectra, {dataset['n_peaks']:,} peaks; {tables}:", end=" ")
    print(f"{counts['n_ions']:,} ions, {counts['n_annotations']:,} annotations")
    print(f"medians of {n_runs} runs, {record['threads']} threads\n")
    rows = []
    for cache in CACHES:
        cost = medians(costs[cache])
        rows.append([cache, f"{cost.cpu:.2f}", f"{cost.wall:.2f}", f"{cost.memory:.0f}"])
    print_table(["pattern cache", "CPU s", "wall s", "peak MB"], rows)
    print()
    rows = []
    for i, stage in enumerate(record["stages"]):
        cells = [
            f"{statistics.median(run['stages'][i][unit] for run in records[cache]):.2f}"
            for cache in CACHES
            for unit in ("cpu_seconds", "seconds")
        ]
        rows.append([stage["stage"], *cells])
    head = [f"{cache}: {unit}" for cache in CACHES for unit in ("CPU s", "wall s")]
    print_table(["stage", *head], rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
