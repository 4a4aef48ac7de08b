#!/usr/bin/env bash
# Claimed FDR against the truth of ten simulated tissues, and entrapment on real data, as the tables
# of bench/calibration.md.
#
#   bench/calibration.sh                          MSM and the adaptive score, simulated tissues
#   METASPACE_SHARED=DIR bench/calibration.sh     the published model and the real dataset too
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -z "${METASPACE_PROGRAM:-}" ]; then
    cargo build --release --quiet --bin metaspace
    METASPACE_PROGRAM=${CARGO_TARGET_DIR:-target}/release/metaspace
fi
exec python3 bench/calibration.py "$METASPACE_PROGRAM" "${METASPACE_SHARED:-}"
