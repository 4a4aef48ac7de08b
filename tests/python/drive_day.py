"""Uses the viewer as a person does for a day: other datasets, a server that stops, m/z, regions,
spectra, a phone, and results in which there is nothing.

Usage: drive_day.py JOB, a JSON file with `program`, and the folders `a` (with kept peaks), `b` (another
tissue), `none` (nothing annotated) and `scratch`.
"""

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import numpy as np
import polars as pl
from browser import PHONE, browser, check_accessibility, wait
from browser import page as opened_page
from pictures import read_png

SIZE = {"viewport": {"width": 1440, "height": 900}}


def text_has(page, selector, text):
    wait(page, "([selector, text]) => document.querySelector(selector)?.textContent.includes(text)", [selector, text])


def is_shown(page, what):
    wait(page, "what => document.querySelector('#canvas').dataset.shown.startsWith(what)", what)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def serving(job, port, *more):
    """`metaspace serve` of all folders while it is wanted."""
    line = [job["program"], "serve", job["a"], job["b"], job["none"], "--listen", f"127.0.0.1:{port}", *more]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout.readline().startswith("http://")
        yield
    finally:
        process.kill()
        process.wait()


def is_blank(page):
    """Whether nothing is drawn on the canvas but what is transparent."""
    return page.evaluate(
        """() => {
            const canvas = document.querySelector('#canvas');
            const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
            copy.drawImage(canvas, 0, 0);
            return !copy.getImageData(0, 0, canvas.width, canvas.height).data.some(value => value);
        }"""
    )


def check_switching(page, job):
    """Another dataset shows the same ion, or its own best; never an empty page."""
    a, b = (pl.read_parquet(Path(job[name]) / "annotations.parquet") for name in "ab")
    only_a = next(ion for ion in a["ion"] if ion not in set(b["ion"]))
    best_of_b = b["ion"][0]
    page.fill("#q", only_a)
    page.wait_for_selector(f"#rows tr[data-ion='{only_a}']")
    page.click(f"#rows tr[data-ion='{only_a}']")
    is_shown(page, only_a)
    page.fill("#q", "")
    page.select_option("#fdr", "1")
    page.select_option("#dataset", "b")
    is_shown(page, f"{best_of_b} ")
    text_has(page, "#title", b["moleculeNames"][0][0])
    text_has(page, "#status", f"{only_a} is not annotated in b")
    page.wait_for_timeout(100)
    assert not is_blank(page)
    assert page.text_content("#legend").strip() != ""
    # Back again, the ion that is shown is searched for in the other dataset.
    both = next((ion for ion in b["ion"] if ion in set(a["ion"])), None)
    if both:
        page.fill("#q", both)
        page.click(f"#rows tr[data-ion='{both}']")
        is_shown(page, f"{both} ")
        page.fill("#q", "")
        page.select_option("#dataset", "a")
        is_shown(page, f"{both} ")
    page.select_option("#dataset", "a")


def check_order(page, job):
    """What the table is sorted by is shown, and the header counts what passes the FDR."""
    page.select_option("#fdr", "0.1")
    a = pl.read_parquet(Path(job["a"]) / "annotations.parquet")
    n = a.filter(pl.col("fdr") <= 0.1).height
    text_has(page, "#about", f"{n} of {a.height} annotations up to FDR 10 %")
    wait(page, "n => document.querySelector('#range').textContent.endsWith(`of ${n}`)", n)
    assert page.get_attribute("#columns [data-key=score]", "aria-sort") == "descending"
    scores = page.eval_on_selector_all("#rows .score", "cells => cells.map(cell => Number(cell.textContent))")
    assert len(scores) >= min(5, n) and scores == sorted(scores, reverse=True)
    first = page.locator("#rows tr[data-ion]").first
    assert first.locator(".name").text_content().startswith(a["moleculeNames"][0][0]), "names come first"


