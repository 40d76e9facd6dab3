"""What providers are asked for where they cannot tell us: receipts that never came, and texts that people wrote."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from parts.daemon import Daemon, wait_for
from parts.desks import COUPLES, TEXTS, Desk
from parts.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, FakeTwilio, running_fake_twilio
from parts.loops import in_loop
from parts.postings import PUBLIC
from parts.rigs import Rig
from parts.vaults import in_clear
from sqlalchemy import select, text, update

from nudger.settings import read_settings
from nudger.storage.database import Database
from nudger.storage.tables import contacts, messages, meta, notices

ANA, BEN, EVE = "+447700900124", "+447700900123", "+447700900300"


def lay_out(desk: Desk, url: str) -> None:
    """A text a day to one of the two, at noon in UTC, by a Twilio that is polled."""
    desk.furnish(TEXTS, couples=COUPLES.replace("Europe/Berlin", "Europe/London"))
    desk.set(NUDGER_SMS="twilio", NUDGER_EMAIL="none", NUDGER_INBOUND="poll", NUDGER_BASE_URL=PUBLIC)
    desk.set(TWILIO_ACCOUNT_SID=ACCOUNT_SID, TWILIO_AUTH_TOKEN=AUTH_TOKEN, TWILIO_FROM=SENDER, TWILIO_API_BASE=url)


@asynccontextmanager
async def unreached(desk: Desk) -> AsyncIterator[tuple[Rig, FakeTwilio]]:
    """An installation that no provider reaches, whose texts go to a fake Twilio with the same clock."""
    async with FakeTwilio() as twilio:
        lay_out(desk, twilio.url)
        async with Rig() as rig:
            twilio.clock = rig.clock
            rig.consent()
            await look(rig)
            yield rig, twilio


async def look(rig: Rig, **later: float) -> None:
    """One round of the daemon's ticks, those that ask included."""
    await rig.tick(**later)
    polling = rig.service.polling
    assert polling is not None
    await polling.fetch(rig.clock)
    await rig.service.inquiring.ask(rig.clock())
    await rig.service.notifying.drain(rig.clock())


def rows(rig: Rig, *columns: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 (columns of any type)
    """The rows of a table, oldest first."""
    with rig.service.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0].table.c.id))]


def addresses(rig: Rig) -> list[Any]:
    """The contacts, oldest first, their addresses in clear."""
    with rig.service.database.read() as connection:
        return in_clear(connection, contacts)


def answers_to(twilio: FakeTwilio, number: str) -> list[str]:
    """What was sent to a number, the ideas left out."""
    return [one["body"] for one in twilio.accepted if one["to"] == number and not one["body"].startswith("Idea ")]


# Receipts


@in_loop
async def test_a_text_whose_callback_never_came_is_asked_about(desk: Desk) -> None:
    """Ten minutes after its moment, and not before, Twilio is asked; then it is delivered, and all is said."""
    async with unreached(desk) as (rig, twilio):
        await look(rig, hours=2)
        (sent,) = twilio.accepted
        twilio.report(sent["sid"], "delivered")
        await look(rig, minutes=9, seconds=59)
        assert rig.states == {"accepted": 1}
        await look(rig, seconds=2)
        assert (rig.states, rig.reasons()) == ({"delivered": 1}, {"receipt": 1})


@in_loop
async def test_what_is_silent_for_good_is_asked_about_five_times(desk: Desk) -> None:
    """At ten minutes, an hour, six, a day and three days, however often the daemon looks."""
    async with unreached(desk) as (rig, twilio):
        await look(rig, hours=2)
        noon, asked_at = rig.clock(), []
        for minutes in (9, 10, 11, 59, 60, 61, 359, 360, 720, 1439, 1440, 2880, 4379, 4380, 6000):
            before = twilio.inquiries
            rig.clock.move_to(noon + timedelta(minutes=minutes))
            await rig.service.inquiring.ask(rig.clock())
            asked_at += [minutes] * (twilio.inquiries - before)
        assert asked_at == [10, 60, 360, 1440, 4380]


@in_loop
async def test_a_bad_number_found_by_asking_is_closed(desk: Desk) -> None:
    """The same receipt that a callback would have brought: the number takes nothing more."""
    async with unreached(desk) as (rig, twilio):
        await look(rig, hours=2)
        (sent,) = twilio.accepted
        twilio.report(sent["sid"], "undelivered", 30005)
        await look(rig, minutes=11)
        assert rig.states == {"undelivered": 1}
        assert (sent["to"], "bounced") in [(one.address, one.suppressed) for one in addresses(rig)]


@in_loop
async def test_twilio_without_an_answer_is_asked_again(desk: Desk) -> None:
    """An error says nothing about the text: it stays accepted, and the next question finds out."""
    async with unreached(desk) as (rig, twilio):
        await look(rig, hours=2)
        twilio.report(twilio.accepted[0]["sid"], "delivered")
        rig.clock.move_to(rig.clock() + timedelta(minutes=11))
        twilio.refuse_lists(503, 0)
        await rig.service.inquiring.ask(rig.clock())
        assert rig.states == {"accepted": 1}
        await look(rig, minutes=50)
        assert rig.states == {"delivered": 1}


# Replies


@in_loop
async def test_a_stop_that_lies_in_the_list_stops(desk: Desk) -> None:
    """Twilio's own word is confirmed by Twilio, any other by us; both hold at once, for that number alone."""
    async with unreached(desk) as (rig, twilio):
        twilio.text_in(ANA, "stop please!")
        twilio.text_in(BEN, "STOP")
        await look(rig, minutes=1)
        assert {one.address: one.consent for one in addresses(rig)} == {
            "ana@example.com": "granted",
            "ben@example.com": "granted",
            ANA: "withdrawn",
            BEN: "withdrawn",
        }
        (confirmed,) = answers_to(twilio, ANA)
        assert "no more texts" in confirmed
        assert answers_to(twilio, BEN) == []


