"""What providers report back: each event applied once, to the attempt or notice it is about."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, bindparam, exists, func, or_, select, update

from nudger.domain.life import Message
from nudger.storage.consent import Event, Standing
from nudger.storage.messages import COLUMNS, message_of
from nudger.storage.statements import chunks, insert_into
from nudger.storage.tables import attempts, contacts, ledger, messages, notices, provider_events


def _named(table: Table) -> ColumnElement[bool]:
    named = table.c.token.in_(bindparam("tokens")), table.c.provider_id.in_(bindparam("provider_ids"))
    return or_(*named)


# Made once: for a report of one message making them takes longer than running them.

_LATER = attempts.alias("later")
_SUPERSEDED = exists().where(_LATER.c.message_id == attempts.c.message_id, _LATER.c.id > attempts.c.id)
_TRIED = select(attempts, _SUPERSEDED.label("superseded")).where(_named(attempts)).order_by(attempts.c.id)
_SENT_NOTICES = select(notices).where(_named(notices)).order_by(notices.c.id)
_MESSAGES = select(*COLUMNS).where(messages.c.id.in_(bindparam("ids"))).order_by(messages.c.id).with_for_update()
_BIND = [
    update(table)
    .where(table.c.token == bindparam("of"), table.c.provider_id.is_(None))
    .values(provider_id=bindparam("to"))
    for table in (attempts, notices)
]
_LAST_YES = select(func.max(ledger.c.at)).where(
    ledger.c.contact_id == bindparam("contact"), ledger.c.event == Event.GRANTED
)
_STANDING = (
    select(contacts.c.suppressed, contacts.c.consent).where(contacts.c.id == bindparam("contact")).with_for_update()
)


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
    return [
        Tried(row.message_id, row.token, row.provider, row.provider_id, row.started_at, not row.superseded)
        for row in connection.execute(_TRIED, {"tokens": tokens, "provider_ids": provider_ids})
    ]


def bind(connection: Connection, token: str, provider_id: str) -> None:
    """Note the provider's id of an attempt or notice whose own answer never came; a known one stays."""
    for statement in _BIND:
        connection.execute(statement, {"of": token, "to": provider_id})


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
    return [
        SentNotice(row.id, row.contact_id, row.token, row.provider, row.provider_id)
        for row in connection.execute(_SENT_NOTICES, {"tokens": tokens, "provider_ids": provider_ids})
    ]


def messages_of(connection: Connection, found: Sequence[Tried]) -> dict[int, Message]:
    """The messages behind attempts, by id, locked until the transaction ends."""
    rows = connection.execute(_MESSAGES, {"ids": {one.message_id for one in found}})
    return {row.id: message_of(row) for row in rows}


def last_yes(connection: Connection, contact_id: int) -> datetime | None:
    """When a contact last said yes, aware; what a provider reports of the time before is history."""
    moment: datetime | None = connection.execute(_LAST_YES, {"contact": contact_id}).scalar_one()
    return moment


def suppressed(connection: Connection, contact_id: int) -> tuple[str | None, Standing]:
    """Why a contact takes nothing more, if so, and what it said itself; locked until the transaction ends."""
    row = connection.execute(_STANDING, {"contact": contact_id}).one()
    return row.suppressed, Standing(row.consent)
