"""Values brought under the newest key, in batches that may be cut off anywhere, and which keys a database needs.

The values of a database older than the keys are in clear; the same pass seals them.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, bindparam, delete, func, inspect, or_, select, update

from nudger.errors import ConfigurationError
from nudger.storage.keyring import INDEX, proof_of
from nudger.storage.sealed import DIGEST, SEALED, index_of
from nudger.storage.statements import CHUNK, insert_into
from nudger.storage.tables import contacts, couples, data_keys
from nudger.storage.vault import MEND, Vault, looks_sealed, prefix_of

#: In place of a key's name: rows are in clear that were written before there were keys.
UNSEALED = "unsealed"

Writing = Callable[[], AbstractContextManager[Connection]]
#: The table that is worked on, and how many of its rows were done since the last call.
Told = Callable[[str, int], None]


def silent(_table: str, _rows: int) -> None:
    """Tell nobody."""


def check(connection: Connection, vault: Vault) -> None:
    """ConfigurationError where the vault's keys are not those this database is in need of; nothing is changed."""
    known = _known(connection)
    if known.get(INDEX, proof_of(vault.ring.index)) != proof_of(vault.ring.index):
        raise ConfigurationError("The keys for people's data are those of another database.", mend=MEND)
    missing = known.keys() - {INDEX, UNSEALED, *vault.ring.names}
    if missing:
        names = ", ".join(sorted(missing))
        raise ConfigurationError(f"People's data is sealed with keys that are not here: {names}.", mend=MEND)


def fit(writing: Writing, vault: Vault, told: Told = silent) -> None:
    """Check the keys, note which one seals from now on, and seal what is still in clear. Raises as `check` does."""
    with writing() as connection:
        for name, key in ((INDEX, vault.ring.index), (vault.ring.names[0], vault.ring.data[0])):
            row = insert_into(connection, data_keys).values(name=name, proof=proof_of(key))
            connection.execute(row.on_conflict_do_nothing())
        # Not before: of two that come first at the same time, on PostgreSQL the later one has only waited up to here.
        check(connection, vault)
        in_clear = UNSEALED in _known(connection)
    if in_clear:
        reseal(writing, vault, told)


def reseal(writing: Writing, vault: Vault, told: Told = silent) -> None:
    """Seal with the newest key whatever is not; then the other keys are needed for backups alone.

    Cut off at any point it may be called again. What others write meanwhile is left alone, or taken in turn.
    """
    while True:
        done = sum(_reseal_table(writing, vault, table, told) for table in SEALED)
        if done == 0:
            break
    with writing() as connection:
        kept = (INDEX, vault.ring.names[0])
        if all(name == vault.ring.names[0] for name in counts(connection, vault)):
            connection.execute(delete(data_keys).where(data_keys.c.name.not_in(kept)))


def unfinished(connection: Connection) -> bool:
    """Whether values may be under more than one key."""
    return len(_known(connection).keys() - {INDEX}) > 1


def needs(connection: Connection, name: str) -> bool:
    """Whether the database asks for the key of that name, be it only because a rotation is not finished."""
    return name in _known(connection)


def needed(connection: Connection) -> bool:
    """Whether anything was ever sealed here: then no new keys will do."""
    return inspect(connection).has_table(data_keys.name) and INDEX in _known(connection)


def _known(connection: Connection) -> dict[str, str]:
    return {row.name: row.proof for row in connection.execute(select(data_keys))}


def counts(connection: Connection, vault: Vault) -> Counter[str]:
    """How many values are under which key, by the key's name; under `?` those whose key is not here."""
    prefixes = {prefix_of(key): name for key, name in zip(vault.ring.data, vault.ring.names, strict=True)}
    found: Counter[str] = Counter()
    for table, (columns, _) in SEALED.items():
        for name in columns:
            prefix = _prefix(table.c[name], vault)
            query = select(prefix, func.count()).where(_holds(table.c[name])).group_by(prefix)
            for value, number in connection.execute(query):
                found[prefixes.get(value, "?")] += number
    return found


def _holds(column: Column[Any]) -> ColumnElement[bool]:
    return column.is_not(None) & (column != "")


def _prefix(column: Column[Any], vault: Vault) -> ColumnElement[str]:
    return func.substr(column, 1, len(vault.current_prefix))


def _reseal_table(writing: Writing, vault: Vault, table: Table, told: Told) -> int:
    (key,) = table.primary_key.columns
    after, done = 0, 0
    columns, _ = SEALED[table]
    stale = or_(*(_holds(table.c[name]) & (_prefix(table.c[name], vault) != vault.current_prefix) for name in columns))
    while True:
        with writing() as connection:
            query = select(table).where(key > after, stale).order_by(key).limit(CHUNK).with_for_update()
            rows = connection.execute(query).all()
            if not rows:
                return done
            clear = UNSEALED in _known(connection)
            changed = [{"row_": getattr(row, key.name), **_resealed(vault, table, row, clear=clear)} for row in rows]
            names = [name for name in changed[0] if name != "row_"]
            statement = update(table).where(key == bindparam("row_")).values({name: bindparam(name) for name in names})
            connection.execute(statement, changed)
        after, done = changed[-1]["row_"], done + len(rows)
        told(table.name, len(rows))


def _resealed(vault: Vault, table: Table, row: Any, *, clear: bool) -> dict[str, Any]:  # noqa: ANN401 (a SQLAlchemy row)
    columns, key_of = SEALED[table]
    key = key_of(row)
    stored = {name: getattr(row, name) for name in columns}
    texts = {name: _opened(vault, f"{table.name}.{name}", key, value, clear=clear) for name, value in stored.items()}
    values = {name: vault.seal(f"{table.name}.{name}", key, text) for name, text in texts.items()}
    if table is contacts and row.address_index is None:
        values["address_index"] = index_of(vault, texts["address"] or "")
    elif table is contacts:
        values["address_index"] = row.address_index
    if table is couples:
        values["digest"] = row.digest if looks_sealed(stored["spec"]) else vault.blind(DIGEST, row.digest)
    return values


def _opened(vault: Vault, column: str, key: str, stored: str | None, *, clear: bool) -> str | None:
    if clear and stored and not looks_sealed(stored):
        return stored
    return vault.open(column, key, stored)
