"""Links to partners' pages: random, for one purpose each, of use for a while; only a hash of the token is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from sqlalchemy import Connection, insert, select, update

from nudger.storage.tables import contacts, links


class Purpose(StrEnum):
    """What a link lets its holder do: answer an invitation, change their own choices, or read one message."""

    INVITATION = "invitation"
    PREFERENCES = "preferences"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link that holds. Moments are aware."""

    id: int
    purpose: Purpose
    partner_id: int
    contact_id: int | None
    message_id: int | None
    expires_at: datetime


def new_link(
    connection: Connection,
    tokens: Callable[[], str],
    purpose: Purpose,
    partner_id: int,
    *,
    contact_id: int | None = None,
    message_id: int | None = None,
    now: datetime,
    lasts: timedelta,
) -> str:
    """Make a link that holds from `now` (aware) for so long; its token, which is kept nowhere.

    `tokens` gives at least 32 random characters that need no escaping in a web address (128 bits: NIST SP 800-63B).
    """
    token = tokens()
    connection.execute(
        insert(links).values(
            token_hash=hash_of(token),
            purpose=purpose,
            partner_id=partner_id,
            contact_id=contact_id,
            message_id=message_id,
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return token


def find_link(connection: Connection, token: str, purpose: Purpose, now: datetime) -> LinkRow | None:
    """The link of that token; None alike for one unknown, expired at `now` (aware), revoked, or for something else.

    A link ends with the contact it was sent to: a number or mailbox given up may be somebody else's by now.
    """
    query = (
        select(links)
        .outerjoin(contacts, contacts.c.id == links.c.contact_id)
        .where(
            links.c.token_hash == hash_of(token),
            links.c.purpose == purpose,
            links.c.expires_at > now,
            links.c.revoked_at.is_(None),
            contacts.c.retired_at.is_(None),
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return LinkRow(row.id, Purpose(row.purpose), row.partner_id, row.contact_id, row.message_id, row.expires_at)


def revoke_links(connection: Connection, partner_id: int, now: datetime, purpose: Purpose | None = None) -> None:
    """End a partner's links, all of them or those for one purpose."""
    theirs = (links.c.partner_id == partner_id) & links.c.revoked_at.is_(None)
    if purpose is not None:
        theirs &= links.c.purpose == purpose
    connection.execute(update(links).where(theirs).values(revoked_at=now))


def hash_of(token: str) -> str:
    """What is kept of a token: BLAKE2b-256, 64 hexadecimal digits. Random tokens need no salt and no slow hash."""
    return blake2b(token.encode(), digest_size=32).hexdigest()
