"""All pairs of images against numpy's matrix product of the same shape, in turns. See README.md.

coloc.py N_RUNS IONS WIDTH HEIGHT
"""

import json
import statistics
import subprocess
import sys
import time

import numpy as np


def product(matrix):
    """Seconds on the clock and of processors of `matrix @ matrix.T` in f32, of which numpy computes
    one half too."""
    started, cpu = time.perf_counter(), time.process_time()
    scores = matrix @ matrix.T
    seconds = time.perf_counter() - started, time.process_time() - cpu
    assert scores.shape == (len(matrix), len(matrix))
    return seconds


def pairs(ions, width, height):
    """Our bench: preparation, all pairs and the best of them, checked there."""
    sizes = [str(ions), str(width), str(height)]
    command = ["cargo", "bench", "--quiet", "-p", "coloc", "--bench", "pairs", "--", *sizes]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def clock_of(runs):
    return [seconds for seconds, _ in runs]


def cpu_of(runs):
    return [seconds for _, seconds in runs]


def middle(values):
    return f"{statistics.median(values):.2f}"


def main(n_runs, ions, width, height):
    matrix = np.random.default_rng(1).random((ions, width * height), dtype=np.float32)
    product(matrix)
    theirs, ours = [], []
    for _ in range(n_runs):
        theirs.append(product(matrix))
        ours.append(pairs(ions, width, height))
    clock, cpu = [run["seconds"] for run in ours], [run["cpu_seconds"] for run in ours]
    print(f"{ions} ions, {width * height} pixels, median of {n_runs}")
    print(f"numpy A @ A.T   {middle(clock_of(theirs))} s, {middle(cpu_of(theirs))} s of processors")
    print(f"all pairs       {middle(clock)} s, {middle(cpu)} s of processors")
    print(f"  preparation   {middle([run['prepare_seconds'] for run in ours])} s")
    for name, mine, other in [("clock", clock, clock_of(theirs)), ("processors", cpu, cpu_of(theirs))]:
        ratios = [a / b for a, b in zip(mine, other)]
        print(f"ratio, {name:<10} {middle(ratios)}  ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"peak memory     {max(run['peak_mb'] for run in ours):.0f} MB")


main(*map(int, sys.argv[1:]))
