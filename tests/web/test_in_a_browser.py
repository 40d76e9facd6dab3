"""The pages in a real Chromium: for everybody's eyes, hands and helpers, in light and dark, narrow and wide."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from parts.axe import in_every_look
from parts.browsers import SMALL, follow, open_page, running_browser, served
from parts.ports import free_port
from parts.web_house import WebHouse, pages_of
from playwright.sync_api import Browser, Page

from nudger.storage.database import Database
from nudger.storage.links import Purpose

pytestmark = pytest.mark.long

TAGS = {"long_history": "Needs years together to look back on.", "crowds": "Leads to places where many people are."}

TEXT = "To: +447700900122\nWhen: 2026-02-02T11:00:00+00:00\nEncoding: GSM-7\nSegments: 1\n\nBen's mug, warmed first.\n"
LETTER = """\
To: ana@example.com
From: Nudger <nudger@example.com>
Date: Mon, 02 Feb 2026 11:00:00 +0000
Subject: Three words in a pocket
Content-Type: text/html; charset=utf-8

<!doctype html><html lang="en"><title>Three words</title><main><h1>Three words</h1><p>In a pocket.</p></main></html>
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def house(sqlite_database: Database) -> WebHouse:
    """A house as it stands behind a plain address of this machine."""
    house = WebHouse(sqlite_database, base_url=None, tags=TAGS)
    house.says_yes("ana")
    return house


def look_at(page: Page, name: str) -> list[str]:
    """All that is wrong with a page, by axe's rules and ours, narrow and wide, in light and dark."""
    return [f"{name}, {one}" for one in in_every_look(page, [SMALL])]


def test_every_page_can_be_read_and_used_by_everybody(browser: Browser, house: WebHouse) -> None:
    """Axe finds no violation on any page or answer; nothing is cut off or too small for a finger."""
    wrong: list[str] = []
    with served(house.app, free_port()) as address, open_page(browser) as page:
        for name, path in pages_of(house, "ana").items():
            page.goto(address + path)
            wrong += look_at(page, name)
        path = house.link("ana")
        page.goto(address + path)
        page.uncheck("input[value=growth]")
        page.select_option("#timezone", "Asia/Tokyo")
        follow(page, "button:text-is('Save')")
        wrong += look_at(page, "saved")
        page.uncheck("input[name=day] >> nth=0")
        page.fill("#quiet_from", "21:00")
        follow(page, "button:text-is('Save')")
        wrong += look_at(page, "mistakes")
        follow(page, "button:text-is('A week')")
        wrong += look_at(page, "paused")
        page.goto(f"{address}{path}/erase")
        follow(page, "main button")
        wrong += look_at(page, "unsure")
        page.goto(address + house.link("ben", Purpose.INVITATION))
        follow(page, "text=Yes, write to me")
        wrong += look_at(page, "accepted")
        page.goto(address + house.link("cleo", Purpose.INVITATION))
        follow(page, "text=never ask again")
        wrong += look_at(page, "declined")
        page.goto(address + house.unsubscribe_link("cleo"))
        follow(page, "text=Stop them")
        wrong += look_at(page, "unsubscribed")
        page.goto(f"{address}{path}/leave")
        page.check("#sure")
        follow(page, "main button")
        wrong += look_at(page, "farewell")
    assert wrong == []


def test_the_outbox_can_be_read_too(browser: Browser, sqlite_database: Database, tmp_path: Path) -> None:
    """The operator's page of what was written to the outbox: a text, and an email in its frame."""
    (tmp_path / "2026-02-02T11-00-00Z-a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "2026-02-02T11-00-00Z-b.eml").write_text(LETTER, encoding="utf-8")
    house = WebHouse(sqlite_database, base_url=None, outbox=tmp_path)
    with served(house.app, free_port()) as address, open_page(browser) as page:
        page.goto(f"{address}/outbox")
        page.click("summary >> nth=0")
        assert look_at(page, "outbox") == []


def test_mistakes_take_the_reader_to_the_summary_and_from_there_to_the_field(browser: Browser, house: WebHouse) -> None:
    """Without any script the summary has the focus; its link leads to the field."""
    with served(house.app, free_port()) as address, open_page(browser) as page:
        page.goto(address + house.link("ana"))
        page.fill("#quiet_from", "21:00")
        follow(page, "button:text-is('Save')")
        assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
        follow(page, ".wrong a")
        assert page.evaluate("document.activeElement.id || location.hash") in {"quiet_to", "#quiet_to"}
        assert page.input_value("#quiet_from") == "21:00"


def test_all_works_with_scripts_off(browser: Browser, house: WebHouse) -> None:
    """Say yes, choose, pause, leave: with scripts switched off in the browser."""
    with served(house.app, free_port()) as address, open_page(browser, scripts=False) as page:
        page.goto(address + house.link("ben", Purpose.INVITATION))
        follow(page, "text=Yes, write to me")
        follow(page, "text=Choose now")
        page.uncheck("input[value=curiosity]")
        follow(page, "button:text-is('Save')")
        assert "Time for the two of you, out of nowhere" in page.inner_text("[role=status]")
        follow(page, "button:text-is('Tonight')")
        assert "Paused, from now until Tuesday 3 February, 06:00." in page.inner_text("[role=status]")
        follow(page, "text=My data >> nth=-1")
        with page.expect_download() as download:
            page.click("text=Download my data")
        assert download.value.suggested_filename == "data.json"
        follow(page, "main >> text=Leave >> nth=-1")
        page.check("#sure")
        follow(page, "main button")
        assert "You have left" in page.inner_text("h1")
    assert house.consent("ben") == "withdrawn"


def test_a_browser_that_opens_every_link_and_waits_changes_nothing(browser: Browser, house: WebHouse) -> None:
    """A scanner with a whole browser, scripts and all, that opens each page and stays a while, leaves no trace."""
    with served(house.app, free_port()) as address, open_page(browser) as page:
        pages = pages_of(house, "ana")
        before = house.everything()
        for path in pages.values():
            page.goto(address + path)
            page.wait_for_timeout(400)
        assert house.everything() == before
