"""What one partner does is theirs: the other's messages, data and pages are the same to the byte."""

import asyncio
import re
from collections.abc import Callable
from datetime import time
from email import message_from_bytes
from email.policy import default
from functools import cache
from pathlib import Path

import pytest
from parts.databases import in_memory
from parts.house import EMAIL, SMS
from parts.loops import in_loop
from parts.nine_days import DAY, NineDays, Seen
from sqlalchemy import select

from nudger.actions.receipts import apply_receipts
from nudger.channels.events import Receipt, ReceiptStatus
from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import ChannelKind, LifeState
from nudger.domain.schedules import MessageKind
from nudger.domain.themes import Theme
from nudger.domain.windows import Window
from nudger.storage.consent import How
from nudger.storage.database import Database
from nudger.storage.tables import attempts, contacts, messages

Deed = Callable[[NineDays], None]
Elsewhere = Callable[..., tuple[Seen, Seen]]
NARROW = OwnChoices(
    themes_off=frozenset({Theme.GROWTH, Theme.INTIMACY}),
    channels={MessageKind.IDEAS: EMAIL, MessageKind.CHECK_INS: SMS},
    weekly={SMS: 1},
    daily={EMAIL: 0},
    quiet_hours=Window(time(9), time(17)),
    days=frozenset({0, 2, 6}),
    locale="fr",
    avoid=frozenset({"crowds"}),
    discreet=True,
)


def ben(week: NineDays) -> int:
    """Ben's row."""
    return week.house.partner_id("ben")


def bens_contact(week: NineDays, channel: ChannelKind) -> int:
    """The row of Ben's number or address."""
    mine = (contacts.c.partner_id == ben(week)) & (contacts.c.channel == channel)
    with week.house.database.read() as connection:
        return connection.execute(select(contacts.c.id).where(mine)).scalar_one()


def pauses(week: NineDays) -> None:
    """Ben wants nothing for the rest of the time."""
    week.choosing.pause(ben(week), week.now + 30 * DAY, week.now)


def pauses_for_two_days(week: NineDays) -> None:
    """Ben wants a breather."""
    week.choosing.pause(ben(week), week.now + 2 * DAY, week.now)


def stops(week: NineDays) -> None:
    """Ben says STOP on both channels."""
    for channel in ChannelKind:
        week.choosing.withdraw(bens_contact(week, channel), How.REPLY, week.now)


def stops_texts(week: NineDays) -> None:
    """Ben says STOP by text and keeps his emails."""
    week.choosing.withdraw(bens_contact(week, SMS), How.REPLY, week.now)


def starts(week: NineDays) -> None:
    """Ben says START on both."""
    for channel in ChannelKind:
        week.choosing.restart(bens_contact(week, channel), week.now)


def leaves(week: NineDays) -> None:
    """Ben leaves the couple."""
    week.choosing.leave(ben(week), week.now)


def narrows(week: NineDays) -> None:
    """Ben switches off all that can be switched off."""
    week.choosing.save(ben(week), NARROW, week.now)


def dislikes_crowds(week: NineDays) -> None:
    """Ben leaves out one word; other ideas come to him instead."""
    week.choosing.save(ben(week), OwnChoices(avoid=frozenset({"crowds"})), week.now)


def has_a_loss(week: NineDays) -> None:
    """Ben says so."""
    week.choosing.life_state(ben(week), LifeState.LOSS, week.now)


def is_away(week: NineDays) -> None:
    """Ben says so."""
    week.choosing.life_state(ben(week), LifeState.APART, week.now)


def bounces(week: NineDays) -> None:
    """Ben's addresses turn out to be bad."""
    query = select(attempts.c.token).join(messages, messages.c.id == attempts.c.message_id)
    query = query.where(messages.c.partner_id == ben(week))
    with week.house.database.read() as connection:
        mine = connection.execute(query).scalars().all()
    receipts = [
        Receipt("outbox", f"event-{token}", token, None, ReceiptStatus.BOUNCED, "550", week.now) for token in mine
    ]
    apply_receipts(week.house.database, receipts, week.now)


def answers(week: NineDays) -> None:
    """Ben loves his last idea."""
    week.choosing.feedback(ben(week), "love", week.now)


def refuses_closeness(week: NineDays) -> None:
    """Ben says no to intimacy."""
    week.choosing.intimacy(ben(week), False, "No", week.now)  # noqa: FBT003 (his answer)


def lived(database: Database, folder: Path, *deeds: Deed, close: bool = True) -> tuple[Seen, Seen]:
    """What Ana and Ben have seen after nine days; Ben says yes to closeness where they are `close`, Ana always."""
    week = NineDays(database, folder)
    for partner in ("ana", "ben") if close else ("ana",):
        week.choosing.intimacy(week.house.partner_id(partner), True, "Yes", week.now)  # noqa: FBT003 (their answer)
    asyncio.run(asyncio.wait_for(week.live_with(*deeds), 60))
    return week.seen_by("ana"), week.seen_by("ben")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """The life in which Ben did nothing, once for each way it may begin."""

    @cache
    def undisturbed(*, close: bool = True) -> tuple[Seen, Seen]:
        with in_memory() as database:
            return lived(database, tmp_path_factory.mktemp("undisturbed"), close=close)

    return undisturbed


