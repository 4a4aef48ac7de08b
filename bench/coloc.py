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
    """Seconds of `matrix @ matrix.T` in f32, of which numpy computes one half too."""
    started = time.perf_counter()
    scores = matrix @ matrix.T
    seconds = time.perf_counter() - started
    assert scores.shape == (len(matrix), len(matrix))
    return seconds


def pairs(ions, width, height):
    """Our bench: preparation, all pairs and the best of them, checked there."""
    sizes = [str(ions), str(width), str(height)]
    command = ["cargo", "bench", "--quiet", "-p", "coloc", "--bench", "pairs", "--", *sizes]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def main(n_runs, ions, width, height):
    matrix = np.random.default_rng(1).random((ions, width * height), dtype=np.float32)
    product(matrix)
    theirs, ours = [], []
    for _ in range(n_runs):
        theirs.append(product(matrix))
        ours.append(pairs(ions, width, height))
    seconds = [run["seconds"] for run in ours]
    ratios = [mine / other for mine, other in zip(seconds, theirs)]
    print(f"{ions} ions, {width * height} pixels, median of {n_runs}")
    print(f"numpy A @ A.T   {statistics.median(theirs):.2f} s")
    print(f"all pairs       {statistics.median(seconds):.2f} s")
    print(f"  preparation   {statistics.median(run['prepare_seconds'] for run in ours):.2f} s")
    print(f"ratio           {statistics.median(ratios):.2f}  ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"peak memory     {max(run['peak_mb'] for run in ours):.0f} MB")


main(*map(int, sys.argv[1:]))
