"""Who is to be invited, who was, and who wants never to be asked again."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select, update

from nudger.domain.own_choices import OwnChoices, effective
from nudger.domain.people import ChannelKind, LifeState, Partner
from nudger.storage.codec import decode_choices
from nudger.storage.consent import Standing
from nudger.storage.contacts import others_at
from nudger.storage.sealed import open_address, open_couple
from nudger.storage.statements import insert_into
from nudger.storage.tables import contacts, couples, invitations, partners
from nudger.storage.vault import Vault, vault_of

OVER = (LifeState.ENDED, LifeState.BEREAVED)


@dataclass(frozen=True, slots=True)
class Invitee:
    """A contact that has said neither yes nor no. `inviter` is the other partner's name."""

    contact_id: int
    partner_id: int
    channel: ChannelKind
    address: str = field(repr=False)
    partner: Partner = field(repr=False)
    inviter: str = field(repr=False)
    own: OwnChoices = field(repr=False)
    expires_at: datetime | None


def unanswered(
    connection: Connection, channels: Collection[ChannelKind], asked_before: datetime, now: datetime, limit: int
) -> list[Invitee]:
    """Contacts whose one invitation went out before that moment, has not expired at `now` and was never repeated."""
    once = (invitations.c.sent_at <= asked_before) & (invitations.c.expires_at > now)
    which = once & invitations.c.reminded_at.is_(None) & contacts.c.channel.in_(channels)
    return _invitees(connection, which, now, limit)


def never_asked(
    connection: Connection, channels: Collection[ChannelKind], now: datetime, limit: int, after: int = 0
) -> list[Invitee]:
    """Contacts of these channels that were never invited, in order of id, those up to `after` left out."""
    which = invitations.c.sent_at.is_(None) & (contacts.c.id > after) & contacts.c.channel.in_(channels)
    return _invitees(connection, which, now, limit)


def _invitees(connection: Connection, which: ColumnElement[bool], now: datetime, limit: int) -> list[Invitee]:
    vault = vault_of(connection)
    return [_invitee(vault, row) for row in connection.execute(_open(which, now).limit(limit))]


_OTHER = partners.alias("other")
#: Nobody is invited in the name of somebody who has left, or asked to be forgotten.
_OTHER_LEFT = exists().where(
    _OTHER.c.couple_id == partners.c.couple_id, _OTHER.c.id != partners.c.id, _OTHER.c.left_at.is_not(None)
)


def at_ease(now: datetime) -> ColumnElement[bool]:
    """Whether a partner (joined with their couple) may be asked something at all: neither is paused or grieving."""
    return and_(
        or_(partners.c.paused_until.is_(None), partners.c.paused_until <= now),
        or_(couples.c.paused_until.is_(None), couples.c.paused_until <= now),
        partners.c.life_state != LifeState.LOSS,
        couples.c.life_state != LifeState.LOSS,
    )


def _open(which: ColumnElement[bool], now: datetime) -> Select[Any]:
    return (
        select(contacts.c.id, contacts.c.channel, contacts.c.address, contacts.c.partner_id)
        .add_columns(
            partners.c.key, partners.c.choices, couples.c.key.label("couple"), couples.c.spec, invitations.c.expires_at
        )
        .join(partners, partners.c.id == contacts.c.partner_id)
        .join(couples, couples.c.id == partners.c.couple_id)
        .outerjoin(invitations, invitations.c.contact_id == contacts.c.id)
        .where(
            which,
            contacts.c.consent == Standing.NONE,
            contacts.c.retired_at.is_(None),
            contacts.c.suppressed.is_(None),
            invitations.c.declined_at.is_(None),
            partners.c.position >= 0,
            partners.c.left_at.is_(None),
            couples.c.retired_at.is_(None),
            couples.c.life_state.not_in(OVER),
            at_ease(now),
            ~_OTHER_LEFT,
        )
        .order_by(contacts.c.id)
    )


def _invitee(vault: Vault, row: Any) -> Invitee:  # noqa: ANN401 (a SQLAlchemy row)
    couple = open_couple(vault, row.couple, row.spec)
    own = decode_choices(row.choices)
    partner = effective(couple.partner(row.key), own)
    return Invitee(
        row.id,
        row.partner_id,
        ChannelKind(row.channel),
        open_address(vault, row),
        partner,
        couple.other(row.key).name,
        own,
        row.expires_at,
    )


def note_invited(connection: Connection, contact_id: int, now: datetime, lasts: timedelta) -> bool:
    """Note that a contact is invited, and until when that holds; False where somebody else has just done so."""
    _ensure(connection, contact_id)
    never = (invitations.c.contact_id == contact_id) & invitations.c.sent_at.is_(None)
    values = {"sent_at": now, "expires_at": now + lasts}
    return connection.execute(update(invitations).where(never).values(values)).rowcount == 1


def note_reminded(connection: Connection, contact_id: int, now: datetime, quiet: timedelta) -> bool:
    """Note that a contact is reminded, and until when nobody may ask again; False where that was done already."""
    once = (invitations.c.contact_id == contact_id) & invitations.c.reminded_at.is_(None)
    values = {"reminded_at": now, "quiet_until": now + quiet}
    return connection.execute(update(invitations).where(once).values(values)).rowcount == 1


def unanswered_beside(connection: Connection, contact_id: int) -> list[int]:
    """The contacts of others with the same number or address that have said neither yes nor no, by id."""
    open_ = contacts.c.id.in_(others_at(connection, contact_id)) & (contacts.c.consent == Standing.NONE)
    return list(connection.execute(select(contacts.c.id).where(open_).order_by(contacts.c.id)).scalars())


def decline(connection: Connection, contact_id: int, now: datetime) -> None:
    """Note that a contact wants never to be asked again; the first such moment stays."""
    _ensure(connection, contact_id)
    not_yet = (invitations.c.contact_id == contact_id) & invitations.c.declined_at.is_(None)
    connection.execute(update(invitations).where(not_yet).values(declined_at=now))


def _ensure(connection: Connection, contact_id: int) -> None:
    row = insert_into(connection, invitations).values(contact_id=contact_id)
    connection.execute(row.on_conflict_do_nothing(index_elements=["contact_id"]))
