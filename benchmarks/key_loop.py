"""Rotate the keys of 100,000 rows, killed 20 times with kill -9, and open every value afterwards."""

import argparse
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, insert, select

from benchmarks.keys import vault_in
from benchmarks.processes import Process, environment
from nudger.storage import rotating
from nudger.storage.database import Database
from nudger.storage.sealed import SEALED, seal_address
from nudger.storage.tables import contacts, couples, partners
from nudger.storage.vault import Vault

NOW = datetime(2026, 3, 16, tzinfo=UTC)
PER_INSERT = 5_000
#: Seconds that a rotation may live before it is killed.
LONGEST_LIFE = 6.0


def main() -> int:
    """Seed, rotate and kill, rotate to the end, read all; 1 where a value does not open."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    wishes = parser.parse_args()
    chance = random.Random(wishes.seed)
    with tempfile.TemporaryDirectory(prefix="nudger-keys-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        database = Database(f"sqlite:///{folder}/data/nudger.db", vault=vault_in(folder / "data"))
        database.upgrade()
        seed(database, wishes.rows)
        halfway = sum(_attempt(folder, chance.uniform(0.5, LONGEST_LIFE)) for _ in range(wishes.kills))
        with database.read() as connection:
            _vault(database).refresh()
            done = rotating.counts(connection, _vault(database))[_vault(database).ring.names[0]]
        began = time.monotonic()
        assert not _attempt(folder, None), "the last rotation did not end by itself"
        wrong, keys = read_all(database)
        print(f"{'rows':40} {wishes.rows}")
        print(f"{'rotations killed before their end':40} {halfway} of {wishes.kills}")
        print(f"{'rows under the new key by then':40} {done}")
        print(f"{'seconds of the last, undisturbed one':40} {time.monotonic() - began:.1f}")
        print(f"{'values that do not open':40} {wrong}")
        print(f"{'keys in use at the end':40} {keys}")
        database.close()
    return 1 if wrong or keys != 1 else 0


def seed(database: Database, rows: int) -> None:
    """Contacts of one couple, each with an address of its own."""
    vault = _vault(database)
    with database.write() as connection:
        row = {"key": "home", "spec": "", "digest": "", "calendar": "", "created_at": NOW}
        home = connection.execute(insert(couples).values(row).returning(couples.c.id)).scalar_one()
        one = {"couple_id": home, "key": "ana", "position": 0}
        ana = connection.execute(insert(partners).values(one).returning(partners.c.id)).scalar_one()
    for start in range(0, rows, PER_INSERT):
        numbers = range(start, min(rows, start + PER_INSERT))
        with database.write() as connection:
            common = {"partner_id": ana, "channel": "email", "created_at": NOW}
            sealed = [common | seal_address(vault, ana, "email", f"{number}@example.com") for number in numbers]
            connection.execute(insert(contacts), sealed)


def _attempt(folder: Path, life: float | None) -> bool:
    """One `nudger keys rotate`, killed after so long a life; whether the kill came before its end."""
    process = Process(["-m", "nudger", "keys", "rotate"], folder, environment(folder), folder / "rotate.log")
    end = time.monotonic() + (life or 600)
    while process.alive and time.monotonic() < end:
        time.sleep(0.01)
    if not process.alive:
        return False
    process.kill()
    return True


def read_all(database: Database) -> tuple[int, int]:
    """How many addresses do not open to what was sealed, and how many keys are in use."""
    vault = _vault(database)
    vault.refresh()
    (name,), key_of = SEALED[contacts]
    with database.read() as connection:
        total = connection.execute(select(func.count()).select_from(contacts)).scalar_one()
        rows = connection.execute(select(contacts).order_by(contacts.c.id))
        found = {vault.open(f"contacts.{name}", key_of(row), row.address) for row in rows}
        keys = rotating.counts(connection, vault)
    return len(found ^ {f"{number}@example.com" for number in range(total)}), len(keys)


def _vault(database: Database) -> Vault:
    assert database.vault is not None
    return database.vault


if __name__ == "__main__":
    sys.exit(main())
