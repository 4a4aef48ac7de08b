"""Sends images to be compared, in each way that programs have; prints OK.

Usage: send_images.py JOB, a JSON file with `url` of a server and `results`, the folder that it serves.
"""

import io
import json
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import polars as pl
from pictures import Results

ARROW = "application/vnd.apache.arrow"


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return "application/x-npy", file.getvalue()


def arrow(images, names, is_stream, is_double):
    """A row an image, as polars writes it: large lists, views of texts."""
    kind = pl.List(pl.Float64 if is_double else pl.Float32)
    rows = [[None if np.isnan(value) else float(value) for value in image.ravel()] for image in images]
    table = pl.DataFrame({"name": names, "image": pl.Series(rows, dtype=kind)})
    file = io.BytesIO()
    if is_stream:
        table.write_ipc_stream(file)
    else:
        table.write_ipc(file)
    return f"{ARROW}.{'stream' if is_stream else 'file'}", file.getvalue()


def as_json(images, names):
    height, width = images[0].shape
    rows = [[None if np.isnan(value) else float(value) for value in image.ravel()] for image in images]
    body = {"images": rows, "names": names, "width": width, "height": height}
    return "application/json", json.dumps(body).encode()


def main():
    job = json.loads(Path(sys.argv[1]).read_text())
    results, api = Results(Path(job["results"])), f"{job['url']}/api/v1/colocalization"
    for measure in ("median_thresholded_cosine", "smooth_pearson"):
        expected = json.load(urlopen(f"{api}/matrix?fdr=0.5&limit=12&measure={measure}"))
        names = expected["ions"]
        images = [results.placed(results.values(ion)) for ion in names]
        height, width = images[0].shape
        stack = np.array(images)
        flat = stack.reshape(len(names), -1)
        sides = f"&width={width}&height={height}"
        ways = [
            (npy(stack.astype(np.float32)), "", False),
            (npy(stack), "", False),
            (npy(flat.astype(np.float32)), sides, False),
            (arrow(images, names, is_stream=True, is_double=False), sides, True),
            (arrow(images, names, is_stream=False, is_double=True), sides, True),
            (as_json(images, names), "", True),
        ]
        for number, ((kind, body), sides, is_named) in enumerate(ways):
            request = Request(f"{api}/score?measure={measure}{sides}", body, {"Content-Type": kind})
            answer = json.load(urlopen(request))
            assert answer["scores"] == expected["scores"], (measure, number)
            assert not is_named or answer["names"] == names, number
        assert np.ptp(np.array(expected["scores"])) > 0.1
    print("OK")


main()
