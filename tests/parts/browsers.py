"""A real browser, Debian's Chromium without a window, and the web app on a port of this machine for it to open."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from nudger.runtime.server import serving

WIDTHS = (320, 1280)
SCHEMES = ("light", "dark")
PHONE: ViewportSize = {"width": 360, "height": 800}
#: Milliseconds a page may take, on a machine that is busy with other tests.
PATIENCE = 60_000
#: What a finger has to hit: links, buttons and fields, a field by its label; the hidden skip link is for keyboards.
SMALL = """() => [...document.querySelectorAll('a, button, select, summary, input:not([type=hidden])')]
    .filter(one => !one.classList.contains('skip'))
    .map(one => [one.outerHTML.slice(0, 90), (one.closest('label') || one).getBoundingClientRect()])
    .filter(([_, box]) => box.width && (box.width < 44 || box.height < 44))
    .map(([html, box]) => `${html} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Chromium; the test is skipped where there is none."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium here; `apt-get install chromium` brings it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(browser: Browser, *, scripts: bool = True) -> Iterator[Page]:
    """A page on a phone's screen. Anything it asks of another host fails the test."""
    strangers: list[str] = []
    # The pages' own policy would keep the checker out, which is a script put in from outside.
    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts, bypass_csp=True)
    context.set_default_timeout(PATIENCE)
    context.on("request", lambda request: strangers.append(request.url))
    try:
        yield context.new_page()
    finally:
        context.close()
    assert [url for url in strangers if not url.startswith("http://127.0.0.1:")] == []


def follow(page: Page, selector: str) -> None:
    """Click on what leads to another page, and wait for it: a click alone returns while the old one is still there."""
    with page.expect_navigation():
        page.click(selector)


@contextmanager
def served(app: Any, port: int) -> Iterator[str]:  # noqa: ANN401 (any ASGI app)
    """The app on that port, in a thread with an event loop of its own; its address."""
    started = threading.Event()
    told: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        told.append((asyncio.get_running_loop(), stop))
        async with serving(app, "127.0.0.1", port):
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop, stop = told[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
