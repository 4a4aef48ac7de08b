"""Opens the page of an experiment in a browser, light, dark and on a phone; prints OK.

    check_experiment_page.py FOLDER    the folder of an experiment
"""

import sys
from pathlib import Path

from browser import DARK, PHONE, browser, check_accessibility, page

FIGURES = ("svg", "pdf", "png")


def main():
    folder = Path(sys.argv[1]).resolve()
    with browser() as started:
        for settings in [{}, DARK, PHONE]:
            with page(started, (folder / "report.html").as_uri(), **settings) as opened:
                check_accessibility(opened)
                is_wide = opened.evaluate("document.documentElement.scrollWidth > innerWidth")
                assert not is_wide, "the page scrolls sideways"
                figures = opened.locator("main svg[role=img]")
                assert figures.count() >= 6
                assert all(figure.get_attribute("aria-label") for figure in figures.all())
    # Each figure is there in each kind, and each kind is what it says.
    begins = {"svg": b"<?xml", "pdf": b"%PDF-", "png": b"\x89PNG"}
    names = {file.stem for file in (folder / "figures").iterdir()}
    assert len(names) >= 8, names
    for name in names:
        for kind in FIGURES:
            content = (folder / "figures" / f"{name}.{kind}").read_bytes()
            assert content.startswith(begins[kind]) and len(content) > 1000, (name, kind)
    print("OK")


if __name__ == "__main__":
    main()
