"""Runs programs and says what they took."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from typing import NamedTuple


class Cost(NamedTuple):
    """What a run took."""

    cpu: float
    """User and system seconds, all threads together."""
    wall: float
    """Seconds."""
    memory: float
    """Peak resident memory in MB."""


def run(command, **environment):
    """Runs a program that must succeed: its cost and its standard output."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * unit / 1e6), output


def medians(costs):
    """The median of each cost over some runs."""
    return Cost(*map(statistics.median, zip(*costs)))


def remove(folder):
    """Removes a folder if it is there."""
    shutil.rmtree(folder, ignore_errors=True)


def print_table(head, rows):
    """Prints rows below a head, the first column to the left and the others to the right."""
    table = [head, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        cells = [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
