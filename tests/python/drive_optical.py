"""Puts an optical image of the section over ion images in the viewer, aligns it, and finds it again.

Usage: drive_optical.py JOB, a JSON file with `url` of a server of `r`, whose images have 24 × 20 pixels, with
`picture`, a PNG of 240 × 100 pixels that is red left of blue, and with `scratch`.
"""

import base64
import json
import sys
from pathlib import Path
from urllib.request import urlopen

import numpy as np
from browser import browser, check_accessibility, wait
from browser import page as opened_page
from pictures import read_png

SIZE = {"viewport": {"width": 1440, "height": 900}}

# Red, green and blue at a point of the canvas.
COLOR = """([x, y]) => {
    const canvas = document.querySelector('#canvas');
    const density = canvas.width / canvas.clientWidth;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    copy.drawImage(canvas, 0, 0);
    return [...copy.getImageData(Math.round(x * density), Math.round(y * density), 1, 1).data];
}"""


def kept(url):
    return json.loads(urlopen(f"{url}/api/v1/datasets/r/optical").read())["optical"]


def wait_kept(page, url, condition):
    """Waits until what is kept is as it should be; returns it."""
    for _ in range(200):
        optical = kept(url)
        if optical and condition(optical["placement"]):
            return optical["placement"]
        page.wait_for_timeout(20)
    raise AssertionError(f"kept: {kept(url)}")


def screen_of(page):
    """The canvas on the page, and a map from pixels of the ion images to its points: the whole image fits."""
    box = page.locator("#canvas").bounding_box()
    zoom = min((box["width"] - 24) / 24, (box["height"] - 24) / 20)
    left, top = (box["width"] - 24 * zoom) / 2, (box["height"] - 20 * zoom) / 2
    return box, lambda x, y: (left + x * zoom, top + y * zoom)


def show(page, opacity, where="over"):
    page.select_option("#optical-where", where)
    page.locator("#optical-opacity").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", str(opacity)
    )
    page.wait_for_timeout(60)


def is_red(color):
    return color[0] > 150 and color[2] < 100


def is_blue(color):
    return color[2] > 150 and color[0] < 100


def drag(page, box, start, end):
    page.mouse.move(box["x"] + start[0], box["y"] + start[1])
    page.mouse.down()
    page.mouse.move(box["x"] + (start[0] + end[0]) / 2, box["y"] + (start[1] + end[1]) / 2)
    page.mouse.move(box["x"] + end[0], box["y"] + end[1])
    page.mouse.up()


