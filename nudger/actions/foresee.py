"""Foresee: plan far ahead and decide about every moment at once, couple by couple, on a copy of the state.

Planner, gate, picker and words are the daemon's. Left out are only the handing over and its book-keeping, which take
nearly all of the time that playing takes and say nothing about the pools.
"""

from collections.abc import Callable
from datetime import datetime

from nudger.actions.admit import Gatekeeper
from nudger.actions.plan import plan
from nudger.storage import messages, people
from nudger.storage.database import Database


def foresee(
    database: Database,
    gatekeeper: Gatekeeper,
    key: bytes,
    span: tuple[datetime, datetime],
    *,
    couple: str | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> None:
    """Settle all messages, or those of one couple, due from the first moment of the span up to the last (aware).

    Tells `progress` how many couples are done, and of how many. What is in hand or in doubt stays as it is.
    """
    start, end = span
    plan(database, key, start, horizon=end - start, reach=1)
    with database.read() as connection:
        rows = [row for row in people.list_couples(connection) if couple in {None, row.couple.key}]
    for done, row in enumerate(rows, 1):
        with database.write() as connection:
            planned = messages.planned_for(connection, row.id, end)
            if planned:
                gatekeeper.foretell(connection, planned)
        progress(done, len(rows))
