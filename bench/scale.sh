#!/usr/bin/env bash
# Annotates simulated datasets of growing size: with all peaks in memory, in scratch, and as tasks.
#
#   bench/scale.sh                    0.25, 1 and 6.3 GB, against the table that ships with the program
#   bench/scale.sh --sizes 0.25,1,6.3,25 --database TABLE.tsv
#   bench/scale.sh --cold             all files are read from disk (as root)
#   SCALE_DATA=DIR bench/scale.sh     datasets and results in another folder; 25 GB need 80 GB free
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo build --release --quiet --bin metaspace
exec python3 bench/scale.py "${CARGO_TARGET_DIR:-target}/release/metaspace" "${SCALE_DATA:-bench/data/scale}" "$@"
