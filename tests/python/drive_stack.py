"""Looks at a stack of two planes, of pixels twice as high as wide, in the viewer.

Usage: drive_stack.py JOB, a JSON file with `url` of a server of `stack` and `other`, and with `ion`, which
only `stack` has.
"""

import json
import sys
from pathlib import Path

from browser import browser, check_accessibility, wait
from browser import page as opened_page

SIZE = {"viewport": {"width": 1440, "height": 900}}

# Left, top, right and bottom of what is drawn on the canvas, but for the scale bar in its lower corner.
DRAWN = """() => {
    const canvas = document.querySelector('#canvas');
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
    for (let y = 0; y < canvas.height; y++) {
        for (let x = 0; x < canvas.width; x++) {
            const isBar = x < 180 && y > canvas.height - 50;
            if (isBar || !data[4 * (y * canvas.width + x) + 3]) continue;
            left = Math.min(left, x);
            right = Math.max(right, x + 1);
            top = Math.min(top, y);
            bottom = Math.max(bottom, y + 1);
        }
    }
    return [left, top, right, bottom];
}"""


def check_shape(page, width, height):
    """What is drawn has so many columns and rows of pixels twice as high as wide."""
    expected = 2 * height / width
    for _ in range(200):
        left, top, right, bottom = page.evaluate(DRAWN)
        shape = (bottom - top) / (right - left) if right > left else 0
        if abs(shape / expected - 1) < 0.02:
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"{shape} instead of {expected}")


def choose(page, plane):
    page.locator("#plane").evaluate(
        "(slider, plane) => { slider.value = plane; slider.dispatchEvent(new Event('input')); }", str(plane)
    )


def main():
    job = json.loads(Path(sys.argv[1]).read_text())
    with browser() as started:
        with opened_page(started, f"{job['url']}/#dataset=stack", **SIZE) as page:
            wait(page, "() => document.querySelectorAll('#rows tr[data-ion]').length > 0")
            assert page.is_visible("#planes")
            # Three empty rows lie between the planes.
            check_shape(page, 24, 23)
            choose(page, 2)
            check_shape(page, 24, 10)
            assert page.text_content("#plane-name") == "z 2"
            wait(page, "() => location.hash.includes('plane=2')")
            check_accessibility(page)
            page.fill("#q", job["ion"])
            page.click(f"#rows tr[data-ion='{job['ion']}']")
            def is_divided(part):
                return lambda answer: part in answer.url and "normalization=ion" in answer.url

            # The image, and the small ones of the table.
            with page.expect_response(is_divided("maxSide=")) as small:
                with page.expect_response(is_divided("images/0.png")) as divided:
                    page.select_option("#normalization", "shown")
            assert divided.value.status == 200 and small.value.status == 200
            with page.expect_response(is_divided("colocalization?")) as compared:
                page.click("#tab-partners")
            assert compared.value.status == 200
            wait(page, "() => document.querySelector('#panel').textContent.includes('divided by')")
            page.click("#figure-command")
            wait(page, "() => document.querySelector('#status').textContent.includes('figure.pdf')")
            command = page.text_content("#status")
            Path(sys.argv[1]).with_name("command.txt").write_text(command[command.index("metaspace") :])
            assert page.input_value("#normalization") == f"ion={job['ion']}"
            check_shape(page, 24, 10)
            page.reload()
            wait(page, "() => document.querySelectorAll('#rows tr[data-ion]').length > 0")
            check_shape(page, 24, 10)
            # The other dataset has neither planes nor the ion.
            page.select_option("#dataset", "other")
            wait(page, "() => document.querySelector('#normalization').value === 'none'")
            assert not page.is_visible("#planes")
            wait(page, "() => !location.hash.includes('plane') && !location.hash.includes('normalization')")
    print("OK")


main()
