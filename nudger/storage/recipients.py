"""Everything the gate and the composer need to know of the people a batch of messages is for, in a few queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from nudger.domain.own_choices import AS_WRITTEN, OwnChoices, effective, heavier
from nudger.domain.people import ChannelKind, Couple, LifeState, Partner
from nudger.domain.schedules import Schedule
from nudger.storage.codec import decode_choices, decode_schedule
from nudger.storage.sealed import open_address, open_couple
from nudger.storage.tables import contacts, couples, enrollments, partners, schedules
from nudger.storage.vault import vault_of


@dataclass(frozen=True, slots=True)
class StoredPartner:
    """What one partner said and chose alone, as it stands in the database."""

    id: int
    key: str
    intimacy: bool
    paused_until: datetime | None
    own: OwnChoices = AS_WRITTEN
    life_state: LifeState = LifeState.ACTIVE
    left: bool = False


@dataclass(frozen=True, slots=True)
class StoredCouple:
    """A couple as written, and what the database knows of it and of the partners in the files."""

    id: int
    couple: Couple
    life_state: LifeState
    paused_until: datetime | None
    partners: tuple[StoredPartner, ...]

    @property
    def intimacy_agreed(self) -> bool:
        """Whether both partners have said yes, each alone."""
        return all(partner.intimacy for partner in self.partners)

    def has(self, partner_id: int) -> bool:
        """Whether the partner of that id is still in the files."""
        return partner_id in [partner.id for partner in self.partners]

    def stored_partner(self, partner_id: int) -> StoredPartner:
        """The partner of that id, who must be in the files."""
        for partner in self.partners:
            if partner.id == partner_id:
                return partner
        raise KeyError(partner_id)

    def partner(self, partner_id: int) -> Partner:
        """The partner of that id as written."""
        return self.couple.partner(self.stored_partner(partner_id).key)

    def reached(self, partner_id: int) -> Partner:
        """The partner of that id as they are to be reached: their own zone, language, channel and budget."""
        return effective(self.partner(partner_id), self.stored_partner(partner_id).own)

    def life_state_for(self, partner_id: int) -> LifeState:
        """What is going on for this partner: the couple's state or their own, whichever is heavier."""
        return heavier(self.life_state, self.stored_partner(partner_id).life_state)

    def paused_for(self, partner_id: int) -> datetime | None:
        """Until when nothing goes to this partner: their own pause or the couple's, whichever is longer."""
        own = self.stored_partner(partner_id).paused_until
        return max(self.paused_until, own) if self.paused_until and own else self.paused_until or own


@dataclass(frozen=True, slots=True)
class StoredContact:
    """Where to send, and whether one may."""

    id: int
    address: str
    consent: str
    suppressed: str | None


#: Made once, as for hundreds of ids making them takes longer than running them.
_LOCK = (
    select(couples.c.id, couples.c.key, couples.c.spec, couples.c.life_state, couples.c.paused_until)
    .where(couples.c.id.in_(bindparam("couple_ids")))
    .order_by(couples.c.id)
    .with_for_update(key_share=True)
)
_MEMBERS = (
    select(
        partners.c.id,
        partners.c.key,
        partners.c.intimacy,
        partners.c.paused_until,
        partners.c.choices,
        partners.c.life_state,
        partners.c.left_at,
        partners.c.couple_id,
    )
    .where(partners.c.couple_id.in_(bindparam("couple_ids")), partners.c.position >= 0)
    .order_by(partners.c.position)
)
_SCHEDULES = (
    select(enrollments.c.id, schedules.c.spec)
    .join(schedules, schedules.c.id == enrollments.c.schedule_id)
    .where(enrollments.c.id.in_(bindparam("ids")), enrollments.c.cursor.is_not(None))
)
_CONTACTS = select(
    contacts.c.partner_id,
    contacts.c.channel,
    contacts.c.id,
    contacts.c.address,
    contacts.c.consent,
    contacts.c.suppressed,
).where(contacts.c.partner_id.in_(bindparam("partner_ids")), contacts.c.retired_at.is_(None))


def couples_of(connection: Connection, couple_ids: Collection[int]) -> dict[int, StoredCouple]:
    """These couples, locked until the transaction ends so that no two workers pick for one couple at once."""
    locked, vault = connection.execute(_LOCK, {"couple_ids": couple_ids}).all(), vault_of(connection)
    members = _partners_of(connection, couple_ids)
    return {
        row.id: StoredCouple(
            row.id,
            open_couple(vault, row.key, row.spec),
            LifeState(row.life_state),
            row.paused_until,
            members[row.id],
        )
        for row in locked
    }


def _partners_of(connection: Connection, couple_ids: Collection[int]) -> dict[int, tuple[StoredPartner, ...]]:
    found: dict[int, tuple[StoredPartner, ...]] = {}
    for row in connection.execute(_MEMBERS, {"couple_ids": couple_ids}).all():
        partner = StoredPartner(
            row.id,
            row.key,
            row.intimacy,
            row.paused_until,
            decode_choices(row.choices),
            LifeState(row.life_state),
            row.left_at is not None,
        )
        found[row.couple_id] = (*found.get(row.couple_id, ()), partner)
    return found


def schedules_of(connection: Connection, enrollment_ids: Collection[int]) -> dict[int, Schedule]:
    """The schedule behind each of these enrollments that is still planned."""
    found = connection.execute(_SCHEDULES, {"ids": enrollment_ids}).all()
    return {number: decode_schedule(spec) for number, spec in found}


def contacts_of(connection: Connection, partner_ids: Collection[int]) -> dict[tuple[int, ChannelKind], StoredContact]:
    """Each of these partners' current contacts, by channel."""
    vault = vault_of(connection)
    return {
        (row.partner_id, ChannelKind(row.channel)): StoredContact(
            row.id, open_address(vault, row), row.consent, row.suppressed
        )
        for row in connection.execute(_CONTACTS, {"partner_ids": partner_ids}).all()
    }


def addresses_of(connection: Connection, contact_ids: Collection[int | None]) -> dict[int | None, str]:
    """The address behind each contact, current or not."""
    columns = (contacts.c.id, contacts.c.partner_id, contacts.c.channel, contacts.c.address)
    found = connection.execute(select(*columns).where(contacts.c.id.in_(contact_ids)))
    vault = vault_of(connection)
    return {row.id: open_address(vault, row) for row in found}
