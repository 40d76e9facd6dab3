"""Emails as a browser shows them, on the narrowest phone and on a desk; skipped where there is no Chromium."""

import shutil
from collections.abc import Iterator

import pytest
from parts.axe import violations
from parts.pool_entries import idea, prompt
from playwright.sync_api import Browser, sync_playwright

from nudger.domain.messages import EmailContent
from nudger.domain.pools import EmailText, Role
from nudger.rendering.renderer import Envelope, Renderer, Voice

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="needs the Chromium of the system"),
]
#: Milliseconds a browser may take to start or to open a page.
PATIENCE = 30_000
WIDE = f"""# Words

https://example.com/{"x" * 90} and Donau{"dampf" * 20}schiff

- one
- two

> Quoted.

    {"code " * 40}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for these tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def letters(renderer: Renderer, envelope: Envelope) -> list[EmailContent]:
    """A letter with everything that could be too wide, and a check-in."""
    voice = Voice("Ana", "Anne-Sophie-Charlotte Featherstonehaugh", occasion="anniversary", days_left=0)
    questions = [prompt(f"p{n}", Role.WISH, ask="What would you like one more of next week?") for n in range(4)]
    return [
        renderer.idea_email(idea("wide", email=EmailText("Words", WIDE)), voice, envelope),
        renderer.check_in_email(prompt("o", Role.OPENER), questions, voice, envelope),
    ]


@pytest.mark.parametrize(("width", "column"), [(320, 320), (1280, 560)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_letter_can_be_read_on_any_screen(
    browser: Browser, letters: list[EmailContent], width: int, column: int, scheme: str
) -> None:
    """Nothing is wider than the screen, the column is 560 at most, axe finds no fault, and nothing is fetched."""
    page = browser.new_page(viewport={"width": width, "height": 640}, color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    for letter in letters:
        page.set_content(letter.html, timeout=PATIENCE)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate("document.querySelector('.letter').getBoundingClientRect().width") == column
        assert violations(page) == []
    page.close()
    assert fetched == []
