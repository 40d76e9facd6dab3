"""The way from an email to its reader's own settings."""

import re
from dataclasses import replace
from datetime import timedelta

from parts.cast import NOON
from parts.couples import BOTH, TALK, ana_and_ben
from parts.house import EMAIL, SMS, House
from parts.loops import in_loop
from sqlalchemy import select

from nudger.actions.compose import Letterhead
from nudger.domain.messages import EmailContent, SmsContent
from nudger.domain.own_choices import OwnChoices
from nudger.domain.schedules import ChannelChoice
from nudger.storage.codec import encode_choices
from nudger.storage.database import Database
from nudger.storage.links import Purpose, find_link
from nudger.storage.tables import links

LETTER = replace(BOTH, key="letter", channel=ChannelChoice.EMAIL)
ADDRESS = re.compile(r"https://nudger\.example\.com/p/([0-9a-f]{32})")


def token_in(content: object) -> str:
    """The one token in an email, the same in both parts."""
    assert isinstance(content, EmailContent)
    tokens = ADDRESS.findall(content.text)
    assert tokens == ADDRESS.findall(content.html)
    (token,) = tokens
    return str(token)


@in_loop
async def test_every_email_leads_to_its_own_readers_settings(database: Database) -> None:
    """An idea to both and a check-in: four emails, four links, each of the one it was sent to; only hashes are kept."""
    house = House(database, rules=[LETTER, TALK])
    for schedule in ("letter", TALK.key):
        for partner in ("ana", "ben"):
            house.due(partner, EMAIL, schedule, slot=0)
    while await house.dispatch():
        pass
    tokens = {outgoing.to: [] for outgoing in house.email.arrived}
    for outgoing in house.email.arrived:
        tokens[outgoing.to].append(token_in(outgoing.content))
    assert len({token for several in tokens.values() for token in several}) == 4
    with database.read() as connection:
        for partner in ("ana", "ben"):
            for token in tokens[f"{partner}@example.com"]:
                found = find_link(connection, token, Purpose.PREFERENCES, NOON)
                assert found is not None
                assert found.partner_id == house.partner_id(partner)
                assert found.contact_id == house.message(found.message_id or 0).contact_id
        kept = str(connection.execute(select(links)).all())
    assert not any(token in kept for several in tokens.values() for token in several)


@in_loop
async def test_a_push_message_ends_with_the_page_that_stops_it(database: Database) -> None:
    """It cannot be answered with STOP, and others may read along: the link stops this contact, and opens nothing."""
    house = House(database, [ana_and_ben(phone=None, push="ntfys://ntfy.sh/anas-topic")])
    house.sms.carries_push = True
    house.due("ana", SMS)
    await house.dispatch()
    (push,) = house.sms.arrived
    assert isinstance(push.content, SmsContent)
    words, _, link = push.content.text.rpartition("\n\nStop: ")
    assert words
    assert link.startswith("https://nudger.example.com/u/")
    with database.read() as connection:
        assert connection.execute(select(links)).all() == []


@in_loop
async def test_push_addresses_need_a_channel_that_carries_to_them(database: Database) -> None:
    """Where push is off, nothing is handed to a provider of texts: the address is a secret."""
    house = House(database, [ana_and_ben(phone=None, push="ntfys://ntfy.sh/anas-topic")])
    message = house.due("ana", SMS)
    await house.dispatch()
    assert (house.fate(message), house.sms.requests) == (("skipped", "channel_off"), 0)


@in_loop
async def test_a_text_leads_nowhere(database: Database) -> None:
    """A text lies open on a lock screen: it has no link, and none is made."""
    house = House(database)
    house.due("ana", SMS)
    await house.dispatch()
    with database.read() as connection:
        assert connection.execute(select(links)).all() == []


@in_loop
async def test_a_discreet_email_has_the_link_too(database: Database) -> None:
    """It says no more than that there is a note; whoever wants out of it gets there as well."""
    house = House(database, rules=[LETTER])
    house.change_partner("ana", choices=encode_choices(OwnChoices(discreet=True)))
    house.due("ana", EMAIL, "letter")
    await house.dispatch()
    (outgoing,) = house.email.arrived
    token_in(outgoing.content)
    with database.read() as connection:
        purposes = connection.execute(select(links.c.purpose).order_by(links.c.purpose)).scalars().all()
    assert purposes == ["note", "preferences"]


@in_loop
async def test_without_pages_there_is_no_link(database: Database) -> None:
    """Where no address is set, nothing leads anywhere."""
    house = House(database, rules=[LETTER])
    house.composer = replace(house.composer, letterhead=Letterhead("Nudger", "nudger.example.com"))
    house.start_afresh()
    house.due("ana", EMAIL, "letter")
    await house.dispatch()
    (outgoing,) = house.email.arrived
    assert isinstance(outgoing.content, EmailContent)
    assert "/p/" not in outgoing.content.text + outgoing.content.html
    with database.read() as connection:
        assert connection.execute(select(links)).all() == []


@in_loop
async def test_an_email_tried_again_has_the_same_link(database: Database) -> None:
    """Its provider may be asked about the very text, and no second link is made."""
    house = House(database, rules=[LETTER])
    number = house.due("ana", EMAIL, "letter")
    house.email.refuse()
    await house.dispatch()
    first = token_in(house.words(number).content)
    house.later(timedelta(minutes=2))
    await house.dispatch()
    (outgoing,) = house.email.arrived
    assert token_in(outgoing.content) == first
    with database.read() as connection:
        assert len(connection.execute(select(links)).all()) == 1
