"""Forget a person: what is theirs is blanked, and a keyed hash keeps the files from bringing their addresses back."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, delete, select, update

from nudger.domain.people import Couple, Partner
from nudger.errors import NotThere
from nudger.storage.consent import Standing
from nudger.storage.journal import Kind, note_erased, note_of_partner
from nudger.storage.own_choices import change, written
from nudger.storage.sealed import (
    LEDGER,
    ledger_key,
    open_address,
    open_words,
    seal_address,
    seal_couple,
    seal_words,
)
from nudger.storage.statements import insert_into
from nudger.storage.tables import (
    contacts,
    contents,
    couples,
    erased,
    feedback,
    inbound,
    ledger,
    links,
    messages,
    meta,
    notices,
    partners,
    pending,
)
from nudger.storage.vault import Vault, vault_of

#: The name of someone who asked to be forgotten; words about them say it in the reader's language.
NAMELESS = ""
GONE = "erased"
HASH = "erased.address_hash"
WORDS, PROOF = "ledger.words", "hmac-sha256:"
#: Hashes of the time before there were keys were made with this, kept in the database beside them.
OLD_SALT = "erasure_salt"


def erase_person(connection: Connection, partner_id: int, now: datetime) -> None:
    """Blank a partner's name, addresses, words and answers, in every row that holds them; `now` is aware.

    Also of one whom the files no longer have; NotThere where there never was such a partner.

    The other one may notice two things, and neither can be helped: there is no name any more to call the partner by,
    and ideas of the theme that takes a yes from both end, for the yes is forgotten with the rest.
    """
    query = select(partners.c.couple_id, partners.c.key).where(partners.c.id == partner_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotThere("There is no such partner.")
    note_of_partner(connection, Kind.ERASED, partner_id, at=now)
    _forget_contacts(connection, partner_id, now)
    _forget_words(connection, partner_id)
    for table in (links, feedback, pending):
        connection.execute(delete(table).where(table.c.partner_id == partner_id))
    change(connection, partner_id, choices="{}", intimacy=False, erased_at=now, paused_until=None, life_state="active")
    _keep_without(connection, row.couple_id, without(written(connection, row.couple_id), {row.key}))


def erased_partners(connection: Connection) -> list[int]:
    """Everybody who was forgotten."""
    return list(connection.execute(select(partners.c.id).where(partners.c.erased_at.is_not(None))).scalars())


def is_erased(connection: Connection, partner_id: int) -> bool:
    """Whether a partner was forgotten already."""
    found = select(partners.c.id).where(partners.c.id == partner_id, partners.c.erased_at.is_not(None))
    return connection.execute(found).one_or_none() is not None


def _keep_without(connection: Connection, couple_id: int, couple: Couple) -> None:
    spec = seal_couple(vault_of(connection), couple)
    connection.execute(update(couples).where(couples.c.id == couple_id).values(spec=spec))


def _forget_contacts(connection: Connection, partner_id: int, now: datetime) -> None:
    vault = vault_of(connection)
    for contact in connection.execute(select(contacts).where(contacts.c.partner_id == partner_id)).all():
        address = open_address(vault, contact)
        note_erased(connection, address, at=now)
        row = {"address_hash": vault.blind(HASH, address), "at": now}
        connection.execute(insert_into(connection, erased).values(row).on_conflict_do_nothing())
        nowhere = seal_address(vault, partner_id, contact.channel, f"{GONE}-{contact.id}")
        blank = {**nowhere, "suppressed": GONE, "consent": Standing.WITHDRAWN}
        connection.execute(update(contacts).where(contacts.c.id == contact.id).values(**blank, retired_at=now))
        # What the provider calls their texts stays until they are deleted there.
        connection.execute(update(inbound).where(inbound.c.contact_id == contact.id).values(command=GONE))
        silent = update(notices).where(notices.c.contact_id == contact.id)
        connection.execute(silent.values(text="", subject=None))


def _forget_words(connection: Connection, partner_id: int) -> None:
    _keep_proof(connection, partner_id)
    to_them = contents.c.message_id.in_(select(messages.c.id).where(messages.c.partner_id == partner_id))
    blank = {"subject": None, "text": "", "html": None, "headers": None, "encoding": None, "segments": None}
    connection.execute(update(contents).where(to_them).values(**blank, note=None, entries="[]", why="{}"))


def _keep_proof(connection: Connection, partner_id: int) -> None:
    """Leave of each document and of the words somebody agreed to a keyed hash alone, which proves them to who has them.

    GDPR article 17 (3) (e) lets be kept what a legal claim may need; article 7 (1) has consent proven.
    """
    vault = vault_of(connection)
    for row in connection.execute(select(ledger).where(ledger.c.partner_id == partner_id)).all():
        key = ledger_key(row.partner_id, row.contact_id, row.theme, row.event, row.at)
        said = open_words(vault, ledger, key, row, LEDGER)
        hashes = {name: proof_of(vault, text) for name, text in said.items()}
        left = seal_words(vault, ledger, key, **hashes)
        connection.execute(update(ledger).where(ledger.c.id == row.id).values(left))


def proof_of(vault: Vault, text: str | None) -> str | None:
    """What is left of words in the ledger once they are forgotten: HMAC-SHA-256, by its name; a hash stays itself."""
    return text if not text or text.startswith(PROOF) else PROOF + vault.blind(WORDS, text)


def without(couple: Couple, keys: Collection[str]) -> Couple:
    """The couple with neither name nor address of those partners.

    Which channel they had stays: what is picked for both depends on it, and the other one's copy must not change.
    """
    first, second = (_nameless(one) if one.key in keys else one for one in couple.partners)
    return replace(couple, partners=(first, second))


def _nameless(one: Partner) -> Partner:
    return replace(one, name=NAMELESS, email=None, phone=None, push=None, prefers=one.preferred_channel)


def keep_forgotten(connection: Connection, family: Mapping[int, Couple], addresses: Collection[str]) -> None:
    """Blank again what the files have just written, in these couples (by id), of people who asked to be forgotten.

    They are known by their row, and where the files give them another key by one of these addresses, which alone goes.
    """
    keys = erased_keys(connection, family)
    for couple_id, couple in family.items():
        left = _unreachable(without(couple, keys.get(couple_id, ())), addresses)
        if left != couple:
            _keep_without(connection, couple_id, left)


def erased_keys(connection: Connection, couple_ids: Collection[int]) -> Mapping[int, Collection[str]]:
    """The keys of those partners of these couples (by id) who asked to be forgotten."""
    query = select(partners.c.couple_id, partners.c.key)
    gone = query.where(partners.c.couple_id.in_(list(couple_ids)), partners.c.erased_at.is_not(None))
    keys: dict[int, set[str]] = {}
    for row in connection.execute(gone):
        keys.setdefault(row.couple_id, set()).add(row.key)
    return keys


def _unreachable(couple: Couple, addresses: Collection[str]) -> Couple:
    """The couple without those addresses; which channel somebody had stays, as in `without`."""
    first, second = (_without_addresses(one, addresses) for one in couple.partners)
    return replace(couple, partners=(first, second))


def _without_addresses(one: Partner, addresses: Collection[str]) -> Partner:
    email, phone, push = (None if to in addresses else to for to in (one.email, one.phone, one.push))
    if (email, phone, push) == (one.email, one.phone, one.push):
        return one
    return replace(one, email=email, phone=phone, push=push, prefers=one.preferred_channel)


def forgotten(connection: Connection, addresses: Collection[str]) -> set[str]:
    """Those of these addresses whose owners asked to be forgotten."""
    known = set(connection.execute(select(erased.c.address_hash)).scalars())
    if not known:
        return set()
    vault, salt = vault_of(connection), _old_salt(connection)
    return {address for address in addresses if not known.isdisjoint(_hashes(vault, salt, address))}


def _old_salt(connection: Connection) -> str | None:
    return connection.execute(select(meta.c.value).where(meta.c.name == OLD_SALT)).scalar_one_or_none()


def _hashes(vault: Vault, salt: str | None, address: str) -> set[str]:
    old = {blake2b(address.encode(), key=salt.encode()[:64], digest_size=32).hexdigest()} if salt else set()
    return old | {vault.blind(HASH, address)}
