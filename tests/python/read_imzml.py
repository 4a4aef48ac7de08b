"""Reads a simulated dataset with pyimzML and checks what it is; prints OK."""

import re
import sys
from pathlib import Path

import numpy as np
from pyimzml.ImzMLParser import ImzMLParser


def main():
    path = Path(sys.argv[1])
    text = path.read_text(encoding="utf-8")
    n_stated = int(re.search(r'<spectrumList count="(\d+)"', text).group(1))
    parser = ImzMLParser(str(path))
    assert len(parser.coordinates) == n_stated, (len(parser.coordinates), n_stated)
    assert parser.polarity == "positive", parser.polarity
    assert parser.spectrum_mode == "centroid", parser.spectrum_mode
    assert parser.intensityPrecision == "f" and parser.mzPrecision == "d"
    settings = parser.imzmldict
    width, height = settings["max count of pixels x"], settings["max count of pixels y"]
    n_bytes = 16
    for index, (x, y, z) in enumerate(parser.coordinates):
        assert 1 <= x <= width and 1 <= y <= height and z == 1, (x, y, z)
        mzs, intensities = parser.getspectrum(index)
        assert len(mzs) == len(intensities) > 0
        assert np.all(np.diff(mzs) > 0), f"spectrum {index} is not sorted"
        assert np.all(intensities > 0) and np.all(np.isfinite(intensities))
        n_bytes += mzs.nbytes + intensities.nbytes
    # Behind the UUID the ibd has the arrays and nothing else.
    assert n_bytes == path.with_suffix(".ibd").stat().st_size, n_bytes
    print("OK")


if __name__ == "__main__":
    main()
