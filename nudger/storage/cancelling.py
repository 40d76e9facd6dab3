"""Stop messages that have not begun to leave."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, insert, select, update

from nudger.domain.messages import Reason, State
from nudger.storage.statements import chunks
from nudger.storage.tables import messages, transitions

_STOP = (
    update(messages)
    .where(messages.c.id.in_(bindparam("ids")))
    .values(state=State.CANCELLED, reason=bindparam("why"), wake_at=None)
)
_TRANSITION = insert(transitions)


def _unsent(which: ColumnElement[bool]) -> Select[tuple[int, str]]:
    """A query for the planned and claimed messages of that kind, in order, locked."""
    return (
        select(messages.c.id, messages.c.state)
        .where(which, messages.c.state.in_([State.PLANNED, State.CLAIMED]))
        .order_by(messages.c.id)
        .with_for_update()
    )


_OF_CONTACT = _unsent((messages.c.partner_id == bindparam("partner")) & (messages.c.channel == bindparam("channel")))


def cancel(connection: Connection, which: ColumnElement[bool], reason: Reason, at: datetime) -> int:
    """Cancel every planned or claimed message of that kind, each with its transition row; how many they were.

    A worker that holds a claimed one finds its state changed, and lets go.
    """
    return _cancel(connection, _unsent(which), {}, reason, at)


def cancel_for_contact(connection: Connection, partner_id: int, channel: str, reason: Reason, at: datetime) -> int:
    """The same for all that would go to one partner on one channel."""
    return _cancel(connection, _OF_CONTACT, {"partner": partner_id, "channel": channel}, reason, at)


def _cancel(
    connection: Connection, query: Select[tuple[int, str]], bound: Mapping[str, Any], reason: Reason, at: datetime
) -> int:
    found = connection.execute(query, bound).all()
    for part in chunks(found):
        connection.execute(_STOP, {"ids": [row.id for row in part], "why": reason})
        connection.execute(_TRANSITION, [_transition(row, reason, at) for row in part])
    return len(found)


def _transition(row: Row[tuple[int, str]], reason: Reason, at: datetime) -> dict[str, object]:
    moved = {"message_id": row.id, "from_state": row.state, "to_state": State.CANCELLED}
    return {**moved, "reason": reason, "at": at}
