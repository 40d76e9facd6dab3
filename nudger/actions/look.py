"""What a partner's own pages show them: their own things only, never anything of the other but the name."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from nudger.domain.people import ChannelKind, Partner, is_push
from nudger.errors import NotThere
from nudger.storage.consent import Standing
from nudger.storage.database import Database
from nudger.storage.own_choices import OwnRow, find_own
from nudger.storage.sealed import open_address, open_words
from nudger.storage.tables import contacts, contents, messages
from nudger.storage.vault import vault_of


@dataclass(frozen=True, slots=True)
class OwnContact:
    """One number or address of theirs: what was answered for it, and why a provider will not carry to it."""

    id: int
    channel: ChannelKind
    address: str = field(repr=False)
    consent: str
    suppressed: str | None

    @property
    def masked(self) -> str:
        """Enough for its owner to know which it is, and too little for anybody else to use."""
        if is_push(self.address):
            return f"the {self.address.partition('://')[0]} address"
        if self.channel is ChannelKind.SMS:
            return f"the number ending in {self.address[-2:]}"
        name, _, domain = self.address.rpartition("@")
        return f"{name[:1]}***@{domain}"


#: What stands for the other one's name where they asked to be forgotten.
UNNAMED = "the other one"


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """One partner as written and as they have it themselves, with their numbers and addresses."""

    row: OwnRow = field(repr=False)
    contacts: tuple[OwnContact, ...]

    @property
    def partner_id(self) -> int:
        """The partner's row."""
        return self.row.id

    @property
    def partner(self) -> Partner:
        """The partner as written."""
        return self.row.partner

    @property
    def other(self) -> str:
        """What to call the other one."""
        return self.row.couple.other(self.partner.key).name or UNNAMED

    @property
    def channels(self) -> list[ChannelKind]:
        """The channels by which something may come: each has a contact that said yes, and that its provider takes."""
        open_ = {one.channel for one in self.contacts if one.consent == Standing.GRANTED and one.suppressed is None}
        return [kind for kind in ChannelKind if kind in open_]

    def shared(self, contact_id: int | None) -> bool:
        """Whether that contact is the other one's as well, who then reads what comes there, links included."""
        contact, other = self.contact(contact_id), self.row.couple.other(self.partner.key)
        return contact is not None and contact.address == other.address(contact.channel)

    def restartable(self, contact_id: int | None) -> OwnContact | None:
        """The contact a link came to, where a click may bring it back: a number is brought back by a text from it."""
        contact = self.contact(contact_id)
        return contact if contact and contact.channel is not ChannelKind.SMS else None

    def contact(self, contact_id: int | None) -> OwnContact | None:
        """The contact of that id, where it is theirs and still in use."""
        return next((one for one in self.contacts if one.id == contact_id), None)


def own_settings(database: Database, partner_id: int) -> OwnSettings | None:
    """What one partner may see and change; None for one who has left, or is no longer in the files."""
    with database.read() as connection:
        try:
            row = find_own(connection, partner_id)
        except NotThere:
            return None
        return None if row.left_at else OwnSettings(row, _contacts(connection, partner_id))


def _contacts(connection: Connection, partner_id: int) -> tuple[OwnContact, ...]:
    mine = (contacts.c.partner_id == partner_id) & contacts.c.retired_at.is_(None)
    rows, vault = connection.execute(select(contacts).where(mine).order_by(contacts.c.id)), vault_of(connection)
    return tuple(
        OwnContact(row.id, ChannelKind(row.channel), open_address(vault, row), row.consent, row.suppressed)
        for row in rows
    )


def words_for(database: Database, partner_id: int, message_id: int) -> str | None:
    """The words of a partner's own message, for the discreet note's page; None where there are none any more."""
    query = (
        select(contents.c.note, contents.c.text)
        .join(messages, messages.c.id == contents.c.message_id)
        .where(messages.c.id == message_id, messages.c.partner_id == partner_id)
    )
    with database.read() as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        said = open_words(vault_of(connection), contents, str(message_id), row, ("note", "text"))
    return said["note"] or said["text"] or None
