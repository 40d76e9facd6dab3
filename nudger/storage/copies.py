"""What providers may still hold of people who were erased: the names they gave to messages, and nothing else."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Select, delete, select, union, update

from nudger.storage.statements import chunks
from nudger.storage.tables import attempts, contacts, inbound, messages, notices


def copies_of(connection: Connection, partner_ids: Collection[int]) -> Mapping[str, list[str]]:
    """By provider, what it calls each message to and from these partners, until it is known to be gone there."""
    found: dict[str, list[str]] = {}
    for row in connection.execute(_named(partner_ids)):
        found.setdefault(row.provider, []).append(row.provider_id)
    return {provider: sorted(names) for provider, names in sorted(found.items())}


def _named(partner_ids: Collection[int]) -> Select[tuple[str, str]]:
    theirs = contacts.c.partner_id.in_(list(partner_ids))
    to_them = messages.c.partner_id.in_(list(partner_ids))
    tries = select(attempts.c.provider, attempts.c.provider_id)
    told = select(notices.c.provider, notices.c.provider_id)
    written = select(inbound.c.provider, inbound.c.provider_id)
    every = union(
        select(messages.c.provider, messages.c.provider_id).where(to_them),
        tries.join(messages, messages.c.id == attempts.c.message_id).where(to_them),
        told.join(contacts, contacts.c.id == notices.c.contact_id).where(theirs),
        written.join(contacts, contacts.c.id == inbound.c.contact_id).where(theirs),
    ).subquery()
    named = every.c.provider_id.is_not(None) & every.c.provider.is_not(None)
    return select(every.c.provider, every.c.provider_id).where(named)


def forget_copies(connection: Connection, partner_ids: Collection[int], provider: str, names: Collection[str]) -> None:
    """Note that the provider has nothing of these names of these partners' any more: they are gone here too.

    By the partners, whose rows an index finds: by the names alone all messages ever sent would be read through.
    """
    to_them = messages.c.partner_id.in_(list(partner_ids))
    theirs = select(contacts.c.id).where(contacts.c.partner_id.in_(list(partner_ids)))
    tries = attempts.c.message_id.in_(select(messages.c.id).where(to_them))
    for part in chunks(list(names)):
        for table, which in ((messages, to_them), (attempts, tries), (notices, notices.c.contact_id.in_(theirs))):
            gone = which & (table.c.provider == provider) & table.c.provider_id.in_(part)
            connection.execute(update(table).where(gone).values(provider_id=None))
        gone = inbound.c.contact_id.in_(theirs) & (inbound.c.provider == provider) & inbound.c.provider_id.in_(part)
        connection.execute(delete(inbound).where(gone))
