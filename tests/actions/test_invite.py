"""Invitations: once, once more after three days, then silence; and never to those who said so, or cannot be asked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from parts.cast import KEY, NOON
from parts.couples import ana_and_ben, many_couples
from parts.house import EMAIL, SMS
from parts.vaults import in_clear, is_at
from sqlalchemy import select

from nudger.actions import invite
from nudger.actions.choose import Choosing
from nudger.actions.invite import Caps, Inviting, can_be_texted
from nudger.actions.sync import sync
from nudger.domain.people import Allowance, Couple, LifeState, Partner
from nudger.storage.consent import How
from nudger.storage.database import Database
from nudger.storage.holding import hold, lift
from nudger.storage.links import Purpose, find_link
from nudger.storage.tables import contacts, invitations, notices, partners

DAY = timedelta(days=1)
BASE = "https://nudger.example.com"


class PlainTexts:
    """Says the name of each text and what it is filled with."""

    def text(self, name: str, locale: str, /, **values: object) -> str:
        """Everything, in order."""
        return " ".join([name, locale, *(f"{key}={value}" for key, value in values.items())])

    def often(self, allowance: Allowance | None, locale: str) -> str:  # noqa: ARG002 (as the protocol has it)
        """Seldom."""
        return "now and then"


class Post:
    """Ana and Ben, whom nobody has asked yet, and the hand that asks."""

    def __init__(
        self,
        database: Database,
        homes: Sequence[Couple] = (),
        base_url: str | None = BASE,
        **caps: Any,  # noqa: ANN401 (any cap)
    ) -> None:
        """Nobody has said anything."""
        self.database = database
        sync(database, homes or [ana_and_ben()], [], NOON)
        self._tokens = count()
        self.inviting = Inviting(database, KEY, PlainTexts(), base_url, "Olga", self._token, Caps(**caps))
        self.choosing = Choosing(database, KEY)

    def _token(self) -> str:
        return f"{next(self._tokens):032}"

    def notices(self) -> list[tuple[str, str, str]]:
        """What was planned: kind, address and words."""
        with self.database.read() as connection:
            addresses = {contact.id: contact.address for contact in in_clear(connection, contacts)}
            return [(one.kind, addresses[one.contact_id], one.text) for one in in_clear(connection, notices)]

    def contact(self, address: str) -> int:
        """The row of an address."""
        with self.database.read() as connection:
            return connection.execute(select(contacts.c.id).where(is_at(address))).scalar_one()

    def partner(self, key: str) -> int:
        """The row of a partner."""
        with self.database.read() as connection:
            return connection.execute(select(partners.c.id).where(partners.c.key == key)).scalar_one()

    def over(self, days: int, start: datetime = NOON) -> list[int]:
        """Ask every six hours for so many days; how many were planned each time there were any."""
        planned = (self.inviting.plan(start + n * DAY / 4) for n in range(days * 4))
        return [number for number in planned if number]


def test_a_push_address_is_never_asked(database: Database) -> None:
    """It cannot answer, and may be read by others: its owner's yes takes written evidence."""
    post = Post(database, [ana_and_ben(phone=None, push="ntfys://ntfy.sh/topic")])
    assert post.over(60) == [2, 2]
    assert {address for _, address, _ in post.notices()} == {"ana@example.com", "ben@example.com"}


def test_each_contact_is_asked_once_and_once_more(database: Database) -> None:
    """Four contacts: an invitation each at once, a reminder each after three days, and two months of silence."""
    post = Post(database)
    assert post.inviting.plan(NOON) == 4
    assert post.inviting.plan(NOON + 3 * DAY - timedelta(seconds=1)) == 0
    assert post.inviting.plan(NOON + 3 * DAY) == 4
    assert post.over(60, NOON + 3 * DAY) == []
    kinds = [kind for kind, _, _ in post.notices()]
    assert kinds == ["invitation"] * 4 + ["reminder"] * 4
    with database.read() as connection:
        quiet = connection.execute(select(invitations.c.quiet_until)).scalars().all()
    assert set(quiet) == {NOON + 33 * DAY}


def test_an_invitation_says_who_how_often_and_where_to_answer(database: Database) -> None:
    """An email has a link that opens for fourteen days; a text is answered by a text."""
    post = Post(database)
    post.inviting.plan(NOON)
    words = {address: text for _, address, text in post.notices()}
    assert "inviter=Ana operator=Olga often=now and then" in words["ben@example.com"]
    assert "link=" not in words["+447700900123"]
    token = words["ben@example.com"].partition(f"link={BASE}/i/")[2]
    with database.read() as connection:
        link = find_link(connection, token, Purpose.INVITATION, NOON + 14 * DAY - timedelta(seconds=1))
        assert link is not None
        assert link.contact_id == post.contact("ben@example.com")
        assert find_link(connection, token, Purpose.INVITATION, NOON + 14 * DAY) is None


def test_who_answered_is_asked_no_more(database: Database) -> None:
    """A yes, a no, a never and a farewell each end the asking, and what was planned for them is dropped."""
    post = Post(database)
    post.inviting.plan(NOON)
    post.choosing.consent(post.contact("ana@example.com"), "shown", NOON)
    post.choosing.withdraw(post.contact("+447700900122"), How.REPLY, NOON)
    post.choosing.decline_for_ever(post.contact("ben@example.com"), NOON)
    assert post.inviting.plan(NOON + 3 * DAY) == 1
    assert post.notices()[-1][:2] == ("reminder", "+447700900123")
    with database.read() as connection:
        states = connection.execute(select(notices.c.state).order_by(notices.c.contact_id)).scalars().all()
    assert sorted(states) == ["dropped", "dropped", "dropped", "planned", "planned"]


