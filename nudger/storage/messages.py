"""Messages at rest: who is due, who is in doubt, and every change as a compare-and-set with its transition row."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, exists, func, select

from nudger.domain.life import Message
from nudger.domain.messages import ALONE_AFTER, IN_FLIGHT, SPENT, Reason, State
from nudger.domain.people import ChannelKind
from nudger.storage.statements import inserting, updating
from nudger.storage.tables import attempts, messages, partners, transitions

#: What a query has to select for `message_of`.
COLUMNS = [messages.c[name] for name in Message._fields]
_CHANNEL, _STATE, _REASON = (Message._fields.index(name) for name in ("channel", "state", "reason"))
#: By what is stored: quicker than asking the enumeration, and there are three for each message read.
_CHANNELS = {str(channel): channel for channel in ChannelKind}
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

#: As many letters of a provider's code as there is room for.
LONGEST_CODE = 60

#: How often to search for one claim: each search after the first passes over partners whose backlog filled the last.
MOST_SEARCHES = 5

#: One place in so many of a claim is for those whose time has come last: see `claimable`.
FRESH = 4
#: How many more of them to look at, as some have others of the same partner's before them.
SPARE = 50

Change = tuple[Message, Message]
#: A partner and a channel: at most one message is on the way in each.
Lane = tuple[int, ChannelKind]


def message_of(row: Sequence[Any]) -> Message:
    """The message that a row of `COLUMNS` holds."""
    values = list(row)
    values[_CHANNEL] = _CHANNELS[values[_CHANNEL]]
    values[_STATE] = _STATES[values[_STATE]]
    values[_REASON] = _REASONS[values[_REASON]]
    return Message._make(values)


def messages_by(connection: Connection, query: Select[Any], bound: Mapping[str, Any] | None = None) -> list[Message]:
    """The messages that a query for `COLUMNS` finds, in its order; one by one would take twice as long."""
    return [message_of(row) for row in connection.execute(query, bound).all()]


def claimable(
    connection: Connection, now: datetime, limit: int, channels: Collection[ChannelKind], *, lapsed: bool = False
) -> Sequence[Message]:
    """At most `limit` planned messages whose time has come, the longest due first, locked until the transaction ends.

    At most one per partner and channel, and none to a contact that has one in flight: asking a provider by address
    what became of a message must have one answer. The partner's row is locked as well, so that two workers never
    take two messages of one partner at once. With `lapsed` only those that it is too late for.

    Nobody waits for others' hundreds: where a few partners' backlogs fill the search it goes on among the others, and
    where everything due is more than `limit`, a quarter of the places is for what became due last. So a schedule with
    hours of backlog at its provider delays no message of another one by hours.
    """
    fresh = 0 if lapsed else _fresh_places(now, limit)
    taken: set[Lane] = set()
    here = {"now": now, "channels": [str(channel) for channel in channels]}
    found = _search(connection, _LAPSED if lapsed else _LONGEST_DUE, here, limit - fresh, taken)
    if len(found) == limit - fresh:
        found += _due_last(connection, here, fresh, taken)
    return _suspects_alone(found)


def _fresh_places(now: datetime, limit: int) -> int:
    """A quarter of `limit`, rounded up or down by the second, so that claims of one have their quarter too."""
    return (limit + now.second % FRESH) // FRESH


def _search(
    connection: Connection, query: Select[Any], here: Mapping[str, Any], limit: int, taken: set[Lane]
) -> list[Message]:
    """At most `limit` messages of lanes not taken, which are taken then."""
    free: list[Message] = []
    passed: set[int] = set()
    for _ in range(MOST_SEARCHES):
        missing = limit - len(free)
        if missing <= 0:
            break
        bound = {**here, "most": missing} | ({"passed": passed} if passed else {})
        due = messages_by(connection, query, bound)
        partner_ids = {message.partner_id for message in due}
        taken |= lanes_taken(connection, partner_ids)
        free += _one_per_lane(due, taken)
        if len(due) < missing:
            break
        query, passed = (query if passed else query.where(_PASSED)), passed | partner_ids
    return free


def _due_last(connection: Connection, here: Mapping[str, Any], limit: int, taken: set[Lane]) -> list[Message]:
    """At most `limit` of those whose time has come last, in lanes not taken and with nothing before them there."""
    if limit == 0:
        return []
    due = messages_by(connection, _DUE_LAST, {**here, "most": limit + SPARE})
    taken |= lanes_taken(connection, {message.partner_id for message in due})
    return _one_per_lane(_firsts(connection, due), taken)[:limit]


def _firsts(connection: Connection, due: Sequence[Message]) -> list[Message]:
    """Those before which nothing waits in the same lane, so that nobody's order is turned round."""
    found = connection.execute(_FIRST_OF_LANES, {"partner_ids": [message.partner_id for message in due]})
    first = {(partner, channel): moment for partner, channel, moment in found}
    return [message for message in due if message.wake_at == first[message.partner_id, message.channel]]


# Made once: a statement of so many columns takes longer to make than the search for what is due takes to run.

