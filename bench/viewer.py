"""Measures how long a person waits in the viewer. See README.md.

viewer.py PROGRAM IMZML FOLDER
"""

import json
import random
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import quote

import numpy as np
import polars as pl
from measure import run
from serving import Client, say, served

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "python"))
from browser import LIGHT, browser, wait  # noqa: E402

N_ASKED = 100
N_VIEWS = 12
MEMORY = "2GiB"
SIZE = (1000, 750)
# Glycerophosphocholines and the shares of their isotopes, nearly.
LIPIDS = ["C40H80NO8P", "C42H82NO8P", "C44H84NO8P", "C44H80NO8P"]
PATTERN = [1.0, 0.48, 0.13, 0.03]


def timed(client, path, body=None, kind="application/geo+json"):
    """Milliseconds of an answer."""
    started = time.perf_counter()
    client.ask(path, body, kind)
    return (time.perf_counter() - started) * 1e3


def square(width, n_pixels, left):
    """A region of about so many pixels, as GeoJSON."""
    side = round(n_pixels**0.5)
    corners = [[left, 10], [left + side, 10], [left + side, 10 + side], [left, 10 + side], [left, 10]]
    assert left + side <= width
    feature = {
        "type": "Feature",
        "properties": {"name": "square"},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def spectra_and_windows(program, imzml, folder):
    """Questions to kept peaks."""
    results = folder / "bench"
    run([program, "annotate", imzml, "--keep-peaks", "--no-coloc", "--force", "--quiet", "--out", results])
    with served(program, results, MEMORY) as (place, _):
        client, rng = Client(place), random.Random(5)
        about = client.json("/datasets")["datasets"][0]
        dataset = f"/datasets/{about['id']}"
        spectrum = client.json(f"{dataset}/spectrum?columns=10000")
        low, high = spectrum["mzRange"]
        # Peaks of the mean spectrum: where there is something to be seen.
        mzs = rng.sample(spectrum["mz"], N_ASKED)
        say("image of any m/z", [timed(client, f"{dataset}/mz/{mz:.5f}.png") for mz in mzs], 20)
        starts = [rng.uniform(low, high - 1) for _ in range(N_ASKED)]
        zoomed = [f"{dataset}/spectrum?mzMin={mz:.4f}&mzMax={mz + 0.5:.4f}" for mz in starts]
        say("mean spectrum of 0.5 Th", [timed(client, path) for path in zoomed], 30)
        width = about["width"]
        side = round(5_000**0.5)
        lefts = [rng.randrange(0, width - side) for _ in range(20)]
        regions = [square(width, 5_000, left) for left in lefts]
        say("spectrum of 5,000 pixels", [timed(client, f"{dataset}/spectrum", region) for region in regions], 200)


def write_large(folder):
    """A dataset of few ions in 1,000 × 750 pixels."""
    width, height = SIZE
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "large.imzML"
    if path.exists():
        return path
    atoms = {"C": 12.0, "H": 1.00782503, "N": 14.0030740, "O": 15.9949146, "P": 30.9737615}
    counts = [(40, 80, 1, 8, 1), (42, 82, 1, 8, 1), (44, 84, 1, 8, 1), (44, 80, 1, 8, 1)]
    proton = 1.00727647
    masses = [sum(n * m for n, m in zip(of, atoms.values())) + proton for of in counts]
    mzs = np.array([mass + 1.003355 * k for mass in masses for k in range(4)])
    order = np.argsort(mzs)
    y, x = np.mgrid[0:height, 0:width]
    rng = np.random.default_rng(7)
    images = []
    for number in range(len(LIPIDS)):
        wave = 1.5 + np.sin((number + 1) * x / 90) * np.cos((number + 2) * y / 70)
        images += [1e4 * share * wave * rng.normal(1, 0.05, x.shape) for share in PATTERN]
    intensities = np.stack(images)[order].reshape(len(mzs), -1).T.astype("<f4")
    ident = uuid.UUID(int=7)
    axis = mzs[order].astype("<f8").tobytes()
    with open(path.with_suffix(".ibd"), "wb") as ibd:
        ibd.write(ident.bytes + axis)
        ibd.write(intensities.tobytes())
    n, first = len(mzs), 16 + len(axis)

    def array(group, offset, size):
        return (
            f'<binaryDataArray encodedLength="0"><referenceableParamGroupRef ref="{group}"/>'
            f'<cvParam cvRef="IMS" accession="IMS:1000102" name="external offset" value="{offset}"/>'
            f'<cvParam cvRef="IMS" accession="IMS:1000103" name="external array length" value="{n}"/>'
            f'<cvParam cvRef="IMS" accession="IMS:1000104" name="external encoded length" value="{n * size}"/>'
            "<binary/></binaryDataArray>"
        )

    def group(name, terms):
        return f'<referenceableParamGroup id="{name}">{"".join(terms)}</referenceableParamGroup>'

    def term(accession, name, value=""):
        return f'<cvParam cvRef="{accession[:3].rstrip(":")}" accession="{accession}" name="{name}" value="{value}"/>'

    plain, external = term("MS:1000576", "no compression"), term("IMS:1000101", "external data", "true")
    with open(path, "w") as xml:
        xml.write(
            '<?xml version="1.0"?><mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1"><fileDescription><fileContent>'
            + term("MS:1000127", "centroid spectrum")
            + term("IMS:1000030", "continuous")
            + term("IMS:1000080", "universally unique identifier", "{" + str(ident) + "}")
            + '</fileContent></fileDescription><referenceableParamGroupList count="2">'
            + group("mz", [term("MS:1000514", "m/z array"), term("MS:1000523", "64-bit float"), plain, external])
            + group("i", [term("MS:1000515", "intensity array"), term("MS:1000521", "32-bit float"), plain, external])
            + '</referenceableParamGroupList><scanSettingsList count="1"><scanSettings id="s">'
            + term("IMS:1000042", "max count of pixels x", width)
            + term("IMS:1000043", "max count of pixels y", height)
            + "</scanSettings></scanSettingsList>"
            + f'<run id="r"><spectrumList count="{width * height}">'
        )
        mz_array = array("mz", 16, 8)
        for place in range(width * height):
            row, column = divmod(place, width)
            xml.write(
                f'<spectrum id="s{place}" index="{place}" defaultArrayLength="0">'
                + term("MS:1000130", "positive scan")
                + '<scanList count="1"><scan>'
                + term("IMS:1000050", "position x", column + 1)
                + term("IMS:1000051", "position y", row + 1)
                + '</scan></scanList><binaryDataArrayList count="2">'
                + mz_array
                + array("i", first + 4 * n * place, 4)
                + "</binaryDataArrayList></spectrum>"
            )
        xml.write("</spectrumList></run></mzML>")
    return path


def large_images(program, folder):
    """Ion images of 750,000 pixels."""
    imzml = write_large(folder / "large")
    table = folder / "large" / "lipids.tsv"
    table.write_text("id\tname\tformula\n" + "".join(f"{f}\t{f}\t{f}\n" for f in LIPIDS))
    results = folder / "large" / "results"
    run([program, "annotate", imzml, "--targeted", table, "--adduct", "+H", "--no-coloc", "--force", "--quiet",
         "--ppm", "3", "--out", results])
    ions = pl.read_parquet(results / "annotations.parquet").filter(pl.col("adduct") == "+H")
    ions = ions.filter(pl.col("formula").is_in(LIPIDS))["ion"].unique().to_list()
    assert len(ions) == len(LIPIDS), ions
    with served(program, results, MEMORY) as (place, _):
        client = Client(place)
        paths = [f"/ions/{quote(ion, safe='')}/images/{isotope}.png" for ion in ions for isotope in range(4)]
        say("ion image of 1,000 × 750 pixels", [timed(client, path) for path in paths], 60)


# Notes when the first image is drawn, by the clock of the page, which starts with the request for it.
WATCH = """
addEventListener('DOMContentLoaded', () => {
    const canvas = document.querySelector('#canvas');
    new MutationObserver(() => {
        if (canvas.dataset.shown) window.firstShown ??= performance.now();
    }).observe(canvas, { attributes: true });
});
"""


def first_view(program, folder):
    """From the address of some 1,000 annotations to the first image, in a browser that knows nothing of
    the page yet."""
    made, results = folder / "brain", folder / "brain" / "results"
    if not (made / "orbitrap-brain.imzML").exists():
        run([program, "simulate", "--preset", "orbitrap-brain", "--width", "200", "--height", "150", "--quiet",
             "--out", made])
    adducts = [f"--adduct={adduct}" for adduct in ("+H", "+Na", "+K", "+NH4")]
    # By MSM, with which more is annotated than with the default score.
    run([program, "annotate", made / "orbitrap-brain.imzML", "--score", "msm", "--force", "--quiet", "--out", results,
         *adducts])
    n = pl.read_parquet(results / "annotations.parquet").height
    with served(program, results, MEMORY) as (place, _), browser() as started:
        taken = []
        for _ in range(N_VIEWS):
            context = started.new_context(**LIGHT)
            context.add_init_script(WATCH)
            opened = context.new_page()
            opened.goto(f"http://{place}/")
            wait(opened, "() => window.firstShown")
            taken.append(opened.evaluate("() => window.firstShown"))
            context.close()
        say(f"first view of {n} annotations", taken, 300)


def main(program, imzml, folder):
    spectra_and_windows(program, imzml, Path(folder))
    large_images(program, Path(folder))
    first_view(program, Path(folder))


main(*sys.argv[1:])
