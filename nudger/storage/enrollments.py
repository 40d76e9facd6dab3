"""Couples in schedules: how far each is planned, and the moments it was planned for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from nudger.domain.messages import Reason, State
from nudger.storage.cancelling import cancel
from nudger.storage.statements import chunks, insert_into, unnested
from nudger.storage.tables import couples, enrollments, messages, partners, schedules


class Due(NamedTuple):
    """An enrollment to plan from `cursor` on (aware): its schedule and calendar as JSON, and its partners."""

    id: int
    cursor: datetime
    schedule: str
    couple_id: int
    couple_key: str
    calendar: str
    first_key: str
    first_id: int
    second_key: str
    second_id: int


_FIRST, _SECOND = partners.alias("first"), partners.alias("second")
_DUE = (
    select(
        enrollments.c.id,
        enrollments.c.cursor,
        schedules.c.spec,
        couples.c.id,
        couples.c.key,
        couples.c.calendar,
        _FIRST.c.key,
        _FIRST.c.id,
        _SECOND.c.key,
        _SECOND.c.id,
    )
    .select_from(enrollments)
    .join(schedules, schedules.c.id == enrollments.c.schedule_id)
    .join(couples, couples.c.id == enrollments.c.couple_id)
    .join(_FIRST, (_FIRST.c.couple_id == couples.c.id) & (_FIRST.c.position == 0))
    .join(_SECOND, (_SECOND.c.couple_id == couples.c.id) & (_SECOND.c.position == 1))
    .order_by(enrollments.c.cursor)
    .with_for_update(of=enrollments, skip_locked=True)
)


def due(connection: Connection, horizon: datetime, limit: int) -> list[Due]:
    """At most `limit` enrollments not planned up to the horizon, the furthest behind first.

    On PostgreSQL they stay locked until the transaction ends, and those another planner holds are left to it.
    """
    rows = connection.execute(_DUE.where(enrollments.c.cursor < horizon).limit(limit))
    return [Due._make(row) for row in rows]


_CURSORS = update(enrollments).where(enrollments.c.id == bindparam("row")).values(cursor=bindparam("new_cursor"))


def advance(connection: Connection, cursors: Sequence[tuple[int, datetime]]) -> None:
    """Note up to when each enrollment (by id) is planned."""
    if not cursors:
        return
    if connection.dialect.name == "postgresql":
        columns = unnested(enrollments, ("id", "cursor"))
        moved = update(enrollments).where(enrollments.c.id == columns.c.id).values(cursor=columns.c.cursor)
        ids, moments = zip(*cursors, strict=True)
        connection.execute(moved, {"id_": list(ids), "cursor_": list(moments)})
    else:
        connection.execute(_CURSORS, [{"row": row, "new_cursor": cursor} for row, cursor in cursors])


#: What the planner knows of a message.
PLANNED_COLUMNS = (
    "enrollment_id",
    "couple_id",
    "partner_id",
    "channel",
    "period",
    "slot",
    "due_at",
    "not_after",
    "state",
    "reason",
    "wake_at",
)


def insert_messages(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write down planned occurrences (PLANNED_COLUMNS each), leaving alone those there already; how many were new."""
    if not rows:
        return 0
    counted = {"preserve_rowcount": True}  # or the count of an insert is not kept
    if connection.dialect.name == "postgresql":
        columns = unnested(messages, PLANNED_COLUMNS)
        statement = postgresql.insert(messages).from_select(PLANNED_COLUMNS, select(columns))
        arrays = {f"{name}_": [row[name] for row in rows] for name in PLANNED_COLUMNS}
        return connection.execute(statement.on_conflict_do_nothing(), arrays, execution_options=counted).rowcount
    return connection.execute(
        sqlite.insert(messages).on_conflict_do_nothing(), rows, execution_options=counted
    ).rowcount


class Enrolled(NamedTuple):
    """A couple's place in a schedule; one not active is not planned."""

    id: int
    active: bool


def enrolled(connection: Connection, schedule_id: int) -> dict[int, Enrolled]:
    """Every couple (by id) that is or was in a schedule."""
    query = select(enrollments.c.couple_id, enrollments.c.id, enrollments.c.cursor.is_not(None))
    rows = connection.execute(query.where(enrollments.c.schedule_id == schedule_id))
    return {couple_id: Enrolled(row, active) for couple_id, row, active in rows}


def enroll(connection: Connection, schedule_id: int, couple_ids: Sequence[int], now: datetime) -> None:
    """Put couples that never were in a schedule into it, to be planned from now on."""
    if couple_ids:
        rows = [{"schedule_id": schedule_id, "couple_id": couple_id, "cursor": now} for couple_id in couple_ids]
        connection.execute(insert_into(connection, enrollments), rows)


def leave(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Plan these enrollments no more, and cancel what was planned."""
    for part in chunks(ids):
        connection.execute(update(enrollments).where(enrollments.c.id.in_(part)).values(cursor=None))
        cancel(connection, messages.c.enrollment_id.in_(part), Reason.RETIRED, now)


def replan(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Plan these enrollments afresh from now on: forget what lies ahead and no worker ever touched.

    A message that was claimed once (its fence has grown) stays, whatever became of it, and so does its slot.
    """
    for part in chunks(ids):
        connection.execute(update(enrollments).where(enrollments.c.id.in_(part)).values(cursor=now))
        connection.execute(delete(messages).where(messages.c.enrollment_id.in_(part), _only_planned(now)))


def _only_planned(now: datetime) -> ColumnElement[bool]:
    plans = (
        (messages.c.state == State.PLANNED)
        | (messages.c.reason == Reason.WITHHELD)
        | (messages.c.reason == Reason.RETIRED)  # a schedule or couple that left the files and came back
    )
    return (messages.c.due_at > now) & (messages.c.fence == 0) & plans
