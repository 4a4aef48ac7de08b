"""Holds the files that `metaspace images` wrote against the tables; prints OK.

The folder has `results` and beside it what tests/tests/cli_images.rs asked for.
"""

import csv
import sys
from pathlib import Path

import matplotlib
import numpy as np
import tifffile
from pictures import Results, indices, read_png


# How far a colour may be from matplotlib's, of 255: by rounding alone, or where a library has the table
# in steps of its own.
MOST_APART = {"viridis": 1.7, "magma": 1.7, "inferno": 1.7, "cividis": 0.5, "grey": 0.5}


def listed(folder):
    with open(folder / "images.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_indexed(folder, results):
    """Pictures of the size of the data: a byte a pixel."""
    rows = listed(folder)
    assert len(rows) > 20 and len(rows) == len(list(folder.glob("*.png")))
    for row in rows[:25]:
        found, palette, dims = read_png((folder / row["file"]).read_bytes())
        values = results.values(row["ion"])
        levels = results.levels(values)
        assert np.abs(found[..., 0].astype(int) - indices(levels)).max() <= 1, row
        assert dims == (20000, 20000, 1), "pixels of 50 µm"
        ceiling = np.quantile(values, 0.99)
        assert np.isclose(float(row["brightest"]), ceiling if ceiling > 0 else values.max(), rtol=1e-5)
    assert palette[1].tolist() == [253, 231, 37], "reversed"


def check_colormaps(folders):
    """The colours of a palette are those of matplotlib at the same levels."""
    levels = np.arange(255) / 254
    for folder in folders:
        name = folder.name.removeprefix("of-")
        reference = matplotlib.colormaps[{"grey": "gray"}.get(name, name)]
        (row,) = listed(folder)
        _, palette, _ = read_png((folder / row["file"]).read_bytes())
        expected = np.array([reference(level)[:3] for level in levels]) * 255
        assert np.abs(palette[1:].astype(float) - expected).max() <= MOST_APART[name], name


def check_grey(folder, results):
    for row in listed(folder)[:25]:
        found, _, _ = read_png((folder / row["file"]).read_bytes())
        values = results.values(row["ion"], int(row["isotope"]))
        levels = np.sqrt(results.levels(values, 1.0))
        expected = np.nan_to_num(levels) * 65535
        assert np.abs(found[..., 0].astype(float) - expected).max() <= 1, row
        assert ((found[..., 1] == 0) == np.isnan(levels)).all()
    assert {row["isotope"] for row in listed(folder)} == {"0", "1", "2"}


def check_zoomed(folder, results):
    """A pixel is a square of the same colour, and a bar stands below."""
    row = listed(folder)[0]
    found, _, _ = read_png((folder / row["file"]).read_bytes())
    rows, columns = results.shape
    zoom = -(-400 // max(rows, columns))
    assert found.shape[1] == zoom * columns and found.shape[0] > zoom * rows and found.shape[2] == 4
    image = found[: zoom * rows]
    squares = np.kron(image[::zoom, ::zoom], np.ones((zoom, zoom, 1), int))
    assert (image == squares).all()
    strip = found[zoom * rows :]
    inked = (strip[:, :, 3] > 0).sum(axis=1)
    most = 0.3 * columns * 50
    micrometres = max(n * 10**k for n in (1, 2, 5) for k in range(5) if n * 10**k <= most)
    assert inked[inked > 0][0] == micrometres / 50 * zoom, micrometres


def check_composite(folder, results):
    found, _, _ = read_png((folder / "composite.png").read_bytes())
    (row,) = listed(folder)
    first, second = (results.levels(results.values(ion)) for ion in row["ion"].split(" "))
    there = ~np.isnan(first)
    expected = np.stack([first, second, first], axis=-1) * 255
    assert np.abs(found[there][:, :3] - expected[there]).max() <= 1
    assert ((found[..., 3] == 255) == there).all()


def check_tiff(folder, results):
    path = folder / "ion-images.ome.tiff"
    rows = listed(folder)
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        series = file.series[0]
        assert series.axes == "CYX" and series.shape == (len(rows), *results.shape)
        data = series.asarray()
        description = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    assert [channel["Name"] for channel in description["Channel"]] == [row["ion"] for row in rows]
    assert (description["PhysicalSizeX"], description["PhysicalSizeXUnit"]) == (50, "µm")
    tic = results.pixels["tic"].to_numpy()
    for row, channel in zip(rows, data):
        expected = results.placed(results.values(row["ion"]) / tic * tic[tic > 0].mean())
        assert np.allclose(channel, expected, rtol=1e-5, equal_nan=True), row


def main():
    folder = Path(sys.argv[1])
    results = Results(folder / "results")
    check_indexed(folder / "indexed", results)
    check_colormaps([folder / f"of-{name}" for name in MOST_APART])
    check_grey(folder / "grey", results)
    check_zoomed(folder / "results" / "images", results)
    check_composite(folder / "composite", results)
    check_tiff(folder / "tiff", results)
    print("OK")


if __name__ == "__main__":
    main()
