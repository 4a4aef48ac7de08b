#!/usr/bin/env bash
# `metaspace experiment run` on made results: 1,000 ions of 200 × 150 pixels in growing numbers of
# datasets, half of them of each condition.
#
#   bench/experiments.sh              10, 50 and 100 datasets
#   bench/experiments.sh 20 40        others
#   EXPERIMENTS_DATA=DIR bench/experiments.sh    results in another folder; 100 need 8 GB
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
# The environment of tests/run, or one like it.
if [ ! -x .venv/bin/python ]; then
    python3 -m venv .venv
fi
if ! .venv/bin/python -c 'import duckdb' 2>/dev/null; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
fi
exec .venv/bin/python bench/experiments.py "$program" "$imzml" \
    "${EXPERIMENTS_DATA:-bench/data/experiments}" "$@"
