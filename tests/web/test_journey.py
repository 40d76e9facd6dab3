"""One partner's whole way, in a real Chromium on a 360 px screen with scripts off, from the invitation to the last."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from parts.browsers import follow, open_page, running_browser, served
from parts.desks import FREE, Desk, pool
from parts.ports import free_port
from parts.rigs import KEY, Rig
from playwright.sync_api import Browser

from nudger.actions.once import full_pass
from nudger.domain.themes import Theme
from nudger.doors import build_doors
from nudger.runtime.clock import token
from nudger.storage.reports import Line
from nudger.web.app import build_app

pytestmark = pytest.mark.long

COUPLES = f"""\
couples:
  ana-and-ben:
    partners:
      ana: {{name: Ana, email: ana@example.com, timezone: Europe/Berlin, {FREE}}}
      ben: {{name: Ben, email: ben@example.com, timezone: Europe/London, {FREE}}}
"""
#: Every day at noon, of one theme or the other.
LETTERS = 'letters: {themes: [growth, appreciation], channel: email, audience: each, when: {daily: true, at: "12:00"}}'
DAY = 24 * 60


class Journey(Rig):
    """The whole at work, invitations included; nobody consents by themselves, outbox or not."""

    def live(self, minutes: int, step: int = 60) -> None:
        """Let time go by, in a thread of its own: the browser's driver has the loop of this one."""
        with ThreadPoolExecutor(1) as other:
            for _ in range(minutes // step):
                other.submit(asyncio.run, self._round(step)).result(60)

    async def _round(self, minutes: int) -> None:
        self.clock.move_to(self.clock() + timedelta(minutes=minutes))
        whole, now = self.service, self.clock()
        loaded, desk = whole.loaded, (whole.dispatcher, whole.reconciler)
        await full_pass(
            whole.database, loaded.couples, loaded.schedules, *desk, key=KEY, now=now, horizon=whole.horizon, demo=()
        )
        whole.inviting.plan(now)
        await whole.notifying.drain(now)

    def sent_to(self, partner: str) -> list[Line]:
        """What has gone out to one partner, by its moment."""
        return [line for line in self.lines if line.partner == partner and line.state == "accepted"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium."""
    with running_browser() as browser:
        yield browser


def letters(desk: Desk, to: str) -> list[EmailMessage]:
    """The emails in the outbox to one address, oldest first."""
    found = [parsed(path) for path in desk.outbox if path.suffix == ".eml"]
    return [letter for letter in found if letter["To"] == to]


def parsed(path: Path) -> EmailMessage:
    """One email."""
    letter = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(letter, EmailMessage)
    return letter


def address_in(text: str) -> str:
    """The first web address of ours in a text."""
    found = re.search(r"http://127\.0\.0\.1:\d+/[a-z]/[\w-]+", text)
    assert found, text
    return found[0]


def test_from_the_invitation_to_the_last(desk: Desk, browser: Browser) -> None:
    """Invitation, yes, a nudge, other settings, nudges that obey them, one click, and nothing more."""
    port = free_port()
    desk.furnish(LETTERS, couples=COUPLES)
    for theme in (Theme.GROWTH, Theme.APPRECIATION):  # enough that nothing has to rest
        desk.write(f"templates/pools/en/{theme}.yaml", pool(theme, 60))
    desk.set(NUDGER_SMS="none", NUDGER_BASE_URL=f"http://127.0.0.1:{port}", NUDGER_OPERATOR="Olga")
    journey = Journey()  # Monday, eleven o'clock in Berlin
    with served(build_app(build_doors(journey.service, token)), port), open_page(browser, scripts=False) as page:
        journey.live(20, step=20)
        (invitation,) = letters(desk, "ana@example.com")
        assert not journey.sent_to("ana")

        body = invitation.get_body(("plain",))
        assert body
        page.goto(address_in(body.get_content()))
        assert "Olga runs this service" in page.inner_text("main")
        follow(page, "text=Yes, write to me")
        settings = page.get_attribute("text=Choose now", "href")

        journey.live(120)  # past noon
        assert len(journey.sent_to("ana")) == 1
        assert "Idea" in str(letters(desk, "ana@example.com")[-1].get_body(("plain",)))

        page.goto(f"http://127.0.0.1:{port}{settings}")
        page.uncheck("input[value=growth]")
        page.uncheck("text=Wednesday")
        follow(page, "button:text-is('Save')")
        told = page.inner_text("[role=status]")
        assert "Only on Monday, Tuesday, Thursday, Friday, Saturday and Sunday." in told
        assert "something new" not in told
        assert "from the next message on" in told

        journey.live(6 * DAY)  # until Sunday
        days = [line.due_at.strftime("%a") for line in journey.sent_to("ana")]
        assert days == ["Mon", "Tue", "Thu", "Fri", "Sat", "Sun"]
        assert {line.theme for line in journey.sent_to("ana")[1:]} == {"appreciation"}

        stop = address_in(str(letters(desk, "ana@example.com")[-1]["List-Unsubscribe"]))
        click = Request(stop, data=b"List-Unsubscribe=One-Click", method="POST")  # noqa: S310 (our own server)
        with urlopen(click, timeout=20) as answer:  # noqa: S310 (the same)
            assert (answer.status, answer.url) == (200, stop)
        before = len(letters(desk, "ana@example.com"))
        journey.live(3 * DAY)
        assert len(letters(desk, "ana@example.com")) == before
        assert not journey.sent_to("ben")
    journey.service.database.close()
