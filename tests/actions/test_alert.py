"""What an operator is told of: once, then daily, and once more when it is over."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from parts.cast import NOON
from parts.couples import NO_LIMIT, ana_and_ben
from parts.fake_channel import FakeChannel
from parts.fake_hook import FakeHook
from parts.house import EMAIL, MINUTE, House
from parts.loops import in_loop
from parts.stands import DOWN

from nudger.actions import backup
from nudger.actions.alert import Alerting, Word
from nudger.actions.alert_wires import ByApprise, ByEmail
from nudger.actions.conditions import Bounds
from nudger.actions.reload import note_reload
from nudger.channels.apprise_wire import AppriseWire
from nudger.domain.messages import EmailContent
from nudger.storage import alerts, reports
from nudger.storage.database import Database

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLGA = "olga@example.com"
PERSONAL = ("Ana", "Ben", "ana@", "ben@", "7700", "ana-and-ben")


class Desk:
    """A house, and its operator, who reads what comes."""

    def __init__(self, database: Database) -> None:
        """Nothing is wrong yet."""
        self.house = House(database, [ana_and_ben(budget=NO_LIMIT)], limits=None)
        self.mail = FakeChannel(EMAIL)
        self.start_afresh()

    def start_afresh(self) -> None:
        """Begin a new process."""
        wire = ByEmail(self.mail, OLGA, lambda: "opaque")
        self.alerting = Alerting(self.house.database, [wire], Bounds(timedelta(minutes=15)))

    async def look(self, later: timedelta = timedelta(0)) -> list[tuple[str, str]]:
        """Let time go by, then look; what was told of which condition."""
        self.house.later(later)
        return told(await self.alerting.look(self.house.now))

    @property
    def letters(self) -> list[EmailContent]:
        """What came to the operator."""
        assert {outgoing.to for outgoing in self.mail.arrived} <= {OLGA}
        return [outgoing.content for outgoing in self.mail.arrived if isinstance(outgoing.content, EmailContent)]


def told(words: Sequence[Word]) -> list[tuple[str, str]]:
    """The kind of each word, and what it is about."""
    return [(str(word.kind), word.trouble.name) for word in words]


@pytest.fixture
def desk(database: Database) -> Desk:
    """One on each database."""
    return Desk(database)


@in_loop
async def test_a_refused_account_is_told_once_then_daily_and_when_it_is_over(desk: Desk) -> None:
    """At once, since every message waits; a restart neither repeats nor forgets it."""
    house = desk.house
    house.due("ana", late=7 * DAY)
    house.sms.misconfigure()
    await house.dispatch()
    assert await desk.look() == [("raised", "provider_sms")]
    desk.start_afresh()
    assert await desk.look(MINUTE) == []
    assert await desk.look(DAY - 2 * MINUTE) == [("raised", "backlog")]
    assert await desk.look(MINUTE) == [("reminder", "provider_sms")]
    house.sms.recover()
    await house.dispatch()
    assert await desk.look(MINUTE) == []
    assert await desk.look(5 * MINUTE) == [("over", "backlog"), ("over", "provider_sms")]
    assert await desk.look(5 * DAY) == []
    assert [letter.subject for letter in desk.letters] == [
        "Nudger: something needs you",
        "Nudger: something needs you",
        "Nudger: something needs you",
        "Nudger: over again",
    ]
    assert desk.letters[0].text == (
        "The provider for sms refuses our account; its messages wait.\n  Mend: nudger doctor\n"
    )


@in_loop
async def test_a_short_break_of_the_line_wakes_nobody(desk: Desk) -> None:
    """A line that is dead is told after five minutes; one that comes back before never was."""
    house = desk.house
    house.sms.refuse(times=5)
    for partner in ("ana", "ben", "ana", "ben", "ana"):
        house.due(partner, late=DAY)
        await house.dispatch()
    assert await desk.look() == []
    house.sms.recover()
    await house.go_on(2 * MINUTE)
    assert await desk.look() == []
    house.sms.be_busy(times=1000)
    for _ in range(5):
        house.due("ben", late=DAY)
        await house.dispatch()
    assert await desk.look() == []
    assert await desk.look(5 * MINUTE) == [("raised", "provider_sms")]
    assert "out of reach" in desk.letters[0].text


@in_loop
async def test_what_flickers_is_one_trouble(desk: Desk) -> None:
    """What comes back within five minutes was never over."""
    with desk.house.database.write() as connection:
        alerts.note_provider(connection, "email", "account_refused", NOON)
    assert await desk.look() == [("raised", "provider_email")]
    for fault in (None, "account_refused") * 3:
        with desk.house.database.write() as connection:
            alerts.note_provider(connection, "email", fault, desk.house.now)
        assert await desk.look(4 * MINUTE) == []


@in_loop
async def test_backlog(desk: Desk) -> None:
    """Messages that are due and not sent are told of when the oldest has waited for as long as is set."""
    desk.house.due("ana", late=DAY)
    desk.house.due("ben", at=NOON + MINUTE, late=DAY)
    assert await desk.look(14 * MINUTE) == []
    assert await desk.look(MINUTE) == [("raised", "backlog")]
    assert desk.letters[0].text.startswith("2 due messages wait, the oldest for 15 minutes.")


@in_loop
async def test_dead_letters(desk: Desk) -> None:
    """Messages that failed for good are counted, for the day."""
    house = desk.house
    house.sms.refuse_for_good(times=2)
    house.due("ana")
    house.due("ben")
    await house.dispatch()
    assert await desk.look(MINUTE) == [("raised", "dead_letters")]
    assert desk.letters[0].text.startswith("2 messages of the last day failed for good.")
    assert await desk.look(DAY) == []
    assert await desk.look(5 * MINUTE) == [("over", "dead_letters")]


@in_loop
async def test_failed_reload(desk: Desk) -> None:
    """Files that cannot be taken in are told of, by their number alone, until they can."""
    for faults, told_of in ((0, []), (2, [("raised", "failed_reload")]), (1, [])):
        with desk.house.database.write() as connection:
            note_reload(connection, faults, [], desk.house.now)
        assert await desk.look(MINUTE) == told_of
    assert desk.letters[0].text.startswith("The edited files have 2 faults; what is faulty stays as it was.")
    with desk.house.database.write() as connection:
        note_reload(connection, 0, [], desk.house.now)
    assert await desk.look(MINUTE) == []
    assert await desk.look(5 * MINUTE) == [("over", "failed_reload")]


@in_loop
async def test_overdue_backup(database: Database) -> None:
    """Where backups are made daily, a second one that is missing is told of."""
    with database.write() as connection:
        reports.note(connection, backup.NAME, "", NOON)
    daily, never = (Alerting(database, [], Bounds(daily_backups=one)) for one in (True, False))
    assert told(await daily.look(NOON + 50 * HOUR)) == []
    assert told(await never.look(NOON + 51 * HOUR)) == []
    assert told(await daily.look(NOON + 51 * HOUR)) == [("raised", "overdue_backup")]


@in_loop
async def test_an_operator_who_could_not_be_told_is_told_later(desk: Desk) -> None:
    """Nothing counts as told that no wire has taken; what ended before anybody heard of it is not told at all."""
    desk.house.due("ana", late=DAY)
    desk.mail.lose(times=2)
    assert await desk.look(15 * MINUTE) == [("raised", "backlog")]
    assert await desk.look(MINUTE) == [("raised", "backlog")]
    assert desk.letters == []
    assert await desk.look(MINUTE) == [("raised", "backlog")]
    assert (len(desk.letters), await desk.look(MINUTE)) == (1, [])


@in_loop
async def test_nothing_personal_is_told(desk: Desk) -> None:
    """Counts and times; no name, number, address or couple, in whatever goes out."""
    house = desk.house
    house.sms.refuse_for_good()
    house.due("ana")
    await house.dispatch()
    house.due("ben", EMAIL, late=DAY)
    await desk.look(HOUR)
    everything = "".join(f"{letter.subject}{letter.text}{letter.html}" for letter in desk.letters)
    assert "2 things need you" in everything
    assert [word for word in PERSONAL if word in everything] == []


@in_loop
async def test_by_apprise(database: Database) -> None:
    """An Apprise URL is told the same; where it gives no clear answer, or nobody is there, it is told again."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT)])
    house.due("ana", late=DAY)
    house.later(HOUR)
    async with FakeHook() as hook:
        wire = AppriseWire(patience=5.0)
        nobody = wire.service(DOWN.replace("http:", "json:"))
        assert len(await Alerting(database, [ByApprise(wire, nobody)], Bounds()).look(house.now)) == 1
        alerting = Alerting(database, [ByApprise(wire, wire.service(f"json://127.0.0.1:{hook.port}/olga"))], Bounds())
        hook.accept_then_500()
        for expected in (1, 1, 0):
            assert len(await alerting.look(house.now)) == expected
        wire.close()
    assert [(entry["to"], entry["title"]) for entry in hook.accepted] == [("olga", "Nudger: something needs you")] * 2
    assert hook.accepted[1]["text"].startswith("1 due messages wait")
