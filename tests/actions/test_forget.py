"""What is kept for a while only."""

from datetime import timedelta

from parts.house import EMAIL, House
from parts.loops import in_loop
from parts.vaults import in_clear
from sqlalchemy import func, insert, select

from nudger.actions.forget import forget
from nudger.storage.database import Database
from nudger.storage.tables import contents, links, provider_events

MONTH, DAY = timedelta(days=30), timedelta(days=1)


@in_loop
async def test_words_go_after_a_month_and_what_was_picked_stays(database: Database) -> None:
    """On the thirtieth day all is there; a moment later the words are gone, and entries, reason and fate are not."""
    house = House(database)
    text, letter = house.due("ana"), house.due("ben", EMAIL)
    await house.dispatch()
    before = house.words(text)
    assert forget(database, MONTH, house.now + MONTH) == 0
    assert house.words(text) == before
    assert forget(database, MONTH, house.now + MONTH + DAY) == 2
    with database.read() as connection:
        rows = in_clear(connection, contents)
    said = [(row.subject, row.text, row.html, row.headers, row.note) for row in rows]
    assert said == [(None, "", None, None, None)] * 2
    assert (house.words(text).entries, house.words(text).why) == (before.entries, before.why)
    assert house.fate(letter)[0] == "accepted"
    assert forget(database, MONTH, house.now + MONTH + 2 * DAY) == 0


@in_loop
async def test_a_clock_that_was_ahead_does_not_end_forgetting(database: Database) -> None:
    """Two years ahead for one look, and set right again: what is sent since then goes after its month as well."""
    house = House(database)
    assert forget(database, MONTH, house.now + 730 * DAY) == 0
    house.due("ana")
    await house.dispatch()
    assert forget(database, MONTH, house.now + MONTH + DAY) == 1


def test_what_is_planned_keeps_its_words(database: Database) -> None:
    """A message still under way is left alone, and its words go once it has ended."""
    house = House(database)
    house.due("ana", late=100 * DAY)
    assert forget(database, MONTH, house.now + 2 * MONTH) == 0


def test_old_links_and_receipts_go(database: Database) -> None:
    """After ninety days nobody asks for them any more."""
    house = House(database)
    with database.write() as connection:
        link = {"token_hash": "x", "purpose": "note", "partner_id": house.partner_id("ana"), "created_at": house.now}
        connection.execute(insert(links).values(**link, expires_at=house.now))
        connection.execute(insert(provider_events).values(provider="twilio", event_id="SM1", at=house.now))
    assert forget(database, MONTH, house.now + 90 * DAY) == 0
    assert forget(database, MONTH, house.now + 91 * DAY) == 2
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(links)).scalar_one() == 0
