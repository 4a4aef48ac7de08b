"""Holds images of windows of m/z against those of the annotation; prints OK."""

import sys
from pathlib import Path

import polars as pl

folder = Path(sys.argv[1])
annotations = pl.read_parquet(folder / "annotations.parquet").select("ion", "ionFormula").unique()
of_ions = pl.read_parquet(folder / "ion_images.parquet").filter(pl.col("isotope") == 0)
of_windows = pl.read_parquet(folder / "extracted" / "mz_images.parquet")
assert of_windows.columns == ["name", "mz", "mzLow", "mzHigh", "pixels", "intensities"]

joined = annotations.join(of_ions, on="ionFormula").join(of_windows, left_on="ion", right_on="name")
assert len(joined) > 50
assert (joined["pixels"] == joined["pixels_right"]).all()
assert (joined["intensities"] == joined["intensities_right"]).all()

listed = pl.read_csv(folder / "extracted" / "images.csv")
assert listed["name"].to_list() == of_windows["name"].to_list()
assert listed["nPixels"].to_list() == of_windows["pixels"].list.len().to_list()

print("OK")