def test_never_again_holds_for_whoever_else_has_the_address(database: Database) -> None:
    """Who is in two couples, and wants never to be asked again by the one, is not reminded of the other."""
    ana, ben = ana_and_ben(phone=None).partners
    dan = replace(ben, key="dan", name="Dan")
    post = Post(database, [Couple("ana-and-ben", (replace(ana, phone=None), ben)), Couple("ana-and-dan", (ana, dan))])
    post.inviting.plan(NOON)
    with database.read() as connection:
        first = connection.execute(select(contacts.c.id).where(is_at("ben@example.com"))).scalars().first()
    post.choosing.decline_for_ever(first or 0, NOON)
    planned = len(post.notices())
    post.inviting.plan(NOON + 3 * DAY)
    assert {address for _, address, _ in post.notices()[planned:]} == {"ana@example.com"}


def test_nobody_beyond_the_days_cap(database: Database) -> None:
    """Of thirty contacts twenty-four hours bring seven each, whatever the midnight."""
    post = Post(database, many_couples(15), per_day=7)
    assert post.inviting.plan(NOON) == 7
    assert post.inviting.plan(NOON + DAY - timedelta(seconds=1)) == 0
    assert post.inviting.plan(NOON + DAY) == 7
    assert Post(database, many_couples(15), per_day=0).inviting.plan(NOON + 5 * DAY) == 0


def test_nobody_is_asked_in_a_pause_or_a_loss_or_while_sending_is_held(database: Database) -> None:
    """Ben pauses for a week and Ana has a loss; then all is held; then each is asked, and nobody twice."""
    post = Post(database)
    ana, ben = post.partner("ana"), post.partner("ben")
    post.choosing.pause(ben, NOON + 7 * DAY, NOON)
    post.choosing.life_state(ana, LifeState.LOSS, NOON)
    assert post.inviting.plan(NOON) == 0
    post.choosing.life_state(ana, LifeState.ACTIVE, NOON)
    with database.write() as connection:
        hold(connection, "restored", NOON)
    assert post.inviting.plan(NOON + 7 * DAY) == 0
    with database.write() as connection:
        lift(connection)
    assert (post.inviting.plan(NOON + 6 * DAY), post.inviting.plan(NOON + 7 * DAY)) == (2, 2)
    post.choosing.pause(ben, NOON + 12 * DAY, NOON + 8 * DAY)
    assert post.inviting.plan(NOON + 11 * DAY) == 2  # Ana is reminded, Ben is not


def test_nobody_is_asked_in_the_name_of_somebody_who_has_left(database: Database) -> None:
    """Ana was invited, left, and asked to be forgotten: Ben is neither invited nor reminded for her."""
    post = Post(database)
    assert post.inviting.plan(NOON) == 4
    post.choosing.erase(post.partner("ana"), NOON + DAY)
    assert post.over(20, NOON + DAY) == []


def test_those_who_cannot_be_asked_take_nobodys_place(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve numbers of a country that is not texted stand among as many mailboxes: all of these are asked."""
    monkeypatch.setattr(invite, "PAGE", 2)
    monkeypatch.setattr(invite, "PAGES", 2)
    homes = [
        replace(one, partners=(with_phone(one, 0, n), with_phone(one, 1, n))) for n, one in enumerate(many_couples(6))
    ]
    post = Post(database, homes, countries=(1,))
    assert sum(post.inviting.plan(NOON) for _ in range(12)) == 12
    assert len({address for _, address, _ in post.notices()}) == 12


def with_phone(couple: Couple, place: int, number: int) -> Partner:
    """One of a couple, with a number of their own."""
    return replace(couple.partners[place], phone=f"+44770090{number}{place}22")


def test_nobody_is_asked_at_night(database: Database) -> None:
    """At six in the morning of both their clocks nobody is asked; at nine they are."""
    post = Post(database)
    morning = NOON - timedelta(hours=6)
    assert post.inviting.plan(morning) == 0
    assert post.inviting.plan(NOON - timedelta(hours=2, minutes=30)) == 2  # half past nine in Berlin
    assert post.inviting.plan(NOON - timedelta(hours=1)) == 2


def test_only_where_an_answer_can_come(database: Database) -> None:
    """Without a web address no email asks; a channel that is off, or a country not allowed, gets nothing."""
    assert Post(database, base_url=None, channels={EMAIL}).inviting.plan(NOON) == 0
    assert Post(database, channels={SMS}, countries={49}).inviting.plan(NOON) == 0
    assert Post(database, channels={SMS}, countries={49, 44}).inviting.plan(NOON) == 2


@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("+447700900123", True),
        ("+12025550123", True),
        ("+442079460000", False),  # a landline
        ("+18005550123", False),  # toll-free
        ("+449098790000", False),  # premium rate
    ],
)
def test_numbers_that_get_no_texts_are_left_alone(number: str, may: bool) -> None:  # noqa: FBT001 (the table's)
    """Landlines, and numbers at which somebody earns, are never texted."""
    assert can_be_texted(number) is may
