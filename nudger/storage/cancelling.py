"""Stop messages that have not begun to leave."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from nudger.domain.messages import Reason, State
from nudger.storage.statements import chunks
from nudger.storage.tables import messages, transitions


def cancel(connection: Connection, which: ColumnElement[bool], reason: Reason, at: datetime) -> int:
    """Cancel every planned or claimed message of that kind, each with its transition row; how many they were.

    A worker that holds a claimed one finds its state changed, and lets go.
    """
    query = (
        select(messages.c.id, messages.c.state)
        .where(which, messages.c.state.in_([State.PLANNED, State.CLAIMED]))
        .order_by(messages.c.id)
        .with_for_update()
    )
    found = connection.execute(query).all()
    for part in chunks(found):
        stopped = update(messages).where(messages.c.id.in_([row.id for row in part]))
        connection.execute(stopped.values(state=State.CANCELLED, reason=reason, wake_at=None))
        connection.execute(
            insert(transitions),
            [
                {
                    "message_id": row.id,
                    "from_state": row.state,
                    "to_state": State.CANCELLED,
                    "reason": reason,
                    "at": at,
                }
                for row in part
            ],
        )
    return len(found)