def check_long_list(page, job):
    """Only rows that are seen are on the page; keys and the wheel reach all; filters are taken back."""
    a = pl.read_parquet(Path(job["a"]) / "annotations.parquet")
    # As many may pass 10 %, so that the number does not tell one list from the other.
    with page.expect_response(lambda answer: "annotations?" in answer.url and "fdr=1&" in answer.url):
        page.select_option("#fdr", "1")
    page.wait_for_timeout(200)
    wait(page, "n => document.querySelector('#range').textContent.endsWith(`of ${n}`)", a.height)
    assert page.locator("#rows tr[data-ion]").count() < 60 < a.height
    page.evaluate("document.querySelector('#table-scroll').scrollTop = 1e9")
    last = a["ion"][-1]
    page.wait_for_selector(f"#rows tr[data-ion='{last}']")
    page.wait_for_timeout(400)
    assert "offset=" in page.url
    place = int(page.text_content("#range").split("–")[0])
    page.reload()
    page.wait_for_selector(f"#rows tr[data-ion='{last}']")
    assert abs(int(page.text_content("#range").split("–")[0]) - place) <= 1
    # By keyboard from the first to the last and on.
    page.evaluate("document.querySelector('#table-scroll').scrollTop = 0")
    page.wait_for_selector(f"#rows tr[data-ion='{a['ion'][0]}']")
    page.locator(f"#rows tr[data-ion='{a['ion'][0]}']").focus()
    page.keyboard.press("ArrowDown")
    is_shown(page, f"{a['ion'][1]} ")
    page.keyboard.press("End")
    is_shown(page, f"{last} ")
    wait(page, "ion => document.activeElement.dataset.ion === ion", last)
    page.keyboard.press("ArrowUp")
    is_shown(page, f"{a['ion'][-2]} ")
    page.keyboard.press("Home")
    is_shown(page, f"{a['ion'][0]} ")
    # Columns are chosen, and stand in the address.
    page.click(".menu summary")
    page.click("#column-list [data-column=nPixels] input")
    page.wait_for_selector("#columns [data-key=nPixels]")
    page.wait_for_selector("#rows tr[data-ion] .nPixels")
    shown = page.locator("#rows tr[data-ion]").first
    n_pixels = a.filter(pl.col("ion") == shown.get_attribute("data-ion"))["nPixels"][0]
    assert shown.locator(".nPixels").text_content().replace(",", "") == str(n_pixels)
    check_accessibility(page)
    page.reload()
    page.wait_for_selector("#columns [data-key=nPixels]")
    page.click(".menu summary")
    page.click("#column-list [data-column=nPixels] input")
    wait(page, "() => !document.querySelector('#columns [data-key=nPixels]')")
    page.click(".menu summary")
    # What is filtered is taken back.
    page.fill("#q", a["moleculeNames"][2][0])
    wait(page, "n => !document.querySelector('#range').textContent.endsWith(`of ${n}`)", a.height)
    page.click("#undo")
    wait(page, "n => document.querySelector('#range').textContent.endsWith(`of ${n}`)", a.height)
    assert page.input_value("#q") == ""
    page.select_option("#fdr", "0.1")


