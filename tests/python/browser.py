"""A headless Chromium of the system, that watches what a page asks for and complains about."""

import os
import shutil
from contextlib import contextmanager
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

NAMES = ["chromium", "chromium-browser", "google-chrome"]
LIGHT = {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
DARK = {**LIGHT, "color_scheme": "dark"}
PHONE = {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True}


def chromium():
    """Path of the browser: METASPACE_TEST_CHROMIUM, or the first of its usual names."""
    named = os.environ.get("METASPACE_TEST_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "no Chromium found; on Debian: apt-get install chromium, or say METASPACE_TEST_CHROMIUM"
    return found


@contextmanager
def browser():
    """The browser, for several pages."""
    with sync_playwright() as playwright:
        # Root has no sandbox in most containers; the pages are our own.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def page(started, url, expected=(), **settings):
    """A page at a URL. At its end there must have been no error on its console but the expected, which
    all must be there, and no request to another place than that of the URL."""
    context = started.new_context(**{**LIGHT, **settings})
    opened = context.new_page()
    errors, requests = [], []
    opened.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    context.on("request", lambda request: requests.append(request.url))
    opened.goto(url)
    try:
        yield opened
    except Exception as error:
        raise AssertionError(f"console: {errors}, last requests: {requests[-9:]}") from error
    finally:
        context.close()
    own = urlsplit(url)
    foreign = [
        other
        for other in requests
        if not other.startswith(("data:", "blob:")) and urlsplit(other)[:2] != own[:2]
    ]
    assert errors == list(expected), errors
    assert not foreign, foreign
    if own.scheme == "file":
        assert [other for other in requests if not other.startswith("data:")] == [url], requests


def check_accessibility(opened):
    """Axe finds nothing serious or critical."""
    found = Axe().run(opened).response["violations"]
    bad = [
        (violation["id"], violation["help"], [node["html"][:160] for node in violation["nodes"][:3]])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]
    assert not bad, bad


def wait(opened, condition, arg=None):
    """Waits until a condition holds. A page's policy may forbid what Playwright would do for that."""
    for _ in range(500):
        if opened.evaluate(condition, arg):
            return
        opened.wait_for_timeout(20)
    raise AssertionError(f"never came true: {condition} {arg}")
