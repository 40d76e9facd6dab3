"""Receipts: in any order, any number of times, early or late, they come to one and the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations_with_replacement, count

import pytest
from parts.cast import NOON
from parts.couples import EACH, many_couples
from parts.databases import in_memory
from parts.house import EMAIL, House
from parts.loops import in_loop
from parts.vaults import is_at
from sqlalchemy import delete, select, update

from nudger.actions.receipts import apply_receipts
from nudger.channels.events import Receipt, ReceiptStatus
from nudger.domain.messages import State
from nudger.domain.schedules import ChannelChoice
from nudger.storage.codec import digest
from nudger.storage.consent import Event
from nudger.storage.database import Database
from nudger.storage.notices import plan_notice
from nudger.storage.tables import attempts, contacts, ledger, messages, notices, provider_events

Status = ReceiptStatus
EVENTS = count()


class Reported:
    """A house with messages at the provider, and the provider's reports on them."""

    def __init__(self, database: Database) -> None:
        """Nothing was sent."""
        self.house = House(database)

    async def sent(self) -> int:
        """A text to Ben that the provider took; its id."""
        message = self.house.due("ben")
        await self.house.dispatch()
        return message

    def token(self, message: int) -> str:
        """The name of the latest attempt."""
        query = select(attempts.c.token).where(attempts.c.message_id == message).order_by(attempts.c.id.desc())
        with self.house.database.read() as connection:
            return connection.execute(query.limit(1)).scalar_one()

    def report(self, message: int, status: Status, *, event: str | None = None, **changes: object) -> Receipt:
        """A report on its latest attempt."""
        token = self.token(message)
        name = event or f"event-{next(EVENTS)}"
        return Receipt(
            **{  # type: ignore[arg-type]
                "provider": "fake",
                "event_id": name,
                "token": token,
                "provider_id": f"id-of-{token}",
                "status": status,
                "code": None,
                "at": self.house.now,
            }
            | changes
        )

    def apply(self, *receipts: Receipt) -> None:
        """Bring them in."""
        apply_receipts(self.house.database, receipts, self.house.now)

    def bens_phone(self) -> tuple[str, str | None]:
        """What the ledger says of it: consent, and why nothing may go there."""
        query = select(contacts.c.consent, contacts.c.suppressed).where(is_at("+447700900123"))
        with self.house.database.read() as connection:
            return tuple(connection.execute(query).one())

    def lines(self) -> list[str]:
        """Every event in the ledger about Ben's phone after the first yes."""
        query = select(ledger.c.event).join(contacts, contacts.c.id == ledger.c.contact_id)
        with self.house.database.read() as connection:
            found = connection.execute(query.where(is_at("+447700900123")).order_by(ledger.c.id))
            return list(found.scalars())[1:]


ENDS = [
    ((Status.ACCEPTED,), "accepted", ("granted", None)),
    ((Status.DEFERRED,), "accepted", ("granted", None)),
    ((Status.DELIVERED,), "delivered", ("granted", None)),
    ((Status.UNDELIVERED,), "undelivered", ("granted", None)),
    ((Status.UNDELIVERED, Status.DELIVERED), "delivered", ("granted", None)),
    ((Status.DELIVERED, Status.UNDELIVERED, Status.DEFERRED), "delivered", ("granted", None)),
    ((Status.BOUNCED,), "undelivered", ("granted", "bounced")),
    ((Status.UNSUBSCRIBED,), "accepted", ("withdrawn", "unsubscribed")),
    ((Status.DELIVERED, Status.COMPLAINED), "delivered", ("withdrawn", "complained")),
    ((Status.COMPLAINED, Status.UNSUBSCRIBED, Status.BOUNCED), "undelivered", ("withdrawn", "complained")),
]


@pytest.mark.parametrize(("statuses", "state", "phone"), ENDS)
@in_loop
async def test_what_each_report_comes_to(
    database: Database, statuses: Sequence[Status], state: str, phone: tuple[str, str | None]
) -> None:
    """The furthest counts; a bad address closes the contact, and a person's own no is written as one."""
    post = Reported(database)
    message = await post.sent()
    for status in statuses:
        post.apply(post.report(message, status))
    assert (post.house.fate(message)[0], post.bens_phone()) == (state, phone)


ALL = [some for length in range(1, 6) for some in combinations_with_replacement(Status, length)]