def check_loading(page, job):
    assert not page.is_visible("#optical-row")
    page.click("#optical")
    assert page.is_visible("#optical-row") and not page.is_visible("#optical-tools")
    page.set_input_files("#optical-file", job["picture"])
    wait(page, "() => !document.querySelector('#optical-tools').hidden")
    assert page.text_content("#optical-about") == Path(job["picture"]).name
    box, at = screen_of(page)
    show(page, 1)
    # In the middle, as wide as the ion images: rows 5 to 15.
    assert is_red(page.evaluate(COLOR, at(4, 10))), page.evaluate(COLOR, at(4, 10))
    assert is_blue(page.evaluate(COLOR, at(20, 10)))
    assert not is_red(page.evaluate(COLOR, at(4, 2)))
    show(page, 1, "off")
    assert not is_red(page.evaluate(COLOR, at(4, 10)))
    # Under ion images that are opaque it is not seen, and where they are not, it is.
    show(page, 1, "under")
    assert not is_red(page.evaluate(COLOR, at(4, 10)))
    page.locator("#opacity").evaluate(
        "slider => { slider.value = 0; slider.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_timeout(300)
    assert is_red(page.evaluate(COLOR, at(4, 10)))
    page.locator("#opacity").evaluate(
        "slider => { slider.value = 1; slider.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_timeout(300)
    show(page, 1)
    assert "opticalOpacity=1" in page.evaluate("location.hash")
    check_accessibility(page)


def check_aligning(page, job):
    before = kept(job["url"])["placement"]
    page.click("#tool-align")
    box, at = screen_of(page)
    assert "corner" in page.text_content("#optical-about")
    drag(page, box, at(6, 10), at(6, 13))
    moved = wait_kept(page, job["url"], lambda p: p != before)
    assert abs(moved[4] - before[4]) < 0.2 and abs(moved[5] - before[5] - 3) < 0.2, moved
    # The lower right corner, dragged halfway to the upper left one: half as large.
    a, b, c, d, e, f = moved
    corner = (240 * a + e, 100 * d + f)
    drag(page, box, at(*corner), at((corner[0] + e) / 2, (corner[1] + f) / 2))
    halved = wait_kept(page, job["url"], lambda p: p[0] < 0.9 * a)
    np.testing.assert_allclose(halved[:4], [a / 2, 0, 0, d / 2], atol=0.003)
    np.testing.assert_allclose(halved[4:], [e, f], atol=1e-9)
    page.focus("#canvas")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("]")
    turned = wait_kept(page, job["url"], lambda p: p[1] != halved[1])
    assert turned[1] > 0 and turned[2] < 0
    # Three places of the picture are clicked, and where they lie.
    page.click("#tool-points")
    box, at = screen_of(page)
    placement = turned
    for number, (u, v, x, y) in enumerate([(20, 20, 2, 2), (220, 20, 22, 2), (20, 90, 2, 16)]):
        assert f"Point {number + 1} of 3" in page.text_content("#optical-about")
        a, b, c, d, e, f = placement
        spots = [(a * u + c * v + e, b * u + d * v + f), (x, y)]
        for spot in spots:
            left, top = at(*spot)
            page.mouse.click(box["x"] + left, box["y"] + top)
        placement = wait_kept(page, job["url"], lambda p: p != placement)
    # Clicks are whole points of the screen.
    np.testing.assert_allclose(placement, [0.1, 0, 0, 0.2, 0, -2], atol=0.15)
    assert is_red(page.evaluate(COLOR, at(4, 4))) and is_blue(page.evaluate(COLOR, at(21, 4)))
    page.click("#tool-pan")
    return placement


def drop(page, name, data):
    """Drops a file on the image."""
    page.evaluate(
        """([name, data]) => {
            const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes], name));
            const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
            document.querySelector('#screen').dispatchEvent(event);
        }""",
        [name, base64.b64encode(data).decode()],
    )


def check_refusing(page, job):
    """What is no picture is said to be none, and takes the place of nothing."""
    before = kept(job["url"])
    drop(page, "notes.txt", b"nothing to see")
    wait(page, "() => document.querySelector('#status').textContent.includes('`notes.txt` is no picture')")
    assert kept(job["url"]) == before


def check_dropping(page, job):
    """A file that is dropped takes the place of the other."""
    drop(page, "dropped.png", Path(job["picture"]).read_bytes())
    wait(page, "() => document.querySelector('#optical-about').textContent === 'dropped.png'")
    optical = kept(job["url"])
    assert optical["name"] == "dropped.png"
    np.testing.assert_allclose(optical["placement"], [0.1, 0, 0, 0.1, 0, 5], atol=1e-9)


def check_saving(page, job):
    with page.expect_download() as saved:
        page.click("#save-png")
    path = Path(job["scratch"]) / "saved.png"
    saved.value.save_as(path)
    colors = read_png(path.read_bytes())[0][:, :, :3].reshape(-1, 3)
    assert (np.abs(colors.astype(int) - [200, 30, 40]).max(axis=1) < 12).sum() > 1000


# What Chromium says of a request that is refused.
REFUSED = "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"


def main():
    job = json.loads(Path(sys.argv[1]).read_text())
    Path(job["scratch"]).mkdir(exist_ok=True)
    with browser() as started:
        with opened_page(started, job["url"], **SIZE) as page:
            wait(page, "() => document.querySelector('#canvas').dataset.shown")
            check_loading(page, job)
            placement = check_aligning(page, job)
            check_saving(page, job)
            page.reload()
            wait(page, "() => !document.querySelector('#optical-tools').hidden")
            box, at = screen_of(page)
            show(page, 1)
            assert is_red(page.evaluate(COLOR, at(4, 4)))
            assert kept(job["url"])["placement"] == placement
            check_dropping(page, job)
            page.once("dialog", lambda dialog: dialog.accept())
            page.click("#optical-remove")
            wait(page, "() => document.querySelector('#optical-tools').hidden")
            assert kept(job["url"]) is None
        with opened_page(started, job["url"], expected=[REFUSED], **SIZE) as page:
            wait(page, "() => document.querySelector('#canvas').dataset.shown")
            check_refusing(page, job)
    print("OK")


main()
