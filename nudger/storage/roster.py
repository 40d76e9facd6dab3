"""What the operator's files say, kept in the database: couples and schedules as last written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection, Table, select, update

from nudger.domain.people import Couple
from nudger.domain.schedules import Schedule
from nudger.storage.contacts import keep_contacts
from nudger.storage.partners import keep_partners
from nudger.storage.statements import chunks, insert_into
from nudger.storage.tables import couples, schedules

Subject = TypeVar("Subject", Couple, Schedule)


@dataclass(frozen=True, slots=True)
class Written(Generic[Subject]):
    """A couple or schedule as the files have it now; `calendar` is what the planner needs of a couple."""

    subject: Subject
    spec: str
    digest: str
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database has of a couple or schedule; `retired` is one that left the files."""

    id: int
    digest: str
    retired: bool


def kept(connection: Connection, table: Table) -> dict[str, Kept]:
    """Everything in `couples` or `schedules`, by key."""
    query = select(table.c.key, table.c.id, table.c.digest, table.c.retired_at.is_not(None))
    return {key: Kept(*rest) for key, *rest in connection.execute(query)}


def keep_couples(connection: Connection, written: Sequence[Written[Couple]], now: datetime) -> dict[str, int]:
    """Write down new and changed couples with their partners and contacts; their ids by key."""
    ids: dict[str, int] = {}
    for part in chunks(written):
        rows = [_row(item) | {"calendar": item.calendar, "created_at": now} for item in part]
        stored = _upsert(connection, couples, ("spec", "digest", "calendar"), rows)
        family = {stored[item.subject.key]: item.subject for item in part}
        partner_ids = keep_partners(connection, family, now)
        keep_contacts(connection, family, partner_ids, now)
        ids |= stored
    return ids


def keep_schedules(connection: Connection, written: Sequence[Written[Schedule]]) -> dict[str, int]:
    """Write down new and changed schedules; their ids by key."""
    ids: dict[str, int] = {}
    for part in chunks(written):
        ids |= _upsert(connection, schedules, ("spec", "digest"), [_row(item) for item in part])
    return ids


def _row(item: Written[Couple] | Written[Schedule]) -> dict[str, object]:
    return {"key": item.subject.key, "spec": item.spec, "digest": item.digest}


def _upsert(
    connection: Connection, table: Table, columns: Collection[str], rows: Sequence[Mapping[str, object]]
) -> dict[str, int]:
    statement = insert_into(connection, table)
    changes = {name: statement.excluded[name] for name in columns}
    statement = statement.on_conflict_do_update(index_elements=["key"], set_=changes | {"retired_at": None})
    stored = connection.execute(statement.returning(table.c.key, table.c.id), rows)
    return {row.key: row.id for row in stored}


def retire(connection: Connection, table: Table, ids: Sequence[int], now: datetime) -> None:
    """Mark couples or schedules as gone from the files; nothing of theirs is deleted."""
    for part in chunks(ids):
        connection.execute(update(table).where(table.c.id.in_(part)).values(retired_at=now))
