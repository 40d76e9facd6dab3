"""What providers report back: each event applied once, to the attempt or notice it is about."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select, update

from nudger.domain.life import Message
from nudger.storage.consent import Event, Standing
from nudger.storage.messages import COLUMNS, message_of
from nudger.storage.statements import chunks, insert_into
from nudger.storage.tables import attempts, contacts, ledger, messages, notices, provider_events


def first_seen(connection: Connection, events: Sequence[tuple[str, str]], now: datetime) -> set[tuple[str, str]]:
    """Those events, as (provider, id), that were never applied before; from now on they count as applied."""
    new: set[tuple[str, str]] = set()
    for part in chunks(sorted(set(events))):
        rows = [{"provider": provider, "event_id": event_id, "at": now} for provider, event_id in part]
        statement = insert_into(connection, provider_events).values(rows).on_conflict_do_nothing()
        kept = connection.execute(statement.returning(provider_events.c.provider, provider_events.c.event_id))
        new |= {(row.provider, row.event_id) for row in kept}
    return new


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt that a provider may report on; `latest` where no other was made at its message since."""

    message_id: int
    token: str
    provider: str
    provider_id: str | None
    started_at: datetime
    latest: bool


def tried(connection: Connection, tokens: Collection[str], provider_ids: Collection[str]) -> list[Tried]:
    """The attempts with these tokens, or to which a provider gave these ids."""
    later = attempts.alias("later")
    superseded = exists().where(later.c.message_id == attempts.c.message_id, later.c.id > attempts.c.id)
    query = select(attempts, superseded.label("superseded")).where(_named(attempts, tokens, provider_ids))
    return [
        Tried(row.message_id, row.token, row.provider, row.provider_id, row.started_at, not row.superseded)
        for row in connection.execute(query.order_by(attempts.c.id))
    ]


def bind(connection: Connection, token: str, provider_id: str) -> None:
    """Note the provider's id of an attempt or notice whose own answer never came; a known one stays."""
    for table in (attempts, notices):
        unnamed = (table.c.token == token) & table.c.provider_id.is_(None)
        connection.execute(update(table).where(unnamed).values(provider_id=provider_id))


@dataclass(frozen=True, slots=True)
class SentNotice:
    """A notice that a provider may report on."""

    id: int
    contact_id: int
    token: str
    provider: str | None
    provider_id: str | None


def sent_notices(connection: Connection, tokens: Collection[str], provider_ids: Collection[str]) -> list[SentNotice]:
    """The notices with these tokens, or to which a provider gave these ids."""
    query = select(notices).where(_named(notices, tokens, provider_ids)).order_by(notices.c.id)
    return [
        SentNotice(row.id, row.contact_id, row.token, row.provider, row.provider_id)
        for row in connection.execute(query)
    ]


def _named(table: Any, tokens: Collection[str], provider_ids: Collection[str]) -> ColumnElement[bool]:  # noqa: ANN401 (a Table)
    return or_(table.c.token.in_(tokens), table.c.provider_id.in_(provider_ids))


def messages_of(connection: Connection, found: Sequence[Tried]) -> dict[int, Message]:
    """The messages behind attempts, by id, locked until the transaction ends."""
    query = select(*COLUMNS).where(messages.c.id.in_({one.message_id for one in found}))
    rows = connection.execute(query.order_by(messages.c.id).with_for_update())
    return {row.id: message_of(row) for row in rows}


def last_yes(connection: Connection, contact_id: int) -> datetime | None:
    """When a contact last said yes, aware; what a provider reports of the time before is history."""
    query = select(func.max(ledger.c.at)).where(ledger.c.contact_id == contact_id, ledger.c.event == Event.GRANTED)
    moment: datetime | None = connection.execute(query).scalar_one()
    return moment


def suppressed(connection: Connection, contact_id: int) -> tuple[str | None, Standing]:
    """Why a contact takes nothing more, if so, and what it said itself; locked until the transaction ends."""
    query = select(contacts.c.suppressed, contacts.c.consent).where(contacts.c.id == contact_id)
    row = connection.execute(query.with_for_update()).one()
    return row.suppressed, Standing(row.consent)
