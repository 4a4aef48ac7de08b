#!/usr/bin/env bash
# Annotates a simulated dataset from files of this machine and from an S3 server on it, in turns.
#
#   bench/s3.sh              1 GB, 3 runs each
#   RUNS=5 bench/s3.sh --size 0.25
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ ! -x .venv/bin/weed ]; then
    printf 'bench/s3.sh: run tests/run once, which installs SeaweedFS\n' >&2
    exit 1
fi
cargo build --release --quiet --bin metaspace
exec .venv/bin/python bench/s3.py "${CARGO_TARGET_DIR:-target}/release/metaspace" "${SCALE_DATA:-bench/data/scale}" "$@"