def check_fit(page, job):
    """The card of an ion has what speaks for it and against it."""
    a = pl.read_parquet(Path(job["a"]) / "annotations.parquet").filter(pl.col("fdr") <= 0.1)
    row = a.row(0, named=True)
    page.click("#tab-ion")
    page.evaluate("document.querySelector('#table-scroll').scrollTop = 0")
    page.click(f"#rows tr[data-ion='{row['ion']}']")
    is_shown(page, f"{row['ion']} ")
    images = pl.read_parquet(Path(job["a"]) / "ion_images.parquet").filter(pl.col("ionFormula") == row["ionFormula"])
    n_pixels = pl.read_parquet(Path(job["a"]) / "pixels.parquet").height
    dense = np.zeros((images.height, n_pixels))
    for image in images.iter_rows(named=True):
        dense[image["isotope"], image["pixels"]] = image["intensities"]
    expected = np.corrcoef(dense[0], dense[1])[0, 1]
    wait(page, "() => document.querySelectorAll('#panel .pattern + table tbody tr')[1].cells[5].textContent")
    found = page.eval_on_selector_all("#panel .pattern + table tbody tr", "rows => Number(rows[1].cells[5].textContent)")
    assert abs(found - expected) <= 0.0051, (found, expected)
    page.wait_for_selector("#mz-errors canvas")
    peaks = pl.read_parquet(Path(job["a"]) / "peaks.parquet")
    ppm = json.loads((Path(job["a"]) / "run.json").read_text())["settings"]["ppm"]
    near = peaks.with_columns(error=(pl.col("mz") / row["mz"] - 1) * 1e6).filter(pl.col("error").abs() <= ppm)
    errors = near.group_by("pixel").agg((pl.col("error") * pl.col("intensity")).sum() / pl.col("intensity").sum())
    median = errors["error"].sort()[errors.height // 2]
    text = page.text_content("#mz-errors p").replace("−", "-")
    assert abs(float(text.split(" ")[1]) - median) <= 0.0051, (text, median)
    everything = pl.read_parquet(Path(job["a"]) / "annotations.parquet")
    others = everything.filter(pl.col("formula") == row["formula"], pl.col("ion") != row["ion"])
    wait(page, "() => document.querySelector('#adducts').children.length > 0")
    listed = page.eval_on_selector_all("#adducts tbody tr", "rows => rows.map(row => row.dataset.ion)")
    assert set(listed) == set(others["ion"]), (listed, others["ion"])
    text_has(page, "#competition", "annotated" if page.locator("#competition table").count() == 0 else "Score")


def check_mz(page, job):
    """A number is an m/z: the nearest annotations, or its image if there is none."""
    a = pl.read_parquet(Path(job["a"]) / "annotations.parquet").filter(pl.col("fdr") <= 0.1)
    row = a.row(3, named=True)
    page.fill("#q", f"{row['mz']:.3f}")
    text_has(page, "#mz-found", "annotation")
    near = a.sort((pl.col("mz") - round(row["mz"], 3)).abs(), maintain_order=True)["ion"].to_list()
    wait(
        page,
        "ion => document.querySelector('#rows tr[data-ion]')?.dataset.ion === ion",
        near[0],
    )
    is_shown(page, f"{near[0]} ")
    # Between two annotations there is none, but an image there is.
    mzs = a["mz"].sort().to_numpy()
    gap = int(np.argmax(np.diff(mzs)))
    middle = float((mzs[gap] + mzs[gap + 1]) / 2)
    page.fill("#q", f"{middle:.4f}")
    text_has(page, "#mz-found", "Nothing up to FDR")
    is_shown(page, f"{middle:.4f}".rstrip("0"))
    text_has(page, "#title", f"m/z {middle:.4f}")
    text_has(page, "#panel", "No first isotope")
    check_accessibility(page)
    page.reload()
    text_has(page, "#title", f"m/z {middle:.4f}")
    page.click("#rows tr[data-ion] >> nth=0")
    page.fill("#q", "")


def check_spectrum(page, job):
    """The mean spectrum is there; a click shows the m/z that is clicked; zooming looks nearer."""
    wait(page, "() => document.querySelector('#strip-plot').dataset.shown?.startsWith('mean')")
    box = page.locator("#strip-plot svg").bounding_box()
    whole = page.get_attribute("#strip-plot", "data-shown")
    page.mouse.move(box["x"] + 500, box["y"] + 60)
    page.mouse.wheel(0, -3000)
    wait(page, "whole => document.querySelector('#strip-plot').dataset.shown !== whole", whole)
    low, high = (float(number) for number in page.get_attribute("#strip-plot", "data-shown").split()[1:])
    low_all, high_all = (float(number) for number in whole.split()[1:])
    assert high - low < (high_all - low_all) / 20
    # Drag across to choose a range.
    page.mouse.move(box["x"] + 300, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 60, steps=5)
    page.mouse.up()
    wait(
        page,
        "width => { const [, low, high] = document.querySelector('#strip-plot').dataset.shown.split(' ').map(Number); return high - low < width; }",
        (high - low) / 2,
    )
    # A place without a peak is an m/z all the same.
    page.mouse.click(box["x"] + 420, box["y"] + 30)
    low, high = (float(number) for number in page.get_attribute("#strip-plot", "data-shown").split()[1:])
    text_has(page, "#title", "m/z ")
    shown = float(page.text_content("#title").split()[1])
    assert low <= shown <= high, (low, shown, high)
    page.fill("#window-ppm", "250")
    page.click("#window-form button")
    text_has(page, "#title", "± 250 ppm")
    page.click("#strip-whole")
    wait(page, "whole => document.querySelector('#strip-plot').dataset.shown === whole", whole)
    # The keyboard goes from peak to peak.
    page.focus("#strip-plot svg")
    before = page.url
    page.keyboard.press("n")
    wait(page, "before => location.href !== before", before)
    # Peaks that nothing explains are listed, and shown when they are clicked.
    page.click("#tab-spectrum")
    page.wait_for_selector("#unexplained tbody tr")
    mz = page.get_attribute("#unexplained tbody tr >> nth=0", "data-mz")
    a = pl.read_parquet(Path(job["a"]) / "annotations.parquet").filter(pl.col("fdr") <= 0.1)
    isotopes = np.array([value for values in a["isotopeMz"] for value in values if value > 0])
    ppm = json.loads((Path(job["a"]) / "run.json").read_text())["settings"]["ppm"]
    for listed in page.eval_on_selector_all("#unexplained tbody tr", "rows => rows.map(row => Number(row.dataset.mz))"):
        assert (np.abs(isotopes / listed - 1) * 1e6).min() > ppm * 0.9, listed
    page.click("#unexplained tbody tr button >> nth=0")
    text_has(page, "#title", f"m/z {mz}")
    check_accessibility(page)


def check_region_spectrum(job, port):
    """The mean spectrum of a region is that of its pixels."""
    peaks = pl.read_parquet(Path(job["a"]) / "peaks.parquet")
    pixels = pl.read_parquet(Path(job["a"]) / "pixels.parquet")
    inside = pixels.filter((pl.col("x") >= 3) & (pl.col("x") < 9) & (pl.col("y") >= 2) & (pl.col("y") < 8))
    expected = peaks.join(inside, on="pixel")["intensity"].cast(pl.Float64).sum() / inside.height
    ring = [[3, 2], [9, 2], [9, 8], [3, 8], [3, 2]]
    body = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}}],
    }
    line = ["curl", "-s", "-X", "POST", "-H", "content-type: application/geo+json", "-d", json.dumps(body)]
    address = f"http://127.0.0.1:{port}/api/v1/datasets/a/spectrum?columns=10000"
    low, high = peaks["mz"].min(), peaks["mz"].max()
    total = 0.0
    # Narrow ranges are drawn from single peaks, whose sums are exact.
    for first in np.arange(low, high + 1, 5.0):
        answer = json.loads(subprocess.run([*line, f"{address}&mzMin={first}&mzMax={first + 4.9999999}"], capture_output=True, check=True).stdout)
        assert answer["nPixels"] == inside.height and answer["resolution"] == "peaks"
        total += sum(answer["intensity"])
    assert abs(total / expected - 1) < 1e-6, (total, expected)


