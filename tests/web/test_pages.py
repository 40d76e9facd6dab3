"""The partners' pages: what they show, what they do, and what they say about it."""

import re

import pytest
from parts.web_house import WebHouse, pages_of

NAMES = ("invitation", "preferences", "data", "leave", "erase", "ended", "unsubscribe", "note", "help", "nothing")
REQUIRED = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "strict-transport-security": "max-age=31536000",
}


@pytest.mark.parametrize("name", NAMES)
def test_every_page_tells_the_browser_to_keep_nothing_and_run_nothing(house: WebHouse, name: str) -> None:
    """No page may be stored, framed, indexed or scripted, or tell others where its reader came from."""
    answer = house.visitor.get(pages_of(house, "ana")[name])
    assert answer.status == (404 if name == "nothing" else 200)
    assert {key: answer.headers.get(key) for key in REQUIRED} == REQUIRED
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", NAMES)
def test_no_page_needs_a_script_or_anything_from_elsewhere(house: WebHouse, name: str) -> None:
    """Pages load their stylesheet and icon from here, and hold no script, no inline style and no event handler."""
    page = house.visitor.get(pages_of(house, "ana")[name]).text
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|http-equiv", page)
    loaded = re.findall(r'<(?:link|img|iframe|source)[^>]*?(?:href|src)="([^"]+)"', page)
    assert [address for address in loaded if not re.fullmatch(r"/(style|icon)-[0-9a-f]{16}\.(css|svg)", address)] == []
    assert len(loaded) == 2
    for address in loaded:
        assert house.visitor.get(address).headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("name", NAMES)
def test_titles_tell_nothing_to_somebody_over_the_shoulder(house: WebHouse, name: str) -> None:
    """A title, as it stands on a tab or a lock screen, holds no name and no word about couples."""
    page = house.visitor.get(pages_of(house, "ana")[name]).text
    title = re.search(r"<title>(.*?)</title>", page)
    assert title
    assert not re.search(r"ana|ben|nudge|couple|love|partner|tender", title[1], re.IGNORECASE)
