"""An installation moved from SQLite to PostgreSQL."""

from collections.abc import Iterator

import pytest
from parts.cast import NOON
from parts.couples import EACH, NO_LIMIT, ana_and_ben, cleo_and_dan
from parts.databases import opened
from parts.house import House
from parts.loops import in_loop
from parts.postgres import Postgres
from sqlalchemy import delete, insert, select, update

from nudger.actions.move import Told, move
from nudger.errors import StorageError, WrongUsage
from nudger.storage.database import Database
from nudger.storage.tables import contents, erased, ledger, messages, meta, metadata, transitions

Content = dict[str, list[tuple[object, ...]]]


class Cut(Exception):
    """The move is cut off here."""


def content(database: Database) -> Content:
    """Every row of every table."""
    with database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def cut_after(steps: int) -> Told:
    """Something to tell that has enough after so many steps, as a kill between two transactions would."""
    countdown = iter(range(steps))

    def told(_what: str, _table: str, _rows: int) -> None:
        if next(countdown, None) is None:
            raise Cut

    return told


@pytest.fixture
def lived_in(sqlite_database: Database) -> Database:
    """An installation with couples, consents, messages with words, and names that a text file would trip over."""
    house = House(sqlite_database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)], [EACH])
    for partner in ("ana", "ben", "cleo", "dan"):
        for _ in range(3):
            house.due(partner)
    in_loop(house.dispatch)()
    with sqlite_database.write() as connection:
        connection.execute(insert(meta).values(name="Äß\t\\N", value='tab\tline\nback\\slash "quote" 🌻', at=NOON))
        connection.execute(insert(meta).values(name="zz", value="", at=NOON))
        connection.execute(insert(erased), [{"address_hash": f"{name:0>64}", "at": NOON} for name in ("a", "B", "_")])
    return sqlite_database


@pytest.fixture
def target(postgres: Postgres) -> Iterator[Database]:
    """An empty PostgreSQL database with tables."""
    with postgres.fresh() as url, opened(url) as database:
        yield database


def test_every_row_arrives_as_it_was(lived_in: Database, target: Database) -> None:
    """All tables are the same on both sides, new rows are numbered after the old ones, and no mark is left."""
    done = move(lived_in, target, batch=4)
    assert content(target) == content(lived_in)
    assert done.rows == sum(map(len, content(lived_in).values()))
    assert not done.resumed
    assert target.integrity() == "ok"
    with target.write() as connection:
        last = connection.execute(select(transitions.c.id).order_by(transitions.c.id.desc())).scalars().first()
        row = {"message_id": 1, "from_state": "planned", "to_state": "claimed", "reason": "claimed", "at": NOON}
        new = connection.execute(insert(transitions).values(row).returning(transitions.c.id)).scalar_one()
        assert new == (last or 0) + 1
    with pytest.raises(StorageError, match="not empty"):
        move(lived_in, target)


@pytest.mark.parametrize("steps", [1, 25])
def test_a_move_cut_off_goes_on_where_it_was(lived_in: Database, target: Database, steps: int) -> None:
    """Cut off twice, between whatever transactions, it ends the same and copies no row twice."""
    for more in (steps, 3):
        with pytest.raises(Cut):
            move(lived_in, target, told=cut_after(more), batch=4)
    copied: list[int] = []
    done = move(lived_in, target, told=lambda what, _, rows: copied.append(rows) if what == "copied" else None, batch=4)
    assert done.resumed
    assert sum(copied) < done.rows
    assert content(target) == content(lived_in)


def test_nobody_works_on_half_a_copy(lived_in: Database, target: Database) -> None:
    """With the address set too early a daemon would send anew what the rest of the copy knows to be sent."""
    with pytest.raises(Cut):
        move(lived_in, target, told=cut_after(5), batch=4)
    for use in (target.upgrade, target.ensure_current):
        with pytest.raises(StorageError, match="not finished"):
            use()
    move(lived_in, target, batch=4)
    target.upgrade()


def test_a_file_that_changed_meanwhile_is_copied_anew(lived_in: Database, target: Database) -> None:
    """Rows changed and gone since the first attempt are not left behind as they were."""
    with pytest.raises(Cut):
        move(lived_in, target, told=cut_after(25), batch=4)
    with lived_in.write() as connection:
        connection.execute(update(ledger).where(ledger.c.id == 1).values(evidence="another paper"))
        gone = connection.execute(select(messages.c.id).limit(1)).scalar_one()
        connection.execute(delete(contents).where(contents.c.message_id == gone))
    assert move(lived_in, target, batch=4).resumed
    assert content(target) == content(lived_in)


def test_a_target_in_use_is_left_alone(lived_in: Database, target: Database) -> None:
    """What holds anything but an unfinished copy of this very file is refused and not touched."""
    with target.write() as connection:
        connection.execute(insert(meta).values(name="heartbeat", value="daemon", at=NOON))
    before = content(target)
    with pytest.raises(StorageError, match="not empty"):
        move(lived_in, target)
    assert content(target) == before


def test_only_a_file_moves_and_only_to_postgresql(lived_in: Database, target: Database) -> None:
    """A move back, or to another file, is not what this does."""
    with pytest.raises(WrongUsage):
        move(target, lived_in)
    with pytest.raises(WrongUsage):
        move(lived_in, lived_in)
