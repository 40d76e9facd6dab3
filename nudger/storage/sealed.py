"""Which columns are sealed, and the key of its row that each value is bound to: one that never changes."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from nudger.domain.people import Couple
from nudger.storage.codec import decode_couple, encode_couple
from nudger.storage.instants import EPOCH, MILLISECOND
from nudger.storage.tables import contacts, contents, couples, ledger, notices
from nudger.storage.vault import Vault

SPEC, ADDRESS, DIGEST = "couples.spec", "contacts.address", "couples.digest"
CONTENTS = ("subject", "text", "html", "headers", "note")
NOTICES = ("subject", "text")
LEDGER = ("evidence", "shown")


def contact_key(partner_id: int, channel: str) -> str:
    """What an address is bound to."""
    return f"{partner_id}/{channel}"


def ledger_key(partner_id: int, contact_id: int | None, theme: str | None, event: str, at: datetime) -> str:
    """What a line of the ledger is bound to; its own id is not known before it is written."""
    return f"{partner_id}/{contact_id or ''}/{theme or ''}/{event}/{(at - EPOCH) // MILLISECOND}"


Row = Any  # of SQLAlchemy

#: Every table with sealed columns: which, and the key of a row.
SEALED: Mapping[Table, tuple[tuple[str, ...], Callable[[Row], str]]] = {
    couples: (("spec",), lambda row: row.key),
    contacts: (("address",), lambda row: contact_key(row.partner_id, row.channel)),
    contents: (CONTENTS, lambda row: str(row.message_id)),
    notices: (NOTICES, lambda row: row.token or ""),
    ledger: (LEDGER, lambda row: ledger_key(row.partner_id, row.contact_id, row.theme, row.event, row.at)),
}


def seal_couple(vault: Vault, couple: Couple) -> str:
    """A couple as it is kept."""
    return vault.seal(SPEC, couple.key, encode_couple(couple)) or ""


def open_couple(vault: Vault, key: str, spec: str) -> Couple:
    """The couple kept under that key."""
    return decode_couple(vault.open(SPEC, key, spec) or "")


def seal_address(vault: Vault, partner_id: int, channel: str, address: str) -> dict[str, str | None]:
    """The columns of an address: sealed, and what it is looked up by."""
    sealed = vault.seal(ADDRESS, contact_key(partner_id, channel), address)
    return {"address": sealed, "address_index": index_of(vault, address)}


def open_address(vault: Vault, row: Row) -> str:
    """The address of a row of contacts, or of one joined with it, that has `partner_id`, `channel` and `address`."""
    return vault.open(ADDRESS, contact_key(row.partner_id, row.channel), row.address) or ""


def index_of(vault: Vault, address: str) -> str:
    """What an address is looked up by."""
    return vault.blind(ADDRESS, address)


def seal_words(vault: Vault, table: Table, key: str, **words: str | None) -> dict[str, str | None]:
    """Columns of `contents`, `notices` or `ledger`, sealed for the row of that key."""
    return {name: vault.seal(f"{table.name}.{name}", key, text) for name, text in words.items()}


def open_words(vault: Vault, table: Table, key: str, row: Row, names: Collection[str]) -> dict[str, Any]:
    """These columns of a row of one of these tables, opened."""
    return {name: vault.open(f"{table.name}.{name}", key, getattr(row, name)) for name in names}
