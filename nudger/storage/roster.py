"""What the operator's files say, kept in the database: couples and schedules as last written."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection, Table, select, text, update

from nudger.domain.people import Couple
from nudger.domain.schedules import Schedule
from nudger.storage.codec import decode_schedule
from nudger.storage.contacts import keep_contacts
from nudger.storage.erasing import keep_forgotten
from nudger.storage.own_choices import keep_calendars
from nudger.storage.partners import keep_partners
from nudger.storage.restoring import ended_before
from nudger.storage.sealed import SPEC, open_couple
from nudger.storage.statements import chunks, insert_into
from nudger.storage.tables import couples, schedules
from nudger.storage.vault import vault_of

Subject = TypeVar("Subject", Couple, Schedule)

#: Any number no other lock on the same PostgreSQL has; the letters of `roster` in ASCII.
ROSTER_LOCK = int.from_bytes(b"roster")


@dataclass(frozen=True, slots=True)
class Written(Generic[Subject]):
    """A couple or schedule as the files have it now, in clear; `calendar` is what the planner needs of a couple."""

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


def take_turns(connection: Connection) -> None:
    """Let nobody else bring the tables to their files until this transaction ends. SQLite's writers take turns anyway.

    Waiting for it may take as long as another machine's whole edit; waiting for a row does not become longer.
    """
    if connection.dialect.name == "postgresql":
        before = connection.execute(text("SELECT current_setting('lock_timeout')")).scalar_one()
        connection.execute(text("SET LOCAL lock_timeout = '14s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ROSTER_LOCK})
        connection.execute(text("SELECT set_config('lock_timeout', :before, true)"), {"before": before})


def stored_couples(connection: Connection, keys: Sequence[str]) -> list[Couple]:
    """These couples as last written."""
    vault = vault_of(connection)
    return [open_couple(vault, key, spec) for key, spec in _specs(connection, couples, keys)]


def stored_schedules(connection: Connection, keys: Sequence[str]) -> list[Schedule]:
    """These schedules as last written."""
    return [decode_schedule(spec) for _, spec in _specs(connection, schedules, keys)]


def _specs(connection: Connection, table: Table, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    for part in chunks(keys):
        for row in connection.execute(select(table.c.key, table.c.spec).where(table.c.key.in_(part))):
            yield row.key, row.spec


def keep_couples(connection: Connection, written: Sequence[Written[Couple]], now: datetime) -> dict[str, int]:
    """Write down new and changed couples with their partners and contacts; their ids by key."""
    ids: dict[str, int] = {}
    vault = vault_of(connection)
    for part in chunks(written):
        rows = [
            _row(item)
            | {"spec": vault.seal(SPEC, item.subject.key, item.spec), "calendar": item.calendar, "created_at": now}
            for item in part
        ]
        stored = _upsert(connection, couples, ("spec", "digest", "calendar"), rows)
        family = {stored[item.subject.key]: item.subject for item in part}
        partner_ids = keep_partners(connection, family, now)
        gone = keep_contacts(connection, family, partner_ids, now)
        keep_forgotten(connection, family, gone)
        keep_calendars(connection, family)
        for key, state in ended_before(connection, stored).items():
            connection.execute(update(couples).where(couples.c.key == key).values(life_state=state))
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
