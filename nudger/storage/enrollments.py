"""Couples in schedules: how far each is planned, and the moments it was planned for."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, literal_column, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from nudger.domain.messages import Reason, State
from nudger.storage.cancelling import cancel
from nudger.storage.statements import ManyRows, arrays, chunks, insert_into, unnested, updating
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
    .where(enrollments.c.cursor < bindparam("horizon"))
    .order_by(enrollments.c.cursor)
    .limit(bindparam("most"))
    .with_for_update(of=enrollments, skip_locked=True)
)


def due(connection: Connection, horizon: datetime, limit: int) -> list[Due]:
    """At most `limit` enrollments not planned up to the horizon, the furthest behind first.

    On PostgreSQL they stay locked until the transaction ends, and those another planner holds are left to it.
    """
    rows = connection.execute(_DUE, {"horizon": horizon, "most": limit})
    return [Due._make(row) for row in rows.all()]


_CURSORS = updating(enrollments, ["id"], ["cursor"])


def advance(connection: Connection, cursors: Sequence[tuple[int, datetime]]) -> None:
    """Note up to when each enrollment (by id) is planned."""
    _CURSORS.run(connection, cursors)


class Occurrence(NamedTuple):
    """A moment of an enrollment for one partner: moments aware, `period` a local date."""

    enrollment_id: int
    couple_id: int
    partner_id: int
    channel: str
    period: date
    slot: int
    due_at: datetime
    not_after: datetime


#: The same as a bare tuple, for those who make very many: the garbage collector lets go of tuples of plain values at
#: first sight, and looks at everything else again and again. (Measured: a seventh of planning.)
Row = tuple[int, int, int, str, date, int, datetime, datetime]


def insert_messages(
    connection: Connection, rows: Sequence[Row], state: State = State.PLANNED, reason: Reason | None = None
) -> int:
    """Write down occurrences in their first state, leaving alone those there already; how many were new.

    Those that are planned wake when they are due.
    """
    if not rows:
        return 0
    if connection.dialect.name != "postgresql":
        return _insert(state, reason).run(connection, rows)
    columns = unnested({name: messages.c[name] for name in Occurrence._fields})
    shared = _shared(state, reason, columns.c.due_at)
    found = select(*(columns.c[name] for name in Occurrence._fields), *shared.values())
    statement = postgresql.insert(messages).from_select([*Occurrence._fields, *shared], found).on_conflict_do_nothing()
    counted = {"preserve_rowcount": True}  # or the count of an insert is not kept
    return connection.execute(statement, arrays(Occurrence._fields, rows), execution_options=counted).rowcount


@cache
def _insert(state: State, reason: Reason | None) -> ManyRows:
    own: dict[str, ColumnElement[Any]] = {name: bindparam(name) for name in Occurrence._fields}
    statement = sqlite.insert(messages).values(own | _shared(state, reason, own["due_at"])).on_conflict_do_nothing()
    return ManyRows(statement, {name: messages.c[name] for name in own})


def _shared(state: State, reason: Reason | None, due_at: ColumnElement[datetime]) -> dict[str, ColumnElement[Any]]:
    """What is the same in every row, as part of the statement: passing it a hundred thousand times over costs time."""
    return {
        "state": literal_column(f"'{state}'"),
        "reason": literal_column(f"'{reason}'") if reason else null(),
        "wake_at": due_at if state is State.PLANNED else null(),
    }


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

    A message that was claimed once (its fence has grown) stays, whatever became of it, and so does its slot. Where
    planning had not come as far as now it goes on from where it was, so that no moment falls between the two.
    """
    behind = enrollments.c.cursor < now
    for part in chunks(ids):
        from_here = case((behind, enrollments.c.cursor), else_=bindparam("now", now, enrollments.c.cursor.type))
        connection.execute(update(enrollments).where(enrollments.c.id.in_(part)).values(cursor=from_here))
        connection.execute(delete(messages).where(messages.c.enrollment_id.in_(part), _only_planned(now)))


#: Left the files and came back; said no and then yes. Where the no still stands the gate will say so again.
TAKEN_BACK = (Reason.RETIRED, Reason.WITHDRAWN, Reason.SUPPRESSED, Reason.LEFT)


def _only_planned(now: datetime) -> ColumnElement[bool]:
    plans = (
        (messages.c.state == State.PLANNED) | (messages.c.reason == Reason.WITHHELD) | messages.c.reason.in_(TAKEN_BACK)
    )
    return (messages.c.due_at > now) & (messages.c.fence == 0) & plans
