"""Read back what is in the database, in the words of a test."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from parts.vaults import VAULT, is_at
from sqlalchemy import Table, func, select, update

from nudger.domain.messages import Reason, State
from nudger.storage.database import Database
from nudger.storage.sealed import open_address
from nudger.storage.tables import contacts, couples, enrollments, ledger, messages, partners, schedules


class StoredMessage(NamedTuple):
    """A message as far as planning goes."""

    id: int
    schedule: str
    partner: str
    channel: str
    due_at: datetime
    state: str
    reason: str | None
    wake_at: datetime | None


def stored_messages(database: Database) -> list[StoredMessage]:
    """Every message, in order of time and partner."""
    query = (
        select(
            messages.c.id,
            schedules.c.key,
            partners.c.key,
            messages.c.channel,
            messages.c.due_at,
            messages.c.state,
            messages.c.reason,
            messages.c.wake_at,
        )
        .join(enrollments, enrollments.c.id == messages.c.enrollment_id)
        .join(schedules, schedules.c.id == enrollments.c.schedule_id)
        .join(partners, partners.c.id == messages.c.partner_id)
        .order_by(messages.c.due_at, partners.c.key)
    )
    with database.read() as connection:
        return [StoredMessage._make(row) for row in connection.execute(query)]


def put_message(database: Database, message_id: int, state: State, reason: Reason) -> None:
    """Bring a message to a state as a worker would have: claimed once, and changed."""
    changed = update(messages).where(messages.c.id == message_id)
    with database.write() as connection:
        connection.execute(changed.values(state=state, reason=reason, fence=1))


def cursors(database: Database) -> dict[tuple[str, str], datetime | None]:
    """Up to when each schedule and couple is planned."""
    query = (
        select(schedules.c.key, couples.c.key, enrollments.c.cursor)
        .join(schedules, schedules.c.id == enrollments.c.schedule_id)
        .join(couples, couples.c.id == enrollments.c.couple_id)
    )
    with database.read() as connection:
        return {(schedule, couple): cursor for schedule, couple, cursor in connection.execute(query)}


class StoredContact(NamedTuple):
    """A contact and what the ledger says of it."""

    partner: str
    channel: str
    address: str
    consent: str
    retired: bool


def stored_contacts(database: Database) -> list[StoredContact]:
    """Every contact, in order of partner, channel and address."""
    query = (
        select(
            partners.c.key,
            contacts.c.channel,
            contacts.c.address,
            contacts.c.consent,
            contacts.c.retired_at.is_not(None).label("retired"),
            contacts.c.partner_id,
        )
        .join(partners, partners.c.id == contacts.c.partner_id)
        .order_by(partners.c.key, contacts.c.channel)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    found = [StoredContact(row.key, row.channel, open_address(VAULT, row), row.consent, row.retired) for row in rows]
    return sorted(found, key=lambda contact: contact[:3])


def contact_id(database: Database, address: str) -> int:
    """The id of the contact with that address."""
    with database.read() as connection:
        found: int = connection.execute(select(contacts.c.id).where(is_at(address))).scalar_one()
        return found


def ledger_lines(database: Database) -> Sequence[tuple[Any, ...]]:
    """The ledger as (partner, event, how), in order."""
    query = select(partners.c.key, ledger.c.event, ledger.c.how)
    with database.read() as connection:
        rows = connection.execute(query.join(partners, partners.c.id == ledger.c.partner_id).order_by(ledger.c.id))
        return [tuple(row) for row in rows]


def row_count(database: Database, table: Table) -> int:
    """How many rows a table has."""
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()
