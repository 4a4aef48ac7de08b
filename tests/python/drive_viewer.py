"""Drives the viewer in a browser as a user would, and compares what it shows with the tables.

Usage: drive_viewer.py JOB, a JSON file with `url` of a server of two results, `guarded` of one that
wants a `token`, `program`, `results` (the folder of the first) and `scratch`, a folder to make. METASPACE_SCREENSHOTS names a folder that
pictures of the viewer are kept in.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
from browser import PHONE, browser, check_accessibility, wait
from browser import page as opened_page


def shot(page, name):
    """Keeps a picture of the page where METASPACE_SCREENSHOTS names a folder."""
    folder = os.environ.get("METASPACE_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(300)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def rows(page):
    """Ions of the rows of the table that are on the page, in order."""
    return page.eval_on_selector_all("#rows tr[data-ion]", "rows => rows.map(row => row.dataset.ion)")


def begins(page, ions):
    """Waits until the table begins with these ions; only rows that are seen are on the page."""
    condition = """ions => {
        const rows = [...document.querySelectorAll('#rows tr[data-ion]')].map(row => row.dataset.ion);
        return rows.length >= Math.min(5, ions.length) && rows.every((ion, i) => ion === ions[i]);
    }"""
    wait(page, condition, ions)


def settled(page, ion, tab):
    condition = "([ion, tab]) => document.querySelector('#panel').dataset.of === `${tab} ${ion}`"
    wait(page, condition, [ion, tab])


def shown(page, text):
    wait(page, "text => document.querySelector('#canvas').dataset.shown === text", arg=text)


def check_table(page, annotations):
    ours = annotations.filter(pl.col("fdr") <= 0.1)
    begins(page, ours["ion"].to_list())
    page.click("#columns [data-key=mz] button")
    page.wait_for_selector("#columns [data-key=mz][aria-sort=ascending]")
    begins(page, ours.sort("mz", maintain_order=True)["ion"].to_list())
    page.click("#columns [data-key=mz] button")
    page.wait_for_selector("#columns [data-key=mz][aria-sort=descending]")
    begins(page, ours.sort("mz", descending=True, maintain_order=True)["ion"].to_list())
    page.click("#columns [data-key=mz] button")
    page.wait_for_selector("#columns [data-key=mz][aria-sort=none]")
    page.select_option("#fdr", "0.5")
    n = annotations.filter(pl.col("fdr") <= 0.5).height
    wait(page, "n => document.querySelector('#range').textContent.endsWith(`of ${n}`)", arg=n)
    page.select_option("#adduct", "+Na")
    n = annotations.filter(pl.col("fdr") <= 0.5, pl.col("adduct") == "+Na").height
    wait(page, "n => document.querySelector('#range').textContent.endsWith(`of ${n}`)", arg=n)
    page.select_option("#adduct", "")
    kind = next(name for names in ours["moleculeClasses"] for name in names if name)
    page.select_option("#class", kind)
    of_class = annotations.filter(pl.col("fdr") <= 0.5, pl.col("moleculeClasses").list.contains(kind))
    wait(page, "n => document.querySelector('#range').textContent.endsWith(`of ${n}`)", arg=of_class.height)
    begins(page, of_class["ion"].to_list())
    page.select_option("#class", "")
    page.select_option("#sample", "on")
    of_tissue = annotations.filter(
        pl.col("fdr") <= 0.5, ~pl.col("isMatrix"), pl.col("offSample").fill_null(0) <= 0.5
    )
    n = of_tissue.height
    assert 0 < n < annotations.filter(pl.col("fdr") <= 0.5).height
    wait(page, "n => document.querySelector('#range').textContent.endsWith(`of ${n}`)", arg=n)
    page.select_option("#sample", "")
    name = ours["moleculeNames"][2][0]
    page.fill("#q", name.upper())
    condition = "([ion, n]) => !!document.querySelector(`#rows tr[data-ion='${ion}']`) && !document.querySelector('#range').textContent.endsWith(`of ${n}`)"
    wait(page, condition, [ours["ion"][2], annotations.filter(pl.col("fdr") <= 0.5).height])
    page.fill("#q", "")
    page.select_option("#fdr", "0.1")
    wait(page, "n => document.querySelector('#range').textContent.endsWith(`of ${n}`)", arg=ours.height)


def image_of(results, ion_formula):
    """Intensities of the first image over the bounding box, NaN where there is no spectrum."""
    image = pl.read_parquet(results / "ion_images.parquet").filter(
        pl.col("ionFormula") == ion_formula, pl.col("isotope") == 0
    ).row(0, named=True)
    pixels = pl.read_parquet(results / "pixels.parquet")
    values = np.zeros(pixels.height)
    values[image["pixels"]] = image["intensities"]
    array = np.full((pixels["y"].max() + 1, pixels["x"].max() + 1), np.nan)
    array[pixels["y"], pixels["x"]] = values
    return array


def viewport(page, shape):
    """Zoom, left and top of the whole image on the canvas, as the viewer fits it."""
    box = page.locator("#canvas").bounding_box()
    height, width = shape
    zoom = min((box["width"] - 24) / width, (box["height"] - 24) / height, 96)
    return zoom, (box["width"] - zoom * width) / 2, (box["height"] - zoom * height) / 2


def colors(page, points):
    """Colours of the canvas at points of the screen."""
    return page.evaluate(
        """points => {
            const canvas = document.querySelector('#canvas');
            const { width, height } = canvas;
            // A copy, as a canvas that is read twice is complained about.
            const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
            copy.drawImage(canvas, 0, 0);
            const { data } = copy.getImageData(0, 0, width, height);
            return points.map(([x, y]) => {
                const at = 4 * (Math.floor(y * devicePixelRatio) * width + Math.floor(x * devicePixelRatio));
                return [...data.slice(at, at + 4)];
            });
        }""",
        points,
    )


def check_image(page, results, annotations):
    ion = annotations.row(0, named=True)
    page.click(f"#rows tr[data-ion='{ion['ion']}']")
    page.select_option("#colormap", "grey")
    page.select_option("#hotspot", "1")
    shown(page, f"{ion['ion']} grey")
    page.wait_for_timeout(100)
    array = image_of(results, ion["ionFormula"])
    zoom, left, top = viewport(page, array.shape)
    # What is under the scale bar and the buttons is left out.
    places = [(x, y) for y in range(array.shape[0] - 6) for x in range(array.shape[1])]
    points = [(left + (x + 0.5) * zoom, top + (y + 0.5) * zoom) for x, y in places]
    for (x, y), (red, green, blue, alpha) in zip(places, colors(page, points)):
        value = array[y, x]
        if np.isnan(value):
            assert alpha == 0, (x, y)
            continue
        expected = value / np.nanmax(array) * 255
        assert alpha == 255 and abs(red - expected) <= 1.5 and red == green == blue, (x, y, red, expected)
    page.hover("#canvas", position={"x": left + 5.5 * zoom, "y": top + 7.5 * zoom})
    assert page.text_content("#readout").startswith("x 5, y 7: ")
    page.select_option("#colormap", "viridis")
    page.select_option("#hotspot", "0.99")
    shown(page, f"{ion['ion']} viridis")


def check_moving(page, shape):
    """What is under the pointer stays there while zooming, and goes with it while dragging."""
    zoom, left, top = viewport(page, shape)
    box = page.locator("#canvas").bounding_box()
    x, y = box["x"] + left + 5.5 * zoom, box["y"] + top + 7.5 * zoom
    readout = "text => document.querySelector('#readout').textContent.startsWith(text)"
    page.mouse.move(x, y)
    wait(page, readout, "x 5, y 7: ")
    page.mouse.wheel(0, -600)
    # Of one pixel, at 2.5 times the zoom, the pointer does not leave the middle by half a pixel.
    page.mouse.move(x + zoom, y)
    wait(page, readout, "x 5, y 7: ")
    page.mouse.move(x + 2.5 * zoom, y)
    wait(page, readout, "x 6, y 7: ")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 30, steps=4)
    page.mouse.up()
    page.mouse.move(x + 41, y + 30)
    wait(page, readout, "x 5, y 7: ")
    assert page.get_attribute("#tab-ion", "aria-selected") == "true", "dragging picks no pixel"
    page.focus("#canvas")
    page.keyboard.press("0")
    page.mouse.move(x, y)
    wait(page, readout, "x 5, y 7: ")


def check_small_images(page, results, annotations):
    """The pictures of the rows and of the isotopes are those of their ions."""
    drawn = "selector => [...document.querySelectorAll(selector)].every(picture => 'drawn' in picture.dataset)"
    page.click("#tab-ion")
    ion = annotations.row(0, named=True)
    page.click(f"#rows tr[data-ion='{ion['ion']}']")
    settled(page, ion["ion"], "ion")
    wait(page, drawn, "#panel .isotopes canvas")
    assert page.locator("#panel .isotopes canvas").count() == sum(mz > 0 for mz in ion["isotopeMz"])
    for row in annotations.head(3).iter_rows(named=True):
        selector = f"#rows tr[data-ion='{row['ion']}'] canvas"
        wait(page, drawn, selector)
        shape, greens = page.evaluate(
            """selector => {
                const canvas = document.querySelector(selector);
                const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                return [[canvas.height, canvas.width], [...data].filter((_, i) => i % 4 === 1)];
            }""",
            selector,
        )
        array = image_of(results, row["ionFormula"])
        assert tuple(shape) == array.shape
        # In viridis green grows with intensity.
        levels = np.minimum(array, np.nanquantile(array, 0.99)).ravel()
        there = ~np.isnan(levels)
        order = np.argsort(levels[there], kind="stable")
        assert (np.diff(np.array(greens)[there][order]) >= 0).all(), row["ion"]
    totals = np.array(ion["isotopeTotalIntensity"])
    measured = [f"{share:.1f} %" for share in totals / totals.max() * 100]
    cells = page.eval_on_selector_all("#panel .pattern + table tbody tr", "rows => rows.map(row => row.cells[3].textContent)")
    assert cells == measured[: len(cells)] and len(cells) > 1


def partners(page):
    return page.eval_on_selector_all("#panel tbody tr[data-ion]", "rows => rows.map(row => row.dataset.ion)")


def check_partners(page, job, annotations):
    page.click("#tab-partners")
    found = []
    for ion in annotations["ion"].to_list()[:2] + annotations["ion"].to_list()[4:5]:
        page.click(f"#rows tr[data-ion='{ion}']")
        settled(page, ion, "partners")
        found.append(partners(page))
        line = [job["program"], "coloc", job["results"], "--json", "--n-best", "100", "--ion", ion]
        said = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
        assert found[-1] == [partner["ion"] for partner in said["partners"]]
    assert found[0] != found[2]
    page.select_option("#measure", "cosine")
    line = [*line[:4], "--measure", "cosine", *line[4:]]
    said = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
    expected = [partner["ion"] for partner in said["partners"]]
    condition = """ions => {
        const rows = [...document.querySelectorAll('#panel tbody tr')];
        return JSON.stringify(rows.map(row => row.dataset.ion)) === JSON.stringify(ions);
    }"""
    wait(page, condition, expected)


def check_spectrum(page, shape):
    zoom, left, top = viewport(page, shape)
    page.click("#canvas", position={"x": left + 10.5 * zoom, "y": top + 8.5 * zoom})
    wait(page, "() => document.querySelector('#panel h3')?.textContent.startsWith('Pixel 10, 8: ')")
    wait(page, "() => document.querySelector('#strip-plot').dataset.shown.startsWith('pixel')")
    assert page.get_attribute("#strip-plot svg .explained", "d").count("M") > 3
    # With the keyboard too.
    page.focus("#canvas")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait(page, "() => !document.querySelector('#panel h3').textContent.startsWith('Pixel 10, 8:')")


def check_markers(page, job, shape):
    scratch = Path(job["scratch"])
    scratch.mkdir(exist_ok=True)
    zoom, left, top = viewport(page, shape)
    page.click("#tool-region")
    corners = [(4, 3), (14.3, 4.2), (12, 13), (5, 11), (4, 3)]
    for x, y in corners:
        page.click("#canvas", position={"x": left + x * zoom, "y": top + y * zoom})
    page.wait_for_selector("#save-markers")
    with page.expect_download() as saved:
        page.click("#save-regions")
    saved.value.save_as(scratch / "regions.geojson")
    with page.expect_download() as saved:
        page.click("#save-markers")
    saved.value.save_as(scratch / "markers.csv")
    line = [job["program"], "coloc", job["results"], "--json", "--markers", scratch / "regions.geojson"]
    said = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)["regions"][0]
    expected = pl.DataFrame(said["markers"])
    found = pl.read_csv(scratch / "markers.csv")
    assert found["ion"].to_list() == expected["ion"].to_list()
    for column in ("auc", "log2FoldChange", "meanInside", "coverageOutside"):
        assert found[column].to_list() == expected[column].to_list(), column
    assert partners(page) == expected["ion"].to_list()[:100]


def check_channels(page, job, annotations, shape):
    """The first is magenta, the second green; where they meet their colours add up."""
    zoom, left, top = viewport(page, shape)
    levels = []
    for number in (0, 4):
        array = image_of(Path(job["results"]), annotations["ionFormula"][number])
        levels.append(np.minimum(array / np.nanquantile(array, 0.99), 1))
    # What is under the scale bar is left out.
    places = [(x, y) for y in range(shape[0] - 8) for x in range(shape[1])]
    places = [(x, y) for x, y in places if not np.isnan(levels[0][y, x])]
    points = [(left + (x + 0.5) * zoom, top + (y + 0.5) * zoom) for x, y in places]
    n_off = 0
    for (x, y), (red, green, blue, alpha) in zip(places, colors(page, points)):
        first, second = (255 * level[y, x] for level in levels)
        # The pixel whose spectrum was read has a frame of its own.
        n_off += not (alpha == 255 and abs(red - first) <= 2 and abs(green - second) <= 2 and abs(blue - first) <= 2)
    assert n_off <= 2, (n_off, len(places))


def check_channels_and_files(page, job, annotations, shape):
    scratch = Path(job["scratch"])
    page.click("#tool-pan")
    first, second = annotations["ion"][0], annotations["ion"][4]
    for ion in (first, second):
        page.click(f"#rows tr[data-ion='{ion}']")
        page.click("#add-channel")
    shown(page, f"{first} {second}")
    assert page.locator("#channels li").count() == 2
    page.wait_for_timeout(100)
    check_channels(page, job, annotations, shape)
    with page.expect_download() as saved:
        page.click("#save-png")
    saved.value.save_as(scratch / "shown.png")
    assert (scratch / "shown.png").read_bytes()[:4] == b"\x89PNG"
    with page.expect_download() as saved:
        page.click("#save-pixels")
    saved.value.save_as(scratch / "pixels.csv")
    pixels = pl.read_csv(scratch / "pixels.csv")
    array = image_of(Path(job["results"]), annotations["ionFormula"][4])
    assert np.allclose(array[pixels["y"], pixels["x"]], pixels["intensity"], rtol=1e-6)
    with page.expect_download() as saved:
        page.click("#save-table")
    saved.value.save_as(scratch / "table.csv")
    assert pl.read_csv(scratch / "table.csv").height == annotations.filter(pl.col("fdr") <= 0.1).height


def check_compare(page):
    page.click("#tab-compare")
    wait(page, "() => document.querySelectorAll('#panel figure').length === 2")
    wait(page, "() => [...document.querySelectorAll('#panel figcaption')].every(f => /pixels|annotated/.test(f.textContent))")
    # Of two folders, ions are in both, or in one.
    wait(page, "() => document.querySelector('#shared td.number')")
    which = page.locator("#shared td:not(.number)").all_inner_texts()
    assert which[0] == "in all" and all(text.startswith("only in ") for text in which[1:]), which


def check_keyboard_region(page):
    """A region is drawn, taken back and closed without a mouse."""
    page.click("#tab-regions")
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#clear-regions")
    page.focus("#canvas")
    for key in ["Enter", "ArrowRight", "ArrowRight", "Enter", "Backspace", "Enter", "Shift+ArrowDown", "Enter", "c"]:
        page.keyboard.press(key)
    page.wait_for_selector("#save-markers")
    assert len(partners(page)) > 3
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#clear-regions")
    page.click("#tool-pan")


def check_token(started, url, token):
    """A viewer of a guarded server asks for the token, again if it was wrong, and keeps it for the tab."""
    context = started.new_context()
    page = context.new_page()
    page.goto(url)
    page.fill("#token", "not this one, surely")
    page.keyboard.press("Enter")
    page.wait_for_selector("#token-wrong")
    check_accessibility(page)
    page.fill("#token", token)
    page.click("#token-dialog button")
    wait(page, "() => document.querySelectorAll('#rows tr[data-ion]').length > 0")
    page.reload()
    wait(page, "() => document.querySelectorAll('#rows tr[data-ion]').length > 0")
    assert page.locator("#token-dialog").is_hidden() and token not in page.url
    context.close()


def main():
    job = json.loads(Path(sys.argv[1]).read_text())
    results = Path(job["results"])
    annotations = pl.read_parquet(results / "annotations.parquet")
    both = annotations["ion"][0], annotations["ion"][4]
    with browser() as started:
        size = {"width": 1440, "height": 860}
        with opened_page(started, job["url"], viewport=size) as page:
            check_table(page, annotations)
            check_image(page, results, annotations)
            shape = image_of(results, annotations["ionFormula"][0]).shape
            check_moving(page, shape)
            check_small_images(page, results, annotations)
            check_accessibility(page)
            check_partners(page, job, annotations)
            check_accessibility(page)
            shot(page, "viewer")
            check_spectrum(page, shape)
            shot(page, "viewer-spectrum")
            check_accessibility(page)
            check_markers(page, job, shape)
            shot(page, "viewer-markers")
            check_keyboard_region(page)
            check_compare(page)
            check_channels_and_files(page, job, annotations, shape)
            page.click("#theme")
            page.click("#tab-partners")
            settled(page, both[1], "partners")
            check_accessibility(page)
            shot(page, "viewer-dark")
            address = page.url
        # What is chosen stands in the address.
        with opened_page(started, address, **PHONE) as page:
            shown(page, " ".join(both))
            check_accessibility(page)
        with opened_page(started, f"{job['url']}/api") as page:
            check_accessibility(page)
        check_token(started, job["guarded"], job["token"])
    print("OK")


main()
