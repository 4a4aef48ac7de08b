"""The command ``metaspace``."""

from __future__ import annotations

import sys

from metaspace._native import main as _main


def main() -> int:
    """Run the command line of this process; return its exit code."""
    return _main(["metaspace", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
