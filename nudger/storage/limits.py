"""Senders' limits at rest: one bucket for all processes, drawn in the transaction that claims what will leave."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from nudger.domain.pacing import Bucket, Rate, full
from nudger.storage.instants import EPOCH, MILLISECOND
from nudger.storage.statements import insert_into
from nudger.storage.tables import buckets


def bucket(connection: Connection, name: str, rate: Rate, now: datetime) -> Bucket:
    """A sender's bucket, filled up to `now` (aware), and nobody else's to draw from until the transaction ends."""
    moment = EPOCH + (now - EPOCH) // MILLISECOND * MILLISECOND  # as it is stored, or each draw would gain the rest
    found = _locked(connection, name)
    if found is None:
        new = full(rate, moment)
        row = {"name": name, "tokens": new.tokens, "at": new.at}
        connection.execute(insert_into(connection, buckets).values(row).on_conflict_do_nothing())
        found = _locked(connection, name) or new
    return found.filled(rate, moment)


def _locked(connection: Connection, name: str) -> Bucket | None:
    query = select(buckets.c.tokens, buckets.c.at).where(buckets.c.name == name).with_for_update()
    row = connection.execute(query).one_or_none()
    return Bucket(row.tokens, row.at) if row else None


def put(connection: Connection, name: str, left: Bucket) -> None:
    """Write down what is left."""
    connection.execute(update(buckets).where(buckets.c.name == name).values(tokens=left.tokens, at=left.at))


def database_time(connection: Connection) -> datetime:
    """The database's own clock, the one that all machines share. PostgreSQL alone."""
    moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return moment
