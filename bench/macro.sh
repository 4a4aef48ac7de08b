#!/usr/bin/env bash
# Annotates the simulated bench dataset with an empty and with a warm pattern cache, in turns.
#
#   bench/macro.sh                    against the table that ships with the program, 5 runs each
#   bench/macro.sh TABLE.tsv          against another
#   RUNS=9 bench/macro.sh             so many runs each
set -euo pipefail
table=${1:+$(realpath "$1")}
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
exec python3 bench/macro.py "$program" "$imzml" "${RUNS:-5}" "$table"
