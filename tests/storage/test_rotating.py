"""Bringing values under the newest key, and refusing keys that are not the database's."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import timedelta

import pytest
from parts.cast import NOON
from parts.couples import EACH, ana_and_ben, cleo_and_dan
from parts.house import House
from parts.loops import in_loop
from parts.vaults import RING, VAULT, in_clear
from sqlalchemy import Connection, insert, select, text, update

from nudger.actions.sync import SyncReport, sync
from nudger.errors import ConfigurationError
from nudger.storage import rotating
from nudger.storage.codec import digest, encode_calendar, encode_couple
from nudger.storage.database import Database
from nudger.storage.keyring import INDEX, Ring, new_ring, proof_of
from nudger.storage.sealed import SEALED
from nudger.storage.tables import contacts, couples, data_keys
from nudger.storage.vault import CARRIED, Vault


class Cut(Exception):
    """The power fails."""


@contextmanager
def with_keys(database: Database, ring: Ring) -> Iterator[Vault]:
    """The database as another process has it, which reads these keys."""
    vault, usual = Vault(lambda: ring, os.urandom), database.vault
    engines = database._writer, database._reader
    database.vault = vault
    database._writer, database._reader = (one.execution_options(**{CARRIED: vault}) for one in engines)
    try:
        yield vault
    finally:
        database.vault = usual
        database._writer, database._reader = engines


def everything(database: Database) -> dict[str, list[dict[str, object]]]:
    """Every sealed table, opened; what differs with the key left out."""
    with database.read() as connection:
        return {table.name: [vars(row) for row in in_clear(connection, table)] for table in SEALED}


async def lived_in(database: Database) -> House:
    """Two couples with a history: contacts, a ledger, words that were sent."""
    house = House(database, [ana_and_ben(), cleo_and_dan()])
    for partner in ("ana", "ben", "cleo"):
        house.due(partner)
    await house.dispatch()
    return house


@in_loop
async def test_a_database_in_clear_is_sealed_by_an_upgrade(database: Database) -> None:
    """What an older Nudger wrote in clear is sealed, found by its address again, and nothing looks edited."""
    homes = (await lived_in(database)).homes
    before = everything(database)
    _put_in_clear(database)
    database.upgrade()
    assert everything(database) == before
    with database.read() as connection:
        assert rotating.counts(connection, VAULT).keys() == {VAULT.ring.names[0]}
        assert not rotating.unfinished(connection)
    assert sync(database, homes, [EACH], NOON + timedelta(hours=1)) == SyncReport()


def _put_in_clear(database: Database) -> None:
    """Undo what seals, as if there had never been keys."""
    with database.write() as connection:
        for table, (names, _) in SEALED.items():
            (key,) = table.primary_key.columns
            for row in in_clear(connection, table):
                values = {name: getattr(row, name) for name in names}
                connection.execute(update(table).where(key == getattr(row, key.name)).values(values))
        connection.execute(update(contacts).values(address_index=None))
        for couple in (ana_and_ben(), cleo_and_dan()):
            old = digest(encode_couple(couple) + encode_calendar(couple))
            connection.execute(update(couples).where(couples.c.key == couple.key).values(digest=old))
        connection.execute(insert(data_keys).values(name=rotating.UNSEALED, proof=""))


@in_loop
async def test_a_rotation_may_be_cut_off_anywhere(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever transaction the power takes, every value opens; run again, all are under the new key."""
    monkeypatch.setattr(rotating, "CHUNK", 2)
    await lived_in(database)
    before, old = everything(database), RING.names[0]
    database.upgrade()
    with with_keys(database, RING.rotated(os.urandom)) as vault:
        database.upgrade()
        cuts = 0
        while _cut_off_after_a_batch(database, vault):
            cuts += 1
            assert everything(database) == before
            with database.read() as connection:
                assert rotating.unfinished(connection)
        assert cuts > 5
        rotating.reseal(database.write, vault)
        with database.read() as connection:
            assert not rotating.unfinished(connection)
            assert rotating.counts(connection, vault).keys() == {vault.ring.names[0]}
        assert everything(database) == before
    with with_keys(database, vault.ring.without(old)):
        assert everything(database) == before


def _cut_off_after_a_batch(database: Database, vault: Vault) -> bool:
    """Seal one more batch, and let the power fail in the next transaction; whether there was such a batch."""
    sealed = 0

    @contextmanager
    def writing() -> Iterator[Connection]:
        with database.write() as connection:
            yield connection
            if sealed:
                raise Cut

    def told(_table: str, rows: int) -> None:
        nonlocal sealed
        sealed += rows

    with pytest.raises(Cut) if _is_stale(database, vault) else nullcontext():
        rotating.reseal(writing, vault, told)
    return sealed > 0


def _is_stale(database: Database, vault: Vault) -> bool:
    with database.read() as connection:
        return set(rotating.counts(connection, vault)) != {vault.ring.names[0]}


@pytest.mark.parametrize("ring", [new_ring(os.urandom), Ring(RING.index, (os.urandom(32),))])
def test_other_keys_are_refused_and_nothing_is_changed(database: Database, ring: Ring) -> None:
    """Keys of another database, and a ring that lost the key in use: an error that names the mend."""
    House(database)
    database.upgrade()
    before = _rows(database)
    with with_keys(database, ring):
        for use in (database.upgrade, database.ensure_current):
            with pytest.raises(ConfigurationError) as raised:
                use()
            assert "NUDGER_DATA_KEYS" in str(raised.value.mend)
    assert _rows(database) == before


def test_of_two_who_come_first_with_other_keys_one_is_refused(postgres_database: Database) -> None:
    """Machines that each made keys of their own never seal one database with both, however close they come."""
    ring = new_ring(os.urandom)
    late = Vault(lambda: ring, os.urandom)
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with ThreadPoolExecutor(1) as pool:
        with postgres_database.write() as first:
            first.execute(insert(data_keys).values(name=INDEX, proof=proof_of(RING.index)))
            done = pool.submit(rotating.fit, postgres_database.write, late)
            for _ in range(100):
                if first.execute(waits).scalar_one():
                    break
                time.sleep(0.01)
        with pytest.raises(ConfigurationError, match="another database"):
            done.result(timeout=10)
    with postgres_database.read() as connection:
        assert connection.execute(select(data_keys.c.proof)).scalars().all() == [proof_of(RING.index)]


def _rows(database: Database) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return [tuple(row) for table in (data_keys, couples, contacts) for row in connection.execute(select(table))]
