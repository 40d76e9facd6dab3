"""Messages at rest: how they are read, and every change as a compare-and-set with its transition row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from nudger.domain.life import Message
from nudger.domain.messages import IN_FLIGHT, SPENT, Reason, State
from nudger.domain.people import ChannelKind
from nudger.storage.statements import inserting, unsearched, updating
from nudger.storage.tables import messages, transitions

#: What a query has to select for `message_of`.
COLUMNS = [messages.c[name] for name in Message._fields]
_CHANNEL, _STATE, _REASON = (Message._fields.index(name) for name in ("channel", "state", "reason"))
#: By what is stored: quicker than asking the enumeration, and there are three for each message read.
CHANNELS = {str(channel): channel for channel in ChannelKind}
_STATES = {str(state): state for state in State}
_REASONS: Mapping[str | None, Reason | None] = {str(reason): reason for reason in Reason} | {None: None}
_MUTABLE = (
    "not_after",
    "state",
    "reason",
    "fence",
    "wake_at",
    "attempts",
    "resends",
    "deaths",
    "negatives",
    "contact_id",
    "provider",
    "provider_id",
    "sent_at",
    "caught_up",
)
_SAVE = updating(messages, ("id", "state", "fence"), _MUTABLE)
_new_values = itemgetter(*map(Message._fields.index, _MUTABLE))
_TRANSITION = inserting(transitions, ("message_id", "from_state", "to_state", "reason", "at"))

Change = tuple[Message, Message]


def message_of(row: Sequence[Any]) -> Message:
    """The message that a row of `COLUMNS` holds."""
    values = list(row)
    values[_CHANNEL] = CHANNELS[values[_CHANNEL]]
    values[_STATE] = _STATES[values[_STATE]]
    values[_REASON] = _REASONS[values[_REASON]]
    return Message._make(values)


def messages_by(connection: Connection, query: Select[Any], bound: Mapping[str, Any] | None = None) -> list[Message]:
    """The messages that a query for `COLUMNS` finds, in its order; one by one would take twice as long."""
    return [message_of(row) for row in connection.execute(query, bound).all()]


def save(connection: Connection, changes: Sequence[Change], at: datetime) -> list[Message]:
    """Carry out each (before, after) whose message still is as it was before; what these messages are now.

    A worker whose message is not among them has lost it and lets go. Each change of state leaves a transition row. One
    message may be there twice, as what its worker held before a stall and what it holds by now: one of them is true.
    """
    standing = _standing(connection, [before for before, _ in changes])
    kept = [(before, after) for before, after in changes if standing.get(before.id) == (before.state, before.fence)]
    if not kept:
        return []
    _SAVE.run(connection, [(before.id, before.state, before.fence, *_new_values(after)) for before, after in kept])
    moved = [(before, after) for before, after in kept if before.state is not after.state]
    _TRANSITION.run(connection, [(before.id, before.state, after.state, after.reason, at) for before, after in moved])
    return [after for _, after in kept]


_HELD = (
    select(messages.c.id, messages.c.state, messages.c.fence)
    .where(messages.c.id.in_(bindparam("ids")))
    .with_for_update()
)


def still_held(connection: Connection, believed: Sequence[Message]) -> set[int]:
    """The ids of those messages whose state and fence are still as believed, locked until the transaction ends."""
    standing = _standing(connection, believed)
    return {message.id for message in believed if standing.get(message.id) == (message.state, message.fence)}


def _standing(connection: Connection, believed: Sequence[Message]) -> dict[int, tuple[str, int]]:
    """State and fence of these messages, by id, locked until the transaction ends."""
    if not believed:
        return {}
    found = connection.execute(_HELD, {"ids": [message.id for message in believed]}).all()
    return {number: (state, fence) for number, state, fence in found}


def leases_ended(connection: Connection, now: datetime | None, limit: int = 500) -> list[Message]:
    """Claimed and sending messages whose lease ran out; with no `now` all of them, their worker being gone."""
    return messages_by(connection, _IN_HAND if now is None else _LEASE_ENDED, {"now": now, "most": limit})


_IN_HAND = (
    select(*COLUMNS)
    .where(messages.c.state.in_([State.CLAIMED, State.SENDING]))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE_ENDED = _IN_HAND.where(messages.c.wake_at <= bindparam("now"))


@dataclass(frozen=True, slots=True)
class Spent:
    """A message that counts against its partner's budget."""

    partner_id: int
    channel: ChannelKind
    sent_at: datetime
    caught_up: bool


_SPENT = select(messages.c.partner_id, messages.c.channel, messages.c.sent_at, messages.c.caught_up).where(
    messages.c.partner_id.in_(bindparam("partner_ids")),
    messages.c.sent_at >= bindparam("since"),
    unsearched(messages.c.state).in_(SPENT),
)


def spent(connection: Connection, partner_ids: Collection[int], since: datetime) -> list[Spent]:
    """Every message that left, or may have left, to these partners since then."""
    found = connection.execute(_SPENT, {"partner_ids": partner_ids, "since": since}).all()
    return [Spent(partner_id, CHANNELS[channel], sent_at, late) for partner_id, channel, sent_at, late in found]


def next_wake(connection: Connection, after: datetime | None = None) -> datetime | None:
    """When the next planned message wants to be looked at, if there is one; with `after`, none of that time or before.

    A message in hand or in doubt counts as well where `after` is given.
    """
    states = IN_FLIGHT | {State.PLANNED} if after else {State.PLANNED}
    query = select(func.min(messages.c.wake_at)).where(messages.c.state.in_(states))
    if after is not None:
        query = query.where(messages.c.wake_at > after)
    moment: datetime | None = connection.execute(query).scalar_one()
    return moment


def planned_for(connection: Connection, couple_id: int, end: datetime) -> list[Message]:
    """A couple's planned messages whose time comes before `end`, in the order in which they would be taken."""
    query = (
        select(*COLUMNS)
        .where(messages.c.couple_id == couple_id, messages.c.state == State.PLANNED, messages.c.wake_at < end)
        .order_by(messages.c.wake_at, messages.c.due_at, messages.c.enrollment_id, messages.c.partner_id)
    )
    return messages_by(connection, query)


def with_ids(connection: Connection, ids: Collection[int]) -> list[Message]:
    """The messages of these ids, in order of id."""
    if not ids:
        return []
    query = select(*COLUMNS).where(messages.c.id.in_(ids)).order_by(messages.c.id)
    return messages_by(connection, query)
