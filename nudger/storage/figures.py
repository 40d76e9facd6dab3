"""Figures about the messages of the last day, for those who watch over the service; no person can be read from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, case, func, select, type_coerce

from nudger.domain.messages import Reason, State
from nudger.storage import alerts, reports
from nudger.storage.holding import held
from nudger.storage.tables import messages

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How long after its moment a message left: for each bound in seconds, how many were no later; then all of them."""

    within: tuple[int, ...]
    number: int
    total_seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Messages by (channel, state), those too late to send by channel, and how late those of each channel left.

    `files` is how many faults the last reading of the operator's files found, and when it was.
    """

    states: dict[tuple[str, str], int]
    late: dict[str, int]
    lateness: dict[str, Lateness]
    backlog: int
    unknown: int
    last_tick: datetime | None
    troubles: tuple[str, ...]
    files: tuple[int, datetime] | None = None
    held: bool = False
    last_backup: datetime | None = None


def figures(connection: Connection, now: datetime, bounds: Sequence[float]) -> Figures:
    """The figures for the day up to `now` (aware); `bounds` are seconds, rising."""
    tick = reports.noted(connection, "heartbeat")
    backup = reports.noted(connection, "backup")
    files = reports.noted(connection, reports.FAULTS_IN_FILES)
    unknown: int = connection.execute(select(func.count()).where(messages.c.state == State.UNKNOWN)).scalar_one()
    return Figures(
        states=_states(connection, now),
        late=_late(connection, now),
        lateness=_lateness(connection, now, bounds),
        backlog=reports.backlog(connection, now),
        unknown=unknown,
        last_tick=tick[1] if tick else None,
        troubles=tuple(name for name, one in alerts.standing(connection).items() if one.gone_at is None),
        files=(int(files[0]), files[1]) if files else None,
        held=held(connection) is not None,
        last_backup=backup[1] if backup else None,
    )


def _states(connection: Connection, now: datetime) -> dict[tuple[str, str], int]:
    query = (
        select(messages.c.channel, messages.c.state, func.count())
        .where(messages.c.due_at > now - DAY, messages.c.due_at <= now)
        .group_by(messages.c.channel, messages.c.state)
    )
    return {(channel, state): number for channel, state, number in connection.execute(query)}


def _late(connection: Connection, now: datetime) -> dict[str, int]:
    query = (
        select(messages.c.channel, func.count())
        .where(messages.c.due_at > now - DAY, messages.c.due_at <= now)
        .where(messages.c.state == State.EXPIRED, messages.c.reason == Reason.LATE)
        .group_by(messages.c.channel)
    )
    return {channel: number for channel, number in connection.execute(query)}  # noqa: C416 (rows are no pairs to mypy)


def _lateness(connection: Connection, now: datetime, bounds: Sequence[float]) -> dict[str, Lateness]:
    seconds = _seconds_late(connection.dialect.name)
    within = [func.sum(case((seconds <= bound, 1), else_=0)) for bound in bounds]
    query = (
        select(messages.c.channel, func.count(), func.sum(seconds), *within)
        .where(messages.c.sent_at > now - DAY, messages.c.sent_at <= now)
        .group_by(messages.c.channel)
    )
    return {
        channel: Lateness(tuple(int(each) for each in counts), number, float(total))
        for channel, number, total, *counts in connection.execute(query)
    }


def _seconds_late(dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql":
        return func.extract("epoch", messages.c.sent_at - messages.c.due_at)
    milliseconds = type_coerce(messages.c.sent_at, BigInteger) - type_coerce(messages.c.due_at, BigInteger)
    return milliseconds / 1000.0
