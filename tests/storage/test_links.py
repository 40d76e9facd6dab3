"""Links: random, for one purpose, for a while; and the tokens that are never kept and never expire."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.cast import KEY, NOON
from parts.couples import ana_and_ben
from sqlalchemy import select

from nudger import links as urls
from nudger.actions.sync import sync
from nudger.storage.database import Database
from nudger.storage.links import Purpose, find_link, new_link, revoke_links
from nudger.storage.tables import links, partners

TOKEN = "a-token-of-thirty-two-characters"
DAY = timedelta(days=1)


def open_door(database: Database, token: str = TOKEN, purpose: Purpose = Purpose.PREFERENCES) -> int:
    """A link for Ana that lasts a day; her row."""
    if token == TOKEN:
        sync(database, [ana_and_ben()], [], NOON)
    with database.write() as connection:
        ana = connection.execute(select(partners.c.id).where(partners.c.key == "ana")).scalar_one()
        assert new_link(connection, lambda: token, purpose, ana, now=NOON, lasts=DAY) == token
    return ana


def test_a_link_opens_for_its_purpose_until_it_expires(database: Database) -> None:
    """Found while it lasts and for what it was made; unknown, expired and misused tokens look alike."""
    ana = open_door(database)
    with database.read() as connection:
        found = find_link(connection, TOKEN, Purpose.PREFERENCES, NOON + DAY - timedelta(seconds=1))
        assert found is not None
        assert (found.partner_id, found.contact_id, found.message_id) == (ana, None, None)
        assert find_link(connection, TOKEN, Purpose.PREFERENCES, NOON + DAY) is None
        assert find_link(connection, TOKEN, Purpose.INVITATION, NOON) is None
        assert find_link(connection, TOKEN + "x", Purpose.PREFERENCES, NOON) is None


def test_the_token_is_kept_nowhere(database: Database) -> None:
    """Who reads the database cannot open anybody's page."""
    open_door(database)
    with database.read() as connection:
        (row,) = connection.execute(select(links)).all()
    assert TOKEN not in repr(row)


def test_links_are_revoked_by_purpose_or_all(database: Database) -> None:
    """A revoked link is like one that never was; others stay until all are revoked."""
    ana = open_door(database)
    open_door(database, "another-token", Purpose.NOTE)
    with database.write() as connection:
        revoke_links(connection, ana, NOON, Purpose.NOTE)
        assert find_link(connection, "another-token", Purpose.NOTE, NOON) is None
        assert find_link(connection, TOKEN, Purpose.PREFERENCES, NOON) is not None
        revoke_links(connection, ana, NOON)
        assert find_link(connection, TOKEN, Purpose.PREFERENCES, NOON) is None


@given(st.integers(1, 10**17))
def test_an_unsubscribe_token_leads_back_to_its_contact(contact_id: int) -> None:
    """The key alone makes it and reads it; another key reads nothing."""
    token = urls.unsubscribe_token(KEY, contact_id)
    assert urls.contact_of_unsubscribe_token(KEY, token) == contact_id
    assert urls.contact_of_unsubscribe_token(b"another key", token) is None


@given(st.text())
def test_no_other_text_is_an_unsubscribe_token(text: str) -> None:
    """Whatever comes in a web address, nothing raises and nothing is found."""
    assert urls.contact_of_unsubscribe_token(KEY, text) is None


@pytest.mark.parametrize("change", ["0{}", " {}", "{} ", "{}0", "+{}"])
def test_a_changed_unsubscribe_token_is_none(change: str) -> None:
    """One contact has one token: no second spelling of it is taken."""
    token = urls.unsubscribe_token(KEY, 7)
    assert urls.contact_of_unsubscribe_token(KEY, change.format(token)) is None
    assert urls.contact_of_unsubscribe_token(KEY, token.replace("7-", "8-", 1)) is None
