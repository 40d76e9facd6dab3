"""The consent ledger: what each person said yes or no to, only ever added to, and the answers read off it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from nudger.domain.messages import Reason
from nudger.domain.people import ChannelKind
from nudger.domain.themes import Theme
from nudger.storage.cancelling import cancel
from nudger.storage.tables import contacts, ledger, messages, partners


class Event(StrEnum):
    """What happened: a yes, a no, or the provider's refusal to carry more, and its end."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    SUPPRESSED = "suppressed"
    RELEASED = "released"


class How(StrEnum):
    """How it came to us."""

    DEMO = "demo"
    EVIDENCE = "evidence"
    REPLY = "reply"
    PAGE = "page"
    PROVIDER = "provider"


class Standing(StrEnum):
    """What the ledger says of a contact by now; `none` is neither yes nor no."""

    NONE = "none"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event with its proof: `evidence` is what shows that it happened, `shown` the words said yes to."""

    event: Event
    how: How
    at: datetime
    evidence: str | None = None
    shown: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of a partner's ledger: about a contact of theirs (`channel`, `address`), or about a theme."""

    channel: ChannelKind | None
    address: str | None
    theme: Theme | None
    happening: Happening


def record(connection: Connection, contact_id: int, happening: Happening) -> None:
    """Write down what happened to a contact, and act on it in the same transaction.

    A withdrawal or a suppression cancels what is planned for a contact in use. For a suppression, `evidence` is the
    provider's reason. The contact's row is changed first: its lock puts the ledger's lines in the order of the answers.
    """
    changed = update(contacts).where(contacts.c.id == contact_id).values(_answer(happening))
    contact = connection.execute(
        changed.returning(contacts.c.partner_id, contacts.c.channel, contacts.c.retired_at)
    ).one()
    _append(connection, contact.partner_id, happening, contact_id=contact_id)
    if happening.event in {Event.WITHDRAWN, Event.SUPPRESSED} and contact.retired_at is None:
        reason = Reason.WITHDRAWN if happening.event is Event.WITHDRAWN else Reason.SUPPRESSED
        of_contact = (messages.c.partner_id == contact.partner_id) & (messages.c.channel == contact.channel)
        cancel(connection, of_contact, reason, happening.at)


def _answer(happening: Happening) -> dict[str, str | None]:
    match happening.event:
        case Event.GRANTED:
            return {"consent": Standing.GRANTED}
        case Event.WITHDRAWN:
            return {"consent": Standing.WITHDRAWN}
        case Event.SUPPRESSED:
            return {"suppressed": (happening.evidence or happening.how)[:60]}
        case Event.RELEASED:
            return {"suppressed": None}


def record_theme(connection: Connection, partner_id: int, theme: Theme, happening: Happening) -> None:
    """Write down a partner's own yes or no to a theme; nothing is cancelled, the theme is just picked no more."""
    if theme is Theme.INTIMACY:
        said_yes = happening.event is Event.GRANTED
        connection.execute(update(partners).where(partners.c.id == partner_id).values(intimacy=said_yes))
    _append(connection, partner_id, happening, theme=theme)


def _append(
    connection: Connection,
    partner_id: int,
    happening: Happening,
    *,
    contact_id: int | None = None,
    theme: Theme | None = None,
) -> None:
    connection.execute(
        insert(ledger).values(
            partner_id=partner_id,
            contact_id=contact_id,
            theme=theme,
            event=happening.event,
            how=happening.how,
            evidence=happening.evidence,
            shown=happening.shown,
            at=happening.at,
        )
    )


def history(connection: Connection, partner_id: int) -> Sequence[LedgerEntry]:
    """Every line of a partner's ledger, oldest first."""
    query = (
        select(ledger, contacts.c.channel, contacts.c.address)
        .outerjoin(contacts, contacts.c.id == ledger.c.contact_id)
        .where(ledger.c.partner_id == partner_id)
        .order_by(ledger.c.id)
    )
    return [
        LedgerEntry(
            ChannelKind(row.channel) if row.channel else None,
            row.address,
            Theme(row.theme) if row.theme else None,
            Happening(Event(row.event), How(row.how), row.at, row.evidence, row.shown),
        )
        for row in connection.execute(query)
    ]
