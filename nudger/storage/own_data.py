"""Everything kept about one partner, for that partner alone."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from nudger.domain.messages import SPENT
from nudger.storage.consent import LedgerEntry, history
from nudger.storage.own_choices import find_own
from nudger.storage.sealed import open_address, open_words
from nudger.storage.tables import contacts, contents, feedback, inbound, invitations, messages, notices, partners
from nudger.storage.vault import vault_of

Data = dict[str, Any]
#: What is nobody else's business and stands in no contact's lines: told behind a link that nobody else opens.
PRIVATE = ("intimacy", "life_state", "feedback")
KEY = "sealed_for"
SUBJECT_AND_TEXT = ("subject", "text")
SAID = (*SUBJECT_AND_TEXT, "note")


def own_data(connection: Connection, partner_id: int) -> Data:
    """A partner's own data, ready for JSON but for moments, which are aware; NotThere where there is no such partner.

    What is planned is left out, for a surprise stays one, and so is all that is the other partner's.
    """
    row = find_own(connection, partner_id)
    kept = connection.execute(select(partners).where(partners.c.id == partner_id)).one()
    written = row.partner
    return {
        "name": written.name,
        "timezone": written.timezone,
        "locale": written.locale,
        "choices": json.loads(kept.choices),
        "intimacy": row.intimacy,
        "life_state": str(row.life_state),
        "paused_until": row.paused_until,
        "left_at": row.left_at,
        "contacts": _contacts(connection, partner_id),
        "consent": [_line(line) for line in history(connection, partner_id)],
        "messages": _words(connection, contents, _messages(partner_id), *SAID),
        "notices": _words(connection, notices, _notices(partner_id), *SUBJECT_AND_TEXT),
        "replies": _rows(connection, _replies(partner_id)),
        "feedback": _rows(connection, _feedback(partner_id)),
    }


def data_of_contact(connection: Connection, partner_id: int, contact_id: int) -> Data:
    """As much of it as whoever else reads that contact's mail may see: what concerns the contact, and no answer."""
    data = own_data(connection, partner_id)
    here = connection.execute(select(contacts).where(contacts.c.id == contact_id)).one()
    address = open_address(vault_of(connection), here)
    lines = [line for line in history(connection, partner_id) if line.address == address and line.theme is None]
    left = {name: value for name, value in data.items() if name not in PRIVATE}
    return left | {
        "contacts": [one for one in data["contacts"] if one["address"] == address],
        "consent": [_line(line) for line in lines],
        "messages": _words(connection, contents, _messages(partner_id, contact_id), *SAID),
        "notices": _words(connection, notices, _notices(partner_id, contact_id), *SUBJECT_AND_TEXT),
        "replies": [],
    }


def _rows(connection: Connection, query: Select[Any]) -> Sequence[Data]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _words(connection: Connection, table: Table, query: Select[Any], *names: str) -> Sequence[Data]:
    """The rows of a query, these columns of a table opened; `KEY`, which they are sealed for, is left out."""
    vault = vault_of(connection)
    found = []
    for row in connection.execute(query):
        clear = row._asdict()
        key = clear.pop(KEY)
        found.append(clear | open_words(vault, table, str(key or ""), row, names))
    return found


def _contacts(connection: Connection, partner_id: int) -> Sequence[Data]:
    query = (
        select(contacts, invitations.c.sent_at.label("invited_at"), invitations.c.declined_at)
        .outerjoin(invitations, invitations.c.contact_id == contacts.c.id)
        .where(contacts.c.partner_id == partner_id)
        .order_by(contacts.c.id)
    )
    vault = vault_of(connection)
    return [
        {
            "channel": row.channel,
            "address": open_address(vault, row),
            "consent": row.consent,
            "suppressed": row.suppressed,
            "created_at": row.created_at,
            "invited_at": row.invited_at,
            "declined_at": row.declined_at,
        }
        for row in connection.execute(query)
    ]


def _line(line: LedgerEntry) -> Data:
    return {
        "at": line.happening.at,
        "channel": line.channel,
        "theme": line.theme,
        "event": str(line.happening.event),
        "how": str(line.happening.how),
        "evidence": line.happening.evidence,
        "shown": line.happening.shown,
    }


def _messages(partner_id: int, contact_id: int | None = None) -> Select[Any]:
    to_them = messages.c.contact_id == contact_id if contact_id else messages.c.partner_id == partner_id
    return (
        select(messages.c.sent_at, messages.c.channel, messages.c.state, contents.c.subject, contents.c.text)
        .add_columns(contents.c.note, contents.c.message_id.label(KEY))
        .join(contents, contents.c.message_id == messages.c.id)
        .where(messages.c.partner_id == partner_id, to_them, messages.c.state.in_(SPENT))
        .order_by(messages.c.sent_at, messages.c.due_at, messages.c.enrollment_id)
    )


def _notices(partner_id: int, contact_id: int | None = None) -> Select[Any]:
    to_them = contacts.c.id == contact_id if contact_id else contacts.c.partner_id == partner_id
    return (
        select(notices.c.sent_at, contacts.c.channel, notices.c.kind, notices.c.state, notices.c.subject)
        .add_columns(notices.c.text, notices.c.token.label(KEY))
        .join(contacts, contacts.c.id == notices.c.contact_id)
        .where(contacts.c.partner_id == partner_id, to_them, notices.c.sent_at.is_not(None))
        .order_by(notices.c.id)
    )


def _replies(partner_id: int) -> Select[Any]:
    return (
        select(inbound.c.at, inbound.c.command)
        .join(contacts, contacts.c.id == inbound.c.contact_id)
        .where(contacts.c.partner_id == partner_id)
        .order_by(inbound.c.id)
    )


def _feedback(partner_id: int) -> Select[Any]:
    return (
        select(feedback.c.at, feedback.c.entry, feedback.c.verdict)
        .where(feedback.c.partner_id == partner_id)
        .order_by(feedback.c.id)
    )
