"""Phone numbers and addresses as rows: one that leaves the files keeps its row, and its consent, should it return."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from nudger.domain.people import ChannelKind, Couple
from nudger.storage.consent import Standing
from nudger.storage.erasing import erased_keys, forgotten
from nudger.storage.journal import Kind
from nudger.storage.partners import PartnerName
from nudger.storage.restoring import fresh_numbers, met_before
from nudger.storage.sealed import index_of, seal_address
from nudger.storage.statements import chunks
from nudger.storage.tables import contacts
from nudger.storage.vault import vault_of


def keep_contacts(
    connection: Connection, family: Mapping[int, Couple], partner_ids: Mapping[PartnerName, int], now: datetime
) -> Collection[str]:
    """Bring the contacts of these couples (by id) to what the files say: add, bring back, retire.

    The address of someone who asked to be forgotten is passed over, whichever couple it is written for, and so is any
    that the files come to have for them; one whose owner said no, for another couple or before a restore, which has
    forgotten it, starts with that no. The addresses that were passed over for their own sake.
    """
    erased = erased_keys(connection, family)
    written = set(_written(family, partner_ids, erased))
    gone = forgotten(connection, [address for _, _, address in written])
    vault = vault_of(connection)
    addresses = {(one, channel, index_of(vault, to)): to for one, channel, to in sorted(written) if to not in gone}
    query = select(contacts).where(contacts.c.partner_id.in_(partner_ids.values()))
    stored = {(row.partner_id, row.channel, row.address_index): row for row in connection.execute(query)}
    in_use = {name for name, row in stored.items() if row.retired_at is None}
    _set_retired(connection, [stored[name].id for name in in_use - addresses.keys()], now)
    _set_retired(connection, [stored[name].id for name in (addresses.keys() & stored.keys()) - in_use], None)
    strangers = {name: address for name, address in addresses.items() if name not in stored}
    met = met_before(connection, list(strangers.values()))
    said_no = {address for address, kind in met.items() if kind is not Kind.ERASED}
    refused = _refused(connection, strangers)
    new = [
        {"partner_id": partner_id, "channel": channel, "created_at": now}
        | {"consent": Standing.WITHDRAWN if address in said_no or (channel, index) in refused else Standing.NONE}
        | seal_address(vault, partner_id, channel, address)
        for (partner_id, channel, index), address in strangers.items()
        if met.get(address) is not Kind.ERASED
    ]
    if new:
        numbers = fresh_numbers(connection, len(new))
        numbered = [{"id": number} | row for number, row in zip(numbers, new, strict=True)] if numbers else new
        connection.execute(insert(contacts), numbered)
    return gone | {address for address, kind in met.items() if kind is Kind.ERASED}


def others_at(connection: Connection, contact_id: int) -> list[int]:
    """Every other contact with that one's number or address, by id: whoever shares it, or is in two couples."""
    other = contacts.alias("other")
    same = (other.c.address_index == contacts.c.address_index) & (other.c.channel == contacts.c.channel)
    query = select(other.c.id).join(contacts, same).where(contacts.c.id == contact_id, other.c.id != contact_id)
    return list(connection.execute(query.order_by(other.c.id)).scalars())


def _refused(connection: Connection, names: Collection[tuple[int, str, str]]) -> set[tuple[str, str]]:
    """Where others of these channels and addresses stand with a no or a block, and none with a yes.

    A couple that gets another key is another couple, and asking its people anew would overrule what they said.
    """
    no, yes = set[tuple[str, str]](), set[tuple[str, str]]()
    for part in chunks(sorted({index for _, _, index in names})):
        query = select(contacts.c.channel, contacts.c.address_index, contacts.c.consent, contacts.c.suppressed)
        for row in connection.execute(query.where(contacts.c.address_index.in_(part))):
            if row.consent == Standing.WITHDRAWN or row.suppressed is not None:
                no.add((row.channel, row.address_index))
            elif row.consent == Standing.GRANTED:
                yes.add((row.channel, row.address_index))
    return no - yes


def _written(
    family: Mapping[int, Couple], partner_ids: Mapping[PartnerName, int], erased: Mapping[int, Collection[str]]
) -> Iterator[tuple[int, str, str]]:
    for couple_id, couple in family.items():
        for partner in couple.partners:
            if partner.key in erased.get(couple_id, ()):
                continue
            for channel in ChannelKind:
                address = partner.address(channel)
                if address is not None:
                    yield partner_ids[couple_id, partner.key], channel, address


def _set_retired(connection: Connection, ids: list[int], moment: datetime | None) -> None:
    if ids:
        connection.execute(update(contacts).where(contacts.c.id.in_(ids)).values(retired_at=moment))
