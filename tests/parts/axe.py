"""Axe, the checker of accessibility, put into a page once and asked as often as the page changes its looks."""

from collections.abc import Mapping, Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from parts.browsers import SCHEMES, TOO_WIDE, WIDTHS
from playwright.sync_api import Page

#: The one rule whose answer depends on the colours alone.
CONTRAST = "color-contrast"
ASK = "([part, options]) => axe.run(part || document, options).then(found => found.violations)"
Rules = Mapping[str, Any]


def violations(page: Page, rules: Rules | None = None, part: str | None = None) -> list[str]:
    """What axe finds on a page as it looks now, by rule, with the first element it is about."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(ASK, [part, {"resultTypes": ["violations"], **(rules or {})}])
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def in_every_look(page: Page, more: Sequence[str] = ()) -> list[str]:
    """All that is wrong with a page at each width and in each scheme; `more` are scripts that list further faults.

    Colours have nothing to do with the width, nor anything but contrast with the colours: so at each width one scheme
    is asked for everything and the others for contrast.
    """
    wrong: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
            only = {} if scheme == SCHEMES[0] else {"runOnly": [CONTRAST]}
            look = f"{width} px, {scheme}"
            wrong += [f"{look}: {one}" for one in violations(page, only)]
        wrong += [f"{look}: {one}" for script in more for one in page.evaluate(script)]
        wider = page.evaluate(TOO_WIDE)
        wrong += [f"{look}: {wider} px too wide"] if wider > 0 else []
    return wrong