DEEDS: dict[str, tuple[Deed, ...]] = {
    "pause": (pauses,),
    "pause and back": (pauses_for_two_days,),
    "stop": (stops,),
    "stop on one channel": (stops_texts,),
    "stop, start and stop": (stops, starts, stops),
    "leave": (leaves,),
    "own choices": (narrows,),
    "one word": (dislikes_crowds,),
    "loss": (has_a_loss,),
    "apart": (is_away,),
    "bounce": (bounces,),
    "feedback": (answers,),
}
#: What `make test` looks at; each costs nine days.
QUICK = {"pause", "stop", "leave", "one word"}


@pytest.mark.parametrize(
    "deed", [deed if deed in QUICK else pytest.param(deed, marks=pytest.mark.long) for deed in DEEDS]
)
def test_what_ben_does_changes_nothing_for_ana(
    sqlite_database: Database, elsewhere: Elsewhere, tmp_path: Path, deed: str
) -> None:
    """Nine days with it and nine without: Ana's messages, data, page and reasons are the same to the byte."""
    hers, his = elsewhere()
    same, other = lived(sqlite_database, tmp_path, *DEEDS[deed])
    assert len(hers.pages) >= 15
    assert same == hers
    assert other.data != his.data
    assert (other.pages == his.pages) is (deed == "feedback")


def test_what_ben_does_changes_nothing_on_postgresql(
    postgres_database: Database, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """A pause, a page full of choices and a farewell: the other database keeps them to himself as well."""
    same, _ = lived(postgres_database, tmp_path, pauses_for_two_days, narrows, leaves)
    assert same == elsewhere()[0]


def test_a_no_to_closeness_looks_like_no_answer(
    sqlite_database: Database, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """Ana said yes; whether Ben said no or nothing at all is nowhere to be seen."""
    hers, _ = elsewhere(close=False)
    same, _ = lived(sqlite_database, tmp_path, refuses_closeness, close=False)
    assert len(hers.pages) >= 15
    assert not any(b"Close" in page for page in hers.pages)
    assert any(b"Close" in page for page in elsewhere()[0].pages)
    assert same == hers


def erases(week: NineDays) -> None:
    """Ben asks to be forgotten."""
    week.choosing.erase(ben(week), week.now)


def nameless(page: bytes) -> str:
    """The words of a message and its moment, without the other one's name and where it made a line or part break."""
    letter = message_from_bytes(page, policy=default)
    parts = [str(part.get_payload(decode=True), "utf-8") for part in letter.walk() if not part.is_multipart()]
    heads = [str(letter[name]) for name in ("To", "When", "Date", "Message-ID")]
    return " ".join(re.sub(r"Ben\b|your partner", "...", " ".join(heads + parts)).split())


def test_of_an_erasure_nothing_is_seen_but_the_name(
    sqlite_database: Database, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """Ana's messages say the same at the same moments, but that Ben has no name in them any more."""
    hers, _ = elsewhere(close=False)
    same, _ = lived(sqlite_database, tmp_path, erases, close=False)

    assert any(b"your partner" in page for page in same.pages)
    assert sorted(map(nameless, same.pages)) == sorted(map(nameless, hers.pages))
    assert same.why == hers.why


def test_silence_from_the_first_day_looks_like_a_yes(
    sqlite_database: Database, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """Whether Ben ever answered his invitation changes nothing for Ana."""
    week = NineDays(sqlite_database, tmp_path)
    week.both_say_yes_to_closeness()
    stops(week)
    asyncio.run(week.live_with())
    assert week.seen_by("ana") == elsewhere()[0]
    assert week.seen_by("ben").pages == []


@in_loop
async def test_what_ben_left_out_does_not_reach_him(sqlite_database: Database, tmp_path: Path) -> None:
    """His own copy goes without it; an idea of his own turn is replaced by another, never by one he had lately."""
    week = NineDays(sqlite_database, tmp_path)
    own = OwnChoices(themes_off=frozenset({Theme.CURIOSITY}))
    week.choosing.save(ben(week), own, week.now)
    await week.live_with()
    pages = b"\n".join(week.seen_by("ben").pages)
    assert b"curiosity" not in pages
    assert b"curiosity" in b"\n".join(week.seen_by("ana").pages)
    replaced = [pick["entry"] for pick in week.house.picks() if pick["own"]]
    assert replaced
    assert len(replaced) == len(set(replaced))
    mine = [pick["partner_id"] for pick in week.house.picks() if pick["own"]]
    assert set(mine) == {ben(week)}
