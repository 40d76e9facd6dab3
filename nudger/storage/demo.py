"""Consent where nobody is reached: a channel that only writes files may say yes by itself, marked as demo.

Such a yes holds only while the channel is one of those. A person's own no, given at any time, is never overruled.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, ScalarSelect, insert, select, update

from nudger.domain.people import ChannelKind
from nudger.domain.themes import Theme
from nudger.storage.consent import Event, How, Standing
from nudger.storage.statements import chunks
from nudger.storage.tables import contacts, ledger, partners


def consent_as_demo(connection: Connection, channels: Collection[ChannelKind], now: datetime) -> None:
    """Say yes for contacts that were never asked, on these channels; take back every demo yes on the others.

    Intimacy, which needs both partners' yes, goes with email.
    """
    on_demo = contacts.c.channel.in_([str(channel) for channel in channels])
    never_asked = on_demo & contacts.c.retired_at.is_(None) & (contacts.c.consent == Standing.NONE)
    _contacts(connection, never_asked, Event.GRANTED, now)

    of_contact = _latest_how(
        (ledger.c.contact_id == contacts.c.id) & ledger.c.event.in_([Event.GRANTED, Event.WITHDRAWN])
    )
    demo_only = ~on_demo & (contacts.c.consent == Standing.GRANTED) & (of_contact == How.DEMO)
    _contacts(connection, demo_only, Event.WITHDRAWN, now)

    of_theme = _latest_how((ledger.c.partner_id == partners.c.id) & (ledger.c.theme == Theme.INTIMACY))
    if ChannelKind.EMAIL in channels:
        unanswered = partners.c.intimacy.is_(False) & (of_theme.is_(None) | (of_theme == How.DEMO))
        _intimacy(connection, unanswered & (partners.c.position >= 0), Event.GRANTED, now)
    else:
        _intimacy(connection, partners.c.intimacy.is_(True) & (of_theme == How.DEMO), Event.WITHDRAWN, now)


def _latest_how(which: ColumnElement[bool]) -> ScalarSelect[str]:
    return select(ledger.c.how).where(which).order_by(ledger.c.id.desc()).limit(1).scalar_subquery()


def _contacts(connection: Connection, which: ColumnElement[bool], event: Event, now: datetime) -> None:
    standing = Standing.GRANTED if event is Event.GRANTED else Standing.NONE
    query = select(contacts.c.id, contacts.c.partner_id).where(which).order_by(contacts.c.id)
    found = connection.execute(query).all()
    for part in chunks(found):
        ids = [row.id for row in part]
        connection.execute(update(contacts).where(contacts.c.id.in_(ids)).values(consent=standing))
        lines = [{"partner_id": row.partner_id, "contact_id": row.id} for row in part]
        connection.execute(insert(ledger), [line | _demo(event, now) for line in lines])


def _intimacy(connection: Connection, which: ColumnElement[bool], event: Event, now: datetime) -> None:
    found = connection.execute(select(partners.c.id).where(which).order_by(partners.c.id)).scalars().all()
    for part in chunks(found):
        connection.execute(update(partners).where(partners.c.id.in_(part)).values(intimacy=event is Event.GRANTED))
        lines = [{"partner_id": partner_id, "theme": Theme.INTIMACY} for partner_id in part]
        connection.execute(insert(ledger), [line | _demo(event, now) for line in lines])


def _demo(event: Event, now: datetime) -> dict[str, object]:
    return {"event": event, "how": How.DEMO, "at": now}
