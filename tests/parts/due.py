"""Installations with something due right now, ready for a daemon."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from parts.desks import FREE, Desk
from parts.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER
from parts.rigs import KEY, Rig


def households(count: int) -> str:
    """So many couples in UTC, their names and contacts easy to find in a log."""
    couple = (
        "  couple-{n}:\n    partners:\n"
        '      ana: {{name: Kanarienvogel, phone: "+4477009001{n:02}", email: kanari@example.com, '
        "timezone: Etc/UTC, {free}}}\n"
        "      ben: {{name: Zeisig, email: zeisig@example.com, timezone: Etc/UTC, {free}}}\n"
    )
    return "couples:\n" + "".join(couple.format(n=number, free=FREE) for number in range(count))


@pytest.fixture
def due_now(desk: Desk) -> Callable[[int], Desk]:
    """Lay out so many couples of whom each has a text due five minutes ago, with consent."""

    def lay_out(couples: int) -> Desk:
        now = datetime.now(UTC)  # noqa: TID251 (the daemon's clock is the real one)
        due = f"{now - timedelta(minutes=5):%H:%M}"
        when = f'when: {{daily: true, at: "{due}"}}, late: 1h'
        texts = f"texts: {{themes: [growth], channel: preferred, audience: each, {when}}}"
        desk.furnish(texts, couples=households(couples))
        desk.set(NUDGER_KEY=KEY.decode(), NUDGER_LOG_FORMAT="json", NUDGER_ASK_AFTER="0.3", NUDGER_SETTLE="0.6")
        asyncio.run(prepare(now - timedelta(hours=1)))
        return desk

    return lay_out


async def prepare(start: datetime) -> None:
    """Sync and plan as of that moment, and record everybody's consent."""
    async with Rig(start=start) as rig:
        rig.consent()


@pytest.fixture
def to_twilio(due_now: Callable[[int], Desk]) -> Callable[[int, str], Desk]:
    """The same, the texts going to a fake Twilio at that address, and no emails."""

    def lay_out(couples: int, url: str) -> Desk:
        desk = due_now(couples)
        desk.set(
            NUDGER_SMS="twilio",
            NUDGER_EMAIL="none",
            TWILIO_ACCOUNT_SID=ACCOUNT_SID,
            TWILIO_AUTH_TOKEN=AUTH_TOKEN,
            TWILIO_FROM=SENDER,
            TWILIO_API_BASE=url,
        )
        return desk

    return lay_out
