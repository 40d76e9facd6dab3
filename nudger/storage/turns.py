"""Whose turn it is to give out a tick: any number of schedulers ask, and one of them gets it. PostgreSQL alone."""

from datetime import timedelta

from sqlalchemy import Connection, func, or_
from sqlalchemy.dialects.postgresql import insert

from nudger.storage.tables import ticks

#: Clocks of schedulers tick a little early or late; one that is this much of its period early still counts.
SLACK = 0.1


def take_turn(connection: Connection, name: str, every: timedelta) -> bool:
    """Whether this tick has not been given out for about `every`, and is ours to give out if we commit.

    It goes by the database's clock; what was given out later than it will be next time was given out before that
    clock was set back. Who asks at the same time waits until we have committed, and hears no.
    """
    now = func.clock_timestamp()
    first = insert(ticks).values(name=name, at=now)
    come, set_back = ticks.c.at <= now - every * (1 - SLACK), ticks.c.at > now + every
    again = first.on_conflict_do_update(index_elements=[ticks.c.name], set_={"at": now}, where=or_(come, set_back))
    return connection.execute(again.returning(ticks.c.name)).first() is not None
