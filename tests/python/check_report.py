"""Drives the report of a results folder with a browser and holds it against the tables; prints OK.

    check_report.py RESULTS [SCREENSHOTS]   the second writes the pictures of the documentation
"""

import base64
import sys
from pathlib import Path

import numpy as np
from browser import DARK, PHONE, browser, check_accessibility, page
from pictures import Results, indices, read_png

SHOWN = """() => [...document.querySelectorAll('#table tbody tr')].filter(row => !row.hidden)
    .map(row => [...row.cells].map(cell => cell.dataset.v ?? ''))"""


def column(rows, number, kind=float):
    return [kind(row[number]) for row in rows]


def check_sorting(opened):
    for title, number in [("m/z", 3), ("FDR", 7)]:
        button = opened.get_by_role("button", name=title, exact=True)
        # By keyboard, as by mouse.
        button.focus()
        opened.keyboard.press("Enter")
        values = column(opened.evaluate(SHOWN), number)
        assert len(values) > 20 and values == sorted(values), title
        head = opened.locator("#table th", has=button)
        assert head.get_attribute("aria-sort") == "ascending"
        button.click()
        values = column(opened.evaluate(SHOWN), number)
        assert values == sorted(values, reverse=True), title
        assert head.get_attribute("aria-sort") == "descending"
    opened.get_by_role("button", name="Reset").click()
    scores = column(opened.evaluate(SHOWN), 6)
    assert scores == sorted(scores, reverse=True), "the best come first"


def check_filters(opened, results):
    table = results.annotations
    n_all = opened.locator("#table tbody tr").count()
    assert n_all == (table["fdr"] <= 0.2).sum()
    n_good = (table["fdr"] <= 0.1).sum()
    assert len(opened.evaluate(SHOWN)) == n_good
    assert opened.locator("#shown").inner_text() == f"{n_good} of {n_all} annotations"
    opened.get_by_label("FDR").select_option("1")
    assert len(opened.evaluate(SHOWN)) == n_all
    opened.get_by_label("Adduct").select_option("[M+Na]⁺")
    listed = table.filter((table["fdr"] <= 0.2) & (table["adduct"] == "+Na"))
    ions = opened.eval_on_selector_all(
        "#table tbody tr:not([hidden]) td.ion", "cells => cells.map(cell => cell.dataset.ion)"
    )
    assert sorted(ions) == sorted(listed["ion"].to_list())
    kind = next(name for names in listed["moleculeClasses"] for name in names if name)
    opened.get_by_label("Class").select_option(kind)
    n_of_class = sum(kind in names for names in listed["moleculeClasses"])
    assert len(opened.evaluate(SHOWN)) == n_of_class > 0, kind
    opened.get_by_role("button", name="Reset").click()
    name = table["moleculeNames"][0][0]
    opened.get_by_label("Search").fill(name.lower())
    rows = opened.locator("#table tbody tr:visible")
    assert 0 < rows.count() < n_good
    assert all(name.lower() in text.lower() for text in rows.all_inner_texts())
    opened.get_by_label("Search").fill("no molecule is called so")
    assert opened.get_by_text("No annotation fits.").is_visible()
    opened.get_by_role("button", name="Reset").click()


def check_images(opened, results):
    """All isotopic images of the first ions have the colours of their intensities."""
    pictures = opened.locator(".isotopes img")
    n_checked = 0
    for number in range(min(12, pictures.count())):
        picture = pictures.nth(number)
        _, isotope, _, ion = picture.get_attribute("alt").split(" ")
        png = base64.b64decode(picture.get_attribute("src").partition(",")[2])
        found, palette, _ = read_png(png)
        levels = results.levels(results.values(ion, int(isotope)))
        assert found.shape[:2] == levels.shape
        # Levels are f32 there and f64 here.
        assert np.abs(found[..., 0].astype(int) - indices(levels)).max() <= 1, ion
        assert (found[..., 0] == 0).tolist() == np.isnan(levels).tolist()
        assert np.abs(palette[[1, 128, 255]] - np.array([[68, 1, 84], [33, 145, 140], [253, 231, 37]])).max() <= 2
        # What the browser shows is what the file has.
        shown = opened.evaluate(
            """async alt => {
                const image = document.querySelector(`.isotopes img[alt="${alt}"]`);
                image.scrollIntoView(); await image.decode();
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
                const context = canvas.getContext('2d'); context.drawImage(image, 0, 0);
                return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
            }""",
            picture.get_attribute("alt"),
        )
        shown = np.array(shown).reshape(*found.shape[:2], 4)
        there = found[..., 0] > 0
        assert (shown[there][:, :3] == palette[found[..., 0][there]]).all()
        assert (shown[~there][:, 3] == 0).all() and (shown[there][:, 3] == 255).all()
        n_checked += 1
    assert n_checked > 3


