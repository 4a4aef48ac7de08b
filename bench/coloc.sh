#!/usr/bin/env bash
# All pairs of ion images, the 100 best partners of each kept, against numpy's product of a matrix
# of the same shape with its transpose, in turns.
#
#   bench/coloc.sh                       5,000 ions of 200 × 100 pixels, 5 runs each
#   bench/coloc.sh 1000 200 150          others
#   RUNS=9 bench/coloc.sh                so many runs each
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The environment of tests/run, or one like it.
if [ ! -x .venv/bin/python ]; then
    python3 -m venv .venv
fi
if ! .venv/bin/python -c 'import numpy' 2>/dev/null; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
fi
cargo bench --quiet -p coloc --bench pairs --no-run
exec .venv/bin/python bench/coloc.py "${RUNS:-5}" "${1:-5000}" "${2:-200}" "${3:-100}"
