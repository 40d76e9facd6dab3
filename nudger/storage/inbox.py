"""Texts that came in: whose number it was, what was understood, and what waits for a yes. Never the text itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from nudger.domain.own_choices import OwnChoices, effective
from nudger.domain.people import ChannelKind, LifeState, Partner
from nudger.domain.reply_words import Command
from nudger.storage.codec import decode_choices
from nudger.storage.consent import Standing
from nudger.storage.notices import UNASKED, NoticeState
from nudger.storage.sealed import index_of, open_couple, open_words
from nudger.storage.statements import insert_into
from nudger.storage.tables import contacts, couples, inbound, invitations, notices, partners, pending
from nudger.storage.vault import Vault, vault_of

#: Provider, and the provider's id of the text.
InboundName = tuple[str, str]
#: The language of who is no longer in the files.
LAST_RESORT = "en"


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody whose number a text came from: `written` as in the files, `gone` where the files no longer have them.

    Moments are aware. `written` is None, and the rest of no use, for who is gone.
    """

    contact_id: int
    partner_id: int
    couple_id: int
    consent: Standing
    suppressed: bool
    gone: bool
    left: bool
    written: Partner | None
    own: OwnChoices
    life_state: LifeState
    paused_until: datetime | None

    @property
    def partner(self) -> Partner:
        """The partner with their own choices in force; ValueError for who is gone."""
        if self.written is None:
            raise ValueError("Who is gone from the files has no settings.")
        return effective(self.written, self.own)

    @property
    def locale(self) -> str:
        """The language they are answered in."""
        return self.own.locale or (self.written.locale if self.written else LAST_RESORT)

    @property
    def listens(self) -> bool:
        """Whether they have said yes to texts at this number and are still here."""
        return self.consent is Standing.GRANTED and not self.gone and not self.left


def of_one_couple(people: Collection[Correspondent]) -> bool:
    """Whether all of these live together: a number of people of two couples cannot say which of these is over."""
    return len({one.couple_id for one in people}) == 1


def correspondents(connection: Connection, number: str) -> list[Correspondent]:
    """Everybody who is reached at that number (E.164), those who no longer are included; in order of their rows."""
    vault = vault_of(connection)
    query = (
        select(contacts.c.id, contacts.c.partner_id, contacts.c.consent, contacts.c.suppressed, contacts.c.retired_at)
        .add_columns(
            partners.c.couple_id, partners.c.key, partners.c.position, partners.c.choices, partners.c.life_state
        )
        .add_columns(partners.c.paused_until, partners.c.left_at, couples.c.key.label("couple"), couples.c.spec)
        .join(partners, partners.c.id == contacts.c.partner_id)
        .join(couples, couples.c.id == partners.c.couple_id)
        .where(contacts.c.address_index == index_of(vault, number), contacts.c.channel == ChannelKind.SMS)
        .order_by(contacts.c.id)
    )
    return [_correspondent(vault, row) for row in connection.execute(query)]


def _correspondent(vault: Vault, row: Any) -> Correspondent:  # noqa: ANN401 (a SQLAlchemy row)
    gone = row.retired_at is not None or row.position < 0
    return Correspondent(
        row.id,
        row.partner_id,
        row.couple_id,
        Standing(row.consent),
        row.suppressed is not None,
        gone,
        row.left_at is not None,
        None if gone else open_couple(vault, row.couple, row.spec).partner(row.key),
        decode_choices(row.choices),
        LifeState(row.life_state),
        row.paused_until,
    )


def seen(connection: Connection, name: InboundName) -> bool:
    """Whether this text was dealt with before."""
    named = (inbound.c.provider == name[0]) & (inbound.c.provider_id == name[1])
    return connection.execute(select(inbound.c.id).where(named)).first() is not None


def note_seen(connection: Connection, name: InboundName, contact_id: int, command: str, at: datetime) -> bool:
    """Note that a text was dealt with, and as what; False where somebody else just did."""
    row = {"provider": name[0], "provider_id": name[1], "contact_id": contact_id, "command": command, "at": at}
    statement = insert_into(connection, inbound).values(row).on_conflict_do_nothing()
    return connection.execute(statement.returning(inbound.c.id)).first() is not None


def wrote_since(connection: Connection, contact_ids: Collection[int], command: str, since: datetime) -> bool:
    """Whether one of these contacts wrote such a thing after that moment (aware)."""
    query = select(inbound.c.id).where(
        inbound.c.contact_id.in_(contact_ids), inbound.c.command == command, inbound.c.at > since
    )
    return connection.execute(query.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation that went out: the last words shown, and whether it still holds."""

    shown: str
    holds: bool


def offer_to(connection: Connection, contact_id: int, now: datetime) -> Offer | None:
    """What a contact was invited with; None where nobody invited it, or it wants never to be asked."""
    invited = select(invitations.c.sent_at, invitations.c.expires_at, invitations.c.declined_at).where(
        invitations.c.contact_id == contact_id, invitations.c.sent_at.is_not(None)
    )
    invitation = connection.execute(invited).one_or_none()
    said = (
        select(notices.c.token, notices.c.text)
        .where(notices.c.contact_id == contact_id, notices.c.kind.in_(UNASKED), notices.c.state == NoticeState.SENT)
        .order_by(notices.c.sent_at.desc(), notices.c.id.desc())
    )
    notice = connection.execute(said.limit(1)).one_or_none()
    if invitation is None or invitation.declined_at is not None or notice is None:
        return None
    words = open_words(vault_of(connection), notices, notice.token or "", notice, ("text",))
    return Offer(words["text"], invitation.expires_at is None or invitation.expires_at > now)


def ask(connection: Connection, partner_id: int, about: Command, until: datetime) -> None:
    """Let something wait for a partner's yes until that moment (aware), in place of what waited before."""
    forget(connection, [partner_id])
    row = {"partner_id": partner_id, "command": about, "expires_at": until}
    connection.execute(insert_into(connection, pending).values(row))


def asked(connection: Connection, partner_ids: Collection[int], now: datetime) -> dict[int, Command]:
    """What waits for a yes, by partner."""
    query = select(pending).where(pending.c.partner_id.in_(partner_ids), pending.c.expires_at > now)
    return {row.partner_id: Command(row.command) for row in connection.execute(query)}


def forget(connection: Connection, partner_ids: Collection[int]) -> None:
    """Let nothing wait any more."""
    connection.execute(delete(pending).where(pending.c.partner_id.in_(partner_ids)))
