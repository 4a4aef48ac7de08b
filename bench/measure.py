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


class CountedCost(NamedTuple):
    """What a run took, bytes among it."""

    cpu: float
    """User and system seconds, all threads together."""
    kernel: float
    """System seconds of them."""
    wall: float
    """Seconds."""
    read: float
    """Bytes read from files, wherever they were."""
    written: float
    """Bytes written to files."""


def run_counted(command, **environment):
    """Runs a program that must succeed: its cost, with the bytes that it read and wrote."""
    started = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    # It is not reaped yet, so that the kernel still tells what it did.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    wall = time.monotonic() - started
    with open(f"/proc/{process.pid}/io") as lines:
        counts = dict(line.split(": ") for line in lines)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    cpu = usage.ru_utime + usage.ru_stime
    read, written = int(counts["rchar"]), int(counts["wchar"])
    return CountedCost(cpu, usage.ru_stime, wall, read, written)


def medians(costs):
    """The median of each cost over some runs."""
    return type(costs[0])(*map(statistics.median, zip(*costs)))


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
