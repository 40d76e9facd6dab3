"""Phone numbers and addresses as rows: one that leaves the files keeps its row, and its consent, should it return."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from nudger.domain.people import ChannelKind, Couple
from nudger.storage.partners import PartnerName
from nudger.storage.tables import contacts


def keep_contacts(
    connection: Connection, family: Mapping[int, Couple], partner_ids: Mapping[PartnerName, int], now: datetime
) -> None:
    """Bring the contacts of these couples (by id) to what the files say: add, bring back, retire."""
    written = set(_written(family, partner_ids))
    query = select(contacts).where(contacts.c.partner_id.in_(partner_ids.values()))
    stored = {(row.partner_id, row.channel, row.address): row for row in connection.execute(query)}
    in_use = {name for name, row in stored.items() if row.retired_at is None}
    _set_retired(connection, [stored[name].id for name in in_use - written], now)
    _set_retired(connection, [stored[name].id for name in (written & stored.keys()) - in_use], None)
    new = [
        {"partner_id": partner_id, "channel": channel, "address": address, "created_at": now}
        for partner_id, channel, address in sorted(written - stored.keys())
    ]
    if new:
        connection.execute(insert(contacts), new)


def _written(family: Mapping[int, Couple], partner_ids: Mapping[PartnerName, int]) -> Iterator[tuple[int, str, str]]:
    for couple_id, couple in family.items():
        for partner in couple.partners:
            for channel in ChannelKind:
                address = partner.address(channel)
                if address is not None:
                    yield partner_ids[couple_id, partner.key], channel, address


def _set_retired(connection: Connection, ids: list[int], moment: datetime | None) -> None:
    if ids:
        connection.execute(update(contacts).where(contacts.c.id.in_(ids)).values(retired_at=moment))