def viewport(page, shape):
    box = page.locator("#canvas").bounding_box()
    height, width = shape
    zoom = min((box["width"] - 24) / width, (box["height"] - 24) / height, 96)
    return box, zoom, (box["width"] - zoom * width) / 2, (box["height"] - zoom * height) / 2


def check_molecules(page, job):
    """A plot and a list by molecule, known fragments, and why a candidate was not annotated."""
    page.select_option("#fdr", "0.1")
    page.click("#tab-molecules")
    a = pl.read_parquet(Path(job["a"]) / "annotations.parquet").filter(pl.col("fdr") <= 0.1)
    wait(page, "n => document.querySelectorAll('.kendrick circle').length === n", a.height)
    assert page.locator("section.molecule").count() == a["formula"].n_unique()
    assert page.locator(".molecule .ion-figure").count() == a.select("formula", "ion").n_unique()
    before = page.eval_on_selector_all(".kendrick circle", "marks => marks.map(mark => mark.getAttribute('cy'))")
    page.select_option("#kendrick-unit", "2")
    after = page.eval_on_selector_all(".kendrick circle", "marks => marks.map(mark => mark.getAttribute('cy'))")
    assert before != after and len(before) == len(after)
    check_accessibility(page)
    ion = a["ion"][3]
    page.locator(f".molecule .ion-figure[data-ion='{ion}']").click()
    is_shown(page, f"{ion} ")
    wait(page, "ion => document.querySelector('.kendrick .chosen')?.dataset.ion === ion", ion)
    page.locator(".kendrick .chosen").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    by_mz = a.unique("ion").sort("mz")["ion"].to_list()
    following = by_mz[by_mz.index(ion) + 1] if ion != by_mz[-1] else ion
    wait(page, "ion => document.querySelector('#canvas').dataset.shown.startsWith(`${ion} `)", following)
    of_choline = pl.col("moleculeNames").list.eval(pl.element().str.contains("^(LPC|PC|SM)[ (]")).list.any()
    with_fragments = a.filter(of_choline & pl.col("ion").str.ends_with("+"))
    assert with_fragments.height, "a lipid of choline is annotated"
    ion = with_fragments["ion"][0]
    page.locator(f".molecule .ion-figure[data-ion='{ion}']").click()
    is_shown(page, f"{ion} ")
    page.click("#tab-ion")
    page.click("#fragments button")
    is_shown(page, "184.07332")
    # What was searched for and not found is there, with what came of it.
    metrics = pl.read_parquet(Path(job["a"]) / "ion_metrics.parquet")
    known = pl.read_parquet(Path(job["a"]) / "annotations.parquet")["ionFormula"]
    missed = metrics.filter(pl.col("isTarget") & ~pl.col("ionFormula").is_in(known.to_list()))
    missed = missed.filter((pl.col("rhoSpatial") == 0) & (pl.col("mz") > 200)).row(0, named=True)
    page.fill("#window-mz", str(missed["mz"]))
    page.fill("#window-ppm", "3")
    page.click("#window-form button")
    wait(
        page,
        "() => [...document.querySelectorAll('#candidates tr[data-outcome=noPattern]')].some("
        "row => row.textContent.includes('not the isotopic pattern'))",
    )
    text_has(page, "#candidates", missed["ionFormula"])
    check_accessibility(page)


