#!/usr/bin/env bash
# What a report and the server take, on about 1,000 annotations of 200 × 150 pixels: `metaspace
# report`, a table page, an ion image, scores of images that are sent, and 64 clients at once. Every
# answer is checked.
#
#   bench/serve.sh                       the server may take 1 GiB beside its tables
#   bench/serve.sh 2GiB                  another bound, 1 GiB or more: a body, of 60 MB here, may have a sixteenth
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The environment of tests/run, or one like it.
if [ ! -x .venv/bin/python ]; then
    python3 -m venv .venv
fi
if ! .venv/bin/python -c 'import numpy, polars' 2>/dev/null; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
fi
cargo build --release --quiet --bin metaspace
program=${CARGO_TARGET_DIR:-target}/release/metaspace
data=bench/data/serve
results=$data/results
if [ ! -f "$data/orbitrap-brain.imzML" ]; then
    "$program" simulate --preset orbitrap-brain --width 200 --height 150 --out "$data"
fi
"$program" annotate "$data/orbitrap-brain.imzML" --out "$results" --force --quiet \
    --adduct +H --adduct +Na --adduct +K --adduct +NH4
exec .venv/bin/python bench/serve.py "$program" "$results" "${1:-1GiB}"