_OTHER = messages.alias("other")
_LANE_TAKEN = exists().where(
    _OTHER.c.partner_id == messages.c.partner_id,
    _OTHER.c.channel == messages.c.channel,
    _OTHER.c.state.in_(IN_FLIGHT),
)
#: Whose time has come, with nothing in flight to the same contact, locked with their partners.
_WAITING = (
    select(*COLUMNS)
    .join(partners, partners.c.id == messages.c.partner_id)
    .where(
        messages.c.state == State.PLANNED,
        messages.c.wake_at <= bindparam("now"),
        messages.c.channel.in_(bindparam("channels")),
        ~_LANE_TAKEN,
    )
    .limit(bindparam("most"))
    .with_for_update(of=[messages, partners], skip_locked=True, key_share=True)
)
_LONGEST_FIRST = (messages.c.wake_at, messages.c.due_at, messages.c.enrollment_id, messages.c.partner_id)
_LONGEST_DUE = _WAITING.order_by(*_LONGEST_FIRST)
_LAPSED = _LONGEST_DUE.where(messages.c.not_after < bindparam("now"))
_PASSED = messages.c.partner_id.not_in(bindparam("passed"))
_DUE_LAST = _WAITING.order_by(messages.c.wake_at.desc(), messages.c.due_at.desc())
_FIRST_OF_LANES = (
    select(messages.c.partner_id, messages.c.channel, func.min(messages.c.wake_at))
    # Not by state: SQLite would go through everybody's backlog. What has ended has no such moment.
    .where(messages.c.partner_id.in_(bindparam("partner_ids")), messages.c.wake_at.is_not(None))
    .group_by(messages.c.partner_id, messages.c.channel)
)
_TAKEN = select(messages.c.partner_id, messages.c.channel).where(
    messages.c.partner_id.in_(bindparam("partner_ids")), messages.c.state.in_(IN_FLIGHT)
)


def planned_for(connection: Connection, couple_id: int, end: datetime) -> list[Message]:
    """A couple's planned messages whose time comes before `end`, in the order in which they would be taken."""
    query = (
        select(*COLUMNS)
        .where(messages.c.couple_id == couple_id, messages.c.state == State.PLANNED, messages.c.wake_at < end)
        .order_by(messages.c.wake_at, messages.c.due_at, messages.c.enrollment_id, messages.c.partner_id)
    )
    return messages_by(connection, query)


def lanes_taken(connection: Connection, partner_ids: Collection[int]) -> set[Lane]:
    """Each of these partners and channels with a message in flight, as it is now that their rows are locked."""
    if not partner_ids:
        return set()
    found = connection.execute(_TAKEN, {"partner_ids": partner_ids}).all()
    return {(partner_id, _CHANNELS[channel]) for partner_id, channel in found}


def _one_per_lane(due: Iterable[Message], taken: set[Lane]) -> list[Message]:
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


class Attempt(NamedTuple):
    """One try to hand a message over, as begun."""

    message_id: int
    token: str
    fence: int
    provider: str
    started_at: datetime


def begin_attempts(connection: Connection, begun: Sequence[Attempt]) -> None:
    """Write down attempts before their first byte leaves."""
    _BEGIN_ATTEMPT.run(connection, begun)


_BEGIN_ATTEMPT = inserting(attempts, Attempt._fields)
_END_ATTEMPT = updating(attempts, ["token"], ("ended_at", "result", "code", "provider_id"))


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: accepted, refused, unclear or not_begun, with the provider's code or id."""

    token: str
    result: str
    code: str | None = None
    provider_id: str | None = None


def end_attempts(connection: Connection, endings: Sequence[Ending], at: datetime) -> None:
    """Write down how attempts ended."""
    rows = [(one.token, at, one.result, one.code and one.code[:LONGEST_CODE], one.provider_id) for one in endings]
    _END_ATTEMPT.run(connection, rows)


def in_doubt(connection: Connection, now: datetime, limit: int = 100) -> list[tuple[Message, Attempt | None]]:
    """Messages whose fate is unknown and due to be asked about, each with its latest attempt if it is still kept."""
    doubtful = messages_by(connection, _IN_DOUBT, {"now": now, "most": limit})
    latest = latest_attempts(connection, [message.id for message in doubtful])
    return [(message, latest.get(message.id)) for message in doubtful]


_IN_DOUBT = (
    select(*COLUMNS)
    .where(messages.c.state == State.UNKNOWN, messages.c.wake_at <= bindparam("now"))
    .order_by(messages.c.wake_at)
    .limit(bindparam("most"))
)


def latest_attempts(connection: Connection, ids: Collection[int]) -> Mapping[int, Attempt]:
    """The last attempt of each message that has one."""
    return {
        row.message_id: Attempt(row.message_id, row.token, row.fence, row.provider, row.started_at)
        for row in connection.execute(_ATTEMPTS, {"ids": ids})
    }


_ATTEMPTS = select(attempts).where(attempts.c.message_id.in_(bindparam("ids"))).order_by(attempts.c.id)


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
    messages.c.state.in_(SPENT),
)


def spent(connection: Connection, partner_ids: Collection[int], since: datetime) -> list[Spent]:
    """Every message that left, or may have left, to these partners since then."""
    found = connection.execute(_SPENT, {"partner_ids": partner_ids, "since": since}).all()
    return [Spent(partner_id, _CHANNELS[channel], sent_at, late) for partner_id, channel, sent_at, late in found]


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
    if not ids:
        return []
    query = select(*COLUMNS).where(messages.c.id.in_(ids)).order_by(messages.c.id)
    return messages_by(connection, query)