def check_regions(page, job):
    """Regions are drawn, named, coloured, kept, imported, exported and deleted."""
    scratch = Path(job["scratch"])
    scratch.mkdir(exist_ok=True)
    kept = Path(job["a"]) / "regions.geojson"
    pixels = pl.read_parquet(Path(job["a"]) / "pixels.parquet")
    shape = (pixels["y"].max() + 1, pixels["x"].max() + 1)
    box, zoom, left, top = viewport(page, shape)

    def at(x, y):
        return box["x"] + left + x * zoom, box["y"] + top + y * zoom

    page.click("#tool-rectangle")
    page.mouse.move(*at(3.2, 2.3))
    page.mouse.down()
    page.mouse.move(*at(8.6, 7.7), steps=4)
    page.mouse.up()
    page.wait_for_selector("#regions tr[data-region='region 1']")
    assert page.locator("#regions tbody td.number").first.text_content() == "36"
    page.fill("#regions .region-name", "cortex")
    page.keyboard.press("Enter")
    page.wait_for_selector("#regions tr[data-region='cortex']")
    page.click("#tool-brush")
    page.mouse.move(*at(14.5, 12.5))
    page.mouse.down()
    page.mouse.move(*at(18.5, 12.5), steps=20)
    page.mouse.up()
    page.wait_for_selector("#regions tr[data-region='region 1']")
    # A second stroke joins the region.
    n_before = page.locator("#regions tr[data-region='region 1'] td.number").first.text_content()
    page.mouse.move(*at(14.5, 15.5))
    page.mouse.down()
    page.mouse.move(*at(16.5, 15.5), steps=20)
    page.mouse.up()
    wait(page, "n => document.querySelector(\"#regions tr[data-region='region 1'] td.number\").textContent !== n", n_before)
    assert page.locator("#regions tbody tr").count() == 2
    text_has(page, "#strip-source", "region 1")
    wait(page, "() => document.querySelector('#strip-plot').dataset.shown.startsWith('region')")
    check_accessibility(page)
    page.wait_for_timeout(600)
    names = [feature["properties"]["name"] for feature in json.loads(kept.read_text())["features"]]
    assert names == ["cortex", "region 1"]
    # They are there after a reload, with their names on the canvas.
    page.reload()
    page.click("#tab-regions")
    page.wait_for_selector("#regions tr[data-region='cortex']")
    page.click("#regions tr[data-region='cortex'] .select-region")
    page.wait_for_selector("#save-markers")
    with page.expect_download() as saved:
        page.click("#save-regions")
    saved.value.save_as(scratch / "exported.geojson")
    line = [job["program"], "coloc", job["a"], "--json", "--markers", scratch / "exported.geojson"]
    said = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)["regions"]
    assert [region["region"] for region in said] == names
    listed = page.eval_on_selector_all("#panel tbody tr[data-ion]", "rows => rows.map(row => row.dataset.ion)")
    assert listed == [marker["ion"] for marker in said[0]["markers"]][:100]
    # Deleted, and imported again.
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#clear-regions")
    wait(page, "() => !document.querySelector('#regions')")
    page.set_input_files("#region-file", str(scratch / "exported.geojson"))
    page.wait_for_selector("#regions tr[data-region='cortex']")
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#clear-regions")
    # Segments of the tissue become regions.
    page.select_option("#n-segments", "3")
    page.click("#segment")
    wait(page, "() => document.querySelectorAll('#regions tbody tr').length === 3")
    counts = page.eval_on_selector_all("#regions tbody tr", "rows => rows.map(row => Number(row.cells[2].textContent.replace(',', '')))")
    assert sum(counts) == pixels.height
    page.click("#regions tr[data-region='segment 2'] button[aria-label^=Delete]")
    # What was changed is kept, though another dataset is shown at once.
    page.select_option("#dataset", "b")
    page.wait_for_timeout(600)
    assert len(json.loads(kept.read_text())["features"]) == 2
    page.select_option("#dataset", "a")
    page.click("#tab-regions")
    wait(page, "() => document.querySelectorAll('#regions tbody tr').length === 2")
    page.wait_for_timeout(600)
    assert len(json.loads(kept.read_text())["features"]) == 2
    page.click("#tool-pan")


