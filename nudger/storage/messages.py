"""Messages at rest: who is due, who is in doubt, and every change as a compare-and-set with its transition row."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, exists, func, insert, select, update

from nudger.domain.life import Message
from nudger.domain.messages import ALONE_AFTER, IN_FLIGHT, SPENT, Reason, State
from nudger.domain.people import ChannelKind
from nudger.storage.tables import attempts, messages, partners, transitions

_COLUMNS = [messages.c[field.name] for field in fields(Message)]
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
_SAVE = (
    update(messages)
    .where(
        messages.c.id == bindparam("old_id"),
        messages.c.state == bindparam("old_state"),
        messages.c.fence == bindparam("old_fence"),
    )
    .values({name: bindparam(f"new_{name}") for name in _MUTABLE})
)

#: As many letters of a provider's code as there is room for.
LONGEST_CODE = 60

Change = tuple[Message, Message]


def message_of(row: RowMapping) -> Message:
    """The message a row of the table holds."""
    values: dict[str, Any] = {column.name: row[column.name] for column in _COLUMNS}
    values["channel"] = ChannelKind(values["channel"])
    values["state"] = State(values["state"])
    values["reason"] = Reason(values["reason"]) if values["reason"] else None
    return Message(**values)


def claimable(
    connection: Connection, now: datetime, limit: int, channels: Collection[ChannelKind], *, lapsed: bool = False
) -> Sequence[Message]:
    """At most `limit` planned messages whose time has come, the longest due first, locked until the transaction ends.

    At most one per partner and channel, and none to a contact that has one in flight: asking a provider by address
    what became of a message must have one answer. The partner's row is locked as well, so that two workers never
    take two messages of one partner at once. With `lapsed` only those that it is too late for.
    """
    other = messages.alias("other")
    lane_taken = exists().where(
        other.c.partner_id == messages.c.partner_id,
        other.c.channel == messages.c.channel,
        other.c.state.in_(IN_FLIGHT),
    )
    query = (
        select(*_COLUMNS)
        .join(partners, partners.c.id == messages.c.partner_id)
        .where(
            messages.c.state == State.PLANNED,
            messages.c.wake_at <= now,
            messages.c.channel.in_([str(channel) for channel in channels]),
            ~lane_taken,
        )
        .order_by(messages.c.wake_at, messages.c.due_at, messages.c.enrollment_id, messages.c.partner_id)
        .limit(limit)
        .with_for_update(of=[messages, partners], skip_locked=True, key_share=True)
    )
    if lapsed:
        query = query.where(messages.c.not_after < now)
    due = [message_of(row) for row in connection.execute(query).mappings()]
    free = _one_per_lane(due, lanes_taken(connection, [message.partner_id for message in due]))
    return _suspects_alone(free)


def lanes_taken(connection: Connection, partner_ids: Collection[int]) -> set[tuple[int, ChannelKind]]:
    """Each of these partners and channels with a message in flight, as it is now that their rows are locked."""
    query = select(messages.c.partner_id, messages.c.channel).where(
        messages.c.partner_id.in_(partner_ids), messages.c.state.in_(IN_FLIGHT)
    )
    return {(row.partner_id, ChannelKind(row.channel)) for row in connection.execute(query)}


def _one_per_lane(due: Iterable[Message], taken: set[tuple[int, ChannelKind]]) -> list[Message]:
    free = []
    for message in due:
        lane = (message.partner_id, message.channel)
        if lane not in taken:
            taken.add(lane)
            free.append(message)
    return free


def _suspects_alone(due: Sequence[Message]) -> Sequence[Message]:
    """One message that workers keep dying of, or all the others: it must not take these with it."""
    if due and due[0].deaths >= ALONE_AFTER:
        return due[:1]
    return [message for message in due if message.deaths < ALONE_AFTER]


def save(connection: Connection, changes: Sequence[Change], at: datetime) -> set[int]:
    """Carry out each (before, after) whose message still is as it was before; the ids of those that were.

    A worker whose message is not among them has lost it and lets go. Each change of state leaves a transition row.
    """
    held = still_held(connection, [before for before, _ in changes])
    kept = [(before, after) for before, after in changes if before.id in held]
    if not kept:
        return held
    connection.execute(_SAVE, [_parameters(before, after) for before, after in kept])
    moved = [(before, after) for before, after in kept if before.state is not after.state]
    if moved:
        connection.execute(insert(transitions), [_transition(before, after, at) for before, after in moved])
    return held


def still_held(connection: Connection, believed: Sequence[Message]) -> set[int]:
    """The ids of those messages whose state and fence are still as believed, locked until the transaction ends."""
    if not believed:
        return set()
    query = (
        select(messages.c.id, messages.c.state, messages.c.fence)
        .where(messages.c.id.in_([message.id for message in believed]))
        .with_for_update()
    )
    stored = {row.id: (row.state, row.fence) for row in connection.execute(query)}
    return {message.id for message in believed if stored.get(message.id) == (message.state, message.fence)}


def _parameters(before: Message, after: Message) -> dict[str, Any]:
    parameters = {f"new_{name}": getattr(after, name) for name in _MUTABLE}
    return {"old_id": before.id, "old_state": before.state, "old_fence": before.fence, **parameters}


def _transition(before: Message, after: Message, at: datetime) -> dict[str, Any]:
    return {
        "message_id": before.id,
        "from_state": before.state,
        "to_state": after.state,
        "reason": after.reason,
        "at": at,
    }


def leases_ended(connection: Connection, now: datetime | None, limit: int = 500) -> list[Message]:
    """Claimed and sending messages whose lease ran out; with no `now` all of them, their worker being gone."""
    query = select(*_COLUMNS).where(messages.c.state.in_([State.CLAIMED, State.SENDING])).limit(limit)
    if now is not None:
        query = query.where(messages.c.wake_at <= now)
    query = query.with_for_update(skip_locked=True)
    return [message_of(row) for row in connection.execute(query).mappings()]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand a message over, as begun."""

    message_id: int
    token: str
    fence: int
    provider: str
    started_at: datetime


