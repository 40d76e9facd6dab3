"""Couples read back, with where they stand; and their pauses."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Row, select, true, update

from nudger.domain.people import ChannelKind, Couple, LifeState
from nudger.errors import NotThere
from nudger.storage.consent import Standing
from nudger.storage.sealed import open_address, open_couple
from nudger.storage.tables import contacts, couples, partners
from nudger.storage.vault import Vault, vault_of

#: The end of a pause without one.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact in use; `suppressed` says why the provider will not take messages to it."""

    id: int
    channel: ChannelKind
    address: str
    consent: Standing
    suppressed: str | None


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner in the files, with their own answers. `paused_until` is aware."""

    id: int
    key: str
    intimacy: bool
    paused_until: datetime | None
    contacts: tuple[ContactRow, ...]


@dataclass(frozen=True, slots=True)
class CoupleRow:
    """A couple in the files, its partners in the order written. `paused_until` is aware."""

    id: int
    couple: Couple
    life_state: LifeState
    paused_until: datetime | None
    partners: tuple[PartnerRow, ...]

    def partner(self, key: str) -> PartnerRow:
        """The partner of that key; NotThere where there is none."""
        for partner in self.partners:
            if partner.key == key:
                return partner
        raise _no_such_partner()


def find_couple(connection: Connection, key: str) -> CoupleRow:
    """The couple of that key; NotThere where the files have none."""
    found = _couples(connection, couples.c.key == key)
    if not found:
        raise _not_there()
    return found[0]


def find_partners(connection: Connection, key: str, partner: str | None = None) -> Sequence[int]:
    """The ids of a couple's partners, or of that one alone, also where the files no longer have them; else NotThere.

    Somebody whom another partner has replaced is found by their own key alone.
    """
    who = partners.c.position >= 0 if partner is None else partners.c.key == partner
    query = select(partners.c.id).join(couples, couples.c.id == partners.c.couple_id)
    found = connection.execute(query.where(couples.c.key == key, who).order_by(partners.c.position)).scalars().all()
    if not found:
        known = connection.execute(select(couples.c.id).where(couples.c.key == key)).first()
        raise _no_such_partner() if known else _not_there()
    return found


def _no_such_partner() -> NotThere:
    return NotThere("There is no such partner.", mend="`nudger couples show` names both.")


def _not_there() -> NotThere:
    return NotThere("There is no such couple.", mend="`nudger couples list` names them all.")


def list_couples(connection: Connection) -> Sequence[CoupleRow]:
    """Every couple in the files, in order of key."""
    return _couples(connection, true())


def pause(connection: Connection, key: str, until: datetime = FOREVER) -> None:
    """Send a couple nothing before that moment; NotThere where the files have none of that key."""
    _pause(connection, key, until)


def resume(connection: Connection, key: str) -> None:
    """End a couple's pause; NotThere where the files have none of that key."""
    _pause(connection, key, None)


def _pause(connection: Connection, key: str, until: datetime | None) -> None:
    in_use = (couples.c.key == key) & couples.c.retired_at.is_(None)
    if connection.execute(update(couples).where(in_use).values(paused_until=until)).rowcount == 0:
        raise _not_there()


def _couples(connection: Connection, which: ColumnElement[bool]) -> list[CoupleRow]:
    in_use = which & couples.c.retired_at.is_(None)
    pairs = _partners(connection, in_use)
    vault = vault_of(connection)
    query = select(couples.c.id, couples.c.key, couples.c.spec, couples.c.life_state, couples.c.paused_until)
    rows = connection.execute(query.where(in_use).order_by(couples.c.key))
    return [
        CoupleRow(
            row.id,
            open_couple(vault, row.key, row.spec),
            LifeState(row.life_state),
            row.paused_until,
            tuple(pairs[row.id]),
        )
        for row in rows
    ]


def _partners(connection: Connection, which: ColumnElement[bool]) -> dict[int, list[PartnerRow]]:
    query = (
        select(partners, contacts.c.id.label("contact_id"), contacts.c.channel, contacts.c.address)
        .add_columns(contacts.c.partner_id, contacts.c.consent, contacts.c.suppressed)
        .join(couples, couples.c.id == partners.c.couple_id)
        .outerjoin(contacts, (contacts.c.partner_id == partners.c.id) & contacts.c.retired_at.is_(None))
        .where(which, partners.c.position >= 0)
        .order_by(partners.c.couple_id, partners.c.position, contacts.c.channel.desc())
    )
    by_partner: dict[int, list[Row[*tuple[object, ...]]]] = defaultdict(list)
    for row in connection.execute(query):
        by_partner[row.id].append(row)
    found: dict[int, list[PartnerRow]] = defaultdict(list)
    for rows in by_partner.values():
        found[rows[0].couple_id].append(_partner(vault_of(connection), rows))
    return found


def _partner(vault: Vault, rows: Sequence[Row[*tuple[object, ...]]]) -> PartnerRow:
    first = rows[0]
    return PartnerRow(first.id, first.key, first.intimacy, first.paused_until, tuple(_contacts(vault, rows)))


def _contacts(vault: Vault, rows: Iterable[Row[*tuple[object, ...]]]) -> Iterable[ContactRow]:
    for row in rows:
        if row.contact_id is not None:
            channel = ChannelKind(row.channel)
            yield ContactRow(row.contact_id, channel, open_address(vault, row), Standing(row.consent), row.suppressed)