def check_picture(page, job):
    """A picture that is saved says what it is, with colours and a scale bar."""
    scratch = Path(job["scratch"])
    page.click("#rows tr[data-ion] >> nth=0")
    ion = page.get_attribute("#rows tr[data-ion] >> nth=0", "data-ion")
    is_shown(page, f"{ion} ")
    with page.expect_download() as saved:
        page.click("#save-png")
    saved.value.save_as(scratch / "one.png")
    array, _, _ = read_png((scratch / "one.png").read_bytes())
    pixels = pl.read_parquet(Path(job["a"]) / "pixels.parquet")
    height, width = pixels["y"].max() + 1, pixels["x"].max() + 1
    zoom = 1200 // max(width, height)
    assert array.shape[1] > width * zoom and array.shape[0] > height * zoom + 100
    dark = (array[..., :3].astype(int).sum(axis=2) < 200)
    image_top = dark.any(axis=1).argmax()
    # Words above the image, and the bar and the colours below.
    assert image_top < 60, "the title is at the top"
    below = array[height * zoom + 110 :, :, :3]
    assert (below.astype(int).sum(axis=2) < 200).any(), "the scale bar is below"
    assert np.ptp(below.reshape(-1, 3), axis=0).min() > 100, "the colours are below"


def check_gone(started, job, port):
    """A server that stops is said to be gone; no image stands under another's name; it comes back."""
    context = started.new_context(**SIZE)
    page = context.new_page()
    with serving(job, port):
        page.goto(f"http://127.0.0.1:{port}/#dataset=b&fdr=1")
        wait(page, "() => document.querySelectorAll('#rows tr[data-ion]').length > 5")
        first, other = (page.get_attribute(f"#rows tr[data-ion] >> nth={n}", "data-ion") for n in (0, 4))
        is_shown(page, f"{first} ")
        assert page.locator("#gone").is_hidden()
    page.click(f"#rows tr[data-ion='{other}']")
    page.wait_for_selector("#gone:not([hidden])")
    wait(page, "ion => document.querySelector('#title [data-ion]').dataset.ion === ion", other)
    page.wait_for_timeout(100)
    assert is_blank(page), "the image of the first ion is not under the other's name"
    check_accessibility(page)
    with serving(job, port):
        wait(page, "() => document.querySelector('#gone').hidden")
        is_shown(page, f"{other} ")
        page.wait_for_timeout(100)
        assert not is_blank(page)
    context.close()


