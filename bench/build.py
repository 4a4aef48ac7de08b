"""Times builds of checkouts: cold, and after an edit of one file.

    bench/build.py CHECKOUT [FILE ...] [--cold N] [--runs N] [--target DIR]

An edit is a comment appended to FILE, which is taken away at the end. After each, `cargo build` is
run, then `cargo test --no-run`. Prints CPU and wall seconds of the first and of both, each the median
of N edits [default: 3]. CPU seconds hold on a busy machine, too. What is built is put into a folder of
its own, so that the first build is a cold one, unless --target names one; --cold says how often the
cold build is made [default: 1].
"""

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

COMMANDS = (["build", "--workspace"], ["test", "--workspace", "--no-run"])


def seconds(checkout: Path, target: str, command: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of a cargo command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        ["cargo", *command, "--locked", "--quiet"],
        cwd=checkout,
        env={**os.environ, "CARGO_TARGET_DIR": target},
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - start


def builds(checkout: Path, target: str) -> list[tuple[float, float]]:
    """Seconds of building the programs, and of building these and all tests."""
    taken = [seconds(checkout, target, command) for command in COMMANDS]
    return [taken[0], tuple(map(sum, zip(*taken)))]


def show(what: str, runs: list[list[tuple[float, float]]]) -> None:
    for name, taken in zip(("programs", "programs and tests"), zip(*runs)):
        cpu, wall = (statistics.median(column) for column in zip(*taken))
        print(f"{what}\t{name}\t{cpu:.1f} CPU s\t{wall:.1f} s wall\tof {len(taken)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--cold", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--target", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.checkout.parent) as scratch:
        target = str(options.target or Path(scratch, "0"))
        if options.target is None:
            targets = [Path(scratch, str(n)) for n in range(max(options.cold, 1))]
            show("cold", [builds(options.checkout, str(folder)) for folder in targets])
        else:
            builds(options.checkout, target)
        for name in options.files:
            path = options.checkout / name
            text = path.read_bytes()
            try:
                taken = []
                for run in range(options.runs):
                    path.write_bytes(text + f"// Edit {run}.\n".encode())
                    taken.append(builds(options.checkout, target))
                show(name, taken)
            finally:
                path.write_bytes(text)


if __name__ == "__main__":
    main()
