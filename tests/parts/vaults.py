"""Keys for tests, and how to look at what is sealed with them."""

import os
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select, true

from nudger.storage.keyring import Ring
from nudger.storage.sealed import SEALED, index_of
from nudger.storage.tables import contacts
from nudger.storage.vault import Vault, vault_of

RING = Ring(b"the key by which tests find what", (b"the key that seals what tests do",))
VAULT = Vault(lambda: RING, os.urandom)
#: The same keys as NUDGER_DATA_KEYS, for processes that open what a test has written.
AS_SETTING = RING.text().strip().replace("\n", ",")


def is_at(*addresses: str) -> ColumnElement[bool]:
    """The contacts with one of these addresses."""
    return contacts.c.address_index.in_([index_of(VAULT, one) for one in addresses])


def in_clear(connection: Connection, table: Table, which: ColumnElement[bool] | None = None) -> list[Any]:
    """The rows of a table in the order of their keys, opened where they are sealed."""
    names, key_of = SEALED.get(table, ((), str))
    vault = vault_of(connection) if names else VAULT
    (order,) = table.primary_key.columns
    found = []
    for row in connection.execute(select(table).where(true() if which is None else which).order_by(order)):
        opened = {name: vault.open(f"{table.name}.{name}", key_of(row), getattr(row, name)) for name in names}
        found.append(SimpleNamespace(**row._asdict() | opened))
    return found
