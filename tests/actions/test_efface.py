"""Messages of erased people are deleted at their provider, after the erasure and never undoing it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from parts.cast import KEY
from parts.fake_twilio import FakeTwilio, running_fake_twilio
from parts.house import House
from parts.stands import twilio_config
from sqlalchemy import insert, select, update

from nudger.actions.choose import Choosing
from nudger.actions.efface import BATCH, Effaced, Shredder, efface, efface_erased
from nudger.channels.twilio_shredder import TwilioShredder
from nudger.storage.database import Database
from nudger.storage.erasing import is_erased
from nudger.storage.tables import contacts, inbound, messages

SENT = datetime(2026, 11, 2, 12, tzinfo=UTC)


def furnished(database: Database, twilio: FakeTwilio, texts: int = 3) -> House:
    """Ana and Ben, each with some texts at Twilio, and a reply of Ana's; Ana is erased."""
    house = House(database)
    for partner in ("ana", "ben"):
        for _ in range(texts):
            number = house.due(partner)
            sid = twilio.plant("+447700900124", "Leave a note", SENT)
            _sent(database, number, sid)
    reply = twilio.plant("+447700900001", "HELP", SENT, "inbound")
    with database.write() as connection:
        own = select(contacts.c.id).where(contacts.c.partner_id == house.partner_id("ana")).limit(1)
        line = {"provider": "twilio", "provider_id": reply, "contact_id": connection.execute(own).scalar_one()}
        connection.execute(insert(inbound).values(**line, command="help", at=SENT))
    Choosing(database, KEY).erase(house.partner_id("ana"), house.now)
    return house


def _sent(database: Database, number: int, sid: str) -> None:
    with database.write() as connection:
        taken = update(messages).where(messages.c.id == number)
        connection.execute(taken.values(provider="twilio", provider_id=sid, state="accepted"))


By = Callable[[Database, Mapping[str, Shredder]], Awaitable[Effaced]]


def shred(house: House, twilio: FakeTwilio, then: Callable[[], None] = lambda: None, by: By | None = None) -> Effaced:
    """Delete Ana's messages at Twilio, or what `by` finds."""
    ana = house.partner_id("ana")

    async def work() -> Effaced:
        shredder = TwilioShredder(twilio_config(twilio.url, timeout=20))
        try:
            wanted = by or partial(efface, partner_ids=[ana])
            return await wanted(house.database, {"twilio": shredder})
        finally:
            await shredder.aclose()

    then()
    return asyncio.run(work())


def test_theirs_are_deleted_and_nobody_elses(database: Database) -> None:
    """Three texts to Ana and one of hers are gone at Twilio, Ben's three stay, and a second call has nothing to do."""
    with running_fake_twilio() as twilio:
        house = furnished(database, twilio)
        assert shred(house, twilio) == Effaced(gone={"twilio": 4})
        assert len(twilio.listed) == 3
        assert shred(house, twilio) == Effaced()


def test_an_erasure_on_ones_own_page_reaches_the_provider_too(database: Database) -> None:
    """Nobody names Ana: all who were erased are looked for, and Ben, who was not, is left alone."""
    with running_fake_twilio() as twilio:
        house = furnished(database, twilio)
        assert shred(house, twilio, by=efface_erased) == Effaced(gone={"twilio": 4})
        assert len(twilio.listed) == 3
        assert shred(house, twilio, by=efface_erased) == Effaced()


def test_what_failed_is_tried_again(sqlite_database: Database) -> None:
    """A text still on its way, one refused for a moment, and one gone already: the next call has the two left over."""
    with running_fake_twilio() as twilio:
        house = furnished(sqlite_database, twilio)
        twilio.listed[0]["status"] = "sending"
        del twilio.listed[1]
        found = shred(house, twilio, lambda: twilio.refuse_deletions(1))
        assert (sum(found.gone.values()), sum(found.left.values())) in {(2, 2), (3, 1)}
        twilio.listed[0]["status"] = "delivered"
        again = shred(house, twilio)
        assert (again.gone["twilio"], again.left) == (found.left["twilio"], {})


def test_a_provider_that_is_away_is_left_alone(sqlite_database: Database) -> None:
    """Where nothing of a batch goes the rest is not tried; the person stays erased, and all is there for next time."""
    with running_fake_twilio() as twilio:
        house = furnished(sqlite_database, twilio, texts=BATCH + 4)
        found = shred(house, twilio, lambda: twilio.refuse_deletions(10 * BATCH))
        assert (found.gone, found.left) == ({"twilio": 0}, {"twilio": BATCH + 5})
        assert twilio.deletions == BATCH
        with sqlite_database.read() as connection:
            assert is_erased(connection, house.partner_id("ana"))


def test_a_provider_without_such_an_api_is_named(sqlite_database: Database) -> None:
    """What no API deletes is counted apart, and is not a failure."""
    with running_fake_twilio() as twilio:
        house = furnished(sqlite_database, twilio)
        with sqlite_database.write() as connection:
            connection.execute(update(messages).values(provider="sendgrid"))
        assert shred(house, twilio) == Effaced(gone={"twilio": 1}, kept={"sendgrid": 3})
