#!/usr/bin/env bash
# Runs simulated tissues of 50 MB to 1 GB as tasks on one thread: what plan expects, what it takes,
# what that costs on Lambda, and the CPU time beside a run in one piece.
#
#   bench/cost.sh TABLE.tsv
set -euo pipefail
table=$(realpath "${1:?names a molecule table}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo build --release --locked --quiet --bin metaspace
exec python3 bench/cost.py "${CARGO_TARGET_DIR:-target}/release/metaspace" "$table"
