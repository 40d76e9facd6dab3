"""What an operator may ask: which messages there are, what became of them, and how the whole stands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, insert, select, update

from nudger.domain.messages import State
from nudger.storage.statements import insert_into
from nudger.storage.tables import (
    attempts,
    contents,
    couples,
    enrollments,
    messages,
    meta,
    partners,
    schedules,
    transitions,
)
from nudger.storage.vault import Vault, vault_of

#: The fact under which the number of faults in the operator's files is remembered.
FAULTS_IN_FILES = "reload_faults"


@dataclass(frozen=True, slots=True)
class Line:
    """One message as an operator sees it; the partner's zone is part of the couple's spec, not of this line."""

    id: int
    due_at: datetime
    couple: str
    partner: str
    channel: str
    schedule: str
    period: date
    slot: int
    state: str
    reason: str | None
    sent_at: datetime | None
    provider: str | None
    provider_id: str | None
    theme: str | None
    entries: tuple[str, ...]
    subject: str | None
    text: str | None
    encoding: str | None
    segments: int | None
    why: Mapping[str, Any] | None


def _lines_query() -> Select[Any]:
    return (
        select(
            messages.c.id,
            messages.c.due_at,
            couples.c.key.label("couple"),
            partners.c.key.label("partner"),
            messages.c.channel,
            schedules.c.key.label("schedule"),
            messages.c.period,
            messages.c.slot,
            messages.c.state,
            messages.c.reason,
            messages.c.sent_at,
            messages.c.provider,
            messages.c.provider_id,
            contents.c.theme,
            contents.c.entries,
            contents.c.subject,
            contents.c.text,
            contents.c.encoding,
            contents.c.segments,
            contents.c.why,
        )
        .join(couples, couples.c.id == messages.c.couple_id)
        .join(partners, partners.c.id == messages.c.partner_id)
        .join(enrollments, enrollments.c.id == messages.c.enrollment_id)
        .join(schedules, schedules.c.id == enrollments.c.schedule_id)
        .outerjoin(contents, contents.c.message_id == messages.c.id)
        .order_by(messages.c.due_at, couples.c.key, schedules.c.key, partners.c.key, messages.c.slot)
    )


def lines(connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Line]:
    """The messages that meet all conditions (on the columns of the tables), by their moment."""
    query = _lines_query().where(*conditions).limit(limit)
    vault = vault_of(connection)
    return [_line(vault, row) for row in connection.execute(query).mappings()]


def _line(vault: Vault, row: RowMapping) -> Line:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    for name in ("subject", "text"):
        values[name] = vault.open(f"contents.{name}", str(row["id"]), row[name])
    values["entries"] = tuple(json.loads(values["entries"])) if values["entries"] else ()
    values["why"] = json.loads(values["why"]) if values["why"] else None
    return Line(**values)


def between(start: datetime, end: datetime) -> ColumnElement[bool]:
    """Messages whose moment lies from `start` up to, but not including, `end`."""
    return (messages.c.due_at >= start) & (messages.c.due_at < end)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a message's state."""

    from_state: str
    to_state: str
    reason: str
    at: datetime


def steps(connection: Connection, message_id: int) -> list[Step]:
    """The changes of one message, in order."""
    query = select(transitions).where(transitions.c.message_id == message_id).order_by(transitions.c.id)
    return [Step(row.from_state, row.to_state, row.reason, row.at) for row in connection.execute(query)]


def last_codes(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """The provider's last code for each message that has one."""
    query = (
        select(attempts.c.message_id, attempts.c.code)
        .where(attempts.c.message_id.in_(ids), attempts.c.code.is_not(None))
        .order_by(attempts.c.id)
    )
    return {row.message_id: row.code for row in connection.execute(query)}


def counts(connection: Connection, since: datetime) -> dict[tuple[str, str], int]:
    """How many messages due since then are in which (channel, state)."""
    query = (
        select(messages.c.channel, messages.c.state, func.count())
        .where(messages.c.due_at >= since)
        .group_by(messages.c.channel, messages.c.state)
    )
    return {(channel, state): number for channel, state, number in connection.execute(query)}


def backlog(connection: Connection, now: datetime) -> int:
    """How many planned messages are past their time and still waiting."""
    query = select(func.count()).where(messages.c.state == State.PLANNED, messages.c.wake_at < now)
    number: int = connection.execute(query).scalar_one()
    return number


def longest_waiting(connection: Connection, now: datetime) -> datetime | None:
    """Since when the planned message that has waited longest is past its time; None where none is."""
    query = select(func.min(messages.c.wake_at)).where(messages.c.state == State.PLANNED, messages.c.wake_at < now)
    oldest: datetime | None = connection.execute(query).scalar_one()
    return oldest


def failed(connection: Connection, start: datetime, end: datetime) -> int:
    """How many messages whose moment lies from `start` up to `end` have failed."""
    query = select(func.count()).where(messages.c.state == State.FAILED, between(start, end))
    number: int = connection.execute(query).scalar_one()
    return number


def note(connection: Connection, name: str, value: str, at: datetime) -> None:
    """Remember one fact about the installation, such as its last tick."""
    changed = connection.execute(update(meta).where(meta.c.name == name).values(value=value, at=at))
    if not changed.rowcount:
        connection.execute(insert(meta).values(name=name, value=value, at=at))


def note_once(connection: Connection, name: str, value: str, at: datetime) -> str:
    """Remember a fact that never changes, unless it is known already; what it is."""
    row = {"name": name, "value": value, "at": at}
    connection.execute(insert_into(connection, meta).values(row).on_conflict_do_nothing())
    known: str = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one()
    return known


def noted(connection: Connection, name: str) -> tuple[str, datetime] | None:
    """The fact remembered under a name, and when."""
    row = connection.execute(select(meta.c.value, meta.c.at).where(meta.c.name == name)).one_or_none()
    return (row.value, row.at) if row else None
