"""PNG files as arrays, and results as images: what the tests compare pictures with."""

import struct
import zlib

import numpy as np
import polars as pl

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def read_png(data):
    """Samples as rows × columns × channels, and the palette or None."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed, palette, dims = 8, b"", None, None
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
        elif kind == b"PLTE":
            palette = np.frombuffer(body, np.uint8).reshape(-1, 3)
        elif kind == b"pHYs":
            dims = struct.unpack(">IIB", body)
        elif kind == b"IDAT":
            packed += body
        place += 12 + length
    n_channels = CHANNELS[color]
    step = n_channels * depth // 8
    rows, before = [], np.zeros(width * step, np.int64)
    raw = zlib.decompress(packed)
    for row in range(height):
        start = row * (width * step + 1)
        line = np.frombuffer(raw, np.uint8, width * step, start + 1).astype(np.int64)
        before = unfilter(raw[start], line, before, step)
        rows.append(before.astype(np.uint8))
    data = np.stack(rows)
    if depth == 16:
        data = data.reshape(-1).view(">u2")
    return data.reshape(height, width, n_channels), palette, dims


def unfilter(kind, line, above, step):
    out = line.copy()
    if kind == 2:
        return (out + above) % 256
    for i in range(len(out) if kind else 0):
        left = out[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + above[i]) // 2
        else:
            base = left + above[i] - corner
            guess = min((left, above[i], corner), key=lambda value: abs(base - value))
        out[i] = (out[i] + guess) % 256
    return out


class Results:
    """Images of a results folder, NaN where there is no spectrum."""

    def __init__(self, folder):
        self.annotations = pl.read_parquet(folder / "annotations.parquet")
        self.pixels = pl.read_parquet(folder / "pixels.parquet")
        self.images = pl.read_parquet(folder / "ion_images.parquet")
        self.shape = (self.pixels["y"].max() + 1, self.pixels["x"].max() + 1)

    def ion(self, name):
        return self.annotations.filter(pl.col("ion") == name).row(0, named=True)

    def values(self, ion, isotope=0):
        """Intensity of each pixel that has a spectrum."""
        formula = self.ion(ion)["ionFormula"]
        wanted = (pl.col("ionFormula") == formula) & (pl.col("isotope") == isotope)
        row = self.images.filter(wanted).row(0, named=True)
        values = np.zeros(self.pixels.height, np.float32)
        values[row["pixels"]] = row["intensities"]
        return values

    def placed(self, values):
        image = np.full(self.shape, np.nan, np.float64)
        image[self.pixels["y"].to_numpy(), self.pixels["x"].to_numpy()] = values
        return image

    def levels(self, values, hotspot=0.99):
        """0 to 1, clipped at a quantile of the pixels that have a spectrum."""
        ceiling = np.quantile(values, hotspot)
        ceiling = ceiling if ceiling > 0 else values.max()
        return self.placed(np.minimum(values / ceiling, 1) if ceiling > 0 else values)


def indices(levels):
    """Places in a table of colours: 0 is absent, 1 to 255 are levels."""
    return np.where(np.isnan(levels), 0, 1 + np.floor(np.nan_to_num(levels) * 254 + 0.5)).astype(int)
