"""Claiming: whose time has come; one message at a time for a person and channel, and nobody waits for hundreds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, func, select

from nudger.domain.life import Message
from nudger.domain.messages import ALONE_AFTER, IN_FLIGHT, State
from nudger.domain.people import ChannelKind
from nudger.storage.messages import CHANNELS, COLUMNS, messages_by
from nudger.storage.tables import messages, partners

#: How often to search for one claim: each search after the first passes over partners whose backlog filled the last.
MOST_SEARCHES = 5

#: One place in so many of a claim is for those whose time has come last: see `claimable`.
FRESH = 4
#: How many more of them to look at, as some have others of the same partner's before them.
SPARE = 50

#: A partner and a channel: at most one message is on the way in each.
Lane = tuple[int, ChannelKind]


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
    messages.c.partner_id.in_(bindparam("partner_ids")),
    messages.c.channel.in_(list(ChannelKind)),  # all there are, to be found by the index of lanes
    messages.c.state.in_(IN_FLIGHT),
)


def lanes_taken(connection: Connection, partner_ids: Collection[int]) -> set[Lane]:
    """Each of these partners and channels with a message in flight, as it is now that their rows are locked."""
    if not partner_ids:
        return set()
    found = connection.execute(_TAKEN, {"partner_ids": partner_ids}).all()
    return {(partner_id, CHANNELS[channel]) for partner_id, channel in found}


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
