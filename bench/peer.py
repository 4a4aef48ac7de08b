"""Annotating a dataset against merely reading it with pyimzML, in turns. See README.md.

peer.py read FILE.imzML               reads all spectra and prints how many peaks they have
peer.py PROGRAM FILE.imzML N_RUNS     compares
"""

import json
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from measure import medians, print_table, run


def read(imzml):
    """Parses an imzML and reads its spectra, m/z and intensities, one after another."""
    from pyimzml.ImzMLParser import ImzMLParser

    n_peaks = 0
    with ImzMLParser(imzml) as parser:
        for i in range(len(parser.coordinates)):
            mzs, intensities = parser.getspectrum(i)
            assert len(mzs) == len(intensities)
            n_peaks += len(mzs)
    print(n_peaks)


def compare(program, imzml, n_runs):
    annotating, reading = [], []
    with tempfile.TemporaryDirectory(prefix="metaspace-bench-") as folder:
        results = Path(folder) / "results"
        annotate = [program, "annotate", imzml, "--quiet", "--force", "--no-coloc"]
        annotate += ["--out", str(results)]
        environment = {"METASPACE_CACHE": str(Path(folder) / "cache")}
        run(annotate, **environment)  # fills the pattern cache
        for _ in range(int(n_runs)):
            cost, _ = run(annotate, **environment)
            annotating.append(cost)
            cost, n_peaks = run([sys.executable, __file__, "read", imzml])
            reading.append(cost)
            record = json.loads((results / "run.json").read_text())
            assert int(n_peaks) == record["dataset"]["n_peaks"], "the two read different peaks"
            assert record["counts"]["pattern_cache_misses"] == 0, "the pattern cache was not warm"
            assert record["counts"]["n_annotations"] > 0, "nothing was found"
    print(f"{record['dataset']['n_peaks']:,} peaks; medians of {n_runs} runs\n")
    rows = []
    peer = f"pyimzML {version('pyimzML')}, Python {platform.python_version()}: reading"
    for name, costs in ((f"{record['program']}: annotating", annotating), (peer, reading)):
        cost = medians(costs)
        rows.append([name, f"{cost.cpu:.2f}", f"{cost.wall:.2f}", f"{cost.memory:.0f}"])
    print_table(["", "CPU s", "wall s", "peak MB"], rows)
    ratio = medians(annotating).cpu / medians(reading).cpu
    print(f"\nannotating takes {ratio:.2f} times the CPU time of reading")


if __name__ == "__main__":
    if sys.argv[1] == "read":
        read(sys.argv[2])
    else:
        compare(*sys.argv[1:])