def check_nothing(page):
    """Results in which nothing is annotated show what was measured."""
    text_has(page, "#rows", "Nothing is annotated in this dataset")
    text_has(page, "#screen-note", "Nothing is annotated here")
    text_has(page, "#panel", "Nothing is annotated")
    wait(page, "() => document.querySelector('#strip-plot svg .peaks')?.getAttribute('d')")
    check_accessibility(page)
    box = page.locator("#strip-plot svg").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 40)
    text_has(page, "#title", "m/z ")
    page.click("#tab-regions")
    text_has(page, "#panel", "No region yet")
    page.click("#tab-partners")
    text_has(page, "#panel", "The image is that of an m/z")
    page.select_option("#dataset", "a")
    # None at this FDR: the table says at which there are some.
    page.fill("#q", "no molecule is called so")
    text_has(page, "#rows", "matches the search")
    page.click("#empty-action")
    wait(page, "() => document.querySelectorAll('#rows tr[data-ion]').length > 0")
    assert page.input_value("#q") == ""


def check_widths(started, url):
    """Nothing scrolls sideways, and no table of the panel is cut."""
    for width, height in [(390, 844), (1024, 768), (1280, 800), (1600, 900), (2560, 1440)]:
        settings = PHONE if width == 390 else {"viewport": {"width": width, "height": height}}
        with opened_page(started, url, **settings) as page:
            wait(page, "() => document.querySelector('#panel').dataset.of?.startsWith('ion ')")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
            cut = page.evaluate(
                """() => [...document.querySelectorAll('#panel, #tabs, .tools, .strip')]
                    .filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.id || part.className)"""
            )
            assert not cut, (width, cut)
            check_accessibility(page)


def main():
    job = json.loads(Path(sys.argv[1]).read_text())
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with browser() as started:
        with serving(job, port):
            with opened_page(started, f"{url}/#dataset=a", **SIZE) as page:
                wait(page, "() => document.querySelectorAll('#rows tr[data-ion]').length > 0")
                check_switching(page, job)
                check_order(page, job)
                check_long_list(page, job)
                check_fit(page, job)
                check_mz(page, job)
                check_spectrum(page, job)
                check_molecules(page, job)
                check_regions(page, job)
                check_picture(page, job)
            check_region_spectrum(job, port)
            with opened_page(started, f"{url}/#dataset=none", **SIZE) as page:
                check_nothing(page)
            check_widths(started, f"{url}/#dataset=a")
        check_gone(started, job, port)
        with serving(job, port, "--read-only"):
            regions = f"{url}/api/v1/datasets/{quote('a')}/regions"
            assert len(json.loads(urlopen(regions).read())["features"]) == 2
            line = ["curl", "-s", "-X", "PUT", "-H", "content-type: application/geo+json", "-d", "{}", regions]
            refused = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
            assert refused["status"] == 403 and "--read-only" in refused["detail"], refused
    print("OK")


main()
