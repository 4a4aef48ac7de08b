#!/usr/bin/env bash
# Annotates the simulated bench dataset, and reads it with pyimzML, in turns.
#
#   bench/peer.sh            5 runs each
#   RUNS=9 bench/peer.sh     so many
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
# The environment of tests/run, or one like it.
if [ ! -x .venv/bin/python ]; then
    python3 -m venv .venv
fi
if ! .venv/bin/python -c 'import pyimzml' 2>/dev/null; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
fi
exec .venv/bin/python bench/peer.py "$program" "$imzml" "${RUNS:-5}"
