"""Attempts: each try to hand a message over, written down before its first byte leaves, and how it ended."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from nudger.domain.life import Message
from nudger.domain.messages import State
from nudger.storage.messages import COLUMNS, messages_by
from nudger.storage.statements import inserting, updating
from nudger.storage.tables import attempts, messages

#: As many letters of a provider's code as there is room for.
LONGEST_CODE = 60


class Attempt(NamedTuple):
    """One try to hand a message over, as begun."""

    message_id: int
    token: str
    fence: int
    provider: str
    started_at: datetime


def begin(connection: Connection, begun: Sequence[Attempt]) -> None:
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


def end(connection: Connection, endings: Sequence[Ending], at: datetime) -> None:
    """Write down how attempts ended."""
    rows = [(one.token, at, one.result, one.code and one.code[:LONGEST_CODE], one.provider_id) for one in endings]
    _END_ATTEMPT.run(connection, rows)


def in_doubt(connection: Connection, now: datetime, limit: int = 100) -> list[tuple[Message, Attempt | None]]:
    """Messages whose fate is unknown and due to be asked about, each with its latest attempt if it is still kept."""
    doubtful = messages_by(connection, _IN_DOUBT, {"now": now, "most": limit})
    tries = latest(connection, [message.id for message in doubtful])
    return [(message, tries.get(message.id)) for message in doubtful]


_IN_DOUBT = (
    select(*COLUMNS)
    .where(messages.c.state == State.UNKNOWN, messages.c.wake_at <= bindparam("now"))
    .order_by(messages.c.wake_at)
    .limit(bindparam("most"))
)


def latest(connection: Connection, ids: Collection[int]) -> Mapping[int, Attempt]:
    """The last attempt of each message that has one."""
    return {
        row.message_id: Attempt(row.message_id, row.token, row.fence, row.provider, row.started_at)
        for row in connection.execute(_ATTEMPTS, {"ids": ids})
    }


_ATTEMPTS = select(attempts).where(attempts.c.message_id.in_(bindparam("ids"))).order_by(attempts.c.id)