@in_loop
async def test_each_text_is_answered_once(desk: Desk) -> None:
    """HELP and STOP in one look get an answer each; they stay in the list, and nobody hears from us again for them."""
    async with unreached(desk) as (rig, twilio):
        twilio.text_in(ANA, "HELP")
        twilio.text_in(ANA, "no more texts please")
        twilio.text_in(EVE, "HELP")
        await look(rig, minutes=1)
        assert len(answers_to(twilio, ANA)) == 2
        for _ in range(3):
            await look(rig, minutes=1)
        await rig.restart()
        for _ in range(3):
            await look(rig, minutes=1)
        assert len(answers_to(twilio, ANA)) == 2
        assert answers_to(twilio, EVE) == []


@in_loop
async def test_a_crash_before_the_look_was_noted_answers_nothing_twice(desk: Desk) -> None:
    """The next look reads the same texts, and knows them."""
    async with unreached(desk) as (rig, twilio):
        with rig.service.database.write() as connection:
            before = connection.execute(text("SELECT at FROM meta WHERE name = 'inbox_fetched'")).scalar_one()
        twilio.text_in(ANA, "less")
        await look(rig, minutes=1)
        with rig.service.database.write() as connection:
            connection.execute(text("UPDATE meta SET at = :at WHERE name = 'inbox_fetched'"), {"at": before})
        await rig.restart()
        await look(rig, minutes=1)
        assert len(answers_to(twilio, ANA)) == 1
        assert len(rows(rig, notices.c.kind)) == 1


@in_loop
async def test_a_list_that_could_not_be_read_loses_nothing(desk: Desk) -> None:
    """While Twilio is down the next look begins where this one did, however long it takes."""
    async with unreached(desk) as (rig, twilio):
        twilio.text_in(BEN, "please stop")
        for minutes in (1, 30):
            twilio.refuse_lists(503, 0)
            await look(rig, minutes=minutes)
        assert rows(rig, contacts.c.consent).count(("withdrawn",)) == 0
        await look(rig, hours=3)
        assert rows(rig, contacts.c.consent).count(("withdrawn",)) == 1


@in_loop
async def test_a_stop_written_while_our_clock_was_ahead_stops_once_it_is_right(desk: Desk) -> None:
    """Until then all that is in the list seems to be older than the last look."""
    async with unreached(desk) as (rig, twilio):
        ahead = timedelta(hours=10)
        twilio.clock = lambda: rig.clock() - ahead
        await look(rig, hours=10)
        twilio.text_in(BEN, "please stop")
        for _ in range(3):
            await look(rig, minutes=2)
        assert rows(rig, contacts.c.consent).count(("withdrawn",)) == 0
        rig.clock._now -= ahead
        ahead = timedelta(0)
        await look(rig, minutes=1)
        assert rows(rig, contacts.c.consent).count(("withdrawn",)) == 1


@in_loop
async def test_what_was_written_long_before_the_first_look_is_not_read(desk: Desk) -> None:
    """An account has a past: a YES to something else last year is no yes to us."""
    async with FakeTwilio() as twilio:
        lay_out(desk, twilio.url)
        async with Rig() as rig:
            twilio.plant(SENDER, "YES", rig.clock() - timedelta(minutes=10), "inbound")
            twilio.listed[0]["from"] = ANA
            twilio.clock = rig.clock
            assert rig.service.inviting.plan(rig.clock()) == 2
            await rig.service.notifying.drain(rig.clock())
            await look(rig, seconds=1)
            await look(rig, minutes=1)
            assert len(answers_to(twilio, ANA)) == 1  # the invitation
            assert set(rows(rig, contacts.c.consent)) == {("none",)}


# The daemon itself


@pytest.mark.parametrize("way", ["poll", "webhook"])
def test_the_daemon_fetches_and_inquires(to_twilio: Callable[[int, str], Desk], way: str) -> None:
    """A running daemon does both by itself, also what no webhook brought, and a restarted one does neither twice."""
    with running_fake_twilio() as twilio:
        desk = to_twilio(1, twilio.url)
        desk.set(NUDGER_INBOUND=way, NUDGER_BASE_URL=PUBLIC)
        number = "+447700900100"
        with Daemon(desk.folder) as daemon:
            daemon.wait_for("dispatched")
            assert daemon.stop() == 0
        twilio.report(twilio.accepted[0]["sid"], "delivered")
        twilio.text_in(number, "HELP")
        in_the_past(timedelta(hours=2))
        for _ in range(2):
            with Daemon(desk.folder) as daemon:
                wait_for(lambda: len(answers_to(twilio, number)) == 1, "an answer")
                wait_for(lambda: "delivered" in states_of_messages(), "a receipt")
                wait_for(lambda: twilio.questions > 0, "a look")
                assert daemon.stop() == 0
            twilio.questions = 0
        assert len(answers_to(twilio, number)) == 1
        assert number not in daemon.log


def in_the_past(span: timedelta) -> None:
    """Let everything have been that much earlier, so that nobody has to wait."""
    database = Database(read_settings().url)
    with database.write() as connection:
        for row in connection.execute(select(messages)).all():
            earlier = update(messages).where(messages.c.id == row.id).values(due_at=row.due_at - span)
            connection.execute(earlier)
        for row in connection.execute(select(meta)).all():
            connection.execute(update(meta).where(meta.c.name == row.name).values(at=row.at - span))
    database.close()


def states_of_messages() -> set[str]:
    """The states there are."""
    database = Database(read_settings().url)
    with database.read() as connection:
        found = set(connection.execute(select(messages.c.state)).scalars())
    database.close()
    return found