def begin_attempts(connection: Connection, begun: Sequence[Attempt]) -> None:
    """Write down attempts before their first byte leaves."""
    if begun:
        rows = [{field.name: getattr(attempt, field.name) for field in fields(Attempt)} for attempt in begun]
        connection.execute(insert(attempts), rows)


_END_ATTEMPT = (
    update(attempts)
    .where(attempts.c.token == bindparam("old_token"))
    .values(
        ended_at=bindparam("new_ended_at"),
        result=bindparam("new_result"),
        code=bindparam("new_code"),
        provider_id=bindparam("new_provider_id"),
    )
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: accepted, refused, unclear or not_begun, with the provider's code or id."""

    token: str
    result: str
    code: str | None = None
    provider_id: str | None = None


def end_attempts(connection: Connection, endings: Sequence[Ending], at: datetime) -> None:
    """Write down how attempts ended."""
    if endings:
        connection.execute(_END_ATTEMPT, [_ending_row(ending, at) for ending in endings])


def _ending_row(ending: Ending, at: datetime) -> dict[str, Any]:
    return {
        "old_token": ending.token,
        "new_ended_at": at,
        "new_result": ending.result,
        "new_code": ending.code and ending.code[:LONGEST_CODE],
        "new_provider_id": ending.provider_id,
    }


def in_doubt(connection: Connection, now: datetime, limit: int = 100) -> list[tuple[Message, Attempt | None]]:
    """Messages whose fate is unknown and due to be asked about, each with its latest attempt if it is still kept."""
    query = (
        select(*_COLUMNS)
        .where(messages.c.state == State.UNKNOWN, messages.c.wake_at <= now)
        .order_by(messages.c.wake_at)
        .limit(limit)
    )
    doubtful = [message_of(row) for row in connection.execute(query).mappings()]
    latest = latest_attempts(connection, [message.id for message in doubtful])
    return [(message, latest.get(message.id)) for message in doubtful]


def latest_attempts(connection: Connection, ids: Collection[int]) -> Mapping[int, Attempt]:
    """The last attempt of each message that has one."""
    query = select(attempts).where(attempts.c.message_id.in_(ids)).order_by(attempts.c.id)
    return {
        row.message_id: Attempt(row.message_id, row.token, row.fence, row.provider, row.started_at)
        for row in connection.execute(query)
    }


@dataclass(frozen=True, slots=True)
class Spent:
    """A message that counts against its partner's budget."""

    partner_id: int
    channel: ChannelKind
    sent_at: datetime
    caught_up: bool


def spent(connection: Connection, partner_ids: Collection[int], since: datetime) -> list[Spent]:
    """Every message that left, or may have left, to these partners since then."""
    query = select(messages.c.partner_id, messages.c.channel, messages.c.sent_at, messages.c.caught_up).where(
        messages.c.partner_id.in_(partner_ids), messages.c.sent_at >= since, messages.c.state.in_(SPENT)
    )
    return [
        Spent(row.partner_id, ChannelKind(row.channel), row.sent_at, row.caught_up) for row in connection.execute(query)
    ]


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


def with_ids(connection: Connection, ids: Collection[int]) -> list[Message]:
    """The messages of these ids, in order of id."""
    query = select(*_COLUMNS).where(messages.c.id.in_(ids)).order_by(messages.c.id)
    return [message_of(row) for row in connection.execute(query).mappings()]