def check_words(opened, results):
    """Counts, co-localized ions and citations are on the page."""
    n_good = (results.annotations["fdr"] <= 0.1).sum()
    tile = opened.locator(".tile.main dd")
    assert tile.inner_text() == f"{n_good:,}"
    first = opened.locator(".ion-card").first
    assert 1 <= first.locator(".partners li").count() <= 11
    assert opened.locator("#groups .card").count() >= 2
    assert opened.get_by_text("10.1038/nmeth.4072").is_visible()
    names = opened.locator("#table .thumb use").evaluate_all(
        "uses => uses.filter(use => !document.querySelector(use.getAttribute('href'))).length"
    )
    assert names == 0, "every thumbnail has its picture"


def check_links(opened):
    """Links of the contents and of ions lead to their target, whatever was laid out before, and open it."""
    links = opened.eval_on_selector_all("a[href^='#']", "links => [...new Set(links.map(link => link.hash))]")
    links.remove("#main")
    assert len(links) > 20
    for link in links:
        opened.evaluate("scrollTo(0, 0)")
        opened.eval_on_selector(f"a[href='{link}']", "link => link.click()")
        opened.wait_for_timeout(30)
        top, is_end = opened.evaluate(
            """link => [
                document.querySelector(link).getBoundingClientRect().top,
                scrollY + innerHeight >= document.documentElement.scrollHeight - 1,
            ]""",
            link,
        )
        assert abs(top) < 80 or is_end, (link, top)
        assert opened.evaluate("link => document.querySelector(link).matches('[open], :has(> [open])')", link), link
    opened.evaluate("scrollTo(0, 0)")


def check_folding(opened):
    """Sections fold, cards are folded but for the first, and printing has all of them."""
    height = opened.evaluate("document.documentElement.scrollHeight")
    assert height < 16_000, height
    cards = opened.locator(".ion-card")
    assert cards.count() > 10 and opened.locator(".ion-card[open]").count() == 3
    last = cards.last.locator(".pattern")
    assert not last.is_visible()
    cards.last.locator("summary").first.click()
    assert last.is_visible()
    cards.last.locator("summary").first.click()
    opened.locator("#annotations > details > summary").click()
    assert not opened.locator("#table").is_visible()
    opened.locator("#annotations > details > summary").click()
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.evaluate("[...document.querySelectorAll('main details')].every(fold => fold.open)")
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not last.is_visible()


def check_groups(opened):
    """Ions that lie with no other are a list, not a card each."""
    counts = opened.locator("#groups .card h3").all_inner_texts()
    assert counts and all(int(count.split(" ")[0]) > 1 for count in counts), counts


def is_wide(opened):
    return opened.evaluate("document.documentElement.scrollWidth > innerWidth")


def check_looks(started, url):
    for settings in [{}, DARK, PHONE]:
        with page(started, url, **settings) as opened:
            check_accessibility(opened)
            assert not is_wide(opened), "the page scrolls sideways"


def check_without_scripts(started, url, results):
    with page(started, url, java_script_enabled=False) as opened:
        rows = opened.locator("#table tbody tr")
        assert rows.count() == (results.annotations["fdr"] <= 0.2).sum()
        assert rows.last.is_visible() and opened.locator("#controls").is_hidden()
        assert opened.locator(".ion-card").first.is_visible()


def check_printing(started, url):
    with page(started, url) as opened:
        opened.get_by_label("Search").fill("no molecule is called so")
        opened.emulate_media(media="print")
        # A head that goes on every page must not consist of buttons, which browsers print once.
        titles = opened.locator("#table thead .title")
        assert titles.all_inner_texts()[:2] == ["Image", "Molecule and formula"]
        assert all(title.is_visible() for title in titles.all())
        assert opened.locator("#controls").is_hidden() and opened.locator("nav").is_hidden()
        # All of the table is printed, whatever is filtered.
        opened.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert len(opened.evaluate(SHOWN)) == opened.locator("#table tbody tr").count()
        opened.evaluate("dispatchEvent(new Event('afterprint'))")
        assert len(opened.evaluate(SHOWN)) == 0
        assert opened.pdf(format="A4").startswith(b"%PDF")


def take_screenshots(started, url, folder):
    for name, settings, place in [
        ("report", {}, "body"),
        ("report-annotations", {}, "#annotations"),
        ("report-ion", DARK, "#ion-1"),
        ("report-phone", PHONE, "#annotations"),
    ]:
        with page(started, url, **settings) as opened:
            opened.evaluate("place => document.querySelector(place).scrollIntoView({behavior: 'instant'})", place)
            opened.wait_for_timeout(300)
            opened.screenshot(path=folder / f"{name}.png")


def main():
    folder = Path(sys.argv[1]).resolve()
    url = (folder / "report.html").as_uri()
    results = Results(folder)
    with browser() as started:
        with page(started, url) as opened:
            check_words(opened, results)
            check_groups(opened)
            check_folding(opened)
            check_links(opened)
            check_sorting(opened)
            check_filters(opened, results)
            check_images(opened, results)
        check_looks(started, url)
        check_without_scripts(started, url, results)
        check_printing(started, url)
        if len(sys.argv) > 2:
            take_screenshots(started, url, Path(sys.argv[2]))
    print("OK")


if __name__ == "__main__":
    main()
