"""Runs simulated tissues as tasks on one thread and prices them. See README.md."""

import json
import sys
import tempfile
from pathlib import Path

from measure import print_table, run

# Width and height in pixels of a tissue of 700 peaks a pixel.
SIZES = ((87, 70), (124, 98), (200, 150), (390, 300), (560, 420))
ADDUCTS = ("+H", "+Na", "+K", "+NH4")


def simulate(program, scratch, size):
    width, height = size
    folder = scratch / f"{width}x{height}"
    command = [program, "simulate", "--quiet", "--preset", "orbitrap-brain", "--out", str(folder)]
    run([*command, "--width", str(width), "--height", str(height)])
    return folder / "orbitrap-brain.imzML"


def measure(program, scratch, imzml, database):
    """The estimate of a run, the run as tasks, and the run in one piece."""
    settings = [str(imzml), "--quiet", "--json", "--database", database]
    settings += [word for adduct in ADDUCTS for word in ("--adduct", adduct)]
    variables = {"METASPACE_CACHE": str(scratch / "cache")}
    tasks, whole = scratch / "tasks", scratch / "whole"
    _, planned = run([program, "plan", *settings, "--out", str(tasks)], **variables)
    line = [program, "submit", *settings, "--threads", "1", "--out", str(tasks)]
    cost, submitted = run(line, **variables)
    # Neither of the two has patterns of an earlier run.
    variables = {"METASPACE_CACHE": str(scratch / "cache-of-whole")}
    line = [program, "annotate", *settings, "--threads", "1", "--out", str(whole)]
    whole_cost, _ = run(line, **variables)
    for name in ("annotations.parquet", "ion_metrics.parquet", "ion_images.parquet"):
        assert (tasks / name).read_bytes() == (whole / name).read_bytes(), f"{name} differs"
    return json.loads(planned), cost, json.loads(submitted)[0], whole_cost


def main(program, database):
    rows = []
    with tempfile.TemporaryDirectory(prefix="metaspace-cost-") as folder:
        for size in SIZES:
            with tempfile.TemporaryDirectory(dir=folder) as room:
                scratch = Path(room)
                imzml = simulate(program, scratch, size)
                planned, cost, submitted, whole = measure(program, scratch, imzml, database)
                assert submitted["state"] == "complete", submitted
                stages = planned["plan"]["stages"]
                usage = submitted["usage"]
                rows.append(
                    [
                        f"{imzml.with_suffix('.ibd').stat().st_size / 1e6:,.0f}",
                        "+".join(str(len(stage["cuts"]) - 1) for stage in stages),
                        f"{planned['usage']['seconds']:.1f}",
                        f"{usage['seconds']:.1f}",
                        f"{usage['gbSeconds']:.1f}",
                        f"{planned['dollars']:.5f}",
                        f"{submitted['dollars']:.5f}",
                        f"{cost.memory:.0f}",
                        f"{cost.cpu:.1f}",
                        f"{whole.cpu:.1f}",
                        f"{cost.cpu / whole.cpu:.2f}",
                    ]
                )
                print(f"{imzml.parent.name}: done", file=sys.stderr)
    heads = ["ibd MB", "tasks", "planned s", "task s", "GB s", "planned $", "$", "peak MB", "CPU s"]
    print_table([*heads, "annotate CPU s", "ratio"], rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
