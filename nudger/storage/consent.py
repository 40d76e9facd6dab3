"""The consent ledger: what each person said yes or no to, only ever added to, and the answers read off it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from nudger.domain.messages import Reason
from nudger.domain.people import ChannelKind
from nudger.domain.themes import Theme
from nudger.storage.cancelling import cancel_for_contact
from nudger.storage.journal import Kind, note, note_of_partner
from nudger.storage.sealed import LEDGER, ledger_key, open_address, open_words, seal_words
from nudger.storage.tables import contacts, ledger, partners
from nudger.storage.vault import Vault, vault_of


class Event(StrEnum):
    """What happened: a yes, a no, or the provider's refusal to carry more, and its end."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    SUPPRESSED = "suppressed"
    RELEASED = "released"


#: One each for what is said and what is refused, made once: a page of reports brings thousands.
_ANSWERED = {
    name: update(contacts)
    .where(contacts.c.id == bindparam("of"))
    .values({name: bindparam("answer")})
    .returning(contacts.c.partner_id, contacts.c.channel, contacts.c.retired_at, contacts.c.address)
    for name in ("consent", "suppressed")
}
_LINE = insert(ledger)

#: What the journal beside the database has to know as well.
NARROWING = frozenset({Event.WITHDRAWN, Event.SUPPRESSED})


class How(StrEnum):
    """How it came to us."""

    DEMO = "demo"
    EVIDENCE = "evidence"
    REPLY = "reply"
    PAGE = "page"
    PROVIDER = "provider"
    JOURNAL = "journal"  # said before a restore, and read off the journal after it


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
    column, answer = _answer(happening)
    contact = connection.execute(_ANSWERED[column], {"of": contact_id, "answer": answer}).one()
    _append(connection, contact.partner_id, happening, contact_id=contact_id)
    if happening.event in NARROWING:
        note(connection, Kind(happening.event), open_address(vault_of(connection), contact), at=happening.at)
    if happening.event in NARROWING and contact.retired_at is None:
        reason = Reason.WITHDRAWN if happening.event is Event.WITHDRAWN else Reason.SUPPRESSED
        cancel_for_contact(connection, contact.partner_id, contact.channel, reason, happening.at)


def _answer(happening: Happening) -> tuple[str, str | None]:
    match happening.event:
        case Event.GRANTED:
            return "consent", Standing.GRANTED
        case Event.WITHDRAWN:
            return "consent", Standing.WITHDRAWN
        case Event.SUPPRESSED:
            return "suppressed", (happening.evidence or happening.how)[:60]
        case Event.RELEASED:
            return "suppressed", None


def record_theme(connection: Connection, partner_id: int, theme: Theme, happening: Happening) -> None:
    """Write down a partner's own yes or no to a theme; nothing is cancelled, the theme is just picked no more."""
    if theme is Theme.INTIMACY:
        said_yes = happening.event is Event.GRANTED
        connection.execute(update(partners).where(partners.c.id == partner_id).values(intimacy=said_yes))
    if happening.event in NARROWING:
        note_of_partner(connection, Kind.WITHDRAWN, partner_id, at=happening.at, about=theme)
    _append(connection, partner_id, happening, theme=theme)


def _append(
    connection: Connection,
    partner_id: int,
    happening: Happening,
    *,
    contact_id: int | None = None,
    theme: Theme | None = None,
) -> None:
    key = ledger_key(partner_id, contact_id, theme, happening.event, happening.at)
    sealed = seal_words(vault_of(connection), ledger, key, evidence=happening.evidence, shown=happening.shown)
    what = {"event": happening.event, "how": happening.how, "at": happening.at}
    about = {"partner_id": partner_id, "contact_id": contact_id, "theme": theme}
    connection.execute(_LINE, {**about, **what, **sealed})


def history(connection: Connection, partner_id: int) -> Sequence[LedgerEntry]:
    """Every line of a partner's ledger, oldest first."""
    query = (
        select(ledger, contacts.c.channel, contacts.c.address)
        .outerjoin(contacts, contacts.c.id == ledger.c.contact_id)
        .where(ledger.c.partner_id == partner_id)
        .order_by(ledger.c.id)
    )
    vault = vault_of(connection)
    return [_entry(vault, row) for row in connection.execute(query)]


def _entry(vault: Vault, row: Any) -> LedgerEntry:  # noqa: ANN401 (a SQLAlchemy row)
    key = ledger_key(row.partner_id, row.contact_id, row.theme, row.event, row.at)
    said = open_words(vault, ledger, key, row, LEDGER)
    return LedgerEntry(
        ChannelKind(row.channel) if row.channel else None,
        open_address(vault, row) if row.channel else None,
        Theme(row.theme) if row.theme else None,
        Happening(Event(row.event), How(row.how), row.at, **said),
    )
