#!/usr/bin/env bash
# How long a person waits in the viewer: images of any m/z, spectra of regions and of a zoomed range on
# the 250 MB benchmark with kept peaks, ion images of 1,000 × 750 pixels, and the first view of a
# results folder in Chromium.
#
#   bench/viewer.sh
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
# The environment of tests/run, or one like it.
if [ ! -x .venv/bin/python ]; then
    python3 -m venv .venv
fi
if ! .venv/bin/python -c 'import numpy, playwright' 2>/dev/null; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
fi
exec .venv/bin/python bench/viewer.py "$program" "$imzml" bench/data/viewer