class Crowd:
    """A message for each of some sequences of events, each to a contact of its own."""

    def __init__(self, database: Database, told: Sequence[Sequence[Status]]) -> None:
        """Every provider has its message."""
        self.told = told
        self.house = House(database, many_couples((len(told) + 1) // 2), [replace(EACH, channel=ChannelChoice.EMAIL)])
        people = [partner.key for home in self.house.homes for partner in home.partners]
        self.messages = [self.house.due(person, EMAIL) for person in people[: len(told)]]

    def end(self, orders: Sequence[Sequence[int]], *, together: bool) -> list[tuple[object, ...]]:
        """What each message and contact come to when the events of its sequence are told in that order."""
        self._put_back()
        receipts = [
            [Receipt("fake", f"{row}-{n}", f"token-{row + 1}", None, self.told[row][n], None, NOON) for n in order]
            for row, order in enumerate(orders)
        ]
        if together:
            rounds = [[receipt for told in receipts for receipt in told]]
        else:
            rounds = [[told[turn] for told in receipts if turn < len(told)] for turn in range(10)]
        for told in rounds:
            apply_receipts(self.house.database, told, NOON)
        query = select(messages.c.id, messages.c.state, messages.c.wake_at, contacts.c.consent, contacts.c.suppressed)
        with self.house.database.read() as connection:
            rows = connection.execute(query.join(contacts, contacts.c.id == messages.c.contact_id)).all()
        return sorted(tuple(row) for row in rows)

    def _put_back(self) -> None:
        with self.house.database.write() as connection:
            connection.execute(update(messages).values(state="accepted", reason="handed_over"))
            connection.execute(update(contacts).values(consent="granted", suppressed=None))
            connection.execute(delete(provider_events))


@pytest.mark.parametrize("every", [10, pytest.param(1, marks=pytest.mark.long)])
@in_loop
async def test_any_order_and_any_number_of_times_comes_to_the_same(every: int) -> None:
    """All 791 sets of up to five events, or each tenth: as told, backwards all at once, shuffled and told twice."""
    told = ALL[::every]
    with in_memory() as database:
        crowd = Crowd(database, told)
        await crowd.house.dispatch()
        straight = [range(len(events)) for events in told]
        backwards = [order[::-1] for order in straight]
        mixed = [
            sorted([*order, *order], key=lambda n: (digest(f"{row}-{n}"), n)) for row, order in enumerate(straight)
        ]
        ends = crowd.end(straight, together=False)
        assert (len(ends), len(ALL)) == (len(told), 791)
        assert {state for _, state, *_ in ends} == {"accepted", "undelivered", "delivered"}
        assert crowd.end(backwards, together=True) == ends
        assert crowd.end(mixed, together=False) == ends


@in_loop
async def test_a_receipt_may_be_faster_than_the_answer(database: Database) -> None:
    """Delivered, while our own request still hangs: the message is delivered, and is not sent again."""
    post = Reported(database)
    post.house.sms.accept_then_hang()
    message = await post.sent()
    assert post.house.fate(message)[0] == "unknown"
    post.apply(post.report(message, Status.DELIVERED, provider_id="SM1"))
    assert post.house.message(message).provider_id == "SM1"
    await post.house.go_on(timedelta(minutes=30), timedelta(minutes=1))
    assert (post.house.fate(message)[0], len(post.house.sms.arrived)) == ("delivered", 1)


@pytest.mark.parametrize("state", [State.PLANNED, State.CLAIMED, State.SENDING, State.UNKNOWN, State.FAILED])
@in_loop
async def test_a_late_receipt_ends_all_doubt(database: Database, state: State) -> None:
    """Wherever we thought the message was, it did arrive, and counts against the budget."""
    post = Reported(database)
    message = await post.sent()
    post.house.alter(message, state=state, sent_at=None, provider_id=None)
    post.apply(post.report(message, Status.DELIVERED))
    now = post.house.message(message)
    assert (now.state, now.sent_at, now.wake_at) == (State.DELIVERED, NOON, None)


@in_loop
async def test_an_old_attempts_failure_says_nothing_of_the_new_one(database: Database) -> None:
    """The first try was refused and the second accepted: a late `undelivered` for the first changes nothing."""
    post = Reported(database)
    post.house.sms.refuse()
    message = post.house.due("ben")
    await post.house.dispatch()
    first = post.report(message, Status.UNDELIVERED)
    post.house.later(timedelta(minutes=1))
    await post.house.dispatch()
    post.apply(first)
    assert post.house.fate(message)[0] == "accepted"


@in_loop
async def test_strangers_reports_change_nothing(database: Database) -> None:
    """A token or id that is not ours, or another provider's, leaves no trace in messages and ledger."""
    post = Reported(database)
    message = await post.sent()
    post.apply(
        post.report(message, Status.BOUNCED, token="eve", provider_id="eve"),
        post.report(message, Status.COMPLAINED, token=None, provider_id=None),
        post.report(message, Status.DELIVERED, provider="another"),
    )
    assert (post.house.fate(message)[0], post.bens_phone(), post.lines()) == ("accepted", ("granted", None), [])


@in_loop
async def test_a_receipt_without_a_token_is_known_by_its_id(database: Database) -> None:
    """What is asked for later comes back with the provider's name for the message alone."""
    post = Reported(database)
    message = await post.sent()
    post.apply(post.report(message, Status.DELIVERED, token=None))
    assert post.house.fate(message)[0] == "delivered"


@in_loop
async def test_a_no_from_before_the_last_yes_is_history(database: Database) -> None:
    """Ben unsubscribed, thought better of it and said START; the old report, told late, does not undo that."""
    post = Reported(database)
    message = await post.sent()
    old = post.report(message, Status.UNSUBSCRIBED)
    post.house.later(timedelta(hours=1))
    post.house.says("ben", Event.GRANTED)
    post.apply(old)
    assert post.bens_phone() == ("granted", None)


@in_loop
async def test_a_closed_contact_gets_nothing_more(database: Database) -> None:
    """What lay ahead is cancelled with the ledger's entry, and told once however many reports say so."""
    post = Reported(database)
    message = await post.sent()
    ahead = post.house.due("ben", at=NOON + timedelta(hours=2))
    post.apply(post.report(message, Status.COMPLAINED), post.report(message, Status.COMPLAINED))
    assert post.house.fate(ahead)[0] == "cancelled"
    assert post.lines() == ["suppressed", "withdrawn"]


@in_loop
async def test_a_bounced_notice_has_failed(database: Database) -> None:
    """An invitation to a bad address closes that address."""
    post = Reported(database)
    with database.write() as connection:
        ben = connection.execute(select(contacts.c.id).where(is_at("+447700900123"))).scalar_one()
        plan_notice(connection, ben, "help", "Help.", token="notice-1", due_at=NOON)
        connection.execute(update(notices).values(state="sent", provider="fake"))
    post.apply(Receipt("fake", "event-n", "notice-1", "SM9", Status.BOUNCED, "30005", NOON))
    with database.read() as connection:
        assert connection.execute(select(notices.c.state, notices.c.provider_id)).one() == ("failed", "SM9")
    assert post.bens_phone() == ("granted", "bounced")
